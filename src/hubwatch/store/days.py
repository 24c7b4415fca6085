"""A source's day in the tables, replaced whole or not at all; what they say depends on the days held, not on the order of loading."""

from datetime import date

import duckdb

from hubwatch.store import schema

_ATTRIBUTES = [column.name for column in schema.ATTRIBUTES]
_COUNTERS = [column.name for column in schema.COUNTERS]


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


def replace_day(con: duckdb.DuckDBPyConnection, hub: str, day: date, source: str, attributes: bool = True, complete: bool = False) -> None:
    """Make what `number_listings` numbered this source's facts of the day.

    Whole or not at all: call inside a transaction together with the day's row in `sweeps`. What the tables say then
    depends only on which days hold which facts, not on the order of loading. `attributes=False`: the source has
    counters only and says nothing of attributes. `complete`: what the day's row in `sweeps` will say.
    """
    key = [hub, day, source]
    con.execute("set variable hub = ?", [hub])
    con.execute("set variable day = ?::date", [day])
    con.execute("set variable source = ?", [source])
    con.execute("drop table if exists before_this_day")
    later = con.execute("select count(*) from sweeps where hub = ? and day >= ?", [hub, day]).fetchall()[0][0]
    con.execute(
        """create temp table before_this_day as select listing_key from store.counters
           where day = getvariable('day') and source = getvariable('source')
             and listing_key in (select listing_key from store.listing where hub = getvariable('hub'))"""
        if later
        else "create temp table before_this_day as select listing_key from store.counters where false"
    )
    con.execute(
        """delete from store.counters where day = getvariable('day') and source = getvariable('source')
           and listing_key in (select listing_key from before_this_day)"""
    )
    _add_listings(con)
    con.execute(
        f"""insert into store.counters by name
            select listing_key, getvariable('day') as day, getvariable('source') as source, false as superseded,
              {", ".join(_COUNTERS)} from keyed"""
    )
    if later:
        _settle_precedence(con, complete)
        _settle_seen(con)
    if attributes:
        _replace_attributes(con, bool(later))
    if later:
        _drop_unseen(con)
    for table in ("rejects", "store.unread", "sweeps"):
        con.execute(f"delete from {table} where hub = ? and day = ? and source = ?", key)


