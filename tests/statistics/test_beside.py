"""A figure that rests on one body: with it and without it, side by side."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.statistics.tables import measure
from hubwatch.store import warehouse as store
from tests.statistics.test_extent import JAN
from tests.statistics.world_of import one_sweep

LABELS = {"speech": "CN", "Qwen": "CN", "meta-llama": "US", "who": None}
COUNTED = {"speech": 900, "Qwen": 30, "meta-llama": 60, "who": 10}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """One whole sweep: one namespace has nine tenths of the downloads."""
    with store.connect(Path(":memory:")) as opened:
        store.migrate(opened)
        one_sweep(opened, JAN, COUNTED)
        for namespace, country in LABELS.items():
            if country:
                opened.execute(
                    """insert into origins by name select 'huggingface' as hub, ? as namespace, 'six-tigers' as policy, ? as organization,
                       ? as country, 'company' as kind, 1.0 as confidence, 'fact' as known_by""",
                    [namespace, namespace, country],
                )
        measure(opened)
        yield opened


def told(con: duckdb.DuckDBPyConnection, name: str = "download_share", **asked: str | list[str]) -> list[str]:
    warnings = statistics.run(con, name, **asked).context.warnings
    return [said for said in warnings if said.startswith("with ") or " alone has " in said]


def test_a_namespace_with_most_of_a_sum_is_told_with_the_shares_that_are_left_without_it(con: duckdb.DuckDBPyConnection) -> None:
    said = (
        "speech alone has 90.0% of the denominator; without it (--leave-out speech): CN 30.0% instead of 93.0% and US 60.0% instead of 6.0%"
    )
    assert told(con, by="country") == [said]
    assert told(con, "download_share_series", by="country") == [said]
    assert told(con, by="namespace") == [], "the rows show it themselves"
    assert told(con, by="country", metric="models") == []
    assert told(con, by="kind") == [], "nine tenths of companies leave no share that the unlabelled could not move as far"


def test_what_is_left_out_stands_beside_what_is_left(con: duckdb.DuckDBPyConnection) -> None:
    assert told(con, by="country", leave_out=["speech"]) == ["with speech: CN 93.0% instead of 30.0% and US 6.0% instead of 60.0%"]
    (both,) = told(con, by="country", leave_out=["speech", "meta-llama"])
    assert both.startswith("with speech, meta-llama: ")
    assert told(con, by="country", leave_out=["who"]) == [], "no more than the unlabelled could do"


def test_a_body_is_weighed_within_the_question(con: duckdb.DuckDBPyConnection) -> None:
    (within,) = told(con, by="organization", country="CN")
    assert within.startswith("speech alone has 96.8% of the denominator; without it (--leave-out speech): ")
    assert "Qwen" in within


def test_the_header_names_what_is_left_out_as_a_reader_writes_it(con: duckdb.DuckDBPyConnection) -> None:
    assert "leave_out speech, who" in statistics.run(con, "download_share", by="country", leave_out=["speech", "who"]).scope()
