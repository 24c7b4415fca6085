"""Pages of models, organizations and families: what is known of each, as the page and as its JSON."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote, urlsplit

from hubwatch.report import charts, words
from hubwatch.report.basis import basis_of_last, caution_of, rule_days, told_basis, told_rules
from hubwatch.report.chosen import Known, Row
from hubwatch.report.cited import cited
from hubwatch.report.figures import Figure, table_of
from hubwatch.report.history import Panel, thinned, told_extent
from hubwatch.statistics import percent

FOLDERS = {"model": "models", "organization": "organizations", "family": "families"}
_TIERS = {
    "same_id": "same id",
    "case": "same id but for case",
    "alias": "same organization, by a reviewed alias",
    "mirror": "copy by another account",
    "name": "same name",
    "single": "on one hub only",
}
_DERIVED = ("value", "share", "share_low", "share_high", "derived", "descendants")


@dataclass(frozen=True)
class Entity:
    """One page: `facts` is its JSON, `figures` its histories."""

    kind: str
    name: str
    slug: str
    title: str
    summary: tuple[str, ...]
    facts: dict[str, Any]
    figures: tuple[Figure, ...] = ()
    badge: tuple[str, str] | None = None
    weight: int = 0
    cells: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{FOLDERS[self.kind]}/{self.slug}.html"


def addresses(kind: str, names: list[str]) -> dict[str, str]:
    """A slug for each name, no two the same: the first in order keeps the plain one."""
    taken: dict[str, str] = {}
    for name in sorted(names):
        made = words.slug(name.partition(":")[2] if kind == "model" and ":" in name else name)
        taken[made if made not in taken else f"{made}-{words.digest(name)}"] = name
    return {name: made for made, name in taken.items()}


def safe_url(text: object) -> str:
    """An http(s) address with everything else escaped; "" for any other text, so that nothing but the web is ever linked."""
    try:
        parts = urlsplit(str(text).strip())
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or len(str(text)) > 2000:
        return ""
    return quote(str(text).strip().encode("utf-8", "replace"), safe=":/?#[]@!$&()*+,;=%~")


def models(known: Known, names: words.Names, slugs: dict[str, dict[str, str]], metrics: dict[str, str]) -> Iterator[Entity]:
    """A page for each chosen model."""
    for key, listings in known.listings.items():
        first = _leading(listings, known.ranks.get(key, []))
        name = words.clean(known.names.get(key) or first["name"] or key, 80)
        slug = slugs["model"][key]
        ranks = known.ranks.get(key, [])
        latest = ranks[0] if ranks else None
        figures = tuple(_histories(known, listings, slug, name, names))
        summary = [_who(first, names), *(_ranked(row) for row in _latest_by_hub(ranks))]
        derived = [row for listing in listings for row in known.derived.get((listing["hub"], listing["model_id"]), [])]
        facts = {
            "version": 1, "kind": "model", "key": key, "name": name, "page": f"models/{slug}.html",
            "organization": first["organization"], "family": first["family"],
            "listings": [_public(listing, known) for listing in listings],
            "ranks": [{**row, "day": str(row["day"])} for row in ranks],
            "bases": [{"hub": one["hub"], "listing": one["model_id"], "bases": one["base_models"]} for one in listings if one["base_models"]],
            "derivatives": [{k: row[k] for k in ("hub", "base_model_id", "relation", "derivatives", "leading")} for row in derived],
            "flags": [row for listing in listings for row in known.flags.get((listing["hub"], listing["model_id"]), [])[:20]],
            "data": [f"data/{figure.slug}" for figure in figures],
        }  # fmt: skip
        badge = (
            f"{words.short(latest['value'])} {words.COUNTERS[latest['counter']]}",
            f"#{latest['rank']:,} on {words.hub(latest['hub'])}, {latest['day']}",
        ) if latest else None  # fmt: skip
        weight = max((row["value"] for row in ranks), default=0)
        cells = {
            "organization": first["organization"],
            "family": first["family"],
            "hubs": sorted({one["hub"] for one in listings}),
            "latest": latest,
        }
        yield Entity("model", key, slug, name, tuple(said for said in summary if said), facts, figures, badge, weight, cells)


def _leading(listings: list[Row], ranks: list[Row]) -> Row:
    """The listing that speaks for the model: an original, the most downloaded one."""
    places = {(row["hub"], row["model_id"]): row["rank"] for row in reversed(ranks)}
    return min(listings, key=lambda one: (one["is_mirror"], places.get((one["hub"], one["model_id"]), 10**9), one["hub"], one["model_id"]))


def _latest_by_hub(ranks: list[Row]) -> list[Row]:
    """One row for each hub and extent: the ranks come newest first."""
    seen: dict[tuple[str, Any], Row] = {}
    for row in ranks:
        seen.setdefault((row["hub"], row["day"]), row)
    return list(seen.values())


def _who(row: Row, names: words.Names) -> str:
    if not row["organization"]:
        return "Who stands behind it is not known."
    told = [
        names.group("country", row["country"]) if row["country"] else "country unknown",
        words.KIND_OF_ONE.get(row["kind"] or "", "kind unknown"),
    ]
    return f"By {names.with_chinese(words.clean(row['organization']))} ({', '.join(told)})."


def _ranked(row: Row) -> str:
    place = f"number {row['rank']:,}" if row["rank"] > 1 else "the most downloaded"
    return f"On {words.hub(row['hub'])}, {words.day(row['day'])}: {row['value']:,} {words.COUNTERS[row['counter']]}, {place} of the listings observed that day."


def _public(listing: Row, known: Known) -> dict[str, Any]:
    """A listing as the page and the JSON show it."""
    days = known.observed.get((listing["hub"], listing["model_id"]), [])
    last = days[-1] if days else {}
    kept = ("hub", "model_id", "title", "created_at", "license", "task", "library", "parameters", "gated", "first_seen_on", "last_seen_on",
            "gone_on", "tier", "evidence", "is_mirror", "organization", "country", "kind", "confidence", "known_by", "source")  # fmt: skip
    said = {name: listing[name] for name in kept}
    counters = {name: last.get(name) for name in ("downloads_30d", "downloads_total", "likes")}
    return {**said, "url": safe_url(listing["url"]), "observed_on": last.get("day"), **counters}


def _histories(known: Known, listings: list[Row], slug: str, name: str, names: words.Names) -> Iterator[Figure]:
    """A chart and table for each hub's counter that the model's listing there has."""
    for listing in listings:
        rows = known.observed.get((listing["hub"], listing["model_id"]), [])
        for counter in ("downloads_30d", "downloads_total"):
            points = [row for row in rows if row[counter] is not None]
            if not points:
                continue
            hub = listing["hub"]
            several = sum(one["hub"] == hub for one in listings) > 1
            of = f" of {words.clean(listing['model_id'], 60)}" if several else ""
            heading = f"{words.COUNTERS[counter].capitalize()}{of}, {words.hub(hub)}"
            drawn_days = {*thinned([row["day"] for row in points])}
            drawn = [
                {
                    "day": row["day"],
                    "label": words.COUNTERS[counter],
                    "group": hub,
                    "value": row[counter],
                    "low": row[counter],
                    "high": row[counter],
                }
                for row in points
                if row["day"] in drawn_days
            ]
            rules = known.rules_between(hub, points[0]["day"], points[-1]["day"], counter)
            columns = ("day", counter, "likes", "source")
            data = tuple(tuple(row[column] for column in columns) for row in points)
            shown = tuple((*row[:-1], str(row[-1]).replace("archive:", "snapshot ")) for row in data[::-1])
            tail = f"-{words.slug(listing['model_id'])}" if several else ""
            last = points[-1]
            figure = f"{last[counter]:,} {words.COUNTERS[counter]}"
            sentence = f"{name}, {words.hub(hub)}, {words.day(last['day'])}: {figure}, as reported by the hub ({last['source']})."
            yield Figure(
                slug=f"models/{slug}-{hub.replace('.', '-')}-{counter.replace('_', '-')}{tail}", page=f"models/{slug}", heading=heading, lead="",
                extent=f"{words.hub(hub)}, {words.count(len(points), 'observed day')}, {words.period(points[0]['day'], points[-1]['day'])}",
                columns=columns, rows=data, table=table_of(columns, shown, "", names, {}),
                chart=charts.lines(f"{name}: {heading}", drawn, words.COUNTERS[counter], ",", is_small=True, rules=rules),
                caution=told_rules(rules, points[0]["day"]),
                basis=told_basis(None, None, None, [last["day"]]),
                unit=words.COUNTERS[counter], notes=("As reported by the hub on each observed day.",),
                citation=cited(f"{name}: {heading}", sentence, last["day"], columns, data),
            )  # fmt: skip


def groups(
    kind: str, chosen: list[str], series: list[tuple[Panel, dict[str, Any]]], names: words.Names, slugs: dict[str, dict[str, str]],
    known: Known, pages: list[Entity], derivations: dict[str, Row],
) -> Iterator[Entity]:  # fmt: skip
    """Pages of organizations or families: share over time, models, namespaces with the source of each label."""
    for name in chosen:
        slug = slugs[kind][name]
        own = [page for page in pages if page.cells.get(kind) == name]
        figures, told, weight = [], [], 0
        for panel, held in series:
            figure, said, value = _share_history(kind, name, slug, panel, held, names)
            figures += [figure] if figure else []
            told += [(max(held["days"]), said)] if said else []
            weight = max(weight, value)
        summary = [said for _, said in sorted(told, key=lambda one: one[0], reverse=True)]
        origins = known.origins.get(name, []) if kind == "organization" else []
        derived = derivations.get(name)
        facts = {
            "version": 1, "kind": kind, "name": name, "page": f"{FOLDERS[kind]}/{slug}.html",
            "chinese_name": names.chinese.get(name) if kind == "organization" else None,
            "namespaces": origins, "models": [{"name": page.title, "page": page.address} for page in own],
            "derivations": {column: derived.get(column) for column in _DERIVED} if derived else None,
            "data": [f"data/{figure.slug}" for figure in figures],
        }  # fmt: skip
        title = names.with_chinese(words.clean(name)) if kind == "organization" else words.clean(name)
        lines = [*_under_policies(origins, names), *summary]
        if derived:
            lines.append(
                f"{derived['value']:,} derivations name one of its models as their base ({_share(derived)} of all derivations observed)."
            )
        yield Entity(
            kind,
            name,
            slug,
            title,
            tuple(lines),
            facts,
            tuple(figures),
            None,
            weight,
            {"models": own, "origins": origins, "said": " ".join(summary[:1])},
        )


def _under_policies(origins: list[Row], names: words.Names) -> list[str]:
    """Country and kind under each policy, in one sentence where they agree."""
    told: dict[str, list[str]] = {}
    for row in origins:
        country = names.group("country", row["country"]) if row["country"] else "country unknown"
        label = f"{country}, {words.KIND_OF_ONE.get(row['kind'] or '', 'kind unknown')}"
        if row["policy"] not in told.setdefault(label, []):
            told[label].append(row["policy"])
    if len(told) == 1:
        return [f"{next(iter(told))}, under every policy."]
    return [f"{label} under {words.listed(f'“{names.policy(one)}”' for one in policies)}." for label, policies in told.items()]


def _share(row: Row) -> str:
    low, high = row.get("share_low"), row.get("share_high")
    bounds = f" ({percent(low)} to {percent(high)})" if low is not None and high is not None and percent(low) != percent(high) else ""
    return f"{percent(row['share'])}{bounds}"


def _share_history(
    kind: str, name: str, slug: str, panel: Panel, held: dict[str, Any], names: words.Names
) -> tuple[Figure | None, str, int]:
    """The group's share on each day of a panel, what the last day says, and its value there."""
    found = [(date.fromisoformat(day), row) for day, one in held["days"].items() for row in one["rows"] if row["group"] == name]
    if not found:
        return None, "", 0
    metric = held["asked"]["metric"]
    columns = ("day", "value", "share", "share_low", "share_high", "models")
    data = tuple((day, *(row.get(column) for column in columns[1:])) for day, row in found)
    last_day, last = found[-1]
    heading = f"Share of {words.COUNTERS[metric]}, {words.hub(panel.hub)}{told_source(panel)}"
    drawn = [
        {"day": day, "label": "share", "group": name, "value": row["share"], "low": row["share_low"], "high": row["share_high"]}
        for day, row in found
    ]
    share = f"{name}, {heading}, {words.day(last_day)}: {_share(last)}, {last['value']:,} {words.COUNTERS[metric]}."
    figure = Figure(
        slug=f"{FOLDERS[kind]}/{slug}-{panel.slug}",
        page=f"{FOLDERS[kind]}/{slug}", heading=heading, lead="",
        extent=f"{words.hub(panel.hub)}, {words.count(len(found), 'day')}: {told_extent(panel)}",
        columns=columns, rows=data, table=table_of(columns, data[::-1], "", names, {}, words.COUNTERS[metric]),
        chart=charts.lines(f"{name}: {heading}", drawn, "share", "%", is_small=True, rules=rule_days(held)),
        caution=caution_of(held), basis=basis_of_last(held), unit=f"share of {words.COUNTERS[metric]}",
        notes=tuple(dict.fromkeys(note for one in held["days"].values() for note in one["notes"]))[:12],
        citation=cited(f"{words.clean(name)}: {heading}", words.clean(share, 400), last_day, columns, data),
    )  # fmt: skip
    models = words.count(last["models"], "model")
    said = f"On {words.hub(panel.hub)}{told_source(panel)}, {words.day(last_day)}: {_share(last)} of {words.COUNTERS[metric]}, {models}."
    return figure, said, int(last["value"] or 0)


def told_source(panel: Panel) -> str:
    """What distinguishes the panel from the whole hub, in a few words."""
    kind = panel.extent.partition(":")[0] or panel.source
    if kind in ("whole", "full"):
        return ""
    named = {"head": "its most downloaded models", "selection": "a selection", "window": "new models"}
    return f" ({named.get(kind, words.clean(panel.source))})"
