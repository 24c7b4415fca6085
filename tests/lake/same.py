"""Whether two open databases say the same."""

from typing import Any

import duckdb

from hubwatch import statistics
from hubwatch.errors import HubwatchError

_NUMBERS = ("listing_key", "repository")


def differing(here: duckdb.DuckDBPyConnection, there: duckdb.DuckDBPyConnection) -> tuple[int, list[str]]:
    """Every statistic's question asked of one database, and the queries that answer it run on the other: how many, and which differ.

    Beside the default questions those of each hub by another dimension. The notes around a figure are compared by `shares`.
    """
    hubs = [hub for (hub,) in here.execute("select distinct hub from days order by hub").fetchall()]
    asked: list[tuple[str, dict[str, Any]]] = [(one.name, {}) for one in statistics.definitions()]
    asked += [("download_share", {"hub": hub, "by": "organization"}) for hub in hubs]
    answered, differ = 0, []
    for name, options in asked:
        try:
            said = statistics.run(here, name, **options)
        except HubwatchError:  # of a hub without downloads, and of a list that none gives
            continue
        answered += 1
        if [tuple(row) for row in there.execute(said.context.sql).fetchall()] != list(said.rows):
            differ.append(f"{name} {options}")
    return answered, differ


def shares(con: duckdb.DuckDBPyConnection) -> Any:
    """One statistic of the hub that most of the demo is of, as a sign of all."""
    return _answer(con, "download_share", {"hub": "huggingface", "by": "country"})


def _answer(con: duckdb.DuckDBPyConnection, name: str, options: dict[str, Any]) -> Any:
    try:
        said = statistics.run(con, name, **options)
    except HubwatchError as error:
        return str(error)
    return said.columns, said.rows, said.context


def tables(con: duckdb.DuckDBPyConnection, database: str, left_out: tuple[str, ...] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every table's rows in order, without numbers of listings."""
    found = con.execute(
        """select schema_name || '.' || table_name, list(column_name order by column_name) from duckdb_columns()
           semi join duckdb_tables() using (database_name, schema_name, table_name)
           where database_name = ? and schema_name in ('main', 'store', 'facts') and not starts_with(table_name, 'lake') group by all order by 1""",
        [database],
    ).fetchall()
    rows = {}
    for table, columns in found:
        if table in left_out:
            continue
        kept = ", ".join(f'"{column}"' for column in columns if column not in _NUMBERS)
        if table in ("store.counters", "store.attributes", "store.overruled", "store.repositories"):
            kept, table_of = (
                f"hub, model_id, {kept}",
                f"{table} join (select hub, model_id, listing_key from store.listing) using (listing_key)",
            )
        else:
            table_of = table
        rows[table] = con.execute(f"select {kept} from {table_of} order by all").fetchall()
    return rows


def comments(con: duckdb.DuckDBPyConnection, database: str) -> set[tuple[str, ...]]:
    """Relation, column and comment of every table, and of every view."""
    return set(
        con.execute(
            """select table_name, column_name, comment from duckdb_columns() semi join duckdb_tables() using (database_name, schema_name, table_name)
               where database_name = $1 and not starts_with(table_name, 'lake') and table_name <> 'migrations'
               union all select table_name, '', comment from duckdb_tables()
               where database_name = $1 and not starts_with(table_name, 'lake') and table_name <> 'migrations'
               union all select view_name, '', comment from duckdb_views() where database_name = $1 and not internal""",
            [database],
        ).fetchall()
    )
