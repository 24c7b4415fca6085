"""Whether a database file is of hubwatch: its tables and views are looked at before anything is read through them."""

import functools
import re
from pathlib import Path

import duckdb

from hubwatch.errors import StoreFault
from hubwatch.store import schema

_HELD = """select schema_name || '.' || table_name as name from duckdb_tables() where not internal
  union all select schema_name || '.' || view_name from duckdb_views() where not internal order by name"""
_VIEWS = (
    "select schema_name || '.' || view_name, sql from duckdb_views() where not internal and database_name = current_database() order by 1"
)


def refuse_foreign(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise `StoreFault` when this file holds tables and none of them is of hubwatch: somebody else's, never to be written to."""
    held = [name for (name,) in con.execute(_HELD).fetchall()]
    if held and "store.migrations" not in held:
        told = ", ".join(held[:3]) + (" and more" if len(held) > 3 else "")
        raise StoreFault(f"{path} is not a hubwatch database (it holds {told}); move it away, or name another folder with --data")


def views_differ(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Views that are not those of this version: changed, missing, or made by somebody else."""
    held = {name: _bare(sql) for name, sql in con.execute(_VIEWS).fetchall()}
    declared = _declared_views()
    return sorted(name for name in {*held, *declared} if held.get(name) != declared.get(name))


def refuse_strange_relations(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise `StoreFault` when a query over this file's names would run what others wrote: views, generated columns, macros of built-in names."""
    held = {name for name, _ in con.execute(_VIEWS).fetchall()}
    strange = [name for name in views_differ(con) if name in held]
    strange += [name for (name,) in con.execute(_GENERATED).fetchall()]
    strange += [name for (name,) in con.execute(_SHADOWING).fetchall()]
    if strange:
        raise StoreFault(
            f"{path} holds {', '.join(strange[:3])}{' and more' if len(strange) > 3 else ''}, which this version of hubwatch did not make; "
            "if the file is your own, published by another version, `hubwatch publish` renews it; do not use a file from a source you do not trust"
        )


_GENERATED = """select schema_name || '.' || table_name from duckdb_tables()
  where not internal and database_name = current_database() and contains(sql, ' GENERATED ALWAYS ') order by 1"""
_SHADOWING = """select distinct 'main.' || function_name from duckdb_functions()
  where not internal and schema_name = 'main' and database_name = current_database()
    and function_name in (select function_name from duckdb_functions() where internal) order by 1"""


@functools.cache
def _declared_views() -> dict[str, str]:
    """The views of this version as DuckDB writes them."""
    with duckdb.connect(config={"threads": 1}) as con:
        for statement in ("create schema store", *schema.FACTS):
            con.execute(statement)
        for relation in (*schema.STORE, *schema.TABLES, *schema.VIEWS):
            con.execute(relation.ddl())
        return {name: _bare(sql) for name, sql in con.execute(_VIEWS).fetchall()}


def _bare(sql: str) -> str:
    """A query without what releases of DuckDB write differently: blanks, parentheses, constants of truth, the schema of [] and {}."""
    sql = re.sub(r"CAST\('([tf])' AS BOOLEAN\)", lambda found: "true" if found[1] == "t" else "false", sql)
    return re.sub(r"[()\s]+", " ", re.sub(r"\bmain\.(list_value|struct_pack)\b", r"\1", sql))
