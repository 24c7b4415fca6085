"""What a figure rests on, each with its version: the observed days, the reviewed facts, the definition, the file."""

import hashlib
import json
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from hubwatch.statistics.days import ObservedDay
from hubwatch.store import snapshot_of

_Found = TypeVar("_Found")
_FEW = 4  # so many observed days are named one by one
_ASIDE = ("file", "line", "note", "source", "reviewed_on")  # columns of facts that decide nothing
_TOKEN = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|--[^\n]*|/\*.*?\*/|\s+", re.DOTALL)


def of_data(observed: tuple[ObservedDay, ...]) -> list[str]:
    """Hub, day and content hash of each observed day; of a series' many days one hash over theirs."""
    if len(observed) <= _FEW:
        return [f"{seen.hub}@{seen.day}:{seen.content_hash or 'unhashed'}" for seen in observed]
    content = json.dumps([[seen.hub, str(seen.day), seen.sweep, seen.content_hash] for seen in observed])
    first, last = observed[0], observed[-1]
    return [f"{first.hub}@{first.day}..{last.day}({len(observed)} days):{_short(content)}"]


def of_facts(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Each table of reviewed facts in the open file with a hash over its rows, in whatever order; provenance and notes aside."""
    if (known := _of_file(con)) is not None and "facts" in known:
        return dict(known["facts"])
    of_facts = "select table_name from duckdb_tables() where schema_name = 'facts' and database_name = current_database() order by 1"
    tables = [name for (name,) in con.execute(of_facts).fetchall()]
    found = {table: _hash_of_rows(con, table) for table in tables}
    if known is not None:
        known["facts"] = found
    return found


def facts_version(con: duckdb.DuckDBPyConnection) -> str:
    """One version of all reviewed facts in the open file."""
    return in_one(of_facts(con))


def in_one(versions: dict[str, str]) -> str:
    """One version for several."""
    return _short(json.dumps(sorted(versions.items())))


@lru_cache(maxsize=64)
def of_definition(sql: str) -> str:
    """A version of a query that comments and blanks do not change."""
    return _short(_TOKEN.sub(lambda found: found[1] or " ", sql).strip().replace(" ;", ";").rstrip("; "))


def file_of(con: duckdb.DuckDBPyConnection) -> Path | None:
    """The file that is open, None for a database in memory and for a lake."""
    found = con.execute("select path from duckdb_databases() where database_name = current_database() and type = 'duckdb'").fetchall()
    return Path(found[0][0]) if found and found[0][0] else None


def sha256(path: Path) -> str:
    """The file's SHA-256, in hex; of a file that has not changed since it was last asked for, as it was then."""
    at = path.stat()
    return _sha256(path, at.st_ino, at.st_size, at.st_mtime_ns)


@lru_cache(maxsize=4)
def _sha256(path: Path, inode: int, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered(con: duckdb.DuckDBPyConnection, key: tuple[object, ...], find: Callable[[], _Found]) -> _Found:
    """What `find` finds in the open file: once, if nobody can write to it, each time for all others."""
    known = _of_file(con)
    if known is None:
        return find()
    if key not in known:
        known[key] = find()
    found: _Found = known[key]
    return found


def _of_file(con: duckdb.DuckDBPyConnection) -> dict[object, Any] | None:
    """What is remembered of the open file or snapshot, if nobody can write to it; None for all others."""
    if (snapshot := snapshot_of(con)) is not None:
        path = con.execute("select path from duckdb_databases() where database_name = current_database()").fetchall()[0][0]
        return _remembered(Path(path), snapshot, 0, 0)
    file = file_of(con)
    if file is None or not con.execute("select readonly from duckdb_databases() where database_name = current_database()").fetchall()[0][0]:
        return None
    at = file.stat()
    return _remembered(file, at.st_ino, at.st_size, at.st_mtime_ns)


@lru_cache(maxsize=4)
def _remembered(path: Path, inode: int, size: int, changed: int) -> dict[object, Any]:
    return {}


def _hash_of_rows(con: duckdb.DuckDBPyConnection, table: str) -> str:
    columns = con.execute(
        "select list(column_name order by column_name) from duckdb_columns() where schema_name = 'facts' and table_name = ?", [table]
    ).fetchall()[0][0]
    kept = ", ".join(f'"{name}"' for name in columns if name not in _ASIDE)
    rows = con.execute(f'select to_json(row({kept}))::varchar as said from facts."{table}" order by said').fetchall()
    return _short(json.dumps([kept, rows]))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
