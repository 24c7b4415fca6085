"""Sentences of statistics about models one by one: what is new, largest, free, fast, and what is left of it."""

from datetime import date

from hubwatch.errors import counted
from hubwatch.statistics.answer import Result
from hubwatch.statistics.tabular import percent
from hubwatch.statistics.wording import UNITS, Row, bounds_of, hub_of, period_told, who


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
    cut = " (a day that is cut)" if row["is_partial"] else ""
    if result.context.parameters.get("by") == "hub":
        return f"On {row['created_on']}{cut}, {counted(int(str(row['value'])), 'model')} were released on {row['group']}, by its creation dates."
    whole = counted(int(str(row["denominator"])), "model")
    return f"On {row['created_on']}{cut}, {row['value']:,} of {whole} released, {share}, were from {who(result, row)}, by the hubs' creation dates."


def largest(result: Result, row: Row) -> str | None:
    """The largest model of a month."""
    month, size = row.get("month"), row.get("parameters")
    if not isinstance(month, date) or not isinstance(size, int):
        return None
    cut = " (a month that is cut)" if row["is_partial"] else ""
    of = f"the {row['sized']:,} (of {counted(int(str(row['models'])), 'release')}) whose size is known"
    return (
        f"The largest model from {who(result, row)} created in {period_told(month, 'month')}{cut} was {row['model_id']} with {size / 1e9:,.1f} billion "
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
    most = row.get("share_free_high")
    at_most = f" (at most {percent(most)}, depending on those not known)" if isinstance(most, float) and most > part else ""
    return (
        f"Of {counted(int(str(row['denominator'])), 'model')} from {who(result, row)}, {share} {_ACCESS[str(row['access'])]} and are under {under}: "
        f"{row['value']:,}; {percent(part)}{at_most} are open and under a permissive license."
    )


def spread_of(result: Result, row: Row) -> str | None:
    """How many listings are in a part of the counter's range, and how much of it they have."""
    part, models, share = str(row["part"]), row.get("share_of_models"), row.get("share")
    if not isinstance(models, float):
        return None
    metric = str(result.context.parameters.get("metric"))
    whole, unit = counted(int(str(row["listings_total"])), "listing"), UNITS.get(metric, metric)
    held = f"{percent(share)} of all of them: {row['value']:,} of {row['denominator']:,}" if isinstance(share, float) else "nothing"
    if part.startswith("top "):
        return f"On {hub_of(result)}, the {part} of {whole} by {unit} ({row['listings']:,}) have {held}."
    return f"On {hub_of(result)}, {percent(models)} of {whole} ({row['listings']:,}) have {part} {unit}; together they have {held}."


def fast(result: Result, row: Row) -> str | None:
    """How often a model was downloaded a day since its creation."""
    age, pace = row.get("age_days"), row.get("downloads_a_day")
    if not isinstance(age, float) or not isinstance(pace, float):
        return None
    return (
        f"{row['model_id']} was downloaded {pace:,.0f} times a day on {hub_of(result)} since its creation {counted(round(age), 'day')} before: "
        f"{row['downloads']:,} downloads, number {row['place']}."
    )


def left(result: Result, row: Row) -> str | None:
    """What of a month's releases was still listed and used some months later."""
    month, share, listed = row.get("month"), row.get("share"), row.get("listed_share")
    if not isinstance(month, date) or not isinstance(share, float) or not isinstance(listed, float):
        return None
    metric = str(result.context.parameters.get("metric"))
    least = float(str(result.context.parameters.get("at_least") or 1))
    when = "at its end" if not row["months"] else f"{counted(int(str(row['months'])), 'month')} later"
    return (
        f"Of {counted(int(str(row['denominator'])), 'listing')} created in {period_told(month, 'month')} and ever observed on {hub_of(result)}, "
        f"{percent(listed)} were listed {when} ({row['day']}), and {percent(share)} had at least {least:,.0f} {UNITS.get(metric, metric)}: {row['value']:,}."
    )
