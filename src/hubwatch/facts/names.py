"""Names as people write them -> the reviewed facts: organizations and countries by any of their names, and the nearest ones to a typo."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

import duckdb

from hubwatch.facts.rows import Organization
from hubwatch.facts.tables import Facts
from hubwatch.spelling import fold

# What joins several organizations in a printed list.
_JOINED = re.compile(r"\s*(?:[,;/&+\u3001\uff0c\uff1b]|\band\b|\bwith\b|\bund\b|和|与|及)\s*", re.IGNORECASE)


def organization_names(organizations: Iterable[Organization]) -> dict[str, Organization]:
    """Every folded name and alias -> its organization; no name is of two."""
    return {fold(name): row for row in organizations for name in (row.organization, *row.other_names)}


def find_organization(facts: Facts, text: str) -> Organization | None:
    """The organization of this name or alias, in any language and case."""
    return organization_names(facts.organizations).get(fold(text))


def printed_organizations(names: dict[str, Organization], text: str) -> tuple[list[Organization], list[str]]:
    """The organizations that a printed cell names, and the parts of it that the facts do not know.

    A cell is first a name as a whole ("Tsinghua University and Zhipu AI" is one in the facts), then several, joined by "and", "&", a
    comma or the like; the same one is not told twice.
    """
    whole = names.get(fold(text)) or names.get(_as_set(names, text))
    if whole is not None:
        return [whole], []
    found: dict[str, Organization] = {}
    lost: list[str] = []
    for part in _JOINED.split(text):
        if not part:
            continue
        known = names.get(fold(part))
        if known is None:
            lost.append(part)
        else:
            found.setdefault(known.organization, known)
    return list(found.values()), lost


def _as_set(names: dict[str, Organization], text: str) -> str:
    """The folded name that has the same parts in whatever order and joined by whatever word, "" for none."""
    parts = sorted(filter(None, map(fold, _JOINED.split(text))))
    if len(parts) < 2:
        return ""
    for name, row in names.items():
        for spelling in (row.organization, *row.other_names):
            if fold(spelling) == name and sorted(filter(None, map(fold, _JOINED.split(spelling)))) == parts:
                return name
    return ""


def country_code(con: duckdb.DuckDBPyConnection, text: str) -> str | None:
    """The code of the country that has this name or code in the staged facts; None where none has."""
    try:
        rows = con.execute("SELECT country, name, other_names FROM facts.country_groups").fetchall()
    except duckdb.Error:  # a database before its first classify has no facts, one of an earlier version no other names
        return None
    names = {fold(name): country for country, title, others in rows for name in (country, title, *(others or ()))}
    return names.get(fold(text))


def similar_countries(con: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """Up to three countries of the staged facts whose name or code is written like this, as `China (CN)`."""
    try:
        rows = con.execute("SELECT country, name, other_names FROM facts.country_groups").fetchall()
    except duckdb.Error:  # as above
        return []
    names = {fold(name): f"{title} ({country})" for country, title, others in rows for name in (country, title, *(others or ()))}
    return list(dict.fromkeys(names[near] for near in get_close_matches(fold(text), names, n=3, cutoff=0.7)))


def organization_name(con: duckdb.DuckDBPyConnection, text: str) -> str | None:
    """The organization that has this name, in the staged facts; None where none has."""
    try:
        rows = con.execute("SELECT organization, other_names FROM facts.organizations").fetchall()
    except duckdb.Error:  # a database before its first classify has no facts
        return None
    names = {fold(name): organization for organization, others in rows for name in (organization, *(others or ()))}
    return names.get(fold(text))
