"""The statistics there are, each read from the head comment of its own .sql file, and the macros that they are.

A head is a run of comment lines `-- key: text` (a line starting with `--   ` continues the one before):

    -- name: download_share          as the file
    -- title, definition, unit, window: words for readers
    -- whole: what shares are of: `rows` (all rows together), `each row` (`by group`: the unlabelled are the group unknown),
    --   `last day`, `first ones`, `last row`, `none`
    -- hubs: one                     it is about one hub at a time
    -- days: two                     which days it rests on: one (default), two, two or one, all, sound (all whose health is ok), standing, none
    -- splits: size_class            the dimension that its rows have as a column of their own: no second one of `by`
    -- unlabelled: left out          with a filter by country, kind or organization its bounds do not allow for what is of none that is known
    -- needs: attributes             it reads attributes, whatever the question; or those without which a listing has no row (created_at, parameters):
    --   where no hub is named, one whose listings have them answers
    -- counters: a|b                 counters it reads where there is no choice of metric
    -- parameters: hub name, by dimensions = country, top count = 20, filters     NAME TYPE = CHOICES; the first is the default

The query below it is the body of the table macro `parts.NAME`; `in_by` is what is asked as `by`. The macro NAME of readers has
a parameter for each of the head's. `parts/*.sql` holds the macros that statistics share; `{question}` stands for all parameters
that they and the statistics have, in one order: the signature of a macro, and its arguments where it is called; `{unfiltered}`
the same arguments without filters, `{ungrouped}` without groups, where only which listings count is wanted. Parts are given
the rows they share by the name of a table: `in_scope` the question's hubs and days, `in_before` the day compared with.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.errors import HeadError, NoSuchChoice
from hubwatch.facts import POLICIES
from hubwatch.spelling import meant
from hubwatch.store import EXTENT, FORM, SAW_ALL, Value, literal

_FOLDER = Path(__file__).parent / "sql"
_REQUIRED = ("name", "title", "definition", "unit", "window", "whole", "parameters")
_RESERVED = ("by", "only", "top", "group")  # as a parameter these are written in quotes
WHOLES = ("rows", "rows; models overlap", "each row", "each row by group", "last day", "first ones", "last row", "none")
DAYS = ("one", "two", "two or one", "all", "sound", "standing", "none")
NEEDED = ("created_at", "parameters")
TYPES = {
    "name": "varchar",
    "names": "varchar[]",
    "ids": "varchar[]",
    "country": "varchar",
    "organization": "varchar",
    "policy": "varchar",
    "choice": "varchar",
    "dimensions": "varchar",
    "date": "date",
    "count": "bigint",
    "number": "double",
    "switch": "boolean",
}
DIMENSIONS = (
    "country",
    "kind",
    "organization",
    "origin",
    "region",
    "family",
    "namespace",
    "model",
    "hub",
    "task",
    "library",
    "license",
    "license_class",
    "size_class",
    "created_year",
    "relation",
)
_UNASKED: dict[str, Value] = {"by": "", "tolerance": 15, "policy": "six-tigers"}  # of a statistic without that parameter
DEFAULT_POLICY = "six-tigers"
FILTERS = (
    "country country, kind name, organization organization, namespace name, family name, task name, library name, license_class name, created_since date,"
    " created_until date, models ids, only choice = |originals|derivatives, form choice = |model|finetune|adapter|quantized|merge,"
    " leave_out names, without_flagged switch = false"
)
FILTER_NAMES = tuple(one.split()[0] for one in FILTERS.split(","))
_BY_PARTS = ("by_1", "by_2")  # each of the dimensions that are asked as `by`: as constants they cost a query nothing
_UNGROUPED = {"by": "case when parts.asks(in_by, ['hub']) then 'hub' else '' end", "by_1": "null::varchar", "by_2": "null::varchar"}
_TAKEN = {
    "earlier": ("since", "days", "tolerance"),
    "whole_days": ("source", "since", "day"),
    "sound_days": ("source", "since", "day"),
}  # what these parts ask beside the scope
# What every part may ask of a question, with its type: parameters, and what a head declares.
_FIELDS = (
    "hub name, day date, source name, since date, by name, by_1 name, by_2 name, metric name, policy policy, tolerance count, split name, part name,"
    " model name, top count, at_least number, scaled switch, listed name, every name, group name, against name, months count, nth count, "
    + FILTERS
)


@dataclass(frozen=True)
class Parameter:
    """A parameter's type (a key of TYPES) and the values there are to choose from; the first is the default, "" is none."""

    kind: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Definition:
    """What one statistic means, and the macros that it is."""

    name: str
    title: str
    definition: str
    unit: str
    window: str
    whole: str
    hubs: str
    days: str
    counters: tuple[str, ...]
    splits: str | None
    leaves_unlabelled_out: bool
    needs: tuple[str, ...]
    declared: dict[str, Parameter]
    fixed: dict[str, Value]
    sql: str

    @property
    def parameters(self) -> dict[str, tuple[str, ...]]:
        """Each parameter's choices."""
        return {name: one.choices for name, one in self.declared.items()}

    @property
    def takes(self) -> str:
        return ", ".join(self.declared)


