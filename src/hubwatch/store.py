"""The DuckDB files: opening, locking, migrating, putting the analysts' file in place.

Sole owner of DuckDB connections. `warehouse.duckdb` is the writer's; `hubwatch.duckdb` is what everybody else opens.
"""

import contextlib
import fcntl
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TextIO

import duckdb

from hubwatch import schema
from hubwatch.clock import now
from hubwatch.pages import SweepPages

STORAGE_VERSION = "v1.5.0"  # what DuckDB 1.5 opens too
CLOCK_GRAIN = timedelta(seconds=1)  # files' times are coarser than ours: loading once more changes nothing


class Busy(Exception):
    """Another process holds the lock; the message says who."""


class StoreFault(Exception):
    """A database file cannot be used as it lies; the message says the cure."""


@contextlib.contextmanager
def locked(data: Path, name: str, wait: float = 0) -> Iterator[None]:
    """Hold the lock `name` of this data folder, or after `wait` seconds raise `Busy` naming its holder.

    It ends with the process that holds it, however that ends.
    """
    with _lock_file(data, name) as file:
        until = time.monotonic() + wait
        while not _taken(file):
            if time.monotonic() >= until:
                file.seek(0)
                raise Busy(f"{name} is busy: {_holder(file.read())}; wait for it or end it, then run again")
            time.sleep(0.5)
        file.truncate(0)
        about = {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{now():%Y-%m-%d %H:%M:%S}", "command": _command()}
        file.write(json.dumps(about))
        file.flush()
        yield


def _lock_file(data: Path, name: str) -> TextIO:
    try:
        (data / "locks").mkdir(parents=True, exist_ok=True)
        return open(data / "locks" / f"{name}.lock", "a+", encoding="utf-8")
    except OSError as error:
        told = f"{data} cannot be written to ({error.strerror}: {error.filename})"
        raise StoreFault(f"{told}; give yourself the right to, or name another folder with --data") from None


def _taken(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _command() -> str:
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])


def _holder(text: str) -> str:
    try:
        about = json.loads(text)
        return f"process {about['pid']} on {about['host']} holds it since {about['since']} UTC ({about['command']})"
    except (ValueError, KeyError, TypeError):
        return "another process holds it"


_CURES = {
    "warehouse.duckdb": "; move it away: `hubwatch backfill pages` makes it anew from the kept pages (archives are to be read again)",
    "hubwatch.duckdb": "; `hubwatch publish` puts a whole one in its place",
}
_THREADS = 4  # each holds buffers of its own: more would not fit into the memory we allow


