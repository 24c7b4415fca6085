"""Counters of many days of one source at once: what `replace_day` does for each, where no day is held of it and it states no attribute.

Archives hold years of days. One pass over a file of many days costs a tenth of a pass for each of them.
"""

from collections.abc import Mapping, Sequence

import duckdb

from hubwatch.store import schema
from hubwatch.store.days import GIVEN, NEW_FOR, settle_superseded
from hubwatch.store.sql import insert_rows

_COUNTERS = [column.name for column in schema.COUNTERS]


def number_many(con: duckdb.DuckDBPyConnection, hub: str, is_case_blind: bool) -> None:
    """Table `numbers`: each `said` id of `ids` (said, model_id, first, last, counted) with its listing's number; of a new one the id.

    New listings are numbered by what they count, the most first: counters in order of number are then like their neighbours,
    and take half of the room. On a hub that is blind to case an id in another case is the listing that is held, else the one
    with the highest counter.
    """
    con.execute("set variable hub = ?", [hub])
    fold = "lower" if is_case_blind else ""
    con.execute(
        f"""create or replace temp table numbers as
            with held as (select model_id, listing_key from store.listing where hub = getvariable('hub')),
            folded as (select {fold}(model_id) as folded, min(listing_key) as listing_key from held group by 1),
            placed as (select ids.*, {fold}(ids.model_id) as folded, coalesce(held.listing_key, folded.listing_key) as held_key
              from ids left join held using (model_id) left join folded on folded.folded = {fold}(ids.model_id)),
            fresh as (select folded, arg_max(model_id, (counted, model_id)) as fresh_id, max(counted) as counted
              from placed where held_key is null group by folded),
            numbered as (select folded, fresh_id, (select coalesce(max(listing_key), 0) from store.listing)
                + row_number() over (order by counted desc, fresh_id) as fresh_key from fresh)
            select said, coalesce(held_key, fresh_key)::integer as listing_key, case when held_key is null then fresh_id end as fresh_id, first, last
            from placed left join numbered using (folded)"""
    )


def add_days(con: duckdb.DuckDBPyConnection, hub: str, source: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Make table `many` (listing_key, day, counters; one row a listing and day) this source's facts of the days of `rows`.

    `rows` are those of `sweeps`, one a day; none of these days may be held of this source. Call inside a transaction, and
    `settle_departures` afterwards. The tables are then as if each day had been put in by itself.
    """
    days = [row["day"] for row in rows]
    con.execute("set variable hub = ?", [hub])
    con.execute("set variable source = ?", [source])
    con.execute("create or replace temp table days_added as select unnest(?::date[]) as day", [days])
    con.execute(
        """create or replace temp table seen as select listing_key, any_value(fresh_id) as fresh_id, min(first) as first, max(last) as last
           from numbers group by listing_key"""
    )
    con.execute(
        """create or replace temp table earlier as select listing_key, first_seen_on, first from seen join store.listing using (listing_key)
           where first < first_seen_on"""
    )
    con.execute(
        """insert into store.listing by name
           select listing_key, getvariable('hub') as hub, fresh_id as model_id, split_part(fresh_id, '/', 1) as namespace,
             substr(fresh_id, strpos(fresh_id, '/') + 1) as name, first as first_seen_on, last as last_seen_on, last as last_listed_on
           from seen where fresh_id is not null"""
    )
    con.execute(
        """update store.listing set first_seen_on = least(first_seen_on, first), last_seen_on = greatest(last_seen_on, last),
             last_listed_on = greatest(last_listed_on, last)
           from seen where seen.listing_key = store.listing.listing_key and fresh_id is null and (first_seen_on > first or last_seen_on < last)"""
    )
    con.execute(
        f"""insert into store.counters by name
            select listing_key, day, getvariable('source') as source, false as superseded, {", ".join(_COUNTERS)} from many
            order by day, listing_key"""
    )
    counted = con.execute(f"select day, {', '.join(f'count({name})' for name in GIVEN.values())} from many group by day").fetchall()
    given = {day: dict(zip(GIVEN, counts, strict=True)) for day, *counts in counted}
    insert_rows(con, "sweeps", [{**row, **given.get(row["day"], dict.fromkeys(GIVEN, 0))} for row in rows])
    shared = con.execute(
        "select distinct day from sweeps semi join days_added using (day) where hub = getvariable('hub') and source <> getvariable('source') order by day"
    ).fetchall()
    for (day,) in shared:
        con.execute("set variable day = ?::date", [day])
        settle_superseded(con)
    con.execute("delete from store.unmeasured where hub = getvariable('hub') and until is null and day in (from days_added)")
    con.execute("insert into store.unmeasured by name select getvariable('hub') as hub, day from days_added")
    con.execute(
        """insert into store.unmeasured by name
           select distinct getvariable('hub') as hub, unnest([first_seen_on, first]) as day, day + ?::int as until from earlier""",
        [NEW_FOR.days],
    )
    con.execute("delete from store.dropped where hub = getvariable('hub') and source = getvariable('source') and day in (from days_added)")
    for table in ("days_added", "seen", "earlier"):
        con.execute(f"drop table {table}")
