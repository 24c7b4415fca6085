"""From what a reader asks (`--hub`, `--day`, `--by`, ...) to the values of a statistic's macro, or a clear refusal.

Hubs, days, sources and counters are chosen by the macros in `sql/parts/scope.sql`, for us as for whoever calls the macro in
DuckDB; what is said of the choice is said here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from hubwatch.errors import StatisticsError, WrongQuestion, counted
from hubwatch.statistics.days import (
    COUNTERS,
    ObservedDay,
    attributes_missing,
    counters_given,
    counts_only_totals,
    doubts,
    known_source,
    observed_day,
    observed_hubs,
    rule_changes,
    same_extent,
    series_days,
    source_day,
)
from hubwatch.statistics.definitions import Definition, called, rows_of
from hubwatch.statistics.tabular import Cell
from hubwatch.statistics.values import group_of, value_of
from hubwatch.store import Value

Rows = tuple[tuple[str, ...], Sequence[tuple[Cell, ...]]]
"""Columns and rows of an answer."""


@dataclass
class Question:
    """A question settled: the values of all parameters, the days they rest on, and what the reader must be told.

    `asked` is what to show: choices that are the reader's own or change the figure. `ask` knows the rows of a statistic
    under other values without asking its macro, or None where it does not.
    """

    statistic: Definition
    values: dict[str, Value]
    observed: list[ObservedDay]
    asked: dict[str, Value] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    ask: Callable[[Definition, dict[str, Value]], Rows | None] = lambda statistic, values: None

    def rows_of(self, con: duckdb.DuckDBPyConnection, statistic: Definition, values: dict[str, Value]) -> Rows:
        """Columns and rows of a statistic under other values than the question's own: what notes on it compare it with."""
        if (known := self.ask(statistic, values)) is not None:
            return known
        cursor = con.execute(called(statistic, values))
        return tuple(column[0] for column in cursor.description or ()), cursor.fetchall()


def settle(con: duckdb.DuckDBPyConnection, statistic: Definition, asked: dict[str, Any]) -> Question:
    """The question as the macro needs it; every refusal is a StatisticsError with the cure."""
    given = {name.replace("-", "_"): value for name, value in asked.items() if value is not None}
    if foreign := sorted(set(given) - set(statistic.parameters)):
        raise WrongQuestion(f"{statistic.name} takes no {', '.join(foreign)}; it takes {statistic.takes}")
    values = {name: value_of(con, name, parameter, given.get(name)) for name, parameter in statistic.declared.items()}
    dimensions = str(values.get("by", "")).split(",")
    if len(dimensions) > 1 and statistic.splits in dimensions:
        raise WrongQuestion(f"the rows of {statistic.name} have a column {statistic.splits} already: leave it out of --by")
    if isinstance(source := values.get("source"), str):
        values["source"] = known_source(con, source)
    for name in ("group", "against"):
        if isinstance(wanted_group := values.get(name), str) and wanted_group.lower() != "unknown":
            values[name] = group_of(con, str(values.get("by")), wanted_group)
    question = Question(statistic, values, [])
    if "policy" in values and not con.execute("select 1 from origins limit 1").fetchall():
        question.warnings.append("no namespace is classified yet: every origin is unknown (run hubwatch classify)")
    wanted, asked_source = values.get("day"), values.get("source")
    if statistic.days != "none":
        _settle_days(con, question)
    if statistic.days in ("all", "sound"):
        _settle_range(con, question, wanted, asked_source)
    elif statistic.days in ("two", "two or one"):
        _settle_since(con, question)
    shown = {name: value for name, value in values.items() if name not in ("source", "listed") or given.get(name) is not None}
    question.asked = shown | ({"day": max(at.day for at in question.observed)} if question.observed else {})
    if isinstance(models := given.get("models"), str):
        question.asked["models"] = models
    _say_filters(question)
    return question


_APART = 7  # days between the hubs' days from which on a reader is told


def _settle_days(con: duckdb.DuckDBPyConnection, question: Question) -> None:
    """Choose hubs, days, sources and the counter; fills the values, and the warnings."""
    values, statistic = question.values, question.statistic
    wanted, hub = values.get("day"), values.get("hub")
    held = observed_hubs(con)
    if not held:
        raise StatisticsError("nothing was observed yet: run hubwatch run")
    rows = rows_of(con, "scope", statistic, values)
    if not rows:
        raise _nothing_found(con, question, held)
    metric = rows[0][3]
    question.observed = [source_day(con, one, day, source) for one, day, source, _, _ in sorted(rows)]
    for at in question.observed:
        if wanted and at.day != wanted:
            question.warnings.append(f"{at.hub} was not observed on {wanted}; as of {at.day}")
    oldest, newest = (end(question.observed, key=lambda at: at.day) for end in (min, max))
    if (newest.day - oldest.day).days > _APART:
        question.warnings.append(
            f"the hubs' days are {(newest.day - oldest.day).days} days apart, from {oldest.hub} on {oldest.day} to {newest.hub} on {newest.day}: "
            f"what {oldest.hub} lists since then is not in these figures"
        )
    if hub is None:
        _say_left_out(con, question, held, metric)
    elif metric != "models" and metric not in counters_given(con, question.observed[0]):
        raise _not_given(con, question, str(metric))
    first = statistic.counters[0]
    if values.get("metric") is None and metric != first:
        if hub is not None and first.startswith("downloads") and not metric.startswith("downloads"):
            raise _not_given(con, question, first)
        question.warnings.append(f"{first} is not reported by {hub or 'any observed hub'}: this is by {metric}")
    if "metric" in values:
        values["metric"] = metric
    for at in question.observed:
        question.warnings += doubts(con, at)
    if statistic.days not in ("all", "sound", "two"):
        for at in question.observed:
            question.warnings += rule_changes(con, at.hub, at.day, at.day, str(metric))
    if values.get("without_flagged"):
        question.warnings.append(
            "no counter is summed, so no flagged observation is left out: --without-flagged passes over flagged days only"
            if metric == "models"
            else "flagged observations are left out (--without-flagged)"
        )
    if len(question.observed) == 1 and "hub" in values:
        at = question.observed[0]
        values |= {"hub": at.hub, "day": at.day, "source": at.sweep}


