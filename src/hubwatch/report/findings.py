"""The findings in words: value, bounds, change since the last comparable day, extent; in sentences that an editor prints."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from hubwatch.report import words
from hubwatch.report.asking import Answer
from hubwatch.report.basis import extent_of
from hubwatch.report.figures import is_of_samples
from hubwatch.report.panels import Panel, told_extent, told_source
from hubwatch.statistics import percent

_GROUPS = 3
Row = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """A headline, the sentences under it, and the figure they are read from (a page and an anchor)."""

    headline: str
    sentences: tuple[str, ...]
    figure: str
    extent: str
    weight: int = 0


def findings(answers: list[Answer], series: list[tuple[Panel, dict[str, Any]]], names: words.Names) -> list[Finding]:
    """What the day's answers say, most asked first. What was not observed gives no finding."""
    made: list[Finding] = []
    by_origin = any(held["asked"]["by"] == "origin" for _, held in series)
    for panel, held in series:
        if _is_worth_telling(panel, series):
            if held["asked"]["by"] == ("origin" if by_origin else "country"):
                made += _of_panel(panel, held, names)
            elif held["asked"]["by"] == "organization":
                made += _moves(panel, held, names)
    for answer in answers:
        tell = {"hub-coverage": _coverage, "derivatives-by-family": _derivatives, "what-shares-rest-on": _rests_on}.get(
            answer.question.slug
        )
        if tell and answer.result and answer.result.rows:
            made += tell(answer, names)
    return sorted(made, key=lambda one: -one.weight)


def _is_worth_telling(panel: Panel, series: list[tuple[Panel, dict[str, Any]]]) -> bool:
    """A hub's latest panel, and every one with a history: a single older day of another part of the hub is for its figure alone."""
    latest = max((other.days[-1] for other, _ in series if other.hub == panel.hub), default=None)
    return len(panel.days) > 2 or panel.days[-1] == latest


def _of_panel(panel: Panel, held: dict[str, Any], names: words.Names) -> list[Finding]:
    """Who leads on the last day of a panel, and what has changed since the day before it in the same panel."""
    days = sorted(held["days"])
    by, metric = held["asked"]["by"], held["asked"]["metric"]
    last = held["days"][days[-1]]
    known = [row for row in last["rows"] if row["group"] != "unknown" and row["share"]]
    if len(known) < 2:
        return []  # one group has it all: that is what was selected
    counted, hub = words.COUNTERS[metric], words.hub(panel.hub) + told_source(panel)
    leading = known[:_GROUPS]
    sure = known[0]["share_low"] > known[1]["share_high"]
    headline = f"{_plural(names.group(by, known[0]['group']))}: {percent(known[0]['share'])} of {counted} on {hub}"
    headline += f"; {names.group(by, known[1]['group'])} {percent(known[1]['share'])}"
    at = date.fromisoformat(days[-1])
    told = [f"{names.group(by, row['group'])} {bounded(row)}" for row in leading]
    sentences = [f"On {words.day(at)}, of {last['denominator']:,} {counted}: {words.listed(told)}."]
    if not sure:
        sentences.append("The bounds overlap: the unlabelled accounts could decide who is first.")
    unknown = next((row for row in last["rows"] if row["group"] == "unknown"), None)
    if unknown and unknown["share"]:
        sentences.append(f"The bounds allow for the {percent(unknown['share'])} that belong to unlabelled accounts.")
    sentences += _change(held, days, leading, by, names) + _range(held, days, leading, by, names)
    weight = at.toordinal() + (10**6 if panel.extent.startswith("whole") else 0)
    page = "time.html" if len(days) > 1 else "index.html"
    figure = f"{page}#{series_slug(panel, by) if len(days) > 1 else f'downloads-by-origin-{words.slug(panel.hub)}'}"
    return [Finding(headline, tuple(sentences), figure, told_extent(panel), weight)]


def _range(held: dict[str, Any], days: list[str], leading: list[Row], by: str, names: words.Names) -> list[str]:
    """Of the group that moved most, its lowest and its highest share, where the days between tell more than the ends."""
    if len(days) < 4:
        return []
    told = []
    for group in [row["group"] for row in leading]:
        shares = [
            (row["share"], day) for day in days for row in held["days"][day]["rows"] if row["group"] == group and row["share"] is not None
        ]
        if shares:
            told.append((max(shares)[0] - min(shares)[0], group, min(shares), max(shares)))
    span, group, least, most = max(told, key=lambda one: one[0])
    if span < 0.03:
        return []
    at = [words.day(date.fromisoformat(day)) for _, day in (least, most)]
    return [
        f"{_plural(names.group(by, group))} had {percent(least[0])} at the lowest ({at[0]}) and {percent(most[0])} at the highest ({at[1]})."
    ]


