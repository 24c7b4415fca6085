"""Shares day by day: `download_share` of each day, so that a new day costs one day; earlier ones are read back from the site's own data."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.report.labels import Labels
from hubwatch.report.panels import Panel, monthly
from hubwatch.report.words import slug
from hubwatch.statistics import (
    Flagged,
    ObservedDay,
    Result,
    counted_anew,
    counters_given,
    doubts,
    observed_day,
    run,
    shares_on_days,
    whole_sql,
)

_FORM = 2  # of what is kept of a day: another form is computed again
_ROWS = 300  # groups of a day that are kept, the largest
FOLDER = "data/history"


GROUPINGS = ("origin", "country", "organization", "family")  # of the shares over time


@dataclass
class Kept:
    """Days of a series that an earlier build computed, those that are missing, and what each day is made from."""

    days: dict[date, dict[str, Any]]
    missing: list[date]
    made_from: dict[date, str]


class History:
    """Shares of the panels by one grouping each, kept in the site's folder between builds: a new day costs one day."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path, labels: Labels) -> None:
        self.con, self.folder, self.labels = con, folder, labels
        self.computed = 0
        self._seen: dict[tuple[str, str, date], ObservedDay] = {}
        self._contents: dict[str, dict[date, str]] = {}

    def shares(self, panel: Panel, metric: str) -> list[dict[str, Any]]:
        """For each of GROUPINGS `{"asked", "days": {day: {"rows", "notes"}}}` of every day shown; none without a counter."""
        if not panel.days or not metric:
            return []
        first = panel.days[0]  # fixes the constant panel
        rests_on = f"{first} {self._content(panel.hub, first)}"
        asked = {by: {"hub": panel.hub, "metric": metric, "by": by} for by in GROUPINGS}
        kept = {by: self._kept(panel, "download_share", asked[by], panel.days, rests_on) for by in GROUPINGS}
        groupings = [by for by in GROUPINGS if kept[by].missing]
        missing = sorted({day for by in groupings for day in kept[by].missing})
        if missing:
            found = shares_on_days(self.con, panel.hub, panel.source, metric, groupings, sorted({first, *missing}))
            for by in groupings:
                self._take(panel, kept[by], {day: _of_rows(rows) for day, rows in found[by].items() if any(row["models"] for row in rows)})
        return [self._told(panel, "download_share", asked[by], kept[by]) for by in GROUPINGS]

    def concentration(self, panel: Panel, metric: str) -> dict[str, Any] | None:
        """The same of the measures of concentration, on the last day of each month and the last days: each is asked by itself."""
        if len(panel.days) < 2 or not metric:
            return None
        asked = {"hub": panel.hub, "metric": metric, "by": "organization"}
        kept = self._kept(panel, "concentration", asked, monthly(panel.days), "")
        self._take(
            panel, kept, {day: _of_result(run(self.con, "concentration", **asked, day=day, source=panel.source)) for day in kept.missing}
        )
        return self._told(panel, "concentration", asked, kept)

    def _kept(self, panel: Panel, statistic: str, asked: dict[str, str], wanted: Iterable[date], rests_on: str) -> "Kept":
        """The days that an earlier build computed from the same, and those that are missing."""
        version = whole_sql(statistic)
        made_from = {
            day: _digest(str(_FORM), version, self.labels.on(panel.hub, day, asked["by"]), self._content(panel.hub, day), rests_on)
            for day in wanted
        }
        held = self._read(file_name(panel, statistic, asked))
        days = {day: one for day in made_from if (one := held.get(day.isoformat())) and one.get("made_from") == made_from[day]}
        missing = [day for day in made_from if day not in days and asked["metric"] in counters_given(self.con, self._at(panel, day))]
        return Kept(days, missing, made_from)

    def _take(self, panel: Panel, kept: "Kept", found: dict[date, dict[str, Any]]) -> None:
        """Add the days computed now."""
        for day in kept.missing:
            if day in found:
                kept.days[day] = {"made_from": kept.made_from[day], "notes": doubts(self.con, self._at(panel, day)), **found[day]}
                self.computed += 1

    def _told(self, panel: Panel, statistic: str, asked: dict[str, str], kept: "Kept") -> dict[str, Any]:
        days = {day.isoformat(): kept.days[day] for day in sorted(kept.days)}
        said = {"version": 1, "hub": panel.hub, "source": panel.source, "extent": panel.extent, "statistic": statistic}
        rules = self._rules(panel.hub, asked["metric"], sorted(days))
        return {**said, "asked": asked, "days": days, "rules": rules, "file": file_name(panel, statistic, asked)}

    def _rules(self, hub: str, metric: str, days: list[str]) -> list[list[str]]:
        """The days on which the hub changed what it counts as a download, with the new rule, as far as these days rest on them."""
        if not days:
            return []
        first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
        return [[day.isoformat(), rule] for day, rule in counted_anew(self.con, hub, first, last, metric)]

    def _at(self, panel: Panel, day: date) -> ObservedDay:
        """The day as the panel's source observed it, looked up once for all groupings."""
        key = (panel.hub, panel.source, day)
        if key not in self._seen:
            self._seen[key] = observed_day(self.con, panel.hub, day, source=panel.source)
        return self._seen[key]

    def _content(self, hub: str, day: date) -> str:
        """What was loaded of the day, how far it is trusted, and what of it is flagged."""
        if hub not in self._contents:
            rows = self.con.execute(_CONTENTS, [hub]).fetchall()
            self._contents[hub] = {at: " ".join(map(str, parts)) for at, *parts in rows}
        return self._contents[hub].get(day, "")

    def _read(self, name: str) -> dict[str, Any]:
        """What an earlier build computed; a file that cannot be read is computed again."""
        path = self.folder / name
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        days = found.get("days") if isinstance(found, dict) else None
        return days if isinstance(days, dict) else {}


def _of_rows(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A day's shares as the history keeps them, with what they rest on."""
    spans = [row["share_high"] - row["share_low"] for row in rows if row["share_high"] is not None and row["share_low"] is not None]
    whole = rows[0]["denominator"]
    count, amount = (sum(int(row[name] or 0) for row in rows) for name in ("flagged", "flagged_value"))
    flagged = Flagged(observations=count, value=amount, part=amount / whole if whole else None)
    return {
        "denominator": whole,
        "rows": [{name: cell for name, cell in row.items() if name != "denominator"} for row in rows[:_ROWS]],
        "labelled": 1 - max(spans) if spans else None,
        "models": sum(row["models"] for row in rows),
        "flagged_part": flagged.told(False, cure=False),
    }


def _of_result(result: Result) -> dict[str, Any]:
    context = result.context
    return {
        "denominator": context.denominator,
        "rows": result.records(),
        "labelled": context.labelled,
        "models": context.models,
        "flagged_part": context.flagged.told(False, cure=False) if context.flagged else None,
    }


_CONTENTS = """
with marks as (select hub, day, sum(hash(model_id, flag))::hugeint as flagged from flags group by hub, day)
select day, sweep, content_hash, health, flagged from days left join marks using (hub, day) where hub = ? order by all"""


def file_name(panel: Panel, statistic: str, asked: dict[str, str]) -> str:
    parts = [panel.slug, statistic, asked.get("metric", ""), "by", asked.get("by", "")]
    return f"{FOLDER}/{'-'.join(slug(part) for part in parts if part)}.json"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