_COMMANDS = {"sensitivity": "orgs sensitivity", "claims": "claims"}  # tables that are no statistics, by their command


@cache
def definitions() -> tuple[Definition, ...]:
    """Every statistic, by name. Raises HeadError for the first head that cannot be read."""
    return tuple(_read(path) for path in sorted(_FOLDER.glob("*.sql")))


def definition(name: str) -> Definition:
    """The statistic of that name, in kebab-case or snake_case; an unknown name is answered with the nearest ones."""
    known = {one.name: one for one in definitions()}
    if found := meant(name, known):
        return known[found]
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    near = [one.replace("_", "-") for one in get_close_matches(wanted, known, n=3, cutoff=0.5)]
    hint = f"did you mean {' or '.join(near)}?" if near else "`hubwatch stats` lists them"
    if wanted in _COMMANDS:
        hint = f"`hubwatch {_COMMANDS[wanted]}` prints it"
    raise NoSuchChoice(f"there is no statistic {name!r}; {hint}")


def parse(text: str, stem: str) -> Definition:
    """The definition that a file's text gives; `stem` is the name the file must declare."""
    head, body = _head(text, stem)
    if missing := [key for key in _REQUIRED if not head.get(key)]:
        raise HeadError(f"{stem}.sql: its head lacks {', '.join(missing)}")
    if head["name"] != stem:
        raise HeadError(f"{stem}.sql declares the name {head['name']!r}; it must be its file's")
    for key, choices in (
        ("whole", WHOLES),
        ("days", DAYS),
        ("hubs", ("one", "any")),
        ("splits", DIMENSIONS),
        ("unlabelled", ("left out",)),
    ):
        if key in head and head[key] not in choices:
            raise HeadError(f"{stem}.sql: {key} is {head[key]!r}; it must be one of {', '.join(choices)}")
    needs = tuple(re.split(r",\s*", head["needs"])) if head.get("needs", "attributes") != "attributes" else ()
    if strange := [name for name in needs if name not in NEEDED]:
        raise HeadError(f"{stem}.sql: needs is {', '.join(strange)!r}; it must be attributes, or one or more of {', '.join(NEEDED)}")
    declared = _declared(head["parameters"], stem)
    metrics = declared["metric"].choices if "metric" in declared else tuple(head.get("counters", "models").split("|"))
    days, hubs = head.get("days", "one"), head.get("hubs", "any")
    fixed: dict[str, Value] = {"metrics": list(metrics), "days": days, "hubs": hubs, "attributes": "needs" in head}
    fixed["needs"] = list(needs) or None
    if "metric" not in declared and len(metrics) == 1:
        fixed["metric"] = metrics[0]
    return Definition(
        name=stem,
        title=head["title"],
        definition=head["definition"],
        unit=head["unit"],
        window=head["window"],
        whole=head["whole"],
        hubs=hubs,
        days=days,
        counters=metrics,
        splits=head.get("splits"),
        leaves_unlabelled_out="unlabelled" in head,
        needs=needs,
        declared=declared,
        fixed=fixed,
        sql=_filled(_macros(stem, body, declared, fixed)),
    )


def macros() -> tuple[str, ...]:
    """The statements that make every macro, in order; the last says of which version they are."""
    return (*_statements(), f"create or replace macro parts.version() as {literal(_digest())}")


