"""The DuckDB files: opening, locking, migrating, replacing a day, putting the analysts' file in place.

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
from hubwatch.pages import SweepPages, now

STORAGE_VERSION = "v1.5.0"  # what DuckDB 1.5 opens too
CLOCK_GRAIN = timedelta(seconds=1)  # files' times are coarser than ours: loading once more changes nothing
_ATTRIBUTES = [column.name for column in schema.ATTRIBUTES]
_COUNTERS = [column.name for column in schema.COUNTERS]


class Busy(Exception):
    """Another process holds the lock; the message says who."""


class StoreFault(Exception):
    """A database file cannot be used as it lies; the message says the cure."""


@contextlib.contextmanager
def locked(data: Path, name: str, wait: float = 0) -> Iterator[None]:
    """Hold the lock `name` of this data folder, or after `wait` seconds raise `Busy` naming its holder.

    It ends with the process that holds it, however that ends.
    """
    folder = data / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f"{name}.lock", "a+", encoding="utf-8") as file:
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


def connect(path: Path, memory_limit: str = "1GB", read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """An open database that never fetches extensions; a file held by another process is `Busy`."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": memory_limit,
        "preserve_insertion_order": "false",
    }
    try:
        con = duckdb.connect(str(path), read_only=read_only, config=config)
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise Busy(f"{path} is open in another process ({error}); close it there") from None
        raise StoreFault(f"{path} cannot be opened: {error}") from None
    con.execute("set timezone = 'UTC'")
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
    migrate(con)
    return con


