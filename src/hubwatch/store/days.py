"""A source's day in the tables, replaced whole or not at all; what they say depends on the days held, not on the order of loading."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import duckdb

from hubwatch.store import schema
from hubwatch.store.attributes import add_attributes, rewrite_attributes
from hubwatch.store.schema import EXTENT, SAW_ALL
from hubwatch.store.sql import insert_rows

_COUNTERS = [column.name for column in schema.COUNTERS]
# The queries below read: variables hub, day, source; table `numbers` and view `keyed` (see `number_listings`).
_OF_DAY = "hub = getvariable('hub') and day = getvariable('day')"
_OF_SOURCE = f"{_OF_DAY} and source = getvariable('source')"
GIVEN = {"given_30d": "downloads_30d", "given_total": "downloads_total", "given_likes": "likes"}  # columns of sweeps, and what they count
NEW_FOR = timedelta(days=8)  # flags call a listing new within its first week


def number_listings(con: duckdb.DuckDBPyConnection, hub: str) -> None:
    """Table `numbers`: for each row of `staged` (place, model_id, attributes, counters; one row a listing) its place, its
    listing's number, and for a listing never seen its id. View `keyed`: the staged rows with their numbers.

    A listing never seen gets the next number, in the order of ids. Call it before the transaction of `replace_day`: what a
    transaction has not yet committed is read on one processor only. Rows are joined by place and not written out again with
    their numbers: at millions of listings that saves a quarter of loading.
    """
    con.execute("set variable hub = ?", [hub])
    con.execute("drop table if exists numbers")
    con.execute(
        """create temp table numbers as
           with held as (select model_id, listing_key from store.listing where hub = getvariable('hub'))
           select place, listing_key, null as fresh_id from staged join held using (model_id)
           union all
           select place, (select coalesce(max(listing_key), 0) from store.listing) + row_number() over (order by model_id), model_id
           from staged anti join held using (model_id)"""
    )
    con.execute("create or replace temp view keyed as select listing_key, staged.* from staged join numbers using (place)")


def replace_day(con: duckdb.DuckDBPyConnection, hub: str, day: date, source: str, facts: Mapping[str, object]) -> None:
    """Make what `number_listings` numbered this source's facts of the day, and `facts` the other columns of its row in `sweeps`.

    Whole or not at all: call inside a transaction. What the tables say then depends only on which days hold which facts, not
    on the order of loading. `facts["speaks"]` names the attributes that the source states; without it, it states all.
    Rows in `rejects` and `store.unread` are removed: add the new ones afterwards, then call `settle_departures`.
    """
    _set_day(con, hub, day, source)
    is_last = not con.execute("select 1 from sweeps where hub = ? and day >= ? limit 1", [hub, day]).fetchall()
    _forget_rest(con)
    row = {"hub": hub, "day": day, "source": source, **facts, **_given(con)}
    if is_last:
        _add_last_day(con, row)
    else:
        _put_between(con, row)
    con.execute(f"delete from store.dropped where {_OF_SOURCE}")


def remove_day(con: duckdb.DuckDBPyConnection, hub: str, day: date, source: str) -> None:
    """Take this source's facts of the day out of the tables, as if they had never been loaded; `store.dropped` remembers it.

    Call inside a transaction, and `settle_departures` afterwards.
    """
    _set_day(con, hub, day, source)
    columns = ", ".join(f"null::{column.type} as {column.name}" for column in (*schema.ATTRIBUTES, *schema.COUNTERS))
    con.execute("create or replace temp table numbers as select 0::bigint as place, 0 as listing_key, null::varchar as fresh_id limit 0")
    con.execute(f"create or replace temp view keyed as select listing_key, place, fresh_id as model_id, {columns} from numbers")
    _forget_rest(con)
    _put_between(con, None)
    con.execute(f"delete from store.fingerprints where {_OF_SOURCE}")
    con.execute(f"delete from store.dropped where {_OF_SOURCE}")
    insert_rows(con, "store.dropped", [{"hub": hub, "day": day, "source": source}])
    con.execute("drop view keyed; drop table numbers")


def _given(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many of the staged listings have each counter: statistics choose the counter by it."""
    counts = con.execute(f"select {', '.join(f'count({name})' for name in GIVEN.values())} from staged").fetchall()[0]
    return dict(zip(GIVEN, counts, strict=True))


