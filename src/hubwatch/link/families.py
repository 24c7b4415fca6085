"""The family of a model: who makes it, and what its name looks like."""

import duckdb

from hubwatch.store import literal

Rule = tuple[str, str | None, str]


def make_family_macros(con: duckdb.DuckDBPyConnection) -> None:
    """`family_of(maker, title)`: the family by rule; `own_family`: by rules bound to an organization only.

    A rule of an organization holds for all that belong to it. The longest pattern is asked first, then the first in the file. The
    patterns are constants of the query, so that each is compiled once and not once a row.
    """
    rules = con.execute("select family, organization, pattern from facts.families order by length(pattern) desc, file, line").fetchall()
    parents: dict[str, str] = dict(con.execute("select organization, parent from facts.organizations where parent is not null").fetchall())
    bound = [rule for rule in rules if rule[1] is not None]
    for macro, some in (("family_of", rules), ("own_family", bound)):
        con.execute(f"create or replace temp macro {macro}(maker, title) as {_first_match(some, parents)}")


def _first_match(rules: list[Rule], parents: dict[str, str]) -> str:
    """A CASE over these rules in their order; where the maker is unknown, as for most listings, only over rules for anybody."""
    anyones, everyones = ["when false then ''"], ["when false then ''"]
    for family, organization, pattern in rules:
        holds = f"regexp_matches(title, {literal(pattern)}, 'i') then {literal(family)}"
        if organization is None:
            anyones.append(f"when {holds}")
            everyones.append(f"when {holds}")
        else:
            makers = ", ".join(map(literal, sorted(_members(organization, parents))))
            everyones.append(f"when maker in ({makers}) and {holds}")
    return f"case when maker is null then case {' '.join(anyones)} end else case {' '.join(everyones)} end end"


def _members(organization: str, parents: dict[str, str]) -> set[str]:
    """An organization and all that belong to it, directly or not."""
    members = {organization}
    while more := {child for child, parent in parents.items() if parent in members} - members:
        members |= more
    return members
