"""The measure of forms against what hubs report, on the shared records; and the kinds of names that the rules must tell apart."""

from pathlib import Path

import duckdb
import pytest

from tests.bench.score_form import MACRO, of_hugging_face, of_modelscope, of_pairs


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(MACRO)
    return con


def test_forms_told_by_library_and_name_are_mostly_those_that_hugging_face_reports(con: duckdb.DuckDBPyConnection, shared: Path) -> None:
    counts = of_hugging_face(con, shared, lambda line: None)
    assert sum(right for right, _, _ in counts.values()) >= 0.95 * sum(told for _, told, _ in counts.values())
    assert counts["adapter"][0] == counts["adapter"][2] == 12


def test_both_hubs_names_of_one_model_tell_one_form_and_the_real_page_is_of_adapters(con: duckdb.DuckDBPyConnection, shared: Path) -> None:
    same, pairs, _ = of_pairs(con, shared, lambda line: None)
    assert same >= 0.99 * pairs
    assert of_modelscope(con, shared, lambda line: None)[::2] == (8, 10)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Qwen3-8B-FP8", "quantized"),
        ("Qwen2.5-7B-Instruct-GPTQ-Int4", "quantized"),
        ("phi-4-unsloth-bnb-4bit", "quantized"),
        ("zephyr-sft-bnb-4bit", "quantized"),
        ("zephyr-sft-bnb-4bit-DPO-213steps", "model"),  # trained after it was quantized
        ("ft-unsloth-zephyr-sft-bnb-4bit-20241014-161415", "model"),
        ("anime-style-lora", "adapter"),
        ("llama3-8b-lora-8-sft", "adapter"),
        ("fd-lora-merged-16x32", "model"),  # an adapter that is part of it now
        ("llama-abliterated_via_adapter", "model"),
        ("orca-platypus-13B-slerp", "merge"),
        ("Emerge-7B", "model"),
        ("Explora-7B", "model"),
        ("Qwen2.5-7B-Instruct", "model"),
    ],
)
def test_a_name_tells_its_form(con: duckdb.DuckDBPyConnection, name: str, form: str) -> None:
    assert con.execute("select form_of('model', null, null, null, ?)", [name]).fetchall() == [(form,)]
