"""The statistics again, in plain Python from what the sources said: by the definitions in the heads, without a line of their SQL.

Every function takes a world as told (`Told`) and a question, and gives the statistic's rows as dictionaries, in no order.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
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
from tests.statistics.random_world import COUNTED_ANEW

SEVERAL = "several"
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
        self.rejected = sum(at.source.rejected.get(metric) or 0 for at in scope)
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
        beyond = self.rejected
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


class Series:
    """A hub's days side by side: of each its groups, its constant panel, and what may be of any group."""

    def __init__(self, told: Told, question: Question) -> None:
        scope = told.scope(question)
        self.metric = scope[0].metric if scope else ""
        self.days = told.series(scope[0], question) if scope else []
        self.rows: dict[date, dict[Parts, Row]] = {}
        self.constant: dict[date, dict[Parts, int | None]] = {}
        self.loose: dict[date, int] = {}
        self.beyond: dict[date, int] = {}
        self.loose_constant: dict[date, int] = {}
        first = self.days[0] if self.days else None
        left_in = [one for one in (first.listings if first else ()) if first and told.describe(first.hub, one, first.day, question, 1)]
        there = {one.split("/")[0] for one in left_in}
        moved = {new for old in left_in if first for new in told.same_repository(first.hub, old)}
        for source in self.days:
            at, day = at_of(source, scope[0]), source.day
            counted = Counted(told, question, [at])
            sums, self.beyond[day] = counted.sums()
            panel: dict[Parts | None, list[int | None]] = defaultdict(list)
            for one, value, _, _ in counted.rows:
                if one.namespace in there or one.model_id in moved:
                    panel[None if one.outside else one.parts].append(value)
            self.rows[day] = dict(zip(sums, _shares(told, question, [at]), strict=True))
            self.constant[day] = {parts: added(values) for parts, values in panel.items() if parts is not None}
            self.loose[day] = sum(value for parts, value in sums.items() if None in parts)
            open_panel = [value for parts, value in self.constant[day].items() if None in parts] + [added(panel[None])]
            self.loose_constant[day] = added(open_panel) or 0

    def inside(self, day: date) -> int:
        return sum(row["value"] or 0 for row in self.rows[day].values())

    def inside_constant(self, day: date) -> int | None:
        return added(self.constant[day].values())


def download_share_series(told: Told, question: Question, every: str = "day") -> list[Row]:
    series = Series(told, question)
    rows: list[Row] = []
    periods: dict[date, list[Any]] = defaultdict(list)
    for source in series.days:
        if series.rows[source.day]:
            periods[begin_of(source.day, every)].append(source)
    for period, sources in periods.items():
        for parts in dict.fromkeys(parts for source in sources for parts in series.rows[source.day]):
            found = [_on_day(series, source.day, parts) for source in sources]
            row = {name: found[0][name] for name in named(question, parts)}
            for name in found[0].keys() - row.keys():
                values = [one[name] for one in found if one[name] is not None]
                row[name] = median(values) if values else None
                if row[name] is not None and not name.startswith("share"):
                    row[name] = math.floor(row[name] + 0.5)
            row |= {"rule_since": rule_change(sources[0].hub, series.metric, None, sources[-1].day)}
            row |= {"rule_change": rule_change(sources[0].hub, series.metric, sources[0].day, sources[-1].day)}
            rows.append(row | {"day": period, "sweep": sources[-1].name, "days": len(sources)})
    return rows


def rule_change(hub: str, metric: str, first: date | None, last: date) -> date | None:
    """The last change of what the hub counts as a download that figures from the first day (None: whenever) to the last rest on."""
    if not metric.startswith("downloads"):
        return None
    since = date.min if first is None else first - timedelta(30 if metric == "downloads_30d" else 0)
    return max((changed_on for changed_on in COUNTED_ANEW.get(hub, ()) if since < changed_on <= last), default=None)


def begin_of(day: date, every: str) -> date:
    if every == "week":
        return day - timedelta(day.weekday())
    month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}.get(every)
    return date(day.year, month, 1) if month else day


