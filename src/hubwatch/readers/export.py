"""The published database as a folder of files to take away: tables as Parquet, CSV or JSON Lines, described and checksummed.

`load.sql` makes the same database of them again in plain DuckDB, and the same questions then have the same answers.
"""

import hashlib
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import duckdb

from hubwatch.errors import StatisticsError, UsageError
from hubwatch.readers.database import Database
from hubwatch.readers.load_sql import SCHEMAS, load_sql
from hubwatch.statistics import definitions, require_macros
from hubwatch.store import Column, literal, open_for_export

FORMATS = {"parquet": "parquet", "csv": "csv", "jsonl": "jsonl"}
_INERT = r"^[=+\-@\t\r'']"  # what a spreadsheet computes begins so; an apostrophe before it, and before one, makes it text
_WRITE = {
    "parquet": "(format parquet, compression zstd)",
    "csv": "(format csv, header)",
    "jsonl": "(format json, array false)",
}


@dataclass(frozen=True)
class Resource:
    """One file of an export: a table, a view or a statistic."""

    name: str
    path: str
    title: str
    columns: tuple[Column, ...]
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Exported:
    """What was written, and why something asked for was not."""

    resources: tuple[Resource, ...]
    left_out: tuple[str, ...]
    can_load: bool


def export_tables(db: Database, folder: Path, form: str = "parquet", only: tuple[str, ...] = ()) -> Exported:
    """Write the tables, views and statistics (all, or those named) into a new or empty folder.

    Raises `UsageError` for a folder with something in it, and for names that do not exist; `StoreFault` where statistics
    are asked of a file that another version of hubwatch published.
    """
    form = form.lower()
    if form not in FORMATS:
        raise UsageError(f"--format {form} is not known; it is {', '.join(FORMATS)}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty; name a new folder")
    with open_for_export(db.path, db.memory_limit) as con:
        relations = _relations(con)
        wanted, statistics = _chosen(relations, only)
        if statistics:
            require_macros(con)  # each would be left out for the same reason
        resources = [_write_relation(con, folder, name, form, relations[name]) for name in wanted]
        left_out = []
        for statistic in statistics:
            try:
                resources.append(_write_statistic(db, con, folder, statistic, form))
            except StatisticsError as error:
                left_out.append(str(error) if str(error).startswith(statistic) else f"{statistic}: {error}")
        if not only:
            (folder / "load.sql").write_text(load_sql({name: columns_of(con, name) for name in wanted}, relations, form), "utf-8")
    return Exported(tuple(resources), tuple(left_out), can_load=not only)


def _relations(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Every table and view by its name with what a row is; those of `main` without their schema."""
    found = con.execute(
        """select schema_name, table_name, coalesce(comment, '') from duckdb_tables() where not internal and not temporary
           union all select schema_name, view_name, coalesce(comment, '') from duckdb_views() where not internal and not temporary
           order by 1, 2"""
    ).fetchall()
    return {f"{schema}.{name}".removeprefix("main."): said for schema, name, said in found if schema in SCHEMAS}


def _chosen(relations: dict[str, str], only: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The tables and the statistics asked for; all of them when none is named."""
    statistics = [one.name for one in definitions()]
    if not only:
        return list(relations), statistics
    names = [name.replace("-", "_") for name in only]
    for name in names:
        if name not in relations and name not in statistics:
            near = get_close_matches(name, [*relations, *statistics], n=3, cutoff=0.5) or [*relations][:5]
            raise UsageError(f"there is no table or statistic {name!r}; did you mean {', '.join(near)}?")
    return [name for name in names if name in relations], [name for name in names if name in statistics and name not in relations]


def _write_relation(con: duckdb.DuckDBPyConnection, folder: Path, name: str, form: str, title: str) -> Resource:
    columns = columns_of(con, name)
    schema, _, table = name.rpartition(".")
    path = f"{schema or 'main'}/{table}.{FORMATS[form]}"
    return _write(con, folder, name, path, title, columns, f"select {_expressions(columns, form)} from {name}", form)


def _write_statistic(db: Database, con: duckdb.DuckDBPyConnection, folder: Path, name: str, form: str) -> Resource:
    """A statistic's answer to its default question."""
    answer = db.stats(name)
    sql = answer.context.sql.rstrip().rstrip(";")
    con.execute(f"create or replace temp table answer as {sql}")
    columns = tuple(Column(one[0], one[1], "") for one in con.execute("describe answer").fetchall())
    title = f"{answer.context.heading} ({answer.result.scope()})"
    path = f"statistics/{name}.{FORMATS[form]}"
    return _write(con, folder, name, path, title, columns, f"select {_expressions(columns, form)} from answer", form)


def _write(
    con: duckdb.DuckDBPyConnection, folder: Path, name: str, path: str, title: str, columns: tuple[Column, ...], sql: str, form: str
) -> Resource:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = con.execute(f"copy ({sql}) to {literal(str(file))} {_WRITE[form]}").fetchall()[0][0]
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Resource(re.sub(r"[^a-z0-9_]", "-", name.lower()), path, title, columns, int(rows), file.stat().st_size, digest)


def columns_of(con: duckdb.DuckDBPyConnection, name: str) -> tuple[Column, ...]:
    schema, _, table = name.rpartition(".")
    found = con.execute(
        """select column_name, data_type, coalesce(comment, '') from duckdb_columns()
           where schema_name = ? and table_name = ? order by column_index""",
        [schema or "main", table],
    ).fetchall()
    return tuple(Column(*row) for row in found)


def _expressions(columns: tuple[Column, ...], form: str) -> str:
    return ", ".join(f'{_written(column, form)} as "{column.name}"' for column in columns)


def _written(column: Column, form: str) -> str:
    """A column as the format can hold it so that it is read back as it was."""
    name = f'"{column.name}"'
    if form == "parquet":
        return name
    if column.type == "TIMESTAMP":
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    if form == "csv" and column.type.endswith("[]"):
        return f"to_json({name})::varchar"
    if form == "csv" and column.type == "VARCHAR":
        return f"case when regexp_matches({name}, '{_INERT}') then '''' || {name} else {name} end"
    return name
