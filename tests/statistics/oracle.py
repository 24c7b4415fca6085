"""The statistics again, in plain Python from what the sources said: by the definitions in the heads, without a line of their SQL.

Every function takes a world as told (`Told`) and a question, and gives the statistic's rows as dictionaries, in no order.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from tests.statistics.oracle_rows import (
    At,
    Described,
    Question,
    Told,
    at_of,
    day_after,
    is_archive,
    is_placeholder,
    is_whole,
    license_class,
    month_of,
    size_class,
    value_of,
)

Row = dict[str, Any]
Parts = tuple[str | None, ...]


def named(question: Question, parts: Parts) -> Row:
    """The columns that say which group it is."""
    words = [part or "unknown" for part in parts]
    if len(parts) == 1:
        return {"group": words[0]}
    group = ", ".join(words) if any(part is not None for part in parts) else "unknown"
    return {"group": group, **dict(zip(question.dimensions, words, strict=True))}


def over(amount: float | None, whole: float) -> float | None:
    return amount / whole if amount is not None and whole else None


def added(values: Iterable[int | None]) -> int | None:
    """Their sum, null where there is none."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def bounded(parts: Parts, value: int | None, sums: Mapping[Parts, int], beyond: int) -> Row:
    """A group's share of all, and what it is at least and at most: `sums` is what each group has."""
    inside = sum(sums.values())
    is_known = None not in parts
    maybe = sum(
        amount
        for other, amount in sums.items()
        if None in other and other != parts and all(mine == its or its is None for mine, its in zip(parts, other, strict=True))
    )
    return {
        "value": value,
        "share": over(value, inside),
        "share_low": over((value or 0) if is_known else 0, inside + beyond),
        "share_high": over((value or 0) + beyond + (maybe if is_known else 0), inside + beyond),
    }


# --- shares ---


class Counted:
    """The listings that a scope's sources observed, with their counters."""

    def __init__(self, told: Told, question: Question, scope: list[At]) -> None:
        self.rows: list[tuple[Described, int | None, bool, bool]] = []  # listing, counter, is it flagged, is its model counted already
        hubs, metric = len(scope), scope[0].metric if scope else ""
        there = {(at.source.hub, model_id) for at in scope for model_id in at.source.listings}
        values: dict[tuple[str, str], int | None] = {}
        found: dict[tuple[str, str], Described] = {}
        flagged = set()
        for at in scope:
            for model_id in at.source.listings:
                described = told.describe(at.source.hub, model_id, at.day, question, hubs)
                doubt = told.is_flagged(at.source.hub, model_id, at.day, metric)
                if described is None or (doubt and question.without_flagged):
                    continue
                found[described.key], values[described.key] = described, value_of(at.source, model_id, metric)
                if doubt:
                    flagged.add(described.key)
        first = told.once(found, there, question)
        counted_by = told.once([key for key in found if values[key] is not None], set(), question)
        for key, described in sorted(found.items()):
            if metric == "models" and key not in first:
                continue
            if metric == "likes" and hubs > 1 and told.link(key).is_mirror and told.link(key).tier != "single" and key not in first:
                continue
            self.rows.append((described, values[key], key in flagged, key not in counted_by))

    def sums(self) -> tuple[dict[Parts, int], int]:
        """What each group has, and what may be outside all of them."""
        sums: dict[Parts, int] = defaultdict(int)
        beyond = 0
        for described, value, _, _ in self.rows:
            if described.outside:
                beyond += value or 0
            else:
                sums[described.parts] += value or 0
        return sums, beyond


def download_share(told: Told, question: Question) -> list[Row]:
    return _shares(told, question, told.scope(question))


