"""What a lake holds: the tables of the warehouse with their comments, its views, and two tables of its own.

`store.lake` has one row: its version, raised by every publication in the same transaction, so that of two that began from one
version only one can be committed. `store.lake_hubs` says which builder publishes a hub.
"""

import contextlib
import hashlib
from collections.abc import Iterator

import duckdb

from hubwatch.errors import StoreFault
from hubwatch.store import schema
from hubwatch.store.columns import Table, columns
from hubwatch.store.lake import ALIAS, PUBLISHED
from hubwatch.store.warehouse import NEWEST, schema_of, transaction

OWN = (
    Table(
        "store.lake",
        "one row: how often the lake was published to",
        columns("""
version | BIGINT | raised by every publication: of two that began from one version only one is committed
layout | VARCHAR | hash of the views and comments that the lake holds
"""),
    ),
    Table(
        "store.lake_hubs",
        "which builder publishes a hub",
        columns("""
hub | VARCHAR | the hub
builder | VARCHAR | id of the builder's data folder
published_at | TIMESTAMP | UTC instant at which it last changed the hub
"""),
    ),
)
SCHEMAS = ("main", "store", "facts")
_OF_ONE_BUILDER = ("store.migrations",)
_BY_DAY = "store.counters"


def tables_in(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[tuple[str, str]]]:
    """The tables of a database by their names with schema, each with its columns: name and type."""
    found = con.execute(
        """select schema_name || '.' || table_name, list((column_name, data_type) order by column_index) from duckdb_columns()
           semi join duckdb_tables() using (database_name, schema_name, table_name)
           where database_name = ? and schema_name in ('main', 'store', 'facts') and not internal group by all order by all""",
        [database],
    ).fetchall()
    own = {table.name for table in OWN}
    return {name: list(described) for name, described in found if name not in own and name not in _OF_ONE_BUILDER}


def home_of(con: duckdb.DuckDBPyConnection) -> str:
    """The name of the database that the connection was opened with."""
    return str(con.execute("select current_database()").fetchall()[0][0])


def make_layout(con: duckdb.DuckDBPyConnection) -> None:
    """Bring the attached lake to the tables, columns, comments and views of the open warehouse, in one transaction; nothing where it has them."""
    wanted, comments = tables_in(con, home_of(con)), _comments(con, home_of(con))
    layout = hashlib.sha256("\n".join([*(view.ddl() for view in schema.VIEWS), *comments]).encode()).hexdigest()
    if _is_laid_out(con, wanted, layout):
        return
    with transaction(con):  # what is there is looked at again: another may have made it meanwhile
        if not _is_laid_out(con, wanted, layout):
            _lay_out(con, wanted, comments, layout)


def _is_laid_out(con: duckdb.DuckDBPyConnection, wanted: dict[str, list[tuple[str, str]]], layout: str) -> bool:
    held = tables_in(con, ALIAS)
    is_whole = wanted == {name: held.get(name) for name in wanted}
    return _version_of_schema(con) == NEWEST and is_whole and _layout(con) == layout


def _lay_out(con: duckdb.DuckDBPyConnection, wanted: dict[str, list[tuple[str, str]]], comments: list[str], layout: str) -> None:
    held, version = tables_in(con, ALIAS), _version_of_schema(con)
    for name in SCHEMAS:
        con.execute(f"create schema if not exists {ALIAS}.{name}")
    for table in (*OWN, next(one for one in schema.STORE if one.name == "store.migrations")):
        con.execute(Table(f"{ALIAS}.{table.name}", table.meaning, table.columns).ddl())
    for name, described in wanted.items():
        _make_table(con, name, described, held.get(name))
    if version < NEWEST:
        con.execute(f"delete from {ALIAS}.store.migrations")
        con.execute(f"insert into {ALIAS}.store.migrations by name from store.migrations")
    _make_views(con, comments)
    if not con.execute(f"select 1 from {ALIAS}.store.lake").fetchall():
        con.execute(f"insert into {ALIAS}.store.lake values (0, null)")
    con.execute(f"update {ALIAS}.store.lake set layout = ?", [layout])
    if version_of(con):  # what was published stays what is published, told anew
        con.execute(f"call {ALIAS}.set_commit_message('layout', '{PUBLISHED}')")


def version_of(con: duckdb.DuckDBPyConnection) -> int:
    """How often the attached lake was published to."""
    return int(con.execute(f"select version from {ALIAS}.store.lake").fetchall()[0][0])


def _version_of_schema(con: duckdb.DuckDBPyConnection) -> int:
    """The schema version of the attached lake, 0 where it is empty; `StoreFault` when a later hubwatch wrote it."""
    held = [name for (name,) in con.execute(f"select table_name from duckdb_tables() where database_name = '{ALIAS}'").fetchall()]
    if "migrations" not in held:
        if held:
            raise StoreFault(f"the lake is not of hubwatch (it holds {held[0]}); name another database in HUBWATCH_WAREHOUSE")
        return 0
    with _inside(con):
        return schema_of(con)


@contextlib.contextmanager
def _inside(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Names are the lake's for a while."""
    home = home_of(con)
    con.execute(f"use {ALIAS}")
    try:
        yield
    finally:
        con.execute(f'use "{home}"')


def _layout(con: duckdb.DuckDBPyConnection) -> str | None:
    found = con.execute(f"select layout from {ALIAS}.store.lake").fetchall()
    return str(found[0][0]) if found else None


def _make_table(con: duckdb.DuckDBPyConnection, name: str, wanted: list[tuple[str, str]], held: list[tuple[str, str]] | None) -> None:
    """Make the table, or add what it lacks; of the reviewed facts, which are always whole, also take away what is no more."""
    if held is None:
        inner = ", ".join(f'"{column}" {kind}' for column, kind in wanted)
        con.execute(f"create table {ALIAS}.{name} ({inner})")
        if name == _BY_DAY:
            con.execute(f"alter table {ALIAS}.{name} set partitioned by (day)")
        return
    for column, kind in wanted:
        if column not in dict(held):
            con.execute(f'alter table {ALIAS}.{name} add column "{column}" {kind}')
    if name.startswith("facts."):
        for column, _ in held:
            if column not in dict(wanted):
                con.execute(f'alter table {ALIAS}.{name} drop column "{column}"')


def _make_views(con: duckdb.DuckDBPyConnection, comments: list[str]) -> None:
    with _inside(con):
        for view in schema.VIEWS:
            con.execute(view.ddl())
        for comment in comments:
            con.execute(comment)


def _comments(con: duckdb.DuckDBPyConnection, home: str) -> list[str]:
    """`COMMENT ON` statements for what the warehouse holds, but for columns of views, which DuckLake does not keep."""
    views = tuple(f"comment on column {view.name}." for view in schema.VIEWS)
    own = [said for table in OWN for said in table.comments()]
    facts = con.execute(
        """select 'comment on table facts.' || table_name || ' is ''' || replace(comment, '''', '''''') || '''' from duckdb_tables()
           where database_name = $1 and schema_name = 'facts' and comment is not null
           union all select 'comment on column facts.' || table_name || '."' || column_name || '" is ''' || replace(comment, '''', '''''') || ''''
           from duckdb_columns() where database_name = $1 and schema_name = 'facts' and comment is not null order by 1""",
        [home],
    ).fetchall()
    return [*(said for said in schema.comments() if not said.startswith(views)), *own, *(said for (said,) in facts)]
