"""Who stands behind a namespace: organization, country and kind under every policy, each with its ground.

The order of judgement is in origins.sql. Nothing here queries a hub: `listings` and `profiles` are what was collected.
A label holds for a time: where a namespace's owner changed, `origins` has a row for each period (`valid_from` to before `valid_to`).
SQL takes a day's label so: `join origins o on (o.hub, o.namespace) = (l.hub, l.namespace) and o.policy = 'six-tigers' and
coalesce(o.valid_from <= day, true) and coalesce(day < o.valid_to, true)`: exactly one row for each namespace, policy and day.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import duckdb
from pydantic import BaseModel, ConfigDict, Field

from hubwatch import store
from hubwatch.classify.judgement import PROFILE_COLUMNS, fill, forget, judge, judge_organizations, statements, take_profiles
from hubwatch.facts import POLICIES, Facts
from hubwatch.hubs import HUBS

KnownBy = Literal["fact", "fact_other_hub", "profile", "rule", "none"]


class Origin(BaseModel):
    """The judgement of a namespace under a policy, as in the table `origins`."""

    model_config = ConfigDict(frozen=True)
    hub: str
    namespace: str
    policy: str
    organization: str | None
    country: str | None
    kind: str
    confidence: float
    known_by: KnownBy
    source: str | None
    valid_from: date | None = None
    valid_to: date | None = None
    purpose: Literal["testing"] | None = None


class Claim(BaseModel):
    """What one source says of a namespace or of its organization, whether it decided or not."""

    model_config = ConfigDict(frozen=True)
    by: Literal["fact", "organization", "policy", "judgement", "profile", "rule"]
    hub: str | None = None
    namespace: str | None = None
    policy: str | None = None
    organization: str | None = None
    country: str | None = None
    kind: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    renamed_to: str | None = None
    confidence: float | None = None
    source: str
    note: str | None = None


class Explanation(BaseModel):
    """All that is known of a namespace: every claim, and what each policy makes of them."""

    model_config = ConfigDict(frozen=True)
    namespace: str
    claims: tuple[Claim, ...]
    origins: tuple[Origin, ...]
    is_listed: bool = Field(default=True, exclude=True)

    @property
    def is_unknown(self) -> bool:
        """Whether no claim was found and no hub's label rests on anything."""
        return not self.claims and all(origin.known_by == "none" for origin in self.origins)


class Unlabelled(BaseModel):
    """A namespace nobody has judged, and the share of its hub's downloads that a judgement could move."""

    model_config = ConfigDict(frozen=True)
    hub: str
    namespace: str
    day: date
    models: int
    downloads: int | None
    unit: Literal["downloads_30d", "downloads_total"] | None
    share: float | None


class OrganizationRow(BaseModel):
    """An organization as a policy sees it, and how much of it the listings show."""

    model_config = ConfigDict(frozen=True)
    organization: str
    country: str | None
    kind: str
    parent: str | None
    namespaces: int
    models: int


def classify(con: duckdb.DuckDBPyConnection, facts: Facts) -> int:
    """Replace `origins` and `organization_origins` whole; returns the number of namespaces.

    `origins` gets a row per policy and period for every namespace of `listings` and every one that a listing names as the owner
    of its base. Also replaces the tables of the schema `facts`. The connection must not be inside a transaction.
    """
    facts.stage(con)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE judged_namespaces AS "
        "SELECT hub, namespace, bool_or(is_listed) AS is_listed FROM ("
        "SELECT hub, namespace, true AS is_listed FROM listings WHERE namespace IS NOT NULL UNION "
        "SELECT hub, split_part(base, '/', 1), false FROM (SELECT hub, unnest(base_models) AS base FROM listings) WHERE base LIKE '_%/_%'"
        ") GROUP BY ALL"
    )
    take_profiles(con)
    judge(con, facts)
    with store.transaction(con):
        con.execute("DELETE FROM origins; DELETE FROM organization_origins")
        con.execute(statements()["insert"])
        con.execute("INSERT INTO organization_origins BY NAME FROM judged_organizations")
    (namespaces,) = con.execute("SELECT count(*) FROM judged_namespaces WHERE is_listed").fetchall()[0]
    forget(con)
    return int(namespaces)


def explain(con: duckdb.DuckDBPyConnection, facts: Facts, namespace: str, hub: str | None = None) -> Explanation:
    """Everything said of a namespace, on one hub or on all; only reads from `con`.

    A namespace that no listing has is judged as if every hub had it.
    """
    found = con.execute(
        "SELECT DISTINCT hub, namespace FROM listings WHERE lower(namespace) = lower(?) AND hub = coalesce(?, hub)", [namespace, hub]
    ).fetchall()
    exact = [row for row in found if row[1] == namespace]
    asked = exact or found or [(name, namespace) for name in ([hub] if hub else HUBS)]
    profiles = _profiles_of(con, asked)
    with store.connect(Path(":memory:")) as scratch:
        facts.stage(scratch)
        listed = [(*row, True) for row in found or asked]  # all so spelt, as in classify
        fill(scratch, "judged_namespaces", {"hub": "VARCHAR", "namespace": "VARCHAR", "is_listed": "BOOLEAN"}, listed)
        fill(scratch, "profiles", PROFILE_COLUMNS, profiles)
        take_profiles(scratch)
        judge(scratch, facts)
        judged = _models(
            Origin,
            scratch,
            "FROM judged_origins ORDER BY hub, namespace, valid_from NULLS FIRST, list_position(?, policy)",
            [list(POLICIES)],
        )
        origins = [row for row in judged if (row.hub, row.namespace) in asked]
        ruled = _models(Claim, scratch, statements()["rule claims"])
    said = [dict(zip(PROFILE_COLUMNS, row, strict=True)) for row in profiles]
    told = tuple(
        Claim(
            by="profile",
            hub=row["hub"],
            namespace=row["namespace"],
            source=f"'{row['full_name']}' ({row['account_type']}), fetched {row['fetched_on']}",
        )
        for row in said
    )
    claims = (*_claims(facts, namespace, origins), *told, *ruled)
    return Explanation(namespace=namespace, claims=claims, origins=tuple(origins), is_listed=bool(found))


