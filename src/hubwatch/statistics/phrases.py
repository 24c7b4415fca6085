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


def by_root(result: Result, row: Row) -> str | None:
    """A group's downloads with those of what is built on it, beside its own."""
    context, share, own = result.context, bounds_of(row), row.get("share_by_uploader")
    if share is None or not isinstance(own, float):
        return None
    metric = str(context.parameters.get("metric"))
    unit = UNITS.get(metric, metric)
    if row["group"] == "several":
        return f"On {hub_of(result)}, {share} of {unit} go to models made from models of several groups: {row['value']:,} of {context.denominator:,}."
    more = f"; {row['shared_value']:,} more go to merges that it shares with others" if row["shared_value"] else ""
    return (
        f"On {hub_of(result)}, {share} of {unit} go to models that go back to {who(result, row)}: {row['value']:,} of {context.denominator:,}, "
        f"{row['derived_value']:,} of them through derivatives; by uploader it has {percent(own)}{more}."
    )


def built_on(result: Result, row: Row) -> str | None:
    """What one group's publishers made from another group's models."""
    share = bounds_of(row)
    if share is None:
        return None
    whole = counted(int(str(row["denominator"])), "listing")
    merges = f", and {counted(int(str(row['merges'])), 'merge')} in addition" if row["merges"] else ""
    maker, base = (f"publishers of unknown {_by(result)}" if row["maker"] == "unknown" else row["maker"]), row["base"]
    of = f"models of unknown {_by(result)}" if base == "unknown" else f"models of {base}"
    return f"Of {whole} made from one other model, {share} were made by {maker} from {of}: {row['value']:,}{merges}."


def _by(result: Result) -> str:
    return str(result.context.parameters.get("by") or "group").replace(",", " and ").replace("_", " ")


def derived_in_month(result: Result, row: Row) -> str | None:
    """What the derivatives of a month are made from."""
    share, month = bounds_of(row), row.get("month")
    if share is None or not isinstance(month, date):
        return None
    cut = " (a month that is cut)" if row["is_partial"] else ""
    whole, part = counted(int(str(row["denominator"])), "derivative"), f"{row['value']:,}"
    base = (
        f"models of unknown {_by(result)}"
        if row["group"] == "unknown"
        else "models of several groups"
        if row["group"] == "several"
        else row["group"]
    )
    return f"Of the {whole} created in {period_told(month, 'month')}{cut}, {share} are made from {base}: {part}."


_RELATIONS = {
    "original": "models that name no base",
    "finetune": "fine-tuned models",
    "adapter": "adapters",
    "quantized": "quantized models",
    "merge": "merges",
    "other": "models made from another in other ways",
    "unknown": "models made from another in a way that is not known",
}


def derived(result: Result, row: Row) -> str | None:
    """How much of a group's downloads goes to models made from others."""
    context, share, together = result.context, bounds_of(row), row.get("share_derived")
    if share is None or not isinstance(together, float):
        return None
    metric = str(context.parameters.get("metric"))
    of = "" if context.parameters.get("by") == "hub" else f" of {who(result, row)}"
    return (
        f"On {hub_of(result)}, {share} of {UNITS.get(metric, metric)}{of} go to {_RELATIONS.get(str(row['relation']), row['relation'])}: "
        f"{row['value']:,} of {row['denominator']:,}; derivatives of all kinds have {percent(together)}."
    )


def built_on_within(result: Result, row: Row) -> str | None:
    """How soon a model was built on."""
    base, all_of_them = row["group"], f"{counted(int(str(row['derivatives'])), 'listing')} on {row['hub']} name it as their base"
    days, nth_days = row["days_to_first"], row["days_to_nth"]
    if days is None:
        return f"No derivative of {base} has a creation date after its own; {all_of_them}."
    later = f", and its number {row['nth']} after {counted(int(str(nth_days)), 'day')}" if nth_days is not None else ""
    return (
        f"{base} had its first derivative {counted(int(str(days)), 'day')} after its creation on {row['created_on']}{later}; {all_of_them}."
    )


def new_ones(result: Result, row: Row) -> str | None:
    """How much of the downloads goes to models of the last months."""
    context, share = result.context, bounds_of(row)
    if share is None:
        return None
    metric = str(context.parameters.get("metric"))
    of = "" if context.parameters.get("by") == "hub" else f" of {who(result, row)}"
    return (
        f"On {hub_of(result)}, {share} of {UNITS.get(metric, metric)}{of} go to models created in the last {counted(int(str(row['months'])), 'month')}: "
        f"{row['value']:,} of {row['denominator']:,}, {counted(int(str(row['models'])), 'model')}."
    )


def released(result: Result, row: Row) -> str | None:
    """How many models were created on a day."""
    share = bounds_of(row)
    if share is None:
        return None
    if result.context.parameters.get("by") == "hub":
        return f"On {row['created_on']}, {counted(int(str(row['value'])), 'model')} were released on {row['group']}, by its creation dates."
    whole = counted(int(str(row["denominator"])), "model")
    return (
        f"On {row['created_on']}, {row['value']:,} of {whole} released, {share}, were from {who(result, row)}, by the hubs' creation dates."
    )


def largest(result: Result, row: Row) -> str | None:
    """The largest model of a month."""
    month, size = row.get("month"), row.get("parameters")
    if not isinstance(month, date) or not isinstance(size, int):
        return None
    of = f"the {row['sized']:,} (of {counted(int(str(row['models'])), 'release')}) whose size is known"
    return (
        f"The largest model from {who(result, row)} created in {period_told(month, 'month')} was {row['model_id']} with {size / 1e9:,.1f} billion "
        f"parameters, on {row['hub']} since {row['created_on']}: the largest of {of}."
    )


_ACCESS = {"open": "can be had without asking", "gated": "are gated", "unknown": "do not say whether they are gated"}


def free(result: Result, row: Row) -> str | None:
    """How many of a group's models can be had in this way under such a license."""
    share, part = bounds_of(row), row.get("share_free")
    if share is None or not isinstance(part, float):
        return None
    license_told = str(row["license_class"]).replace("_", "-")
    under = "no known license" if license_told == "unknown" else f"a {license_told} license"
    return (
        f"Of {counted(int(str(row['denominator'])), 'model')} from {who(result, row)}, {share} {_ACCESS[str(row['access'])]} and are under {under}: "
        f"{row['value']:,}; {percent(part)} are open and under a permissive license."
    )


SPECIAL: dict[str, Say] = {
    "crossings": crossing,
    "download_flow": flow,
    "download_share_series": series,
    "downloads_by_root": by_root,
    "derivation_flow": built_on,
    "derivatives_by_month": derived_in_month,
    "derived_share": derived,
    "time_to_derivatives": built_on_within,
    "vintage": new_ones,
    "release_calendar": released,
    "largest_releases": largest,
    "openness": free,
}


def say(result: Result, row: Row) -> str | None:
    """The sentence of a statistic that has one of its own, with the choices a printed figure must not go without."""
    write = SPECIAL.get(result.context.statistic)
    told = write(result, row) if write else None
    if told is None:
        return None
    labelled = f"; {percent(part)} labelled" if isinstance(part := row.get("labelled"), float) else ""
    return told[:-1] + labelled + limits(result.context.parameters) + "."


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
