"""Filtering by form: adapters and conversions apart from models, in the rows, the denominator and the citation."""

from collections.abc import Iterator

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.errors import WrongQuestion
from hubwatch.statistics.definitions import definition, definitions
from hubwatch.statistics.forms import forms_told
from hubwatch.statistics.question import settle
from tests.statistics.test_extent import JAN
from tests.statistics.world_of import empty, spread

# (model_id, what the hub reports or its name shows, downloads)
LISTINGS: tuple[tuple[str, dict[str, str], int], ...] = (
    ("a/base", {}, 600),
    ("a/tuned", {"base_relation": "finetune"}, 200),
    ("b/style", {"hub_type": "LoRA"}, 100),
    ("b/style-lora", {}, 40),
    ("c/base-GGUF", {}, 50),
    ("c/merged", {"library": "mergekit"}, 10),
    ("c/of-unknown-kind", {"repo_kind": "unknown"}, 1000),
)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    con = empty()
    for model_id, told, downloads in LISTINGS:
        given = {"repo_kind": "model", "hub": "huggingface", "model_id": model_id} | told
        names, values = ", ".join(given), list(given.values())
        con.execute(f"insert into listing_rows({names}) values ({', '.join('?' * len(values))})", values)
        con.execute("insert into observed(hub, model_id, day, downloads_30d) values ('huggingface', ?, ?, ?)", [model_id, JAN, downloads])
    spread(con)
    yield con
    con.close()


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("model", [("a", 600, 1.0)]),
        ("finetune", [("a", 200, 1.0)]),
        ("adapter", [("b", 140, 1.0)]),
        ("quantized", [("c", 50, 1.0)]),
        ("merge", [("c", 10, 1.0)]),
    ],
)
def test_a_share_of_one_form_is_of_the_listings_of_that_form(
    con: duckdb.DuckDBPyConnection, form: str, expected: list[tuple[str, int, float]]
) -> None:
    found = statistics.run(con, "leaders", by="namespace", form=form, metric="downloads_30d")
    assert [(row["group"], row["value"], row["share"]) for row in found.records()] == expected
    assert con.execute(found.context.sql).fetchall() == list(found.rows)


def test_the_form_is_said_in_the_sentence_and_changes_the_id(con: duckdb.DuckDBPyConnection) -> None:
    whole, adapters = (statistics.cite(con, "download_share", by="namespace", form=form) for form in (None, "adapter"))
    assert whole.id != adapters.id
    assert adapters.sentences[0] == (
        "Share of downloads, huggingface on 2025-01-01: b has 100.0%: 140 of 140 downloads in the 30 days before; form adapter; policy six-tigers."
    )
    assert (adapters.denominator, whole.denominator) == (140, 2000)
    assert "form" not in whole.sentences[0]


def test_an_unknown_form_is_refused_with_the_forms_there_are(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(WrongQuestion, match=r"there is no form 'gguf' \(choices: model, finetune, adapter, quantized, merge\)"):
        statistics.run(con, "download_share", form="gguf")


def notes_of(con: duckdb.DuckDBPyConnection, name: str, **asked: str) -> list[str]:
    return [note for note in statistics.run(con, name, **asked).notes() if "conversions" in note]


NOTE = (
    "Note: adapters, conversions and other derivatives count as models: 5 of 6 {}, 33.3% adapters, 16.7% fine-tunes, 16.7% merges, "
    "16.7% quantized conversions; --form model leaves them out"
)


def test_a_count_of_models_says_how_many_of_them_are_adapters_and_conversions(con: duckdb.DuckDBPyConnection) -> None:
    assert notes_of(con, "download_share", metric="models") == [NOTE.format("observed listings")]
    assert notes_of(con, "licenses") == [NOTE.format("listings seen up to the day")]
    assert notes_of(con, "download_share", metric="models", namespace="b")[0].split(": ", 2)[2] == (
        "2 of 2 observed listings, 100.0% adapters; --form model leaves them out"
    )


@pytest.mark.parametrize(
    "asked", [{"metric": "downloads_30d"}, {"form": "model"}, {"only": "originals"}, {"by": "relation"}, {"models": "a/base"}]
)
def test_no_more_is_said_where_no_models_are_counted_or_their_form_is_asked_for(
    con: duckdb.DuckDBPyConnection, asked: dict[str, str]
) -> None:
    given = {"metric": "models"} | {name: [value] if name == "models" else value for name, value in asked.items()}
    assert notes_of(con, "download_share", **given) == []  # type: ignore[arg-type]


def test_every_statistic_that_counts_models_says_so(con: duckdb.DuckDBPyConnection) -> None:
    said = set()
    for one in definitions():
        if "form" in one.declared and "models" in one.counters and one.days in ("one", "standing"):
            question = settle(con, one, {"metric": "models"} if "metric" in one.declared else {})
            if forms_told(con, one, question.observed, question.values):
                said.add(one.name)
    assert said >= {
        "releases",
        "release_calendar",
        "largest_releases",
        "hub_coverage",
        "licenses",
        "openness",
        "sizes",
        "origin_share",
        "concentration",
    }


def test_of_many_listings_a_part_is_looked_at_and_the_share_is_about(con: duckdb.DuckDBPyConnection) -> None:
    one = definition("licenses")
    question = settle(con, one, {})
    told = forms_told(con, one, question.observed, question.values, sample=3) or ""
    assert "of the listings seen up to the day about " in told
    assert "6 " not in told


@pytest.mark.parametrize("since", [None, "2024-01-01"])
def test_the_calendar_answers_for_one_form_too(con: duckdb.DuckDBPyConnection, since: str | None) -> None:
    con.execute("update store.attributes set created_at = '2024-12-24'")
    found = statistics.run(con, "release_calendar", form="adapter", since=since)
    assert [(str(row["created_on"]), row["value"]) for row in found.records()] == [("2024-12-24", 2)]