def unknown_namespaces(
    con: duckdb.DuckDBPyConnection, day: date | None = None, limit: int = 50, hub: str | None = None
) -> list[Unlabelled]:
    """The namespaces of unknown kind, those first that could move most of their hub's downloads on its last complete full day.

    A hub counts in its own unit: downloads_30d where it has them, else downloads_total. The last complete full sweep up to `day`, else the last day.
    """
    return _models(Unlabelled, con, statements()["unlabelled"], [day or date.max, hub, limit])


def organizations_listing(con: duckdb.DuckDBPyConnection, facts: Facts, policy: str = POLICIES[0]) -> list[OrganizationRow]:
    """Every organization of the facts under a policy, with its namespaces and listings, most listings first."""
    with store.connect(Path(":memory:")) as scratch:
        facts.stage(scratch)
        judge_organizations(scratch)
        judged = scratch.execute("SELECT organization, country, kind FROM judged_organizations WHERE policy = ?", [policy]).fetchall()
    counted: dict[str, tuple[int, int]] = {
        organization: (namespaces, models)
        for organization, namespaces, models in con.execute(
            "SELECT organization, count(DISTINCT (hub, namespace)), count(*) FROM origins JOIN listings USING (hub, namespace) "
            "WHERE policy = ? AND organization IS NOT NULL AND valid_to IS NULL GROUP BY organization",
            [policy],
        ).fetchall()
    }
    parents = {row.organization: row.parent for row in facts.organizations}
    rows = []
    for organization, country, kind in judged:
        namespaces, models = counted.get(organization, (0, 0))
        rows.append(
            OrganizationRow(
                organization=organization,
                country=country,
                kind=kind,
                parent=parents[organization],
                namespaces=namespaces,
                models=models,
            )
        )
    return sorted(rows, key=lambda row: (-row.models, row.organization))


# --- explaining ---


def _profiles_of(con: duckdb.DuckDBPyConnection, asked: list[Any]) -> list[Any]:
    rows = con.execute(
        f"SELECT {', '.join(PROFILE_COLUMNS)} FROM profiles WHERE namespace IN (SELECT unnest(?))", [[row[1] for row in asked]]
    )
    return [row for row in rows.fetchall() if (row[0], row[1]) in asked]


def _claims(facts: Facts, namespace: str, origins: list[Origin]) -> list[Claim]:
    """The reviewed rows that bear on a namespace: of its name on every hub, and of the organizations behind it."""
    shown = {"hub", "namespace", "organization", "valid_from", "valid_to", "renamed_to", "confidence", "source", "note"}
    owned = [row for row in facts.namespaces if namespace.lower() in (row.namespace.lower(), (row.renamed_to or "").lower())]
    claims = [Claim(by="fact", **row.model_dump(include=shown)) for row in owned]
    bodies = {row.organization for row in owned} | {row.organization for row in origins if row.organization}
    return [*claims, *organization_claims(facts, bodies)]


def organization_claims(facts: Facts, organizations: set[str]) -> list[Claim]:
    """The reviewed rows, policies and other sources' judgements of these organizations and of those they belong to."""
    bodies, claims = _with_parents(facts, organizations), []
    judged = {"organization", "country", "kind", "source", "note"}
    for body in facts.organizations:
        if body.organization in bodies:
            claims.append(Claim(by="organization", **body.model_dump(include=judged)))
    for policy in facts.policies:
        if policy.organization in bodies:
            claims.append(Claim(by="policy", **policy.model_dump(include=judged | {"policy"})))
    for judgement in facts.judgements:
        if judgement.organization in bodies:
            claims.append(Claim(by="judgement", **judgement.model_dump(include=judged)))
    return claims


def _with_parents(facts: Facts, organizations: set[str]) -> set[str]:
    parents = {row.organization: row.parent for row in facts.organizations}
    found: set[str] = set()
    open_ends: list[str | None] = list(organizations)
    while open_ends:
        name = open_ends.pop()
        if name is not None and name not in found:
            found.add(name)
            open_ends.append(parents.get(name))
    return found


AModel = TypeVar("AModel", bound=BaseModel)


def _models(shape: type[AModel], con: duckdb.DuckDBPyConnection, sql: str, values: list[Any] | None = None) -> list[AModel]:
    answer = con.execute(sql, values or [])
    names = [column[0] for column in answer.description or []]
    return [shape.model_validate(dict(zip(names, row, strict=True))) for row in answer.fetchall()]
