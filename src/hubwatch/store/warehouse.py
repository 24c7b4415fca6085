"""The DuckDB files: opening them, and bringing the writer's to this version's schema. Sole owner of DuckDB connections.

`warehouse.duckdb` is the writer's; `hubwatch.duckdb` is what everybody else opens (`publishing.py` puts it in place).
"""

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import duckdb

from hubwatch.clock import now
from hubwatch.errors import CURES, Busy, StoreFault
from hubwatch.store import schema
from hubwatch.store.days import DEPARTURES
from hubwatch.store.interrupting import interruptible
from hubwatch.store.ours import refuse_foreign, views_differ
from hubwatch.store.sql import literal
from hubwatch.store.whole import STORAGE_VERSION

T = TypeVar("T")


_THREADS = 4  # each holds buffers of its own: more would not fit into the memory we allow


def connect(path: Path, memory_limit: str = "1GB", read_only: bool = False, sealed: bool = False) -> duckdb.DuckDBPyConnection:
    """An open database that never fetches extensions; a file held by another process is `Busy`.

    `sealed`: no query reads or writes any other file, and none changes a setting, whatever the database holds.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": memory_limit,
        "preserve_insertion_order": "false",
        "threads": min(os.cpu_count() or 1, _THREADS),
        "python_enable_replacements": "false",  # a table's name is never one of our variables'
    }
    if read_only and not os.access(path.parent, os.W_OK, effective_ids=True):
        config["temp_directory"] = str(Path(tempfile.gettempdir()) / f"hubwatch-{os.getpid()}.tmp")
    try:
        con = interruptible(duckdb.connect(str(path), read_only=read_only, config=config))
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:  # a block that does not bear its checksum has no class of its own
        if "Could not set lock" in str(error):
            raise _not_locked(path, error) from None
        if "Permission denied" in str(error):
            raise StoreFault(f"{path} cannot be opened: {error}; check the file permissions") from None
        if os.strerror(errno.ENOSPC) in str(error):
            raise StoreFault(f"{path} cannot be opened: {error}") from None  # whoever tells it names the cure
        raise StoreFault(f"{path} cannot be opened: {error}{CURES.get(path.name, '')}") from None
    is_sealed = con.execute("select current_setting('lock_configuration')").fetchall() == [(True,)]  # by another connection of this process
    if not is_sealed:
        con.execute("set global timezone = 'UTC'")
    con.execute("set variable memory_limit = ?", [memory_limit])  # as written: the setting itself comes back rounded down
    if sealed and not is_sealed:
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
    return con


def _not_locked(path: Path, error: duckdb.Error) -> StoreFault | Busy:
    """Why DuckDB could not lock a file: another process has it, or the file system has no locks (DuckDB then names process 0)."""
    if "PID 0" in str(error) or os.strerror(errno.ENOLCK) in str(error):
        return StoreFault(
            f"{path} cannot be opened: the file system of {path.parent} does not support file locks; "
            "name a folder on a local disk with --data, or mount it with locks"
        )
    return Busy(f"{path} is open in another process ({error}); close it there")


def open_warehouse(data: Path, memory_limit: str = "1GB") -> duckdb.DuckDBPyConnection:
    """The writer's database, made or migrated to this version's schema. Hold the lock `warehouse` while it is open."""
    data.mkdir(parents=True, exist_ok=True)
    path = data / "warehouse.duckdb"
    if not path.exists():
        with connect(Path(":memory:")) as maker:
            maker.execute(f"attach {literal(str(path))} as fresh (storage_version '{STORAGE_VERSION}')")
            maker.execute("detach fresh")
    con = connect(path, memory_limit)
    try:
        refuse_foreign(con, path)
        migrate(con)
    except BaseException:
        con.close()
        raise
    return con


def read_warehouse(data: Path, memory_limit: str = "1GB") -> duckdb.DuckDBPyConnection:
    """The writer's database, read-only; `StoreFault` when it is not of this version's schema, which only a writer can change."""
    path = data / "warehouse.duckdb"
    con = connect(path, memory_limit, read_only=True)
    try:
        refuse_foreign(con, path)
        if schema_of(con) < NEWEST or not _is_as_declared(con):
            raise StoreFault(f"{path} is of an earlier hubwatch; `hubwatch publish` brings it to this version's tables")
    except BaseException:
        con.close()
        raise
    return con


@contextlib.contextmanager
def only_days(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that knows which days the warehouse holds and nothing else: for trying a load without a trace."""
    with connect(Path(":memory:")) as con:
        migrate(con)
        path = data / "warehouse.duckdb"
        if path.exists():
            with connect(path, read_only=True) as held:
                refuse_foreign(held, path)
                days = held.execute("select hub, day, source from sweeps").fetchall()
            if days:
                con.executemany("insert into sweeps (hub, day, source) values (?, ?, ?)", [list(day) for day in days])
        yield con


