"""The analysts' file: put in place whole, in one step, and opened. Readers never meet the writer's file, nor it them."""

import os
import shlex
import shutil
from datetime import date
from pathlib import Path

import duckdb

from hubwatch.errors import CURES, Busy, StoreFault
from hubwatch.store.warehouse import NEWEST, connect, open_warehouse, refuse_foreign, schema_of


def open_published(data: Path, memory_limit: str = "1GB") -> duckdb.DuckDBPyConnection:
    """The analysts' database of a folder, or a file of one, read-only.

    `StoreFault` with the cure when there is none yet, or it is not of this version's schema.
    """
    path = data if data.is_file() else data / "hubwatch.duckdb"
    if not path.exists():
        raise StoreFault(f"there is no {path} yet; run `hubwatch run` (or `hubwatch demo`), or point --data at where it is")
    con = connect(path, memory_limit, read_only=True)
    try:
        refuse_foreign(con, path)
        if (version := schema_of(con)) < NEWEST:
            warehouse = data / "warehouse.duckdb"
            first = "" if warehouse.exists() else f"{_put_in_place(path, warehouse)}, then "
            raise StoreFault(
                f"{path} is of an earlier hubwatch (schema {version}, this one reads {NEWEST}); {first}`hubwatch publish` renews it"
            )
    except BaseException:
        con.close()
        raise
    return con


def _put_in_place(published: Path, warehouse: Path) -> str:
    """The command by which a published file, which is read-only, becomes the warehouse."""
    return f"install -m 644 {shlex.quote(str(published))} {shlex.quote(str(warehouse))}"


def lost_days(con: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection) -> list[tuple[str, date, str]]:
    """Hub, day and source of what is published and the tables do not hold: no command takes a day away."""
    facts = "select hub, day, source from sweeps"
    return sorted(set(published.execute(facts).fetchall()) - set(con.execute(facts).fetchall()))


def told_lost(lost: list[tuple[str, date, str]], data: Path) -> str:
    """Which days are lost and how they come back, in one line."""
    few = ", ".join(" ".join(map(str, one)) for one in lost[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
    return (
        f"{data / 'hubwatch.duckdb'} holds {few}, which warehouse.duckdb lacks; if that was lost or is an older one, put the published in its "
        f"place: {_put_in_place(data / 'hubwatch.duckdb', data / 'warehouse.duckdb')}, then `hubwatch backfill pages` for what was kept since"
    )


def not_published(con: duckdb.DuckDBPyConnection, data: Path) -> set[tuple[str, date, str]]:
    """Hub, day and source of what the published file does not have as the tables have it; all of it when there is no such file."""
    facts = "select hub, day, source, content_hash from sweeps"
    held = set(con.execute(facts).fetchall())
    if (data / "hubwatch.duckdb").exists():
        with open_published(data) as published:
            held ^= set(published.execute(facts).fetchall())
    return {(hub, day, source) for hub, day, source, _ in held}


def publish(data: Path, drop_days: bool = False, memory_limit: str = "1GB") -> Path:
    """Put a checked copy of the closed warehouse in place as `hubwatch.duckdb`, in one step; returns its path.

    Readers keep what they have open. A `.wal` beside source or target would be replayed into the wrong file: refused. So is
    replacing a database that is not of hubwatch, and without `drop_days` one that holds days which the warehouse lacks.
    """
    source, target = data / "warehouse.duckdb", data / "hubwatch.duckdb"
    if not source.exists():
        raise StoreFault(f"{source} does not exist; run `hubwatch run` or `hubwatch load` first")
    open_warehouse(data, memory_limit).close()  # brings an older one to this version's schema, and in what a killed writer left beside it
    if Path(f"{source}.wal").exists():
        raise StoreFault(f"{source}.wal could not be written back into {source.name}: make room there, then `hubwatch publish`")
    if Path(f"{target}.wal").exists():
        raise StoreFault(f"{target}.wal exists: somebody writes to {target.name}; close it, remove the .wal, then publish again")
    _refuse_to_replace(target, source, drop_days)
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
        raise StoreFault(f"{str(fault).replace(str(copy), str(source))}{CURES[source.name]}") from None
    with con:
        refuse_foreign(con, source)
        con.execute("select count(*) from days").fetchall()


def _refuse_to_replace(target: Path, source: Path, drop_days: bool) -> None:
    """Raise `StoreFault` when the file in place is somebody else's, or holds more days; a damaged one is there to be replaced."""
    if not target.exists():
        return
    try:
        published = connect(target, read_only=True)
    except (StoreFault, Busy, duckdb.Error):
        if not os.access(target, os.R_OK, effective_ids=True):
            raise
        return
    with published:
        refuse_foreign(published, target)
        try:
            published.execute("from sweeps").fetchall()
        except duckdb.Error:  # damaged further inside
            return
        if drop_days:
            return
        with connect(source, read_only=True) as con:
            refuse_foreign(con, source)
            if lost := lost_days(con, published):
                raise StoreFault(f"{told_lost(lost, target.parent)}; `hubwatch publish --drop-days` publishes without them")
