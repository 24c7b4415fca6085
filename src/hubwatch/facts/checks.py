"""Facts against one another: what each row cannot know by itself is refused with the file, the row and the cure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from hubwatch import store
from hubwatch.facts.rows import INTL, Country, Fact, Family, Judgement, NameRule, Namespace, Organization, PolicyRow
from hubwatch.facts.tables import Facts
from hubwatch.hubs import hub_of
from hubwatch.spelling import fold

AFact = TypeVar("AFact", bound=Fact)


def check_together(facts: Facts) -> None:
    """Raise FactError at the first row that contradicts another, or names what is nowhere."""
    _check_unique(facts.organizations, lambda row: row.organization.lower(), "organization")
    _check_unique(facts.policies, lambda row: (row.policy, row.organization), "policy of an organization")
    _check_unique(facts.policy_meanings, lambda row: row.policy, "policy")
    _check_unique(facts.testing_namespaces, lambda row: (row.hub, row.namespace), "testing namespace")
    _check_unique(facts.judgements, lambda row: (row.organization, row.source, row.country, row.kind), "judgement by a source")
    _check_unique(facts.families, lambda row: (row.organization, row.pattern), "pattern")
    _check_unique(facts.licenses, lambda row: row.raw, "license spelling")
    _check_unique(facts.words, lambda row: (row.vocabulary, row.raw), "word")
    _check_unique(facts.name_rules, lambda row: row.rule, "rule")
    _check_unique(facts.former_ids, lambda row: (row.hub, row.former_id), "former id")
    _check_unique(facts.counting_rules, lambda row: (row.hub, row.valid_from), "change of a counting rule")
    _check_unique(facts.placeholder_times, lambda row: (row.hub, row.moment), "placeholder time")
    _check_unique(facts.release_dates, lambda row: (row.hub, row.model_id), "release date")
    _check_unique(facts.countries, lambda row: row.country, "country")
    _check_countries(facts)
    _check_organizations(facts)
    check_namespaces(facts)
    _check_patterns((*facts.families, *facts.name_rules))


def _check_unique(rows: Iterable[AFact], key: Callable[[AFact], Hashable], what: str) -> None:
    seen: dict[Hashable, AFact] = {}
    for row in rows:
        first = seen.setdefault(key(row), row)
        if first is not row:
            raise row.error(f"duplicate {what} {_spelt(key(row))}, first in {first.file} row {first.line}: delete one of the two")


def _spelt(key: Hashable) -> str:
    return " / ".join(str(part) for part in key if part is not None) if isinstance(key, tuple) else f"'{key}'"


def _check_countries(facts: Facts) -> None:
    known = {row.country for row in facts.countries}
    rows: list[Organization | PolicyRow | Judgement | NameRule] = [*facts.organizations, *facts.policies, *facts.judgements]
    for row in (*rows, *facts.name_rules):
        if row.country and row.country not in known:
            cure = f"use an ISO 3166-1 alpha-2 code of country_groups.csv, {INTL} for a body without a home, or leave it empty"
            raise row.error(f"unknown country code '{row.country}': {cure}")

    for place in facts.countries:
        if place.counted_with and (place.counted_with not in known or place.counted_with == place.country):
            raise place.error(
                f"'{place.country}' is counted with '{place.counted_with}': name another country of this file or leave it empty"
            )
    named: dict[str, Country] = {}
    for place in facts.countries:
        for name in (place.country, place.name, *place.other_names):
            first = named.setdefault(fold(name), place)
            if first is not place:
                raise place.error(f"'{name}' of {place.country} is also a name of {first.country}: leave it to one of the two")


def _check_organizations(facts: Facts) -> None:
    parents = {row.organization: row.parent for row in facts.organizations}
    cure = "add it to data/organizations or correct the spelling"
    for row in facts.organizations:
        if row.parent and row.parent not in parents:
            raise row.error(f"unknown parent '{row.parent}': {cure}")
        _refuse_loop(row, row.organization, parents, "parent")
    _check_names(facts.organizations)
    users: list[Namespace | PolicyRow | Judgement | Family] = [*facts.namespaces, *facts.policies, *facts.judgements]
    for fact in (*users, *facts.families):
        if fact.organization and fact.organization not in parents:
            raise fact.error(f"unknown organization '{fact.organization}': {cure}")


def _check_names(organizations: Iterable[Organization]) -> None:
    """A name of two bodies would be nobody's name in a profile."""
    named: dict[str, Organization] = {}
    for row in organizations:
        for name in (row.organization, *row.other_names):
            first = named.setdefault(fold(name), row)
            if first is not row:
                where = f"'{first.organization}' ({first.file} row {first.line})"
                raise row.error(f"'{name}' of '{row.organization}' is also a name of {where}: leave it to one of the two")


def _refuse_loop(row: Fact, start: Hashable, following: dict[Any, Any], column: str) -> None:
    """Refuse a chain that comes back to its start; others that lead into a loop are refused at the loop itself."""
    path, here = [start], following.get(start)
    while here is not None and here not in path:
        path.append(here)
        here = following.get(here)
    if here == start:
        chain = " -> ".join(name[1] if isinstance(name, tuple) else str(name) for name in [*path, start])
        raise row.error(f"{column} loop {chain}: empty one {column} of these rows")


def check_namespaces(facts: Facts) -> None:
    """Raise FactError where one namespace is two bodies' on one day, or renames run in a circle."""
    spans: dict[tuple[str, str], list[Namespace]] = {}
    for row in facts.namespaces:
        for other in spans.setdefault(_taken(row.hub, row.namespace), []):
            where = f"{row.hub} '{row.namespace}', first in {other.file} row {other.line}"
            if row.span == other.span:
                raise row.error(f"duplicate namespace {where}: delete one of the two")
            if row.span[0] < other.span[1] and other.span[0] < row.span[1]:
                raise row.error(f"overlapping validity of {where}: end one (valid_to) on the day the other begins")
        spans[_taken(row.hub, row.namespace)].append(row)
    renamed = {_taken(row.hub, row.namespace): _taken(row.hub, row.renamed_to) for row in facts.namespaces if row.renamed_to}
    for row in facts.namespaces:
        _refuse_loop(row, _taken(row.hub, row.namespace), renamed, "renamed_to")


def _taken(hub: str, namespace: str) -> tuple[str, str]:
    """The namespace as its hub tells it from others: some give no second account of a name in another case."""
    return hub, namespace.lower() if hub_of(hub).is_case_blind else namespace


def _check_patterns(rows: Iterable[Family | NameRule]) -> None:
    """DuckDB itself judges the patterns: RE2 knows no lookaround and no back-reference, unlike Python's `re`."""
    rows = list(rows)
    # What matches nothing at all, or a sign that is in no name, matches every name.
    matching = (
        "SELECT regexp_matches('', pattern, 'i') OR regexp_matches('\u2042', pattern, 'i') FROM (SELECT unnest(?::VARCHAR[]) AS pattern)"
    )
    with store.connect(Path(":memory:")) as con:
        try:
            if (True,) not in con.execute(matching, [[row.pattern for row in rows]]).fetchall():
                return
        except duckdb.Error:
            pass  # one of them; which one is asked below
        for row in rows:
            try:
                if (True,) in con.execute(matching, [[row.pattern]]).fetchall():
                    raise row.error(f"the regular expression '{row.pattern}' matches every name: write what the names begin with or hold")
            except duckdb.Error as error:
                reason = str(error).splitlines()[0].removeprefix("Invalid Input Error: ")
                raise row.error(f"bad regular expression '{row.pattern}' ({reason}): write it as RE2 reads it") from None
