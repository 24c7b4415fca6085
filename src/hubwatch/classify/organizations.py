"""An organization found by any of its names: what each policy makes of it, what others say of it, and its namespaces."""

from __future__ import annotations

from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict

from hubwatch import store
from hubwatch.classify.judgement import judge_organizations
from hubwatch.classify.origins import Claim, organization_claims
from hubwatch.errors import NoSuchName
from hubwatch.facts import POLICIES, Facts, find_organization
from hubwatch.spelling import nearest


class PolicyView(BaseModel):
    """An organization's country and kind under one policy."""

    model_config = ConfigDict(frozen=True)
    policy: str
    country: str | None
    kind: str


class OrganizationExplanation(BaseModel):
    """An organization as the reviewed facts know it."""

    model_config = ConfigDict(frozen=True)
    organization: str
    also_known_as: tuple[str, ...]
    parent: str | None
    policies: tuple[PolicyView, ...]
    claims: tuple[Claim, ...]


def explain_organization(facts: Facts, name: str) -> OrganizationExplanation | None:
    """The organization of this name or alias, in any language and case; None where the facts know none."""
    found = find_organization(facts, name)
    if found is None:
        return None
    with store.connect(Path(":memory:")) as scratch:
        facts.stage(scratch)
        judge_organizations(scratch)
        rows = scratch.execute(
            "SELECT policy, country, kind FROM judged_organizations WHERE organization = ? ORDER BY list_position(?, policy)",
            [found.organization, list(POLICIES)],
        ).fetchall()
    shown = {"hub", "namespace", "organization", "valid_from", "valid_to", "renamed_to", "confidence", "source", "note"}
    owned = [Claim(by="fact", **row.model_dump(include=shown)) for row in facts.namespaces if row.organization == found.organization]
    return OrganizationExplanation(
        organization=found.organization,
        also_known_as=found.other_names,
        parent=found.parent,
        policies=tuple(PolicyView(policy=policy, country=country, kind=kind) for policy, country, kind in rows),
        claims=(*organization_claims(facts, {found.organization}), *owned),
    )


def no_such_name(con: duckdb.DuckDBPyConnection, facts: Facts, name: str) -> NoSuchName:
    """The error for a name that is no namespace and no organization here, with the nearest ones that are."""
    listed = con.execute("SELECT DISTINCT namespace FROM listings WHERE namespace IS NOT NULL").fetchall()
    known = [row.namespace for row in facts.namespaces] + [namespace for (namespace,) in listed]
    known += [spelling for row in facts.organizations for spelling in (row.organization, *row.other_names)]
    near = nearest(name, known)
    cure = f"did you mean {', '.join(near)}?" if near else "hubwatch orgs list names the organizations"
    if "/" in name.strip("/"):  # an id
        cure = f"hubwatch orgs explain {name.split('/')[0]} shows its namespace, hubwatch models explain {name} the model"
    return NoSuchName(f"nothing is known of {name!r}: no namespace and no organization has this name; {cure}")