def _say_left_out(con: duckdb.DuckDBPyConnection, question: Question, held: list[str], metric: str) -> None:
    """Warn of every observed hub that the rows are not of."""
    chosen, wanted = {at.hub for at in question.observed}, question.values.get("day")
    rivals = []
    for hub in held:
        if hub in chosen:
            continue
        if isinstance(wanted, date) and not con.execute("select 1 from days where hub = ? and day = ?", [hub, wanted]).fetchall():
            question.warnings.append(f"{hub} was not observed on {wanted} and is not included")
            continue
        at = observed_day(con, hub, _date(wanted))
        given = counters_given(con, at)
        if metric not in given and not (question.statistic.hubs == "one" and set(question.statistic.counters) & given):
            question.warnings.append(f"{hub} gives no {metric} and is not included")
        elif missing := attributes_missing(con, at, question.statistic.needs):
            question.warnings.append(f"no listing of {hub} on {at.day} has {' or '.join(missing)}: it is not included")
        else:
            rivals.append(hub)
    if rivals:
        others = " or ".join(f"--hub {hub}" for hub in rivals)
        question.warnings.append(
            f"hubs count each their own way and are never added: this is {question.observed[0].hub}, the one with most listings; "
            f"{others} answers for the other{'s' if len(rivals) > 1 else ''}"
        )


def _date(value: Value) -> date | None:
    return value if isinstance(value, date) else None


def _nothing_found(con: duckdb.DuckDBPyConnection, question: Question, held: list[str]) -> StatisticsError:
    """Why no hub and day answers: not observed then, or no hub gives the counter."""
    values = question.values
    hub, wanted, metric, source = (values.get(name) for name in ("hub", "day", "metric", "source"))
    if isinstance(hub, str) or values.get("without_flagged") or source is not None:
        named = source if isinstance(source, str) else None
        one = hub if isinstance(hub, str) else held[0]
        at = observed_day(con, one, _date(wanted), bool(values.get("without_flagged")), named)  # raises where there is none
        question.observed = [at]
        return _not_given(con, question, str(metric or question.statistic.counters[0]))
    if not con.execute("select 1 from days where day = coalesce(?, day)", [wanted]).fetchall():
        return StatisticsError(f"no hub was observed on {wanted}; leave --day out for the last complete day of each")
    asked = str(metric or " or ".join(question.statistic.counters))
    given = set().union(*(counters_given(con, observed_day(con, one, None)) for one in held))
    options = [f"--metric {name}" for name in question.statistic.parameters.get("metric", ()) if name in given]
    for counter in [one for one in asked.split(" or ") if one in COUNTERS]:
        had = con.execute(
            f"select hub, max(day) from observations where {counter} is not null group by hub order by 2 desc, 1 limit 1"
        ).fetchall()
        options += [f"--hub {hub} --day {day}, which has it" for hub, day in had]
    others = " or ".join(options)
    return StatisticsError(f"no observed hub gives {asked}{f': use {others}' if others else ''}")


def _not_given(con: duckdb.DuckDBPyConnection, question: Question, metric: str) -> StatisticsError:
    """The refusal where a hub does not report a counter on a day: another counter, or another of its days that has it."""
    at, choices = question.observed[0], question.statistic.parameters.get("metric", ())
    given = counters_given(con, at)
    instead = {"downloads_30d": ["downloads_total"], "downloads_total": ["downloads_30d"]}.get(metric, [])
    options = [f"--metric {name}" for name in [*instead, "likes", "models"] if name in given and name in choices]
    days = con.execute(
        f"select distinct day from observations where hub = ? and {metric} is not null order by abs(day - ?), day limit 1", [at.hub, at.day]
    ).fetchall()
    options += [f"--day {day}, which has it" for (day,) in days]
    derived = "; a derived 30-day figure: hubwatch stats monthly-downloads" if "downloads_total" in given else ""
    cure = f"use {' or '.join(options)}" if options else "ask another --hub"
    return StatisticsError(f"{at.hub} gives no {metric} on {at.day}: {cure}{derived}")


