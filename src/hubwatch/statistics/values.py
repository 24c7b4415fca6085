"""What a reader asks, as text or as Python values, in the types that a statistic's parameters have; or a clear refusal."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from hubwatch.errors import NoSuchChoice, StatisticsError, WrongQuestion
from hubwatch.facts import country_code, organization_name, similar_countries
from hubwatch.spelling import hint, meant, nearest
from hubwatch.statistics.definitions import DEFAULT_POLICY, Parameter
from hubwatch.statistics.unknown_values import known_owners, known_value
from hubwatch.store import Value

_SWITCHES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def value_of(con: duckdb.DuckDBPyConnection, name: str, parameter: Parameter, given: Value | Sequence[str]) -> Value:
    """A parameter's value in its type: what is asked for, or the first choice declared (a metric's is left to what is observed)."""
    if parameter.kind == "policy":
        return _policy(con, given)
    if given is None:
        return None if name == "metric" else _default(parameter)
    if parameter.kind == "date":
        return given if isinstance(given, date) else _date(name, str(given))
    if parameter.kind == "switch":
        return _switch(name, given)
    if parameter.kind in ("count", "number"):
        return _number(name, parameter.kind, given)
    if parameter.kind in ("names", "ids"):
        named = _names(name, parameter.kind, given)
        return known_owners(con, named) if name == "leave_out" else named
    if parameter.kind == "dimensions":
        return _dimensions(name, parameter.choices, str(given))
    if parameter.kind == "choice":
        return choice_of(name, parameter.choices, str(given))
    if parameter.kind == "country":
        return country_of(con, str(given))
    if parameter.kind == "organization":
        return _organization(con, str(given))
    return known_value(con, name, str(given))


def _default(parameter: Parameter) -> Value:
    first = parameter.choices[0] if parameter.choices else ""
    if not first:
        return None
    if parameter.kind == "switch":
        return _SWITCHES[first]
    if parameter.kind in ("count", "number"):
        return int(first) if parameter.kind == "count" else float(first) if "." in first else int(first)
    return first


def _switch(name: str, given: object) -> bool:
    if str(given).lower() not in _SWITCHES:
        raise WrongQuestion(f"{name} {given!r} is neither true nor false")
    return _SWITCHES[str(given).lower()]


def _number(name: str, kind: str, given: object) -> int | float:
    try:
        number = float(str(given))
        whole = int(str(given)) if kind == "count" or str(given).lstrip("+-").isdigit() else None
    except ValueError:
        raise WrongQuestion(f"{name} {given!r} is not {'an integer' if kind == 'count' and _is_number(given) else 'a number'}") from None
    least = 1 if name == "top" else 0
    if not least <= number < 2**63:
        raise WrongQuestion(f"{name} {given!r} must be {'an integer' if kind == 'count' else 'a number'} from {least} on, below 2^63")
    return number if whole is None else whole


def _is_number(given: object) -> bool:
    try:
        float(str(given))
    except ValueError:
        return False
    return True


def _names(name: str, kind: str, given: Value | Sequence[str]) -> list[str]:
    """A list as given; as text the ids of a file, or one name."""
    if isinstance(given, list | tuple):
        return [str(one) for one in given]
    if kind == "ids":
        return read_ids(Path(str(given)))
    if not str(given).strip():
        raise WrongQuestion(f"{name} is empty; name a namespace or organization")
    return [str(given)]


def read_ids(path: Path) -> list[str]:
    """The model ids of a file: one a line, or the column model_id of a CSV."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StatisticsError(f"the list of models {path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and "model_id" in (columns := [cell.strip().strip('"') for cell in lines[0].split(",")]):
        import csv

        at = columns.index("model_id")
        ids = [row[at].strip() for row in list(csv.reader(lines))[1:] if len(row) > at]
    else:
        ids = [line for line in lines if not line.startswith("#")]
    found = list(dict.fromkeys(one for one in ids if one))
    if not found:
        raise StatisticsError(f"the list of models {path} is empty; write one id a line, or a CSV with a column model_id")
    return found


def _dimensions(name: str, choices: tuple[str, ...], given: str) -> str:
    """One or two dimensions, with a comma."""
    asked = [choice_of(name, choices, one) for one in given.split(",")]
    if len(asked) > 2 or len(set(asked)) < len(asked):
        raise WrongQuestion(f"{name} {given!r}: name one or two different dimensions, such as country,kind")
    return ",".join(asked)


def choice_of(name: str, choices: Sequence[str], given: str) -> str:
    """The one of `choices` that is asked for, in whatever case and with whatever between its words."""
    known = [one for one in choices if one]
    if found := meant(given, known):
        return found
    raise NoSuchChoice(f"there is no {name} {given!r}{hint(given, known)} (choices: {', '.join(known)})")


def _date(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongQuestion(f"{name} {text!r} is not a date; write YYYY-MM-DD") from None


def _policy(con: duckdb.DuckDBPyConnection, wanted: object) -> str:
    known = [policy for (policy,) in con.execute("select distinct policy from origins order by 1").fetchall()]
    policy = str(wanted or DEFAULT_POLICY)
    if not known:
        return policy
    if found := meant(policy, known):
        return found
    raise NoSuchChoice(f"there is no policy {policy!r}{hint(policy, known)} (policies: {', '.join(known)})")


def country_of(con: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """The code of a country asked for by code or by a name of it, in English or its own language."""
    code = wanted.strip().upper()
    known = [country for (country,) in con.execute("select distinct country from origins where country is not null").fetchall()]
    if known and code not in known:
        code = country_code(con, wanted) or code
    if known and code not in known:
        near = similar_countries(con, wanted)
        cure = f"did you mean {', '.join(near)}?" if near else "write a code such as CN, US or INTL, or its name"
        raise StatisticsError(f"no namespace is known to be of country {wanted!r}; {cure}")
    return code


def group_of(con: duckdb.DuckDBPyConnection, by: str, wanted: str) -> str:
    """The group asked for, as its rows name it: a country by its code, an organization by its own name, a kind as it is kept."""
    if by == "country":
        return country_of(con, wanted)
    if by == "organization":
        return organization_name(con, wanted) or wanted
    return known_value(con, by, wanted)


def _organization(con: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """The organization of that name, or of one that it also goes by."""
    known = [name for (name,) in con.execute("select distinct organization from origins where organization is not null").fetchall()]
    if wanted in known or not known:
        return wanted
    by_name = {name.lower(): name for name in known}
    found = by_name.get(wanted.strip().lower()) or organization_name(con, wanted)
    if found is None:
        named = con.execute("select organization, other_names from facts.organizations").fetchall()
        aliases = {alias.lower(): name for name, others in named for alias in [name, *(others or [])]}
        near = nearest(wanted, [*by_name, *aliases], limit=3)
        names = list(dict.fromkeys(by_name.get(one) or aliases[one] for one in near))
        cure = f"; did you mean {', '.join(names)}?" if names else " (hubwatch orgs list)"
        raise StatisticsError(f"no organization {wanted!r} is known{cure}")
    return found