@contextlib.contextmanager
def only_days(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that knows which days the warehouse holds and nothing else: for trying a load without a trace."""
    with connect(Path(":memory:")) as con:
        migrate(con)
        path = data / "warehouse.duckdb"
        if path.exists():
            with connect(path, read_only=True) as held:
                days = held.execute("select hub, day, source from sweeps").fetchall()
            if days:
                con.executemany("insert into sweeps (hub, day, source) values (?, ?, ?)", [list(day) for day in days])
        yield con


def open_published(data: Path) -> duckdb.DuckDBPyConnection:
    """The analysts' database, read-only; `StoreFault` with the cure when there is none yet."""
    path = data / "hubwatch.duckdb"
    if not path.exists():
        raise StoreFault(f"there is no {path} yet; run `hubwatch run` (or `hubwatch demo`), or point --data at where it is")
    return connect(path, read_only=True)


MIGRATIONS: list[tuple[int, str, list[str]]] = [
    (
        1,
        "the first schema",
        ["create schema if not exists store", *(table.ddl() for table in (*schema.STORE, *schema.TABLES))],
    ),
    (2, "the address that a sweep asked", ["alter table sweeps add column if not exists endpoint varchar"]),
]


def migrate(con: duckdb.DuckDBPyConnection) -> None:
    """Bring the file to this version's schema: each step once, in a transaction, recorded; views and comments always anew."""
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
    if not known or max(known) < newest or not _views_are_current(con):
        with transaction(con):
            for view in schema.VIEWS:
                con.execute(view.ddl())
            for comment in schema.comments():
                con.execute(comment)


def _views_are_current(con: duckdb.DuckDBPyConnection) -> bool:
    found = con.execute("select view_name, column_name from duckdb_views() join duckdb_columns() on view_name = table_name").fetchall()
    return {(view.name, column.name) for view in schema.VIEWS for column in view.columns} <= set(found)


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


def replace_day(con: duckdb.DuckDBPyConnection, hub: str, day: date, source: str, attributes: bool = True) -> None:
    """Make table `staged` (model_id, attributes, counters; one row a listing) this source's facts of the day.

    Whole or not at all: call inside a transaction together with the day's row in `sweeps`. What the tables say then
    depends only on which days hold which facts, not on the order of loading. `attributes=False`: the source has
    counters only and says nothing of attributes.
    """
    key = [hub, day, source]
    con.execute("set variable hub = ?", [hub])
    con.execute("set variable day = ?::date", [day])
    con.execute("set variable source = ?", [source])
    con.execute("drop table if exists before_this_day")
    later = con.execute("select count(*) from sweeps where hub = ? and day >= ?", [hub, day]).fetchall()[0][0]
    con.execute(
        """create temp table before_this_day as select listing_key from store.counters
           where day = getvariable('day') and source = getvariable('source')
             and listing_key in (select listing_key from store.listing where hub = getvariable('hub'))"""
        if later
        else "create temp table before_this_day as select listing_key from store.counters where false"
    )
    con.execute(
        """delete from store.counters where day = getvariable('day') and source = getvariable('source')
           and listing_key in (select listing_key from before_this_day)"""
    )
    _add_listings(con)
    con.execute(
        f"""insert into store.counters
            select listing_key, getvariable('day'), getvariable('source'), false, {", ".join(_COUNTERS)} from keyed"""
    )
    if later:
        _settle_precedence(con)
        _settle_seen(con)
    if attributes:
        _replace_attributes(con, bool(later))
    if later:
        _drop_unseen(con)
    con.execute("delete from rejects where hub = ? and day = ? and source = ?", key)
    con.execute("delete from sweeps where hub = ? and day = ? and source = ?", key)


def _add_listings(con: duckdb.DuckDBPyConnection) -> None:
    """Give every staged listing its number (table `keyed`), and widen the days it was seen."""
    con.execute(
        """insert into store.listing
           select (select coalesce(max(listing_key), 0) from store.listing) + row_number() over (order by model_id),
             getvariable('hub'), model_id, split_part(model_id, '/', 1), substr(model_id, strpos(model_id, '/') + 1),
             getvariable('day'), getvariable('day')
           from staged anti join (select model_id from store.listing where hub = getvariable('hub')) using (model_id)"""
    )
    con.execute(
        """create or replace temp view keyed as select listing_key, staged.* from staged
           join (select listing_key, model_id from store.listing where hub = getvariable('hub')) using (model_id)"""
    )
    con.execute(
        """update store.listing set first_seen_on = least(first_seen_on, getvariable('day')),
             last_seen_on = greatest(last_seen_on, getvariable('day'))
           where (first_seen_on > getvariable('day') or last_seen_on < getvariable('day'))
             and listing_key in (select listing_key from keyed)"""
    )


def _settle_precedence(con: duckdb.DuckDBPyConnection) -> None:
    """Where several sources know a listing on this day, show the one of highest precedence."""
    con.execute(
        f"""update store.counters set superseded = rank > 1
            from (select listing_key as k, source as s,
                    row_number() over (partition by listing_key order by {schema.PRECEDENCE}, source) as rank
                  from store.counters where day = getvariable('day')
                    and listing_key in (select listing_key from store.listing where hub = getvariable('hub'))) ranked
            where day = getvariable('day') and listing_key = k and source = s and superseded <> (rank > 1)"""
    )


def _settle_seen(con: duckdb.DuckDBPyConnection) -> None:
    """Days seen, anew for listings that this source had on this day and has no more."""
    con.execute(
        """update store.listing set first_seen_on = seen.first, last_seen_on = seen.last
           from (select listing_key as k, min(day) as first, max(day) as last from store.counters
                 where listing_key in (select listing_key from before_this_day anti join keyed using (listing_key))
                 group by listing_key) seen
           where listing_key = seen.k"""
    )


def _replace_attributes(con: duckdb.DuckDBPyConnection, later: bool) -> None:
    """Keep the attributes' history as stretches of observed days with equal attributes.

    With later days loaded, every touched listing's stretches are written anew from its points of change: the day's
    own attributes hold on that day, and what held before goes on at the next observed day. Where a source of higher
    precedence has the listing on this day, its word stands (if it loses the listing by a reload, load the lower again).
    """
    names_of_k = ", ".join(f"k.{name}" for name in _ATTRIBUTES)
    same = " and ".join(f"a.{name} is not distinct from k.{name}" for name in _ATTRIBUTES)
    if not later:
        con.execute(
            f"""insert into store.attributes select k.listing_key, getvariable('day'), null, {names_of_k}
                from keyed k left join store.attributes a on a.listing_key = k.listing_key and a.valid_to is null
                where a.listing_key is null or not ({same})"""
        )
        con.execute(
            """update store.attributes set valid_to = getvariable('day') where valid_to is null and valid_from < getvariable('day')
               and listing_key in (select listing_key from store.attributes where valid_from = getvariable('day'))"""
        )
        return
    con.execute(
        """create or replace temp view speaking as select * from keyed where listing_key not in (select listing_key from store.counters
           where day = getvariable('day') and source = getvariable('source') and superseded)"""
    )
    con.execute("drop table if exists touched")
    con.execute(
        f"""create temp table touched as
            select listing_key from speaking k where not exists (select 1 from store.attributes a where a.listing_key = k.listing_key
              and a.valid_from <= getvariable('day') and (a.valid_to is null or a.valid_to > getvariable('day')) and {same})
            union select listing_key from before_this_day anti join keyed using (listing_key)"""
    )
    fields = "struct_pack(" + ", ".join(f"{name} := {name}" for name in _ATTRIBUTES) + ")"
    con.execute("drop table if exists rewritten")
    con.execute(
        f"""create temp table rewritten as
            with stretches as (select * from store.attributes where listing_key in (select listing_key from touched)),
            next_day as (select listing_key, min(day) as day from store.counters
              where day > getvariable('day') and listing_key in (select listing_key from touched) group by listing_key),
            points as (
              -- what is said elsewhere than on this day
              select listing_key, valid_from as day, 1 as rank, {fields} as said from stretches where valid_from <> getvariable('day')
              union all  -- on this day, if it is still said
              select listing_key, getvariable('day'), 0, {fields} from speaking where listing_key in (select listing_key from touched)
              union all  -- and what held on this day goes on behind it
              select listing_key, next_day.day, 2, {fields} from stretches join next_day using (listing_key)
              where valid_from <= getvariable('day') and (valid_to is null or valid_to > next_day.day)),
            settled as (select listing_key, day, said from points
              qualify row_number() over (partition by listing_key, day order by rank) = 1),
            changes as (select listing_key, day, said from settled
              qualify row_number() over (partition by listing_key order by day) = 1
                or said is distinct from lag(said) over (partition by listing_key order by day))
            select listing_key, day as valid_from, lead(day) over (partition by listing_key order by day) as valid_to, unnest(said)
            from changes"""
    )
    con.execute("delete from store.attributes where listing_key in (select listing_key from touched)")
    con.execute("insert into store.attributes select * from rewritten")


def _drop_unseen(con: duckdb.DuckDBPyConnection) -> None:
    """Forget listings that no day holds any more: only a day replaced by another without them leaves such."""
    con.execute("drop table if exists unseen")
    con.execute(
        """create temp table unseen as select listing_key from before_this_day
           where listing_key not in (select listing_key from keyed) and listing_key not in (select listing_key from store.counters)"""
    )
    for table in ("store.attributes", "store.listing"):
        con.execute(f"delete from {table} where listing_key in (select listing_key from unseen)")


def settle_departures(con: duckdb.DuckDBPyConnection, hub: str) -> None:
    """For every last observed day of the hub, the first later complete full sweep: then its listings were gone."""
    con.execute("delete from store.departures where hub = ?", [hub])
    con.execute(
        """insert into store.departures
           select hub, last_seen_on, min(day) as gone_on
           from (select distinct hub, last_seen_on from store.listing where hub = ?)
           join (select hub, day from sweeps where complete and source = 'full') using (hub)
           where day > last_seen_on group by hub, last_seen_on""",
        [hub],
    )


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


def publish(data: Path) -> Path:
    """Put a checked copy of the closed warehouse in place as `hubwatch.duckdb`, in one step; returns its path.

    Readers keep what they have open. A `.wal` beside source or target would be replayed into the wrong file: refused.
    """
    source, target = data / "warehouse.duckdb", data / "hubwatch.duckdb"
    if not source.exists():
        raise StoreFault(f"{source} does not exist; run `hubwatch run` or `hubwatch load` first")
    if Path(f"{source}.wal").exists():
        connect(source).close()  # a killed writer left it; opening replays it
    for path in (source, target):
        if Path(f"{path}.wal").exists():
            raise StoreFault(f"{path}.wal exists: somebody writes to {path.name}; close it, remove the .wal, then publish again")
    for leftover in data.glob(".hubwatch.duckdb.*.tmp"):
        leftover.unlink()
    copy = data / f".hubwatch.duckdb.{os.getpid()}.tmp"
    shutil.copyfile(source, copy)
    with connect(copy, read_only=True) as con:
        con.execute("select count(*) from days").fetchall()
    with open(copy, "rb") as file:
        os.fsync(file.fileno())
    os.chmod(copy, 0o444)
    os.replace(copy, target)
    folder = os.open(data, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return target


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


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
