"""The main pages: their order, their leads, and what stands on them besides figures."""

import re
from datetime import date
from typing import Any

import duckdb

from hubwatch.hubs import HUBS
from hubwatch.report import words
from hubwatch.report.cells import Table, TableCell, table_of
from hubwatch.report.chosen import Known, Row
from hubwatch.report.entities import safe_url
from hubwatch.report.figures import Figure
from hubwatch.statistics import Finding, definitions, percent

PAGES = (
    ("index", "index.html", "Findings", "Open models as their hubs list them: who releases them, who is downloaded, who is built on."),
    ("time", "page.html", "Over time", "Shares day by day. Days are compared only where they cover the same part of a hub."),
    ("origins", "page.html", "Origins", "Who stands behind the models, judged under each policy, with the bounds that unlabelled accounts allow."),
    ("hubs", "page.html", "Hubs compared", "What each hub lists, and what is to be had on Chinese hubs only."),
    ("releases", "releases.html", "Releases", "When models were created, by the hubs' own dates."),
    ("derivatives", "page.html", "Derivatives", "Which models others build on, by what the derived listings state."),
    ("licenses", "page.html", "Licenses and sizes", "Under which terms models are released, and how large they are."),
    ("claims", "claims.html", "Claims", "Figures that articles and papers print, each measured on the data at hand."),
    ("warnings", "warnings.html", "Warnings", "Reasons to doubt a number: flags, the health of days, gaps. A doubtful number is flagged, never repaired."),
    ("methodology", "methodology.html", "Methodology", "What the figures mean, how they are made, and what they cannot say."),
    ("dictionary", "dictionary.html", "Dictionary", "Every table and column of hubwatch.duckdb with its unit and meaning."),
)  # fmt: skip
MENU = (
    *((page, label) for page, _, label, _ in PAGES[:2]), ("shares", "Shares"), *((page, label) for page, _, label, _ in PAGES[2:7]),
    ("models", "Models"), ("organizations", "Organizations"), ("families", "Families"),
    *((page, label) for page, _, label, _ in PAGES[7:]), ("data", "Data"),
)  # fmt: skip
SHARES = "Shares"
SHARES_LEAD = "Choose the hub, the counter, the grouping and the policy. Each position of the switch is a page of its own, to link to, to cite and to embed."
READING = (
    "A share has bounds: the least and the most that it can be, whoever the unlabelled accounts are. Where bounds overlap, nobody is surely ahead.",
    f"A counter is what the hub reports: {'; '.join(f'{hub.title} {hub.counters}' for hub in HUBS.values())}. Hubs count differently and are"
    " never added; automatic downloads count.",
    "Missing is not zero: a model for which the hub reports no counter is in no denominator, and is counted apart.",
    "Country is the home of the organization that released the model, never of its base model. Mirrors count for the mirror.",
    "Every figure states what part of the hub it covers. A share of a selection is a share of that selection, and says nothing of the hub.",
    "Derived figures (from the difference of two cumulative counters) are marked as derived.",
)
LIMITS = (
    "A hub can only be asked about now. What was deleted before the first observation is missing, and history begins with it.",
    "Creation dates are the hubs' own and may precede publication.",
    "Bases are what derived listings state. A base that nobody names is not counted.",
    "Labels of accounts come from reviewed facts and rules with a source each; accounts without one stay unknown.",
    "A download is not a use: one pipeline can download a model many thousand times a day.",
)
DATA_LEAD = "Every figure's rows as CSV, JSON and Parquet, and the addresses at which they stay."
ADDRESSES = (
    ("PAGE.json", "what a main page holds: findings, and each figure with its files and citation"),
    ("data/FIGURE.csv, .json, .parquet", "a figure's rows; the JSON also has title, extent, unit, definition and notes"),
    ("pictures/FIGURE.svg, .png", "a figure's chart; -narrow.svg for narrow pages"),
    ("figures/FIGURE.html", "a figure on a page of its own, to link or to embed"),
    (
        "shares/HUB-COUNTER-by-GROUPING-POLICY.html",
        "a share as the switch shows it; data/shares/ and pictures/shares/ hold its data and picture",
    ),
    ("shares.json", "every position of the switch, with its page, files and citation"),
    ("models/NAME.json", "a model: listings on every hub with attributes, counters and labels, ranks, bases, derivatives, flags"),
    (
        "organizations/NAME.json, families/NAME.json",
        "an organization or family: models, accounts with the source of each label, derivations",
    ),
    ("models.json, organizations.json, families.json", "the pages that there are"),
    ("badges/NAME.svg", "a model's badge: its counter and rank on the last observed day"),
    ("data/history/*.json", "the rows behind every series, day by day"),
    ("feed.xml", "an Atom feed of what changed"),
)


