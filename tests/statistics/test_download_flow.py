"""Downloads within periods, from counters that only grow: what is exact, what is interpolated, repaired, left out or not known."""

import re
from datetime import date
from typing import Any

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.statistics.sentences import sentence
from hubwatch.statistics.tables import find_repositories
from tests.statistics.world_of import empty, spread


def world(days: list[str], created: dict[str, str] | None = None, keys: dict[str, str] | None = None, **counters: list[int | None]) -> Any:
    """Hugging Face's namespaces with downloads_total on each day (None: not listed); c is of CN, u of US, others have no label."""
    con = empty()
    for namespace, values in counters.items():
        con.execute(
            "insert into listing_rows(hub, model_id, created_at, hub_key) values ('huggingface', ?, ?::timestamp, ?)",
            [f"{namespace}/m", (created or {}).get(namespace), (keys or {}).get(namespace)],
        )
        for day, value in zip(days, values, strict=True):
            if value is not None:
                con.execute(
                    "insert into observed(hub, model_id, day, downloads_total) values ('huggingface', ?, ?, ?)",
                    [f"{namespace}/m", day, value],
                )
        con.execute(
            "insert into origins(hub, namespace, policy, organization, country) values ('huggingface', ?, 'six-tigers', ?, ?)",
            [namespace, namespace, {"c": "CN", "u": "US"}.get(namespace[0])],
        )
    spread(con)
    find_repositories(con)
    return con


def flows(con: duckdb.DuckDBPyConnection, every: str = "month", **asked: Any) -> list[tuple[Any, ...]]:
    """Period, group, value and what is interpolated of it."""
    rows = statistics.run(con, "download_flow", every=every, **asked).records()
    return [(str(row["period"]), row["group"], row["value"], row["interpolated"]) for row in rows]


def test_a_period_between_observed_days_is_exact_and_a_calendar_year_is_one_call() -> None:
    con = world(["2024-01-01", "2024-07-15", "2025-01-01"], c=[100, 400, 1100], u=[0, 10, 20])
    assert flows(con, "year") == [("2024-01-01", "CN", 1000, 0), ("2024-01-01", "US", 20, 0)]
    row = statistics.run(con, "download_flow", every="year").records()[0]
    assert (row["until"], row["is_partial"], row["days"], row["share"], row["denominator"], row["models"]) == (
        date(2025, 1, 1),
        False,
        366,
        1000 / 1020,
        1020,
        1,
    )


def test_a_boundary_in_a_gap_divides_the_increase_over_its_days_and_says_how_much_rests_on_that() -> None:
    con = world(["2025-01-01", "2025-01-31", "2025-02-02", "2025-03-01"], c=[0, 300, 320, 590])
    assert flows(con) == [("2025-01-01", "CN", 310, 10), ("2025-02-01", "CN", 280, 10)]
    assert sum(value for _, _, value, _ in flows(con, "day")) == 590
    assert flows(con, "year") == [("2025-01-01", "CN", 590, 0)]


def test_a_counter_that_falls_and_comes_back_is_read_as_if_it_had_not_fallen() -> None:
    con = world(["2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01"], c=[100, 200, 10, 318], u=[1, 1, 1, 1])
    assert flows(con, by="namespace")[::2] == [("2025-01-01", "c", 100, 0), ("2025-02-01", "c", 56, 56), ("2025-03-01", "c", 62, 62)]
    assert [row["repaired"] for row in statistics.run(con, "download_flow").records() if row["group"] == "CN"] == [0, 1, 0]


def test_a_counter_that_falls_for_good_cannot_have_been_higher_before() -> None:
    con = world(["2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01"], c=[100, 500, 150, 180])
    assert flows(con) == [("2025-01-01", "CN", 50, 0), ("2025-02-01", "CN", 0, 0), ("2025-03-01", "CN", 30, 0)]
    assert [row["repaired"] for row in statistics.run(con, "download_flow").records()] == [1, 0, 0]


def test_a_flagged_spike_is_left_out() -> None:
    con = world(["2025-01-01", "2025-02-01", "2025-03-04"], c=[0, 900_000, 62])
    con.execute(
        "insert into flags by name select 'huggingface' as hub, 'c/m' as model_id, date '2025-02-01' as day, 'downloads_total_spiked' as flag"
    )
    assert flows(con) == [("2025-01-01", "CN", 31, 31), ("2025-02-01", "CN", 28, 28), ("2025-03-01", "CN", 3, 3)]
    assert [row["spikes"] for row in statistics.run(con, "download_flow").records()] == [1, 0, 0]


