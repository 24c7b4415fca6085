"""Replacing days: what the tables say depends on which days hold which facts, not on the order of loading."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from hubwatch import failures, locks, publishing, store
from hubwatch.facts import load_facts
from hubwatch.replace import number_listings, replace_day, settle_departures

FIRST = date(2026, 1, 1)
Day = dict[str, tuple[str, int]]  # model name -> (license, downloads)


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = store.open_warehouse(tmp_path)
    yield opened
    opened.close()


def load(con: duckdb.DuckDBPyConnection, day: int, models: Day, source: str = "full", complete: bool = True) -> None:
    rows = [[place, f"o/{name}", license, downloads] for place, (name, (license, downloads)) in enumerate(models.items())]
    con.execute("drop table if exists staged")
    con.execute(
        """create temp table staged (place bigint, model_id varchar, hub_key varchar, title varchar, created_at timestamp, modified_at timestamp,
           license_raw varchar, license varchar, task varchar, library varchar, parameters bigint, base_models varchar[],
           base_relation varchar, gated varchar, repo_kind varchar, downloads_30d bigint, downloads_total bigint, likes bigint)"""
    )
    if rows:
        con.executemany("insert into staged (place, model_id, license, downloads_30d) values (?, ?, ?, ?)", rows)
    on = FIRST + timedelta(days=day)
    number_listings(con, "huggingface")
    with store.transaction(con):
        replace_day(con, "huggingface", on, source)
        con.execute("insert into sweeps (hub, day, source, complete) values ('huggingface', ?, ?, ?)", [on, source, complete])
        settle_departures(con, "huggingface")


def said(con: duckdb.DuckDBPyConnection) -> list[object]:
    listings = "select model_id, license, first_seen_on, last_seen_on, gone_on from listings order by all"
    observations = "select model_id, day, source, superseded, downloads_30d from all_observations order by all"
    history = """select model_id, valid_from, valid_to, license from store.attributes
                 join (select listing_key, model_id from store.listing) using (listing_key) order by all"""
    return [con.execute(query).fetchall() for query in (listings, observations, history)]


def random_day(chance: random.Random) -> Day:
    return {name: (chance.choice(["mit", "apache"]), chance.randrange(5)) for name in "abcdef" if chance.random() < 0.7}


@pytest.mark.parametrize("seed", range(16))
def test_days_loaded_in_any_order_and_more_than_once_give_the_same_tables(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    loads = [(day, random_day(chance), source) for day in range(6) for source in ("full", "head") if chance.random() < 0.7]
    in_order = store.open_warehouse(tmp_path / "in_order")
    for day, models, source in loads:
        load(in_order, day, models, source)
    shuffled = store.open_warehouse(tmp_path / "shuffled")
    alone = [day for day, _, _ in loads if sum(day == other for other, _, _ in loads) == 1]
    others = [(day, random_day(chance) if day in alone else dict.fromkeys(models, ("gpl", 7)), source) for day, models, source in loads]
    again = [(load_, chance.random()) for load_ in others + loads]
    for (day, models, source), _ in sorted(again[: len(others)], key=lambda pair: pair[1]):
        load(shuffled, day, models, source)
    for (day, models, source), _ in sorted(again[len(others) :], key=lambda pair: pair[1]):
        load(shuffled, day, models, source)
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


def test_every_table_and_column_carries_its_meaning(con: duckdb.DuckDBPyConnection) -> None:
    load_facts().stage(con)
    assert con.execute("select table_name from duckdb_tables() where not internal and comment is null").fetchall() == []
    assert con.execute("select view_name from duckdb_views() where not internal and comment is null").fetchall() == []
    silent = "select table_name, column_name from duckdb_columns() where not internal and comment is null and database_name = 'warehouse'"
    assert con.execute(silent).fetchall() == []


def test_a_database_says_of_its_columns_what_this_version_says(tmp_path: Path) -> None:
    with store.open_warehouse(tmp_path) as con:
        before = con.execute("select table_name, column_name, comment from duckdb_columns() where not internal").fetchall()
        con.execute("comment on column sweeps.content_hash is 'what an earlier version said'")
        con.execute("comment on column listings.gone_on is 'what an earlier version said'")
    with store.open_warehouse(tmp_path) as con:
        assert con.execute("select table_name, column_name, comment from duckdb_columns() where not internal").fetchall() == before


def test_a_second_process_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from hubwatch.failures import Busy
from hubwatch.locks import locked
try:
    with locked(Path({str(tmp_path)!r}), "warehouse"): raise SystemExit("got it")
except Busy as busy: raise SystemExit(str(busy))
"""
    with locks.locked(tmp_path, "warehouse"):
        told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stderr
    assert f"process {os.getpid()}" in told
    assert "warehouse is busy" in told
    free = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stderr
    assert free.strip() == "got it"


