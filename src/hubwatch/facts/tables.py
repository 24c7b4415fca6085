"""All reviewed facts together, and the schema `facts` that they fill: tables, columns and comments follow from the row models."""

from __future__ import annotations

import hashlib
import json
import types
from datetime import date
from functools import cached_property
from inspect import getdoc
from typing import Any, Literal, Union, get_args, get_origin

import duckdb
from pydantic import BaseModel, ConfigDict

from hubwatch.facts.rows import (
    CiNamespace,
    CountingRule,
    Country,
    Fact,
    Family,
    FormerId,
    Judgement,
    License,
    ListedSystem,
    NameRule,
    Namespace,
    Organization,
    PlaceholderTime,
    PolicyMeaning,
    PolicyRow,
    ReleaseDate,
    Word,
)
from hubwatch.store import Column, Table, transaction

_DUCKDB_TYPES = {str: "VARCHAR", int: "INTEGER", float: "DOUBLE", date: "DATE"}


class Facts(BaseModel):
    """All reviewed facts, in the order of their files."""

    model_config = ConfigDict(frozen=True)
    organizations: tuple[Organization, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    policies: tuple[PolicyRow, ...] = ()
    policy_meanings: tuple[PolicyMeaning, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    families: tuple[Family, ...] = ()
    licenses: tuple[License, ...] = ()
    words: tuple[Word, ...] = ()
    name_rules: tuple[NameRule, ...] = ()
    countries: tuple[Country, ...] = ()
    former_ids: tuple[FormerId, ...] = ()
    counting_rules: tuple[CountingRule, ...] = ()
    placeholder_times: tuple[PlaceholderTime, ...] = ()
    release_dates: tuple[ReleaseDate, ...] = ()
    testing_namespaces: tuple[CiNamespace, ...] = ()
    listed_systems: tuple[ListedSystem, ...] = ()

    def stage(self, con: duckdb.DuckDBPyConnection) -> None:
        """Replace the tables of the schema `facts` by these rows, all or none, unless they are these rows.

        The connection must not be inside a transaction.
        """
        if _staged(con) == self._digest:
            return
        with transaction(con):
            con.execute("CREATE SCHEMA IF NOT EXISTS facts")
            for table in FACT_TABLES:
                _replace_table(con, table, self._written[table.name])
            con.execute(f"CREATE OR REPLACE MACRO facts.version() AS '{self._digest}'")

    def __copy__(self) -> Facts:
        """A copy is for changing: what was worked out of the rows is not of the copy's."""
        copied = super().__copy__()
        for name in ("_written", "_digest"):
            copied.__dict__.pop(name, None)
        return copied

    @cached_property
    def _written(self) -> dict[str, str]:
        """Table -> its rows as JSON."""
        rows: dict[str, tuple[Fact, ...]] = {_shape(name).table: getattr(self, name) for name in type(self).model_fields}
        return {table.name: json.dumps([row.model_dump(mode="json", by_alias=True) for row in rows[_stem(table)]]) for table in FACT_TABLES}

    @cached_property
    def _digest(self) -> str:
        return hashlib.md5(json.dumps([self._written, [table.ddl() for table in FACT_TABLES]]).encode(), usedforsecurity=False).hexdigest()


def _staged(con: duckdb.DuckDBPyConnection) -> str:
    """The digest of the rows that the tables hold; "" where there are none yet."""
    try:
        return str(con.execute("SELECT facts.version()").fetchall()[0][0])
    except (duckdb.CatalogException, duckdb.BinderException):  # no such macro, no such schema
        return ""


def _shape(name: str) -> type[Fact]:
    """The row model of a field of Facts."""
    shape: type[Fact] = get_args(Facts.model_fields[name].annotation)[0]
    return shape


def _stem(table: Table) -> str:
    return table.name.removeprefix("facts.")


def _described(shape: type[Fact]) -> Table:
    """The table that rows of this model fill: columns in the model's order, then note, file and line."""
    last = list(Fact.model_fields)[::-1]
    named = {name: field for name, field in shape.model_fields.items() if name not in last} | {n: shape.model_fields[n] for n in last}
    columns = tuple(Column(field.alias or name, _duckdb_type(field.annotation), field.description or "") for name, field in named.items())
    return Table(f"facts.{shape.table}", " ".join((getdoc(shape) or "").split()), columns)


def _duckdb_type(annotation: Any) -> str:
    """The DuckDB type of a cell: a list for a tuple, text for a choice, and the type itself where None is allowed."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        (annotation,) = (part for part in get_args(annotation) if part is not type(None))
        return _duckdb_type(annotation)
    if origin is tuple:
        return f"{_duckdb_type(get_args(annotation)[0])}[]"
    if origin is Literal:
        return "VARCHAR"
    return _DUCKDB_TYPES[annotation]


FACT_TABLES = tuple(_described(_shape(name)) for name in Facts.model_fields if _shape(name).table)


def _replace_table(con: duckdb.DuckDBPyConnection, table: Table, values: str) -> None:
    """One JSON parameter carries all rows: no file, no Arrow, and not the slow row-by-row insert."""
    con.execute(f"DROP TABLE IF EXISTS {table.name}")
    con.execute(table.ddl())
    shape = json.dumps([{column.name: ["VARCHAR"] if column.type.endswith("[]") else column.type for column in table.columns}])
    con.execute(f"INSERT INTO {table.name} BY NAME SELECT unnest(from_json(?::JSON, '{shape}'), recursive := true)", [values])
    for comment in table.comments():
        con.execute(comment)
