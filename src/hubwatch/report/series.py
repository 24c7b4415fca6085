"""Figures over time: shares by group with bands, policies side by side, concentration; one figure a panel and grouping."""

import itertools
from datetime import date
from typing import Any

from hubwatch.report import charts, words
from hubwatch.report.basis import basis_of_last, caution_of, rule_days
from hubwatch.report.cells import table_of
from hubwatch.report.cited import cited
from hubwatch.report.figures import Citation, Figure
from hubwatch.report.findings import bounded, series_slug
from hubwatch.report.panels import Panel, told_extent, told_source
from hubwatch.report.shares import POLICY, Shares, State
from hubwatch.statistics import percent

_LINES = 6
_DRAWN = ("top_1", "top_3", "top_10")  # measures of concentration that are drawn and cited


def share_over_time(panel: Panel, held: dict[str, Any], names: words.Names, definition: Any, known: Shares) -> Figure | None:
    """The largest groups' shares on each day of a panel, with their bounds; `known`: what was said of the leading day."""
    by, metric = held["asked"]["by"], held["asked"]["metric"]
    days = sorted(held["days"])
    if len(days) < 2:
        return None
    columns = ("day", "group", "value", "share", "share_low", "share_high", "share_constant", "models")
    rows = tuple(
        (date.fromisoformat(day), *(row.get(column) for column in columns[1:])) for day in days for row in held["days"][day]["rows"]
    )
    largest = [row["group"] for row in held["days"][days[-1]]["rows"] if row["group"] != "unknown"][:_LINES]
    drawn = [
        {"day": row[0], "label": names.group(by, row[1]), "group": words.clean(row[1]), "value": row[3], "low": row[4], "high": row[5]}
        for group in largest for row in rows if row[1] == group
    ]  # fmt: skip
    constant = _constant(largest, rows, by, names)
    dashed = f" Dashed: the same among the accounts that were there on {words.day(rows[0][0])}." if constant else ""
    hub = words.hub(panel.hub) + told_source(panel)
    heading = f"Share of {words.COUNTERS[metric]} over time, {hub}, by {by.replace('_', ' ')}"
    notes = list(dict.fromkeys((*_of_last(panel, held, known), *itertools.chain.from_iterable(held["days"][day]["notes"] for day in days))))
    thin = (
        [f"{len(days)} of {panel.observed} observed days are shown: all recent ones, then one a week, then one a month."]
        if panel.observed > len(days)
        else []
    )
    extent = f"{words.hub(panel.hub)}, {words.count(len(days), 'day')}, {words.period(rows[0][0], rows[-1][0])}: {told_extent(panel)}"
    return Figure(
        slug=series_slug(panel, by), page="time", heading=heading, lead=f"The bands run from the least to the most that each share can be.{dashed}",
        extent=extent, columns=columns, rows=rows, table=table_of(columns, _newest_first(rows), by, names, {}, words.COUNTERS[metric]),
        chart=charts.lines(heading, drawn + constant, f"share of {words.COUNTERS[metric]}", rules=rule_days(held)), caution=caution_of(held),
        basis=basis_of_last(held), definition=definition.definition, unit=definition.unit, notes=(*thin, *notes[:20]),
        citation=_cited(heading, extent, by, columns, rows, days[-1], held, names),
        family=f"share-over-time-{panel.slug}", choices=(("grouped by", by.replace("_", " ")),),
    )  # fmt: skip


def _of_last(panel: Panel, held: dict[str, Any], known: Shares) -> tuple[str, ...]:
    """What the share of the last day says besides, such as which contested label carries it; where that day was asked about."""
    result = known.get(State(panel.hub, held["asked"]["metric"], held["asked"]["by"], POLICY))
    asked = result.context.observed[0] if result else None
    is_last = asked is not None and (asked.day, asked.sweep) == (date.fromisoformat(max(held["days"])), panel.source)
    return result.context.warnings if result and is_last else ()


_APART = 0.01  # points by which the constant panel must differ on some day to be drawn


def _constant(groups: list[str], rows: tuple[Any, ...], by: str, names: words.Names) -> list[dict[str, Any]]:
    """The shares within the constant panel, of the groups for which they tell another story."""
    drawn = []
    for group in groups:
        own = [row for row in rows if row[1] == group and row[6] is not None and row[3] is not None]
        if any(abs(row[6] - row[3]) >= _APART for row in own):
            label = names.group(by, group)
            drawn += [
                {"day": row[0], "label": label, "group": words.clean(group), "value": row[6], "low": row[6], "high": row[6], "dash": "yes"}
                for row in own
            ]
    return drawn


def _cited(
    heading: str, extent: str, by: str, columns: tuple[str, ...], rows: tuple[Any, ...], last: str, held: dict[str, Any], names: words.Names
) -> Citation:
    """The last day's first groups, with their bounds and what the days cover."""
    told = [f"{names.group(by, row['group'])} {bounded(row)}" for row in held["days"][last]["rows"][:3] if row["share"] is not None]
    at = date.fromisoformat(last)
    return cited(f"{heading} ({extent})", f"{heading}, {words.day(at)}: {words.listed(told)}. {extent}.", at, columns, rows)


def _newest_first(rows: tuple[Any, ...]) -> tuple[Any, ...]:
    """The last day first; within a day as the statistic orders its rows."""
    return tuple(sorted(rows, key=lambda row: row[0], reverse=True))


def concentration_over_time(panel: Panel, held: dict[str, Any], names: words.Names, definition: Any) -> Figure | None:
    """How much the largest hold, day by day."""
    days = sorted(held["days"])
    if len(days) < 2:
        return None
    columns = ("day", "measure", "value", "low", "high")
    rows = tuple(
        (date.fromisoformat(day), *(row.get(column) for column in columns[1:])) for day in days for row in held["days"][day]["rows"]
    )
    drawn = []
    for row in rows:
        if row[1] in _DRAWN:
            low, high = row[3] if row[3] is not None else row[2], row[4] if row[4] is not None else row[2]
            drawn.append(
                {"day": row[0], "label": names.group("measure", row[1]), "group": str(row[1]), "value": row[2], "low": low, "high": high}
            )
    hub = words.hub(panel.hub) + told_source(panel)
    heading = f"Concentration over time, {hub}"
    extent = f"{words.hub(panel.hub)}, {words.count(len(days), 'day')}, {words.period(rows[0][0], rows[-1][0])}: {told_extent(panel)}"
    return Figure(
        slug=f"concentration-over-time-{panel.slug}", page="time", heading=heading,
        lead="The share of the largest organizations.", extent=extent,
        columns=columns, rows=rows, table=table_of(columns, _newest_first(rows), "", names, {}),
        chart=charts.lines(heading, drawn, f"share of {words.COUNTERS.get(held['asked'].get('metric', ''), 'the counter')}", rules=rule_days(held)),
        caution=caution_of(held), basis=basis_of_last(held), notes=tuple(dict.fromkeys(note for day in days for note in held["days"][day]["notes"]))[:20],
        definition=definition.definition, unit=definition.unit, citation=_cited_measures(heading, extent, columns, rows, names),
    )  # fmt: skip


def _cited_measures(heading: str, extent: str, columns: tuple[str, ...], rows: tuple[Any, ...], names: words.Names) -> Citation:
    """The last day's shares of the largest."""
    last = max(row[0] for row in rows)
    told = [
        f"{names.group('measure', row[1])} {percent(row[2])}" for row in rows if row[0] == last and row[1] in _DRAWN and row[2] is not None
    ]
    return cited(f"{heading} ({extent})", f"{heading}, {words.day(last)}: {words.listed(told)}. {extent}.", last, columns, rows)
