"""From what a reader asks (`--hub`, `--day`, `--by`, ...) to the values of a query's parameters, or a clear refusal."""

from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

import duckdb

from hubwatch.errors import StatisticsError, WrongQuestion
from hubwatch.facts import country_code
from hubwatch.statistics.days import (
    UNFIT_FOR_FLOWS,
    ObservedDay,
    choose_hub,
    counters_given,
    counts_only_totals,
    day_before,
    doubts,
    known_source,
    last_day_by,
    observed_day,
    observed_hubs,
    only_hub_with_downloads,
    same_extent,
    same_source_on,
    series_days,
)
from hubwatch.statistics.definitions import Definition
from hubwatch.store import Value

DEFAULT_POLICY = "six-tigers"
_DATES = ("day", "since", "until")
_SWITCHES = ("without_flagged", "scaled")
_SAID = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass
class Question:
    """A question settled: the values of all parameters, the days they rest on, and what the reader must be told."""

    values: dict[str, Value]
    asked: dict[str, Value]
    observed: list[ObservedDay]
    warnings: list[str] = field(default_factory=list)


def settle(con: duckdb.DuckDBPyConnection, statistic: Definition, asked: dict[str, Value]) -> Question:
    """The question as the query needs it; every refusal is a StatisticsError with the cure."""
    given = {name.replace("-", "_"): value for name, value in asked.items() if value is not None}
    takes = {*statistic.parameters, *(["source"] if "day" in statistic.parameters else [])}
    if foreign := sorted(set(given) - takes):
        raise WrongQuestion(f"{statistic.name} takes no {', '.join(foreign)}; it takes {statistic.takes}")
    values: dict[str, Value] = {name: _value(name, choices, given.get(name)) for name, choices in statistic.parameters.items()}
    question = Question(values, {}, [])
    if (wanted := given.get("source")) is not None:
        values["source"] = known_source(con, str(wanted))
    if "policy" in values:
        values["policy"] = _policy(con, values["policy"], question.warnings)
    if "country" in values and isinstance(values["country"], str):
        values["country"] = _country(con, values["country"])
    if "day" in values:
        _settle_days(con, question, statistic.parameters.get("hub") == ("one",), statistic.parameters.get("metric", ()))
    since = statistic.parameters.get("since", ())
    if since == ("range",):
        _settle_range(con, question, given.get("day") is not None)
    elif since[:1] == ("observed",):
        _settle_since(con, question, needed="none" not in since)
    _settle_scope(question)
    question.asked = {name: value for name, value in values.items() if name not in ("hubs", "days", "sweeps")}
    return question


def _source(values: dict[str, Value]) -> str | None:
    source = values.get("source")
    return source if isinstance(source, str) else None


def _settle_scope(question: Question) -> None:
    """Fill `hubs`, `days` and `sweeps` of the values: the sweeps that the rows rest on, position by position."""
    question.values["hubs"] = [at.hub for at in question.observed]
    question.values["days"] = [at.day for at in question.observed]
    question.values["sweeps"] = [at.sweep for at in question.observed]


def _settle_days(con: duckdb.DuckDBPyConnection, question: Question, one_hub: bool, metrics: tuple[str, ...]) -> None:
    """Choose hubs and days; fills `hub` and `day` of the values, and the warnings. `metrics` are those that can be asked for."""
    values = question.values
    hub, day, metric = (values.get(name) for name in ("hub", "day", "metric"))
    assert hub is None or isinstance(hub, str)  # as _value gives them
    assert day is None or isinstance(day, date)
    hubs = [hub] if hub else observed_hubs(con)
    if not hubs:
        raise StatisticsError("nothing was observed yet: run hubwatch run")
    if one_hub and not hub:
        hubs = [only_hub_with_downloads(con, hubs, day)]
    if isinstance(metric, str) and metric.startswith("downloads") and not hub:
        chosen, said = choose_hub(con, metric, hubs, day, metrics)
        hubs, question.warnings = [chosen], question.warnings + said
    for one in hubs:
        if len(hubs) > 1 and day and not con.execute("select 1 from days where hub = ? and day = ?", [one, day]).fetchall():
            if "hub" not in values and (last := last_day_by(con, one, day)):  # what a hub lists stands until a later sweep
                question.warnings.append(f"{one} was not observed on {day}; as of {last.day}")
                question.observed.append(last)
            else:
                question.warnings.append(f"{one} was not observed on {day} and is not included")
            continue
        question.observed.append(observed_day(con, one, day, bool(values.get("without_flagged")), _source(values)))
    if not question.observed:
        raise StatisticsError(f"no hub was observed on {day}; leave --day out for the last complete day of each")
    _require_counter(con, metric, question, metrics)
    for at in question.observed:
        question.warnings += doubts(con, at)
    if values.get("without_flagged"):
        question.warnings.append("flagged observations are left out (--without-flagged)")
    values["day"] = max(at.day for at in question.observed)
    if "hub" in values and len(question.observed) == 1:
        values["hub"] = question.observed[0].hub


