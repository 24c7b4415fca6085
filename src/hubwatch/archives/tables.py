"""A file of a published snapshot as a SQL relation: its columns by the names that the mapping uses, each value as text."""

import glob
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from hubwatch.archives.dialect import LONGEST_LINE, dialect_of
from hubwatch.archives.documents import json_lines
from hubwatch.archives.mapping import Mapping, columns_named
from hubwatch.archives.sheets import sheet_lines
from hubwatch.archives.unpack import Plain
from hubwatch.errors import DayFailure
from hubwatch.store import literal

_DEEPEST = 3  # levels of objects inside a record of JSON whose fields are named
_TYPED = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DATE)$")


def quoted(column: str) -> str:
    """A column's name in SQL."""
    return '"' + column.replace('"', '""') + '"'


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
        return _field_type(self.columns[own][1], path) if own else ""

    def value(self, column: str) -> str:
        """SQL of the column's value in its own type."""
        if column in self.columns:
            return self.columns[column][0]
        top, *path = column.split(".")
        own, type_ = self.columns[self.find(top) or top]
        if type_ == "VARCHAR":
            place = literal("$" + "".join(f".{_json_key(part)}" for part in path))
            return f"case when json_valid({own}) then json_extract_string({own}, {place}) end"
        return ".".join([own, *map(quoted, path)])

    def text(self, column: str) -> str:
        """SQL of the column's value as text; null where it is empty or a word for nothing."""
        if self.lines:
            text = f"said(json_extract_string(line, {self._place(column)}))"
            # a JSON number says what it counts, however many zeros are behind its point
            return f"case when json_type(line, {self._place(column)}) = 'DOUBLE' then regexp_replace({text}, '[.]0+$', '') else {text} end"
        type_, value = self.type_of(column), self.value(column)
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
        """The columns, and instead of one that holds fields these, with dots; of JSON as its first rows have them."""
        if not self.lines:
            return [leaf for column, (_, type_) in self.columns.items() for leaf in _leaves(column, type_)]
        return [leaf for column in self.columns for leaf in self._leaves_of_lines(con, column, rows, 1)]

    def _leaves_of_lines(self, con: duckdb.DuckDBPyConnection, column: str, rows: int, depth: int) -> list[str]:
        value = f"json_extract(line, {self._place(column)})"
        keys = con.execute(
            f"""select distinct unnest(json_keys({value})) as key from (from {self.relation} limit {rows})
                where json_type({value}) = 'OBJECT' order by key"""
        ).fetchall()
        inner = [f"{column}.{key}" for (key,) in keys if "." not in key]
        if depth == _DEEPEST or not inner:
            return inner or [column]
        return [leaf for one in inner for leaf in self._leaves_of_lines(con, one, rows, depth + 1)]

    def _place(self, column: str) -> str:
        """The JSON path of a column in its line."""
        top, *path = [column] if column in self.columns else column.split(".")
        return literal("$" + "".join(f".{_json_key(part)}" for part in (self.find(top) or top, *path)))


def open_table(con: duckdb.DuckDBPyConnection, file: Plain, mapping: Mapping, folder: Path) -> Table:
    """The file as a relation; what is made of it goes to `folder`. A file that is no table is a `DayFailure`."""
    if file.kind == "parquet":
        return _parquet(con, file, mapping.records)
    if file.kind == "csv":
        return _csv(file, mapping)
    target = folder / f"{file.path.name}.lines"
    lines = sheet_lines if file.kind == "sheet" else json_lines
    return _lines(con, file, lines(file.name, file.path, mapping, target))


def _parquet(con: duckdb.DuckDBPyConnection, file: Plain, records: str | None) -> Table:
    relation = f"read_parquet({_path(file.path)}, binary_as_string=true)"  # older writers leave text as bytes without a type
    described = con.execute(f"describe select * from {relation}").fetchall()
    columns = {row[0]: (quoted(row[0]), row[1]) for row in described}
    if records is not None:
        type_ = columns[records][1] if records in columns else ""
        if not _is_list_of_records(type_):
            lists = [name for name, (_, own) in columns.items() if _is_list_of_records(own)]
            raise DayFailure(
                f'{file.name}: "{records}" is not a column of lists of records; {f"such is {lists[0]}" if lists else "it has none"}. '
                "Correct records in the mapping"
            )
        relation = f"(select *, unnest({quoted(records)}) as record_of from {relation})"
        inner = {name: (f"record_of.{quoted(name)}", own) for name, own in _fields(type_[len("STRUCT(") : -len(")[]")])}
        columns = {name: value for name, value in columns.items() if name != records} | inner
    return Table(file.name, file.path, relation, columns, "to_json(row_of)::varchar")


