"""The stage `measure`: the tables `statistics` and `flags`, made from what is loaded."""

import duckdb

from hubwatch.statistics.definitions import definitions
from hubwatch.statistics.flags import flag_days
from hubwatch.store import FACT_TABLES, insert_rows, transaction


def measure(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `statistics` with every definition, and `flags` where days were loaded since the last measure."""
    with transaction(con):
        store_definitions(con)
        flag_days(con)


def store_definitions(con: duckdb.DuckDBPyConnection) -> None:
    """Fill the table `statistics`, and see that the facts which statistics read exist."""
    for statement in FACT_TABLES:  # before the first `classify` they are empty, not missing
        con.execute(statement)
    con.execute("delete from statistics")
    for one in definitions():
        row = {"name": one.name, "title": one.title, "definition": one.definition, "unit": one.unit, "window": one.window, "sql": one.sql}
        insert_rows(con, "statistics", [row])