def _shares(told: Told, question: Question, scope: list[At]) -> list[Row]:
    counted = Counted(told, question, scope)
    sums, beyond = counted.sums()
    rows = []
    for parts in sums:
        own = [row for row in counted.rows if row[0].parts == parts and not row[0].outside]
        flagged = [value for _, value, doubt, _ in own if doubt and value is not None]
        rows.append(
            named(question, parts)
            | bounded(parts, added(value for _, value, _, _ in own), sums, beyond)
            | {
                "models": sum(value is not None and not again for _, value, _, again in own),
                "uncounted": sum(value is None for _, value, _, _ in own),
                "flagged": len(flagged),
                "flagged_value": sum(flagged),
            }
        )
    return rows


def download_share_series(told: Told, question: Question) -> list[Row]:
    scope = told.scope(question)
    days = told.series(scope[0], question) if scope else []
    described = {
        source.day: [one for model_id in source.listings if (one := told.describe(source.hub, model_id, source.day, question, 1))]
        for source in days
    }
    first = days[0] if days else None
    constant = {one.namespace for one in described[first.day]} if first else set()
    hub = scope[0].source.hub if scope else ""
    moved = {new for old in (first.listings if first else ()) if len(ids := told.same_repository(hub, old)) > 1 for new in ids}
    rows = []
    for source in days:
        at = at_of(source, scope[0])
        counted = Counted(told, question, [at])
        panel = [
            (one.parts, value)
            for one, value, _, _ in counted.rows
            if (one.namespace in constant or one.model_id in moved) and not one.outside
        ]
        panel_whole = added(value for _, value in panel)
        for row, parts in zip(_shares(told, question, [at]), counted.sums()[0], strict=True):
            value_constant = added(value for own, value in panel if own == parts)
            row.pop("uncounted")
            rows.append(
                row
                | {"day": source.day, "sweep": source.name, "days": 1, "denominator": sum(counted.sums()[0].values())}
                | {"value_constant": value_constant, "share_constant": over(value_constant, panel_whole or 0)}
            )
    return rows


def concentration(told: Told, question: Question) -> list[Row]:
    counted = Counted(told, question, scope := told.scope(question))
    rows = [row for row in counted.rows if not row[0].outside and row[1] is not None]
    inside = sum(value for _, value, _, _ in rows if value is not None)
    if not inside:
        return []
    labelled: dict[Any, int] = defaultdict(int)
    loose: dict[Any, int] = defaultdict(int)
    singles = []
    for one, value, _, _ in rows:
        assert value is not None
        if one.is_known:
            labelled[named(question, one.parts)["group"]] += value
        else:
            loose[one.hub if len(scope) > 1 else "", one.namespace] += value
            singles.append(value)
    unlabelled = sum(loose.values())
    shares = sorted((value / inside for value in (*labelled.values(), *loose.values())), reverse=True)
    known = sorted((value / inside for value in labelled.values()), reverse=True)
    least = sorted((value / inside for value in (*labelled.values(), *singles)), reverse=True)
    most = sorted([(known[0] if known else 0) + unlabelled / inside, *known[1:]], reverse=True)
    n = len(shares)
    found = {
        "hhi": (sum(share**2 for share in shares), sum(share**2 for share in least), sum(share**2 for share in most)),
        "gini": (sum((2 * rank - n - 1) * share for rank, share in enumerate(reversed(shares), 1)) / n, None, None),
        "half": (float(_half(shares)), None, None),
    }
    for k in (1, 3, 10, 100, 1000):
        found[f"top_{k}"] = (sum(shares[:k]), sum(least[:k]), sum(most[:k]))
    about: Row = dict.fromkeys(question.dimensions, "") if len(question.dimensions) > 1 else {}  # a measure is of no group
    about |= {"bodies": n, "models": sum(not again for *_, again in rows), "denominator": inside, "labelled": 1 - unlabelled / inside}
    asks_origin = any(name in question.filters for name in ("country", "kind", "organization"))
    return [
        {"measure": measure, "value": value, "low": None if asks_origin else low, "high": None if asks_origin else high, **about}
        for measure, (value, low, high) in found.items()
    ]


def _half(shares: list[float]) -> int:
    held = 0.0
    for number, share in enumerate(shares, 1):
        held += share
        if held >= 0.5 - 1e-9:
            return number
    raise AssertionError(shares)


