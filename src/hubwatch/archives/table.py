"""The relation that a published file is read as: its columns by the names that the mapping uses, each value as text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb

from hubwatch.errors import DayFailure
from hubwatch.store import literal

_MOST_KEYS = 5_000  # of a map that are taken for names of columns
_DEEPEST = 3  # levels of objects inside a record of JSON whose fields are named
_TYPED = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DATE)$")


def quoted(column: str) -> str:
    """A column's name in SQL."""
    return '"' + column.replace('"', '""') + '"'


class Spread(NamedTuple):
    """A table with a column for each day that has been made one with a row for each: of how many days, from which columns, to which."""

    days: int
    columns: frozenset[str]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A file's rows: the relation, its columns with the SQL that gives each and its type; `said` reads text as what it says."""

    name: str
    path: Path  # what DuckDB reads
    relation: str
    columns: dict[str, tuple[str, str]]
    record: str  # SQL of the row as it came
    lines: bool = False  # one JSON object a row, in column `line`
    delimiter: str | None = None  # of a CSV
    spread: Spread | None = None  # where its columns are days

    def find(self, name: str) -> str | None:
        """The column of this name: exactly so, else in another case, else inside a column with dots; None when there is none."""
        if name in self.columns:
            return name
        folded = [own for own in self.columns if own.strip().casefold() == name.strip().casefold()]
        if len(folded) > 1:
            raise DayFailure(f"{self.name}: {' and '.join(folded)} differ by case alone, and the mapping says {name}; name one of them")
        if folded:
            return folded[0]
        top = name.partition(".")[0]
        return name if top != name and self.find(top) and self.type_of(name) else None

    def type_of(self, column: str) -> str:
        """The column's type in DuckDB; of a field inside, with dots, empty when there is none such."""
        if column in self.columns:
            return self.columns[column][1]
        if self.lines:
            return "JSON"
        top, *path = column.split(".")
        own = self.find(top)
        if own and self.columns[own][1] == "VARCHAR":
            return "JSON"  # an object as text
        return _inside("", self.columns[own][1], path)[1] if own else ""

    def value(self, column: str) -> str:
        """SQL of the column's value in its own type."""
        if column in self.columns:
            return self.columns[column][0]
        top, *path = column.split(".")
        own, type_ = self.columns[self.find(top) or top]
        if type_ == "VARCHAR":
            return f"case when json_valid({own}) then json_extract_string({own}, {json_path(path)}) end"
        return _inside(own, type_, path)[0]

    def text(self, column: str) -> str:
        """SQL of the column's value as text; null where it is empty or a word for nothing."""
        type_ = self.type_of(column)
        if self.lines and type_ == "JSON":
            return text_of_node(f"json_type(line, {self.place(column)})", f"json_extract_string(line, {self.place(column)})")
        value = self.value(column)
        if _TYPED.match(type_):
            return f"{value}::varchar"
        if re.search(r"\[|STRUCT|MAP", type_):
            return f"said(to_json({value})::varchar)"
        if type_.startswith("DECIMAL"):  # its type fixes how many zeros are written
            return f"regexp_replace({value}::varchar, '[.]0+$', '')"
        if type_ in ("DOUBLE", "FLOAT"):
            return f"case when isfinite({value}) then regexp_replace(said({value}::varchar), '[.]0+$', '') end"
        return f"said({value}::varchar)"

    def leaves(self, con: duckdb.DuckDBPyConnection, rows: int) -> list[str]:
        """The columns, and instead of one that holds fields these, with dots; of JSON and of maps as its first rows have them.

        Columns that are days are none of them once the table has a row for each day.
        """
        found: list[str] = []
        for column, (_, type_) in self.columns.items():
            found += (
                self._leaves_of_lines(con, column, rows, 1) if self.lines and type_ == "JSON" else self._leaves(con, column, type_, rows)
            )
        return [leaf for leaf in found if self.spread is None or leaf not in self.spread.columns]

    def _leaves(self, con: duckdb.DuckDBPyConnection, column: str, type_: str, rows: int) -> list[str]:
        inner = fields_of(type_) if type_.startswith("STRUCT(") else self._keys(con, column, type_, rows) if is_map(type_) else {}
        return [leaf for name, own in inner.items() for leaf in self._leaves(con, f"{column}.{name}", own, rows)] or [column]

    def _keys(self, con: duckdb.DuckDBPyConnection, column: str, type_: str, rows: int) -> dict[str, str]:
        """The keys of a map, each with the type of its value; none where it has too many to name."""
        found = con.execute(
            f"select distinct unnest(map_keys({self.value(column)}))::varchar as key from (from {self.relation} limit {rows}) limit {_MOST_KEYS}"
        ).fetchall()
        keys = sorted(key for (key,) in found if key and "." not in key)
        return dict.fromkeys(keys, entries_of(type_)["value"]) if len(found) < _MOST_KEYS else {}

    def _leaves_of_lines(self, con: duckdb.DuckDBPyConnection, column: str, rows: int, depth: int) -> list[str]:
        value = f"json_extract(line, {self.place(column)})"
        keys = con.execute(
            f"""select distinct unnest(json_keys({value})) as key from (from {self.relation} limit {rows})
                where json_type({value}) = 'OBJECT' order by key"""
        ).fetchall()
        inner = [f"{column}.{key}" for (key,) in keys if "." not in key]
        if depth == _DEEPEST or not inner:
            return inner or [column]
        return [leaf for one in inner for leaf in self._leaves_of_lines(con, one, rows, depth + 1)]

    def place(self, column: str) -> str:
        """The JSON path of a column in its line."""
        top, *path = [column] if column in self.columns else column.split(".")
        return json_path([self.find(top) or top, *path])

    @property
    def row(self) -> str:
        """SQL of the file's row that a row of the relation is of, by the row's position."""
        return "position" if self.spread is None else f"((position - 1) // {self.spread.days} + 1)"


