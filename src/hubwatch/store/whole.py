"""Whether a database file is whole, and what it is rewritten to: the storage version that readers' DuckDB opens, without free blocks."""

import os
from pathlib import Path

import duckdb

from hubwatch.errors import DAMAGE, StoreFault
from hubwatch.store.sql import literal

STORAGE_VERSION = "v1.2.0"  # DuckDB 1.2 and later open it
_MOST_FREE = 0.5  # share of free blocks above which a file is rewritten; a day's changes leave a quarter of a large one free


def is_damage(error: BaseException) -> bool:
    """Whether this error says that a database file does not hold what was written to it."""
    return isinstance(error, duckdb.Error | StoreFault) and any(sign in str(error) for sign in DAMAGE)


def read_whole(con: duckdb.DuckDBPyConnection) -> None:
    """Read every value of every table once: a block that does not match its checksum raises DuckDB's own error."""
    columns = con.execute(
        """select database_name, schema_name, table_name, list(column_name) from duckdb_columns()
           semi join duckdb_tables() using (database_name, schema_name, table_name)
           where not internal and database_name = current_database() group by all order by all"""
    ).fetchall()
    for *table, names in columns:
        values = ", ".join(_quoted(name) for name in names)
        con.execute(f"select bit_xor(hash({values})) from {'.'.join(map(_quoted, table))}").fetchall()


def is_due_to_be_rewritten(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the file of this connection is of a later storage version than readers' DuckDB opens, or more than half free blocks."""
    ((total, free, tags),) = con.execute(
        """select total_blocks, free_blocks, (select tags from duckdb_databases() where database_name = current_database())
           from pragma_database_size() where database_name = current_database()"""
    ).fetchall()
    version = str(tags.get("storage_version", "")).removesuffix("+")
    return version not in ("", STORAGE_VERSION) or free > _MOST_FREE * total


def rewrite(path: Path, memory_limit: str) -> None:
    """Replace a closed database by a copy of all its relations and comments in `STORAGE_VERSION`, in one step; damage is raised."""
    fresh = path.with_name(f".{path.name}.rewritten")
    _remove(fresh)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "threads": min(os.cpu_count() or 1, 2),
        "temp_directory": f"{fresh}.tmp",
    }
    try:
        with duckdb.connect(config=config) as con:  # rows stay in order: days lie together, and are found without reading all
            con.execute(f"attach {literal(str(path))} as old (read_only)")
            con.execute(f"attach {literal(str(fresh))} as new (storage_version '{STORAGE_VERSION}')")
            con.execute("copy from database old to new")
            con.execute("detach new")
        with open(fresh, "rb") as file:
            os.fsync(file.fileno())
        os.replace(fresh, path)
    finally:
        _remove(fresh)


def _remove(fresh: Path) -> None:
    for leftover in (fresh, Path(f"{fresh}.wal")):
        leftover.unlink(missing_ok=True)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
