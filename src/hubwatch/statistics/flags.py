"""Reasons to doubt a number, found by comparing a hub's days: the table `flags`."""

import hashlib
from datetime import date, timedelta
from pathlib import Path

import duckdb

from hubwatch.errors import StatisticsError
from hubwatch.store import Value, substitute

_FOLDER = Path(__file__).parent / "sql" / "flags"
_BYTES_A_LISTING = 2500  # of the memory allowed, that comparing a listing's days may need: three million at once need more than 1 GB
_AHEAD = "('downloads_total_dropped', 'downloads_total_fell', 'downloads_total_spiked', 'downloads_total_jumped')"  # rest on later days
_AROUND = 3  # observed days looked at on either side: a listing may be missing from one
_MONTH = timedelta(days=30)
_MONTH_TOLERANCE = timedelta(days=3)


def flag_days(con: duckdb.DuckDBPyConnection) -> int:
    """Renew the flags of every day that was loaded since flags were last made, and of the days that are compared with it.

    Returns how many days were looked at: all of them when the rules are not those of the last time.
    """
    paths = sorted(_FOLDER.glob("*.sql"))
    rules = hashlib.sha256(b"".join(path.read_bytes() for path in (Path(__file__), *paths))).hexdigest()
    everything = con.execute("select rules from store.flagged").fetchall() != [(rules,)]
    looked_at = 0
    for hub, days, changed in _days_by_hub(con, everything):
        con.execute("delete from flags where hub = ? and not list_contains(?::date[], day)", [hub, days])
        for position in _touched(days, changed):
            _flag_day(con, _neighbours(hub, days, position), ahead=days[position] < min(changed))
            looked_at += 1
    con.execute("delete from store.flagged")
    con.execute("insert into store.flagged (rules) values (?)", [rules])
    return looked_at


def _flag_day(con: duckdb.DuckDBPyConnection, values: dict[str, Value], ahead: bool) -> None:
    """Renew the flags of one day, in slices of listings that fit into the memory allowed; with `ahead` those that later days decide."""
    con.execute("drop table if exists found_flags")
    con.execute("create temp table found_flags as from flags where false")
    for first, last in _slices(con):
        values |= {"first": first, "last": last, "ahead": ahead}
        con.execute("insert into found_flags by name " + substitute((_FOLDER / "observations.sql").read_text("utf-8"), values))
    if ahead:
        con.execute(f"delete from flags where hub = ? and day = ? and flag in {_AHEAD}", [values["hub"], values["day"]])
    else:
        con.execute("delete from flags where hub = ? and day = ?", [values["hub"], values["day"]])
        con.execute("insert into flags by name " + substitute((_FOLDER / "days.sql").read_text("utf-8"), values))
    con.execute("insert into flags by name from found_flags")
    con.execute("drop table found_flags")


def _slices(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """First and last numbers of listings that are compared at once."""
    last, memory = con.execute(
        """select (select coalesce(max(listing_key), 0) from store.listing),
             parse_formatted_bytes(coalesce(getvariable('memory_limit'), current_setting('memory_limit')))"""
    ).fetchall()[0]
    size = max(1, memory // _BYTES_A_LISTING)
    return [(first, min(first + size - 1, last)) for first in range(0, last + 1, size)]


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


def _days_by_hub(con: duckdb.DuckDBPyConnection, everything: bool) -> list[tuple[str, list[date], list[date]]]:
    """Each hub with its observed days in order, and those loaded since the last finished `measure`."""
    con.execute("delete from flags where hub not in (select hub from days)")
    return con.execute(
        """with last as (select max(started_at) as measured_at from runs where stage = 'measure' and status = 'done'),
           loaded as (
             select hub, day, max(loaded_at) as loaded_at, bool_or(loaded_at is null) as undated from sweeps group by all)
           select hub, list(day order by day),
             coalesce(list(day) filter ($everything or measured_at is null or undated or loaded_at >= measured_at), [])
           from loaded, last group by hub order by hub""",
        {"everything": everything},
    ).fetchall()


def _touched(days: list[date], changed: list[date]) -> range:
    """Positions of the days whose flags may rest on a changed day: a few before the first, and all after it.

    A later day is judged by the last complete day before it, and its listings by when they were first seen, however long ago.
    """
    return range(max(0, days.index(min(changed)) - _AROUND), len(days)) if changed else range(0)


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
