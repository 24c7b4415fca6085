"""Pages of organizations and families: share over time, models, accounts with the source of each label."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from hubwatch.report import charts, words
from hubwatch.report.basis import basis_of_last, caution_of, rule_days
from hubwatch.report.cells import table_of
from hubwatch.report.chosen import Known, Row
from hubwatch.report.cited import cited
from hubwatch.report.entities import FOLDERS, Entity
from hubwatch.report.figures import Figure
from hubwatch.report.panels import Panel, told_extent, told_source
from hubwatch.statistics import percent

_DERIVED = ("value", "share", "share_low", "share_high", "derived", "descendants")


def group_pages(
    kind: str, chosen: list[str], series: list[tuple[Panel, dict[str, Any]]], names: words.Names, slugs: dict[str, dict[str, str]],
    known: Known, pages: list[Entity], derivations: dict[str, Row],
) -> Iterator[Entity]:  # fmt: skip
    """Pages of organizations or families: share over time, models, namespaces with the source of each label."""
    for name in chosen:
        slug = slugs[kind][name]
        own = [page for page in pages if page.cells.get(kind) == name]
        figures, told, weight, hubs = [], [], 0, []
        for panel, held in series:
            figure, said, value = _share_history(kind, name, slug, panel, held, names)
            figures += [figure] if figure else []
            hubs += [panel.hub] if figure else []
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
            tuple(sorted({*hubs, *(row["hub"] for row in origins), *(hub for page in own for hub in page.hubs)})),
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
        caution=caution_of(held), basis=basis_of_last(held, is_aged=False), observed_on=date.fromisoformat(max(held["days"])),
        unit=f"share of {words.COUNTERS[metric]}",
        notes=tuple(dict.fromkeys(note for one in held["days"].values() for note in one["notes"]))[:12],
        citation=cited(f"{words.clean(name)}: {heading}", words.clean(share, 400), last_day, columns, data),
    )  # fmt: skip
    models = words.count(last["models"], "model")
    said = f"On {words.hub(panel.hub)}{told_source(panel)}, {words.day(last_day)}: {_share(last)} of {words.COUNTERS[metric]}, {models}."
    return figure, said, int(last["value"] or 0)
