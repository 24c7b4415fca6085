"""Panels: the days of one hub that cover the same part of it, and which of them a series shows."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import duckdb

from hubwatch.report.words import clean, slug

_DAYS, _WEEKS = 45, 13


@dataclass(frozen=True)
class Panel:
    """The days of one hub that cover the same part of it, so that they can be compared; `days` are those shown, in order."""

    hub: str
    source: str
    extent: str
    days: tuple[date, ...]
    observed: int

    @property
    def slug(self) -> str:
        """Part of addresses: the hub, the source, and where the extent is one of several in words, a sign of it."""
        noted = f"-{sha256(self.extent.encode('utf-8', 'surrogatepass')).hexdigest()[:4]}" if ": " in self.extent else ""
        return f"{slug(self.hub)}-{slug(self.source)}{noted}"


def panels(con: duckdb.DuckDBPyConnection) -> list[Panel]:
    """Each hub's days by what they cover. Only complete sweeps and published snapshots of days that counted: others see they know not what."""
    rows = con.execute(
        """select hub, sweep, extent || coalesce(': ' || extent_note, '') as extent, list(day order by day) from days
            where (complete or starts_with(sweep, 'archive')) and coalesce(health, 'ok') not in ('partial', 'stalled', 'rolled_back', 'dipped')
            group by all order by hub, bool_or(starts_with(extent, 'whole')) desc, count(*) desc, max(day) desc, sweep, extent"""
    ).fetchall()
    return [Panel(hub, sweep, told, tuple(thinned(days)), len(days)) for hub, sweep, told, days in rows]


def told_extent(panel: Panel) -> str:
    kind, _, note = panel.extent.partition(": ")
    if note:
        return clean(note)
    if panel.source.startswith("archive"):
        return "published snapshots, not the whole hub"
    known = {
        "whole": "the whole hub",
        "head": "its most downloaded models, not the whole hub",
        "selection": "a selection, not the whole hub",
    }
    return known.get(kind, {"full": "all that was listed"}.get(panel.source, f"{panel.source} sweeps, not the whole hub"))


def thinned(days: list[date]) -> list[date]:
    """All days of the last weeks, then the last day of each week, then of each month: as many as a chart can show."""
    if len(days) <= _DAYS:
        return days
    recent = days[-14:]
    weekly = {day.isocalendar()[:2]: day for day in days if (days[-1] - day).days <= 7 * _WEEKS}
    monthly = {(day.year, day.month): day for day in days}
    return sorted({*recent, *weekly.values(), *monthly.values()})


def monthly(days: tuple[date, ...]) -> list[date]:
    """The last day of each month, and the two last days, of which the reader sees what changed."""
    return sorted({*days[:1], *{(day.year, day.month): day for day in days}.values(), *days[-2:]})


def told_source(panel: Panel) -> str:
    """What distinguishes the panel from the whole hub, in a few words."""
    kind = panel.extent.partition(":")[0] or panel.source
    if kind in ("whole", "full"):
        return ""
    named = {"head": "its most downloaded models", "selection": "a selection", "window": "new models"}
    return f" ({named.get(kind, clean(panel.source))})"
