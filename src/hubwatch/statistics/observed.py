"""An observed day in words: which part of the hub it is of, whether it is complete and sound, how many models, how long ago."""

from datetime import date

from hubwatch.errors import counted
from hubwatch.statistics.days import ObservedDay

_EXTENTS = {
    "whole": "the whole hub",
    "head": "the most downloaded models only",
    "window": "models created within a window only",
    "selection": "a selection of models, not the whole hub",
}


def told_extent(at: ObservedDay) -> str:
    """The extent in words, with the note that the source has."""
    extent, note = at.extent, at.extent_note
    if extent == "whole":
        return f"{_EXTENTS['whole']} ({note})" if note else _EXTENTS["whole"]
    return f"{extent}: {note}" if note else f"{extent}: {_EXTENTS.get(extent, extent)}"


def told_state(at: ObservedDay) -> str:
    """Completeness and health in words."""
    archive = at.sweep.startswith("archive")
    done = "finished" if at.extent == "selection" else "complete"  # of a selection nothing is complete
    state = "a published snapshot" if archive else done if at.complete else "INCOMPLETE"
    if not at.health:
        return state
    return f"{state}, health {at.health}" + (f": {at.health_note}" if at.health_note and at.health != "ok" else "")


def age(at: ObservedDay, now: date) -> int:
    """How many days ago it was observed."""
    return (now - at.day).days


def told_age(day: date, now: date) -> str:
    """How long ago, in words."""
    days = (now - day).days
    if days <= 0:
        return "observed today" if days == 0 else "observed for a day in the future"
    return f"observed {days:,} day{'' if days == 1 else 's'} ago"


def told_day(at: ObservedDay, now: date) -> str:
    """The day in one line."""
    sweep = at.sweep if at.sweep.startswith("archive") else f"{at.sweep} sweep"
    records = counted(at.records or 0, "listing")
    if at.listed_total and at.extent == "whole":
        records += f" of {at.listed_total:,} that the hub reports"
    return f"{at.hub} on {at.day}, {sweep} ({told_extent(at)}), {told_state(at)}, {records}, {told_age(at.day, now)}"


def is_sound(at: ObservedDay) -> bool:
    """Whether the day is the whole hub, complete and in good health: a sentence need not say more."""
    return at.extent == "whole" and at.complete and at.health in (None, "ok")
