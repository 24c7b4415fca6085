"""The script of an export that makes the published database again, in plain DuckDB, from the files beside it."""

from collections.abc import Mapping

from hubwatch.statistics import macros
from hubwatch.store import VIEWS, Column, literal

SCHEMAS = ("main", "store", "facts")
_LONGEST = 268_435_456  # bytes of a line


def load_sql(relations: Mapping[str, tuple[Column, ...]], meanings: Mapping[str, str], form: str) -> str:
    """The statements for these tables and views of a published database, whose files are of this format."""
    views = {view.name for view in VIEWS}
    lines = ["-- duckdb hubwatch.duckdb < load.sql      makes the published database again from this folder's files"]
    lines += [f"create schema if not exists {schema};" for schema in SCHEMAS[1:]]
    for name in (name for name in relations if name not in views):
        lines += [_create(name, relations[name]), _fill(name, relations[name], form)]
    lines += [f"{view.ddl()};" for view in VIEWS]
    lines += [f"{statement.strip().rstrip(';')};" for statement in macros()]
    for name, columns in relations.items():
        if meanings[name]:
            lines.append(f"comment on {'view' if name in views else 'table'} {name} is {literal(meanings[name])};")
        lines += [f'comment on column {name}."{one.name}" is {literal(one.meaning)};' for one in columns if one.meaning]
    return "\n".join(lines) + "\n"


def _create(name: str, columns: tuple[Column, ...]) -> str:
    inner = ", ".join(f'"{one.name}" {one.type}' for one in columns)
    return f"create or replace table {name} ({inner});"


def _fill(name: str, columns: tuple[Column, ...], form: str) -> str:
    schema, _, table = name.rpartition(".")
    path = f"{schema or 'main'}/{table}"
    return f"insert into {name} select {', '.join(_read_back(one, form) for one in columns)} from {_source(path, columns, form)};"


def _read_back(column: Column, form: str) -> str:
    """The expression that gives a column as it was, from what the format holds."""
    name = f'"{column.name}"'
    if form != "parquet" and column.type == "TIMESTAMP":
        return f"{name}::varchar::timestamp"
    if form == "csv" and column.type.endswith("[]"):
        shape = f'["{column.type.removesuffix("[]")}"]'
        return f"from_json({name}::json, {literal(shape)})"
    if form == "csv" and column.type == "VARCHAR":
        return f"if(starts_with({name}, ''''), {name}[2:], {name})"
    return f"{name}::{column.type}"


def _source(path: str, columns: tuple[Column, ...], form: str) -> str:
    if form == "parquet":
        return f"read_parquet('{path}.parquet')"
    as_text = [one.name for one in columns if form == "csv" or one.type == "TIMESTAMP"]
    kinds = ", ".join(f"{literal(one.name)}: {literal('VARCHAR' if one.name in as_text else one.type)}" for one in columns)
    if form == "jsonl":
        return f"read_json('{path}.jsonl', format = 'newline_delimited', columns = {{{kinds}}}, maximum_object_size = {_LONGEST})"
    options = f"nullstr = '', allow_quoted_nulls = false, max_line_size = {_LONGEST}"
    return f"read_csv('{path}.csv', header = true, columns = {{{kinds}}}, {options})"