def _moves(panel: Panel, held: dict[str, Any], names: words.Names) -> list[Finding]:
    """The organizations whose shares changed most from the first day of a panel to its last."""
    days = sorted(held["days"])
    if len(days) < 4:
        return []
    ends = [{row["group"]: row["share"] for row in held["days"][day]["rows"] if row["share"] is not None} for day in (days[0], days[-1])]
    moved = {group: ends[1].get(group, 0.0) - ends[0].get(group, 0.0) for group in ends[0].keys() | ends[1].keys() if group != "unknown"}
    largest = sorted(moved, key=lambda group: (-abs(moved[group]), group))[:3]
    if not largest or abs(moved[largest[0]]) < 0.01:
        return []
    first, last = (words.day(date.fromisoformat(day)) for day in (days[0], days[-1]))
    counted = words.COUNTERS[held["asked"]["metric"]]
    told = [f"{names.with_chinese(words.clean(one))} {_points(moved[one])} to {percent(ends[1].get(one, 0.0))}" for one in largest]
    headline = f"{words.clean(largest[0])} {_points(moved[largest[0]])} on {words.hub(panel.hub)}{told_source(panel)} since {first}"
    said = [f"From {first} to {last}, of {counted}: {words.listed(told)}."]
    by_group = [f"{names.with_chinese(words.clean(one))}" for one in largest]
    for group, named in zip(largest, by_group, strict=True):
        shares = [
            (row["share"], day) for day in days for row in held["days"][day]["rows"] if row["group"] == group and row["share"] is not None
        ]
        if shares and max(shares)[0] - min(shares)[0] > abs(moved[group]) + 0.03:
            least = min(shares)
            said.append(f"{named} had {percent(least[0])} at the lowest ({words.day(date.fromisoformat(least[1]))}).")
    weight = date.fromisoformat(days[-1]).toordinal() - 1
    return [Finding(headline, tuple(said), f"time.html#{series_slug(panel, 'organization')}", told_extent(panel), weight)]


def _plural(group: str) -> str:
    if group.startswith("other ") and group.endswith(" companies"):
        group = f"{group.removeprefix('other ')} other than Big Tech"
    return group[:1].upper() + group[1:]


def _change(held: dict[str, Any], days: list[str], leading: list[Row], by: str, names: words.Names) -> list[str]:
    """The change since the last day before, and since the first day of the panel, in points."""
    told = []
    for before in dict.fromkeys([*days[-2:-1], *(days[:1] if len(days) > 2 else [])]):
        earlier = {row["group"]: row for row in held["days"][before]["rows"]}
        moved = [
            f"{names.group(by, row['group'])} {_points(row['share'] - (earlier[row['group']]['share'] if row['group'] in earlier else 0.0))}"
            for row in leading
        ]
        told.append(f"Since {words.day(date.fromisoformat(before))}: {words.listed(moved)}.")
    return told


def _points(change: float) -> str:
    return "unchanged" if abs(change) < 0.0005 else f"{'up' if change > 0 else 'down'} {abs(change) * 100:.1f} points"


def bounded(row: Row) -> str:
    share, low, high = (percent(row[name]) for name in ("share", "share_low", "share_high"))
    return share if low == high == share else f"{share} (at least {low}, at most {high})"


def series_slug(panel: Panel, by: str) -> str:
    return f"share-over-time-{panel.slug}-by-{by}"


def _coverage(answer: Answer, names: words.Names) -> list[Finding]:
    """How much of a country's models only Chinese hubs list."""
    assert answer.result is not None
    if is_of_samples(answer):
        return []
    rows = [row for row in answer.result.records() if row.get("place") == "chinese_hubs_only" and row["group"] != "unknown"]
    sums: dict[str, list[Row]] = {}
    for row in rows:
        sums.setdefault(str(row["group"]), []).append(row)
    if not sums:
        return []
    by = str(answer.result.context.parameters.get("by"))
    group = max(sums, key=lambda name: sum(int(row["value"]) for row in sums[name]))
    value, whole = sum(int(row["value"]) for row in sums[group]), sums[group][0].get("denominator")
    if not whole:
        return []
    of = f"{value:,} of the {int(whole):,} observed models of {names.group(by, group)}"
    said = f"{of} {'is' if value == 1 else 'are'} listed on Chinese hubs only ({percent(value / int(whole))})."
    if whole == 1:
        said = f"The only observed model of {names.group(by, group)} is listed on Chinese hubs only."
    return [
        Finding(
            f"{words.count(value, 'model')} of {names.group(by, group)} {'is' if value == 1 else 'are'} on Chinese hubs only",
            (said,),
            f"hubs.html#{answer.slug}",
            extent_of(answer.result),
            300,
        )
    ]


def _derivatives(answer: Answer, names: words.Names) -> list[Finding]:
    assert answer.result is not None
    rows = [row for row in answer.result.records() if row["group"] != "unknown"]
    if not rows or not rows[0].get("share"):
        return []
    first = rows[0]
    name = words.clean(first["group"])
    said = [f"{words.count(int(str(first['value'])), 'derivation')} state a {name} model as their base: {bounded(first)} of all observed."]
    if len(rows) > 1:
        said.append(f"Next is {words.clean(rows[1]['group'])} with {rows[1]['value']:,}.")
    unknown = next((row for row in answer.result.records() if row["group"] == "unknown"), None)
    if unknown and unknown["share"]:
        said.append(f"For {percent(unknown['share'])} the family of the base is not known.")  # type: ignore[arg-type]
    return [
        Finding(
            f"{name} is the family most often stated as a base",
            tuple(said),
            f"derivatives.html#{answer.slug}",
            extent_of(answer.result),
            200,
        )
    ]


def _rests_on(answer: Answer, names: words.Names) -> list[Finding]:
    """A share that a single model carries."""
    assert answer.result is not None
    rows = [row for row in answer.result.records() if row.get("decisive") and row["group"] != "unknown"]
    made = []
    for row in rows[:1]:
        group = words.with_article(names.group("country", row["group"]))
        share, without = row["share"], row["share_without"]
        if not (isinstance(share, float) and isinstance(without, float)):
            continue
        counted = words.COUNTERS.get(str(answer.result.context.parameters.get("metric")), "downloads")
        hub = words.hub(answer.hub or "")
        said = f"Without {words.clean(row['part'])} the share of {group} in {counted} on {hub} would be {percent(without)} instead of {percent(share)}."
        made.append(
            Finding(
                f"One model moves the share of {group} by {abs(share - without) * 100:.1f} points",
                (said,),
                f"origins.html#{answer.slug}",
                extent_of(answer.result),
                100,
            )
        )
    return made
