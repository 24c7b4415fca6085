"""A file of a published snapshot -> the relation that it is read as, whatever its form."""

import glob
from pathlib import Path

import duckdb

from hubwatch.archives.day_columns import by_day
from hubwatch.archives.dialect import LONGEST_LINE, dialect_of
from hubwatch.archives.documents import json_lines
from hubwatch.archives.mapping import Mapping, named_twice
from hubwatch.archives.members import Plain
from hubwatch.archives.sheets import sheet_lines
from hubwatch.archives.table import Table, entries_of, is_map, json_path, quoted
from hubwatch.errors import DayFailure
from hubwatch.store import literal


def open_table(con: duckdb.DuckDBPyConnection, file: Plain, mapping: Mapping, folder: Path) -> Table:
    """The file as a relation; what is made of it goes to `folder`. A file that is no table is a `DayFailure`."""
    table = _opened(con, file, mapping, folder)
    return by_day(con, table, mapping) if mapping.day.column_names else table


def lists_of_records(table: Table) -> list[str]:
    """The columns of a Parquet file that hold lists of objects, or maps."""
    return [name for name, (_, type_) in table.columns.items() if entries_of(type_)]


def _opened(con: duckdb.DuckDBPyConnection, file: Plain, mapping: Mapping, folder: Path) -> Table:
    if file.kind == "parquet":
        return _parquet(con, file, mapping.records)
    if file.kind == "csv":
        return _csv(file, mapping)
    target = folder / f"{file.path.name}.{sum(1 for _ in folder.iterdir())}.lines"  # each its own: an earlier one may be open
    lines = sheet_lines if file.kind == "sheet" else json_lines
    return _lines(con, file, lines(file.name, file.path, mapping, target))


def _parquet(con: duckdb.DuckDBPyConnection, file: Plain, records: str | None) -> Table:
    relation = f"read_parquet({_path(file.path)}, binary_as_string=true)"  # older writers leave text as bytes without a type
    described = con.execute(f"describe select * from {relation}").fetchall()
    columns = {row[0]: (quoted(row[0]), row[1]) for row in described}
    if records is not None:
        type_ = columns[records][1] if records in columns else ""
        entries = entries_of(type_)
        if not entries:
            lists = [name for name, (_, own) in columns.items() if entries_of(own)]
            raise DayFailure(
                f'{file.name}: "{records}" is not a column of lists of records; {f"such is {lists[0]}" if lists else "it has none"}. '
                "Correct records in the mapping"
            )
        listed = f"map_entries({quoted(records)})" if is_map(type_) else quoted(records)
        relation = f"(select *, unnest({listed}) as record_of from {relation})"
        inner = {name: (f"record_of.{quoted(name)}", own) for name, own in entries.items()}
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
    if twice := named_twice(dialect.header, mapping):
        raise DayFailure(f"{file.name}: its header has {twice} more than once; give each column a name of its own")
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
    return Table(file.name, path, relation, {key: (f"line->{json_path([key])}", "JSON") for (key,) in keys}, "line", lines=True)


_SHARED = f"auto_detect=false, store_rejects=true, rejects_limit=0, max_line_size={LONGEST_LINE}, buffer_size={2 * LONGEST_LINE}"


def _path(path: Path) -> str:
    return literal(glob.escape(str(path)))  # DuckDB would take a name with brackets for a pattern, and read another file
