"""Releases, ages, openness and spread in plain Python, from what the sources said: by the heads' definitions, without their SQL."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from tests.statistics.oracle import (
    Counted,
    Parts,
    Released,
    Row,
    begin_of,
    bounded,
    concentration_at,
    listed_models,
    named,
    over,
)
from tests.statistics.oracle_rows import (
    At,
    Described,
    Question,
    Told,
    at_of,
    day_after,
    is_placeholder,
    license_class,
    month_of,
    size_class,
    value_of,
)
from tests.statistics.random_world import Source

# --- releases ---


def release_calendar(told: Told, question: Question) -> list[Row]:
    released = Released(told, question)
    if not released.scope:
        return []
    cut = min(at.day for at in released.scope)
    since = question.since or max(at.day for at in released.scope) - timedelta(364)
    days: dict[date, list[Described]] = defaultdict(list)
    for one, moment in released.models:
        if moment.date() >= since:
            days[moment.date()].append(one)
    rows = []
    for day, listed in days.items():
        sums: dict[Parts, int] = defaultdict(int)
        for one in listed:
            if not one.outside:
                sums[one.parts] += 1
        inside = sum(sums.values())
        loose = sum(count for parts, count in sums.items() if None in parts)
        for parts, count in sums.items():
            row = named(question, parts) | bounded(parts, count, sums, len(listed) - inside)
            rows.append(
                row | {"created_on": day, "models": count, "denominator": inside, "labelled": 1 - loose / inside, "is_partial": day >= cut}
            )
    return rows


def largest_releases(told: Told, question: Question) -> list[Row]:
    groups: dict[tuple[date, Parts], list[tuple[Described, datetime]]] = defaultdict(list)
    released_by = Released(told, question)
    for one, moment in released_by.models:
        if not one.outside and (question.since is None or moment.date() >= question.since):
            groups[month_of(moment), one.parts].append((one, moment))
    rows = []
    for (month, parts), released in groups.items():
        sized = [
            (-size, moment, one.model_id, one.hub) for one, moment in released if (size := one.attributes.get("parameters")) is not None
        ]
        if sized:
            size, moment, model_id, hub = min(sized)
            following = (month + timedelta(days=32)).replace(day=1)
            cut = following > min(at.day for at in released_by.scope) + timedelta(1) or (
                question.since is not None and month < question.since
            )
            row = {"is_partial": cut, "month": month, "hub": hub, "model_id": model_id, "parameters": -size, "created_on": moment.date()}
            rows.append(named(question, parts) | row | {"sized": len(sized), "models": len(released)})
    return rows


# --- models listed on the day ---


def openness(told: Told, question: Question) -> list[Row]:
    groups: dict[Parts, list[tuple[str, str]]] = defaultdict(list)
    for one in listed_models(told, question):
        gated = one.attributes["gated"]
        access = "unknown" if gated is None else "open" if gated == "false" else "gated"
        groups[one.parts].append((access, license_class(one.attributes["license"]) or "unknown"))
    rows = []
    for parts, cells in groups.items():
        inside = len(cells)
        for cell in set(cells):
            value = cells.count(cell)
            row = {"access": cell[0], "license_class": cell[1], "value": value, "share": value / inside, "models": value}
            if "unknown" in cell:
                row |= {"share_low": 0, "share_high": value / inside}
            else:
                may_be = sum("unknown" in other and all(b in (a, "unknown") for a, b in zip(cell, other, strict=True)) for other in cells)
                row |= {"share_low": value / inside, "share_high": (value + may_be) / inside}
            at_most = [other for other in cells if other[0] in ("open", "unknown") and other[1] in ("permissive", "unknown")]
            row |= {"share_free_high": len(at_most) / inside}
            row |= {"share_free": cells.count(("open", "permissive")) / inside, "denominator": inside}
            rows.append(named(question, parts) | row | {"labelled": 1 - sum("unknown" in other for other in cells) / inside})
    return rows


# --- one hub's counters ---


def download_distribution(told: Told, question: Question) -> list[Row]:
    listed = [value for one, value, *_ in Counted(told, question, told.scope(question)).rows if not one.outside]
    values = sorted((value for value in listed if value is not None), reverse=True)
    if not values:
        return []
    parts = {f"below {bound:,}": [value for value in values if value < bound] for bound in (1, 10, 100, 200, 1000, 10**4, 10**5, 10**6)}
    for name, thousandths in (("0.1%", 1), ("1%", 10), ("10%", 100), ("50%", 500)):
        parts[f"top {name}"] = values[: -(-len(values) * thousandths // 1000)]
    return [
        {"part": name, "listings": len(part), "share_of_models": len(part) / len(values), "value": sum(part)}
        | {"share": over(sum(part), sum(values)), "listings_total": len(values), "denominator": sum(values)}
        | {"uncounted": len(listed) - len(values)}
        for name, part in parts.items()
    ]


def velocity(told: Told, question: Question) -> list[Row]:
    scope = told.scope(question)
    found = []
    for one, value, *_ in Counted(told, question, scope).rows:
        created = one.attributes.get("created_at")
        if one.outside or value is None or created is None or is_placeholder(one.hub, created) or created >= day_after(scope[0].day):
            continue
        age = max(1, (day_after(scope[0].day) - created) / timedelta(days=1))
        found.append((-value / age, one.model_id, one, value, age))
    rows = []
    for place, (negative, _, one, value, age) in enumerate(sorted(found, key=lambda row: row[:2])[:20], 1):
        label = told.label(one.hub, one.namespace, question.policy, scope[0].day)
        rows.append(
            {"place": place, "hub": one.hub, "model_id": one.model_id, "organization": one.organization or "unknown"}
            | {"country": (label and label.country) or "unknown", "created_at": one.attributes["created_at"], "downloads": value}
            | {"age_days": _two_digits(age), "downloads_a_day": _two_digits(-negative)}
        )
    return rows


def _two_digits(number: float) -> float:
    return math.floor(number * 100 + 0.5) / 100


def concentration_series(told: Told, question: Question, every: str) -> list[Row]:
    scope = told.scope(question)
    if not scope:
        return []
    last: dict[date, Source] = {}
    for source in told.series(scope[0], question):
        last[begin_of(source.day, every)] = source
    rows = []
    for source in last.values():
        at = at_of(source, scope[0])
        rows += [row | {"day": at.day, "sweep": source.name} for row in concentration_at(told, question, [at])]
    return rows


def retention(told: Told, question: Question, at_least: float) -> list[Row]:
    scope = told.scope(question)
    if not scope:
        return []
    days = told.series(scope[0], replace(question, since=None))
    if not days:
        return []
    last, hub = days[-1].day, scope[0].source.hub
    months: dict[date, list[str]] = defaultdict(list)
    for model_id in _ever_observed(told, hub, days):
        one = told.describe(hub, model_id, last, question, 1)
        moment = one.attributes.get("created_at") if one is not None and not one.outside else None
        if (
            moment is not None
            and not is_placeholder(hub, moment)
            and (not question.since or month_of(moment) >= question.since.replace(day=1))
        ):
            months[month_of(moment)].append(model_id)
    rows = []
    for month, cohort in months.items():
        for age in (0, 1, 2, 3, 6, 12, 18, 24):
            turn = month.year * 12 + month.month + age
            end = date(turn // 12, turn % 12 + 1, 1) - timedelta(1)
            near = [(abs((one.day - end).days), one.day) for one in days if abs((one.day - end).days) <= 7 and (age or one.day >= end)]
            if not near:
                continue
            look = next(one for one in days if one.day == min(near)[1])
            seen = [model_id for model_id in cohort if model_id in look.listings]
            counted = [one for one in seen if not (question.without_flagged and told.is_flagged(hub, one, look.day, scope[0].metric))]
            value = sum((value_of(look, one, scope[0].metric) or 0) >= at_least for one in counted if _counts(look, one, scope[0]))
            rows.append(
                {"month": month, "months": age, "day": look.day, "value": value, "share": value / len(cohort), "listed": len(seen)}
                | {"listed_share": len(seen) / len(cohort), "denominator": len(cohort)}
            )
    return rows


def _counts(look: Source, model_id: str, at: At) -> bool:
    return value_of(look, model_id, at.metric) is not None


def _ever_observed(told: Told, hub: str, days: list[Source]) -> Iterable[str]:
    """Of whole days all that any source saw by the last of them; else what these days list."""
    if all(one.extent == "whole" for one in days):
        return [model_id for (of, model_id), seen in told.observed.items() if of == hub and seen and seen[0] <= days[-1].day]
    return {model_id for one in days for model_id in one.listings}


# --- against models of the same size ---


def adoption(told: Told, question: Question, top: int, model: str | None) -> list[Row]:
    scope = told.scope(question)
    classes: dict[str, list[tuple[int, str, Described]]] = defaultdict(list)
    for one, value, *_ in Counted(told, question, scope).rows:
        created, size = one.attributes.get("created_at"), one.attributes.get("parameters")
        if not one.outside and value is not None and created is not None and size is not None and not is_placeholder(one.hub, created):
            classes[size_class(size)].append((-value, one.model_id, one))
    rows = []
    for name, members in classes.items():
        ranked = [one for *_, one in sorted(members, key=lambda row: row[:2])]
        released = {one.model_id: _released_on(told, one) for one in ranked}
        for place, one in enumerate(ranked, 1):
            if place > top and one.model_id != model:
                continue
            for age in (7, 14, 30, 60, 90, 180, 365):
                mine = _at_age(told, one, released[one.model_id], age, scope[0].day, question)
                if mine is None:
                    continue
                task = one.attributes["task"] or "unknown"
                others = [other for other in ranked if other is not one and (other.attributes["task"] or "unknown") == task][:10]
                theirs = [
                    count
                    for other in others
                    if (count := _at_age(told, other, released[other.model_id], age, scope[0].day, question)) is not None
                ]
                middle = median(theirs) if theirs else None
                rows.append(
                    {
                        "hub": one.hub,
                        "size_class": name,
                        "task": task,
                        "place": place,
                        "model_id": one.model_id,
                        "released_on": released[one.model_id],
                    }
                    | {"age_days": age, "downloads": mine, "median_downloads": middle, "peers": len(theirs)}
                    | {"relative_adoption": over(mine, middle or 0) if len(theirs) >= 5 else None}
                )
    return rows


def _released_on(told: Told, one: Described) -> date:
    """The day of creation, or the first observed one where an earlier complete full sweep after creation lacked it."""
    created: date = one.attributes["created_at"].date()
    first = min(told.observed[one.hub, other][0] for other in told.same_repository(one.hub, one.model_id))
    missed = [
        source
        for source in told.world.sources
        if source.hub == one.hub and source.name == "full" and source.complete and created < source.day < first
    ]
    return first if missed else created


def _at_age(told: Told, one: Described, released: date, age: int, until: date, question: Question) -> int | None:
    """Downloads of all time at that age, by the observation nearest to it."""
    found: list[tuple[Any, ...]] = []
    for other in told.same_repository(one.hub, one.model_id):
        for day in told.observed[one.hub, other]:
            total = next(
                source.listings[other].counters["downloads_total"] for source in told.of_day[one.hub, day] if other in source.listings
            )
            if question.without_flagged and told.is_flagged(one.hub, other, day, "downloads_total"):
                continue
            off = (day - released).days - age
            if total is not None and day <= until and abs(off) <= max(1, age // 10):
                found.append((abs(off), off < 0, total))
    return int(min(found)[2]) if found else None
