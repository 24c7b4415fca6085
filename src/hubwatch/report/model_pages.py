"""Pages of models: the listings on every hub, and their counters day by day."""

from collections.abc import Iterator
from typing import Any

from hubwatch.report import charts, words
from hubwatch.report.basis import told_basis, told_rules
from hubwatch.report.cells import table_of
from hubwatch.report.chosen import Known, Row
from hubwatch.report.cited import cited
from hubwatch.report.entities import Entity, safe_url
from hubwatch.report.figures import Figure
from hubwatch.report.panels import thinned


def model_pages(known: Known, names: words.Names, slugs: dict[str, dict[str, str]], metrics: dict[str, str]) -> Iterator[Entity]:
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
        yield Entity(
            "model", key, slug, name, tuple(said for said in summary if said), facts, figures, badge, weight, cells, tuple(cells["hubs"])
        )


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
                basis=told_basis(None, None, None, [last["day"]], is_aged=False), observed_on=last["day"],
                unit=words.COUNTERS[counter], notes=("As reported by the hub on each observed day.",),
                citation=cited(f"{name}: {heading}", sentence, last["day"], columns, data),
            )  # fmt: skip