@cache
def _statements() -> tuple[str, ...]:
    shared = [_filled(path.read_text(encoding="utf-8")) for path in sorted((_FOLDER / "parts").glob("*.sql"))]
    described = [f"comment on macro table {one.name} is {literal(f'{one.title}. {one.definition}')}" for one in definitions()]
    extent = f"create or replace macro parts.extent_of(extent, source) as {EXTENT}"
    saw_all = f"create or replace macro parts.saw_all(listed_total, records, rejected, part_read) as {SAW_ALL}"
    form = f"create or replace macro parts.form_of(repo_kind, base_relation, hub_type, library, name) as ({FORM}).form"
    return ("create schema if not exists parts", extent, saw_all, form, *shared, *(one.sql for one in definitions()), *described)


def called(statistic: Definition, values: Mapping[str, Value]) -> str:
    """The call of a statistic's macro with these values; those that are its defaults are left out."""
    said = [
        f"{_quoted(name)} := {literal(values[name])}"
        for name, parameter in statistic.declared.items()
        if values.get(name) is not None and (literal(values[name]) != _default(name, parameter) or name in ("by", "policy"))
    ]
    return f"from {statistic.name}({', '.join(said)})"


def rows_of(con: duckdb.DuckDBPyConnection, part: str, statistic: Definition, values: Mapping[str, Value]) -> list[tuple[Any, ...]]:
    """What `scope`, `earlier`, `whole_days` or `sound_days` gives for a statistic's question."""
    said = _arguments(statistic, values)
    scope = f"from parts.scope({', '.join(said.values())})"
    if part == "scope":
        return con.execute(scope).fetchall()
    arguments = ", ".join(said[name] for name in _TAKEN[part])
    return con.execute(f"with scope as materialized ({scope}) from parts.{part}('scope', {arguments})").fetchall()


def filters_of(statistic: Definition, values: Mapping[str, Value], by: str = "") -> str:
    """The arguments of `parts.described` and other parts that leave in what a statistic's question does; grouped in no way, or by `by`."""
    return ", ".join(_arguments(statistic, {**values, "by": by}).values())


def _arguments(statistic: Definition, values: Mapping[str, Value]) -> dict[str, str]:
    """Every field of a question as SQL."""
    asked = {**statistic.fixed, **{name: value for name, value in values.items() if name in statistic.declared}}
    dimensions = str(asked.get("by") or "").split(",")
    asked |= {f"by_{turn}": name or None for turn, name in enumerate(dimensions, 1)}
    return {
        name: f"{literal(asked.get(name, _UNASKED.get(name, False if kind == 'boolean' else None)))}::{kind}"
        for name, kind in _fields().items()
    }


@cache
def whole_sql(name: str) -> str:
    """All that a statistic's figures are made by: its macro, and those that statistics share."""
    return "\n".join([*(path.read_text(encoding="utf-8") for path in sorted((_FOLDER / "parts").glob("*.sql"))), definition(name).sql])


def make_macros(con: duckdb.DuckDBPyConnection) -> None:
    """Keep every statistic in the database as a table macro of its name, for whoever opens it."""
    for statement in macros():
        con.execute(statement)


