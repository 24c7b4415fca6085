"""Seconds, memory and the ratio to a bare scan of the same columns, for every statistic on a synthetic hub.

    python tests/bench/statistics_speed.py [LISTINGS] [DAYS] [FOLDER]     default 3000000 365, a temporary folder

The hub grows evenly over the year; 30 % of listings have downloads, of which each day a few per cent change; 1 in 6 has
a namespace of its own. Counters are in day order, as loading day by day leaves them. Memory is the process's peak.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from hubwatch import statistics
from hubwatch.statistics.flags import flag_days
from hubwatch.statistics.tables import store_definitions
from hubwatch.store import schema

HUB = "huggingface"
MEMORY = "3GB"  # what DuckDB may hold; beyond it spills
ONE_DAY_AIM, SERIES_AIM, MEMORY_AIM = 2.0, 60.0, 4.0  # seconds, and GB of the process


def build(path: Path, listings: int, days: int) -> duckdb.DuckDBPyConnection:
    """The synthetic database, made once at the path."""
    fresh = not path.exists()
    con = duckdb.connect(str(path), config={"memory_limit": MEMORY, "preserve_insertion_order": False})
    if not fresh:
        con.execute(next(one for one in schema.STORE if one.name == "store.repositories").ddl())  # made after the file
        store_definitions(con)  # today's, whoever made the file
        return con
    con.execute("create schema store")
    for statement in schema.FACTS:
        con.execute(statement)
    for relation in (*schema.STORE, *schema.TABLES, *schema.VIEWS):
        con.execute(relation.ddl())
    first = "date '2025-01-01'"
    con.execute(f"""insert into store.listing select i as listing_key, '{HUB}' as hub, 'ns' || ns || '/model-' || i, 'ns' || ns, 'model-' || i,
          {first} + greatest(0, (i * {days} / {listings})::int - {days // 2}) as first_seen_on, {first} + {days - 1}, {first} + {days - 1}
        from (select i, (hash(i) % ({listings} // 6))::int as ns from range({listings}) r(i))""")
    con.execute("""insert into store.attributes by name
        select listing_key, first_seen_on as valid_from, first_seen_on::timestamp as created_at, 'model' as repo_kind,
          case when listing_key % 4 = 0 then ['ns1/model-' || listing_key % 1000] end as base_models,
          (['apache-2.0', 'mit', 'other', null])[listing_key % 11 % 4 + 1] as license, 'text-generation' as task,
          case when listing_key % 3 = 0 then (listing_key % 100 + 1)::bigint * 1000000000 end as parameters
        from store.listing""")
    con.execute(f"""insert into origins (hub, namespace, policy, organization, country, kind, confidence, known_by, source)
        select '{HUB}' as hub, namespace, policy, case when h % 20 = 0 then 'org-' || h % 2000 end,
          case when h % 10 = 0 then (['CN', 'US', 'FR', 'DE'])[h % 4 + 1] end, (['big_tech', 'company', 'academic', 'unknown'])[h % 4 + 1],
          1.0, 'fact', 'synthetic'
        from (select distinct namespace, (hash(namespace) % 100000)::int as h from store.listing),
          (select unnest(['six-tigers', 'osai', 'home-country']) as policy)""")
    con.execute("""insert into model_listings (hub, model_id, model_key, tier, evidence, is_mirror, family)
          select hub, model_id, hub || ':' || model_id, 'single', '', false,
          case when listing_key % 9 = 0 then 'family-' || listing_key % 30 end from store.listing""")
    con.execute("""insert into derivations (hub, model_id, base_model_id, relation, root_model_id, depth)
        select hub, model_id, 'ns1/model-' || listing_key % 1000, 'finetune', 'ns1/model-' || listing_key % 1000, 1
        from store.listing where listing_key % 4 = 0""")
    for day in range(days):
        con.execute(f"""insert into store.counters by name
            select listing_key, {first} + {day} as day, 'full' as source, false as superseded,
              case when listing_key % 10 < 3 then (listing_key % 997 * (1 + (listing_key + {day}) % 40 / 100))::bigint else 0 end as downloads_30d,
              case when listing_key % 10 < 3 then listing_key % 997 * ({day} + 10) else 0 end as downloads_total, listing_key % 50 as likes
            from store.listing where first_seen_on <= {first} + {day} order by listing_key""")
    con.execute(f"""insert into sweeps by name select '{HUB}' as hub, day, 'full' as source, true as complete, count(*) as records,
          count(downloads_30d) as given_30d, count(downloads_total) as given_total, count(likes) as given_likes
        from store.counters group by day""")
    store_definitions(con)
    con.execute("checkpoint")
    return con


def timed(con: duckdb.DuckDBPyConnection, sql: str) -> float:
    began = time.perf_counter()
    con.execute(sql).fetchall()
    return time.perf_counter() - began


def main(listings: int, days: int, folder: Path) -> int:
    """Print a line a statistic; the exit code says whether the aims were met."""
    began = time.perf_counter()
    con = build(folder / f"speed-{listings}-{days}.duckdb", listings, days)
    rows = con.execute("select count(*) from store.counters").fetchall()[0][0]
    write = sys.stdout.write
    write(f"{listings:,} listings x {days} days = {rows:,} observations, made or opened in {time.perf_counter() - began:.0f} s\n")
    columns = "count(listing_key), sum(downloads_30d)"
    one = min(timed(con, f"select {columns} from store.counters where day = (select max(day) from store.counters)") for _ in range(3))
    year = timed(con, f"select {columns}, max(day), count(superseded) from store.counters")
    write(f"bare scan of the same columns: one day {one:.2f} s, all days {year:.2f} s\n")
    met = True
    for statistic in statistics.definitions():
        if statistic.name == "listed_origin_share":
            continue  # about a reader's own list, not about the hub
        series = statistic.days in ("all", "sound")
        wanted: dict[str, str] = {"hub": HUB} if "hub" in statistic.parameters else {}
        if series:
            wanted["since"] = "2025-01-01"
        took, used = min(_run(con, statistic.name, wanted) for _ in range(1 if series else 2))
        aim = SERIES_AIM if series or statistic.name == "adoption" else ONE_DAY_AIM
        met &= took <= aim
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        times, over = took / (year if series else one), "" if took <= aim else "  OVER"
        write(f"{statistic.name:24} {took:6.2f} s (processor {used:6.2f} s)  {times:6.1f} x  peak {peak:.1f} GB{over}\n")
    last = con.execute("select max(day) from sweeps").fetchall()[0][0]
    con.execute("update sweeps set loaded_at = timestamp '2024-01-01 00:00:00'")
    con.execute("insert into runs by name select 'measure' as stage, 'done' as status, timestamp '2024-06-01 00:00:00' as started_at")
    con.execute("update sweeps set loaded_at = timestamp '2025-01-01 00:00:00' where day = ?", [last])
    began = time.perf_counter()
    looked_at = flag_days(con)
    write(f"flags of one new day ({looked_at} days looked at): {time.perf_counter() - began:.1f} s\n")
    con.execute("delete from runs")
    return 0 if met and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6 <= MEMORY_AIM else 1


def _run(con: duckdb.DuckDBPyConnection, name: str, wanted: dict[str, str]) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    statistics.run(con, name, **wanted)
    return time.perf_counter() - began, time.process_time() - used


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("listings", type=int, nargs="?", default=3_000_000)
    options.add_argument("days", type=int, nargs="?", default=365)
    options.add_argument("folder", type=Path, nargs="?")
    asked = options.parse_args()
    if asked.folder:
        sys.exit(main(asked.listings, asked.days, asked.folder))
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(main(asked.listings, asked.days, Path(temporary)))
