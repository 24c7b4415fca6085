"""Concentration over time is the concentration of each of its days."""

from datetime import date
from typing import Any

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.statistics.sentences import sentence
from tests.statistics.world_of import WORLD, build, empty, spread

Counter = tuple[str, str, int]  # day, id, downloads


def world(*counters: Counter) -> duckdb.DuckDBPyConnection:
    """Hugging Face's whole days; a namespace is an organization of its own name, except those that begin with x, which nobody knows."""
    con = empty()
    for day, model_id, downloads in counters:
        con.execute("insert into observed(hub, model_id, day, downloads_30d) values ('huggingface', ?, ?, ?)", [model_id, day, downloads])
    spread(con)
    for namespace in sorted({model_id.partition("/")[0] for _, model_id, _ in counters}):
        if not namespace.startswith("x"):
            con.execute(
                "insert into origins(hub, namespace, policy, organization, country) values ('huggingface', ?, 'six-tigers', ?, 'CN')",
                [namespace, namespace],
            )
    return con


def measured(con: duckdb.DuckDBPyConnection, measure: str, **asked: Any) -> list[tuple[Any, ...]]:
    every = statistics.run(con, "concentration_series", hub="huggingface", **asked).records()
    return [(row["day"], row["value"]) for row in every if row["measure"] == measure]


COUNTERS: tuple[Counter, ...] = (
    ("2025-05-01", "a/1", 60),
    ("2025-05-01", "b/1", 40),
    ("2025-05-30", "a/1", 75),
    ("2025-05-30", "b/1", 25),
    ("2025-06-02", "a/1", 50),
    ("2025-06-02", "x/1", 25),
    ("2025-06-02", "x/2", 25),
)


def test_the_last_day_of_a_month_stands_for_it_and_every_day_for_itself() -> None:
    con = world(*COUNTERS)
    first, may, june = date(2025, 5, 1), date(2025, 5, 30), date(2025, 6, 2)
    assert measured(con, "top_1") == [(may, 0.75), (june, 0.5)]
    assert measured(con, "hhi") == [(may, 0.625), (june, 0.5)]
    assert measured(con, "hhi", by="model") == [(may, 0.625), (june, 0.375)]
    assert measured(con, "top_1", every="day") == [(first, 0.6), (may, 0.75), (june, 0.5)]
    assert measured(con, "top_1", every="week", since="2025-05-05") == [(may, 0.75), (june, 0.5)]


def test_a_day_in_words() -> None:
    told = statistics.run(world(*COUNTERS), "concentration_series", hub="huggingface")
    row = next(row for row in told.records() if (row["day"], row["measure"]) == (date(2025, 6, 2), "top_1"))
    assert (row["low"], row["high"], row["labelled"]) == (0.5, 1.0, 0.5)
    assert "2025-06-02, the largest has 50.0% (between 50.0% and 100.0%, depending on the unlabelled)" in sentence(told, row)


@pytest.mark.parametrize(
    "question", [{}, {"by": "namespace"}, {"by": "country"}, {"country": "CN"}, {"task": "text-generation"}, {"metric": "likes"}]
)
def test_each_day_is_what_concentration_gives_for_it(question: dict[str, str]) -> None:
    columns = ("measure", "value", "low", "high", "bodies", "models", "denominator", "labelled")
    with build(WORLD) as con:
        rows = statistics.run(con, "concentration_series", hub="huggingface", every="day", **question).records()
        days = sorted({str(row["day"]) for row in rows})
        assert len(days) == 2
        for day in days:
            alone = statistics.run(con, "concentration", hub="huggingface", day=day, **question).records()
            assert [[row[name] for name in columns] for row in rows if str(row["day"]) == day] == [
                [row[name] for name in columns] for row in alone
            ]


def test_a_model_that_one_hub_lists_twice_is_one_on_each_day() -> None:
    con = world(*COUNTERS)
    con.execute("""insert into model_listings(hub, model_id, model_key, tier, evidence)
        values ('huggingface', 'x/1', 'one', 'same_id', ''), ('huggingface', 'x/2', 'one', 'same_id', '')""")
    for statistic in ("concentration_series", "concentration"):
        last = statistics.run(con, statistic, hub="huggingface", day="2025-06-02").records()[-1]
        assert (last["bodies"], last["models"]) == (2, 2), statistic


def test_what_rejected_records_have_is_in_the_bounds() -> None:
    con = world(*COUNTERS)
    con.execute("update sweeps set rejected = 1, rejected_30d = 100 where day = '2025-05-30'")
    for statistic in ("concentration_series", "concentration"):
        rows = statistics.run(con, statistic, hub="huggingface", day="2025-05-30").records()
        told = {
            row["measure"]: (row["value"], row["low"], row["high"]) for row in rows if str(row.get("day", "2025-05-30")) == "2025-05-30"
        }
        assert told["top_1"] == (0.75, 0.375, 0.875), statistic  # 75 of 200, or 175
        assert told["top_3"] == (1.0, 0.5, 1.0), statistic
        assert told["hhi"] == (0.625, 0.15625, 0.78125), statistic  # 0.375 and 0.125 squared, or 0.875 and 0.125
        assert told["gini"] == (0.25, None, None), statistic
