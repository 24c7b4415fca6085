"""How far a source's counters of a day can be trusted as a whole: `health` of every row in `sweeps`.

Comparing two days is the work of minutes at millions of listings: its figures are kept in `store.steps` and made again only for
days that changed or got another neighbour. The rules, one SQL file each in `sql/health`, read these figures of all days anew.
"""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import duckdb

from hubwatch.store import Value, insert_rows, substitute

_FOLDER = Path(__file__).parent / "sql" / "health"
# The first that says something of a day holds: what is missing or wrong in itself before what only moves the day's flow.
RULES = ("partial", "rolled_back", "dipped", "stalled", "catch_up", "slow")
_SEVERITY = ("partial", "rolled_back", "dipped", "stalled", "catch_up", "ok")
_LARGER = 2000  # that many of the largest counters are looked at: the seventeen hundred of 60,000 a month and more, on a large hub
_LEAST_RATE = 20  # downloads within the step that a listing of them must be due: then standing still is no chance
_THIRTY = 30  # days of a rolling counter: sums are divided when they are whole, so that they do not depend on the order of their rows
_COURSE = 8  # days of a source after which a roll-back that is not back is a correction
_GIVEN = """select listing_key, downloads_30d, downloads_total from store.counters
  where day = $before and source = $source and listing_key in (select listing_key from hub_keys)"""
_RISEN = """select listing_key, (given.downloads_total - past.downloads_total) / ($before - $earlier)::double as rate
  from given join store.counters past using (listing_key) where past.day = $earlier and past.source = $source"""
_MANY = 10_000  # listings of a step
_KEPT_AT_ONCE = 100  # steps of few listings
Slices = Callable[[duckdb.DuckDBPyConnection], list[tuple[int, int]]]
Source = tuple[str, str]


def settle_health(con: duckdb.DuckDBPyConnection, changed: dict[str, set[date]] | None, slices: Slices) -> None:
    """Renew `health` and `health_note` of every source's days; `changed` names each hub's changed days, None: all."""
    if changed is None:
        con.execute("delete from store.steps; delete from store.recoveries")
    days = _days(con)
    _renew_steps(con, days, changed or {}, slices)
    _stage(con)
    _renew_recoveries(con, days, changed or {}, slices)
    con.execute("create or replace temp view recoveries as from store.recoveries")
    said = " union all ".join(f"select *, {at} as rule from ({_rule(name)})" for at, name in enumerate(RULES))
    con.execute(
        f"""create or replace temp table judged as select hub, source, day, health, note from ({said})
            qualify row_number() over (partition by hub, source, day order by list_position({list(_SEVERITY)}, health), rule, note) = 1"""
    )
    con.execute(
        """update sweeps set health = found.health, health_note = found.note
           from (select hub as h, source as s, day as d, coalesce(judged.health, 'ok') as health, note
                 from sweeps left join judged using (hub, source, day)) found
           where hub = h and source = s and day = d and (sweeps.health, health_note) is distinct from (found.health, found.note)"""
    )
    for view in ("recoveries", "falls", "stalls", "loaded_days", "steps"):
        con.execute(f"drop view {view}")
    con.execute("drop table judged; drop table part_days")


