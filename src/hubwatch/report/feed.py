"""An Atom feed of what changed: an entry for each day of a panel that another day of it can be compared with."""

from datetime import UTC, date, datetime
from typing import Any

import duckdb
from jinja2 import Environment

from hubwatch.report import words
from hubwatch.report.findings import _points, series_slug
from hubwatch.report.panels import Panel, told_source
from hubwatch.statistics import percent

_ENTRIES = 40
_ATOM = "%Y-%m-%dT%H:%M:%SZ"


def feed(pages: Environment, con: duckdb.DuckDBPyConnection, series: list[tuple[Panel, dict[str, Any]]], names: words.Names) -> str:
    """The feed's text. Its entries depend on the data alone: the same data give the same feed."""
    finished = {
        (hub, day): at for hub, day, at in con.execute("select hub, day, max(coalesce(finished_at, day)) from days group by all").fetchall()
    }
    entries = []
    for panel, held in series:
        if held["asked"]["by"] in ("origin", "kind"):
            days = sorted(held["days"])
            entries += [_entry(panel, held, before, day, finished, names) for before, day in zip([None, *days], days, strict=False)]
    entries.sort(key=lambda one: (one["day"], one["id"]), reverse=True)
    entries = entries[:_ENTRIES]
    updated = max((one["updated"] for one in entries), default="1970-01-01T00:00:00Z")
    return pages.get_template("feed.xml").render(entries=entries, updated=updated, feed_id="urn:hubwatch:changes")


def _entry(
    panel: Panel, held: dict[str, Any], before: str | None, day: str, finished: dict[tuple[str, date], Any], names: words.Names
) -> dict[str, str]:
    by, metric = held["asked"]["by"], held["asked"]["metric"]
    earlier = {row["group"]: row["share"] for row in held["days"][before]["rows"]} if before else {}
    told = []
    for row in [row for row in held["days"][day]["rows"] if row["group"] != "unknown" and row["share"]][:4]:
        moved = f", {_points(row['share'] - earlier.get(row['group'], 0.0))} since {before}" if before else ""
        told.append(
            f"{names.group(by, row['group'])} {percent(row['share'])} (at least {percent(row['share_low'])}, at most {percent(row['share_high'])}){moved}"
        )
    at = finished.get((panel.hub, date.fromisoformat(day)))
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(day)
    return {
        "title": f"{words.hub(panel.hub)}{told_source(panel)}, {day}",
        "id": f"urn:hubwatch:{words.slug(panel.hub)}:{words.slug(panel.source)}:{day}:{words.slug(by)}",
        "updated": moment.replace(tzinfo=UTC).strftime(_ATOM),
        "day": day,
        "link": f"time.html#{series_slug(panel, by)}",
        "text": f"Share of {words.COUNTERS[metric]}: {'; '.join(told)}. {' '.join(held['days'][day]['notes'][:4])}".strip(),
    }