def _csv(file: Plain, mapping: Mapping) -> Table:
    dialect = dialect_of(file.name, file.path, mapping)
    given = "{" + ", ".join(f"'c{number}': 'VARCHAR'" for number, _ in enumerate(dialect.header)) + "}"
    relation = (
        f"read_csv({_path(file.path)}, header=false, skip={dialect.skip}, columns={given}, delim={literal(dialect.delimiter)}, "
        f"quote={literal(dialect.quote)}, escape={literal(dialect.escape)}, {_SHARED})"
    )
    value = """regexp_replace(c{}, '^="(.*)"$', '\\1')""" if dialect.wraps else "c{}"
    columns = {name: (value.format(number), "VARCHAR") for number, name in enumerate(dialect.header) if name}
    twice = {name for name in dialect.header if name and dialect.header.count(name) > 1}
    if used := sorted(twice & columns_named(mapping)):
        raise DayFailure(f"{file.name}: its header has {used[0]} more than once; give each column a name of its own")
    packed = ", ".join(f"{quoted(name)} := {value}" for name, (value, _) in columns.items())
    return Table(
        file.name, file.path, relation, columns, f"to_json(struct_pack({packed}))::varchar" if packed else "''", delimiter=dialect.delimiter
    )


def _lines(con: duckdb.DuckDBPyConnection, file: Plain, path: Path) -> Table:
    lines = f"read_csv({_path(path)}, header=false, columns={{'line': 'VARCHAR'}}, delim=E'\\x01', quote='', escape='', {_SHARED})"
    relation = f"(select case when json_valid(line) then line else to_json(line)::varchar end as line from {lines} where trim(line) <> '')"
    keys = con.execute(f"select distinct unnest(json_keys(line)) from {relation} where json_type(line) = 'OBJECT' order by 1").fetchall()
    if not keys:
        raise DayFailure(f"{file.name}: there is no record in it; download it again, or write one JSON object a line")
    return Table(
        file.name, path, relation, {key: (f"line->{literal('$.' + _json_key(key))}", "JSON") for (key,) in keys}, "line", lines=True
    )


_SHARED = f"auto_detect=false, store_rejects=true, rejects_limit=0, max_line_size={LONGEST_LINE}, buffer_size={2 * LONGEST_LINE}"


def _path(path: Path) -> str:
    return literal(glob.escape(str(path)))  # DuckDB would take a name with brackets for a pattern, and read another file


def _json_key(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _field_type(type_: str, path: list[str]) -> str:
    """The type of a field inside a STRUCT, as DuckDB writes types; empty when there is none such."""
    for name in path:
        if not type_.startswith("STRUCT(") or type_.endswith("]"):
            return ""
        fields = dict(_fields(type_[len("STRUCT(") : -1]))
        type_ = next((found for own, found in fields.items() if own.casefold() == name.casefold()), "")
    return type_


def _leaves(column: str, type_: str) -> Iterable[str]:
    if not type_.startswith("STRUCT(") or type_.endswith("]"):
        yield column
        return
    for name, inner in _fields(type_[len("STRUCT(") : -1]):
        yield from _leaves(f"{column}.{name}", inner)


def lists_of_records(table: Table) -> list[str]:
    """The columns of a Parquet file that hold lists of objects."""
    return [name for name, (_, type_) in table.columns.items() if _is_list_of_records(type_)]


def _is_list_of_records(type_: str) -> bool:
    return type_.startswith("STRUCT(") and type_.endswith(")[]")


def _fields(inner: str) -> Iterable[tuple[str, str]]:
    """Names and types of a STRUCT's fields."""
    depth, start, in_name = 0, 0, False
    for place, letter in enumerate(inner + ","):
        if letter == '"':
            in_name = not in_name
        elif not in_name:
            depth += (letter == "(") - (letter == ")")
            if letter == "," and depth == 0:
                field = inner[start:place].strip()
                name, type_ = field[1:].split('"', 1) if field.startswith('"') else field.split(" ", 1)
                yield name, type_.strip()
                start = place + 1