def _settle_range(con: duckdb.DuckDBPyConnection, question: Question, day_asked: bool) -> None:
    """Rest on every day of one hub, from since to the day (by default to the last), that a whole sweep or an archive observed."""
    values, now = question.values, _only_hub(question, "a series is of")
    until, since = now.day if day_asked else None, values["since"]
    assert since is None or isinstance(since, date)
    series = series_days(con, now.hub, since, until, _source(values))
    found = series.days
    if not found:
        wanted = f"from {since or 'the first'} to {until or 'the last'}"
        raise StatisticsError("; ".join([f"{now.hub} has no day {wanted} that can stand in a series", *series.notes]))
    question.warnings = [said for said in question.warnings if said not in doubts(con, now)] + series.notes
    question.observed, values["day"] = found, found[-1].day
    kinds = sorted({at.sweep for at in found})
    if len(kinds) > 1:
        counts = ", ".join(f"{kind} ({sum(at.sweep == kind for at in found)} days)" for kind in kinds)
        question.warnings.append(f"{now.hub}: {found[0].extent} days from several sources: {counts}")
    elif found[0].extent != "whole" or kinds[0].startswith("archive"):
        question.warnings += [said for said in doubts(con, found[-1]) if "whole hub" in said]
    flagged = con.execute(
        """select count(distinct day) from flags where hub = ? and model_id = '' and list_contains(?::date[], day)
           and not list_contains(?::varchar[], flag)""",
        [now.hub, [at.day for at in found], [f"day_{health}" for health in UNFIT_FOR_FLOWS]],
    ).fetchall()[0][0]
    if flagged:
        question.warnings.append(f"{flagged} day(s) in the range are flagged: hubwatch flags --hub {now.hub}")


def _settle_since(con: duckdb.DuckDBPyConnection, question: Question, needed: bool) -> None:
    """Add the earlier day: the one asked for, or the nearest to 30 days before of a whole sweep of the same kind.

    Where none is needed there is none beyond 15 (or `tolerance`) days from that, and the answer says so.
    """
    now = _only_hub(question, "two days are compared on")
    since = question.values["since"]
    if since is None:
        derived = "tolerance" in question.values
        if derived and not counts_only_totals(con, now):
            return
        within = question.values.get("tolerance", 15)
        assert isinstance(within, int | float)
        near = day_before(con, now, within=None if needed else within)
        if near is None and needed:
            raise StatisticsError(f"{now.hub} has no observed day before {now.day} to compare with")
        if near is None:
            lost = "nothing is derived" if derived else "no earlier rank is given"
            question.warnings.append(f"{now.hub} has no comparable day within {within} days of 30 days before {now.day}: {lost}")
            return
        since, before = near.day, near
    else:
        assert isinstance(since, date)
        if since >= now.day:
            raise StatisticsError(f"since {since} is not before the day {now.day}")
        source = _source(question.values)
        before = observed_day(con, now.hub, since, source=source) if source else same_source_on(con, now, since)
    question.observed.append(before)
    question.warnings += doubts(con, before)
    if not same_extent(now, before):
        differ = "list different parts of the hub; the change mixes both"
        if now.sweep == before.sweep and now.complete and before.complete:
            differ = "may list different parts of the hub (another floor, other owners); the change may be that alone"
        question.warnings.append(f"{now.hub}: {before.sweep} on {before.day} and {now.sweep} on {now.day} {differ}")
    question.values["since"] = since


