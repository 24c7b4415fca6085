"""An observed day in words: which part of the hub it is of, whether it is complete and sound, how many models, how long ago."""

from datetime import date

from hubwatch.statistics.days import ObservedDay

_EXTENTS = {
    "whole": "the whole hub",
    "head": "the most downloaded models only",
    "window": "models created within a window only",
    "selection": "a selection of models, not the whole hub",
}
_OF_SWEEPS = {"full": "whole", "head": "head", "new": "window", "owners": "selection"}


def extent_of(at: ObservedDay) -> str:
    """Which part of the hub the day is of: whole, head, window or selection."""
    said = getattr(at, "extent", None)
    return said or _OF_SWEEPS.get(at.sweep, "window" if at.sweep.startswith("window") else "selection")


def told_extent(at: ObservedDay) -> str:
    """The extent in words, with the note that the source has."""
    extent, note = extent_of(at), getattr(at, "extent_note", None)
    if extent == "whole":
        return f"{_EXTENTS['whole']} ({note})" if note else _EXTENTS["whole"]
    return f"{extent}: {note}" if note else f"{extent}: {_EXTENTS.get(extent, extent)}"


def told_state(at: ObservedDay) -> str:
    """Completeness and health in words."""
    health = getattr(at, "health", None)
    archive = at.sweep.startswith("archive")
    state = "a published snapshot" if archive else "complete" if at.complete else "INCOMPLETE"
    return f"{state}, health {health}" if health else state


def age(at: ObservedDay, now: date) -> int:
    """How many days ago it was observed."""
    return (now - at.day).days


def told_age(at: ObservedDay, now: date) -> str:
    """How long ago, in words."""
    days = age(at, now)
    if days <= 0:
        return "observed today" if days == 0 else "observed for a day in the future"
    return f"observed {days:,} day{'' if days == 1 else 's'} ago"


def told_day(at: ObservedDay, now: date) -> str:
    """The day in one line."""
    sweep = at.sweep if at.sweep.startswith("archive") else f"{at.sweep} sweep"
    records = f"{at.records or 0:,} listings"
    if at.listed_total and extent_of(at) == "whole":
        records += f" of {at.listed_total:,} that the hub reports"
    return f"{at.hub} on {at.day}, {sweep} ({told_extent(at)}), {told_state(at)}, {records}, {told_age(at, now)}"


def is_sound(at: ObservedDay) -> bool:
    """Whether the day is the whole hub, complete and in good health: a sentence need not say more."""
    return extent_of(at) == "whole" and at.complete and getattr(at, "health", None) in (None, "ok")