def extra(
    con: duckdb.DuckDBPyConnection,
    policies: list[str],
    claims: tuple[Finding, ...],
    known: Known,
    links: dict[tuple[str, str], str],
    names: words.Names,
) -> dict[str, dict[str, Any]]:
    """What pages hold besides figures, by page."""
    return {
        "releases": {"calendar": _calendar(known, links, names)},
        "claims": {"verdicts": _verdicts(claims)},
        "warnings": {"sections": _warnings(con, names)},
        "methodology": {"reading": READING, "limits": LIMITS, "policies": _policies(con, policies), "statistics": definitions()},
        "dictionary": {"relations": _relations(con)},
    }


def _policies(con: duckdb.DuckDBPyConnection, policies: list[str]) -> list[Row]:
    """Each policy's title, meaning, edition and source, as the reviewed facts describe it."""
    known = {}
    if con.execute("select 1 from duckdb_tables() where schema_name = 'facts' and table_name = 'policy_meanings'").fetchall():
        cursor = con.execute("select policy, title, meaning, edition, source from facts.policy_meanings")
        known = {row[0]: row for row in cursor.fetchall()}
    described = [known.get(policy, (policy, policy, "", None, None)) for policy in policies]
    return [
        {"code": code, "title": title, "meaning": meaning, "edition": edition, "source": words.clean(source) if source else "", "link": safe_url(source)}
        for code, title, meaning, edition, source in described
    ]  # fmt: skip


def _calendar(known: Known, links: dict[tuple[str, str], str], names: words.Names) -> list[tuple[str, list[Row]]]:
    """The last twelve months in which models with a page were created, newest first."""
    months: dict[tuple[int, int], list[Row]] = {}
    for key, listings in known.listings.items():
        dated = [one for one in listings if one["created_at"] and not one["is_mirror"]]
        if dated and ("model", key) in links:
            first = min(dated, key=lambda one: one["created_at"])
            at = first["created_at"].date()
            organization = names.with_chinese(words.clean(first["organization"])) if first["organization"] else ""
            name = words.clean(known.names.get(key) or first["name"], 80)
            row = {"day": at, "told": f"{at.day} {at:%b %Y}", "name": name, "page": links["model", key], "organization": organization}
            months.setdefault((at.year, at.month), []).append(row)
    latest = sorted(months, reverse=True)[:12]
    return [
        (words.month(months[one][0]["day"]), sorted(months[one], key=lambda row: (row["day"], row["name"]), reverse=True)) for one in latest
    ]


def _verdicts(claims: tuple[Finding, ...]) -> list[tuple[str, list[Row]]]:
    """The claims by verdict: those that could be judged first."""
    found: dict[str, list[Row]] = {}
    for one in claims:
        claim = one.claim
        said = {
            "id": claim.claim, "sentence": claim.sentence, "publisher": claim.publisher, "published": claim.published, "printed": claim.printed,
            "measured": _number(one.measured, claim.unit, claim.column), "on": words.day(one.measured_on) if one.measured_on else "",
            "bounds": _between(one, claim.unit, claim.column), "reason": _sentence(one.reason), "source": _source(claim.source or ""),
            "link": safe_url(claim.source),
        }  # fmt: skip
        found.setdefault(str(one.verdict.value), []).append(said)
    order = ("contradicted", "supported", "not plausible", "plausible", "different scope", "not measurable here")
    return sorted(found.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))


def _source(text: str) -> str:
    """The source without the numbers that our own collection of published figures gives it."""
    return "; ".join(part.strip() for part in words.clean(text).split(";") if not re.match(r"\s*(golden figures )?F\d\d", part))


def _sentence(text: str) -> str:
    """The reason as a sentence, with the hubs' titles for their codes."""
    for hub in HUBS.values():
        text = re.sub(rf"\b{re.escape(hub.name)}\b", hub.title, text)
    return text[:1].upper() + text[1:]


def _number(value: int | float | str | date | None, unit: str, column: str | None) -> str:
    """A measured figure as claims print theirs: 77.3 %, 1,234.0 million."""
    if value is None:
        return ""
    if isinstance(value, str | date):
        return words.day(value) if isinstance(value, date) else words.clean(value)
    if column and ("share" in column or "rate" in column):
        return percent(value)
    if abs(value) >= 1e9:
        return f"{value / 1e9:,.1f} billion"
    if abs(value) >= 1e6:
        return f"{value / 1e6:,.1f} million"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _between(one: Any, unit: str, column: str | None) -> str:
    low, high = _number(one.measured_low, unit, column), _number(one.measured_high, unit, column)
    return f"{low} and {high}" if low and high and low != high else ""


