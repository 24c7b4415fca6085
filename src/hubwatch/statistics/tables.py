"""The stage `measure`: the statistics as macros, and the tables `statistics`, `store.repositories` and `flags`, from what is loaded."""

import duckdb

from hubwatch.statistics.definitions import definitions, has_macros, make_macros
from hubwatch.statistics.flags import flag_days
from hubwatch.store import FACT_TABLES, insert_rows, transaction

# Listings with one key of the hub: its id changed. What the hub lists to the end under two ids has two last ones.
_REPOSITORIES = """
delete from store.repositories;
insert into store.repositories by name
with keyed as (
  select listing_key, hub, hub_key, model_id, first_seen_on, last_seen_on, max(last_seen_on) over (partition by hub) as last_day
  from store.listing join (select listing_key, hub_key from store.attributes where valid_to is null) using (listing_key)
),
shared as (select hub, hub_key from keyed where hub_key is not null group by all having count(*) > 1)
select listing_key, min(listing_key) over (partition by hub, hub_key) as repository,
  row_number() over known as place,
  last_seen_on = last_day or row_number() over known = count(*) over (partition by hub, hub_key) as is_last
from keyed semi join shared using (hub, hub_key)
window known as (partition by hub, hub_key order by last_seen_on, first_seen_on, model_id);
"""


def measure(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `statistics` with every definition, and `flags` where days were loaded since the last measure."""
    held = has_macros(con)  # before the transaction: a question that fails would end it
    with transaction(con):
        store_definitions(con, held)
        find_repositories(con)
        flag_days(con)


def find_repositories(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `store.repositories`: which listings are one repository that was renamed."""
    con.execute(_REPOSITORIES)


def store_definitions(con: duckdb.DuckDBPyConnection, held: bool = False) -> None:
    """Make the macros, unless they are held, and fill the table `statistics`; see that the facts which statistics read exist."""
    for statement in FACT_TABLES:  # before the first `classify` they are empty, not missing
        con.execute(statement)
    if not held:
        make_macros(con)
    con.execute("delete from statistics")
    for one in definitions():
        row = {"name": one.name, "title": one.title, "definition": one.definition, "unit": one.unit, "window": one.window, "sql": one.sql}
        insert_rows(con, "statistics", [row])


def renew_definitions(con: duckdb.DuckDBPyConnection) -> None:
    """Bring the statistics of a file that an earlier hubwatch measured to this version's."""
    if not has_macros(con):
        with transaction(con):
            store_definitions(con)
