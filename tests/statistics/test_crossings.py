"""When one group passed another: surely, by the labels, possibly; and what a reader must not take for a crossing."""

from datetime import date
from typing import Any

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.errors import StatisticsError
from hubwatch.statistics.sentences import sentence
from tests.statistics.world_of import empty, spread

DAYS = [date(2025, month, 1) for month in (1, 2, 3, 4)]


def world(**counters: tuple[int | None, ...]) -> duckdb.DuckDBPyConnection:
    """Hugging Face's namespaces with a counter for each of DAYS (None: not listed); c is of CN, u of US, others have no label."""
    con = empty()
    for namespace, values in counters.items():
        for day, value in zip(DAYS, values, strict=False):
            if value is not None:
                con.execute(
                    "insert into observed(hub, model_id, day, downloads_30d) values ('huggingface', ?, ?, ?)",
                    [f"{namespace}/m", day, value],
                )
    spread(con)
    for namespace in counters:
        country = {"c": "CN", "u": "US"}.get(namespace[0])
        con.execute(
            "insert into origins(hub, namespace, policy, organization, country) values ('huggingface', ?, 'six-tigers', ?, ?)",
            [namespace, namespace, country],
        )
    return con


def crossing(con: duckdb.DuckDBPyConnection, panel: str = "growing", **asked: Any) -> dict[str, Any]:
    rows = statistics.run(con, "crossings", **{"group": "CN", "against": "US"} | asked).records()
    return next(row for row in rows if row["panel"] == panel)


def found(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(
        row[name] for name in ("outcome", "surely_on", "labelled_on", "possibly_on", "day_before", "ahead_since", "ahead_at_start")
    )


def test_the_unlabelled_decide_what_is_possible_and_what_is_sure() -> None:
    con = world(c=(10, 70, 85, 200), u=(100, 80, 80, 80), z=(20, 20, 20, 20))
    assert found(crossing(con)) == ("surely", DAYS[3], DAYS[2], DAYS[1], DAYS[2], DAYS[2], False)


def test_where_nothing_is_sure_the_answer_is_possibly_and_where_nothing_is_possible_never() -> None:
    con = world(c=(10, 70), u=(100, 80), z=(20, 20))
    assert found(crossing(con)) == ("possibly", None, None, DAYS[1], DAYS[0], None, False)
    assert found(crossing(world(c=(10, 60), u=(100, 80), z=(20, 20)))) == ("never", None, None, None, None, None, False)


def test_a_lead_on_the_first_day_is_no_crossing_that_was_observed() -> None:
    row = crossing(world(c=(9, 9), u=(1, 1)))
    assert found(row) == ("surely", DAYS[0], DAYS[0], DAYS[0], None, DAYS[0], True)


def test_a_lead_that_was_lost_has_no_day_since_which_it_holds() -> None:
    assert found(crossing(world(c=(1, 9, 1), u=(5, 5, 5))))[5] is None
    assert found(crossing(world(c=(1, 9, 1, 9), u=(5, 5, 5, 5))))[5] == DAYS[3]


def test_the_constant_panel_answers_for_itself() -> None:
    con = world(c=(1, 1), u=(5, 5), c2=(None, 50))
    assert found(crossing(con))[:2] == ("surely", DAYS[1])
    assert found(crossing(con, "constant"))[:2] == ("never", None)
    row = crossing(world(c=(1, None), u=(None, 5)), "constant")  # whom it holds is gone on the second day
    assert (row["surely_on"], row["last_day"], row["days"]) == (DAYS[0], DAYS[0], 1)
    assert found(crossing(world(c=(0, None), u=(None, 5)), "constant"))[0] == "no data"


def test_without_options_the_two_largest_of_the_last_day_are_compared() -> None:
    row = statistics.run(world(c=(1, 9), u=(5, 5), z=(0, 0)), "crossings").records()[0]
    assert (row["group"], row["against"], row["surely_on"], row["counter"]) == ("CN", "US", DAYS[1], "downloads_30d")


def test_names_are_found_whatever_their_case_and_an_unknown_one_is_refused() -> None:
    con = world(c=(1, 9), u=(5, 5))
    assert crossing(con, group="cn", against="us")["surely_on"] == DAYS[1]
    with pytest.raises(StatisticsError, match="there is no organization 'Mars' on 2025-02-01; there are c, u"):
        statistics.run(con, "crossings", by="organization", group="Mars", against="u")
    with pytest.raises(StatisticsError, match="name two different ones"):
        statistics.run(con, "crossings", group="CN", against="CN")


def test_a_day_in_doubt_is_no_day_of_the_crossing() -> None:
    con = world(c=(1, 9, 9), u=(5, 5, 5))
    con.execute("update sweeps set health = 'dipped' where day = ?", [DAYS[1]])
    assert crossing(con)["surely_on"] == DAYS[2]


def test_the_sentence_says_between_which_days_and_by_what() -> None:
    result = statistics.run(world(c=(1, 9), u=(5, 5)), "crossings")
    assert sentence(result, result.records()[0]) == (
        "On huggingface, by downloads in 30 days (growing panel), CN was first surely above US on 2025-02-01 (not yet on 2025-01-01), and has stayed "
        "there on every day observed since; on 2025-02-01 the shares were 64.3% and 35.7%; policy six-tigers."
    )


def test_bounds_of_a_filter_by_origin_are_in_the_crossing() -> None:
    con = world(c=(1, 9), u=(5, 5), z=(6, 6))
    row = crossing(con, by="namespace", group="c", against="u", organization=None)
    assert row["surely_on"] == DAYS[1]  # by namespace nothing is unlabelled
    assert found(crossing(con))[:4] == ("possibly", None, DAYS[1], DAYS[0])