def test_flagged_observations_can_be_left_out_and_are_counted() -> None:
    con = world(["2025-01-01", "2025-02-01", "2025-03-04"], c=[0, 5, 62], u=[0, 1, 2])
    con.execute(
        "insert into flags by name select 'huggingface' as hub, 'c/m' as model_id, date '2025-02-01' as day, 'downloads_total_jumped' as flag"
    )
    rows = statistics.run(con, "download_flow", by="namespace").records()
    assert [(row["group"], row["flagged"], row["flagged_value"]) for row in rows[:2]] == [("c", 1, 5), ("u", 0, 0)]
    assert flows(con, without_flagged=True)[0] == ("2025-01-01", "CN", 31, 31)
    told = [said for said in statistics.run(con, "download_flow", without_flagged=True).notes() if said.startswith("Flagged")]
    assert re.search(
        r"Flagged: 3 flagged observations left out \([\d,]+, [\d.]+% of the sum with them; a listing counts once in each of 3 periods\)",
        told[0],
    ), told


def test_what_is_created_within_the_period_starts_from_nothing_and_what_is_older_has_no_figure() -> None:
    days = ["2025-01-01", "2025-02-01", "2025-03-01"]
    created = {"c": "2025-01-20", "u": "2020-01-01"}
    con = world(days, created, c=[None, 70, 90], u=[None, 1000, 1001], z=[None, 5, 6], x=[1, 1, 1])
    assert [row for row in flows(con, by="namespace") if row[1] in "cuz"] == [
        ("2025-01-01", "c", 70, 0),
        ("2025-01-01", "u", None, 0),
        ("2025-01-01", "z", None, 0),
        ("2025-02-01", "c", 20, 0),
        ("2025-02-01", "u", 1, 0),
        ("2025-02-01", "z", 1, 0),
    ]
    rows = statistics.run(con, "download_flow").records()
    assert [(row["group"], row["uncounted"]) for row in rows[:3]] == [("CN", 0), ("unknown", 1), ("US", 1)]


def test_a_renamed_repository_is_one() -> None:
    days = ["2025-01-01", "2025-02-01", "2025-03-01"]
    con = world(days, keys={"z": "k1", "c": "k1", "u": "k2"}, z=[100, None, None], c=[None, 150, 170], u=[0, 0, 0])
    assert [row for row in flows(con) if row[1] != "US"] == [("2025-01-01", "CN", 50, 0), ("2025-02-01", "CN", 20, 0)]


@pytest.mark.parametrize("health", ["stalled", "partial", "catch_up", "rolled_back", "dipped"])
def test_a_day_whose_health_is_not_ok_is_not_read(health: str) -> None:
    con = world(["2025-01-01", "2025-02-01", "2025-03-04"], c=[0, 5, 62])
    con.execute("update sweeps set health = ? where day = '2025-02-01'", [health])
    assert flows(con) == [("2025-01-01", "CN", 31, 31), ("2025-02-01", "CN", 28, 28), ("2025-03-01", "CN", 3, 3)]
    assert f"huggingface: 1 day left out for health: 2025-02-01 ({health})" in statistics.run(con, "download_flow").context.warnings


def test_since_chooses_periods_and_the_day_before_it_is_still_read() -> None:
    con = world(["2024-12-31", "2025-01-02", "2025-02-01"], c=[0, 20, 320])
    assert flows(con, since="2025-01-01") == [("2025-01-01", "CN", 310, 10)]
    assert statistics.run(con, "download_flow", since="2025-01-01").records()[0]["is_partial"] is False


def test_a_period_cut_by_the_days_observed_is_partial() -> None:
    con = world(["2025-01-10", "2025-02-01", "2025-02-11"], c=[0, 22, 32])
    rows = statistics.run(con, "download_flow").records()
    assert [(str(row["period"]), row["value"], row["is_partial"], row["days"]) for row in rows] == [
        ("2025-01-01", 22, True, 22),
        ("2025-02-01", 10, True, 10),
    ]


def test_the_bounds_are_what_the_unlabelled_allow() -> None:
    con = world(["2025-01-01", "2025-02-01"], c=[0, 60], u=[0, 20], z=[0, 20])
    rows = statistics.run(con, "download_flow").records()
    assert [(row["group"], row["share"], row["share_low"], row["share_high"], row["labelled"]) for row in rows] == [
        ("CN", 0.6, 0.6, 0.8, 0.8),
        ("US", 0.2, 0.2, 0.4, 0.8),
        ("unknown", 0.2, 0.0, 0.2, 0.8),
    ]


def test_the_sentence_names_the_period_and_what_is_interpolated() -> None:
    con = world(["2025-01-01", "2025-01-31", "2025-02-02"], c=[0, 300, 320])
    result = statistics.run(con, "download_flow")
    assert [sentence(result, row) for row in result.records()] == [
        "In January 2025, CN had 100.0% of the downloads within the period on huggingface: 310 of 310, derived from cumulative counters; 10 of them "
        "interpolated between observed days; 100.0% labelled; policy six-tigers.",
        "In February 2025 (only 1 of its 28 days observed), CN had 100.0% of the downloads within the period on huggingface: 10 of 10, derived from "
        "cumulative counters; 10 of them interpolated between observed days; 100.0% labelled; policy six-tigers.",
    ]
