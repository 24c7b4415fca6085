"""A figure as an article prints it: value, bounds and scope in one sentence, and what it rests on in another."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hubwatch.clock import today
from hubwatch.errors import counted, plain
from hubwatch.statistics.answer import Result
from hubwatch.statistics.observed import is_sound, told_age, told_extent, told_state
from hubwatch.statistics.phrases import say
from hubwatch.statistics.tabular import Cell, percent, said_plainly, shown
from hubwatch.statistics.wording import UNITS, bounded, limits

_PARTS = ("month", "day", "license_class", "size_class", "part", "place", "hubs", "hub")  # what a row is of besides its group
_RANKS = ("rank", "previous_rank")
_FEW = 4  # so many observed days are named one by one
_PLACES = {"chinese_hubs_only": "on Chinese hubs only", "both": "on Chinese hubs and elsewhere"}
_MEASURES = {
    "hhi": "the Herfindahl-Hirschman index is {value}",
    "gini": "the Gini coefficient is {value}",
}

Row = dict[str, Cell]


def sentence(result: Result, row: Row) -> str:
    """What a row says, ready for print: value, bounds, scope."""
    special: dict[str, Callable[[Result, Row], str | None]] = {
        "hub_coverage": _coverage,
        "concentration": _concentration,
        "concentration_series": _concentration,
    }
    write = special.get(result.context.statistic, _share)
    said = say(result, row) or write(result, row) or _share(result, row) or _fields(result, row)
    return plain(said.removesuffix(".") + _counted_anew(result, row) + ".")


def _counted_anew(result: Result, row: Row) -> str:
    """That a figure rests on two rules of counting, where it does."""
    if row.get("rule_change") is None:
        return ""
    compares = result.context.statistic in ("growth", "crossings")
    mixed = "what changed since may be that alone" if compares else "the figure mixes both rules"
    return f"; what the hub counts as a download changed on {row['rule_change']}: {mixed}"


def basis(result: Result) -> str:
    """What the figures rest on, in one sentence: extent, completeness, health, models, labelled and flagged part, age."""
    context, now = result.context, today()
    days = context.observed if len(context.observed) <= _FEW else (context.observed[0], context.observed[-1])
    seen = [
        f"{at.hub} on {at.day} ({told_extent(at)}; {told_state(at)}; {counted(at.records or 0, 'listing')}; {told_age(at.day, now)})"
        for at in days
    ]
    days_told = (" and " if len(context.observed) <= _FEW else f" to ({len(context.observed)} days) ").join(seen)
    parts = [f"Based on {days_told}" if seen else "Based on the reviewed list"]
    if context.models is not None:
        parts.append(f"{counted(context.models, 'model')} in the figure")
    if context.labelled is not None:
        parts.append(f"{percent(context.labelled)} labelled")
    if context.flagged is not None:
        parts.append(f"flagged: {context.flagged.told(bool(context.parameters.get('without_flagged')))}")
    if context.apart is not None:
        parts.append(context.apart)
    return plain("; ".join(parts) + ".")


def _share(result: Result, row: Row) -> str | None:
    """The sentence of a row with a share and its bounds."""
    context = result.context
    share, low, high = (row.get(key) for key in ("share", "share_low", "share_high"))
    if not (isinstance(share, float) and isinstance(low, float) and isinstance(high, float)) or "value" not in row:
        return None
    bounds = bounded(share, low, high)
    without = row.get("share_without")
    keys = [key for key in _PARTS if row.get(key) is not None and (key != "part" or "share_without" not in row)]
    labels = "".join(f", {key.replace('_', ' ')} {said_plainly(row[key])}" for key in keys)
    ranks = "".join(f", {key.replace('_', ' ')} {row[key]:,}" for key in _RANKS if row.get(key) is not None)
    rest = f"; without {row['part']} it would be {percent(without)}" if isinstance(without, float) else ""
    if derived := row.get("derived"):
        rest += f"; {derived:,} of them derived, from the increase since {context.parameters['since']}"
    if isinstance(labelled := row.get("labelled"), float):
        rest += f"; {percent(labelled)} labelled"
    whole = row.get("denominator") or (context.denominator if not labels else None)
    of = f"{row['value']:,} of {whole:,}" if whole else f"{row['value']:,}"
    if name := context.parameters.get("list"):
        return f"{row['group']} has {bounds} of the list {Path(str(name)).name}: {of}{limits(context.parameters)}."
    return (
        f"{context.heading}, {where(result)}: {row['group']}{labels}{ranks} has {bounds}: {of} {_unit(result)}{rest}"
        f"{limits(context.parameters)}."
    )


def _coverage(result: Result, row: Row) -> str | None:
    """Of a group's models, how many are where."""
    share, low, high, hubs = (row.get(key) for key in ("share", "share_low", "share_high", "hubs"))
    if not (isinstance(share, float) and isinstance(low, float) and isinstance(high, float) and isinstance(hubs, list)):
        return None
    place = _PLACES.get(str(row["place"]), f"on {' and '.join(hubs)} only")
    named = f"{place} ({', '.join(hubs)})" if str(row["place"]) in _PLACES else place
    of = f"{row['value']:,} of {counted(int(str(row['denominator'])), 'model')}"
    return (
        f"{result.context.heading}, {where(result)}: of the models of {row['group']}, {bounded(share, low, high)} are {named}: {of}"
        f"{limits(result.context.parameters)}."
    )


