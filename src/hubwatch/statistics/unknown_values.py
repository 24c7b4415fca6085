"""A filter by what nobody has: a word that no listing, label or fact knows is answered with those written like it, not with an empty table."""

from collections.abc import Sequence
from difflib import get_close_matches

import duckdb

from hubwatch.errors import StatisticsError
from hubwatch.facts import organization_name
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
    try:
        known = {str(one).casefold(): str(one) for (one,) in con.execute(query).fetchall() if one is not None}
    except duckdb.Error:  # a database before its first classify has no facts
        return
    wanted = value.strip().casefold()
    if not known or wanted in known:
        return
    near = [known[one] for one in get_close_matches(wanted, known, n=3, cutoff=0.6)]
    cure = (
        f"did you mean {' or '.join(near)}?"
        if near
        else f"there are {', '.join(sorted(known.values())[:8])}{', ...' if len(known) > 8 else ''}"
    )
    raise StatisticsError(f"nothing here is of {what} {value!r}; {cure}")