def _on_day(series: Series, day: date, parts: Parts) -> Row:
    """A group's row of the day; where it has no listing it has nothing, and at most what is not labelled."""
    inside, inside_constant = series.inside(day), series.inside_constant(day)
    if parts in series.rows[day]:
        row = dict(series.rows[day][parts])
        row.pop("uncounted")
        value_constant = series.constant[day].get(parts)
    else:
        most = series.beyond[day] + (series.loose[day] if None not in parts else 0)
        row = {"value": 0, "share": over(0, inside), "share_low": over(0, inside + series.beyond[day]), "models": 0, "flagged": 0}
        row |= {"share_high": over(most, inside + series.beyond[day]), "flagged_value": 0}
        row |= {name: word for other in series.rows.values() if parts in other for name, word in other[parts].items() if name not in row}
        row.pop("uncounted")
        value_constant = 0
    return row | {"denominator": inside, "value_constant": value_constant, "share_constant": over(value_constant, inside_constant or 0)}


def crossings(told: Told, question: Question, group: str | None, against: str | None) -> list[Row]:
    series = Series(told, question)
    if not series.days:
        return []
    last = series.days[-1].day
    names = {named(question, parts)["group"]: parts for rows in series.rows.values() for parts in rows if None not in parts}
    last_values = {name: (series.rows[last].get(parts) or {}).get("value") for name, parts in names.items()}
    ordered = sorted(names, key=lambda name: (last_values[name] is None, -(last_values[name] or 0), name))
    one = next((name for name in ordered if _is_meant(name, group, against)), None)
    other = next((name for name in ordered if (name != one if against is None else name.lower() == against.lower())), None)
    if one is None or other is None or one == other:
        return []
    about: Row = dict.fromkeys(question.dimensions, "") if len(question.dimensions) > 1 else {}
    about |= {"group": one, "against": other, "counter": series.metric}
    return [about | _crossing(series, names[one], names[other], panel) for panel in ("growing", "constant")]


def _is_meant(name: str, group: str | None, against: str | None) -> bool:
    if group is not None:
        return name.lower() == group.lower()
    return against is None or name.lower() != against.lower()


def _crossing(series: Series, one: Parts, other: Parts, panel: str) -> Row:
    seen = []
    for source in series.days:
        day = source.day
        if panel == "growing":
            inside: int | None = series.inside(day)
            mine, its = ((series.rows[day].get(parts) or {}).get("value") or 0 for parts in (one, other))
            most, most_of_other = (_open(series, day, parts) for parts in (one, other))
        else:
            inside = series.inside_constant(day)
            mine, its = (series.constant[day].get(parts) or 0 for parts in (one, other))
            most = most_of_other = series.loose_constant[day]
        if inside:
            seen.append((day, mine, its, inside, mine > its + most_of_other, mine > its, mine + most > its))
    sure, ahead, possible = ([day for day, *_, a, b, c in seen if (a, b, c)[turn]] for turn in range(3))
    days = [day for day, *_ in seen]
    behind = [day for day in days if day not in ahead]
    since = [day for day in days if not behind or day > behind[-1]]
    turn = next(iter(sure or ahead or possible), None)
    row: Row = {"panel": panel, "outcome": "no data" if not days else "surely" if sure else "possibly" if possible else "never"}
    row |= {
        "surely_on": sure[0] if sure else None,
        "labelled_on": ahead[0] if ahead else None,
        "possibly_on": possible[0] if possible else None,
    }
    row |= {"day_before": days[days.index(turn) - 1] if turn is not None and days.index(turn) else None}
    begun = row["day_before"]
    row |= {"rule_change": rule_change(series.days[0].hub, series.metric, begun, turn) if begun is not None and turn is not None else None}
    row |= {"ahead_since": since[0] if since else None, "ahead_at_start": bool(ahead) and ahead[0] == days[0]}
    row |= {"first_day": days[0] if days else None, "last_day": days[-1] if days else None, "days": len(days), "days_ahead": len(ahead)}
    value, of_other, whole = seen[-1][1:4] if seen else (None, None, 0)
    return row | {"value": value, "share": over(value, whole), "against_value": of_other, "share_against": over(of_other, whole)}


