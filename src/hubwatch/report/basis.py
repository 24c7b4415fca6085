"""What a figure rests on besides its extent: labelled and flagged part, models, age, and the rules by which its hub counts."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from hubwatch.clock import today
from hubwatch.report import words
from hubwatch.statistics import Result, percent, told_age


def basis_of(result: Result) -> str:
    """Labelled and flagged part, models in the figure, age."""
    context = result.context
    flagged = context.flagged.told(bool(context.parameters.get("without_flagged")), cure=False) if context.flagged else None
    labelled = percent(context.labelled) if context.labelled is not None else None
    if labelled is None and "labelled" in result.columns:
        labelled = "row by row in the data"
    return told_basis(labelled, flagged, context.models, [at.day for at in context.observed])


def told_basis(labelled: str | None, flagged: str | None, models: int | None, days: Iterable[date]) -> str:
    """What is known of a figure besides its extent, in one line; of several days how long ago the last is."""
    parts = [words.count(models, "model") + " in the figure"] if models is not None else []
    parts += [f"labelled: {labelled}"] if labelled is not None else []
    parts += [f"flagged: {flagged}"] if flagged is not None else []
    last = max(days, default=None)
    parts += [told_age(last, today())] if last is not None else []
    said = "; ".join(parts)
    return said[:1].upper() + said[1:]


def rule_changes(result: Result) -> list[date]:
    """The days of changes of the counting rule within what the rows compare or add."""
    if "rule_change" not in result.columns:
        return []
    at = result.columns.index("rule_change")
    return sorted({day for row in result.rows if isinstance(day := row[at], date)})


def told_rules(days: list[date], first: date | None = None) -> str:
    """That the hub counts otherwise since these days; `first`: the first day of a chart, which marks those that are within it."""
    if not days:
        return ""
    said = f"What the hub counts as a download changed on {words.listed(map(words.day, days))}"
    if first is None:
        return f"{said}: figures before and after are not alike."
    if all(day < first for day in days):
        return f"{said}: figures of the 30 days after it mix both rules."
    return f"{said} (dashed line{'' if sum(day >= first for day in days) == 1 else 's'}): figures before and after are not alike."


def rule_days(held: dict[str, Any]) -> list[date]:
    """The days since which the hub counts otherwise."""
    return [date.fromisoformat(day) for day, _ in held.get("rules", [])]


def caution_of(held: dict[str, Any]) -> str:
    """What a series says of changes of the counting rule."""
    return told_rules(sorted(set(rule_days(held))), date.fromisoformat(min(held["days"])))


def basis_of_last(held: dict[str, Any]) -> str:
    """What the series' last day rests on."""
    last = max(held["days"])
    of = held["days"][last]
    said = told_basis(
        None if of["labelled"] is None else percent(of["labelled"]), of["flagged_part"], of["models"], [date.fromisoformat(last)]
    )
    return f"Last day: {said[:1].lower()}{said[1:]}"
