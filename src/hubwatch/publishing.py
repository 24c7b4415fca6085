"""The analysts' file: put in place whole, in one step, and opened. Readers never meet the writer's file, nor it them."""

import os
import shutil
from datetime import date
from pathlib import Path

import duckdb

from hubwatch.failures import Busy, StoreFault
from hubwatch.store import CURES, connect, refuse_foreign


def open_published(data: Path) -> duckdb.DuckDBPyConnection:
    """The analysts' database, read-only; `StoreFault` with the cure when there is none yet."""
    path = data / "hubwatch.duckdb"
    if not path.exists():
        raise StoreFault(f"there is no {path} yet; run `hubwatch run` (or `hubwatch demo`), or point --data at where it is")
    con = connect(path, read_only=True)
    try:
        refuse_foreign(con, path)
    except StoreFault:
        con.close()
        raise
    return con


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
        raise StoreFault(f"{str(fault).replace(str(copy), str(source))}{CURES[source.name]}") from None
    with con:
        refuse_foreign(con, source)
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
        refuse_foreign(con, target)
