"""Parts of the pages of models, organizations and families: tables of listings, bases, labels, copies; lists; badges."""

from dataclasses import replace
from html import escape
from typing import Any

from hubwatch.report import words
from hubwatch.report.cells import Table, TableCell
from hubwatch.report.chosen import Row
from hubwatch.report.entities import TIERS, Entity, safe_url
from hubwatch.report.shares import POLICY
from hubwatch.statistics import shown

Links = dict[tuple[str, str], str]
_ABREAST = 3  # listings that stand side by side, one attribute a row
_LISTING = ("hub", "model_id", "copy", "downloads_30d", "downloads_total", "likes", "observed_on", "created_at", "license", "task", "parameters",
            "gated", "gone_on")  # fmt: skip


def sections_of(entity: Entity, names: words.Names, links: Links) -> list[Row]:
    """The tables of a page, each with a heading; empty ones are left out."""
    made = _model(entity, names, links) if entity.kind == "model" else _group(entity, names)
    return [
        {"id": words.slug(heading), "heading": heading, "lead": lead, "table": table, "fixed": heading == _LISTINGS and table.heads[0][0] == _TURNED}
        for heading, lead, table in made if table.rows
    ]  # fmt: skip


def _model(entity: Entity, names: words.Names, links: Links) -> list[tuple[str, str, Table]]:
    facts = entity.facts
    listings = facts["listings"]
    copies = [
        {**one, "hub": words.hub(one["hub"]), "copy": "copy by another account" if one["is_mirror"] else "original"}
        | {"created_at": one["created_at"].date() if one["created_at"] else None}
        for one in listings
    ]
    known = [
        {"hub": words.hub(one["hub"]), "listing": one["model_id"], "recognised by": TIERS.get(one["tier"] or "", one["tier"])}
        | {"evidence": one["evidence"]}
        for one in listings
        if len(listings) > 1
    ]
    labels = [{"account": f"{words.hub(one['hub'])}: {one['model_id'].partition('/')[0]}", **_label(one, names)} for one in listings]
    bases = [{"listing": one["listing"], "made from": base} for one in facts["bases"] for base in one["bases"]]
    derived = [{"base": row["base_model_id"], "relation": row["relation"], "listings": row["derivatives"]} for row in facts["derivatives"]]
    leading = [
        {"listing": one["model_id"], "relation": row["relation"], "downloads": one["value"]}
        for row in facts["derivatives"]
        for one in row["leading"]
    ]
    leading.sort(key=lambda one: (-(one["downloads"] or -1), str(one["listing"])))
    flags = [
        {"day": row["day"], "hub": words.hub(row["hub"]), "flag": row["flag"].replace("_", " "), "detail": row["detail"]}
        for row in facts["flags"]
    ]
    urls = {one["model_id"]: one["url"] for one in listings}
    pages = {name: link for (kind, name), link in links.items() if kind == "model"}
    return [
        (
            _LISTINGS,
            "Each hub's listing of this model, with what the hub states of it.",
            _side_by_side(rows_of(copies, _LISTING, external=urls)),
        ),
        ("How the copies were recognised", "", rows_of(known)),
        ("Who stands behind it", "Under the default policy, with the source of each label.", rows_of(labels, external=_sources(listings))),
        ("Bases", "What this listing states that it is made from.", rows_of(bases, internal=pages)),
        ("Derivatives", "Listings that state this one as their base, by relation.", rows_of(derived)),
        ("Most downloaded derivatives", "", rows_of(leading[:15], internal=pages)),
        ("Flags", "Reasons to doubt a number of this model.", rows_of(flags)),
    ]


_LISTINGS, _TURNED = "Listings", "as stated"


def _side_by_side(table: Table) -> Table:
    """A few listings as columns, an attribute a row: there are too many attributes for columns."""
    if len(table.rows) > _ABREAST:
        return table
    names, hubs = [name for name, _ in table.heads[1:]], [row[0].text for row in table.rows]
    rows = tuple((TableCell(name, name), *(replace(row[at + 1], number=False) for row in table.rows)) for at, name in enumerate(names))
    return Table(((_TURNED, False), *((hub, False) for hub in hubs)), rows, len(rows))


def _label(row: Row, names: words.Names, organization: bool = True) -> Row:
    """Who stands behind an account, and how that is known."""
    named = (
        {"organization": names.with_chinese(words.clean(row["organization"])) if row["organization"] else "unknown"} if organization else {}
    )
    return named | {
        "country": names.group("country", row["country"]) if row["country"] else "unknown",
        "kind": words.KIND_OF_ONE.get(row["kind"] or "", row["kind"]),
        "confidence": row["confidence"],
        "known by": _known_by(row["known_by"]),
        "source": row["source"],
    }


def _sources(rows: list[Row]) -> dict[str, str]:
    return {str(row["source"]): safe_url(row["source"]) for row in rows}


def _known_by(code: str | None) -> str:
    told = {
        "fact": "reviewed fact",
        "fact_other_hub": "reviewed fact of another hub",
        "profile": "the account's profile",
        "rule": "name rule",
    }
    return told.get(code or "", "nothing" if code in (None, "none") else str(code))