def _add_listings(con: duckdb.DuckDBPyConnection) -> None:
    """Enter the listings never seen before, and widen the days on which the others were seen."""
    con.execute(
        """insert into store.listing by name
           select listing_key, getvariable('hub') as hub, fresh_id as model_id, split_part(fresh_id, '/', 1) as namespace,
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


def _settle_precedence(con: duckdb.DuckDBPyConnection, complete: bool) -> None:
    """Where several sources know a listing on this day, show the one of highest precedence; this one's row in `sweeps` is yet to come."""
    con.execute(
        f"""update store.counters set superseded = rank > 1
            from (select listing_key as k, source as s, row_number() over (partition by listing_key order by {schema.PRECEDENCE}, source) as rank
                  from store.counters join (
                    select source, complete from sweeps
                    where hub = getvariable('hub') and day = getvariable('day') and source <> getvariable('source')
                    union all select getvariable('source'), ?) using (source)
                  where day = getvariable('day') and listing_key in (select listing_key from store.listing where hub = getvariable('hub'))) ranked
            where day = getvariable('day') and listing_key = k and source = s and superseded <> (rank > 1)""",
        [complete],
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


def _replace_attributes(con: duckdb.DuckDBPyConnection, later: bool) -> None:
    """Keep the attributes' history as stretches of observed days with equal attributes.

    With later days loaded, every touched listing's stretches are written anew from its points of change: the day's
    own attributes hold on that day, and what held before goes on at the next observed day. Where a source of higher
    precedence has the listing on this day, its word stands; if it loses the listing by a reload, until the lower is loaded again.
    """
    names_of_k = ", ".join(f"k.{name}" for name in _ATTRIBUTES)
    same = " and ".join(f"a.{name} is not distinct from k.{name}" for name in _ATTRIBUTES)
    if not later:
        con.execute(
            f"""insert into store.attributes by name
                select k.listing_key, getvariable('day') as valid_from, null::date as valid_to, {names_of_k}
                from keyed k left join store.attributes a on a.listing_key = k.listing_key and a.valid_to is null
                where a.listing_key is null or not ({same})"""
        )
        con.execute(
            """update store.attributes set valid_to = getvariable('day') where valid_to is null and valid_from < getvariable('day')
               and listing_key in (select listing_key from store.attributes where valid_from = getvariable('day'))"""
        )
        return
    con.execute(
        """create or replace temp view speaking as select * from keyed where listing_key not in (select listing_key from store.counters
           where day = getvariable('day') and source = getvariable('source') and superseded)"""
    )
    con.execute("drop table if exists touched")
    con.execute(
        f"""create temp table touched as
            select listing_key from speaking k where not exists (select 1 from store.attributes a where a.listing_key = k.listing_key
              and a.valid_from <= getvariable('day') and (a.valid_to is null or a.valid_to > getvariable('day')) and {same})
            union select listing_key from before_this_day anti join numbers using (listing_key)
              where listing_key not in (select listing_key from store.counters where day = getvariable('day'))"""
    )
    fields = "struct_pack(" + ", ".join(f"{name} := {name}" for name in _ATTRIBUTES) + ")"
    con.execute("drop table if exists rewritten")
    con.execute(
        f"""create temp table rewritten as
            with stretches as (select * from store.attributes where listing_key in (select listing_key from touched)),
            next_day as (select listing_key, min(day) as day from store.counters
              where day > getvariable('day') and listing_key in (select listing_key from touched) group by listing_key),
            points as (
              -- what is said elsewhere than on this day
              select listing_key, valid_from as day, 1 as rank, {fields} as said from stretches where valid_from <> getvariable('day')
              union all  -- on this day, if it is still said
              select listing_key, getvariable('day'), 0, {fields} from speaking where listing_key in (select listing_key from touched)
              union all  -- and what held on this day goes on behind it
              select listing_key, next_day.day, 2, {fields} from stretches join next_day using (listing_key)
              where valid_from <= getvariable('day') and (valid_to is null or valid_to > next_day.day)),
            settled as (select listing_key, day, said from points
              qualify row_number() over (partition by listing_key, day order by rank) = 1),
            changes as (select listing_key, day, said from settled
              qualify row_number() over (partition by listing_key order by day) = 1
                or said is distinct from lag(said) over (partition by listing_key order by day))
            select listing_key, day as valid_from, lead(day) over (partition by listing_key order by day) as valid_to, unnest(said)
            from changes"""
    )
    con.execute("delete from store.attributes where listing_key in (select listing_key from touched)")
    con.execute("insert into store.attributes by name from rewritten")


def _drop_unseen(con: duckdb.DuckDBPyConnection) -> None:
    """Forget listings that no day holds any more: only a day replaced by another without them leaves such."""
    con.execute("drop table if exists unseen")
    con.execute(
        """create temp table unseen as select listing_key from before_this_day
           where listing_key not in (select listing_key from numbers) and listing_key not in (select listing_key from store.counters)"""
    )
    for table in ("store.attributes", "store.listing"):
        con.execute(f"delete from {table} where listing_key in (select listing_key from unseen)")


# A sweep that saw fewer listings than the hub counts is complete where its order may have moved under the walk; whether what it
# lacks is gone, the next complete one tells.
DEPARTURES = """select hub, last_listed_on, min(day) as gone_on
  from (select distinct hub, last_listed_on from store.listing)
  join (select hub, day, listed_total is null or records + rejected >= listed_total as saw_all
        from sweeps where complete and source = 'full') using (hub)
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