def _set_day(con: duckdb.DuckDBPyConnection, hub: str, day: date, source: str) -> None:
    con.execute("set variable hub = ?", [hub])
    con.execute("set variable day = ?::date", [day])
    con.execute("set variable source = ?", [source])


def _forget_rest(con: duckdb.DuckDBPyConnection) -> None:
    for table in ("rejects", "store.unread"):
        con.execute(f"delete from {table} where {_OF_SOURCE}")
    con.execute(f"delete from store.unmeasured where {_OF_DAY} and until is null")
    con.execute("insert into store.unmeasured by name select getvariable('hub') as hub, getvariable('day') as day")


def _add_last_day(con: duckdb.DuckDBPyConnection, row: Mapping[str, object]) -> None:
    """The day follows all others of the hub: nothing held changes."""
    _add_listings(con)
    _add_counters(con)
    add_attributes(con, _speaks(row))
    insert_rows(con, "sweeps", [row])


def _put_between(con: duckdb.DuckDBPyConnection, row: Mapping[str, object] | None) -> None:
    """The day has other facts beside or after it: settle what depends on them. `row` is None where the day is taken away."""
    con.execute("drop table if exists before_this_day")
    con.execute(
        """create temp table before_this_day as select listing_key from store.counters
           where day = getvariable('day') and source = getvariable('source')
             and listing_key in (select listing_key from store.listing where hub = getvariable('hub'))"""
    )
    held = con.execute(f"select speaks from sweeps where {_OF_SOURCE}").fetchall()
    con.execute(f"delete from sweeps where {_OF_SOURCE}")
    if row is not None:
        insert_rows(con, "sweeps", [row])
    _take_turns(con)
    con.execute("create or replace temp table new_before as select listing_key, first_seen_on from store.listing limit 0")
    con.execute(
        """insert into new_before select listing_key, first_seen_on from store.listing
           where hub = getvariable('hub') and first_seen_on >= getvariable('day')
             and listing_key in (select listing_key from numbers union all select listing_key from before_this_day)"""
    )
    _add_listings(con)
    rewrite_attributes(con, _speaks(held[0][0]) if held else [], _speaks(row) if row is not None else [])
    con.execute(
        """delete from store.counters where day = getvariable('day') and source = getvariable('source')
           and listing_key in (select listing_key from before_this_day)"""
    )
    _add_counters(con)
    _settle_superseded(con)
    _settle_seen(con)
    _drop_unseen(con)
    _note_new(con)
    for table in ("before_this_day", "turns", "new_before"):
        con.execute(f"drop table {table}")


def _speaks(row: Mapping[str, object] | Sequence[str] | None) -> list[str] | None:
    """The attributes that a source states; None: all."""
    said = row.get("speaks") if isinstance(row, Mapping) else row
    return list(said) if isinstance(said, Sequence) else None


def _add_counters(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        f"""insert into store.counters by name
            select listing_key, getvariable('day') as day, getvariable('source') as source, false as superseded,
              {", ".join(_COUNTERS)} from keyed"""
    )


def _add_listings(con: duckdb.DuckDBPyConnection) -> None:
    """Enter the listings never seen before, and widen the days on which the others were seen."""
    con.execute(
        """insert into store.listing by name
           select listing_key, getvariable('hub') as hub, fresh_id as model_id,
             if(contains(fresh_id, '/'), split_part(fresh_id, '/', 1), '') as namespace,
             substr(fresh_id, strpos(fresh_id, '/') + 1) as name,
             getvariable('day') as first_seen_on, getvariable('day') as last_seen_on, getvariable('day') as last_listed_on
           from numbers where fresh_id is not null"""
    )
    con.execute(
        """update store.listing set first_seen_on = least(first_seen_on, getvariable('day')),
             last_seen_on = greatest(last_seen_on, getvariable('day')), last_listed_on = greatest(last_listed_on, getvariable('day'))
           where (first_seen_on > getvariable('day') or last_seen_on < getvariable('day'))
             and listing_key in (select listing_key from numbers)"""
    )


