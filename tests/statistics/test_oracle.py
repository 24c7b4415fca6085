"""Every row of the main statistics is what plain Python makes of the same sources, whatever world they tell of.

`HUBWATCH_WORLDS=500 pytest tests/statistics/test_oracle.py` looks at more random worlds than an ordinary run does.
"""

import os
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from hubwatch.statistics import definition
from hubwatch.store import literal
from tests.statistics import oracle, oracle_bases, oracle_flow, oracle_models
from tests.statistics.oracle_rows import Question, Told
from tests.statistics.random_world import DAYS, FIRST, draw, stored

WORLDS = int(os.environ.get("HUBWATCH_WORLDS", "5"))
QUESTIONS = int(os.environ.get("HUBWATCH_QUESTIONS", "1"))  # of each statistic and world
DIMENSIONS = (
    "country", "kind", "organization", "origin", "region", "family", "namespace", "model", "task", "library", "license", "license_class",
    "size_class", "created_year", "relation",
)  # fmt: skip
COUNTERS = ("downloads_30d", "downloads_total", "likes", "models")
Row = dict[str, Any]


def _filters(chance: random.Random, told: Told) -> dict[str, Any]:
    """None, one or two filters."""
    listed = sorted({model_id for _, model_id in told.observed})
    one = FIRST + timedelta(chance.randrange(-60, 60))
    choices = {
        "country": chance.choice(["CN", "US"]),
        "kind": "company",
        "organization": chance.choice(["Alpha", "Beta"]),
        "namespace": chance.choice("abF"),
        "family": "qwen",
        "task": "text-generation",
        "library": "transformers",
        "license_class": chance.choice(["permissive", "unknown"]),
        "created_since": one,
        "created_until": one,
        "models": sorted(chance.sample(listed, len(listed) // 2)),
        "form": chance.choice(["model", "model", "finetune", "adapter", "quantized", "merge"]),
        "only": chance.choice(["originals", "derivatives"]),
        "leave_out": chance.sample(["a", "b", "Alpha"], 2),
    }
    return {name: choices[name] for name in chance.sample(sorted(choices), chance.choice([0, 0, 1, 1, 2]))}


def _by(chance: random.Random, default: str, own: str | None) -> str:
    if chance.random() < 0.3:
        return default
    return ",".join(chance.sample([one for one in DIMENSIONS if one != own], chance.choice([1, 1, 2])))


def _day(chance: random.Random) -> date | None:
    return chance.choice([None, None, *(FIRST + timedelta(day) for day in DAYS)])


def _hub(chance: random.Random) -> str | None:
    return chance.choice([None, "huggingface", "modelscope", "modelscope", "wisemodel"])


def _source(chance: random.Random) -> str | None:
    return chance.choice([None, None, None, "archive:list", "head", "full"])


Asked = dict[str, Any]


class Asking:
    """One statistic's questions: its default dimension, counters and days, and how the oracle answers with further parameters."""

    def __init__(
        self,
        answer: Callable[..., list[Row] | None],
        by: str | None = "country",
        counters: tuple[str, ...] = ("models",),
        days: str = "one",
        one_hub: bool = False,
        since: bool = False,
        further: Callable[[random.Random], Asked] | None = None,
        arguments: Callable[[Asked], Asked] = lambda asked: asked,
    ) -> None:
        self.name, self.answer, self.by, self.counters, self.days = answer.__name__, answer, by, counters, days
        self.one_hub, self.since, self.further, self.arguments = one_hub, since, further, arguments

    def draw(self, chance: random.Random, told: Told) -> tuple[Question, Asked, Asked]:
        """The question, all that the macro is asked, and what is for this statistic alone."""
        standing = self.days == "standing"
        question = Question(
            metrics=self.counters,
            hub=None if standing else _hub(chance),
            day=_day(chance),
            source=None if standing else _source(chance),
            since=FIRST + timedelta(chance.choice([-40, 0, 3, 30])) if self.since and chance.random() < 0.5 else None,
            by=_by(chance, self.by, definition(self.name).splits) if self.by else "model",
            metric=chance.choice([None, *self.counters]) if len(self.counters) > 1 and self.name != "monthly_downloads" else None,
            policy=chance.choice(["six-tigers", "six-tigers", "osai"]),
            filters=_filters(chance, told),
            without_flagged=chance.random() < 0.25 if self.counters != ("models",) else False,
            days=self.days,
            one_hub=self.one_hub,
        )
        further = self.further(chance) if self.further else {}
        names = ("hub", "day", "source", "since", "by", "metric", "policy", "without_flagged")
        said = {name: getattr(question, name) for name in names if getattr(question, name) not in (None, False)}
        if self.by is None:
            said.pop("by")
        if len(self.counters) == 1:
            question = replace(question, metric=self.counters[0])
            said.pop("metric", None)
        return question, said | question.filters | further, self.arguments(further)


def _parts(chance: random.Random) -> Asked:
    return {"part": chance.choice(["model", "organization", "namespace"])}


def _flows(chance: random.Random) -> Asked:
    return {
        "split": chance.choice(["none", "task"]),
        "at_least": chance.choice([0, 100]),
        "scaled": chance.random() < 0.7,
        "tolerance": chance.choice([15, 3]),
    }


def _every(chance: random.Random) -> Asked:
    return {"every": chance.choice(["month", "week", "day"])}


ASKED = (
    Asking(oracle.download_share, counters=COUNTERS),
    Asking(
        oracle.download_share_series,
        counters=COUNTERS,
        days="all",
        one_hub=True,
        since=True,
        further=lambda chance: {"every": chance.choice(["day", "day", "week", "month"])},
    ),
    Asking(
        oracle.crossings,
        counters=COUNTERS,
        days="all",
        one_hub=True,
        since=True,
        further=lambda chance: {"group": chance.choice([None, None, "CN", "us", "a"]), "against": chance.choice([None, None, "US", "B"])},
    ),
    Asking(oracle.vintage, by="hub", counters=COUNTERS[:3], one_hub=True, further=lambda chance: {"months": chance.choice([12, 1, 2, 3])}),
    Asking(
        oracle_flow.download_flow,
        counters=("downloads_total",),
        days="sound",
        one_hub=True,
        since=True,
        further=lambda chance: {"every": chance.choice(["month", "day", "week", "quarter", "year"])},
    ),
    Asking(oracle.downloads_by_root, counters=COUNTERS[:3], one_hub=True),
    Asking(oracle.growth, counters=COUNTERS, days="two", one_hub=True, since=True),
    Asking(
        oracle.monthly_downloads,
        counters=("downloads_30d", "downloads_total"),
        days="two or one",
        one_hub=True,
        since=True,
        further=_flows,
        arguments=lambda asked: asked | {"split": asked["split"] == "task"},
    ),
    Asking(
        oracle.leaders,
        by="model",
        counters=COUNTERS,
        days="two or one",
        one_hub=True,
        since=True,
        further=lambda chance: {"top": chance.choice([3, 20])},
    ),
    Asking(oracle.concentration, by="organization", counters=COUNTERS),
    Asking(oracle.leave_one_out, counters=COUNTERS, further=_parts),
    Asking(
        oracle_models.concentration_series, by="organization", counters=COUNTERS[:3], days="all", one_hub=True, since=True, further=_every
    ),
    Asking(oracle_models.download_distribution, by=None, counters=COUNTERS[:3], one_hub=True),
    Asking(oracle_models.velocity, by=None, counters=("downloads_total",), one_hub=True),
    Asking(
        oracle_models.retention,
        by=None,
        counters=COUNTERS[:3],
        days="all",
        one_hub=True,
        since=True,
        further=lambda chance: {"at_least": chance.choice([1, 0, 100])},
    ),
    Asking(
        oracle_models.adoption,
        by=None,
        counters=("downloads_total",),
        one_hub=True,
        further=lambda chance: {"top": chance.choice([10, 2]), "model": chance.choice([None, "a/m1h", "b/m2m", "c/m3m"])},
    ),
    Asking(oracle_models.release_calendar, by="hub", since=True),
    Asking(oracle_models.largest_releases, since=True),
    Asking(oracle_models.openness),
    Asking(oracle_bases.derivatives_by_month, by="family", since=True),
    Asking(oracle_bases.derivation_flow),
    Asking(oracle_bases.derived_share, by="hub", counters=COUNTERS[:3], one_hub=True),
    Asking(
        oracle_bases.time_to_derivatives,
        by=None,
        further=lambda chance: {"nth": chance.choice([10, 1, 2]), "top": chance.choice([20, 2]), "model": chance.choice([None, "a/m1h"])},
    ),
    Asking(oracle_bases.scoreboard, by="organization", counters=COUNTERS[:2]),
    Asking(oracle.releases, by="kind", since=True),
    Asking(oracle.licenses),
    Asking(oracle.sizes),
    Asking(oracle.derivatives, by="family"),
    Asking(oracle.hub_coverage, days="standing"),
    Asking(oracle.first_hub, days="standing"),
)


def _sql(name: str, said: Asked) -> str:
    arguments = [f'"{key}" := {literal(value)}' for key, value in said.items() if value is not None]
    return f"from {name}({', '.join(arguments)})"


def _measured(con: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    cursor = con.execute(sql)
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _shown(rows: list[Row]) -> list[str]:
    """Rows in one order, numbers with a fraction to nine digits."""

    def cell(value: Any) -> str:
        if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
            return f"{round(value, 9) + 0.0:.9f}".rstrip("0").rstrip(".")
        return str(value)

    return sorted(", ".join(f"{name} {cell(value)}" for name, value in sorted(row.items())) for row in rows)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_every_row_is_what_plain_python_makes_of_the_sources(seed: int) -> None:
    world = draw(seed)
    told = Told(world)
    with stored(world) as con:
        for asking in ASKED:
            chance = random.Random(f"{seed} {asking.name}")
            for _ in range(QUESTIONS):
                question, said, further = asking.draw(chance, told)
                expected = asking.answer(told, question, **further)
                if expected is not None:
                    sql = _sql(asking.name, said)
                    assert _shown(_measured(con, sql)) == _shown(expected), sql


@pytest.mark.parametrize("seed", range(-(-WORLDS // 10)))
def test_what_is_loaded_of_later_days_changes_no_row_of_a_past_day(seed: int) -> None:
    world = draw(seed)
    told = Told(world)
    day = FIRST + timedelta(random.Random(seed).choice(DAYS[2:-1]))
    until = replace(world, sources=[one for one in world.sources if one.day <= day], flags={flag for flag in world.flags if flag[2] <= day})
    with stored(world) as later, stored(until) as then:
        for asking in ASKED:
            chance = random.Random(f"{seed} {asking.name} then")
            for _ in range(QUESTIONS):
                _, said, _ = asking.draw(chance, told)
                sql = _sql(asking.name, said | {"day": day})
                assert _shown(_measured(later, sql)) == _shown(_measured(then, sql)), sql