MIGRATIONS: list[tuple[int, str, list[str]]] = [
    (
        1,
        "the first schema",
        ["create schema if not exists store", *(table.ddl() for table in (*schema.STORE, *schema.TABLES))],
    ),
    (2, "the address that a sweep asked", ["alter table sweeps add column if not exists endpoint varchar"]),
    (
        3,
        "what is listed and cannot be read is not gone",
        [
            *(table.ddl() for table in schema.STORE if table.name == "store.unread"),
            "alter table store.listing add column if not exists last_listed_on date",
            "update store.listing set last_listed_on = last_seen_on where last_listed_on is null",
            "drop table store.departures",
            *(table.ddl() for table in schema.STORE if table.name == "store.departures"),
            f"insert into store.departures by name {DEPARTURES}",
        ],
    ),
    (4, "the rules that flags were made by", ["create table if not exists store.flagged (rules varchar)"]),
    (
        5,
        "a day's leading source is chosen by extent, then completeness, then size",
        [
            "alter table sweeps add column if not exists extent varchar",
            f"""update store.counters set superseded = rank > 1
                from (select listing_key as k, day as d, source as s,
                        row_number() over (partition by listing_key, day order by {schema.PRECEDENCE}) as rank
                      from store.counters join (select listing_key, hub from store.listing) using (listing_key)
                      join (from sweeps where (hub, day) in (select (hub, day) from sweeps group by hub, day having count(*) > 1))
                        using (hub, day, source)) ranked
                where listing_key = k and day = d and source = s and superseded <> (rank > 1)""",
        ],
    ),
]


NEWEST = MIGRATIONS[-1][0]


def schema_of(con: duckdb.DuckDBPyConnection) -> int:
    """The schema version of this file, 0 when it has none yet; `StoreFault` when a later hubwatch wrote it."""
    if not con.execute("select 1 from duckdb_tables() where schema_name = 'store' and table_name = 'migrations'").fetchall():
        return 0
    version = int(con.execute("select coalesce(max(version), 0) from store.migrations").fetchall()[0][0])
    if version > NEWEST:
        raise StoreFault(f"the database was written by a later hubwatch (schema {version}, this one knows {NEWEST}); upgrade")
    return version


def migrate(con: duckdb.DuckDBPyConnection) -> None:
    """Bring the file to this version's schema: each step once, in a transaction, recorded; views and comments where they differ."""
    con.execute("create schema if not exists store")
    con.execute(next(table for table in schema.STORE if table.name == "store.migrations").ddl())
    known = {row[0] for row in con.execute("select version from store.migrations").fetchall()}
    behind = schema_of(con) < NEWEST
    if 1 in known and behind:
        _add_missing(con)  # steps are written against the columns of today
    for version, title, steps in MIGRATIONS:
        if version in known:
            continue
        with transaction(con):
            for step in steps:
                con.execute(step)
            con.execute("insert into store.migrations (version, applied_at, title) values (?, ?, ?)", [version, now(), title])
    if behind or not _is_as_declared(con):
        with transaction(con):
            if known:  # in a new file the first step made every table of today
                _add_missing(con)
            for statement in (*schema.FACTS, *(view.ddl() for view in schema.VIEWS)):
                con.execute(statement)
            for comment in schema.comments():
                con.execute(comment)


def _add_missing(con: duckdb.DuckDBPyConnection) -> None:
    """Add the tables and columns that an earlier version did not have yet, empty: a new column needs no migration of its own."""
    for table in (*schema.STORE, *schema.TABLES):
        con.execute(table.ddl())
        held = {row[1] for row in con.execute(f"pragma table_info('{table.name}')").fetchall()}
        for column in table.columns:
            if column.name not in held:
                con.execute(f'alter table {table.name} add column "{column.name}" {column.type}')


def _is_as_declared(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether every view is this version's, and every column there with its comment of today."""
    if views_differ(con):
        return False
    found = con.execute("select table_name, column_name, comment from duckdb_columns() where not internal").fetchall()
    relations = (*schema.STORE, *schema.TABLES, *schema.VIEWS)
    return {(one.name.removeprefix("store."), column.name, column.meaning) for one in relations for column in one.columns} <= set(found)


@contextlib.contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of it or nothing."""
    con.execute("begin")
    try:
        yield
        con.execute("commit")
    except BaseException:
        with contextlib.suppress(duckdb.Error):  # it says less than what came before it
            con.execute("rollback")
        raise


_ALLOWED = "select coalesce(getvariable('memory_limit'), current_setting('memory_limit')) as s"


def memory_allowed(con: duckdb.DuckDBPyConnection) -> int:
    """How many bytes the connection was opened to hold."""
    return int(con.execute(f"select parse_formatted_bytes(s) from ({_ALLOWED})").fetchall()[0][0])


@contextlib.contextmanager
def held_to(con: duckdb.DuckDBPyConnection, memory: int | None, threads: int) -> Iterator[None]:
    """Let the connection use no more than so many threads for a while, and so many bytes (where it may hold more); None: all it needs."""
    before, allowed, used = con.execute(f"select s, parse_formatted_bytes(s), current_setting('threads') from ({_ALLOWED})").fetchall()[0]
    con.execute(f"set threads = {min(used, threads)}")
    with contextlib.suppress(duckdb.OutOfMemoryException):  # it holds more already
        if memory is None:
            con.execute("reset memory_limit")
        elif memory < allowed:
            con.execute(f"set memory_limit = '{memory}B'")
    try:
        yield
    finally:
        with contextlib.suppress(duckdb.OutOfMemoryException):
            con.execute(f"set memory_limit = '{before}'")
        con.execute(f"set threads = {used}")


def in_room(con: duckdb.DuckDBPyConnection, memory: int, threads: int, act: Callable[[], T]) -> T:
    """What `act` gives within so much memory and so many threads; where that does not suffice, on one thread with all it needs."""
    try:
        with held_to(con, memory, threads):
            return act()
    except duckdb.OutOfMemoryException:  # a thread reads a whole segment of pages at once, and some hubs' records are long
        with held_to(con, None, 1):
            return act()


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
