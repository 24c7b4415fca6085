"""The classification of namespaces as temporary tables of one connection: the order of origins.sql, run on what it is given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb

from hubwatch.classify.name_rules import claim_names
from hubwatch.facts import POLICIES, Facts
from hubwatch.hubs import hub_of, sites
from hubwatch.store import TABLES

PROFILE_COLUMNS = {column.name: column.type for table in TABLES if table.name == "profiles" for column in table.columns}
_TEMPORARY = """judged_policies judged_namespaces judged_spans judged_profiles name_texts name_claims ancestry judged_organizations
 current_facts spelt famous by_fact by_other_hub organization_names by_profile judged_origins"""


@cache
def statements() -> dict[str, str]:
    """The statements of origins.sql by name, in the order of the file."""
    text = files("hubwatch.classify").joinpath("origins.sql").read_text(encoding="utf-8")
    parts = text.split("-- statement: ")[1:]
    return {part.split(":", 1)[0]: "--" + part for part in parts}


def judge_organizations(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `judged_organizations` from the staged facts: country and kind of each under every policy."""
    con.execute("CREATE OR REPLACE TEMP TABLE judged_policies AS SELECT unnest(?) AS policy", [list(POLICIES)])
    for name in ("fold", "ancestry", "policies"):
        con.execute(statements()[name])


def judge(con: duckdb.DuckDBPyConnection, facts: Facts) -> None:
    """Fill `judged_origins` from the staged facts, `judged_namespaces` and `judged_profiles`."""
    judge_organizations(con)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE name_texts AS SELECT namespace AS text FROM judged_namespaces "
        "UNION SELECT full_name FROM judged_profiles WHERE full_name IS NOT NULL"
    )
    claim_names(con, facts.name_rules)
    con.execute("SET VARIABLE case_blind_hubs = ?::varchar[]", [[site for site in sites() if hub_of(site).is_case_blind]])
    for name in ("spans", "current facts", "spelt", "famous", "by fact", "by another hub", "names", "by profile", "origins"):
        con.execute(statements()[name])


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """Drop the temporary tables of a classification: several hundred megabytes for a whole hub."""
    con.execute("".join(f"DROP TABLE IF EXISTS temp.{table};" for table in _TEMPORARY.split()))


def take_profiles(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `judged_profiles` with the collected profiles of `judged_namespaces`."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE judged_profiles AS SELECT {', '.join(PROFILE_COLUMNS)} FROM profiles "
        "SEMI JOIN judged_namespaces USING (hub, namespace) WHERE full_name IS NOT NULL OR account_type IS NOT NULL"
    )


def fill(con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], rows: Sequence[Any]) -> None:
    """Make a temporary table of these columns (name -> DuckDB type) and rows."""
    definition = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({definition})")
    named = [{name: str(value) if value is not None else None for name, value in zip(columns, row, strict=True)} for row in rows]
    con.execute(f"INSERT INTO {table} SELECT unnest(from_json(?::JSON, ?), recursive := true)", [json.dumps(named), json.dumps([columns])])
