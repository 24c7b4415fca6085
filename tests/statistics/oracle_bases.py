"""What is made from what in plain Python, from what the sources said: by the heads' definitions, without a line of their SQL."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime

from tests.statistics.oracle import (
    SEVERAL,
    Counted,
    Parts,
    Row,
    added,
    bases_of,
    bounded,
    built_on,
    group_of,
    listed_models,
    may_be,
    named,
    over,
)
from tests.statistics.oracle_rows import Described, Question, Told, day_after, is_placeholder, month_of

RELATIONS = ("finetune", "adapter", "quantized")


class Made:
    """What a listing is made from: the groups of its bases, and how it is made."""

    def __init__(self, told: Told, question: Question, one: Described, day: date, hubs: int) -> None:
        unfiltered = replace(question, filters={}, without_flagged=False)
        self.bases = bases_of(told, one.hub, one.model_id, day)
        described = (told.describe(one.hub, base, day, unfiltered, hubs) for base in self.bases)
        self.groups: set[Parts] = {base.parts for base in described if base is not None}
        relation = told.attribute(one.hub, one.model_id, "base_relation", day)
        self.relation = "merge" if len(self.bases) > 1 or relation == "merge" else relation or "unknown"

    @property
    def group(self) -> Parts:
        return group_of(self.groups)


def derivatives_by_month(told: Told, question: Question) -> list[Row]:
    scope = told.scope(question)
    days = {at.source.hub: at.day for at in scope}
    months: dict[date, list[tuple[Described | None, Made]]] = defaultdict(list)
    for one in listed_models(told, question, outside=True):
        moment, day = one.attributes.get("created_at"), days[one.hub]
        made = Made(told, question, one, day, len(scope))
        if not made.bases or moment is None or is_placeholder(one.hub, moment) or moment >= day_after(day):
            continue
        if question.since is None or moment.date() >= question.since:
            months[month_of(moment)].append((None if one.outside else one, made))
    if not months:
        return []
    groups = {parts for listed in months.values() for one, made in listed if one for parts in (made.group, *_shared(made))}
    rows = []
    month = min(months)
    while month <= max(months):
        inside = [made for one, made in months[month] if one]
        sums: dict[Parts, int] = defaultdict(int)
        for made in inside:
            sums[made.group] += 1
        loose = sum(count for parts, count in sums.items() if None in parts)
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        for parts in groups:
            value, merges = sums.get(parts, 0), sum(parts in _shared(made) for made in inside)
            if not value and not merges and {"namespace", "model", "organization"} & set(question.dimensions):
                continue
            row = named(question, parts) | bounded(parts, value, sums, len(months[month]) - len(inside))
            rows.append(
                row
                | {"month": month, "models": value, "denominator": len(inside), "merges": merges}
                | {"labelled": 1 - loose / len(inside) if inside else None}
                | {
                    "is_partial": (question.since is not None and month < question.since)
                    or datetime.combine(following, datetime.min.time()) > day_after(min(days.values()))
                }
            )
        month = following
    return rows


def _shared(made: Made) -> set[Parts]:
    """The groups of bases of a listing that is of several."""
    return made.groups if made.group[0] == SEVERAL else set()


def derivation_flow(told: Told, question: Question) -> list[Row]:
    scope = told.scope(question)
    days = {at.source.hub: at.day for at in scope}
    cells: dict[tuple[Parts, Parts], list[str]] = defaultdict(list)
    merges: dict[tuple[Parts, Parts], int] = defaultdict(int)
    beyond = 0
    for one in listed_models(told, question, outside=True):
        made = Made(told, question, one, days[one.hub], len(scope))
        if not made.bases:
            continue
        if one.outside:
            beyond += made.relation != "merge"
        elif made.relation == "merge":
            for parts in made.groups:
                merges[parts, one.parts] += 1
        else:
            cells[made.group, one.parts].append(made.relation)
    inside = sum(map(len, cells.values()))
    loose = {cell: len(found) for cell, found in cells.items() if None in (*cell[0], *cell[1])}
    rows = []
    for base, maker in cells.keys() | merges.keys():
        found = cells.get((base, maker), [])
        of_base = sum(len(other) for cell, other in cells.items() if cell[0] == base)
        base_name, maker_name = named(question, base)["group"], named(question, maker)["group"]
        known = None not in (*base, *maker)
        maybe = sum(count for (a, b), count in loose.items() if _agrees(a, base) and _agrees(b, maker)) if known else 0
        rows.append(
            {"group": f"{maker_name} on {base_name}", "base": base_name, "maker": maker_name, "value": len(found)}
            | {"share": over(len(found), inside), "share_low": over(len(found) if known else 0, inside + beyond)}
            | {"share_high": over(len(found) + maybe + beyond, inside + beyond), "models": len(found), "denominator": inside}
            | {"labelled": 1 - sum(loose.values()) / inside if inside else None, "share_of_base": over(len(found), of_base)}
            | {"merges": merges[base, maker], **{name: found.count(name) for name in RELATIONS}}
            | {"relation_unknown": sum(name not in RELATIONS for name in found)}
            | (dict.fromkeys(question.dimensions, "") if len(question.dimensions) > 1 else {})
        )
    return rows


def _agrees(other: Parts, parts: Parts) -> bool:
    return may_be(other, parts) or other == parts


def derived_share(told: Told, question: Question) -> list[Row]:
    scope = told.scope(question)
    groups: dict[Parts, dict[str, list[tuple[int | None, bool, bool]]]] = defaultdict(lambda: defaultdict(list))
    for one, value, doubt, again in Counted(told, question, scope).rows:
        if not one.outside:
            made = Made(told, question, one, scope[0].day, 1)
            said = made.relation if made.relation in (*RELATIONS, "merge", "unknown") else "other"
            groups[one.parts][said if made.bases else "original"].append((value, doubt, again))
    rows = []
    for parts, relations in groups.items():
        sums = {relation: added(value for value, *_ in found) for relation, found in relations.items()}
        told_of = added(sums.values())
        inside, loose = told_of or 0, sums.get("unknown") or 0
        for relation, found in relations.items():
            value = sums[relation]
            maybe = loose if relation not in ("original", "unknown") else 0
            flagged = [value for value, doubt, _ in found if doubt and value is not None]
            rows.append(
                named(question, parts)
                | {"relation": relation, "value": value, "share": over(value, inside)}
                | {"share_low": over(0 if relation == "unknown" else value or 0, inside), "share_high": over((value or 0) + maybe, inside)}
                | {"share_derived": over(sum(value or 0 for name, value in sums.items() if name != "original"), inside)}
                | {"models": sum(value is not None and not again for value, _, again in found)}
                | {"uncounted": sum(value is None for value, *_ in found), "denominator": told_of}
                | {"labelled": 1 - loose / inside if inside else None, "flagged": len(flagged), "flagged_value": sum(flagged)}
            )
    return rows


def time_to_derivatives(told: Told, question: Question, nth: int, top: int, model: str | None) -> list[Row]:
    scope = told.scope(question)
    days = {at.source.hub: at.day for at in scope}
    children: dict[tuple[str, str], set[str]] = defaultdict(set)
    for hub, child, base, _ in built_on(told, scope):
        children[hub, base].add(child)
    bases = []
    for (hub, base), made in children.items():
        one = told.describe(hub, base, days[hub], question, len(scope))
        seen = told.observed.get((hub, base))
        if one is not None and not one.outside and seen and seen[0] <= days[hub]:
            bases.append((-len(made), base, one))
    rows = []
    for place, (_, _, one) in enumerate(sorted(bases, key=lambda row: row[:2]), 1):
        if place > top and one.model_id != model:
            continue
        created = _dated(told, one.hub, one.model_id, days[one.hub])
        dated = [(_dated(told, one.hub, child, days[one.hub]), child) for child in children[one.key]]
        known = sorted((moment, child) for moment, child in dated if moment is not None)
        after = [(moment, child) for moment, child in known if created is not None and moment >= created]
        first, last = (after[0] if after else None), (after[nth - 1] if len(after) >= nth else None)
        rows.append(
            {"hub": one.hub, "group": one.model_id, "created_on": created and created.date(), "derivatives": len(dated)}
            | {"first_on": first and first[0].date(), "first_derivative": first and first[1], "nth": nth, "nth_on": last and last[0].date()}
            | {"days_to_first": first and created and (first[0].date() - created.date()).days}
            | {"days_to_nth": last and created and (last[0].date() - created.date()).days}
            | {"earlier": sum(created is not None and moment < created for moment, _ in known), "undated": len(dated) - len(known)}
        )
    return rows


def _dated(told: Told, hub: str, model_id: str, day: date) -> datetime | None:
    moment: datetime | None = told.attribute(hub, model_id, "created_at", day)
    return None if moment is None or is_placeholder(hub, moment) else moment


INDICATORS = ("downloads", "models", "likes", "derivations")


def scoreboard(told: Told, question: Question) -> list[Row]:
    scope = told.scope(question)
    counted = [(one, value) for one, value, *_ in Counted(told, question, scope).rows if not one.outside and one.is_known]
    groups: dict[Parts, dict[str, int]] = defaultdict(lambda: dict.fromkeys(INDICATORS, 0))
    listed: dict[object, list[tuple[bool, bool, tuple[str, str], Described]]] = defaultdict(list)
    for one, value in counted:
        groups[one.parts]["downloads"] += value or 0
        groups[one.parts]["likes"] += scope[0].source.listings[one.model_id].counters["likes"] or 0
    for one, value, *_ in Counted(told, question, scope).rows:
        listed[told.model_of(one.key, question)].append((value is None, told.link(one.key).is_mirror, one.key, one))
    for listings in listed.values():  # a model is of the group that counts it
        one = min(listings, key=lambda row: row[:3])[-1]
        if not one.outside and one.is_known:
            groups[one.parts]["models"] += 1
    known = {one.key: one.parts for one, _ in counted}
    for hub, _, base, _ in built_on(told, scope):
        if (hub, base) in known:
            groups[known[hub, base]]["derivations"] += 1
    most = {name: max(group[name] for group in groups.values()) for name in INDICATORS} if groups else {}
    scores = {
        parts: round(sum(group[name] / most[name] if most[name] else 0 for name in INDICATORS) / 4, 12) for parts, group in groups.items()
    }
    ranks = sorted(set(scores.values()), reverse=True)
    return [named(question, parts) | {"rank": ranks.index(score) + 1, "score": score} for parts, score in scores.items()]
