"""Where nearly all listings are derivatives, what is asked of a past day takes room for a few keys a listing, not for ids and lists."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from hubwatch.statistics.definitions import make_macros
from hubwatch.store import schema

LISTINGS, ROOM = 300_000, "140MB"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Two days of a hub: each listing says on the first what it says on the second, that it is a finetune of one of a thousand bases."""
    path: Path = tmp_path_factory.mktemp("crowded") / "hub.duckdb"
    with duckdb.connect(str(path), config={"threads": 1, "preserve_insertion_order": False}) as con:
        con.execute("create schema store")
        for statement in schema.FACTS:
            con.execute(statement)
        for relation in (*schema.STORE, *schema.TABLES, *schema.VIEWS):
            con.execute(relation.ddl())
        con.execute(f"""insert into store.listing by name select i as listing_key, 'huggingface' as hub, namespace || '/' || name as model_id, namespace, name,
              date '2026-01-01' as first_seen_on, date '2026-01-02' as last_seen_on, date '2026-01-02' as last_listed_on
            from (select i, 'owner-' || i % 1000 as namespace, 'model-number-' || i as name from range({LISTINGS}) r(i))""")
        con.execute("""insert into store.attributes by name select listing_key, first_seen_on as valid_from, 'finetune' as base_relation,
              ['owner-of-bases/base-number-' || listing_key % 1000] as base_models from store.listing""")
        con.execute("""insert into derivations by name select hub, model_id, base_models[1] as base_model_id, base_relation as relation,
              base_models[1] as root_model_id, 1 as depth from store.listing join store.attributes using (listing_key)""")
        for day in ("2026-01-01", "2026-01-02"):
            con.execute(f"""insert into store.counters by name select listing_key, date '{day}' as day, 'full' as source, 1000 as downloads_30d,
                  5000 as downloads_total, 1 as likes from store.listing""")
            con.execute(f"""insert into sweeps by name select 'huggingface' as hub, date '{day}' as day, 'full' as source, true as complete,
                  'whole' as extent, 'ok' as health, {LISTINGS} as records, 0 as rejected, {LISTINGS} as given_30d, {LISTINGS} as given_total,
                  {LISTINGS} as given_likes""")
        make_macros(con)
        con.execute("checkpoint")
        con.execute(f"set memory_limit = '{ROOM}'")
        yield con


def test_derivatives_of_a_past_day_are_counted_within_a_few_bytes_a_listing(crowded: duckdb.DuckDBPyConnection) -> None:
    asked = "select value, models, descendants, bases, finetune from derivatives(day := date '2026-01-01')"
    assert crowded.execute(asked).fetchall() == [(LISTINGS, LISTINGS, LISTINGS, 1000, LISTINGS)]


def test_the_derived_share_of_a_past_day_is_counted_within_a_few_bytes_a_listing(crowded: duckdb.DuckDBPyConnection) -> None:
    asked = "select relation, value, share_derived, models from derived_share(day := date '2026-01-01')"
    assert crowded.execute(asked).fetchall() == [("finetune", 1000 * LISTINGS, 1.0, LISTINGS)]