def _concentration(result: Result, row: Row) -> str | None:
    """A measure of how few groups hold how much."""
    context, value, measure = result.context, row.get("value"), str(row.get("measure"))
    low, high = row.get("low"), row.get("high")
    if not isinstance(value, float):
        return None
    if measure.startswith("top_"):
        bounds = bounded(value, low, high) if isinstance(low, float) and isinstance(high, float) else percent(value)
        number = measure.removeprefix("top_")
        said = f"the largest {number} have {bounds}" if number != "1" else f"the largest has {bounds}"
    elif measure == "half":
        said = f"the largest {value:,.0f} have half" if value != 1 else "the largest alone has half"
    else:
        said = _MEASURES.get(measure, f"{measure.replace('_', ' ')} is {{value}}").format(value=f"{value:.4f}")
        if isinstance(low, float) and isinstance(high, float) and f"{low:.4f}" != f"{high:.4f}":
            said += f" (between {low:.4f} and {high:.4f}, depending on the unlabelled)"
    groups = next((f" among {row[key]:,} {key}" for key in ("organizations", "bodies", "groups") if isinstance(row.get(key), int)), "")
    on = f"{row['day']}, " if row.get("day") else ""
    return f"{context.heading}, {where(result)}: {on}{said}{groups}; by {context.parameters.get('by')}, {_unit(result)}{limits(context.parameters)}."


def _fields(result: Result, row: Row) -> str:
    """A row without a share, column by column."""
    context = result.context
    said = ", ".join(
        f"{key.replace('_', ' ')} {shown(key, value)}" for key, value in row.items() if value is not None and key != "rule_change"
    )
    by = f"by {context.parameters['by']}, " if context.parameters.get("by") else ""
    return f"{context.heading}, {where(result)}: {said}; {by}{_unit(result)}{limits(context.parameters)}."


def where(result: Result) -> str:
    """The hubs and days in words, with the extent where it is not the whole hub; of two days compared the first is the one figures are of."""
    seen = result.context.observed
    if len(seen) == 2 and result.context.parameters.get("since") == seen[1].day:
        return f"{_at(seen[0])}, compared with {seen[1].day}"
    ends = seen if len(seen) <= _FEW else (seen[0], seen[-1])
    return (" and " if len(seen) <= _FEW else " to ").join(_at(at) for at in ends) or "the list"


def _at(at: Any) -> str:
    """A hub and day; a day that is not of the whole hub, complete and sound says so."""
    if is_sound(at):
        return f"{at.hub} on {at.day}"
    return f"{at.hub} on {at.day} ({told_extent(at)}; {told_state(at)})"


def _unit(result: Result) -> str:
    """What is counted, in words."""
    return UNITS.get(str(result.context.parameters.get("metric")), result.context.unit.partition(";")[0])
