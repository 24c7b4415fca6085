"""A table with a column for each day -> a row for each model and day. A cell without a value is a day on which nothing was observed."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import duckdb

from hubwatch.archives.dates import DayFrom, not_a_date
from hubwatch.archives.mapping import Mapping
from hubwatch.archives.records import VALUE
from hubwatch.archives.table import Spread, Table, json_path, text_of_node
from hubwatch.errors import DayFailure, short

_TIME = re.compile(r"[T ]\d\d:\d\d(:\d\d([.]\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_ALL = 2**62  # rows
_NONE = "\x01"  # no key of any object


def counted_by(column: str, match: re.Match[str]) -> str:
    """What a column counts whose name has a date: the name without it, and without the time that pandas writes behind it."""
    before, after = column[: match.start(1)], _TIME.sub("", column[match.end(1) :])
    is_inside = before.endswith(".") and after.startswith(".")
    parts = [re.sub(r"^[\s._/:-]+|[\s._/:-]+$", "", part) for part in (before, after)]
    parts[0] = "" if parts[0] == "X" else parts[0]  # R's, before a name that begins with a digit
    return ("." if is_inside else "_").join(filter(None, parts)) or VALUE


def by_day(con: duckdb.DuckDBPyConnection, table: Table, mapping: Mapping) -> Table:
    """The table with a row for each day of each of its rows: columns `day` and those that the days' columns count."""
    cells = _cells(table, mapping.day, table.leaves(con, _ALL))
    days = sorted({day for day, _ in cells})
    names = sorted({name for _, name in cells})
    listed = [_listed(table, [cells.get((day, name)) for day in days]) for name in names]
    dates = ", ".join(f"date '{day}'" for day in days)
    relation = f"(select *, unnest(list_zip([{dates}], {', '.join(listed)})) as day_of from {table.relation})"
    columns = {str(mapping.day.column): ("day_of[1]", "DATE")}
    columns |= {name: (_read(table, f"day_of[{number}]"), "VARCHAR") for number, name in enumerate(names, 2)}
    rest = {name: value for name, value in table.columns.items() if name not in columns}
    return replace(table, relation=relation, columns=columns | rest, spread=Spread(len(days), frozenset(cells.values()), tuple(names)))


def _cells(table: Table, day: DayFrom, columns: Iterable[str]) -> dict[tuple[date, str], str]:
    """The column of each day and of what it counts."""
    found: dict[tuple[date, str], str] = {}
    columns = list(columns)
    for column in columns:
        match = re.search(day.column_names or "", column)
        if match is None:
            continue
        try:
            key = (day.read(match[1]), counted_by(column, match))
        except ValueError:
            raise DayFailure(f"{table.name}: column {short(column)}: {not_a_date(day, match[1])}, in the mapping") from None
        if key in found:
            raise DayFailure(f"{table.name}: columns {short(found[key])} and {short(column)} are both of {key[0]}; leave one out")
        found[key] = column
    if not found:
        has = ", ".join(map(short, columns[:30]))
        raise DayFailure(
            f"{table.name}: no column has a date in its name where the mapping looks for it ({day.column_names}); it has {has}"
        )
    return found


def _listed(table: Table, columns: list[str | None]) -> str:
    """SQL of the cells of these columns as a list, in one type; null for a column that there is none of."""
    if table.lines:  # one look into a line for all of its cells
        return f"json_extract(line, [{', '.join(json_path([_NONE]) if column is None else table.place(column) for column in columns)}])"
    return f"[{', '.join('null::varchar' if column is None else _cell(table, column) for column in columns)}]"


def _cell(table: Table, column: str) -> str:
    return table.text(column) if table.type_of(column).startswith(("DECIMAL", "DOUBLE", "FLOAT")) else f"{table.value(column)}::varchar"


def _read(table: Table, cell: str) -> str:
    return text_of_node(f"json_type({cell})", f"json_extract_string({cell}, '$')") if table.lines else cell