def connect(path: Path, memory_limit: str = "1GB", read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """An open database that never fetches extensions; a file held by another process is `Busy`."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": memory_limit,
        "preserve_insertion_order": "false",
        "threads": min(os.cpu_count() or 1, _THREADS),
        "python_enable_replacements": "false",  # a table's name is never one of our variables'
    }
    try:
        con = duckdb.connect(str(path), read_only=read_only, config=config)
    except duckdb.IOException as error:
        if "Could not set lock" in str(error):
            raise Busy(f"{path} is open in another process ({error}); close it there") from None
        raise StoreFault(f"{path} cannot be opened: {error}{_CURES.get(path.name, '')}") from None
    con.execute("set timezone = 'UTC'")
    con.execute("set variable memory_limit = ?", [memory_limit])  # as written: the setting itself comes back rounded down
    return con


def open_warehouse(data: Path, memory_limit: str = "1GB") -> duckdb.DuckDBPyConnection:
    """The writer's database, made or migrated to this version's schema. Hold the lock `warehouse` while it is open."""
    data.mkdir(parents=True, exist_ok=True)
    path = data / "warehouse.duckdb"
    if not path.exists():
        with connect(Path(":memory:")) as maker:
            maker.execute(f"attach '{_quoted(path)}' as fresh (storage_version '{STORAGE_VERSION}')")
            maker.execute("detach fresh")
    con = connect(path, memory_limit)
    try:
        _refuse_foreign(con, path)
        migrate(con)
    except BaseException:
        con.close()
        raise
    return con


def _refuse_foreign(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise `StoreFault` when this file holds tables and none of them is of hubwatch: somebody else's, never to be written to."""
    found = con.execute(
        """select schema_name || '.' || table_name as name from duckdb_tables() where not internal
           union all select schema_name || '.' || view_name from duckdb_views() where not internal order by name"""
    ).fetchall()
    held = [name for (name,) in found]
    if held and "store.migrations" not in held:
        told = ", ".join(held[:3]) + (" and more" if len(held) > 3 else "")
        raise StoreFault(f"{path} is no database of hubwatch (it holds {told}); move it away, or name another folder with --data")


@contextlib.contextmanager
def only_days(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that knows which days the warehouse holds and nothing else: for trying a load without a trace."""
    with connect(Path(":memory:")) as con:
        migrate(con)
        path = data / "warehouse.duckdb"
        if path.exists():
            with connect(path, read_only=True) as held:
                _refuse_foreign(held, path)
                days = held.execute("select hub, day, source from sweeps").fetchall()
            if days:
                con.executemany("insert into sweeps (hub, day, source) values (?, ?, ?)", [list(day) for day in days])
        yield con


def open_published(data: Path) -> duckdb.DuckDBPyConnection:
    """The analysts' database, read-only; `StoreFault` with the cure when there is none yet."""
    path = data / "hubwatch.duckdb"
    if not path.exists():
        raise StoreFault(f"there is no {path} yet; run `hubwatch run` (or `hubwatch demo`), or point --data at where it is")
    con = connect(path, read_only=True)
    try:
        _refuse_foreign(con, path)
    except StoreFault:
        con.close()
        raise
    return con


MIGRATIONS: list[tuple[int, str, list[str]]] = [
    (
        1,
        "the first schema",
        ["create schema if not exists store", *(table.ddl() for table in (*schema.STORE, *schema.TABLES))],
    ),
    (2, "the address that a sweep asked", ["alter table sweeps add column if not exists endpoint varchar"]),
]


def migrate(con: duckdb.DuckDBPyConnection) -> None:
    """Bring the file to this version's schema: each step once, in a transaction, recorded; views and comments where they differ.

    A view whose query changes and whose columns and comments do not needs a step of its own.
    """
    con.execute("create schema if not exists store")
    con.execute(next(table for table in schema.STORE if table.name == "store.migrations").ddl())
    known = {row[0] for row in con.execute("select version from store.migrations").fetchall()}
    newest = MIGRATIONS[-1][0]
    if known and max(known) > newest:
        raise StoreFault(f"the database was written by a later hubwatch (schema {max(known)}, this one knows {newest}); upgrade")
    for version, title, steps in MIGRATIONS:
        if version in known:
            continue
        with transaction(con):
            for step in steps:
                con.execute(step)
            con.execute("insert into store.migrations values (?, ?, ?)", [version, now(), title])
    if not known or max(known) < newest or not _is_as_declared(con):
        with transaction(con):
            for view in schema.VIEWS:
                con.execute(view.ddl())
            for comment in schema.comments():
                con.execute(comment)


def _is_as_declared(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether every column is there with its comment of today."""
    found = con.execute("select table_name, column_name, comment from duckdb_columns() where not internal").fetchall()
    relations = (*schema.STORE, *schema.TABLES, *schema.VIEWS)
    return {(one.name.removeprefix("store."), column.name, column.meaning) for one in relations for column in one.columns} <= set(found)


@contextlib.contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of it or nothing."""
    con.execute("begin")
    try:
        yield
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            con.execute("rollback")
        raise
    con.execute("commit")


def not_yet_loaded(con: duckdb.DuckDBPyConnection, kept: list[SweepPages]) -> list[SweepPages]:
    """Those of these sweeps that have pages and were written to since they were last loaded, or never were loaded."""
    found = con.execute("select hub, day, source, loaded_at from sweeps").fetchall()
    loaded = {(hub, day, source): at for hub, day, source, at in found}
    chosen = []
    for pages in kept:
        at = loaded.get((pages.hub, pages.day, pages.sweep))
        if pages.segments() and (at is None or pages.changed_at() >= at - CLOCK_GRAIN):
            chosen.append(pages)
    return chosen


def not_published(con: duckdb.DuckDBPyConnection, data: Path) -> set[tuple[str, date, str]]:
    """Hub, day and source of what the published file does not have as the tables have it; all of it when there is no such file."""
    facts = "select hub, day, source, content_hash from sweeps"
    held = set(con.execute(facts).fetchall())
    if (data / "hubwatch.duckdb").exists():
        with open_published(data) as published:
            held ^= set(published.execute(facts).fetchall())
    return {(hub, day, source) for hub, day, source, _ in held}


def publish(data: Path) -> Path:
    """Put a checked copy of the closed warehouse in place as `hubwatch.duckdb`, in one step; returns its path.

    Readers keep what they have open. A `.wal` beside source or target would be replayed into the wrong file: refused. So is
    replacing a database that is not of hubwatch.
    """
    source, target = data / "warehouse.duckdb", data / "hubwatch.duckdb"
    if not source.exists():
        raise StoreFault(f"{source} does not exist; run `hubwatch run` or `hubwatch load` first")
    if Path(f"{source}.wal").exists():
        connect(source).close()  # a killed writer left it; opening replays it
    for path in (source, target):
        if Path(f"{path}.wal").exists():
            raise StoreFault(f"{path}.wal exists: somebody writes to {path.name}; close it, remove the .wal, then publish again")
    _refuse_to_replace(target)
    for leftover in data.glob(".hubwatch.duckdb.*.tmp"):
        leftover.unlink()
    copy = data / f".hubwatch.duckdb.{os.getpid()}.tmp"
    try:
        shutil.copyfile(source, copy)
        _check(copy, source)
        with open(copy, "rb") as file:
            os.fsync(file.fileno())
        os.chmod(copy, 0o444)
        os.replace(copy, target)
    finally:
        copy.unlink(missing_ok=True)
    folder = os.open(data, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return target


def _check(copy: Path, source: Path) -> None:
    """Raise `StoreFault` naming the source when its copy does not open, or is no database of hubwatch."""
    try:
        con = connect(copy, read_only=True)
    except StoreFault as fault:
        raise StoreFault(f"{str(fault).replace(str(copy), str(source))}{_CURES[source.name]}") from None
    with con:
        _refuse_foreign(con, source)
        con.execute("select count(*) from days").fetchall()


def _refuse_to_replace(target: Path) -> None:
    """Raise `StoreFault` when the file in place is somebody else's; a damaged one is there to be replaced."""
    if not target.exists():
        return
    try:
        con = connect(target, read_only=True)
    except (StoreFault, Busy, duckdb.Error):
        return
    with con:
        _refuse_foreign(con, target)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


@contextlib.contextmanager
def thrifty(con: duckdb.DuckDBPyConnection, memory: int, threads: int) -> Iterator[None]:
    """Let the connection hold no more than so many bytes for a while, where it may hold more, and use so many threads."""
    before, allowed, used = con.execute(
        """select s, parse_formatted_bytes(s), current_setting('threads')
           from (select coalesce(getvariable('memory_limit'), current_setting('memory_limit')) as s)"""
    ).fetchall()[0]
    con.execute(f"set threads = {min(used, threads)}")
    if memory < allowed:
        with contextlib.suppress(duckdb.OutOfMemoryException):  # it holds more already
            con.execute(f"set memory_limit = '{memory}B'")
    try:
        yield
    finally:
        con.execute(f"set memory_limit = '{before}'")
        con.execute(f"set threads = {used}")


@contextlib.contextmanager
def unstinted(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let the connection hold as much memory as DuckDB would by itself for a while, on one thread."""
    before, used = con.execute(
        "select coalesce(getvariable('memory_limit'), current_setting('memory_limit')), current_setting('threads')"
    ).fetchall()[0]
    con.execute("reset memory_limit")
    con.execute("set threads = 1")
    try:
        yield
    finally:
        with contextlib.suppress(duckdb.OutOfMemoryException):
            con.execute(f"set memory_limit = '{before}'")
        con.execute(f"set threads = {used}")


def take_in_runs(con: duckdb.DuckDBPyConnection, data: Path) -> None:
    """Move the runs noted beside the database into table `runs`."""
    noted = data / "runs.jsonl"
    taken = data / "runs.jsonl.taken"
    if noted.exists() and not taken.exists():
        os.rename(noted, taken)  # later notes go to a new file
    if not taken.exists():
        return
    with transaction(con):
        con.execute(
            """insert into runs select run_id, stage, hub, day, started_at, finished_at, status, message, requests, retries, bytes
               from read_json(?, format='newline_delimited', ignore_errors=true, columns={run_id: 'VARCHAR', stage: 'VARCHAR',
                 hub: 'VARCHAR', day: 'DATE', started_at: 'TIMESTAMP', finished_at: 'TIMESTAMP', status: 'VARCHAR',
                 message: 'VARCHAR', requests: 'BIGINT', retries: 'BIGINT', bytes: 'BIGINT'}) noted
               where run_id is not null and run_id not in (select run_id from runs)""",
            [str(taken)],
        )
    taken.unlink()