def has_macros(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the database holds the macros of these definitions."""
    try:
        return con.execute("select parts.version()").fetchall() == [(_digest(),)]
    except duckdb.Error:
        return False


@cache
def _digest() -> str:
    return hashlib.sha256("\n".join(_statements()).encode()).hexdigest()


def _read(path: Path) -> Definition:
    return parse(path.read_text(encoding="utf-8"), path.stem)


def _head(text: str, stem: str) -> tuple[dict[str, str], str]:
    """The head's lines by key, and the query below it."""
    head: dict[str, str] = {}
    key = ""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("--"):
            return head, "\n".join(lines[number:]).strip() + "\n"
        if line.startswith("--   ") and key:
            head[key] += " " + line[2:].strip()
        elif match := re.fullmatch(r"-- ([a-z]+): (.+)", line):
            key = match[1]
            head[key] = match[2].strip()
        else:
            raise HeadError(f"{stem}.sql line {number + 1}: expected '-- key: text', found {line!r}")
    raise HeadError(f"{stem}.sql has no query after its head")


def _declared(text: str, stem: str) -> dict[str, Parameter]:
    """`hub name, by dimensions = country` as parameters; the word filters stands for all of FILTERS."""
    declared = {}
    for part in re.sub(r"\bfilters$", FILTERS, text).split(","):
        said, _, choices = part.strip().partition(" = ")
        name, _, kind = said.partition(" ")
        if kind not in TYPES:
            raise HeadError(f"{stem}.sql: the parameter {name} is a {kind!r}; it must be one of {', '.join(TYPES)}")
        chosen = tuple(choices.split("|")) if choices else ()
        if kind == "dimensions" and len(chosen) == 1:  # the default; all others may be asked for
            chosen = (*chosen, *(one for one in DIMENSIONS if one not in chosen))
        declared[name] = Parameter(kind, chosen)
    return declared


@cache
def _fields() -> dict[str, str]:
    """The fields of a question, each with its SQL type."""
    fields = {name: TYPES[one.kind] for name, one in _declared(_FIELDS, "definitions.py").items()}
    return fields | {"metrics": "varchar[]", "days": "varchar", "hubs": "varchar", "attributes": "boolean", "needs": "varchar[]"}


def _filled(sql: str) -> str:
    """SQL with the parameters that every part has in place of `{question}`, those without filters of `{unfiltered}`, without groups of `{ungrouped}`."""
    filters = _declared(FILTERS, "definitions.py")
    none = {name: "false" if one.kind == "switch" else f"null::{TYPES[one.kind]}" for name, one in filters.items()}
    sql = sql.replace("{unfiltered}", ", ".join(none.get(name, f"in_{name}") for name in _fields()))
    sql = sql.replace("{ungrouped}", ", ".join(_UNGROUPED.get(name, f"in_{name}") for name in _fields()))
    return sql.replace("{question}", ", ".join(f"in_{name}" for name in _fields()))


def _macros(name: str, body: str, declared: dict[str, Parameter], fixed: dict[str, Value]) -> str:
    """The macro of one question, and the one with a parameter for each thing that can be asked.

    Readers' parameters have the names of columns (`hub`, `day`), which a macro over tables cannot have: theirs hands its
    arguments on as text.
    """
    signature = ", ".join(f"{_quoted(one)} := {_default(one, parameter)}" for one, parameter in declared.items())
    arguments = []
    for field, kind in _fields().items():
        if field in fixed or (field not in declared and not (field in _BY_PARTS and "by" in declared)):
            value = fixed.get(field, _UNASKED.get(field, False if kind == "boolean" else None))
            arguments.append(literal(f"{literal(value)}::{kind}"))
            continue
        if field in _BY_PARTS:
            said = f"parts.quoted(nullif(split_part(\"by\", ',', {field[-1]}), ''))"
        elif choices := _choices(declared[field]):
            said = f"parts.quoted(parts.one_of('{field}', {_quoted(field)}, {literal(choices)}))"
        elif kind == "varchar[]":
            said = f"'string_split(' || parts.quoted(array_to_string(\"{field}\", chr(31))) || ', chr(31))'"
        else:
            said = f'parts.quoted("{field}")'
        arguments.append(f"{said} || '::{kind}'")
    columns = 'parts.columns_of("by")' if "by" in declared else "'*'"
    asked = ",\n  ".join(arguments)  # joined flat: DuckDB takes long to store deeply nested expressions
    return (
        f"create or replace macro parts.{name}({{question}}) as table\n{body.rstrip().rstrip(';')};\n\n"
        f"create or replace macro {name}({signature}) as table from query(\n"
        f"  'select ' || {columns} || ' from parts.{name}(' || concat_ws(', ',\n  {asked}) || ')');\n"
    )


def _choices(parameter: Parameter) -> list[str]:
    """The only words that a parameter takes, where these are all known: another would give a table of what nobody asked."""
    known = POLICIES if parameter.kind == "policy" else parameter.choices if parameter.kind in ("choice", "dimensions") else ()
    return [one for one in known if one]


def _quoted(name: str) -> str:
    return f'"{name}"' if name in _RESERVED else name


def _default(name: str, parameter: Parameter) -> str:
    """A parameter's default as SQL; a metric's is left to what the hub counts."""
    if name == "policy":
        return literal(DEFAULT_POLICY)
    if not parameter.choices or not parameter.choices[0] or name == "metric":
        return "null"
    return parameter.choices[0] if parameter.kind in ("count", "number", "switch") else literal(parameter.choices[0])
