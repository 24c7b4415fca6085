"""The databases as they are opened: their columns, their comments, what an earlier or later version wrote."""

import errno
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from hubwatch import errors as failures
from hubwatch.errors import told
from hubwatch.facts.reader import load_facts
from hubwatch.load.pending import not_yet_loaded
from hubwatch.pages.kept import SweepPages
from hubwatch.store import warehouse as store
from hubwatch.store.interrupting import interrupts
from tests.kept import keep, record


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = store.open_warehouse(tmp_path)
    yield opened
    opened.close()


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


def test_a_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    con = store.open_warehouse(tmp_path)
    con.execute("insert into store.migrations values (999, now()::timestamp, 'later')")
    con.close()
    with pytest.raises(failures.StoreFault, match="later hubwatch"):
        store.open_warehouse(tmp_path)


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
    (tmp_path / "runs.jsonl.taken").write_text(json.dumps(row) + "\n")  # a writer killed before it could remove them
    store.take_in_runs(con, tmp_path)
    assert not (tmp_path / "runs.jsonl.taken").exists()
    assert con.execute("select run_id, stage, day from runs").fetchall() == [("r1", "collect", date(2026, 1, 1))]
    con.close()


def test_what_was_loaded_is_due_by_its_pages_whatever_the_times_of_files(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    pages = keep(tmp_path, date(2026, 1, 1), [record("a/b")])
    loaded_at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    con.execute("insert into sweeps by name select ? as hub, ?::date as day, ? as source, ? as loaded_at", _row(pages, loaded_at))
    for age, due in ((-1.0, True), (0.5, True), (1.0, True), (1.5, True)):
        for path in pages.folder.iterdir():
            os.utime(path, (loaded_at.timestamp() - age,) * 2)
        assert [one.day for one in not_yet_loaded(con, [pages])] == ([pages.day] if due else []), age


def _row(pages: SweepPages, loaded_at: datetime) -> list[object]:
    return [pages.hub, pages.day, pages.sweep, loaded_at.replace(tzinfo=None)]


LONG = "select count(*) from range(30000000000) where range % 7 = 9"  # half a minute; it streams: nothing is written to disk


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_in_the_middle_of_a_query_ends_it(tmp_path: Path, threads: int) -> None:
    con = store.connect(tmp_path / "any.duckdb")
    con.execute(f"set threads = {threads}")  # where another thread works on the query, DuckDB waits for it
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that runs us in the background ignores it for us
    stop = threading.Timer(0.5, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    begun = time.process_time()
    try:
        stop.start()
        with pytest.raises(KeyboardInterrupt), interrupts():
            con.execute(LONG).fetchall()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert con.execute("select 1").fetchall() == [(1,)]  # the connection goes on
    finally:
        stop.join()
        signal.signal(signal.SIGINT, heard)
        con.close()
    assert time.process_time() - begun < 10, "the query went on to its end"


def test_a_query_that_is_interrupted_from_another_thread_is_an_interrupt(con: duckdb.DuckDBPyConnection) -> None:
    over = threading.Event()

    def interrupt() -> None:
        while not over.wait(0.1):  # again and again: one that comes before the query has begun is lost
            con.interrupt()

    other = threading.Thread(target=interrupt)
    other.start()
    try:
        with pytest.raises(KeyboardInterrupt), interrupts():
            con.execute(LONG).fetchall()
    finally:
        over.set()
        other.join()


def test_an_older_file_gets_the_columns_and_tables_that_it_lacks(tmp_path: Path) -> None:
    with store.open_warehouse(tmp_path) as con:
        con.execute("insert into sweeps (hub, day, source, complete) values ('huggingface', '2026-01-01', 'full', true)")
        con.execute("drop view days; alter table sweeps drop column endpoint; drop table store.flagged")
    with store.open_warehouse(tmp_path) as con:
        assert con.execute("select source, endpoint from sweeps").fetchall() == [("full", None)]
        assert con.execute("select count(*) from store.flagged").fetchall() == [(0,)]
        assert con.execute("select comment from duckdb_columns() where table_name = 'sweeps' and column_name = 'endpoint'").fetchall()[0][0]


def test_a_full_disk_is_told_with_the_cure_whoever_meets_it() -> None:
    for full in (OSError(errno.ENOSPC, "No space left on device"), duckdb.IOException("Could not write file: No space left on device")):
        assert told(full).endswith("; make room there; the same command then goes on")


def test_an_older_database_shows_the_widest_source_first(tmp_path: Path) -> None:
    with store.open_warehouse(tmp_path) as con:
        con.execute("drop table store.flagged; delete from store.migrations where version > 2")
        con.execute("insert into store.listing (listing_key, hub, model_id) values (1, 'huggingface', 'o/a')")
        for source, complete in (("full", False), ("head", True)):
            con.execute("insert into sweeps (hub, day, source, complete) values ('huggingface', '2026-01-01', ?, ?)", [source, complete])
            con.execute(
                "insert into store.counters (listing_key, day, source, superseded) values (1, '2026-01-01', ?, ?)", [source, complete]
            )
    with store.open_warehouse(tmp_path) as con:
        assert con.execute("select source from observations").fetchall() == [("full",)]
        assert con.execute("select count(*) from store.flagged").fetchall() == [(0,)]
