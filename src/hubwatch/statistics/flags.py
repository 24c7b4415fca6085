"""Reasons to doubt a number, found by comparing a hub's days: the table `flags`."""

import hashlib
from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from pathlib import Path

import duckdb

from hubwatch.errors import StatisticsError
from hubwatch.statistics.health import settle_health
from hubwatch.store import Value, slices, substitute

_FOLDER = Path(__file__).parent / "sql" / "flags"
_BYTES_A_LISTING = 2500  # of the memory allowed, that comparing a listing's days may need: three million at once need more than 1 GB
_AHEAD = "('downloads_total_dropped', 'downloads_total_fell', 'downloads_total_spiked', 'downloads_total_jumped')"  # rest on later days
_LAST = 2**62  # above any number of a listing
_AROUND = 3  # observed days looked at on either side: a listing may be missing from one
# The listings that a later day may flag on this one, or whose flag tells what was observed later.
_AFFECTED = f"""create or replace temp table affected as
  select listing_key from store.rises where hub = $hub and day = $day
  union
  select listing_key from flags join store.listing using (hub, model_id) where hub = $hub and day = $day and flag in {_AHEAD}"""
_MONTH = timedelta(days=30)
_MONTH_TOLERANCE = timedelta(days=3)
_NEW_FOR = timedelta(days=8)


def flag_days(con: duckdb.DuckDBPyConnection) -> int:
    """Renew health and flags of every day that was loaded, replaced or taken away since they were last made, and of the days that
    are compared with it.

    Returns how many days were looked at: all of them when the rules are not those of the last time.
    """
    paths = [*sorted(_FOLDER.glob("*.sql")), *sorted(_FOLDER.parent.glob("health/*.sql"))]
    rules = hashlib.sha256(b"".join(path.read_bytes() for path in (Path(__file__), *paths))).hexdigest()
    everything = con.execute("select rules from store.flagged").fetchall() != [(rules,)]
    changed = _changed(con)
    settle_health(con, None if everything else {hub: {day for day, _ in spans} for hub, spans in changed.items()}, _slices)
    for table in ("flags", "store.rises"):
        con.execute(f"delete from {table} where (hub, day) not in (select (hub, day) from sweeps)")
    looked_at = 0
    for hub, days in con.execute("select hub, list(distinct day order by day) from sweeps group by hub order by hub").fetchall():
        anew, ahead = (set(range(len(days))), set()) if everything else _due(days, changed.get(hub, []))
        for position in sorted(anew | ahead):
            _flag_day(con, _neighbours(hub, days, position), ahead=position not in anew)
            looked_at += 1
    con.execute("delete from flags where model_id = '' and starts_with(flag, 'day_')")
    con.execute(
        """insert into flags by name select hub, '' as model_id, day, 'day_' || health as flag, health_note as detail
           from days where health is not null and health <> 'ok'"""
    )
    con.execute("delete from flags where flag = 'not_read'")
    con.execute(
        """insert into flags by name select hub, model_id, day, 'not_read' as flag, string_agg(distinct reason, '; ' order by reason) as detail
           from rejects join days using (hub, day, source) where model_id is not null group by hub, model_id, day"""
    )
    con.execute("delete from store.flagged; delete from store.unmeasured")
    con.execute("insert into store.flagged (rules) values (?)", [rules])
    return looked_at


def _flag_day(con: duckdb.DuckDBPyConnection, values: dict[str, Value], ahead: bool) -> None:
    """Renew the flags of one day, in slices of listings that fit into the memory allowed; with `ahead` those that later days decide."""
    con.execute(substitute(_AFFECTED, values))
    if ahead and not con.execute("from affected limit 1").fetchall():
        return
    con.execute("create or replace temp table found_flags as select null::bigint as listing_key, * from flags where false")
    query = (_FOLDER / "observations.sql").read_text("utf-8")
    values |= {"ahead": ahead, **_reports(con, values, ahead)}
    for first, last in [(0, _LAST)] if ahead else _slices(con):
        con.execute("insert into found_flags by name " + substitute(query, values | {"first": first, "last": last}))
    of_day = [values["hub"], values["day"]]
    if ahead:
        con.execute(f"delete from flags where hub = ? and day = ? and flag in {_AHEAD}", of_day)
    else:
        con.execute("delete from flags where hub = ? and day = ?", of_day)
        con.execute("delete from store.rises where hub = ? and day = ?", of_day)
        con.execute("insert into store.rises by name select hub, day, listing_key from found_flags where flag = 'rose'")
    con.execute("insert into flags by name select * exclude (listing_key) from found_flags where flag <> 'rose'")
    con.execute("drop table found_flags; drop table affected")


