"""What a reader calls in DuckDB is what hubwatch runs: the same rows, whatever is asked and whatever is left to the defaults."""

from typing import Any

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.store import literal
from tests.statistics.world_of import WORLD, build


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    con = build(WORLD)
    statistics.measure(con)
    return con


FILTERS: dict[str, Any] = {  # of different types each
    "country": "CN",
    "task": "text-generation",
    "leave_out": ["zai-org"],
    "created_since": "2025-01-01",
    "only": "originals",
    "without_flagged": True,
}


def called(name: str, asked: dict[str, Any]) -> str:
    said = ", ".join('"' + key + '" := ' + literal(value) for key, value in asked.items() if value is not None)
    return f"from {name}({said})"


@pytest.mark.parametrize("name", [one.name for one in statistics.definitions()])
def test_a_statistic_s_macro_gives_the_rows_that_hubwatch_gives(con: duckdb.DuckDBPyConnection, name: str) -> None:
    choices = statistics.definition(name).parameters
    by = {"by": "country,kind"} if {"country", "kind"} <= set(choices.get("by", ())) else {}
    for asked in ({}, {name: value for name, value in FILTERS.items() if name in choices} | by):
        found = statistics.run(con, name, **asked)
        cursor = con.execute(called(name, asked))
        assert tuple(column[0] for column in cursor.description or ()) == found.columns, asked
        assert tuple(cursor.fetchall()) == found.rows, asked
        assert tuple(con.execute(found.context.sql).fetchall()) == found.rows, asked  # what is cited


def test_two_dimensions_have_a_column_each_beside_the_group(con: duckdb.DuckDBPyConnection) -> None:
    found = statistics.run(con, "download_share", hub="huggingface", by="country,kind").records()
    assert [(row["group"], row["country"], row["kind"], row["value"], row["share_high"]) for row in found] == [
        ("CN, big_tech", "CN", "big_tech", 600, 0.65),
        ("US, big_tech", "US", "big_tech", 150, 0.2),
        ("CN, ai_tiger", "CN", "ai_tiger", 100, 0.15),
        ("CN, company", "CN", "company", 100, 0.15),
        ("unknown", "unknown", "unknown", 50, 0.05),
    ]


def test_macros_carry_their_definition_as_a_comment(con: duckdb.DuckDBPyConnection) -> None:
    said = con.execute("select comment from duckdb_functions() where function_name = 'growth' and schema_name = 'main'").fetchall()
    assert said[0][0].startswith("Growth between two days. A row is a group of one hub's listings.")


def test_a_denominator_is_what_the_filters_leave_in(con: duckdb.DuckDBPyConnection) -> None:
    def share(**asked: Any) -> dict[str, int | None]:
        found = statistics.run(con, "download_share", hub="huggingface", by="namespace", **asked)
        assert found.context.denominator == sum(row["value"] for row in found.records())  # type: ignore[misc]
        return {str(row["group"]): row["value"] for row in found.records()}  # type: ignore[misc]

    everything = share()
    assert share(leave_out=["Qwen"]) == {name: value for name, value in everything.items() if name != "Qwen"}
    assert share(namespace="qwen") == {"Qwen": everything["Qwen"]}
    assert share(family="qwen") == {"Qwen": everything["Qwen"]}
    assert share(organization="Alibaba Cloud", country="CN").get("Qwen") == everything["Qwen"]
    assert set(share(license_class="custom")) == {"meta-llama"}
    assert set(share(created_until="2025-01-31")) == {"deepseek-ai"}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"by": "countries"}, "there is no by 'countries'; choices: country, kind, "),
        ({"by": "country,kinds"}, "there is no by 'country,kinds'; choices: "),
        ({"metric": "downloads"}, "there is no metric 'downloads'; choices: downloads_30d, downloads_total, likes, models"),
        ({"policy": "OSAI"}, "there is no policy 'OSAI'; choices: six-tigers, osai, "),
        ({"form": "it's"}, "there is no form 'it''s'; choices: model, finetune, "),
    ],
)
def test_a_word_that_a_macro_does_not_know_fails_and_is_no_table_of_the_unknown(
    con: duckdb.DuckDBPyConnection, asked: dict[str, Any], told: str
) -> None:
    with pytest.raises(duckdb.Error) as failed:
        con.execute(called("download_share", {"hub": "huggingface"} | asked))
    assert told in str(failed.value)
