"""Shares day by day: `download_share` of each day, so that a new day costs one day; earlier ones are read back from the site's own data."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.errors import StatisticsError
from hubwatch.report.asking import as_asked
from hubwatch.report.words import clean, slug
from hubwatch.statistics import counted_anew, definitions, run

_DAYS, _WEEKS = 45, 13
_ROWS = 300  # groups of a day that are kept, the largest
FOLDER = "data/history"


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
        noted = f"-{_digest(self.extent)[:4]}" if ": " in self.extent else ""
        return f"{slug(self.hub)}-{slug(self.source)}{noted}"


def panels(con: duckdb.DuckDBPyConnection) -> list[Panel]:
    """Each hub's days by what they cover. Only complete sweeps and published snapshots: others see they know not what."""
    rows = con.execute(
        """select hub, sweep, extent || coalesce(': ' || extent_note, '') as extent, list(day order by day) from days
            where complete or starts_with(sweep, 'archive') group by all order by hub, max(day) desc, sweep, extent"""
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


class History:
    """Shares of one panel by one grouping, kept in the site's folder between builds."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path, labels: str) -> None:
        self.con, self.folder, self.labels = con, folder, labels
        self.computed = 0

    def over(self, panel: Panel, statistic: str, wanted: dict[str, str], by: tuple[str, ...]) -> dict[str, Any] | None:
        """`{"asked", "columns", "days": {day: {"rows", "notes"}}}` of every day shown; none where the statistic cannot be asked so."""
        asked = as_asked(statistic, {"hub": panel.hub, **wanted}, by)
        if asked is None or any(asked.get(name) != value for name, value in wanted.items()):
            return None
        version = next(one.sql for one in definitions() if one.name == statistic)
        name = file_name(panel, statistic, asked)
        held, days = self._held(name), {}
        for day in panel.days:
            made_from = _digest(version, self.labels, self._content(panel.hub, day))
            one = held.get(day.isoformat())
            if not one or one.get("made_from") != made_from or "flagged_part" not in one:
                one = self._of_day(statistic, asked, day, made_from)
            if one:
                days[day.isoformat()] = one
        said = {"version": 1, "hub": panel.hub, "source": panel.source, "extent": panel.extent, "statistic": statistic}
        return {**said, "asked": asked, "days": days, "rules": self._rules(panel.hub, asked.get("metric", ""), sorted(days)), "file": name}

    def _rules(self, hub: str, metric: str, days: list[str]) -> list[list[str]]:
        """The days on which the hub changed what it counts as a download, with the new rule, as far as these days rest on them."""
        if not days:
            return []
        first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
        return [[day.isoformat(), rule] for day, rule in counted_anew(self.con, hub, first, last, metric)]

    def _of_day(self, statistic: str, asked: dict[str, str], day: date, made_from: str) -> dict[str, Any] | None:
        try:
            result = run(self.con, statistic, **asked, day=day)
        except StatisticsError:
            return None  # the hub does not report this counter on that day: the series has no point there
        self.computed += 1
        context = result.context
        rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows[:_ROWS]]
        return {
            "made_from": made_from,
            "denominator": context.denominator,
            "notes": list(context.warnings),
            "rows": rows,
            "labelled": context.labelled,
            "models": context.models,
            "flagged_part": context.flagged.told(False, cure=False) if context.flagged else None,
        }

    def _content(self, hub: str, day: date) -> str:
        return str(self.con.execute("select sweep, content_hash from days where hub = ? and day = ?", [hub, day]).fetchall())

    def _held(self, name: str) -> dict[str, Any]:
        """What an earlier build computed; a file that cannot be read is computed anew."""
        path = self.folder / name
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        days = found.get("days") if isinstance(found, dict) else None
        return days if isinstance(days, dict) else {}


def file_name(panel: Panel, statistic: str, asked: dict[str, str]) -> str:
    parts = [panel.slug, statistic, asked.get("metric", ""), "by", asked.get("by", "")]
    return f"{FOLDER}/{'-'.join(slug(part) for part in parts if part)}.json"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def version_of_labels(con: duckdb.DuckDBPyConnection) -> str:
    """Changes when any label of any namespace does."""
    return str(con.execute("select count(*), sum(hash(o)::hugeint) from origins o").fetchall())
