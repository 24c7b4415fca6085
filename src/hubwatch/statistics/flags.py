"""Reasons to doubt a number, found by comparing a hub's days: the table `flags`."""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from hubwatch.errors import StatisticsError
from hubwatch.statistics.health import settle_health
from hubwatch.store import Value, literal, slices, substitute

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
_AT_ONCE = 100_000  # observations of several days that one query looks at


class _Span(NamedTuple):
    """A day with the observed days before and after it, and that of a month before."""

    day: date
    before: list[date]
    after: list[date]
    month: date | None


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
        for position in sorted(ahead):
            _flag_days(con, hub, [_neighbours(days, position)], ahead=True)
        for batch in _batches(con, hub, days, sorted(anew)):
            _flag_days(con, hub, [_neighbours(days, position) for position in batch], ahead=False)
        looked_at += len(anew | ahead)
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


def _batches(con: duckdb.DuckDBPyConnection, hub: str, days: list[date], positions: list[int]) -> Iterator[list[int]]:
    """Positions of days to look at in one query: for small days, planning it takes longer than running it."""
    memory = con.execute("select parse_formatted_bytes(coalesce(getvariable('memory_limit'), current_setting('memory_limit')))").fetchall()[
        0
    ][0]
    most = min(_AT_ONCE, memory // _BYTES_A_LISTING // 4)
    rows = dict(con.execute("select day, sum(coalesce(records, 0))::bigint from sweeps where hub = ? group by day", [hub]).fetchall())
    batch: list[int] = []
    for position in positions:
        if batch and sum(rows[days[one]] for one in (*batch, position)) > most:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def _flag_days(con: duckdb.DuckDBPyConnection, hub: str, spans: list[_Span], ahead: bool) -> None:
    """Renew the flags of these days, of one day in slices of listings that fit into the memory allowed; with `ahead` those that later days decide."""
    days = [span.day for span in spans]
    con.execute(
        "create or replace temp table affected (listing_key integer)" if not ahead else substitute(_AFFECTED, {"hub": hub, "day": days[0]})
    )
    if ahead and not con.execute("from affected limit 1").fetchall():
        return
    _stage_spans(con, spans, ahead)
    con.execute("create or replace temp table found_flags as select null::bigint as listing_key, * from flags where false")
    query = (_FOLDER / "observations.sql").read_text("utf-8")
    values: dict[str, Value] = {"hub": hub, "ahead": ahead, **_bounds(spans)}
    for first, last in [(0, _LAST)] if ahead or len(spans) > 1 else _slices(con):
        con.execute("insert into found_flags by name " + substitute(query, values | {"first": first, "last": last}))
    if ahead:
        con.execute(f"delete from flags where hub = ? and day = ? and flag in {_AHEAD}", [hub, days[0]])
    else:
        con.execute("delete from flags where hub = ? and list_contains(?::date[], day)", [hub, days])
        con.execute("delete from store.rises where hub = ? and list_contains(?::date[], day)", [hub, days])
        con.execute("insert into store.rises by name select hub, day, listing_key from found_flags where flag = 'rose'")
    con.execute("insert into flags by name select * exclude (listing_key) from found_flags where flag <> 'rose'")
    con.execute("drop table found_flags; drop table affected; drop table spans")


def _stage_spans(con: duckdb.DuckDBPyConnection, spans: list[_Span], ahead: bool) -> None:
    """Table `spans`: the days to look at, each with those it is compared with, and whether a counter is reported on one of the days before
    (where few listings are looked at, assumed)."""
    asked = sorted({day for span in spans for day in span.before})
    reports = {day: (True, True) if ahead else _reports(con, day) for day in asked}
    rows = [
        f"({literal(span.day)}, {literal(span.before)}, {literal(max(span.before))}, {literal(span.after)}, {literal(span.month)}::date, "
        f"{literal(any(reports[day][0] for day in span.before))}, {literal(any(reports[day][1] for day in span.before))})"
        for span in spans
    ]
    con.execute(
        f"""create or replace temp table spans as
            from (values {", ".join(rows)}) s(day, before, last_before, after, month, reports_rolling, reports_cumulative)"""
    )


def _bounds(spans: list[_Span]) -> dict[str, Value]:
    """The first and last of the days that are looked at and compared with."""
    months = [span.month for span in spans if span.month is not None] or [date.max]
    lasts = [max(span.before) for span in spans]
    return {
        "first_day": min(span.day for span in spans),
        "last_day": max(span.day for span in spans),
        "first_before": min(day for span in spans for day in span.before),
        "first_last_before": min(lasts),
        "last_before": max(lasts),
        "first_after": min(day for span in spans for day in span.after),
        "last_after": max(day for span in spans for day in span.after),
        "first_month": min(months),
        "last_month": max(months),
    }


def _reports(con: duckdb.DuckDBPyConnection, day: date) -> tuple[bool, bool]:
    """Whether a hub has the rolling and the cumulative counter on this day."""
    rolling, cumulative = (
        bool(con.execute(f"select 1 from store.counters where day = ? and {column} is not null limit 1", [day]).fetchall())
        for column in ("downloads_30d", "downloads_total")
    )
    return rolling, cumulative


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


def _neighbours(days: list[date], at: int) -> _Span:
    """The day at this position with those that it is compared with."""
    month = [day for day in days[:at] if abs(days[at] - day - _MONTH) <= _MONTH_TOLERANCE]
    return _Span(
        days[at],
        days[max(0, at - _AROUND) : at] or [date.min],
        days[at + 1 : at + 1 + _AROUND] or [date.max],
        min(month, key=lambda day: abs(days[at] - day - _MONTH)) if month else None,
    )