def _open(series: Series, day: date, parts: Parts) -> int:
    """What may be this group's beside its own: where it has a listing, what is known of one half says where the rest cannot be."""
    if parts not in series.rows[day]:
        return series.loose[day] + series.beyond[day]
    maybe = [
        row["value"] or 0
        for other, row in series.rows[day].items()
        if None in other and all(mine == its or its is None for mine, its in zip(parts, other, strict=True))
    ]
    return sum(maybe) + series.beyond[day]


def vintage(told: Told, question: Question, months: int) -> list[Row]:
    scope = told.scope(question)
    groups: dict[Parts, list[tuple[int | None, bool, bool | None]]] = defaultdict(list)
    for one, value, _, again in Counted(told, question, scope).rows:
        if not one.outside:
            created = one.attributes.get("created_at")
            is_new = None if created is None or is_placeholder(one.hub, created) else created >= _months_before(scope[0].day, months)
            groups[one.parts].append((value, again, is_new))
    rows = []
    for parts, listed in groups.items():
        inside = added(value for value, _, _ in listed)
        if inside is None:
            continue
        new = sum(value or 0 for value, _, is_new in listed if is_new)
        loose = sum(value or 0 for value, _, is_new in listed if is_new is None)
        rows.append(
            named(question, parts)
            | {"value": new, "share": over(new, inside), "share_low": over(new, inside), "share_high": over(new + loose, inside)}
            | {"models": sum(value is not None and not again for value, again, is_new in listed if is_new)}
            | {"uncounted": sum(value is None for value, _, _ in listed), "denominator": inside, "months": months}
            | {"labelled": 1 - loose / inside if inside else None}
        )
    return rows


