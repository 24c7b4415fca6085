"""The history of listings' attributes: on each observed day what the leading source states that says anything of an attribute.

What no source of a day states goes on from before. A listing's stretches follow from what its sources state on which days, not
from the order of loading. Beside the stretches only those statements are stored that another source of the day overrules
(`store.overruled`): every other one can be read from the stretches.

The queries read variables hub, day, source; the view `keyed` and the tables `numbers`, `before_this_day`, `turns` of `days.py`.
"""

from datetime import date

import duckdb

from hubwatch.store import schema
from hubwatch.store.sql import slices

_NAMES = [column.name for column in schema.ATTRIBUTES]
_BITS = {name: 1 << at for at, name in enumerate(_NAMES)}
_ALL = sum(_BITS.values())
_COLUMNS = ", ".join(_NAMES)
_BYTES_A_LISTING = 4000  # of the memory allowed, that comparing its attributes may need: loading has half of it
_BATCH = 8  # later days looked at together: mostly the next one ends what a day's statement reaches


def _mask(speaks: list[str] | None) -> int:
    return _ALL if speaks is None else sum(_BITS[name] for name in speaks if name in _BITS)


def _mask_of(column: str) -> str:
    """The bits of a list of attributes in SQL; null stands for all."""
    named = " + ".join(f"if(list_contains({column}, '{name}'), {bit}, 0)" for name, bit in _BITS.items())
    return f"if({column} is null, {_ALL}, {named})"


def add_attributes(con: duckdb.DuckDBPyConnection, speaks: list[str] | None) -> None:
    """Go on with the stretches by what `keyed` states on a day after all others; `speaks` names what it states (None: all)."""
    if speaks == []:
        return
    spoken = [name for name in _NAMES if speaks is None or name in speaks]
    values = ", ".join(f"{'k' if name in spoken else 'a'}.{name} as {name}" for name in _NAMES)
    same = " and ".join(f"a.{name} is not distinct from k.{name}" for name in spoken)
    is_first = not con.execute("select 1 from store.attributes limit 1").fetchall()  # nothing to compare with: all at once
    for first, last in slices(con, 1 if is_first else _BYTES_A_LISTING):
        within = f"listing_key between {first} and {last}"
        con.execute(
            f"""insert into store.attributes by name
                select k.listing_key, getvariable('day') as valid_from, null::date as valid_to, {values}
                from (from keyed where {within}) k
                left join (from store.attributes where valid_to is null and {within}) a on a.listing_key = k.listing_key
                where a.listing_key is null or not ({same})"""
        )
    con.execute(
        """update store.attributes set valid_to = getvariable('day') where valid_to is null and valid_from < getvariable('day')
           and listing_key in (select listing_key from store.attributes where valid_from = getvariable('day'))"""
    )


def rewrite_attributes(con: duckdb.DuckDBPyConnection, before: list[str] | None, speaks: list[str] | None) -> None:
    """Renew the stretches of the listings that this source's statement touches: it stated `before` and states `speaks` now.

    Call it while `store.counters` holds what it held before, and `turns` the day's sources as they are now. A statement reaches
    as far as the next day on which the same attributes are stated again; stretches behind that stay.
    """
    reach = _mask(before) | _mask(speaks)
    if not reach:
        return
    _find_touched(con, changed=_mask(before) != _mask(speaks), mask=_mask(speaks))
    if not con.execute("select 1 from touched limit 1").fetchall():
        return
    _find_stated(con, _mask(speaks))
    _find_later(con, reach)
    _find_points(con)
    con.execute(
        """create or replace temp table rewritten as
            with changes as (select listing_key, day, said from points
              qualify row_number() over (partition by listing_key order by day) = 1
                or said is distinct from lag(said) over (partition by listing_key order by day))
            select listing_key, day as valid_from, lead(day) over (partition by listing_key order by day) as valid_to, unnest(said)
            from changes"""
    )
    _note_created(con)
    con.execute("delete from store.attributes where listing_key in (select listing_key from touched)")
    con.execute("insert into store.attributes by name from rewritten")
    con.execute("delete from store.overruled where day = getvariable('day') and listing_key in (select listing_key from touched)")
    lost = " or ".join(f"(mask & {bit} <> 0 and s.{name} is distinct from w.{name}.v)" for name, bit in _BITS.items())
    con.execute(
        f"""insert into store.overruled by name
            select s.listing_key, getvariable('day') as day, s.source, {", ".join(f"s.{name}" for name in _NAMES)}
            from stated s join settled w using (listing_key) where {lost}"""
    )
    for table in ("touched", "sharing", "stated", "settled", "later", "reached", "points", "rewritten"):
        con.execute(f"drop table {table}")


_HELD = (
    """store.attributes a on a.listing_key = {of}.listing_key and a.valid_from <= {day} and (a.valid_to is null or a.valid_to > {day})"""
)


def _find_touched(con: duckdb.DuckDBPyConnection, changed: bool, mask: int) -> None:
    """Tables `sharing` (listings of this day's source, with the others that have them) and `touched`."""
    ours = "(select listing_key from numbers union all select listing_key from before_this_day)"
    con.execute(
        f"""create or replace temp table sharing as select listing_key, source from store.counters
            where day = getvariable('day') and source <> getvariable('source') and listing_key in {ours}"""
    )
    if changed:
        con.execute(f"create or replace temp table touched as select distinct listing_key from {ours}")
        return
    same = " and ".join(f"a.{name} is not distinct from k.{name}" for name, bit in _BITS.items() if mask & bit)
    con.execute(
        """create or replace temp table touched as
            select listing_key from sharing union select listing_key from before_this_day anti join numbers using (listing_key)"""
    )
    for first, last in slices(con, _BYTES_A_LISTING):
        within = f"between {first} and {last}"
        con.execute(
            f"""insert into touched
                select k.listing_key from (from keyed where listing_key {within}) k
                left join {_HELD.format(of="k", day="getvariable('day')")} and a.listing_key {within}
                where a.listing_key is null or not ({same})
                except select listing_key from touched"""
        )


