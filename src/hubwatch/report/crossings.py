"""Who passed whom: of the leading groups of a panel, since which of its days one is ahead of another, surely and by the shares."""

import itertools
from datetime import date
from typing import Any

from hubwatch.report import words
from hubwatch.report.basis import basis_of_last, caution_of
from hubwatch.report.cells import table_of
from hubwatch.report.cited import cited
from hubwatch.report.figures import Figure
from hubwatch.report.panels import Panel, told_extent, told_source
from hubwatch.statistics import Cell

_LEADING = 6  # groups that are compared with each other
_COLUMNS = ("ahead", "behind", "share", "share_behind", "ahead_from", "behind_before", "surely_from")
_DEFINITION = (
    "A row is a pair of groups of which one has the larger share on the last day. ahead_from is the first of the days shown from which on it has had"
    " the larger share on every one, behind_before the last day before on which it had not (empty: it never was behind on these days). surely_from is"
    " the first day from which on its least possible share has been above the other's largest possible one, whoever the unlabelled are."
)
Row = dict[str, Any]


def crossings(panel: Panel, held: dict[str, Any], names: words.Names) -> Figure | None:
    """Each pair of the leading groups that changed places within the days shown, the last ones first; none that is level on the last day."""
    by, metric = held["asked"]["by"], held["asked"]["metric"]
    days = [(date.fromisoformat(day), {row["group"]: row for row in held["days"][day]["rows"]}) for day in sorted(held["days"])]
    if len(days) < 3:
        return None
    last = days[-1][1]
    leading = [name for name, row in last.items() if name != "unknown" and row["share"]][:_LEADING]
    rows = [_pair(days, one, other) for one, other in itertools.combinations(leading, 2)]
    passed = sorted((row for row in rows if row[4] is not None and row[5] is not None), key=lambda row: str(row[4]), reverse=True)
    if not passed:
        return None
    told = tuple((names.group(by, row[0]), names.group(by, row[1]), *row[2:]) for row in passed)
    counted = words.COUNTERS[metric]
    heading = f"Who passed whom, {words.hub(panel.hub)}{told_source(panel)}"
    extent = f"{words.hub(panel.hub)}, {words.count(len(days), 'day')}, {words.period(days[0][0], days[-1][0])}: {told_extent(panel)}"
    first = told[0]
    sentence = f"{heading}: by share of {counted}, {first[0]} is ahead of {first[1]} since {words.day(passed[0][4])}. {extent}."  # type: ignore[arg-type]
    return Figure(
        slug=f"crossings-{panel.slug}", page="time", heading=heading,
        lead=f"By share of {counted}, of the {len(leading)} leading groups: where one has passed another within the days shown.", extent=extent,
        columns=_COLUMNS, rows=tuple(passed), table=table_of(_COLUMNS, told, "", names, {}),
        caution=caution_of(held), basis=basis_of_last(held), definition=_DEFINITION, unit="days; shares of the counter's sum, 0..1",
        notes=(f"Only {words.count(len(days), 'day')} are compared: the change lies between behind_before and ahead_from.",),
        citation=cited(f"{heading} ({extent})", sentence, days[-1][0], _COLUMNS, tuple(passed)),
    )  # fmt: skip


def _pair(days: list[tuple[date, dict[str, Row]]], one: str, other: str) -> tuple[Cell, ...]:
    """`one` is the larger of the two on the last day."""
    behind = [day for day, groups in days if _share(groups, one, "share") <= _share(groups, other, "share")]
    unsure = [day for day, groups in days if _share(groups, one, "share_low") <= _share(groups, other, "share_high")]
    last = days[-1][1]
    return (one, other, last[one]["share"], last[other]["share"], _after(days, behind), max(behind, default=None), _after(days, unsure))


def _share(groups: dict[str, Row], name: str, column: str) -> float:
    """A group's share of a day; what a group that the day lacks can be at most is what has no label."""
    if name not in groups and column == "share_high":
        return _share(groups, "unknown", "share") if "unknown" in groups else 0.0
    return float((groups.get(name) or {}).get(column) or 0.0)


def _after(days: list[tuple[date, dict[str, Row]]], not_yet: list[date]) -> date | None:
    """The first day after the last of these; none where there is none."""
    return min((day for day, _ in days if not not_yet or day > not_yet[-1]), default=None)
