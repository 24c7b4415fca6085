"""Days, archives, reloads and removals in any order give the same tables.

`HUBWATCH_WORLDS=500 pytest tests/store/test_any_order.py` looks at more random worlds than an ordinary run does.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hubwatch.statistics.flags import flag_days
from hubwatch.store import connect, number_listings, remove_day, replace_day, schema, settle_departures, transaction
from hubwatch.store.warehouse import migrate

WORLDS = int(os.environ.get("HUBWATCH_WORLDS", "5"))
FIRST = date(2026, 1, 1)
ATTRIBUTES = ("license", "task", "created_at", "base_models")
VALUES = {
    "license": (None, "mit", "apache-2.0"),
    "task": (None, "text-generation"),
    "created_at": (None, "2025-01-01", "2025-06-01"),
    "base_models": (None, ["o/a"], ["o/b", "o/c"]),
}
EXTENTS = {
    "full": "whole",
    "head": "head",
    "new": "window",
    "archive:whole": "whole",
    "archive:list": "selection",
    "archive:other": "selection",
}
EXPORTS = (
    "select * exclude (listing_key) from listings order by all",
    "select * from all_observations order by all",
    "select * exclude (loaded_at) from days order by all",
    "select * from sweeps order by all",
    "select * from store.departures order by all",
    """select hub, model_id, a.* exclude (listing_key) from store.attributes a
       join (select listing_key, hub, model_id from store.listing) using (listing_key) order by all""",
    "select * from flags order by all",
    "select * from store.steps order by all",
    """select hub, model_id, o.* exclude (listing_key) from store.overruled o
       join (select listing_key, hub, model_id from store.listing) using (listing_key) order by all""",
)


@dataclass(frozen=True)
class Facts:
    """What one source states of one day: name -> attributes and a counter; `speaks` None: of all attributes."""

    hub: str
    day: int
    source: str
    complete: bool
    speaks: tuple[str, ...] | None
    models: dict[str, tuple[Any, ...]]

    @property
    def key(self) -> tuple[str, int, str]:
        return self.hub, self.day, self.source


def random_facts(chance: random.Random, hub: str, day: int, source: str) -> Facts:
    speaks = None
    if source.startswith("archive"):
        speaks = tuple(name for name in ATTRIBUTES if chance.random() < 0.5)
    models: dict[str, tuple[Any, ...]] = {}
    for name in "abcdefg":
        if chance.random() < 0.6:
            said = [chance.choice(VALUES[name]) if speaks is None or name in speaks else None for name in ATTRIBUTES]
            models[name] = (*said, chance.choice([(5, 9, 400), (30_000, 90_000, 1), (600, 2_000, 300), (90_000, 5, None)]))
    return Facts(hub, day, source, not source.startswith("archive") and chance.random() < 0.7, speaks, models)


def load(con: duckdb.DuckDBPyConnection, facts: Facts) -> None:
    con.execute("drop table if exists staged")
    columns = ", ".join(f"{column.name} {column.type}" for column in (*schema.ATTRIBUTES, *schema.COUNTERS))
    con.execute(f"create temp table staged (place bigint, model_id varchar, {columns})")
    for place, (name, (*said, counter)) in enumerate(facts.models.items()):
        con.execute(
            """insert into staged (place, model_id, license, task, created_at, base_models, downloads_30d, downloads_total, likes)
               values (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            [place, f"o/{name}", *said, *counter],
        )
    on = FIRST + timedelta(days=facts.day)
    row = {"complete": facts.complete, "records": len(facts.models), "extent": EXTENTS[facts.source], "content_hash": repr(facts.models)}
    number_listings(con, facts.hub)
    with transaction(con):
        replace_day(con, facts.hub, on, facts.source, row | {"speaks": None if facts.speaks is None else list(facts.speaks)})
        settle_departures(con, facts.hub)


def remove(con: duckdb.DuckDBPyConnection, facts: Facts) -> None:
    with transaction(con):
        remove_day(con, facts.hub, FIRST + timedelta(days=facts.day), facts.source)
        settle_departures(con, facts.hub)


@contextmanager
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(Path(":memory:")) as con:
        migrate(con)
        con.execute("set threads = 1")
        yield con


def exported(con: duckdb.DuckDBPyConnection) -> list[str]:
    flag_days(con)
    return [repr(con.execute(query).fetchall()) for query in EXPORTS]


@pytest.mark.parametrize("seed", [*range(WORLDS), 213])  # 213: thirds were added up in another order
def test_any_order_of_days_sources_reloads_and_removals_gives_the_same_tables(seed: int) -> None:
    chance = random.Random(seed)
    wanted = {
        (hub, day, source): random_facts(chance, hub, day, source)
        for hub in ("huggingface", "modelscope")
        for day in range(3)
        for source in EXTENTS
        if chance.random() < 0.3
    }
    with empty() as con:
        for facts in sorted(wanted.values(), key=lambda facts: facts.key):
            load(con, facts)
        expected = exported(con)
    history: list[tuple[str, Facts]] = [("load", facts) for facts in wanted.values()]
    for facts in chance.sample(list(wanted.values()), len(wanted) // 2):  # other facts first, and the same ones again
        other = random_facts(chance, *facts.key)
        history.append(chance.choice([("other", other), ("again", facts), ("dropped", replace(other, day=facts.day + 1))]))
    chance.shuffle(history)
    with empty() as con:
        con.execute("set variable memory_limit = '20KB'")  # listings are compared a few at once
        held: dict[tuple[str, int, str], Facts] = {}
        for _, facts in history:
            load(con, facts)
            held[facts.key] = facts
        settling = [key for key, facts in held.items() if wanted.get(key) != facts]
        for key in chance.sample(settling, len(settling)):
            if key in wanted:
                load(con, wanted[key])
            else:
                remove(con, held[key])
        assert exported(con) == expected
        said = "select hub, day, source, given_30d, given_total, given_likes from sweeps where records > 0 order by all"
        counted = """select hub, day, source, count(downloads_30d), count(downloads_total), count(likes)
            from store.counters join store.listing using (listing_key) group by all order by all"""
        assert con.execute(said).fetchall() == con.execute(counted).fetchall()