def _group(entity: Entity, names: words.Names) -> list[tuple[str, str, Table]]:
    models: list[Entity] = entity.cells["models"]
    listed = [{"model": one.title, "hubs": ", ".join(words.hub(hub) for hub in one.cells["hubs"]), **_latest(one)} for one in models]
    rows = entity.cells["origins"]
    origins = [
        {
            "account": f"{words.hub(of[0]['hub'])}: {of[0]['namespace']}",
            "policy": _policies(of, rows, names),
            "from": of[0]["valid_from"],
            "until": of[0]["valid_to"],
            **_label(of[0], names, organization=False),
        }
        for of in _agreeing(rows)
    ]
    own = {one.title: one.address for one in models}
    lead = "The accounts behind which it stands, under each policy, with the source of each label."
    return [
        ("Models", "Its models among the most downloaded of each hub.", rows_of(listed, internal=own)),
        ("Accounts and labels", lead, rows_of(origins, external=_sources(rows))),
    ]


def _agreeing(rows: list[Row]) -> list[list[Row]]:
    """The labels of each account and time, those together under which policies agree."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: row["policy"] != POLICY):
        key = tuple(row[name] for name in ("hub", "namespace", "valid_from", "valid_to", "country", "kind"))
        found.setdefault(key, []).append(row)
    return [found[key] for key in sorted(found, key=str)]


def _policies(agreeing: list[Row], rows: list[Row], names: words.Names) -> str:
    if {row["policy"] for row in agreeing} == {row["policy"] for row in rows}:
        return "every policy"
    return words.listed(names.policy(row["policy"]) for row in agreeing)


def _latest(entity: Entity) -> Row:
    row = entity.cells["latest"]
    if not row:
        return {"downloads": None, "counted": None, "rank": None, "day": None}
    return {"downloads": row["value"], "counted": words.COUNTERS[row["counter"]], "rank": row["rank"], "day": row["day"]}


def rows_of(
    rows: list[Row], columns: tuple[str, ...] = (), internal: dict[str, str] | None = None, external: dict[str, str] | None = None
) -> Table:
    """Rows for readers; the first column links to the site's page, any cell to the web where its text is a known address."""
    names = columns or tuple(rows[0]) if rows else ()
    used = [name for name in names if any(row[name] not in (None, "", []) for row in rows)]
    numeric = {
        name: all(isinstance(row[name], int | float) and not isinstance(row[name], bool) for row in rows if row[name] is not None)
        for name in used
    }
    body = []
    for row in rows:
        cells = []
        for name in used:
            value: Any = row[name]
            text = shown(name, value) if numeric[name] or value is None else words.clean(value)
            key = str(value)
            link = (internal or {}).get(key, "") if isinstance(value, str) else ""
            away = (external or {}).get(key, "") if isinstance(value, str) and not link else ""
            cells.append(TableCell(text, "" if value is None else str(value).lower()[:200], numeric[name], link, away))
        body.append(tuple(cells))
    return Table(tuple((words.head(name), numeric[name]) for name in used), tuple(body), len(body))


def related(entity: Entity, names: words.Names, links: Links) -> list[tuple[str, tuple[str, str]]]:
    """The pages of a model's organization and family."""
    found = [(kind, entity.cells.get(kind)) for kind in ("organization", "family")]
    return [
        (kind.capitalize(), (names.with_chinese(words.clean(name)) if kind == "organization" else words.clean(name), links[kind, name]))
        for kind, name in found if name and (kind, name) in links
    ]  # fmt: skip


def list_table(kind: str, entities: list[Entity], names: words.Names) -> Table:
    if kind == "model":
        rows = [
            {"model": one.title, "organization": names.with_chinese(words.clean(one.cells["organization"])) if one.cells["organization"] else "unknown",
             "hubs": ", ".join(words.hub(hub) for hub in one.cells["hubs"]), **_latest(one)}
            for one in entities
        ]  # fmt: skip
    else:
        rows = [{kind: one.title, "models with a page": len(one.cells["models"]), "last observed": one.cells["said"]} for one in entities]
    made = rows_of(rows)
    linked = tuple(
        (TableCell(row[0].text, row[0].sort, False, one.address), *row[1:]) for row, one in zip(made.rows, entities, strict=True)
    )
    return Table(made.heads, linked, made.total)


def list_description(kind: str, models: int, groups: int, metrics: dict[str, str]) -> str:
    hubs = words.listed(words.hub(hub) for hub in metrics) or "no hub"
    if kind == "model":
        return f"The {models} most downloaded models of each observed part of {hubs}: these have a page. Hubs count differently; compare within a hub only."
    plural = {"organization": "organizations", "family": "families"}[kind]
    return f"The {groups} most downloaded {plural} of each observed part of {hubs}, and those of every model with a page."


def search_name(entity: Entity, names: words.Names) -> str:
    """What a reader may type: name, Chinese name, organization, id."""
    organization = entity.cells.get("organization") or ""
    more = [names.with_chinese(words.clean(organization))] if organization else []
    ids = [words.clean(entity.name.partition(":")[2])] if entity.kind == "model" else []
    return " · ".join(dict.fromkeys([entity.title, *ids, *more]))


def badge(value: str, place: str) -> str:
    """A small SVG of a model's counter and rank, for a README."""
    wide, other = 7 * len(value) + 20, 6.4 * len(place) + 20
    total = wide + other
    told = escape(f"{value}, {place}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total:.0f}" height="22" role="img" aria-label="{told}"><title>{told}</title>'
        f'<rect width="{total:.0f}" height="22" rx="4" fill="#24303b"/>'
        f'<path d="M{wide} 0h{other - 4:.0f}a4 4 0 0 1 4 4v14a4 4 0 0 1-4 4H{wide}z" fill="#0b5c9c"/>'
        f'<g fill="#fff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{wide / 2:.0f}" y="15">{escape(value)}</text><text x="{wide + other / 2:.0f}" y="15">{escape(place)}</text></g></svg>'
    )
