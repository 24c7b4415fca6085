"""What the site and each figure rest on: hubs, days and their extent, labelled and flagged part, models, age, the rules by which a hub counts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb

from hubwatch.clock import today
from hubwatch.report import words
from hubwatch.statistics import ObservedDay, Result, doubts, observed_day, observed_hubs, percent, told_age
from hubwatch.version import VERSION

TITLE, TITLE_OF_SAMPLES = "Whose models the world downloads", "Whose models are downloaded: figures of samples"


@dataclass(frozen=True)
class Basis:
    """What the whole site rests on: each hub's day and what it covers."""

    days: tuple[tuple[ObservedDay, str], ...]
    is_tested: bool
    """Whether a day was collected from a local test server."""

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection) -> "Basis":
        days = [observed_day(con, hub, None) for hub in observed_hubs(con)]
        is_tested = any("not from the hub itself" in doubt for at in days for doubt in doubts(con, at))
        return cls(tuple((at, f"{words.hub(at.hub)} on {words.day(at.day)}: {covered(at)}") for at in days), is_tested)

    def of(self, hubs: Iterable[str]) -> "Basis":
        """The same of these hubs; of all where there is none of them."""
        wanted = {*hubs}
        own = tuple(one for one in self.days if one[0].hub in wanted)
        return replace(self, days=own or self.days)

    @property
    def title(self) -> str:
        return TITLE if self._is_whole else TITLE_OF_SAMPLES

    @property
    def _is_whole(self) -> bool:
        return any(at.extent == "whole" for at, _ in self.days)

    @property
    def sentence(self) -> str:
        lead = "What this shows" if self._is_whole else "These are figures of samples, not of whole hubs"
        note = " Collected from a local test server, not from the hubs themselves." if self.is_tested else ""
        return f"{lead}. {'; '.join(told for _, told in self.days)}.{note}" if self.days else "Nothing observed yet."

    @property
    def made(self) -> str:
        last = max((at.day for at, _ in self.days), default=None)
        return f"Made by hubwatch {VERSION} from observations up to {words.day(last)}." if last else f"Made by hubwatch {VERSION}."


def extent_of(result: Result) -> str:
    """What the figures are of: hub, day and what part of the hub, in words."""
    seen = result.context.observed
    if len(seen) > 4:
        return f"{words.hub(seen[0].hub)}, {len(seen)} days from {words.day(seen[0].day)} to {words.day(seen[-1].day)}: {covered(seen[-1])}"
    if len(seen) > 1 and len({(at.hub, at.extent_note, at.complete, at.health) for at in seen}) == 1:
        days = sorted(at.day for at in seen)
        return f"{words.hub(seen[0].hub)}, {len(days)} days from {words.day(days[0])} to {words.day(days[-1])}: {covered(seen[-1])}"
    return "; ".join(f"{words.hub(at.hub)}, {words.day(at.day)}: {covered(at)}" for at in seen)


def is_whole(at: ObservedDay) -> bool:
    """Whether a day's source covers the hub: of a selection, months show what was selected and not what was released."""
    return at.extent == "whole"


def covered(at: ObservedDay) -> str:
    """What part of the hub a day's source covers, with its number of models."""
    counted = f"{at.records:,} models" if at.records is not None else "models"
    archive, done = at.sweep.startswith("archive"), "" if at.extent == "selection" else ", complete"
    state = ", a published snapshot" if archive else done if at.complete else ", incomplete"
    state += f", counters {at.health.replace('_', ' ')}" if at.health else ""
    if at.extent_note:
        note = words.clean(at.extent_note)
        return f"{note}{state}" if counted in note else f"{note}, {counted}{state}"
    kinds = {"whole": "the whole hub", "head": "the most downloaded only", "window": "created within a period only"}
    return f"{counted}, {kinds.get(at.extent, 'a selection, not the whole hub')}{state}"


def basis_of(result: Result) -> str:
    """Labelled and flagged part, models in the figure, age."""
    context = result.context
    flagged = context.flagged.told(bool(context.parameters.get("without_flagged")), cure=False) if context.flagged else None
    labelled = percent(context.labelled) if context.labelled is not None else None
    if labelled is None and "labelled" in result.columns:
        labelled = "row by row in the data"
    return told_basis(labelled, flagged, context.models, [at.day for at in context.observed])


def told_basis(labelled: str | None, flagged: str | None, models: int | None, days: Iterable[date], is_aged: bool = True) -> str:
    """What is known of a figure besides its extent, in one line; of several days the last: how long ago it is, or which."""
    parts = [words.count(models, "model") + " in the figure"] if models is not None else []
    parts += [f"labelled: {labelled}"] if labelled is not None else []
    parts += [f"flagged: {flagged}"] if flagged is not None else []
    last = max(days, default=None)
    parts += [told_age(last, today()) if is_aged else f"observed on {words.day(last)}"] if last is not None else []
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


def basis_of_last(held: dict[str, Any], is_aged: bool = True) -> str:
    """What the series' last day rests on."""
    last = max(held["days"])
    of = held["days"][last]
    labelled = None if of["labelled"] is None else percent(of["labelled"])
    said = told_basis(labelled, of["flagged_part"], of["models"], [date.fromisoformat(last)], is_aged)
    return f"Last day: {said[:1].lower()}{said[1:]}"
