"""Sentences of statistics whose rows are not plainly a group's share: what each says, as an editor would print it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hubwatch.statistics.answer import Result
from hubwatch.statistics.observed import is_sound, told_extent, told_state
from hubwatch.statistics.tabular import Cell, counted, percent

Row = dict[str, Cell]
Say = Callable[[Result, Row], str | None]
_COUNTED = {
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


def crossing(result: Result, row: Row) -> str | None:
    """Whether and when one group passed another."""
    hub, panel = hub_of(result), row["panel"]
    group, other, outcome = row["group"], row["against"], row["outcome"]
    where = f"On {hub}, by {_COUNTED.get(str(row['counter']), row['counter'])} ({panel} panel)"
    if outcome == "no data" or not isinstance(row["share"], float) or not isinstance(row["share_against"], float):
        return f"{where}: no listing was observed on every day, so nothing can be said of {group} and {other}."
    last = f"on {row['last_day']} the shares were {percent(row['share'])} and {percent(row['share_against'])}"
    of = f"of the {counted(int(str(row['days'])), 'day')} observed from {row['first_day']}"
    if outcome == "never":
        return f"{where}, {group} was above {other} on none {of}, whoever the unlabelled are; {last}."
    if outcome == "possibly":
        by_labels = f"by the labels on {row['labelled_on']}, " if row["labelled_on"] else "by the labels on no day, "
        return f"{where}, {group} may have passed {other}: possibly on {row['possibly_on']}, {by_labels}surely on no day {of}; {last}."
    if row["ahead_at_start"]:
        since = "already on the first day observed" if row["surely_on"] == row["first_day"] else f"surely from {row['surely_on']} on"
        passed = f"was above {other} at the start of the days observed, {row['first_day']} ({since})"
    else:
        between = f" (not yet on {row['day_before']})" if row["day_before"] else ""
        earlier = f", possibly from {row['possibly_on']}" if row["possibly_on"] != row["surely_on"] else ""
        passed = f"was first surely above {other} on {row['surely_on']}{between}{earlier}"
    kept = "but no longer is" if row["ahead_since"] is None else "and has stayed there on every day observed since"
    if row["ahead_since"] is not None and row["labelled_on"] != row["ahead_since"]:
        kept = f"and, after falling behind again, has stayed there since {row['ahead_since']}"
    return f"{where}, {group} {passed}, {kept}; {last}."


def flow(result: Result, row: Row) -> str | None:
    """A group's downloads within a period."""
    context, share = result.context, bounds_of(row)
    first, until = row.get("period"), row.get("until")
    if share is None or not isinstance(first, date) or not isinstance(until, date):
        return None
    when = period_told(first, str(context.parameters.get("every")))
    if row["is_partial"]:
        when += f" (only {row['days']} of its {(until - first) // timedelta(days=1)} days observed)"
    estimated = f"; {row['interpolated']:,} of them interpolated between observed days" if row["interpolated"] else ""
    return (
        f"In {when}, {who(result, row)} had {share} of the downloads within the period on {hub_of(result)}: "
        f"{row['value']:,} of {row['denominator']:,}, derived from cumulative counters{estimated}."
    )


def series(result: Result, row: Row) -> str | None:
    """A group's share on one day, or its median over a period's days."""
    context, share, day = result.context, bounds_of(row), row.get("day")
    if share is None or not isinstance(day, date):
        return None
    hub, metric = hub_of(result), str(context.parameters.get("metric"))
    what, of = metric.partition("_")[0], f"{row['value']:,} of {row['denominator']:,} {UNITS.get(metric, metric)}"
    every = str(context.parameters.get("every"))
    if every == "day":
        return f"On {day}, {who(result, row)} had {share} of {what} on {hub}: {of}."
    days = counted(int(str(row["days"])), "observed day")
    return f"In {period_told(day, every)}, {who(result, row)} had {share} of {what} on {hub} (median of {days}): {of}."


SPECIAL: dict[str, Say] = {"crossings": crossing, "download_flow": flow, "download_share_series": series}


def say(result: Result, row: Row) -> str | None:
    """The sentence of a statistic that has one of its own, with the choices a printed figure must not go without."""
    write = SPECIAL.get(result.context.statistic)
    told = write(result, row) if write else None
    if told is None:
        return None
    return told[:-1] + limits(result.context.parameters) + "."


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