def _take_turns(con: duckdb.DuckDBPyConnection) -> None:
    """Table `turns`: the sources of the day in the order in which they lead."""
    con.execute(
        f"""create or replace temp table turns as select source, speaks, row_number() over (order by {schema.PRECEDENCE}) as turn
            from sweeps where {_OF_DAY}"""
    )


def settle_superseded(con: duckdb.DuckDBPyConnection) -> None:
    """The same for a day (variables hub, day) whose sources are in `sweeps` and whose counters are in place."""
    _take_turns(con)
    _settle_superseded(con)
    con.execute("drop table turns")


def _settle_superseded(con: duckdb.DuckDBPyConnection) -> None:
    """Where several sources know a listing on this day, show the one that leads."""
    con.execute(
        """update store.counters set superseded = rank > 1
           from (select listing_key as k, source as s, row_number() over (partition by listing_key order by turn) as rank
                 from store.counters join turns using (source)
                 where day = getvariable('day') and listing_key in (select listing_key from store.listing where hub = getvariable('hub'))) ranked
           where day = getvariable('day') and listing_key = k and source = s and superseded <> (rank > 1)"""
    )


def _settle_seen(con: duckdb.DuckDBPyConnection) -> None:
    """Days seen, anew for listings that this source had on this day and has no more."""
    con.execute(
        """update store.listing set first_seen_on = seen.first, last_seen_on = seen.last
           from (select listing_key as k, min(day) as first, max(day) as last from store.counters
                 where listing_key in (select listing_key from before_this_day anti join numbers using (listing_key))
                 group by listing_key) seen
           where listing_key = seen.k"""
    )


def _drop_unseen(con: duckdb.DuckDBPyConnection) -> None:
    """Forget listings that no day holds any more: only a day replaced by another without them leaves such."""
    con.execute("drop table if exists unseen")
    con.execute("create temp table unseen as select listing_key from before_this_day anti join numbers using (listing_key)")
    # The few are looked for among all counters, never all counters among the few: a long history has a billion.
    con.execute(
        """delete from unseen where listing_key in
             (select distinct listing_key from store.counters where listing_key in (select listing_key from unseen))"""
    )
    for table in ("store.attributes", "store.overruled", "store.listing"):
        con.execute(f"delete from {table} where listing_key in (select listing_key from unseen)")


def _note_new(con: duckdb.DuckDBPyConnection) -> None:
    """Remember the days whose flags rest on when a listing was first seen, where that has changed."""
    con.execute(
        """insert into store.unmeasured by name
           select distinct getvariable('hub') as hub, unnest([old.first_seen_on, seen.first_seen_on]) as day, day + ?::int as until
           from new_before old left join store.listing seen using (listing_key) where old.first_seen_on is distinct from seen.first_seen_on""",
        [NEW_FOR.days],
    )
    con.execute("delete from store.unmeasured where day is null")


# A sweep that saw fewer listings than the hub counts is complete where its order may have moved under the walk; whether what it
# lacks is gone, the next complete one tells. A sweep of a selection (a mirror's, a sample's) tells nothing of what it leaves out.
DEPARTURES = f"""select hub, last_listed_on, min(day) as gone_on
  from (select distinct hub, last_listed_on from store.listing)
  join (select hub, day, {SAW_ALL} as saw_all
        from sweeps where complete and source = 'full' and {EXTENT} = 'whole') using (hub)
  where day > last_listed_on group by hub, last_listed_on having bool_or(saw_all) or count(*) > 1"""


def settle_departures(con: duckdb.DuckDBPyConnection, hub: str) -> None:
    """For every day on which listings of the hub were listed last, the first later complete full sweep: then they were gone."""
    con.execute("set variable hub = ?", [hub])
    con.execute(
        """update store.listing set last_listed_on = listed
           from (select listing_key as k, greatest(last_seen_on, max(day)) as listed
                 from store.listing left join store.unread using (hub, model_id)
                 where hub = getvariable('hub') and (last_listed_on <> last_seen_on
                   or model_id in (select model_id from store.unread where hub = getvariable('hub')))
                 group by listing_key, last_seen_on)
           where listing_key = k and last_listed_on <> listed"""
    )
    con.execute("delete from store.departures where hub = getvariable('hub')")
    con.execute(f"insert into store.departures by name from ({DEPARTURES}) where hub = getvariable('hub')")
