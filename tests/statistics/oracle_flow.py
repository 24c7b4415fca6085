"""Downloads within periods in plain Python, from what the sources said: by the definition of `download_flow`, without its SQL."""

import math
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from tests.statistics.oracle import Parts, Row, begin_of, bounded, named, rule_change
from tests.statistics.oracle_rows import At, Described, Question, Told, is_placeholder
from tests.statistics.random_world import Source

Readings = dict[date, int]
TOTAL = "downloads_total"


class Flow:
    """The days that are read, and what each repository's counter rose between them."""

    def __init__(self, told: Told, question: Question, every: str, at: At) -> None:
        self.told, self.question, self.hub = told, question, at.source.hub
        sound = [one for one in told.series(at, replace(question, since=None)) if (one.health or "ok") == "ok"]
        if question.since is not None:
            before = [one.day for one in sound if one.day <= question.since]
            sound = [one for one in sound if one.day >= (max(before) if before else question.since)]
        self.periods: list[tuple[date, date]] = []
        self.chosen: list[Source] = []
        if not sound:
            return
        self.first = max(sound[0].day, question.since or sound[0].day)
        self.last = sound[-1].day
        begin = begin_of(self.first, every)
        while begin < self.last:
            until = {"day": begin + timedelta(1), "week": begin + timedelta(7)}.get(every) or _next(begin, every)
            self.periods.append((begin, until))
            begin = until
        edges = {edge for period in self.periods for edge in self.span(period)}
        days = [one.day for one in sound]
        read = {max((day for day in days if day <= edge), default=None) for edge in edges}
        read |= {min((day for day in days if day >= edge), default=None) for edge in edges}
        self.chosen = [one for one in sound if one.day in read]

    def span(self, period: tuple[date, date]) -> tuple[date, date]:
        return max(period[0], self.first), min(period[1], self.last)

    def ids(self, key: str) -> list[str]:
        """All ids of the repository that is called so at the end."""
        return self.told.same_repository(self.hub, key)

    def is_spike(self, model_id: str, day: date) -> bool:
        return (self.hub, model_id, day, "downloads_total_spiked") in self.told.world.flags

    def readings(self, key: str) -> Readings:
        found: Readings = {}
        for source in self.chosen:
            totals = []
            for one in self.ids(key):
                said = source.listings.get(one)
                left_out = self.is_spike(one, source.day) or (
                    self.question.without_flagged and self.told.is_flagged(self.hub, one, source.day, TOTAL)
                )
                if said is not None and said.counters[TOTAL] is not None and not left_out:
                    totals.append(said.counters[TOTAL])
            if totals:
                found[source.day] = max(total for total in totals if total is not None)
        return found


