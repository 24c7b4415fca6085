"""The words that sentences of figures share: units, periods, bounds, groups, and the choices that limit a figure."""

from collections.abc import Callable
from datetime import date
from typing import Any

from hubwatch.statistics.answer import Result
from hubwatch.statistics.observed import is_sound, told_extent, told_state
from hubwatch.statistics.tabular import Cell, percent

Row = dict[str, Cell]
Say = Callable[[Result, Row], str | None]
COUNTED = {
    "downloads_30d": "downloads in 30 days",
    "downloads_total": "downloads since creation",
    "likes": "likes",
    "models": "number of models",
}
UNITS = {
    "downloads_30d": "downloads in the 30 days before",
    "downloads_total": "downloads since creation",
    "likes": "likes",
    "models": "models",
}
_QUARTERS = ("first", "second", "third", "fourth")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


def bounded(share: float, low: float, high: float) -> str:
    """A share with its bounds, where these differ from it in print."""
    told = percent(share)
    if (percent(low), percent(high)) == (told, told):
        return told
    return f"{told} (between {percent(low)} and {percent(high)}, depending on the unlabelled)"


def bounds_of(row: Row) -> str | None:
    """A row's share with its bounds; None where it has none."""
    share, low, high = (row.get(key) for key in ("share", "share_low", "share_high"))
    if isinstance(share, float) and isinstance(low, float) and isinstance(high, float):
        return bounded(share, low, high)
    return None


def period_told(first: date, every: str) -> str:
    """A period by its first day: June 2025, the second quarter of 2025, the week of 2025-06-02."""
    if every == "month":
        return f"{_MONTHS[first.month - 1]} {first.year}"
    if every == "quarter":
        return f"the {_QUARTERS[(first.month - 1) // 3]} quarter of {first.year}"
    if every == "year":
        return str(first.year)
    return f"the week of {first}" if every == "week" else str(first)


def who(result: Result, row: Row) -> str:
    """The group in words; what has no label is said so."""
    by = str(result.context.parameters.get("by") or "group").replace(",", " and ").replace("_", " ")
    return f"what is of unknown {by}" if row["group"] == "unknown" else str(row["group"])


def hub_of(result: Result) -> str:
    """The hub, with what part of it the days are of where that is not all of it."""
    at = result.context.observed[-1]
    return at.hub if is_sound(at) else f"{at.hub} ({told_extent(at)}; {told_state(at)})"


_FILTERS = (
    "kind",
    "organization",
    "namespace",
    "family",
    "task",
    "library",
    "license_class",
    "created_since",
    "created_until",
    "only",
    "form",
)


def limits(parameters: dict[str, Any]) -> str:
    """The choices that a printed share must not go without: within which filters, under which policy, without which rows."""
    country = [f"of country {parameters['country']} only"] if parameters.get("country") else []
    filters = [f"{name.replace('_', ' ')} {parameters[name]}" for name in _FILTERS if parameters.get(name)]
    models = ["within a list of model ids"] if parameters.get("models") else []
    left_out = [f"without {', '.join(map(str, parameters['leave_out']))}"] if parameters.get("leave_out") else []
    policy = [f"policy {parameters['policy']}"] if parameters.get("policy") else []
    flagged = ["flagged observations left out"] if parameters.get("without_flagged") else []
    return "".join(f"; {said}" for said in (*country, *filters, *models, *left_out, *policy, *flagged))
