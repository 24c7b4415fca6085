"""How downloads are spread over models, how fast models gather them, and what is left of a month's releases."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb

from hubwatch import statistics
from hubwatch.statistics.sentences import sentence
from tests.statistics.world_of import empty, spread

Seen = tuple[str, str, int | None]  # day, name, value of all counters


def world(created: Mapping[str, str | None], *seen: Seen) -> duckdb.DuckDBPyConnection:
    """Hugging Face's whole days; a model's name is its id in the namespace c, which is of CN."""
    con = empty()
    for name, at in created.items():
        con.execute("insert into listing_rows(hub, model_id, created_at) values ('huggingface', ?, ?)", [f"c/{name}", at])
    for day, name, value in seen:
        con.execute("insert into observed values ('huggingface', ?, ?, ?, ?, ?)", [f"c/{name}", day, value, value, value])
    spread(con)
    con.execute("insert into origins(hub, namespace, policy, organization, country) values ('huggingface', 'c', 'six-tigers', 'C', 'CN')")
    con.execute("insert into facts.placeholder_times(hub, moment) values ('huggingface', '2022-03-02 23:29:04')")
    return con


def rows(con: duckdb.DuckDBPyConnection, name: str, *columns: str, **asked: Any) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in statistics.run(con, name, hub="huggingface", **asked).records()]


def test_parts_by_limit_and_by_rank_with_what_they_have() -> None:
    names = [f"m{number}" for number in range(12)]
    values = [1000, 500, 300, 199, 1, 0, 0, 0, 0, 0, 0, None]
    con = world(dict.fromkeys(names), *(("2025-06-30", name, value) for name, value in zip(names, values, strict=True)))
    told = {
        row[0]: row[1:] for row in rows(con, "download_distribution", "part", "listings", "share_of_models", "value", "share", "uncounted")
    }
    assert told["below 1"] == (6, 6 / 11, 0, 0.0, 1)
    assert told["below 200"] == (8, 8 / 11, 200, 0.1, 1)
    assert told["below 1,000"] == (10, 10 / 11, 1000, 0.5, 1)
    assert told["top 0.1%"] == (1, 1 / 11, 1000, 0.5, 1)
    assert told["top 10%"] == (2, 2 / 11, 1500, 0.75, 1)
    assert told["top 50%"] == (6, 6 / 11, 2000, 1.0, 1)
    result = statistics.run(con, "download_distribution", hub="huggingface")
    below = next(row for row in result.records() if row["part"] == "below 200")
    assert sentence(result, below).startswith(
        "On huggingface, 72.7% of 11 listings (8) have below 200 downloads in the 30 days before; together they have 10.0% of all of them: 200 of 2,000"
    )


def test_velocity_is_downloads_over_the_age_at_the_days_end_of_at_least_one_day() -> None:
    created = {"old": "2025-06-21 00:00:00", "new": "2025-06-30 18:00:00", "dateless": None, "placeholder": "2022-03-02 23:29:04"}
    con = world(created, *(("2025-06-30", name, 90) for name in created))
    assert rows(con, "velocity", "place", "model_id", "age_days", "downloads_a_day") == [(1, "c/new", 1.0, 90.0), (2, "c/old", 10.0, 9.0)]
    result = statistics.run(con, "velocity", hub="huggingface", top=1)
    (first,) = result.records()
    assert sentence(result, first).startswith(
        "c/new was downloaded 90 times a day on huggingface since its creation 1 day before: 90 downloads, number 1"
    )


def test_retention_tells_what_is_listed_and_used_after_months() -> None:
    created = {
        "used": "2025-04-01 00:00:00",
        "quiet": "2025-04-30 23:59:59",
        "removed": "2025-04-15 00:00:00",
        "may": "2025-05-01 00:00:00",
    }
    con = world(
        created,
        *(("2025-04-30", name, 5) for name in ("used", "quiet", "removed")),
        *(("2025-06-03", name, value) for name, value in (("used", 9), ("quiet", 0), ("may", 2))),
        *(("2025-06-20", name, value) for name, value in (("used", 9), ("quiet", 7), ("may", 2))),  # of no month's end
    )
    april, may = date(2025, 4, 1), date(2025, 5, 1)
    columns = ("month", "months", "day", "value", "listed", "denominator")
    assert rows(con, "retention", *columns) == [
        (april, 0, date(2025, 4, 30), 3, 3, 3),
        (april, 1, date(2025, 6, 3), 1, 2, 3),
        (may, 0, date(2025, 6, 3), 1, 1, 1),
    ]
    assert [row[3] for row in rows(con, "retention", *columns, at_least=6)] == [0, 1, 0]
    assert [row[0] for row in rows(con, "retention", *columns, since="2025-05-20")] == [may]
    result = statistics.run(con, "retention", hub="huggingface")
    assert sentence(result, result.records()[1]).startswith(
        "Of 3 listings created in April 2025 and ever observed on huggingface, 66.7% were listed 1 month later (2025-06-03), and 33.3% had at least 1 "
        "downloads in the 30 days before: 1"
    )


def test_what_only_another_sweep_ever_saw_is_part_of_its_month() -> None:
    con = world({"stays": "2025-01-10", "vanished": "2025-01-12"}, ("2025-01-31", "stays", 5), ("2025-01-15", "vanished", 5))
    con.execute("update store.counters set source = 'new' where day = '2025-01-15'")
    con.execute("update sweeps set source = 'new' where day = '2025-01-15'")
    assert rows(con, "retention", "months", "listed", "denominator") == [(0, 1, 2)]
    con.execute("update sweeps set source = 'head' where source = 'full'")
    con.execute("update store.counters set source = 'head' where source = 'full'")
    assert rows(con, "retention", "months", "listed", "denominator") == [
        (0, 1, 1)
    ]  # it may yet be listed where a head sweep does not reach


def test_a_month_is_not_looked_at_before_it_ends() -> None:
    con = world(
        {"early": "2025-01-10", "late": "2025-01-29"}, *(("2025-01-25", "early", 5), ("2025-02-03", "early", 5), ("2025-02-03", "late", 5))
    )
    assert rows(con, "retention", "months", "day", "listed", "denominator") == [(0, date(2025, 2, 3), 2, 2)]


def test_a_flagged_counter_does_not_keep_a_listing_alive_where_flagged_ones_are_left_out() -> None:
    con = world({"a": "2025-01-10", "b": "2025-01-12"}, ("2025-01-31", "a", 5), ("2025-01-31", "b", 5))
    con.execute("insert into flags(hub, model_id, day, flag) values ('huggingface', 'c/b', '2025-01-31', 'downloads_30d_jumped')")
    assert rows(con, "retention", "value", "listed") == [(2, 2)]
    assert rows(con, "retention", "value", "listed", without_flagged=True) == [(1, 2)]
    assert rows(con, "retention", "value", "listed", without_flagged=True, metric="likes") == [(2, 2)]


def test_what_counts_models_says_that_no_flagged_observation_is_left_out() -> None:
    con = world({"a": "2025-01-10"}, ("2025-01-31", "a", 5))
    said = statistics.run(con, "licenses", without_flagged=True).context.warnings
    assert "no counter is summed, so no flagged observation is left out: --without-flagged passes over flagged days only" in said
    assert (
        "flagged observations are left out (--without-flagged)"
        in statistics.run(con, "download_share", without_flagged=True).context.warnings
    )
