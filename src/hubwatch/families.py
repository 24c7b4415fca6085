"""The family of a listing: whose namespace it is in, and what its name looks like."""

from __future__ import annotations

from hubwatch.facts import POLICIES, Facts


def family_sql(facts: Facts) -> str:
    """A SELECT of hub, model_id, family over `listings` and `origins`: one row a listing of a known family.

    A family of an organization is only looked for in namespaces of it and of those that belong to it. Where several
    patterns match, the longest holds, then the first in the file.
    """
    rows = sorted(facts.families, key=lambda row: -len(row.pattern))
    whens = []
    for row in rows:
        members = _members(facts, row.organization) if row.organization else None
        owner = f"organization IN ({', '.join(map(_quote, sorted(members)))}) AND " if members else ""
        whens.append(f"WHEN {owner}regexp_matches(name, {_quote('(?i)' + row.pattern)}) THEN {_quote(row.family)}")
    family = f"CASE {' '.join(whens)} END" if whens else "NULL::VARCHAR"
    return f"""
        SELECT hub, model_id, family FROM (
            SELECT hub, model_id, {family} AS family FROM (
                SELECT listings.hub, listings.model_id, regexp_replace(listings.model_id, '^[^/]*/', '') AS name, organization
                FROM listings
                LEFT JOIN origins ON origins.hub = listings.hub AND origins.namespace = listings.namespace
                                 AND origins.policy = {_quote(POLICIES[0])}
            )
        ) WHERE family IS NOT NULL
    """


def _members(facts: Facts, organization: str) -> set[str]:
    """An organization and all that belong to it, directly or not."""
    members = {organization}
    while found := {row.organization for row in facts.organizations if row.parent in members} - members:
        members |= found
    return members


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
