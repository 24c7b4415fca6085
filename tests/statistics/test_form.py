"""Filtering by form: adapters and conversions apart from models, in the rows, the denominator and the citation."""

from collections.abc import Iterator

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.errors import WrongQuestion
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