def _reports(con: duckdb.DuckDBPyConnection, values: dict[str, Value], ahead: bool) -> dict[str, Value]:
    """Whether a hub has the rolling and the cumulative counter on one of the days before; where few listings are looked at, assumed."""
    query = """select 1 from store.counters where day between list_min($before) and list_max($before) and list_contains($before, day)"""
    asked = substitute(query, values)
    counters = {"reports_rolling": "downloads_30d", "reports_cumulative": "downloads_total"}
    return {name: ahead or bool(con.execute(f"{asked} and {column} is not null limit 1").fetchall()) for name, column in counters.items()}


def _slices(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    return slices(con, _BYTES_A_LISTING)


def flags_of(con: duckdb.DuckDBPyConnection, hub: str | None = None, day: date | None = None) -> list[tuple[str, date, str, str, str]]:
    """Hub, day, flag, model_id (empty: the day as a whole) and detail, newest first; of one hub or day where asked.

    Raises `StatisticsError` for a day on which nothing was observed: it is not a day without doubts.
    """
    asked = {"hub": hub, "day": day}
    found = con.execute(
        """select hub, day, flag, model_id, detail from flags
           where (hub = $hub or $hub is null) and (day = $day or $day is null) order by day desc, hub, flag, model_id""",
        asked,
    ).fetchall()
    seen = "select 1 from days where (hub = $hub or $hub is null) and day = $day limit 1"
    if day and not found and not con.execute(seen, asked).fetchall():
        raise StatisticsError(f"{hub or 'no hub'} was {'not ' if hub else ''}observed on {day}; leave --day out for all days")
    return found


def _changed(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[date, date]]]:
    """For each hub the stretches of changed days: the first, and the day behind the last."""
    rows = con.execute("select hub, day, max(coalesce(until, day + 1)) from store.unmeasured group by all order by all").fetchall()
    found: dict[str, list[tuple[date, date]]] = {}
    for hub, day, until in rows:
        found.setdefault(hub, []).append((day, until))
    return found


def _due(days: list[date], changed: list[tuple[date, date]]) -> tuple[set[int], set[int]]:
    """Positions of the days whose flags are to be made anew, and of those for which later days alone have changed.

    A day is compared with some days before and after it, and with that of a month before; a listing is new for a week, unless the
    hub itself is: where its first day changes, that concerns the week from the next one on.
    """
    anew: set[int] = set()
    ahead: set[int] = set()
    for day, until in changed:
        first, last = bisect_left(days, day), bisect_left(days, until)
        anew |= {*range(first, last), *range(last, min(last + _AROUND, len(days)))}
        ahead |= set(range(max(0, first - _AROUND), first))
        months = (day + _MONTH - _MONTH_TOLERANCE, until - timedelta(days=1) + _MONTH + _MONTH_TOLERANCE)
        anew |= set(range(bisect_left(days, months[0]), bisect_right(days, months[1])))
        if first == 0 and (after := bisect_right(days, day)) < len(days):
            anew |= set(range(after, bisect_right(days, days[after] + _NEW_FOR)))
    return anew, ahead - anew


def _neighbours(hub: str, days: list[date], at: int) -> dict[str, Value]:
    """The parameters of the flag queries for the day at this position."""
    month = [day for day in days[:at] if abs(days[at] - day - _MONTH) <= _MONTH_TOLERANCE]
    return {
        "hub": hub,
        "day": days[at],
        "before": days[max(0, at - _AROUND) : at] or [date.min],
        "after": days[at + 1 : at + 1 + _AROUND] or [date.max],
        "month": min(month, key=lambda day: abs(days[at] - day - _MONTH)) if month else None,
    }