def leave_one_out(told: Told, question: Question, part: str) -> list[Row]:
    scope = told.scope(question)
    counted = Counted(told, question, scope)
    rows = [(one, value) for one, value, _, _ in counted.rows if not one.outside and value is not None]
    sums: dict[Parts, int] = defaultdict(int)
    weights: dict[Parts, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    totals: dict[str, int] = defaultdict(int)
    for one, value in rows:
        name = {"namespace": f"{one.hub}:{one.namespace}", "organization": one.organization or f"{one.hub}:{one.namespace}"}.get(part)
        if name is None:
            link = told.link(one.key)
            name = link.model_key.split(":", 1)[1] if len(scope) > 1 and link.tier != "single" else one.model_id
        sums[one.parts] += value
        weights[one.parts][name] += value
        totals[name] += value
    inside, beyond = sum(sums.values()), counted.sums()[1]
    found = []
    for parts, value in sums.items():
        row = named(question, parts) | bounded(parts, value, sums, beyond)
        share = row["share"]
        changes = []
        for name, weight in weights[parts].items():
            if weight > 0:
                without = (value - weight) / (inside - totals[name]) if inside > totals[name] else 0
                changes.append((-round(abs(without - share), 12), -weight, name, without))
        if changes:
            _, weight, name, without = min(changes)
            row |= {"part": name, "part_value": -weight, "share_without": without, "change": without - share}
            row["decisive"] = abs(without - share) > 0.02
        else:
            row |= dict.fromkeys(("part", "part_value", "share_without", "change", "decisive"))
        found.append(row)
    return found


# --- two days ---


class Sides:
    """The listings of a day and of an earlier one, a renamed repository being what it is called now."""

    def __init__(self, told: Told, question: Question, at: At, before: At | None) -> None:
        self.now = _present(told, at)
        self.then = _present(told, before) if before else {}
        self.hub = at.source.hub
        self.former = {}
        last_now, last_then = (_last_ids(told, self.hub, one) for one in (self.now, self.then))
        for repository, model_id in last_now.items():
            if last_then.get(repository, model_id) != model_id:
                self.former[model_id] = last_then[repository]
        self.told, self.at, self.before = told, at, before
        self.dropped = set()
        if question.without_flagged:
            self.dropped = {one for one in (*self.now, *self.then) if self.is_doubted(one, at.metric)}
        self.described_now = self._described(question, at.day, self.now)
        self.described_then = self._described(question, before.day, self.then) if before else {}
        self.described = self._described(question, at.day, [*self.now, *self.then])
        if at.metric == "models":  # a model is counted once a day
            for listed, described in ((self.now, self.described_now), (self.then, self.described_then)):
                for one in set(described) - self._once(question, described, listed):
                    del listed[one], described[one]
            self.described = {one: known for one, known in self.described.items() if one in self.now or one in self.then}
        self.counted = self._once(question, [one for one in self.described_now if self.now[one] is not None], [])

    def _described(self, question: Question, day: date, listed: Iterable[str]) -> dict[str, Described]:
        found = {one: self.told.describe(self.hub, one, day, question, 1) for one in listed if one not in self.dropped}
        return {one: known for one, known in found.items() if known is not None}

    def _once(self, question: Question, listed: Iterable[str], there: Iterable[str]) -> set[str]:
        chosen = self.told.once([(self.hub, one) for one in listed], {(self.hub, one) for one in there}, question)
        return {model_id for _, model_id in chosen}

    def joined(self, model_id: str) -> str | None:
        """The id on the earlier day of what is called so now."""
        if model_id in self.former:
            return self.former[model_id]
        return model_id if model_id in self.then and model_id not in self.former.values() else None

    def value_before(self, model_id: str) -> int | None:
        joined = self.joined(model_id)
        return self.then.get(joined) if joined is not None else None

    def is_doubted(self, model_id: str, counter: str) -> bool:
        """Whether it is flagged on either day, by whatever id."""
        ids = {model_id, self.former.get(model_id), *(new for new, old in self.former.items() if old == model_id)}
        days = [self.at.day, *([self.before.day] if self.before else [])]
        return any(self.told.is_flagged(self.hub, one, day, counter) for one in ids if one is not None for day in days)

    def total(self, model_id: str, at: At) -> int | None:
        """The counter of the day; in place of a flagged spike the repository's next observed total."""
        own = at.source.listings[model_id].counters["downloads_total"]
        if not any(flag == (self.hub, model_id, at.day, "downloads_total_spiked") for flag in self.told.world.flags):
            return own
        for day in sorted({day for hub, day in self.told.of_day if hub == self.hub and day > at.day}):
            for source in self.told.of_day[self.hub, day]:
                ids = [one for one in self.told.same_repository(self.hub, model_id) if one in source.listings]
                if ids:
                    after = source.listings[ids[0]].counters["downloads_total"]
                    if after is not None:
                        return after
                    break
        return own

    def step(self, model_id: str) -> int | None:
        """The increase of the counter since, spikes repaired."""
        joined = self.joined(model_id)
        if model_id not in self.now or joined is None or self.before is None:
            return None
        if self.at.metric != "downloads_total":
            now, then = self.now[model_id], self.then.get(joined)  # one that is counted by another id has none
        else:
            now, then = self.total(model_id, self.at), self.total(joined, self.before)
        return now - then if now is not None and then is not None else None


def _present(told: Told, at: At) -> dict[str, int | None]:
    return {model_id: value_of(at.source, model_id, at.metric) for model_id in at.source.listings}


def _last_ids(told: Told, hub: str, listed: Iterable[str]) -> dict[str, str]:
    """The id of each repository that the hub knows by several, of those listed."""
    found: dict[str, str] = {}
    for model_id in sorted(listed, key=lambda one: told.places(hub, one)):
        ids = told.same_repository(hub, model_id)
        if len(ids) > 1:
            found[min(ids)] = model_id
    return found


def growth(told: Told, question: Question) -> list[Row] | None:
    """None where there is no day to compare with."""
    scope = told.scope(question)
    earlier = told.earlier(scope[0], question, needed=True) if scope else None
    if earlier is None:
        return None
    at, before = scope[0], at_of(earlier, scope[0])
    days = (at.day - before.day).days
    sides = Sides(told, question, at, before)
    now, then, joined = (
        {one: known for one, known in described.items() if not known.outside}
        for described in (sides.described_now, sides.described_then, sides.described)
    )
    there = {known.namespace for known in then.values()}
    panel = {one for one, known in {**now, **joined}.items() if known.namespace in there or one in sides.former}
    knows_now = at.metric == "models" or is_whole(at.source) or is_archive(at.source)
    knew_before = at.metric == "models" or is_whole(before.source) or is_archive(before.source)
    rows = []
    for parts in {known.parts for known in (*now.values(), *then.values(), *joined.values())}:
        own_now = [one for one, known in now.items() if known.parts == parts]
        own_then = [one for one, known in then.items() if known.parts == parts]
        own = [one for one, known in joined.items() if known.parts == parts]
        value = added(sides.now[one] for one in own_now) if own_now else 0 if knows_now else None
        previous = added(sides.then[one] for one in own_then) if own_then else 0 if knew_before else None
        value_constant = added(sides.now[one] for one in own_now if one in panel)
        previous_constant = added(sides.value_before(one) for one in own if one in panel)
        steps = [step for one in own if (step := sides.step(one)) is not None]
        rises = added(step for step in steps if step >= 0)
        rows.append(
            named(question, parts)
            | {
                "previous_value": previous,
                "value": value,
                "change": _minus(value, previous),
                "change_rate": over(_minus(value, previous), previous or 0),
                "previous_constant": previous_constant,
                "value_constant": value_constant,
                "change_rate_constant": over(_minus(value_constant, previous_constant), previous_constant or 0),
                "flow_30d": rises * 30 / days if rises is not None and at.metric == "downloads_total" else None,
                "falls": sum(step < 0 for step in steps) if at.metric in ("downloads_total", "likes") else None,
                "models": sum(one in sides.counted for one in own_now),
                "flagged": sum(sides.is_doubted(one, at.metric) for one in {*own_now, *own_then, *own}),
            }
        )
    return rows


def _minus(value: int | None, other: int | None) -> int | None:
    return value - other if value is not None and other is not None else None


def leaders(told: Told, question: Question, top: int) -> list[Row]:
    scope = told.scope(question)
    if not scope:
        return []
    at = scope[0]
    earlier = told.earlier(at, question, needed=False)
    sides = Sides(told, question, at, at_of(earlier, at) if earlier else None)
    groups: dict[Parts, list[str]] = defaultdict(list)
    beyond = 0
    for one, known in sides.described.items():
        if known.outside:
            beyond += sides.now.get(one) or 0
        else:
            groups[known.parts].append(one)
    sums = {parts: sum(sides.now.get(one) or 0 for one in own) for parts, own in groups.items()}
    ranked = {parts: added(sides.now.get(one) for one in own) for parts, own in groups.items() if None not in parts}
    former = {parts: added(sides.value_before(one) for one in groups[parts]) for parts in ranked}
    rows = []
    for parts, value in ranked.items():
        if value is None:
            continue
        rank = 1 + sum(other > value for other in ranked.values() if other is not None)
        before = former[parts]
        previous = 1 + sum(other > before for other in former.values() if other is not None) if before is not None else None
        row = named(question, parts) | bounded(parts, value, sums, beyond)
        if question.by == "model":
            row["share_high"] = row["share"]
        row |= {"rank": rank, "previous_rank": previous, "rank_change": _minus(previous, rank), "previous_value": before}
        row["models"] = sum(one in sides.counted for one in groups[parts])
        if rank <= top:
            rows.append(row)
    return rows


def monthly_downloads(told: Told, question: Question, split: bool, at_least: int, scaled: bool, tolerance: int) -> list[Row]:
    scope = told.scope(question)
    if not scope:
        return []
    at, hub = scope[0], scope[0].source.hub
    earlier = told.earlier(at, question, needed=False, tolerance=tolerance)
    before = at_of(earlier, at) if earlier else None
    sides = Sides(told, question, at, before)
    flows: dict[tuple[Parts, str | None], list[tuple[int | None, bool, bool]]] = defaultdict(list)
    beyond = 0
    for model_id in sides.now:
        known = told.describe(hub, model_id, at.day, question, 1)
        doubt = sides.is_doubted(model_id, "downloads")
        if known is None or (doubt and question.without_flagged):
            continue
        value = at.source.listings[model_id].counters["downloads_30d"]
        derived = value is None
        joined = sides.joined(model_id)
        if derived and joined is not None and before is not None:
            now, then = sides.total(model_id, at), sides.total(joined, before)
            if now is not None and then is not None and now >= then:
                value = math.floor((now - then) * (30 / (at.day - before.day).days if scaled else 1) + 0.5)
        if value is not None and value < at_least:
            continue
        if known.outside:
            beyond += value or 0
        else:
            task = known.attributes.get("task")
            flows[known.parts, (task or "unknown") if split else None].append((value, derived, doubt))
    sums: dict[Parts, int] = defaultdict(int)
    for (parts, _), own in flows.items():
        sums[parts] += sum(value or 0 for value, _, _ in own)
    rows = []
    for (parts, part), own in flows.items():
        rows.append(
            named(question, parts)
            | bounded(parts, added(value for value, _, _ in own), sums, beyond)
            | {
                "part": part,
                "models": sum(value is not None for value, _, _ in own),
                "uncounted": sum(value is None for value, _, _ in own),
                "derived": sum(value or 0 for value, derived, _ in own if derived),
                "flagged": sum(value is not None for value, _, doubt in own if doubt),
                "flagged_value": sum(value or 0 for value, _, doubt in own if doubt),
            }
        )
    return rows


# --- models listed on the day ---


def _listed(told: Told, question: Question) -> list[Described]:
    """The models that stand on the day, each by one listing."""
    scope = told.scope(question)
    there = told.standing(scope)
    found = {
        (hub, model_id): one
        for hub, model_id, at in there
        if (one := told.describe(hub, model_id, at.day, question, len(scope))) is not None
    }
    first = told.once(found, {(hub, model_id) for hub, model_id, _ in there}, question)
    return [one for key, one in found.items() if key in first and not one.outside]


def _classes(question: Question, models: list[tuple[Parts, str]], column: str) -> list[Row]:
    """Models of each group and class, the share being of the group's."""
    rows = []
    for parts, name in set(models):
        own = [other for group, other in models if group == parts]
        value, loose, inside = own.count(name), own.count("unknown"), len(own)
        known = name != "unknown"
        rows.append(
            named(question, parts)
            | {
                column: name,
                "value": value,
                "share": value / inside,
                "share_low": value / inside if known else 0,
                "share_high": (value + (loose if known else 0)) / inside,
                "models": value,
                "denominator": inside,
                "labelled": 1 - loose / inside,
            }
        )
    return rows


def licenses(told: Told, question: Question) -> list[Row]:
    listed = _listed(told, question)
    return _classes(question, [(one.parts, license_class(one.attributes["license"]) or "unknown") for one in listed], "license_class")


def sizes(told: Told, question: Question) -> list[Row]:
    listed = _listed(told, question)
    rows = _classes(question, [(one.parts, size_class(one.attributes["parameters"])) for one in listed], "size_class")
    for row in rows:
        known = [
            one.attributes["parameters"]
            for one in listed
            if named(question, one.parts) == {name: row[name] for name in named(question, one.parts)}
            and one.attributes["parameters"] is not None
        ]
        row["median_parameters"] = round(median(known)) if known else None
        row["smallest_parameters"], row["largest_parameters"] = min(known, default=None), max(known, default=None)
        for name, part in (("lower_quartile", 0.25), ("upper_quartile", 0.75), ("top_tenth", 0.9)):
            row[name] = sorted(known)[math.ceil(part * len(known)) - 1] if known else None
    return rows


def releases(told: Told, question: Question) -> list[Row]:
    scope = told.scope(question)
    created: dict[tuple[str, str], tuple[Described, datetime]] = {}
    known_by = set()
    for at in scope:
        for hub, model_id in told.observed:
            if hub != at.source.hub or told.observed[hub, model_id][0] > at.day:
                continue
            known_by.add((hub, model_id))
            one = told.describe(hub, model_id, at.day, question, len(scope))
            moment = told.attribute(hub, model_id, "created_at", at.day)
            if one is None or moment is None or moment >= day_after(at.day) or is_placeholder(hub, moment):
                continue
            if told.id_on(hub, model_id, at.day) == model_id or _is_listed_to_the_end(told, hub, model_id):
                created[hub, model_id] = one, moment
    settled = {(one.hub, one.namespace) for one, moment in created.values() if question.since and moment.date() < question.since}
    first = told.once(created, known_by, question, order=lambda key: created[key][1])
    months: dict[date, list[Described]] = defaultdict(list)
    for key in first:
        one, moment = created[key]
        if question.since is None or moment.date() >= question.since:
            months[month_of(moment)].append(one)
    if not months:
        return []
    groups = {one.parts for listed in months.values() for one in listed if not one.outside}
    rows = []
    month = min(months)
    while month <= max(months):
        inside = [one for one in months[month] if not one.outside]
        beyond = len(months[month]) - len(inside)
        sums = Counter(one.parts for one in inside)
        loose = sum(count for parts, count in sums.items() if None in parts)
        constant = [one.parts for one in inside if (one.hub, one.namespace) in settled]
        following = (month + timedelta(days=32)).replace(day=1)
        for parts in groups:
            value = sums.get(parts, 0)
            if not value and {"namespace", "model"} & set(question.dimensions):
                continue
            rows.append(
                named(question, parts)
                | bounded(parts, value, sums, beyond)
                | {
                    "month": month,
                    "models": value,
                    "denominator": len(inside),
                    "labelled": 1 - loose / len(inside) if inside else None,
                    "is_partial": (question.since is not None and month < question.since)
                    or following > min(at.day for at in scope) + timedelta(days=1),
                    "value_constant": constant.count(parts) if question.since else None,
                    "share_constant": over(constant.count(parts), len(constant)) if question.since else None,
                }
            )
        month = following
    return rows


def _is_listed_to_the_end(told: Told, hub: str, model_id: str) -> bool:
    """Whether the hub lists it on its last day, beside another id of the same repository."""
    return told.observed[hub, model_id][-1] == max(days[-1] for (other, _), days in told.observed.items() if other == hub and days)


# --- over several hubs ---


def _open_bounds(value: int, inside: int, known: bool, here: int, anywhere: int) -> Row:
    """Bounds where the unlabelled may be of the group here, elsewhere, or of another group."""
    if not known:
        return {"share": value / inside, "share_low": value / inside, "share_high": value / inside}
    return {
        "share": value / inside,
        "share_low": value / (inside + anywhere - here),
        "share_high": (value + here) / (inside + here),
    }


def hub_coverage(told: Told, question: Question) -> list[Row]:
    scope = told.scope(question)
    there = told.standing(scope)
    models: dict[Any, list[tuple[str, str]]] = defaultdict(list)
    found: dict[Any, list[Described]] = defaultdict(list)
    for hub, model_id, at in there:
        link = told.link((hub, model_id))
        model = (hub, model_id) if link.tier == "single" else link.model_key
        models[model].append((hub, model_id))
        if one := told.describe(hub, model_id, at.day, question, len(scope)):
            found[model].append(one)
    placed = []
    for model, listings in found.items():
        is_copy = {key: told.link(key).is_mirror and told.link(key).tier != "single" for key in models[model]}
        originals = {hub for (hub, _), mirror in ((key, is_copy[key]) for key in models[model]) if not mirror}
        everywhere = {hub for hub, _ in models[model]}
        one = min(listings, key=lambda one: (is_copy[one.key], not one.is_known, one.key))
        if one.outside or (is_copy[one.key] and all(is_copy[other.key] for other in listings) and originals):
            continue
        placed.append((one.parts, tuple(sorted(originals or everywhere)), everywhere != (originals or everywhere)))
    rows = []
    loose = [hubs for parts, hubs, _ in placed if None in parts]
    chinese = {"modelscope", "wisemodel"}
    for parts, hubs in {(parts, hubs) for parts, hubs, _ in placed}:
        own = [(others, mirrored) for group, others, mirrored in placed if group == parts]
        value = sum(others == hubs for others, _ in own)
        place = "chinese_hubs_only" if set(hubs) <= chinese else "both" if set(hubs) & chinese else f"{hubs[0]}_only"
        rows.append(
            named(question, parts)
            | {"hubs": list(hubs), "place": place, "value": value, "models": value, "denominator": len(own)}
            | _open_bounds(value, len(own), None not in parts, loose.count(hubs), len(loose))
            | {"mirrored": sum(others == hubs and mirrored for others, mirrored in own)}
        )
    return rows


def first_hub(told: Told, question: Question) -> list[Row]:
    scope = told.scope(question)
    models: dict[str, dict[str, list[tuple[datetime, Described]]]] = defaultdict(lambda: defaultdict(list))
    for hub, model_id, at in told.standing(scope):
        link = told.link((hub, model_id))
        moment = told.attribute(hub, model_id, "created_at", at.day)
        one = told.describe(hub, model_id, at.day, question, len(scope))
        if not link.is_mirror and moment is not None and one is not None:
            models[link.model_key][hub].append((moment, one))
    first = []
    for hubs in models.values():
        if len(hubs) < 2:
            continue
        earliest = {hub: min(listings, key=lambda one: (one[0], one[1].model_id)) for hub, listings in hubs.items()}
        order = sorted(earliest, key=lambda hub: (earliest[hub][0], hub))
        (moment, one), (following, _) = earliest[order[0]], earliest[order[1]]
        if not one.outside:
            first.append((one.parts, "tied" if moment == following else order[0], (following - moment).total_seconds() / 86400))
    rows = []
    loose = [hub for parts, hub, _ in first if None in parts]
    for parts, hub in {(parts, hub) for parts, hub, _ in first}:
        own = [(place, lag) for group, place, lag in first if group == parts]
        lags = [lag for place, lag in own if place == hub]
        rows.append(
            named(question, parts)
            | {"hub": hub, "value": len(lags), "models": len(lags), "denominator": len(own), "median_lag_days": median(lags)}
            | _open_bounds(len(lags), len(own), None not in parts, loose.count(hub), len(loose))
        )
    return rows


def derivatives(told: Told, question: Question) -> list[Row]:
    scope = told.scope(question)
    pairs: set[tuple[str, str, str, str]] = set()
    roots: set[tuple[str, str, str]] = set()
    for hub, model_id, at in told.standing(scope):
        for base in _bases(told, hub, model_id, at.day):
            relation = told.attribute(hub, model_id, "base_relation", at.day) or "unknown"
            pairs.add((hub, model_id, base, relation))
            roots.add((hub, model_id, _root(told, hub, base, at.day)))
    days = {at.source.hub: at.day for at in scope}
    groups = {}
    for hub, base in {(hub, base) for hub, _, base, _ in pairs} | {(hub, root) for hub, _, root in roots}:
        listed = told.observed.get((hub, base))
        if not listed and {"task", "library", "license_class", "created_since", "created_until", "only"} & set(question.filters):
            continue
        if one := told.describe(hub, base, days[hub], question, len(scope)):
            groups[hub, base] = one
    sums: dict[Parts, int] = defaultdict(int)
    beyond = 0
    for hub, _, base, _ in pairs:
        if one := groups.get((hub, base)):
            if one.outside:
                beyond += 1
            else:
                sums[one.parts] += 1
    rows = []
    for parts in sums:
        own = [pair for pair in pairs if (one := groups.get((pair[0], pair[2]))) and one.parts == parts and not one.outside]
        ends = {
            (hub, model_id) for hub, model_id, root in roots if (one := groups.get((hub, root))) and one.parts == parts and not one.outside
        }
        words = [relation for *_, relation in own]
        row = named(question, parts) | bounded(parts, len(own), sums, beyond)
        row |= {"models": len({pair[:2] for pair in own}), "descendants": len(ends), "bases": len({(pair[0], pair[2]) for pair in own})}
        row |= {name: words.count(name) for name in ("finetune", "adapter", "merge", "quantized")}
        rows.append(row | {"relation_unknown": sum(word not in ("finetune", "adapter", "merge", "quantized") for word in words)})
    return rows


def _bases(told: Told, hub: str, model_id: str, day: date) -> list[str]:
    """What it said then that it is made from, by the ids of that day, in the order of naming."""
    said = [
        told.id_on(hub, base, day) if told.observed.get((hub, base)) else base
        for base in told.attribute(hub, model_id, "base_models", day) or []
    ]
    return [base for base in dict.fromkeys(said) if base not in ("", model_id)]


def _root(told: Told, hub: str, base: str, day: date) -> str:
    """Where the chain ends: a listing that was not seen by the day says nothing; a circle ends at its first in order."""
    walked: list[str] = []
    while base not in walked:
        walked.append(base)
        following = _bases(told, hub, base, day) if told.observed.get((hub, base)) else []
        if not following:
            return base
        base = following[0]
    return min(walked[walked.index(base) :])