def _months_before(day: date, months: int) -> datetime:
    month = day.year * 12 + day.month - 1 - months
    first = date(month // 12, month % 12 + 1, 1)
    length = ((first + timedelta(days=32)).replace(day=1) - first).days
    return datetime(first.year, first.month, min(day.day, length))


def group_of(groups: set[Parts]) -> Parts:
    """That of what is of all these; in each dimension what they agree in, where the whole of one is not known."""
    if len(groups) == 1:
        return next(iter(groups))
    if all(None not in parts for parts in groups):
        return tuple(SEVERAL for _ in next(iter(groups)))
    columns = (set(words) for words in zip(*groups, strict=True))
    return tuple(words.pop() if len(words) == 1 else None for words in columns)


def downloads_by_root(told: Told, question: Question) -> list[Row]:
    scope = told.scope(question)
    unfiltered = replace(question, filters={}, without_flagged=False)
    every = Counted(told, question, scope)
    counted = every.rows
    rooted: list[tuple[Parts, Described, int | None, bool, bool, bool]] = []
    shared: dict[Parts, list[int | None]] = defaultdict(list)
    for one, value, doubt, again in counted:
        ends = {root_of(told, one.hub, base, scope[0].day) for base in bases_of(told, one.hub, one.model_id, scope[0].day)}
        of = [told.describe(one.hub, end, scope[0].day, unfiltered, 1) for end in ends]
        groups = {known.parts for known in of if known is not None}
        root = group_of(groups) if groups else one.parts
        if root[0] == SEVERAL and not one.outside:
            for parts in groups:
                shared[parts].append(value)
        rooted.append((root, one, value, doubt, again, bool(ends)))
    beyond = every.rejected + sum(value or 0 for _, one, value, *_ in rooted if one.outside)
    sums: dict[Parts, int] = defaultdict(int)
    for root, one, value, *_ in rooted:
        if not one.outside:
            sums[root] += value or 0
    known_groups = {root for root, one, *_ in rooted if not one.outside} | {one.parts for _, one, *_ in rooted if not one.outside}
    rows = []
    for parts in known_groups:
        own = [row for row in rooted if row[0] == parts and not row[1].outside]
        uploads = [value for _, one, value, *_ in rooted if one.parts == parts and not one.outside]
        value = added(row[2] for row in own) if own else 0
        by_uploader = added(uploads) if uploads else 0
        rows.append(
            named(question, parts)
            | bounded(parts, value, sums, beyond)
            | {"derived_value": sum(row[2] or 0 for row in own if row[5]), "shared_value": added(shared[parts]) or 0}
            | {"value_by_uploader": by_uploader, "share_by_uploader": over(by_uploader, sum(sums.values()))}
            | {"models": sum(row[2] is not None and not row[4] for row in own), "uncounted": sum(row[2] is None for row in own)}
            | {"flagged": sum(row[2] is not None for row in own if row[3]), "flagged_value": sum(row[2] or 0 for row in own if row[3])}
        )
    return rows


def concentration(told: Told, question: Question) -> list[Row]:
    return concentration_at(told, question, told.scope(question))


def concentration_at(told: Told, question: Question, scope: list[At]) -> list[Row]:
    counted = Counted(told, question, scope)
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
    whole = inside + counted.rejected  # which may be of nobody else's, or all of the largest one's
    shares = sorted((value / inside for value in (*labelled.values(), *loose.values())), reverse=True)
    known = sorted((value / whole for value in labelled.values()), reverse=True)
    least = sorted((value / whole for value in (*labelled.values(), *singles)), reverse=True)
    most = sorted([(known[0] if known else 0) + (unlabelled + counted.rejected) / whole, *known[1:]], reverse=True)
    n = len(shares)
    found = {
        "hhi": (sum(share**2 for share in shares), sum(share**2 for share in least), sum(share**2 for share in most)),
        "gini": (sum((2 * rank - n - 1) * share for rank, share in enumerate(reversed(shares), 1)) / n, None, None),
        "half": (float(_half(shares)), None, None),
    }
    for k in (1, 3, 10, 50, 100, 200, 1000):
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
    of_one_selection = is_archive(at.source) and at.source.name == before.source.name  # who is not in another one may be on the hub
    knows_now = at.metric == "models" or is_whole(at.source) or of_one_selection
    knew_before = at.metric == "models" or is_whole(before.source) or of_one_selection
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
                "rule_change": rule_change(at.source.hub, at.metric, before.day, at.day),
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
    beyond = at.source.rejected.get(at.metric) or 0
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
    beyond = (at.source.rejected.get("downloads_30d") or 0) if at.metric == "downloads_30d" else 0
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


def listed_models(told: Told, question: Question, outside: bool = False) -> list[Described]:
    """The models that stand on the day, each by one listing; with `outside` those, too, of which it is not known what the filters ask."""
    scope = told.scope(question)
    there = told.standing(scope)
    found = {
        (hub, model_id): one
        for hub, model_id, at in there
        if (one := told.describe(hub, model_id, at.day, question, len(scope))) is not None
    }
    first = told.once(found, {(hub, model_id) for hub, model_id, _ in there}, question)
    return [one for key, one in found.items() if key in first and (outside or not one.outside)]


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
    listed = listed_models(told, question)
    return _classes(question, [(one.parts, license_class(one.attributes["license"]) or "unknown") for one in listed], "license_class")


def sizes(told: Told, question: Question) -> list[Row]:
    listed = listed_models(told, question)
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


class Released:
    """Models created up to the scope's day, each at its earliest original listing, with the moment."""

    def __init__(self, told: Told, question: Question) -> None:
        self.scope = told.scope(question)
        created: dict[tuple[str, str], tuple[Described, datetime]] = {}
        known_by = set()
        for at in self.scope:
            for hub, model_id in told.observed:
                if hub != at.source.hub or told.observed[hub, model_id][0] > at.day:
                    continue
                known_by.add((hub, model_id))
                one = told.describe(hub, model_id, at.day, question, len(self.scope))
                moment = told.attribute(hub, model_id, "created_at", at.day)
                if one is None or moment is None or moment >= day_after(at.day) or is_placeholder(hub, moment):
                    continue
                if told.id_on(hub, model_id, at.day) == model_id or _is_listed_to_the_end(told, hub, model_id):
                    created[hub, model_id] = one, moment
        self.settled = {(one.hub, one.namespace) for one, moment in created.values() if question.since and moment.date() < question.since}
        self.models = [created[key] for key in told.once(created, known_by, question, order=lambda key: created[key][1])]


def releases(told: Told, question: Question) -> list[Row]:
    released = Released(told, question)
    months: dict[date, list[Described]] = defaultdict(list)
    for one, moment in released.models:
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
        constant = [one.parts for one in inside if (one.hub, one.namespace) in released.settled]
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
                    or following > min(at.day for at in released.scope) + timedelta(days=1),
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


def may_be(other: Parts, parts: Parts) -> bool:
    """Whether what is not labelled may be of the group, by what is known of it."""
    return None in other and all(its is None or its == mine for mine, its in zip(parts, other, strict=True))


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
    chinese = {"modelscope", "wisemodel"}
    for parts, hubs in {(parts, hubs) for parts, hubs, _ in placed}:
        own = [(others, mirrored) for group, others, mirrored in placed if group == parts]
        value = sum(others == hubs for others, _ in own)
        loose = [others for other, others, _ in placed if may_be(other, parts)]
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
    for parts, hub in {(parts, hub) for parts, hub, _ in first}:
        own = [(place, lag) for group, place, lag in first if group == parts]
        lags = [lag for place, lag in own if place == hub]
        loose = [place for other, place, _ in first if may_be(other, parts)]
        rows.append(
            named(question, parts)
            | {"hub": hub, "value": len(lags), "models": len(lags), "denominator": len(own), "median_lag_days": median(lags)}
            | _open_bounds(len(lags), len(own), None not in parts, loose.count(hub), len(loose))
        )
    return rows


def derivatives(told: Told, question: Question) -> list[Row]:
    scope = told.scope(question)
    days = {at.source.hub: at.day for at in scope}
    pairs = built_on(told, scope)
    roots = {(hub, model_id, root_of(told, hub, base, days[hub])) for hub, model_id, base, _ in pairs}
    groups = {}
    for hub, base in {(hub, base) for hub, _, base, _ in pairs} | {(hub, root) for hub, _, root in roots}:
        listed = told.observed.get((hub, base))
        if not listed and {"task", "library", "license_class", "created_since", "created_until", "only", "form"} & set(question.filters):
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
    several = Counter(pair[:2] for pair in pairs)
    rows = []
    for parts in sums:
        own = [pair for pair in pairs if (one := groups.get((pair[0], pair[2]))) and one.parts == parts and not one.outside]
        ends = {
            (hub, model_id) for hub, model_id, root in roots if (one := groups.get((hub, root))) and one.parts == parts and not one.outside
        }
        words = ["merge" if several[pair[:2]] > 1 else pair[3] for pair in own]
        row = named(question, parts) | bounded(parts, len(own), sums, beyond)
        row |= {"models": len({pair[:2] for pair in own}), "descendants": len(ends), "bases": len({(pair[0], pair[2]) for pair in own})}
        row |= {name: words.count(name) for name in ("finetune", "adapter", "merge", "quantized")}
        rows.append(row | {"relation_unknown": sum(word not in ("finetune", "adapter", "merge", "quantized") for word in words)})
    return rows


def built_on(told: Told, scope: list[At]) -> set[tuple[str, str, str, str]]:
    """Every listing that stands, with each of its bases and the relation it states."""
    return {
        (hub, model_id, base, told.attribute(hub, model_id, "base_relation", at.day) or "unknown")
        for hub, model_id, at in told.standing(scope)
        for base in bases_of(told, hub, model_id, at.day)
    }


def bases_of(told: Told, hub: str, model_id: str, day: date) -> list[str]:
    """What it said then that it is made from, by the ids of that day, in the order of naming."""
    said = [
        told.id_on(hub, base, day) if told.observed.get((hub, base)) else base
        for base in told.attribute(hub, model_id, "base_models", day) or []
    ]
    return [base for base in dict.fromkeys(said) if base not in ("", model_id)]


def root_of(told: Told, hub: str, base: str, day: date) -> str:
    """Where the chain ends: a listing that was not seen by the day says nothing; a circle ends at its first in order."""
    walked: list[str] = []
    while base not in walked:
        walked.append(base)
        following = bases_of(told, hub, base, day) if told.observed.get((hub, base)) else []
        if not following:
            return base
        base = following[0]
    return min(walked[walked.index(base) :])
