"""The family of a listing: whose namespace it is in, and what its name looks like."""

from __future__ import annotations

from hubwatch.facts import POLICIES, Facts


def family_sql(facts: Facts) -> str:
    """A SELECT of hub, model_id, family over `listings` and `origins`: one row a listing of a known family.

    A family of an organization is only looked for in namespaces of it and of those that belong to it. Where several
    patterns match, the longest holds, then the first in the file.
    """
    rows = sorted(facts.families, key=lambda row: -len(row.pattern))
    members = {row.organization: _members(facts, row.organization) for row in rows if row.organization}
    whens = [f"WHEN {_owner(members, row.organization)} {_match(row.pattern)} THEN {_quote(row.family)}" for row in rows]
    # Most listings belong to nobody known: one look spares them the patterns of every organization.
    sieve = [_owned(set().union(*members.values()))] if members else []
    sieve += [_match(row.pattern) for row in rows if not row.organization]
    return f"""
        SELECT hub, model_id, CASE {" ".join(whens) or "WHEN false THEN NULL"} END AS family
        FROM (
            SELECT listings.hub, listings.model_id, regexp_replace(listings.model_id, '^[^/]*/', '') AS name, organization
            FROM listings
            LEFT JOIN origins ON origins.hub = listings.hub AND origins.namespace = listings.namespace
                             AND origins.policy = {_quote(POLICIES[0])}
        )
        WHERE ({" OR ".join(sieve) or "false"}) AND family IS NOT NULL
    """


def _members(facts: Facts, organization: str) -> set[str]:
    """An organization and all that belong to it, directly or not."""
    members = {organization}
    while found := {row.organization for row in facts.organizations if row.parent in members} - members:
        members |= found
    return members


def _owner(members: dict[str, set[str]], organization: str | None) -> str:
    return f"{_owned(members[organization])} AND" if organization else ""


def _owned(organizations: set[str]) -> str:
    return f"organization IN ({', '.join(map(_quote, sorted(organizations)))})"


def _match(pattern: str) -> str:
    return f"regexp_matches(name, {_quote('(?i)' + pattern)})"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
