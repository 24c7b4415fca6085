"""SQL text in which values stand in place of `$name` (what is run is what a reader can paste); rows by name; slices of listings."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

import duckdb

Value = str | int | float | bool | date | None | list[str] | list[date]


def substitute(sql: str, values: Mapping[str, Value]) -> str:
    """The query with each `$name` replaced by its value as a literal; a name without value is a KeyError."""
    return re.sub(r"\$([a-z_]+)", lambda match: literal(values[match[1]]), sql)


def literal(value: Value) -> str:
    """A value as DuckDB reads it: text quoted, dates typed, None as null."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, list):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return "'" + value.replace("'", "''") + "'"


def insert_rows(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows by the names of their columns (all rows have the same); for the few rows of a day, not for its listings."""
    if rows:
        names = list(rows[0])
        places = ", ".join("?" for _ in names)
        columns = ", ".join(f'"{name}"' for name in names)
        con.executemany(f"insert into {table} ({columns}) values ({places})", [[row[name] for name in names] for row in rows])


def slices(con: duckdb.DuckDBPyConnection, bytes_a_listing: int) -> list[tuple[int, int]]:
    """First and last numbers of the listings that may be compared at once within the memory allowed."""
    last, memory = con.execute(
        """select (select coalesce(max(listing_key), 0) from store.listing),
             parse_formatted_bytes(coalesce(getvariable('memory_limit'), current_setting('memory_limit')))"""
    ).fetchall()[0]
    size = max(1, memory // bytes_a_listing)
    return [(first, min(first + size - 1, last)) for first in range(0, last + 1, size)]