def _warnings(con: duckdb.DuckDBPyConnection, names: words.Names) -> list[Row]:
    """Days with their health and extent, flags by day, gaps between days, records that could not be read."""
    columns = {row[0] for row in con.execute("describe days").fetchall()}
    covers = "coalesce(extent_note, extent)" if "extent" in columns else "null"
    health = "concat_ws(': ', health, health_note)" if "health" in columns else "null"
    days = f"""select hub, day, replace(sweep, 'archive:', 'snapshot ') as source, {covers} as "what it covers", records, rejected,
               case when complete or starts_with(sweep, 'archive') then null else 'incomplete' end as state, {health} as counters
               from days order by day desc, hub limit 200"""
    flagged = (
        "select hub, day, replace(flag, '_', ' ') as flag, detail from flags where model_id = '' order by day desc, hub, flag limit 200"
    )
    numbers = """select hub, day, replace(flag, '_', ' ') as flag, count(*) as numbers, min(model_id) as "for example" from flags where model_id <> ''
                 group by all order by day desc, hub, numbers desc, flag limit 200"""
    gaps = """with gap as (select hub, sweep, lag(day) over (partition by hub, sweep order by day) as after, day as before from days),
                usual as (select hub, sweep, median(before - after) as usual from gap group by all)
              select hub, sweep, after, before, before - after as days, usual::int as "usual days" from gap join usual using (hub, sweep)
              where before - after > 1.5 * usual order by before desc, hub, sweep limit 200"""
    rejects = (
        "select hub, day, reason, count(*) as records from rejects group by all order by day desc, records desc, hub, reason limit 200"
    )
    asked = (
        ("days", "Days", "What was observed on each day, and how far its counters can be trusted.", days),
        ("day-flags", "Days in doubt", "Reasons to doubt a day as a whole.", flagged),
        ("flags", "Flagged numbers", "Numbers of single listings that there is reason to doubt, by day and reason.", numbers),
        ("gaps", "Gaps", "Where more time passed between two observed days than is usual for this hub and sweep.", gaps),
        ("rejects", "Records that could not be read", "Each is kept with its reason; the rest of its page is loaded.", rejects),
    )
    return [{"id": slug, "heading": heading, "lead": lead, "table": _table(con, sql, names)} for slug, heading, lead, sql in asked]


def _table(con: duckdb.DuckDBPyConnection, sql: str, names: words.Names) -> Table:
    cursor = con.execute(sql)
    columns = tuple(column[0] for column in cursor.description or ())
    return table_of(columns, tuple(tuple(row) for row in cursor.fetchall()), "", names, {})


def _relations(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """Every public table and view with its columns, from the comments in the file."""
    comments = dict(
        con.execute(
            """select table_name, comment from duckdb_tables() where schema_name = 'main' and not temporary
               union all select view_name, comment from duckdb_views() where schema_name = 'main' and not internal"""
        ).fetchall()
    )
    found: dict[str, list[tuple[str, str, str]]] = {}
    rows = con.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() where schema_name = 'main' and not internal order by table_name, column_index"
    )
    for table, column, kind, comment in rows.fetchall():
        if table in comments:
            found.setdefault(table, []).append((column, kind, comment or ""))
    heads = (("column", False), ("type", False), ("meaning", False))
    return [
        {"name": name, "comment": comments[name], "table": Table(heads, tuple(tuple(TableCell(text, text.lower()) for text in row) for row in rows), len(rows))}
        for name, rows in found.items()
    ]  # fmt: skip


def data_table(figures: list[Figure]) -> Table:
    """A row a figure with its files."""
    heads = (("figure", False), ("rows", True), ("CSV", False), ("JSON", False), ("Parquet", False))
    rows = tuple(
        (
            TableCell(figure.heading, figure.heading.lower(), False, f"{figure.page}.html#{figure.anchor}"),
            TableCell(f"{len(figure.rows):,}", str(len(figure.rows)), True),
            *(TableCell(kind, kind, False, f"data/{figure.slug}.{kind.lower()}") for kind in ("CSV", "JSON", "Parquet")),
        )
        for figure in figures
    )
    return Table(heads, rows, len(rows))