def _settle_range(con: duckdb.DuckDBPyConnection, question: Question, wanted: Value, asked_source: Value) -> None:
    """Rest on every day of one hub, from since to the day (by default to the last), that a whole sweep or an archive observed."""
    values, now = question.values, question.observed[0]
    values["day"], values["source"] = wanted, asked_source
    rows = rows_of(con, "sound_days" if question.statistic.days == "sound" else "whole_days", question.statistic, values)
    if not rows:
        asked = f"from {values['since'] or 'the first'} to {wanted or 'the last'}"
        notes = series_days(con, now.hub, _date(values["since"]), _date(wanted)).notes
        raise StatisticsError("; ".join([f"{now.hub} has no day {asked} that can stand in a series", *notes]))
    found = [source_day(con, hub, day, source) for hub, day, source, _ in sorted(rows)]
    of_day = set(doubts(con, now))
    since = values["since"]
    named = source if isinstance(source := values.get("source"), str) else None
    series = series_days(con, now.hub, _date(since), _date(wanted), named, sound=question.statistic.days == "sound")
    question.warnings = [said for said in question.warnings if said not in of_day] + series.notes
    question.warnings += rule_changes(con, now.hub, min(rows)[1], max(rows)[1], str(rows[0][3]))
    question.observed = found
    if wanted is not None:
        values["day"] = found[-1].day
    kinds = sorted({at.sweep for at in found})
    if len(kinds) > 1:
        counts = ", ".join(f"{kind} ({counted(sum(at.sweep == kind for at in found), 'day')})" for kind in kinds)
        question.warnings.append(f"{now.hub}: {found[0].extent} days from several sources: {counts}")
    question.warnings += _doubts_of_days(con, found)


_TOLD = 5  # so many days of a series are named one by one with what is doubtful about them


def _doubts_of_days(con: duckdb.DuckDBPyConnection, found: Sequence[ObservedDay]) -> list[str]:
    """What is doubtful about a series' days, as each day alone says it; what is said of many days is said once."""
    said: dict[str, list[ObservedDay]] = {}
    for at in found:
        for doubt in doubts(con, at):
            said.setdefault(doubt.removeprefix(f"{at.hub} {at.day}: "), []).append(at)
    told = []
    for doubt, days in said.items():
        first, last = days[0], days[-1]
        when = ", ".join(str(at.day) for at in days) if len(days) <= _TOLD else f"{first.day} to {last.day} ({len(days)} days)"
        told.append(f"{first.hub} {when}: {doubt}")
    if len(told) > _TOLD:
        days_told = len({at.day for days in said.values() for at in days})
        return [*told[:_TOLD], f"{days_told} of the {len(found)} days have doubts: hubwatch flags --hub {found[0].hub}"]
    return told


def _settle_since(con: duckdb.DuckDBPyConnection, question: Question) -> None:
    """Add the earlier day: the one asked for, or the nearest to 30 days before of a whole sweep of the same kind."""
    now, since, needed = question.observed[0], question.values["since"], question.statistic.days == "two"
    if isinstance(since, date):
        if since >= now.day:
            raise StatisticsError(f"since {since} is not before the day {now.day}")
        observed_day(con, now.hub, since)  # raises with the nearest days where it was not observed
    elif "tolerance" in question.values and "downloads_30d" in counters_given(con, now) and not counts_only_totals(con, now):
        return
    rows = rows_of(con, "earlier", question.statistic, question.values)
    if not rows and needed:
        raise StatisticsError(f"{now.hub} has no observed day before {now.day} to compare with")
    if not rows:
        within = question.values.get("tolerance", 15)
        lost = "nothing is derived" if "tolerance" in question.values else "no earlier rank is given"
        question.warnings.append(f"{now.hub} has no comparable day within {within} days of 30 days before {now.day}: {lost}")
        return
    before = source_day(con, *rows[0][:3])
    question.observed.append(before)
    question.warnings += doubts(con, before)
    metric = str(question.values.get("metric") or question.statistic.counters[0])
    of_day = set(rule_changes(con, now.hub, now.day, now.day, metric))
    question.warnings = [said for said in question.warnings if said not in of_day] + rule_changes(con, now.hub, before.day, now.day, metric)
    if not same_extent(now, before):
        differ = "list different parts of the hub; the change mixes both"
        if now.sweep == before.sweep and now.complete and before.complete:
            differ = "may list different parts of the hub (another floor, other owners); the change may be that alone"
        question.warnings.append(f"{now.hub}: {before.sweep} on {before.day} and {now.sweep} on {now.day} {differ}")
    question.values["since"] = before.day
    if question.values.get("scaled") is False:
        question.warnings.append(f"not scaled to 30 days: the {(now.day - before.day).days} days from {before.day} to {now.day}")


def _say_filters(question: Question) -> None:
    """Say which part of the listings a question is within."""
    if left_out := question.values.get("leave_out"):
        question.warnings.append(f"left out: {', '.join(str(name) for name in left_out)}")  # type: ignore[union-attr]
    if models := question.values.get("models"):
        question.warnings.append(f"within a list of {len(models)} model ids")  # type: ignore[arg-type]
