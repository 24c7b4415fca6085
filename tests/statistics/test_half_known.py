"""With two dimensions, what is known of the one says where the rest cannot be: bounds of every statistic over bases, months and flows."""

from datetime import date
from typing import Any

import duckdb
import pytest

from hubwatch import statistics
from tests.statistics.world_of import empty, spread

DAY, BEFORE = date(2025, 6, 30), date(2025, 6, 1)
# Country and kind of each namespace: of cu and uu the country alone is known, of nobody nothing.
LABELS: dict[str, tuple[str | None, str | None]] = {
    "cn": ("CN", "company"),
    "us": ("US", "company"),
    "cu": ("CN", None),
    "uu": ("US", None),
    "nobody": (None, None),
}


def world(bases: dict[str, str] | None = None) -> duckdb.DuckDBPyConnection:
    """A model of each namespace, with 10 downloads in June; `bases` says what a model is made from."""
    con = empty()
    for namespace, (country, kind) in LABELS.items():
        base = (bases or {}).get(namespace)
        con.execute(
            "insert into listing_rows(hub, model_id, created_at, base_models) values ('huggingface', ?, '2025-06-01', ?)",
            [f"{namespace}/m", [base] if base else None],
        )
        for day, total in ((BEFORE, 5), (DAY, 15)):
            con.execute(
                "insert into observed(hub, model_id, day, downloads_30d, downloads_total) values ('huggingface', ?, ?, 10, ?)",
                [f"{namespace}/m", day, total],
            )
        if base:
            con.execute(
                "insert into derivations(hub, model_id, base_model_id, relation, root_model_id) values ('huggingface', ?, ?, 'finetune', ?)",
                [f"{namespace}/m", base, base],
            )
        con.execute(
            "insert into origins(hub, namespace, policy, country, kind) values ('huggingface', ?, 'six-tigers', ?, ?)",
            [namespace, country, kind],
        )
    spread(con)
    return con


def bounds(con: duckdb.DuckDBPyConnection, name: str, **asked: Any) -> dict[str, tuple[Any, ...]]:
    return {
        str(row["group"]): (row["value"], row["share_low"], row["share_high"])
        for row in statistics.run(con, name, by="country,kind", **asked).records()
    }


@pytest.mark.parametrize("name", ["download_share", "download_flow", "downloads_by_root", "release_calendar", "releases"])
def test_what_is_of_another_country_is_not_in_the_bounds(name: str) -> None:
    value = 1 if name.startswith("release") else 10
    assert bounds(world(), name) == {
        "CN, company": (value, 0.2, 0.6),  # cu and nobody may be Chinese companies, uu may not
        "US, company": (value, 0.2, 0.6),
        "CN, unknown": (value, 0.0, 0.2),
        "US, unknown": (value, 0.0, 0.2),
        "unknown": (value, 0.0, 0.2),
    }


BASES = {"cn": "cu/m", "us": "cu/m", "nobody": "uu/lost", "uu": "cn/lost"}


def test_a_base_of_which_the_country_is_known_counts_as_that_and_may_be_of_no_other() -> None:
    assert bounds(world(BASES), "derivatives_by_month") == {
        "CN, unknown": (2, 0.0, 0.5),
        "CN, company": (1, 0.25, 0.75),
        "US, unknown": (1, 0.0, 0.25),
    }
    assert bounds(world(BASES), "derivation_flow") == {
        "CN, company on CN, unknown": (1, 0.0, 0.25),
        "US, company on CN, unknown": (1, 0.0, 0.25),
        "unknown on US, unknown": (1, 0.0, 0.25),
        "US, unknown on CN, company": (1, 0.0, 0.25),
    }
    by_root = bounds(world(BASES), "downloads_by_root")
    assert by_root["CN, unknown"] == (30, 0.0, 0.6)
    assert by_root["CN, company"] == (10, 0.2, 0.8)
    assert by_root["US, unknown"] == (10, 0.0, 0.2)
