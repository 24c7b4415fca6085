"""A filter by what nobody has: a word that no listing, label or fact knows is answered with those written like it, not with an empty table."""

from collections.abc import Sequence

import duckdb

from hubwatch.errors import StatisticsError
from hubwatch.facts import organization_name
from hubwatch.spelling import meant, nearest
from hubwatch.store import Value

# Where the values of each filter are known from.
_KNOWN = {
    "kind": "select distinct kind from facts.organizations union select distinct kind from origins",
    "family": "select distinct family from facts.families",
    "license_class": "select distinct class from facts.licenses",
    "task": "select distinct task from listings",
    "library": "select distinct library from listings",
    "namespace": "select distinct namespace from listings",
}
_OWNERS = "select distinct namespace from listings union select distinct organization from origins"


def known_value(con: duckdb.DuckDBPyConnection, name: str, wanted: str) -> str:
    """A filter's value as listings and facts write it: `Big Tech` is big_tech, `Text-Generation` text-generation; else as given."""
    if name not in _KNOWN:
        return wanted
    return meant(wanted, _words(con, _KNOWN[name]), is_id=name == "namespace") or wanted


def refuse_unknown_values(con: duckdb.DuckDBPyConnection, values: dict[str, Value]) -> None:
    """For a question without an answer: `StatisticsError` naming the filter whose value is known to nobody, with what it may mean."""
    for name, query in _KNOWN.items():
        if isinstance(value := values.get(name), str):
            _refuse(con, name.replace("_", " "), value, query)


def known_owners(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[str]:
    """These namespaces and organizations, an organization's other names as its own.

    `StatisticsError` for what is neither: leaving it out would leave nothing out.
    """
    known = {str(one).casefold() for (one,) in con.execute(_OWNERS).fetchall()}
    meant = [name if name.strip().casefold() in known else organization_name(con, name) or name for name in names]
    for name in meant:
        _refuse(con, "namespace or organization", name, _OWNERS)
    return meant


def _refuse(con: duckdb.DuckDBPyConnection, what: str, value: str, query: str) -> None:
    known = _words(con, query)
    if not known or value.strip().casefold() in {word.casefold() for word in known}:
        return
    near = nearest(value, known, limit=3) or _of_organization(con, what, value)
    few = f"{', '.join(sorted(known)[:10])}{', ...' if len(known) > 10 else ''}"
    cure = f"did you mean {' or '.join(near)}?" if near else f"there are {few}"
    raise StatisticsError(f"nothing here is of {what} {value!r}; {cure}")


def _words(con: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    try:
        return sorted(str(one) for (one,) in con.execute(query).fetchall() if one is not None)
    except duckdb.Error:  # a database before its first classify has no facts
        return []


def _of_organization(con: duckdb.DuckDBPyConnection, what: str, value: str) -> list[str]:
    """What a name may mean that is an organization's, in whatever language: its families, or the option that takes it."""
    organization = organization_name(con, value)
    if organization is None:
        return []
    if what == "family":
        found = con.execute("select family from facts.families where organization = ? order by 1", [organization]).fetchall()
        return list(dict.fromkeys(str(family) for (family,) in found))[:9]
    return [f"--organization {organization}"] if what == "namespace" else []