def _next(begin: date, every: str) -> date:
    months = {"month": 1, "quarter": 3, "year": 12}[every]
    month = begin.year * 12 + begin.month - 1 + months
    return date(month // 12, month % 12 + 1, 1)


def _mended(readings: Readings) -> tuple[Readings, set[date]]:
    """The counter as it can have stood, and the days on which it was read otherwise."""
    days = sorted(readings)
    if all(readings[a] <= readings[b] for a, b in pairwise(days)):
        return readings, set()
    kept = [
        day
        for day in days
        if not (
            (before := [readings[one] for one in days if one < day])
            and readings[day] < max(before)
            and max((readings[one] for one in days if one > day), default=-1) >= max(before)
        )
    ]
    stands = {day: min(readings[one] for one in kept if one >= day) for day in kept}
    return stands, {day for day in days if stands.get(day) != readings[day]}


def _round(amount: Fraction) -> int:
    return math.floor(amount + Fraction(1, 2)) if amount >= 0 else -math.floor(-amount + Fraction(1, 2))


def download_flow(told: Told, question: Question, every: str) -> list[Row]:
    scope = told.scope(question)
    if not scope:
        return []
    flow = Flow(told, question, every, scope[0])
    if not flow.chosen:
        return []
    days = [one.day for one in flow.chosen]
    keys = {told.id_on(flow.hub, one, flow.last) for hub, one in told.observed if hub == flow.hub}
    described = {key: one for key in keys if (one := told.describe(flow.hub, key, flow.last, question, 1)) is not None}
    parts_of: dict[tuple[date, Parts | None], list[tuple[int, Fraction | None, bool, bool]]] = defaultdict(list)
    repaired: dict[tuple[date, Parts | None], int] = defaultdict(int)
    spikes: dict[tuple[date, Parts | None], int] = defaultdict(int)
    for key, one in described.items():
        group = None if one.outside else one.parts
        stands, mended = _mended(flow.readings(key))
        doubted = any(told.is_flagged(flow.hub, name, day, TOTAL) for name in flow.ids(key) for day in days)
        for period in flow.periods:
            begins, ends = flow.span(period)
            within = [day for day in days if begins < day <= ends]
            repaired[period[0], group] += sum(day in mended for day in within)
            spikes[period[0], group] += sum(flow.is_spike(name, day) for name in flow.ids(key) for day in within)
        for day in stands:
            previous = max((one for one in days if one < day), default=None)
            if previous is None:
                continue
            day_before, rise = _since(one, stands, day, previous)
            for period in flow.periods:
                begins, ends = flow.span(period)
                if (day_before or day - timedelta(1)) < ends and day > begins:
                    fraction = Fraction((min(day, ends) - max(day_before, begins)).days, (day - day_before).days) if day_before else None
                    parts_of[period[0], group].append((rise, fraction, ends <= day, doubted))
    rows = []
    for period in flow.periods:
        groups = {group: found for (begin, group), found in parts_of.items() if begin == period[0]}
        values = {group: _sum(found) for group, found in groups.items()}
        inside = sum(value or 0 for group, value in values.items() if group is not None)
        beyond = values.get(None) or 0
        sums = {group: value or 0 for group, value in values.items() if group is not None}
        loose = sum(value for group, value in sums.items() if None in group)
        begins, ends = flow.span(period)
        for group, found in groups.items():
            if group is None:
                continue
            rows.append(
                named(question, group)
                | bounded(group, values[group], sums, beyond)
                | {"period": period[0], "until": period[1], "denominator": inside}
                | {"models": sum(last and fraction is not None for _, fraction, last, _ in found)}
                | {"labelled": 1 - loose / inside if inside else None}
                | {"interpolated": _sum([row for row in found if row[1] is not None and row[1] < 1]) or 0}
                | {"repaired": repaired[period[0], group], "spikes": spikes[period[0], group]}
                | {"uncounted": sum(fraction is None for _, fraction, *_ in found)}
                | {"flagged": sum(last and fraction is not None and doubt for _, fraction, last, doubt in found)}
                | {"flagged_value": _sum([row for row in found if row[3]]) or 0}
                | {"rule_since": rule_change(flow.hub, TOTAL, None, ends - timedelta(1))}
                | {"rule_change": rule_change(flow.hub, TOTAL, begins, ends - timedelta(1))}
                | {"is_partial": period[0] < flow.first or period[1] > flow.last, "days": (ends - begins).days}
            )
    return rows


def _since(one: Described, stands: Readings, day: date, previous: date) -> tuple[date | None, int]:
    """The day that the increase up to this day began on, None where it is not known; and the increase."""
    earlier = [other for other in stands if other < day]
    if earlier:
        return max(earlier), stands[day] - stands[max(earlier)]
    moment = one.attributes.get("created_at")
    if moment is None or is_placeholder(one.hub, moment) or moment.date() < previous:
        return None, stands[day]
    return max(previous, min(moment.date(), day - timedelta(1))), stands[day]


def _sum(found: list[tuple[int, Fraction | None, bool, bool]]) -> int | None:
    known = [rise * fraction for rise, fraction, *_ in found if fraction is not None]
    return _round(sum(known, Fraction(0))) if known else None
