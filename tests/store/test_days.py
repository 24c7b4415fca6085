"""Replacing days: what the tables say depends on which days hold which facts, not on the order of loading."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from hubwatch.store import schema
from hubwatch.store import warehouse as store
from hubwatch.store.days import number_listings, remove_day, replace_day, settle_departures
from tests.conftest import with_warehouse

FIRST = date(2026, 1, 1)


Day = dict[str, tuple[str, int]]  # model name -> (license, downloads)


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = store.open_warehouse(with_warehouse(tmp_path))
    yield opened
    opened.close()


def load(con: duckdb.DuckDBPyConnection, day: int, models: Day, source: str = "full", complete: bool = True) -> None:
    rows = [[place, f"o/{name}", license, downloads] for place, (name, (license, downloads)) in enumerate(models.items())]
    con.execute("drop table if exists staged")
    columns = ", ".join(f"{column.name} {column.type}" for column in (*schema.ATTRIBUTES, *schema.COUNTERS))
    con.execute(f"create temp table staged (place bigint, model_id varchar, {columns})")
    if rows:
        con.executemany("insert into staged (place, model_id, license, downloads_30d) values (?, ?, ?, ?)", rows)
    on = FIRST + timedelta(days=day)
    number_listings(con, "huggingface")
    with store.transaction(con):
        replace_day(con, "huggingface", on, source, {"complete": complete, "records": len(models)})
        settle_departures(con, "huggingface")


def said(con: duckdb.DuckDBPyConnection) -> list[object]:
    listings = "select model_id, license, first_seen_on, last_seen_on, gone_on from listings order by all"
    observations = "select model_id, day, source, superseded, downloads_30d from all_observations order by all"
    history = """select model_id, valid_from, valid_to, license from store.attributes
                 join (select listing_key, model_id from store.listing) using (listing_key) order by all"""
    return [con.execute(query).fetchall() for query in (listings, observations, history)]


def random_day(chance: random.Random) -> Day:
    return {name: (chance.choice(["mit", "apache"]), chance.randrange(5)) for name in "abcdef" if chance.random() < 0.7}


@pytest.mark.parametrize("seed", range(6))
def test_days_loaded_in_any_order_and_more_than_once_give_the_same_tables(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    loads = [
        (day, random_day(chance), source, chance.random() < 0.6) for day in range(6) for source in ("full", "head") if chance.random() < 0.7
    ]
    in_order = store.open_warehouse(with_warehouse(tmp_path / "in_order"))
    for load_ in loads:
        load(in_order, *load_)
    shuffled = store.open_warehouse(with_warehouse(tmp_path / "shuffled"))
    alone = [day for day, *_ in loads if sum(day == other for other, *_ in loads) == 1]
    others = [  # other facts, and sweeps that become complete later
        (day, random_day(chance) if day in alone else dict.fromkeys(models, ("gpl", 7)), source, complete and chance.random() < 0.5)
        for day, models, source, complete in loads
    ]
    for load_ in [*chance.sample(others, len(others)), *chance.sample(loads, len(loads))]:
        load(shuffled, *load_)
    assert said(shuffled) == said(in_order)
    in_order.close()
    shuffled.close()


def test_a_listing_is_gone_on_the_first_complete_full_sweep_without_it_and_comes_back(con: duckdb.DuckDBPyConnection) -> None:
    load(con, 0, {"a": ("mit", 1), "b": ("mit", 1)})
    load(con, 1, {"a": ("mit", 1)}, complete=False)
    load(con, 2, {"a": ("mit", 1)}, source="head")
    gone = "select gone_on from listings where name = 'b'"
    assert con.execute(gone).fetchall() == [(None,)]
    load(con, 3, {"a": ("mit", 1)})
    load(con, 4, {"a": ("mit", 1)})
    assert con.execute(gone).fetchall() == [(FIRST + timedelta(days=3),)]
    load(con, 5, {"a": ("mit", 1), "b": ("mit", 9)})
    assert con.execute("select first_seen_on, last_seen_on, gone_on from listings where name = 'b'").fetchall() == [
        (FIRST, FIRST + timedelta(days=5), None)
    ]


def test_attributes_are_kept_once_per_stretch_of_equal_days(con: duckdb.DuckDBPyConnection) -> None:
    for day, license in enumerate(["mit", "mit", "apache", "apache", "mit"]):
        load(con, day, {"a": (license, day)})
    spans = con.execute("select valid_from, valid_to, license from store.attributes order by valid_from").fetchall()
    assert [(start - FIRST).days for start, _, _ in spans] == [0, 2, 4]
    assert [license for _, _, license in spans] == ["mit", "apache", "mit"]
    assert con.execute("select license from listings").fetchall() == [("mit",)]


def test_a_source_of_higher_precedence_is_shown_and_the_other_stays_visible(con: duckdb.DuckDBPyConnection) -> None:
    load(con, 0, {"a": ("mit", 5)}, source="archive:osir")
    load(con, 0, {"a": ("mit", 7)})
    assert con.execute("select source, downloads_30d from observations").fetchall() == [("full", 7)]
    assert con.execute("select source, downloads_30d, superseded from all_observations order by source").fetchall() == [
        ("archive:osir", 5, True),
        ("full", 7, False),
    ]


def test_what_a_sweep_lacks_that_saw_fewer_than_the_hub_counts_is_gone_when_another_agrees(con: duckdb.DuckDBPyConnection) -> None:
    def gone() -> list[tuple[object, ...]]:
        return con.execute("select gone_on from listings where name = 'b'").fetchall()

    load(con, 0, {"a": ("mit", 1), "b": ("mit", 1)})
    load(con, 1, {"a": ("mit", 1)})
    assert gone() == [(FIRST + timedelta(days=1),)]
    con.execute("update sweeps set records = 1, rejected = 0, listed_total = 2 where day = ?", [FIRST + timedelta(days=1)])
    settle_departures(con, "huggingface")
    assert gone() == [(None,)]
    con.execute("update sweeps set rejected = 1 where day = ?", [FIRST + timedelta(days=1)])  # seen, though not read
    settle_departures(con, "huggingface")
    assert gone() == [(FIRST + timedelta(days=1),)]
    con.execute("update sweeps set rejected = 0 where day = ?", [FIRST + timedelta(days=1)])
    load(con, 2, {"a": ("mit", 1)})
    assert gone() == [(FIRST + timedelta(days=1),)]
    load(con, 3, {"a": ("mit", 1), "b": ("mit", 1)})
    assert gone() == [(None,)]


def test_the_widest_source_leads_then_the_complete_then_the_larger_as_days_says(con: duckdb.DuckDBPyConnection) -> None:
    shown = """select sweep, others, downloads_30d, license from days join observations on observations.day = days.day and observations.source = sweep
               join listings using (model_id) where model_id = 'o/a'"""
    load(con, 0, {"a": ("mit", 7)}, source="head")
    assert con.execute(shown).fetchall() == [("head", None, 7, "mit")]
    load(con, 0, {"a": ("gpl", 5)}, complete=False)
    assert con.execute(shown).fetchall() == [("full", ["head"], 5, "gpl")]
    load(con, 0, {"a": ("bsd", 3)}, source="archive:zz", complete=False)
    assert con.execute(shown).fetchall() == [("full", ["head", "archive:zz"], 5, "gpl")]
    load(con, 1, {"a": ("mit", 1)}, source="archive:aa", complete=False)
    load(con, 1, {"a": ("gpl", 2), "b": ("gpl", 2)}, source="archive:zz", complete=False)
    assert con.execute(f"{shown} and days.day = '2026-01-02'").fetchall() == [("archive:zz", ["archive:aa"], 2, "gpl")]


def test_what_an_overruled_source_states_holds_when_the_other_is_taken_away(con: duckdb.DuckDBPyConnection) -> None:
    load(con, 0, {"a": ("mit", 7)}, source="head")
    load(con, 0, {"a": ("gpl", 5)})
    assert con.execute("select license from listings").fetchall() == [("gpl",)]
    with store.transaction(con):
        remove_day(con, "huggingface", FIRST, "full")
        settle_departures(con, "huggingface")
    assert con.execute("select license from listings").fetchall() == [("mit",)]
    assert con.execute("select source, superseded from all_observations").fetchall() == [("head", False)]
    assert con.execute("select hub, day, source from store.dropped").fetchall() == [("huggingface", FIRST, "full")]
    load(con, 0, {"a": ("gpl", 5)})
    assert con.execute("select count(*) from store.dropped").fetchall() == [(0,)]


def test_a_listing_that_only_a_replaced_day_held_is_forgotten(con: duckdb.DuckDBPyConnection) -> None:
    load(con, 0, {"a": ("mit", 1), "typo": ("mit", 1), "b": ("mit", 1)})
    load(con, 1, {"a": ("mit", 1), "b": ("mit", 1)})
    load(con, 0, {"a": ("mit", 1)})
    assert con.execute("select name, first_seen_on from listings order by 1").fetchall() == [("a", FIRST), ("b", FIRST + timedelta(days=1))]
    held = "select listing_key from store.listing order by 1"
    assert con.execute("select distinct listing_key from store.attributes order by 1").fetchall() == con.execute(held).fetchall()
