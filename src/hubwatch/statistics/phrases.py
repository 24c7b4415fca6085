"""Sentences of statistics whose rows are not plainly a group's share: what each says, as an editor would print it."""

from datetime import date, timedelta

from hubwatch.errors import counted
from hubwatch.statistics import phrases_of_models
from hubwatch.statistics.answer import Result
from hubwatch.statistics.tabular import percent
from hubwatch.statistics.wording import COUNTED, UNITS, Row, Say, bounds_of, hub_of, limits, period_told, who


def crossing(result: Result, row: Row) -> str | None:
    """Whether and when one group passed another."""
    hub, panel = hub_of(result), row["panel"]
    group, other, outcome = row["group"], row["against"], row["outcome"]
    where = f"On {hub}, by {COUNTED.get(str(row['counter']), row['counter'])} ({panel} panel)"
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
    base, all_of_them = (
        row["group"],
        f"{counted(int(str(row['derivatives'])), 'listing')} on {row['hub']} {'names it as its' if row['derivatives'] == 1 else 'name it as their'} base",
    )
    days, nth_days = row["days_to_first"], row["days_to_nth"]
    if days is None:
        return f"No derivative of {base} has a creation date after its own; {all_of_them}."
    later = f", and its number {row['nth']} after {counted(int(str(nth_days)), 'day')}" if nth_days is not None else ""
    return (
        f"{base} had its first derivative {counted(int(str(days)), 'day')} after its creation on {row['created_on']}{later}; {all_of_them}."
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
    "vintage": phrases_of_models.new_ones,
    "release_calendar": phrases_of_models.released,
    "largest_releases": phrases_of_models.largest,
    "openness": phrases_of_models.free,
    "download_distribution": phrases_of_models.spread_of,
    "velocity": phrases_of_models.fast,
    "retention": phrases_of_models.left,
}


def say(result: Result, row: Row) -> str | None:
    """The sentence of a statistic that has one of its own, with the choices a printed figure must not go without."""
    write = SPECIAL.get(result.context.statistic)
    told = write(result, row) if write else None
    if told is None:
        return None
    labelled = f"; {percent(part)} labelled" if isinstance(part := row.get("labelled"), float) else ""
    return told[:-1] + labelled + limits(result.context.parameters) + "."