def _only_hub(question: Question, what: str) -> ObservedDay:
    """The one hub's day that a question over time is about."""
    if len(question.observed) != 1:
        raise StatisticsError(f"{what} one hub: say --hub " + " or --hub ".join(at.hub for at in question.observed))
    return question.observed[0]


def _require_counter(con: duckdb.DuckDBPyConnection, metric: Value, question: Question, metrics: tuple[str, ...]) -> None:
    """Leave out hubs without the counter, saying so; refuse when none is left."""
    if not isinstance(metric, str) or metric == "models":
        return
    given = {at: counters_given(con, at) for at in question.observed}
    lacking = [at for at in question.observed if metric not in given[at]]
    if len(lacking) < len(question.observed):
        question.warnings += [f"{at.hub} gives no {metric} and is not included" for at in lacking]
        question.observed = [at for at in question.observed if at not in lacking]
        return
    at = lacking[0]
    instead = {"downloads_30d": ["downloads_total"], "downloads_total": ["downloads_30d"]}.get(metric, [])
    options = [f"--metric {name}" for name in [*instead, "likes", "models"] if name in given[at] and name in metrics]
    derived = "; a derived 30-day figure: hubwatch stats monthly-downloads" if "downloads_total" in given[at] else ""
    cure = f"use {' or '.join(options)}" if options else "ask another --hub"
    raise StatisticsError(f"{at.hub} gives no {metric} on {at.day}: {cure}{derived}")


def _value(name: str, choices: tuple[str, ...], given: Value) -> Value:
    """A parameter's value in its type: the choice asked for, or the first one declared."""
    if name == "hub":
        return given
    if name in _DATES:
        return given if given is None or isinstance(given, date) else _date(name, str(given))
    if name in _SWITCHES:
        if given is None:
            return choices[:1] == ("true",)
        if str(given).lower() not in _SAID:
            raise WrongQuestion(f"{name} {given!r} is neither true nor false")
        return _SAID[str(given).lower()]
    if given is None:
        return _number(choices[0]) if choices else None
    if len(choices) == 1 and isinstance(_number(choices[0]), int | float):
        number = _number(str(given))
        if isinstance(number, str):
            raise WrongQuestion(f"{name} {given!r} is not a number")
        if not 0 <= number < 2**63 or (name == "top" and (number < 1 or number != int(number))):
            raise WrongQuestion(f"{name} {given!r} must be a {'whole number from 1' if name == 'top' else 'number from 0'} on, below 2^63")
        return number
    text = str(given)
    if len(choices) > 1:
        text = text.strip().lower().replace("-", "_")
        if text not in choices:
            near = get_close_matches(text, choices, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise WrongQuestion(f"there is no {name} {given!r}{hint} (choices: {', '.join(choices)})")
    return text


def _date(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongQuestion(f"{name} {text!r} is not a date; write YYYY-MM-DD") from None


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _policy(con: duckdb.DuckDBPyConnection, wanted: Value, warnings: list[str]) -> str:
    known = [policy for (policy,) in con.execute("select distinct policy from origins order by 1").fetchall()]
    if not known:
        warnings.append("no namespace is classified yet: every origin is unknown (run hubwatch classify)")
    policy = str(wanted or DEFAULT_POLICY)
    if known and policy not in known:
        raise WrongQuestion(f"there is no policy {policy!r}; policies: {', '.join(known)}")
    return policy


def _country(con: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """The code of a country asked for by code or by a name of it, in English or its own language."""
    code = wanted.strip().upper()
    known = [country for (country,) in con.execute("select distinct country from origins where country is not null").fetchall()]
    if known and code not in known:
        code = country_code(con, wanted) or code
    if known and code not in known:
        raise StatisticsError(f"no namespace is known to be of country {wanted!r}; write a code such as CN, US or INTL, or its name")
    return code
