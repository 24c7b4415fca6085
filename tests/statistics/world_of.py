"""A small database made from CSV files, through the product's own schema."""

from datetime import date
from pathlib import Path

import duckdb

from hubwatch.statistics.definitions import make_macros
from hubwatch.store import schema
from tests.conftest import made_once

WORLD = Path(__file__).parent / "world"


def empty() -> duckdb.DuckDBPyConnection:
    """A database with every table and no row, and the staging tables `listing_rows`, `observed` and `listed`."""
    con = duckdb.connect(config={"threads": 2})
    make_schema(con)
    con.execute("create temp table listing_rows as select * from store.listing limit 0")
    for column in schema.ATTRIBUTES:
        con.execute(f'alter table listing_rows add column "{column.name}" {column.type}')
    con.execute("create temp table observed as select hub, model_id, day, downloads_30d, downloads_total, likes from observations limit 0")
    con.execute("create temp table listed(subject varchar, organization varchar)")
    return con


def make_schema(con: duckdb.DuckDBPyConnection) -> None:
    """Every table, view and macro in a new database in memory."""
    con.execute(f"attach '{made_once(_make)}/empty.duckdb' as template (read_only); copy from database template to memory; detach template")


def _make(folder: Path) -> None:
    """A file with tables, views, comments and macros: hundreds of tests begin with it, and it takes half a second."""
    with duckdb.connect(str(folder / "empty.duckdb")) as con:
        con.execute("create schema store")
        for statement in schema.FACTS:
            con.execute(statement)
        for relation in (*schema.STORE, *schema.TABLES, *schema.VIEWS):
            con.execute(relation.ddl())
        for statement in schema.comments():
            con.execute(statement)
        make_macros(con)


def build(folder: Path) -> duckdb.DuckDBPyConnection:
    """The database of a folder's CSV files; a file it lacks is the shared world's."""
    con = empty()
    files = {path.stem: path for place in (WORLD, folder) for path in place.glob("*.csv") if not path.stem.startswith("expected")}
    names = {"listings": "listing_rows", "observations": "observed"}
    for stem, path in sorted(files.items()):
        insert(con, names.get(stem, stem.replace("facts_", "facts.")), path)
    spread(con)
    return con


def insert(con: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    """Put a CSV's columns into the table's of the same name; an empty cell is null."""
    columns = path.read_text(encoding="utf-8").splitlines()[0]
    con.execute(f"insert into {table} by name select {columns} from read_csv('{path}', all_varchar = true, header = true)")


def spread(con: duckdb.DuckDBPyConnection) -> None:
    """Listings and observations into the store's narrow tables, and a complete full sweep for each day that has none."""
    con.execute("""
        insert into store.listing by name
        select row_number() over (order by hub, model_id) as listing_key, hub, model_id,
          split_part(model_id, '/', 1) as namespace, split_part(model_id, '/', 2) as name,
          coalesce(first_seen_on, (select min(day) from observed where (hub, model_id) = (l.hub, l.model_id))) as first_seen_on,
          coalesce(last_seen_on, (select max(day) from observed where (hub, model_id) = (l.hub, l.model_id))) as last_seen_on,
          last_seen_on as last_listed_on
        from (select hub, model_id, first_seen_on, last_seen_on from listing_rows union by name
          select distinct hub, model_id from observed
              where (hub, model_id) not in (select (hub, model_id) from listing_rows)) l""")
    attributes = ", ".join(f"l.{column.name}" for column in schema.ATTRIBUTES)
    con.execute(f"""insert into store.attributes by name
        select s.listing_key, s.first_seen_on as valid_from, null::date as valid_to, {attributes}
        from store.listing s left join listing_rows l using (hub, model_id)""")
    con.execute("""insert into store.counters by name
        select listing_key, day, 'full' as source, false as superseded, downloads_30d, downloads_total, likes
        from observed join store.listing using (hub, model_id)""")
    con.execute("""insert into sweeps by name
        select hub, day, 'full' as source, true as complete, count(*) as records, 0 as rejected, 0 as duplicates,
          count(*) as listed_total,
          md5(string_agg(model_id, ',' order by model_id)) as content_hash
        from observed where (hub, day) not in (select (hub, day) from sweeps) group by hub, day""")
    con.execute("""insert into store.departures
        select distinct l.hub, l.last_seen_on, min(s.day) from store.listing l
        join sweeps s on s.hub = l.hub and s.day > l.last_seen_on and s.complete and s.source = 'full' group by 1, 2""")


def one_sweep(con: duckdb.DuckDBPyConnection, day: date, counted: dict[str, int]) -> None:
    """One whole sweep of Hugging Face: of each namespace a model with so many downloads."""
    for key, (namespace, downloads) in enumerate(counted.items(), 1):
        con.execute(
            """insert into store.listing by name select ? as listing_key, 'huggingface' as hub, ? || '/m' as model_id, ? as namespace,
               'm' as name, ? as first_seen_on, ? as last_seen_on, ? as last_listed_on""",
            [key, namespace, namespace, day, day, day],
        )
        con.execute(
            "insert into store.counters by name select ? as listing_key, ? as day, 'full' as source, false as superseded, ? as downloads_30d",
            [key, day, downloads],
        )
    con.execute("insert into sweeps (hub, day, source, complete, records) values ('huggingface', ?, 'full', true, ?)", [day, len(counted)])