def _rule(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text("utf-8")


def _days(con: duckdb.DuckDBPyConnection) -> dict[Source, list[date]]:
    """The days of each source, in order."""
    return {
        (hub, source): days
        for hub, source, days in con.execute("select hub, source, list(day order by day) from sweeps group by all").fetchall()
    }


def _renew_steps(con: duckdb.DuckDBPyConnection, days: dict[Source, list[date]], changed: dict[str, set[date]], slices: Slices) -> None:
    """Make `store.steps` hold each source's steps from one of its days to the next, and no other."""
    held = {
        (hub, source, day): (before, earlier)
        for hub, source, day, before, earlier in con.execute("select hub, source, day, before, earlier from store.steps").fetchall()
    }
    wanted = {}
    for (hub, source), own in days.items():
        for at, (before, day) in enumerate(pairwise(own), 1):
            wanted[hub, source, day] = (before, own[at - 2] if at > 1 else None)
    for gone in [key for key in held if wanted.get(key) != held[key] or {key[2], *held[key]} & changed.get(key[0], set())]:
        con.execute("delete from store.steps where hub = ? and source = ? and day = ?", list(gone))
        del held[gone]
    due = sorted(key for key in wanted if key not in held)
    parts = slices(con) if due else []
    for hub in sorted({hub for hub, *_ in due}):
        con.execute("create or replace temp table hub_keys as select listing_key from store.listing where hub = ?", [hub])
        made: list[dict[str, Value]] = []
        for source, day in [key[1:] for key in due if key[0] == hub]:
            before, earlier = wanted[hub, source, day]
            step: dict[str, Value] = {"hub": hub, "source": source, "day": day, "before": before, "earlier": earlier}
            figures = _figures_of_step(con, step, parts)
            made.append({**step, **figures})
            if len(made) == _KEPT_AT_ONCE or figures["counted"] > _MANY:  # what takes long is kept at once
                insert_rows(con, "store.steps", made)
                made = []
        insert_rows(con, "store.steps", made)
        con.execute("drop table hub_keys")


def _figures_of_step(con: duckdb.DuckDBPyConnection, step: dict[str, Value], slices: list[tuple[int, int]]) -> dict[str, float]:
    """What became of a source's counters from one of its days to the next."""
    given = substitute(_GIVEN, step)
    is_rolling = con.execute(f"select 1 from ({given}) where downloads_30d is not null limit 1").fetchall()
    rates = "select listing_key, downloads_30d / 30 as rate from given" if is_rolling else _RISEN
    con.execute(
        substitute(
            f"""create or replace temp table larger as with given as ({given})
                select listing_key, rate from ({rates}) where rate * ($day - $before) >= {_LEAST_RATE}""",
            step,
        )
    )
    con.execute(f"delete from larger where rate < (select list_min(max(rate, {_LARGER})) from larger)")  # equals are all in, or all out
    query = _rule("step")
    parts = [_figures(con, substitute(query, step | {"first": first, "last": last})) for first, last in slices]
    figures = {name: sum(part[name] for part in parts) for name in parts[0]}
    figures["usual"] /= _THIRTY
    con.execute("drop table larger")
    return figures


def _figures(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, float]:
    found = con.execute(query)
    return dict(zip([column[0] for column in found.description or ()], found.fetchall()[0], strict=True))


# The largest part of a counter's sum that rejected records have, of days with such.
_HEAVIEST = """select hub, source, day, greatest(max(rejected_30d) / nullif(max(rejected_30d) + coalesce(sum(downloads_30d), 0), 0),
    max(rejected_total) / nullif(max(rejected_total) + coalesce(sum(downloads_total), 0), 0)) as heaviest
  from (from sweeps where rejected_30d > 0 or rejected_total > 0) join store.listing using (hub)
  left join store.counters using (listing_key, day, source) group by all"""


def _stage(con: duckdb.DuckDBPyConnection) -> None:
    """Views `loaded_days`, `steps`, `falls` and `stalls`, which the rules read."""
    con.execute(
        f"""create or replace temp view loaded_days as
           select hub, source, day, records, coalesce(extent, if(source = 'full', 'whole', 'selection')) as extent, is_archive,
             not complete and not is_archive as is_cut, heaviest, unread_30d, unread_total, sum_30d, sum_total
           from (select *, starts_with(source, 'archive:') as is_archive from sweeps) left join store.steps using (hub, source, day)
           left join ({_HEAVIEST}) using (hub, source, day)"""
    )
    con.execute(f"create or replace temp table part_days as select hub, source, day from ({_rule('partial')})")
    con.execute(
        f"""create or replace temp view steps as
            with numbered as (
              select *, row_number() over (partition by hub, source order by day) as number,
                -- against what the same listings' rolling counters lead to expect, so that other listings change nothing
                case when day - before <= 3 and counted >= 20 and not is_part and coalesce(usual, 0) = 0 then flow / (day - before)
                  when day - before <= 3 and counted >= 20 and not is_part and usual >= {5 * _LEAST_RATE} then flow / usual end as rate
              from (select *, (hub, source, day) in (select (hub, source, day) from part_days)
                  or (hub, source, before) in (select (hub, source, day) from part_days) as is_part from store.steps)),
            rated as (
              select *, rate / nullif(if(count(rate) over fortnight >= 5, median(rate) over fortnight, if(usual > 0, 1, null)), 0) as ratio
              from numbered window fortnight as (partition by hub, source order by number rows between 7 preceding and 7 following)),
            beside as (select *, lag(ratio) over course as ratio_before, lead(ratio) over course as ratio_after
              from rated window course as (partition by hub, source order by number))
            select * exclude (ratio_before, ratio_after), case
                when ratio_before > 1.3 and ratio + ratio_before between 1.6 and 2.4 then ratio_before
                when ratio_after > 1.3 and ratio + ratio_after between 1.6 and 2.4 then ratio_after end as makes_up
            from beside"""
    )
    con.execute(f"create or replace temp view falls as {_rule('falls')}")
    con.execute(
        f"""create or replace temp view stalls as select hub, source, day, number, makes_up
            from ({_rule("stalled")}) join steps using (hub, source, day)"""
    )


_SHORTFALL = """with fallen as (
  select listing_key, b.downloads_total as was, coalesce(b.downloads_30d, 0) as month
  from (from store.counters where day = $before and source = $source and listing_key between $first and $last) b
  join (from store.counters where day = $start and source = $source and listing_key between $first and $last) n using (listing_key)
  where n.downloads_total < b.downloads_total and listing_key in (select listing_key from store.listing where hub = $hub))
select coalesce(sum(30 * (was - downloads_total) + month * ($day - $before)), 0)::double as shortfall
from fallen join store.counters using (listing_key) where day = $day and source = $source and listing_key between $first and $last"""


def _renew_recoveries(
    con: duckdb.DuckDBPyConnection, days: dict[Source, list[date]], changed: dict[str, set[date]], slices: Slices
) -> None:
    """Make `store.recoveries` hold the course of every roll-back, and nothing else."""
    starts = con.execute("select hub, source, start, before from falls").fetchall()
    wanted = {
        (hub, source, start, before, day)
        for hub, source, start, before in starts
        for day in [one for one in days[hub, source] if one >= start][:_COURSE]
    }
    held = set(con.execute("select hub, source, start, before, day from store.recoveries").fetchall())
    for gone in [key for key in held if key not in wanted or set(key[2:]) & changed.get(key[0], set())]:
        con.execute("delete from store.recoveries where hub = ? and source = ? and start = ? and before = ? and day = ?", list(gone))
        held.remove(gone)
    for hub, source, start, before, day in sorted(wanted - held):
        step: dict[str, Value] = {"hub": hub, "source": source, "start": start, "before": before, "day": day}
        parts = [_figures(con, substitute(_SHORTFALL, step | {"first": first, "last": last})) for first, last in slices(con)]
        insert_rows(con, "store.recoveries", [{**step, "shortfall": sum(part["shortfall"] for part in parts) / _THIRTY}])