def test_readers_keep_what_they_opened_while_a_new_file_is_put_in_place(tmp_path: Path) -> None:
    con = store.open_warehouse(tmp_path)
    load(con, 0, {"a": ("mit", 1)})
    con.close()
    target = publishing.publish(tmp_path)
    reader = """
import duckdb, sys
con = duckdb.connect(sys.argv[1], read_only=True)
count = lambda: con.execute("select count(*) from observations").fetchall()[0][0]
print(count(), flush=True); sys.stdin.readline(); print(count(), flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", reader, target], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "1\n"
    con = store.open_warehouse(tmp_path)
    load(con, 1, {"a": ("mit", 1)})
    con.close()
    publishing.publish(tmp_path)
    held, _ = child.communicate("\n", timeout=30)
    assert held == "1\n"
    with store.connect(target, read_only=True) as fresh:
        assert fresh.execute("select count(*) from observations").fetchall() == [(2,)]


def test_a_wal_beside_the_published_file_stops_the_publish(tmp_path: Path) -> None:
    store.open_warehouse(tmp_path).close()
    publishing.publish(tmp_path)
    Path(f"{tmp_path / 'hubwatch.duckdb'}.wal").write_bytes(b"x")
    with pytest.raises(failures.StoreFault, match="wal exists"):
        publishing.publish(tmp_path)


def test_a_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    con = store.open_warehouse(tmp_path)
    con.execute("insert into store.migrations values (999, now()::timestamp, 'later')")
    con.close()
    with pytest.raises(failures.StoreFault, match="later hubwatch"):
        store.open_warehouse(tmp_path)


@pytest.mark.parametrize("name", ["warehouse.duckdb", "hubwatch.duckdb"])
def test_a_database_of_somebody_else_is_neither_read_nor_written_nor_replaced(tmp_path: Path, name: str) -> None:
    store.open_warehouse(tmp_path).close()
    (tmp_path / name).unlink(missing_ok=True)
    with duckdb.connect(tmp_path / name) as theirs:
        theirs.execute("create table mine as select 42 as answer")
    before = (tmp_path / name).read_bytes()
    use = store.open_warehouse if name == "warehouse.duckdb" else publishing.open_published
    for act in (use, publishing.publish):
        with pytest.raises(failures.StoreFault, match=rf"{name} is no database of hubwatch \(it holds main.mine\); move it away"):
            act(tmp_path)
    assert (tmp_path / name).read_bytes() == before
    assert not list(tmp_path.glob("*.tmp")) + list(tmp_path.glob(".*.tmp"))


def test_a_damaged_file_is_told_by_its_name_with_the_cure_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "blocks"  # "lock" in a path is no lock
    folder.mkdir()
    (folder / "warehouse.duckdb").write_bytes(b"no database" * 1000)
    (folder / "hubwatch.duckdb").write_bytes(b"no database" * 1000)
    for use in (store.open_warehouse, publishing.publish):
        with pytest.raises(failures.StoreFault, match=r"blocks/warehouse.duckdb cannot be opened.*hubwatch backfill pages"):
            use(folder)
    with pytest.raises(failures.StoreFault, match=r"blocks/hubwatch.duckdb cannot be opened.*hubwatch publish"):
        publishing.open_published(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["hubwatch.duckdb", "warehouse.duckdb"]


def test_publishing_replaces_a_damaged_published_file(tmp_path: Path) -> None:
    store.open_warehouse(tmp_path).close()
    (tmp_path / "hubwatch.duckdb").write_bytes(b"no database" * 1000)
    publishing.publish(tmp_path)
    with publishing.open_published(tmp_path) as con:
        assert con.execute("select count(*) from listings").fetchall() == [(0,)]


def test_a_folder_that_cannot_be_written_to_is_told_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = r"file cannot be written to \(Not a directory.*another folder with --data"
    with pytest.raises(failures.StoreFault, match=told), locks.locked(tmp_path / "file", "warehouse"):
        raise AssertionError("no lock is to be had there")


def test_a_table_is_never_one_of_our_variables(tmp_path: Path) -> None:
    observed_elsewhere = store.connect(Path(":memory:"))  # a relation that SQL could name
    with pytest.raises(duckdb.CatalogException, match="observed_elsewhere does not exist"):
        observed_elsewhere.execute("select * from observed_elsewhere")


def test_noted_runs_are_taken_into_the_table_once(tmp_path: Path) -> None:
    row = {"run_id": "r1", "stage": "collect", "hub": "huggingface", "day": "2026-01-01", "started_at": "2026-01-01T00:00:00"}
    (tmp_path / "runs.jsonl").write_text(json.dumps(row) + '\n{"run_id": "torn')
    con = store.open_warehouse(tmp_path)
    store.take_in_runs(con, tmp_path)
    store.take_in_runs(con, tmp_path)
    assert con.execute("select run_id, stage, day from runs").fetchall() == [("r1", "collect", date(2026, 1, 1))]
    con.close()