def text_of_node(type_: str, text: str) -> str:
    """SQL of a JSON value as text, by its type: a number says what it counts, however many zeros are behind its point."""
    return f"case when {type_} = 'DOUBLE' then regexp_replace(said({text}), '[.]0+$', '') else said({text}) end"


def json_path(keys: Iterable[str]) -> str:
    """SQL of the path to a value inside objects."""
    return literal("$" + "".join(f".{_json_key(key)}" for key in keys))


def _json_key(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_map(type_: str) -> bool:
    """Whether a type, as DuckDB writes it, is that of objects whose keys are no names of fields."""
    return type_.startswith("MAP(") and type_.endswith(")")


def entries_of(type_: str) -> dict[str, str]:
    """Names and types of what each entry of a list of objects, or of a map, holds; none of any other type."""
    if type_.startswith("STRUCT(") and type_.endswith(")[]"):
        return fields_of(type_.removesuffix("[]"))
    if not is_map(type_):
        return {}
    key, value = _parts(type_[len("MAP(") : -1])
    return {"key": key, "value": value}


def fields_of(type_: str) -> dict[str, str]:
    """Names and types of a STRUCT's fields; none of any other type."""
    if not type_.startswith("STRUCT(") or type_.endswith("]"):
        return {}
    found: dict[str, str] = {}
    for field in _parts(type_[len("STRUCT(") : -1]):
        name, own = field[1:].split('"', 1) if field.startswith('"') else field.split(" ", 1)
        found[name] = own.strip()
    return found


def _inside(sql: str, type_: str, path: list[str]) -> tuple[str, str]:
    """SQL and type of what is inside a STRUCT or map; no type when there is none such."""
    for name in path:
        fields = fields_of(type_)
        if is_map(type_):
            key, type_ = _parts(type_[len("MAP(") : -1])
            sql = f"{sql}[{literal(name)}::{key}]"
        elif own := next((own for own in fields if own.casefold() == name.casefold()), None):
            sql, type_ = f"{sql}.{quoted(own)}", fields[own]
        else:
            return sql, ""
    return sql, type_


def _parts(inner: str) -> list[str]:
    """What a type has between its brackets, split at its own commas."""
    found, depth, start, in_name = [], 0, 0, False
    for place, letter in enumerate(inner + ","):
        if letter == '"':
            in_name = not in_name
        elif not in_name:
            depth += (letter == "(") - (letter == ")")
            if letter == "," and depth == 0:
                found.append(inner[start:place].strip())
                start = place + 1
    return found
