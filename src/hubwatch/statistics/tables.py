"""The stage `measure`: the tables `statistics` and `flags`, made from what is loaded."""

import duckdb

from hubwatch.statistics.definitions import definitions
from hubwatch.statistics.flags import flag_days
from hubwatch.store import insert_rows, transaction

# Statistics read these facts; before the first `classify` they are empty, not missing.
_FACTS = """
create schema if not exists facts;
create table if not exists facts.organizations(
  organization varchar, country varchar, kind varchar, parent varchar, other_names varchar[]);
create table if not exists facts.licenses(raw varchar, license varchar, class varchar);
create table if not exists facts.country_groups(country varchar, region varchar);
create table if not exists facts.release_dates(hub varchar, model_id varchar, released_on date);
create table if not exists facts.policies(policy varchar, organization varchar, country varchar, kind varchar);
"""


def measure(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `statistics` with every definition, and `flags` where days were loaded since the last measure."""
    with transaction(con):
        store_definitions(con)
        flag_days(con)


def store_definitions(con: duckdb.DuckDBPyConnection) -> None:
    """Fill the table `statistics`, and see that the facts which statistics read exist."""
    con.execute(_FACTS)
    con.execute("delete from statistics")
    for one in definitions():
        row = {"name": one.name, "title": one.title, "definition": one.definition, "unit": one.unit, "window": one.window, "sql": one.sql}
        insert_rows(con, "statistics", [row])