def _find_stated(con: duckdb.DuckDBPyConnection, mask: int) -> None:
    """Tables `stated` (what each source of the day states of a touched listing) and `settled` (which of it holds, as `{v}`)."""
    own = ", ".join(f"k.{name}" for name in _NAMES)
    others = ", ".join(
        f"case when mask & {bit} <> 0 then if(o.listing_key is null, a.{name}, o.{name}) end as {name}" for name, bit in _BITS.items()
    )
    con.execute(
        f"""create or replace temp table stated as
            select k.listing_key, source, {mask} as mask, turn, {own}
            from keyed k join turns on source = getvariable('source') where k.listing_key in (from touched)
            union all
            select s.listing_key, s.source, mask, turn, {others}
            from sharing s join (select source, turn, {_mask_of("speaks")} as mask from turns) using (source)
            left join store.overruled o on o.listing_key = s.listing_key and o.day = getvariable('day') and o.source = s.source
            left join {_HELD.format(of="s", day="getvariable('day')")}
            where s.listing_key in (from touched)"""
    )
    winners = ", ".join(f"arg_min(struct_pack(v := {name}), turn) filter (mask & {bit} <> 0) as {name}" for name, bit in _BITS.items())
    con.execute(f"create or replace temp table settled as select listing_key, {winners} from stated where mask <> 0 group by listing_key")


def _find_later(con: duckdb.DuckDBPyConnection, reach: int) -> None:
    """Tables `later` (observed days after this one, with what is stated on them) and `reached` (listing, the day that states all of `reach`)."""
    con.execute(
        f"""create or replace temp table spoken as select day, source, {_mask_of("speaks")} as mask
            from sweeps where hub = getvariable('hub') and day > getvariable('day')"""
    )
    con.execute("create or replace temp table later as select listing_key, day, 0 as mask from store.counters limit 0")
    con.execute("create or replace temp table reached as select listing_key, day as until from store.counters limit 0")
    con.execute(
        """create or replace temp table waiting as select listing_key, last_seen_on from touched join store.listing using (listing_key)
           where last_seen_on > getvariable('day')"""
    )
    days: list[date] = [day for (day,) in con.execute("select distinct day from spoken order by day").fetchall()]
    for at in range(0, len(days), _BATCH):
        if not con.execute("select 1 from waiting limit 1").fetchall():
            break
        span = [days[at], days[min(at + _BATCH, len(days)) - 1]]
        con.execute(
            """insert into later select listing_key, day, bit_or(mask) from store.counters join spoken using (day, source)
               join waiting using (listing_key) where day between ? and ? group by all""",
            span,
        )
        con.execute(
            f"""insert into reached select listing_key, min(day) from later join waiting using (listing_key)
                where day between ? and ? and mask & {reach} = {reach} group by listing_key""",
            span,
        )
        con.execute("delete from waiting where last_seen_on <= ? or listing_key in (select listing_key from reached)", span[1:])
    con.execute("delete from later where mask = 0")
    con.execute("drop table waiting; drop table spoken")


def _find_points(con: duckdb.DuckDBPyConnection) -> None:
    """Table `points`: a touched listing's attributes (`said`) on every day on which they may change."""
    whole = ", ".join(f"struct_pack(v := a.{name}) as {name}" for name in _NAMES)
    part = ", ".join(f"case when mask & {bit} <> 0 then struct_pack(v := a.{name}) end as {name}" for name, bit in _BITS.items())
    carried = ", ".join(
        f"last_value({name} ignore nulls) over (partition by listing_key order by day rows unbounded preceding) as {name}"
        for name in _NAMES
    )
    said = ", ".join(f"{name} := {name}.v" for name in _NAMES)
    con.execute(
        f"""create or replace temp table points as
            with found as (
              select a.listing_key, valid_from as day, {whole} from store.attributes a join touched using (listing_key)
                left join reached using (listing_key) where valid_from < getvariable('day') or valid_from > until
              union all by name
              select *, getvariable('day') as day from settled
              union all by name
              select l.listing_key, l.day, {part} from later l join {_HELD.format(of="l", day="l.day")}
                left join reached r on r.listing_key = l.listing_key where until is null or l.day < until
              union all by name
              select r.listing_key, until as day, {whole} from reached r join {_HELD.format(of="r", day="until")}
            )
            select listing_key, day, struct_pack({said}) as said from (select listing_key, day, {carried} from found)"""
    )


def _note_created(con: duckdb.DuckDBPyConnection) -> None:
    """Remember the days whose flags rest on a creation time that has changed."""
    con.execute(
        f"""insert into store.unmeasured by name
            select getvariable('hub') as hub, getvariable('day') as day, max(coalesce(until, last_seen_on + 1)) as until
            from touched t join store.listing using (listing_key) left join reached using (listing_key)
            left join {_HELD.format(of="t", day="getvariable('day')")}
            left join rewritten w on w.listing_key = t.listing_key and w.valid_from <= getvariable('day')
              and (w.valid_to is null or w.valid_to > getvariable('day'))
            where a.created_at is distinct from w.created_at having count(*) > 0"""
    )
