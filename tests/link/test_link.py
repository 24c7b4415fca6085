"""Listings become models: who counts as one body, what counts as one name, which original a copy is tied to, where bases end."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubwatch.errors import NoSuchListing
from hubwatch.facts.reader import load_facts
from hubwatch.facts.tables import Facts
from hubwatch.link.bases import derive
from hubwatch.link.models import explain, explain_id, link
from hubwatch.store.warehouse import connect, migrate
from tests.conftest import made_once

HUBS = {"hf": "huggingface", "ms": "modelscope", "wm": "wisemodel"}
ORGANIZATIONS = {
    "Zhipu AI": ("CN", "ai_tiger", ["hf:zai-org", "hf:THUDM", "ms:ZhipuAI", "wm:ZhipuAI"]),
    "Meta": ("US", "big_tech", ["hf:meta-llama"]),
    "01.AI": ("CN", "ai_tiger", ["hf:01-ai"]),
    "BAAI": ("CN", "research_institute", ["hf:BAAI", "ms:BAAI"]),
    "OpenBMB": ("CN", "research_institute", ["hf:openbmb", "ms:OpenBMB"]),
    "Unsloth": ("US", "company", ["hf:unsloth"]),
    "MLX Community": ("INTL", "community", ["hf:mlx-community"]),
    "ModelScope mirror": ("CN", "mirror", ["ms:AI-ModelScope", "ms:LLM-Research"]),
}

ORIGIN = "insert into origins (hub, namespace, policy, organization, country, kind, confidence, known_by, source)"


def make_warehouse(folder: Path) -> None:
    """An empty database with these organizations and some family rules."""
    with connect(folder / "warehouse.duckdb") as con:
        migrate(con)
        Facts().stage(con)
        for organization, (country, kind, _) in ORGANIZATIONS.items():
            con.execute("insert into facts.organizations (organization, country, kind) values (?, ?, ?)", [organization, country, kind])
        con.execute(
            "insert into facts.namespace_facts (hub, namespace, organization, renamed_to) values (?, ?, ?, ?)",
            ["huggingface", "THUDM", "Zhipu AI", "zai-org"],
        )
        con.execute("""insert into facts.families (family, organization, pattern, file, line) values
            ('Llama Guard', 'Meta', 'guard', 'families.csv', 2), ('Llama', 'Meta', 'llama', 'families.csv', 3),
            ('GLM', 'Zhipu AI', '^(chat)?glm', 'families.csv', 4), ('BERT', null, '(^|-)bert(-|$)', 'families.csv', 5)""")


@contextmanager
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of it, to write to."""
    with TemporaryDirectory() as folder:
        copied = shutil.copy(made_once(make_warehouse) / "warehouse.duckdb", folder)
        with connect(Path(copied)) as con:
            yield con


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse() as con:
        yield con


def given_listings(con: duckdb.DuckDBPyConnection, *listings: str, **facts: Mapping[str, object]) -> None:
    """Store listings written as `hub:namespace/name`, and origins of the namespaces that ORGANIZATIONS names.

    Keywords give columns of the listings they name: created_at, base_models, base_relation, downloads, gone.
    """
    known = {namespace: name for name, (_, _, namespaces) in ORGANIZATIONS.items() for namespace in namespaces}
    seen = set()
    for key, listing in enumerate(listings, 1):
        hub, model_id = listing.split(":", 1)
        namespace, name = model_id.split("/")
        gone = listing in facts.get("gone", {})
        con.execute(
            "insert into store.listing values ($1, $2, $3, $4, $5, date '2026-11-01', $6, $6)",
            [key, HUBS[hub], model_id, namespace, name, "2026-11-02" if gone else "2026-11-20"],
        )
        con.execute(
            "insert into store.attributes by name select ? as listing_key, ? as created_at, ? as base_models, ? as base_relation",
            [key, *(facts.get(column, {}).get(listing) for column in ("created_at", "base_models", "base_relation"))],
        )
        if listing in facts.get("downloads", {}):
            con.execute(
                "insert into store.counters values (?, date '2026-11-20', 'full', false, ?, null, null)", [key, facts["downloads"][listing]]
            )
        owner = f"{hub}:{namespace}"
        if owner in known and owner not in seen:
            country, kind, _ = ORGANIZATIONS[known[owner]]
            con.execute(
                "insert into origins (hub, namespace, policy, organization, country, kind, confidence, known_by, source)"
                " values (?, ?, 'six-tigers', ?, ?, ?, 0.9, 'fact', 'a source')",
                [HUBS[hub], namespace, known[owner], country, kind],
            )
        seen.add(owner)
    for name, (country, kind, _) in ORGANIZATIONS.items():
        con.execute("insert into organization_origins values (?, 'six-tigers', ?, ?, null)", [name, country, kind])
    for hub in HUBS.values():
        con.execute("insert into sweeps (hub, day, source, complete, records) values (?, date '2026-11-20', 'full', true, 1)", [hub])
        con.execute("insert into store.departures values (?, date '2026-11-02', date '2026-11-03')", [hub])


def tiers(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, str]]:
    """`hub:namespace/name` -> its model and tier, hubs shortened."""
    short = {long: hub for hub, long in HUBS.items()}
    rows = con.execute("select hub, model_id, model_key, tier from model_listings").fetchall()
    return {
        f"{short[hub]}:{model_id}": (key.replace(key.split(":")[0], short[key.split(":")[0]]), tier) for hub, model_id, key, tier in rows
    }


def evidence(con: duckdb.DuckDBPyConnection, hub: str, model_id: str) -> str:
    row = con.execute("select evidence from model_listings where hub = ? and model_id = ?", [HUBS[hub], model_id]).fetchone()
    assert row is not None
    return str(row[0])


# --- one body ---


def test_equal_ids_on_two_hubs_are_one_model_named_after_hugging_face(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "ms:someone/Thing-7B", "hf:someone/Thing-7B", "hf:someone/Thing-8B")
    link(con)
    assert tiers(con) == {
        "hf:someone/Thing-7B": ("hf:someone/Thing-7B", "same_id"),
        "ms:someone/Thing-7B": ("hf:someone/Thing-7B", "same_id"),
        "hf:someone/Thing-8B": ("hf:someone/Thing-8B", "single"),
    }
    assert evidence(con, "ms", "someone/Thing-7B") == "equal id as huggingface:someone/Thing-7B"


def test_equal_ids_of_namespaces_known_as_different_bodies_stay_apart(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:BAAI/thing-7b", "wm:BAAI/thing-7b", "ms:zai/thing-7b")
    con.execute(ORIGIN + " values ('wisemodel', 'BAAI', 'six-tigers', 'Zhipu AI', 'CN', 'ai_tiger', 0.9, 'fact', 's')")
    link(con)
    assert {tier for _, tier in tiers(con).values()} == {"single"}


def test_ids_that_differ_by_case_are_one_model_of_tier_case(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:openbmb/MiniCPM-V", "ms:OpenBMB/MiniCPM-V", "ms:openbmb/MiniCPM-V")
    link(con)
    assert tiers(con) == {
        "hf:openbmb/MiniCPM-V": ("hf:openbmb/MiniCPM-V", "same_id"),
        "ms:OpenBMB/MiniCPM-V": ("hf:openbmb/MiniCPM-V", "case"),
        "ms:openbmb/MiniCPM-V": ("hf:openbmb/MiniCPM-V", "same_id"),
    }


def test_spellings_that_one_hub_lists_twice_are_one_model_and_that_two_hubs_list_twice_are_two(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:a/Old-1B", "hf:a/old-1b", "ms:a/Old-1B", "hf:b/Zero-7B", "hf:b/ZERO-7B", "ms:b/Zero-7B", "ms:b/ZERO-7B")
    link(con)
    models = {listing: model for listing, (model, _) in tiers(con).items()}
    assert models["hf:a/Old-1B"] == models["hf:a/old-1b"] == models["ms:a/Old-1B"]
    assert models["ms:b/Zero-7B"] == "hf:b/Zero-7B"
    assert models["ms:b/ZERO-7B"] == "hf:b/ZERO-7B"


def test_namespaces_of_one_organization_make_equal_names_one_model_under_its_current_name(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(
        con,
        "hf:THUDM/glm-4-9b",
        "hf:zai-org/glm-4-9b",
        "ms:ZhipuAI/GLM-4-9B",
        "wm:ZhipuAI/glm-4-9b",
        created_at={"hf:THUDM/glm-4-9b": "2024-06-01"},
    )
    link(con)
    assert set(tiers(con).values()) == {("hf:zai-org/glm-4-9b", "alias")}
    assert "both namespaces are of Zhipu AI" in evidence(con, "wm", "ZhipuAI/glm-4-9b")


def test_an_organization_told_by_a_name_rule_ties_nothing(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:x-lab/model-7b", "ms:y-lab/model-7b")
    for hub, namespace in (("huggingface", "x-lab"), ("modelscope", "y-lab")):
        con.execute(
            ORIGIN + " values (?, ?, 'six-tigers', 'Some University', 'CN', 'academic', 0.5, 'rule', 's')",
            [hub, namespace],
        )
    link(con)
    assert {tier for _, tier in tiers(con).values()} == {"single"}


def test_a_like_spelling_on_another_hub_is_taken_for_the_body_and_says_that_no_fact_does(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:unsloth/Yi-6B", "ms:un-sloth/Yi-6B", "wm:Un.Sloth/Yi-6B", "wm:Un.Sloth/Yi-6B-200K")
    link(con)
    assert tiers(con)["ms:un-sloth/Yi-6B"] == ("hf:unsloth/Yi-6B", "alias")
    assert tiers(con)["wm:Un.Sloth/Yi-6B"] == ("hf:unsloth/Yi-6B", "alias")
    assert tiers(con)["wm:Un.Sloth/Yi-6B-200K"] == ("wm:Un.Sloth/Yi-6B-200K", "single")
    assert "no fact says they are one organization" in evidence(con, "ms", "un-sloth/Yi-6B")


@pytest.mark.parametrize("look_alike", ["01-AI", "01ai", "01.AI", "01-ai-labs"])
def test_who_is_spelled_like_a_famous_organization_is_not_it(con: duckdb.DuckDBPyConnection, look_alike: str) -> None:
    given_listings(
        con, "hf:01-ai/Yi-6B", f"ms:{look_alike}/Yi-6B", "hf:01-ai/Yi-1.5-34B-200K-Chat", f"ms:{look_alike}/Yi-1.5-34B-200K-Chat"
    )
    link(con)
    assert tiers(con)[f"ms:{look_alike}/Yi-6B"] == (f"ms:{look_alike}/Yi-6B", "single")
    assert tiers(con)[f"ms:{look_alike}/Yi-1.5-34B-200K-Chat"] == ("hf:01-ai/Yi-1.5-34B-200K-Chat", "mirror"), "an unknown account's copy"
    said = con.execute("select evidence from model_listings where hub = 'modelscope'").fetchall()
    assert not [text for (text,) in said if "01.AI" in text.replace(f"{look_alike}/", "")]


def test_a_like_spelling_beside_the_known_one_on_its_own_hub_is_somebody_else(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:01-ai/Yi-6B", "hf:01ai/Yi-6B", "hf:01.ai/Yi-6B")
    link(con)
    assert {tier for _, tier in tiers(con).values()} == {"single"}


def test_a_like_spelling_beside_it_does_not_part_equal_ids(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:foo/x-7b", "ms:foo/x-7b", "ms:f-oo/x-7b")
    link(con)
    assert tiers(con)["ms:foo/x-7b"] == ("hf:foo/x-7b", "same_id")
    assert tiers(con)["ms:f-oo/x-7b"][1] == "single"


# --- one name ---


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bunny-v1_0-2B-zh", "Bunny-v1.0-2B-zh"),
        ("gte_large-1.5B", "gte-large-1.5b"),
        ("Yuan2.0-2B-hf", "Yuan2-2B-hf"),
        ("BAAI-x-7b", "x-7b"),
        ("internlm2_5-7b-chat", "InternLM2.5-7B-Chat"),
        ("InternVL-Chat-V1-5", "InternVL-Chat-V1.5"),
    ],
)
def test_separators_and_the_makers_own_name_do_not_make_another_model(con: duckdb.DuckDBPyConnection, one: str, other: str) -> None:
    given_listings(con, f"hf:BAAI/{one}", f"ms:BAAI/{other}")
    link(con)
    assert tiers(con)[f"ms:BAAI/{other}"] == (f"hf:BAAI/{one}", "case" if one.lower() == other.lower() else "name")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Qwen2-1.5B-Instruct-AWQ", "Qwen2.5-1.5B-Instruct-AWQ"),
        ("Yi-6B", "Yi-6B-200K"),
        ("Yi-6B-Chat-4bits", "Yi-6B-Chat-8bits"),
        ("glm-4-32b", "glm-4-32b-base"),
        ("internlm2-1.8b", "internlm2.1-8b"),
        ("bge-large-zh", "bge-large-en"),
        ("x-7b-GPTQ-Int4", "x-7b-GPTQ-Int8"),
        ("x-7b-fp8", "x-7b"),
        ("x-1.5-7b", "x-15-7b"),
        ("x-v1.1", "x-v1.0"),
        ("x-0414", "x-0520"),
        ("x-1_8B", "x-18B"),
        ("x-2.0.1-7b", "x-2.1-7b"),
        ("Llama-3.2-1B", "Llama-3-2.1B"),
        ("x-7-8b", "x-7.8b"),
        ("x-2024-5", "x-2024.5"),
        ("x-2024-05", "x-2024.05"),
        ("x-1-1b", "x-1.1b"),
        ("stable-2-1", "stable-21"),
    ],
)
def test_versions_sizes_precisions_dates_and_languages_are_never_merged(con: duckdb.DuckDBPyConnection, one: str, other: str) -> None:
    given_listings(con, f"hf:BAAI/{one}", f"ms:BAAI/{other}", f"ms:AI-ModelScope/{other}")
    link(con)
    assert tiers(con)[f"hf:BAAI/{one}"] == (f"hf:BAAI/{one}", "single")
    assert tiers(con)[f"ms:AI-ModelScope/{other}"] == (f"ms:BAAI/{other}", "mirror")


def test_a_version_that_one_hub_writes_in_two_ways_is_two(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:BAAI/x-2-1", "hf:BAAI/x-2.1", "ms:BAAI/x-2.1")
    link(con)
    assert tiers(con)["ms:BAAI/x-2.1"] == ("hf:BAAI/x-2.1", "same_id")
    assert tiers(con)["hf:BAAI/x-2-1"] == ("hf:BAAI/x-2-1", "single")


def test_a_format_in_the_makers_own_name_is_not_left_out_of_a_models(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:mlx-community/Qwen3-8B-MLX", "ms:mlx-community/Qwen3-8B")
    con.execute(ORIGIN + " values ('modelscope', 'mlx-community', 'six-tigers', 'MLX Community', 'INTL', 'community', 0.9, 'fact', 's')")
    link(con)
    assert {tier for _, tier in tiers(con).values()} == {"single"}


def test_a_child_shares_its_parents_models_and_says_whose_each_is_but_a_community_does_not(con: duckdb.DuckDBPyConnection) -> None:
    for child, kind in (("BGE", "company"), ("BAAI fans", "community")):
        con.execute("insert into facts.organizations (organization, country, kind, parent) values (?, 'CN', ?, 'BAAI')", [child, kind])
        con.execute(
            ORIGIN + " values ('modelscope', ?, 'six-tigers', ?, 'CN', ?, 0.9, 'fact', 's')",
            [child[-4:], child, kind],
        )
    con.execute("update origins set namespace = 'bge' where organization = 'BGE'")
    given_listings(con, "hf:BAAI/x-7b", "ms:bge/x-7b", "hf:BAAI/y-7b", "ms:fans/y-7b")
    link(con)
    assert tiers(con)["ms:bge/x-7b"] == ("hf:BAAI/x-7b", "alias")
    assert evidence(con, "ms", "bge/x-7b").endswith("; BGE and BAAI, both under BAAI")
    assert tiers(con)["ms:fans/y-7b"] == ("ms:fans/y-7b", "single")


def test_names_that_one_hub_tells_apart_are_not_normalised_into_one(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:BAAI/x-2.0-7b", "hf:BAAI/x-2-7b", "ms:BAAI/x-2-7b")
    link(con)
    assert tiers(con)["ms:BAAI/x-2-7b"] == ("hf:BAAI/x-2-7b", "same_id")
    assert tiers(con)["hf:BAAI/x-2.0-7b"] == ("hf:BAAI/x-2.0-7b", "single")


# --- copies ---


def test_a_mirror_is_tied_to_the_maker_and_takes_organization_and_family_from_it(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "ms:LLM-Research/Meta-Llama-3.1-8B", "hf:meta-llama/Llama-3.1-8B", "hf:someone/Meta-Llama-3.1-8B")
    link(con)
    row = con.execute("select model_key, tier, is_mirror, family from model_listings where hub = 'modelscope'").fetchone()
    assert row == ("huggingface:meta-llama/Llama-3.1-8B", "mirror", True, "Llama")
    assert con.execute("select organization, hubs from models where model_key = ?", [row[0]]).fetchone() == (
        "Meta",
        ["huggingface", "modelscope"],
    )
    assert "of 2 listings of this name the one in its maker's family" in evidence(con, "ms", "LLM-Research/Meta-Llama-3.1-8B")


def test_a_listing_that_says_it_is_made_from_its_namesake_is_no_original(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(
        con, "ms:LLM-Research/phi-4", "hf:microsoft/phi-4", "hf:unsloth/phi-4", base_models={"hf:unsloth/phi-4": ["microsoft/phi-4"]}
    )
    link(con)
    assert tiers(con)["ms:LLM-Research/phi-4"] == ("hf:microsoft/phi-4", "mirror")


def test_of_equal_rivals_the_far_more_downloaded_is_the_original_and_without_one_the_mirror_stays_alone(
    con: duckdb.DuckDBPyConnection,
) -> None:
    given_listings(
        con,
        "hf:a/Big-7B-GGUF",
        "hf:b/Big-7B-GGUF",
        "ms:AI-ModelScope/Big-7B-GGUF",
        "hf:a/Small-7B-GGUF",
        "hf:b/Small-7B-GGUF",
        "ms:AI-ModelScope/Small-7B-GGUF",
        downloads={"hf:a/Big-7B-GGUF": 50_000, "hf:b/Big-7B-GGUF": 400, "hf:a/Small-7B-GGUF": 500, "hf:b/Small-7B-GGUF": 90},
    )
    link(con)
    assert tiers(con)["ms:AI-ModelScope/Big-7B-GGUF"] == ("hf:a/Big-7B-GGUF", "mirror")
    assert tiers(con)["ms:AI-ModelScope/Small-7B-GGUF"] == ("ms:AI-ModelScope/Small-7B-GGUF", "single")
    assert "2 listings of this name elsewhere, none clearly its original" in evidence(con, "ms", "AI-ModelScope/Small-7B-GGUF")


@pytest.mark.parametrize(
    ("name", "first", "second", "is_tied"),
    [
        ("Big-7B-GGUF", 10_000, 1000, True),  # many convert one model: ten times as many downloads tell
        ("Big-7B-GGUF", 9_999, 1000, False),
        ("Big-model-7B", 3000, 1000, True),  # few give such a name: three times tell
        ("Big-model-7B", 2999, 1000, False),
        ("Big-7B-GGUF", 999, 1, False),  # of so few, no lead tells
    ],
)
def test_how_far_ahead_in_downloads_an_original_must_be_depends_on_how_common_its_name_is(
    con: duckdb.DuckDBPyConnection, name: str, first: int, second: int, is_tied: bool
) -> None:
    one, other = f"hf:BAAI/{name}", f"hf:unsloth/{name}"
    given_listings(con, one, other, f"ms:AI-ModelScope/{name}", downloads={one: first, other: second})
    link(con)
    assert (tiers(con)[f"ms:AI-ModelScope/{name}"] == (one, "mirror")) is is_tied


@pytest.mark.parametrize(("downloads", "tier"), [(5_000_000, "mirror"), (200, "single")])
def test_of_two_converters_a_company_is_no_likelier_than_a_person(con: duckdb.DuckDBPyConnection, downloads: int, tier: str) -> None:
    given_listings(
        con,
        "hf:TheBloke/Llama-2-7B-Chat-GGUF",
        "hf:unsloth/Llama-2-7B-Chat-GGUF",
        "ms:AI-ModelScope/Llama-2-7B-Chat-GGUF",
        downloads={"hf:TheBloke/Llama-2-7B-Chat-GGUF": downloads, "hf:unsloth/Llama-2-7B-Chat-GGUF": 50},
    )
    con.execute(ORIGIN + " values ('huggingface', 'TheBloke', 'six-tigers', 'Tom Jobbins', 'GB', 'individual', 0.9, 'fact', 's')")
    link(con)
    original = "hf:TheBloke" if tier == "mirror" else "ms:AI-ModelScope"
    assert tiers(con)["ms:AI-ModelScope/Llama-2-7B-Chat-GGUF"] == (f"{original}/Llama-2-7B-Chat-GGUF", tier)


def test_of_two_makers_the_earlier_is_the_original(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(
        con,
        "hf:BAAI/shared-7b",
        "hf:unsloth/shared-7b",
        "ms:AI-ModelScope/shared-7b",
        created_at={"hf:BAAI/shared-7b": "2025-02-01", "hf:unsloth/shared-7b": "2025-01-01"},
    )
    link(con)
    assert tiers(con)["ms:AI-ModelScope/shared-7b"] == ("hf:unsloth/shared-7b", "mirror")


def test_a_name_that_anybody_may_give_is_tied_to_nobody(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, *(f"hf:user{n}/lora" for n in range(5)), "hf:BAAI/lora", "ms:AI-ModelScope/lora")
    link(con)
    assert tiers(con)["ms:AI-ModelScope/lora"] == ("ms:AI-ModelScope/lora", "single")


def test_downloads_of_two_hubs_are_never_compared(con: duckdb.DuckDBPyConnection) -> None:
    downloads = {"hf:BAAI/Big-7B-GGUF": 50_000, "wm:someone/Big-7B-GGUF": 10}
    given_listings(con, *downloads, "ms:AI-ModelScope/Big-7B-GGUF", downloads=downloads)
    link(con)
    assert tiers(con)["ms:AI-ModelScope/Big-7B-GGUF"][1] == "single"


@pytest.mark.parametrize(("others", "tier"), [(2, "mirror"), (3, "single")])
def test_a_common_name_is_its_one_known_makers_where_few_others_have_it(con: duckdb.DuckDBPyConnection, others: int, tier: str) -> None:
    given_listings(con, *(f"hf:user{n}/lora" for n in range(others)), "hf:BAAI/lora", "ms:AI-ModelScope/lora")
    link(con)
    assert tiers(con)["ms:AI-ModelScope/lora"] == ("hf:BAAI/lora" if tier == "mirror" else "ms:AI-ModelScope/lora", tier)


@pytest.mark.parametrize(("day", "tier"), [("2026-10-21", "mirror"), ("2026-10-20", "single")])
def test_downloads_of_the_last_thirty_days_tell_which_of_two_is_the_original(con: duckdb.DuckDBPyConnection, day: str, tier: str) -> None:
    given_listings(con, "hf:BAAI/Big-7B-GGUF", "hf:unsloth/Big-7B-GGUF", "ms:AI-ModelScope/Big-7B-GGUF")
    con.execute("insert into store.counters values (1, ?::date, 'full', false, 50000, null, null)", [day])
    link(con)
    assert tiers(con)["ms:AI-ModelScope/Big-7B-GGUF"][1] == tier


def test_a_namespace_that_calls_itself_a_mirror_is_one_unless_a_fact_says_otherwise(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:BAAI/bge-7b-awq", "ms:someones-mirror/bge-7b-awq", "ms:mirrors.org/bge-7b-awq", "ms:mirrorless/bge-7b-awq")
    con.execute(ORIGIN + " values ('modelscope', 'mirrors.org', 'six-tigers', 'Mirrors Inc', 'US', 'company', 0.9, 'fact', 's')")
    link(con)
    assert tiers(con)["ms:someones-mirror/bge-7b-awq"] == ("hf:BAAI/bge-7b-awq", "mirror")
    assert tiers(con)["ms:mirrors.org/bge-7b-awq"][1] == "single"
    assert tiers(con)["ms:mirrorless/bge-7b-awq"][1] == "single"


def test_mirrors_are_never_originals_and_a_mirror_alone_has_no_organization(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "ms:AI-ModelScope/lonely-7b", "ms:LLM-Research/lonely-7b")
    link(con)
    assert {tier for _, tier in tiers(con).values()} == {"single"}
    assert con.execute("select distinct organization from models").fetchall() == [(None,)]
    assert evidence(con, "ms", "AI-ModelScope/lonely-7b") == "mirror namespace; no listing of this name elsewhere"


def test_mirrors_on_two_hubs_of_what_no_maker_lists_are_one_model_without_an_organization(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:llama-copies/llama-65b", "ms:AI-ModelScope/llama-65b")
    con.execute(ORIGIN + " values ('huggingface', 'llama-copies', 'six-tigers', 'A mirror', 'INTL', 'mirror', 0.9, 'fact', 's')")
    link(con)
    assert set(tiers(con).values()) == {("hf:llama-copies/llama-65b", "mirror")}
    assert con.execute("select organization, hubs from models").fetchall() == [(None, ["huggingface", "modelscope"])]


def test_a_mirror_may_add_its_makers_name_or_ms_for_hf(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(
        con,
        "hf:mlx-community/Qwen3-8B-4bit",
        "ms:AI-ModelScope/Qwen3-8B-MLX-4bit",
        "hf:meta-llama/Llama-2-7b-hf",
        "ms:AI-ModelScope/Llama-2-7b-ms",
    )
    link(con)
    assert tiers(con)["ms:AI-ModelScope/Qwen3-8B-MLX-4bit"] == ("hf:mlx-community/Qwen3-8B-4bit", "mirror")
    assert tiers(con)["ms:AI-ModelScope/Llama-2-7b-ms"] == ("hf:meta-llama/Llama-2-7b-hf", "mirror")


def test_an_unknown_accounts_exact_copy_is_a_mirror_only_where_the_maker_is_not(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(
        con,
        "hf:meta-llama/Llama-2-70b-chat",
        "ms:passer-by/Llama-2-70b-chat",
        "hf:copycat/Llama-2-70b-chat",
        "hf:BAAI/bge-v2-m3-large",
        "ms:BAAI/bge-v2-m3-large",
        "ms:passer-by/bge-v2-m3-large",
        "hf:BAAI/Emu-37B-chat",
        "ms:AI-ModelScope/Emu-37B-chat",
        "ms:passer-by/Emu-37B-chat",
    )
    link(con)
    assert tiers(con)["ms:passer-by/Llama-2-70b-chat"] == ("hf:meta-llama/Llama-2-70b-chat", "mirror")
    assert tiers(con)["hf:copycat/Llama-2-70b-chat"][1] == "single"
    assert tiers(con)["ms:passer-by/Emu-37B-chat"] == ("hf:BAAI/Emu-37B-chat", "mirror")  # whether or not a mirror has it too
    assert tiers(con)["ms:passer-by/bge-v2-m3-large"][1] == "single"


@pytest.mark.parametrize("name", ["Llama-2-7b-GPTQ", "Llama-2-7b-4bit", "Llama-2-7b-gguf", "llama"])
def test_an_unknown_accounts_conversion_or_common_name_is_its_own(con: duckdb.DuckDBPyConnection, name: str) -> None:
    given_listings(con, f"hf:BAAI/{name}", f"ms:passer-by/{name}")
    link(con)
    assert {tier for _, tier in tiers(con).values()} == {"single"}


@pytest.mark.parametrize(
    ("name", "tier"),
    [("abcd-7b", "single"), ("abcde-7b", "mirror"), ("abcdefghijklm-nopqrstuv", "single"), ("abcdefghijklmn-opqrstuvw", "mirror")],
)
def test_a_name_tells_of_its_maker_from_eight_signs_on_with_a_digit_and_from_24_without(
    con: duckdb.DuckDBPyConnection, name: str, tier: str
) -> None:
    given_listings(con, f"hf:BAAI/{name}", f"ms:passer-by/{name}")
    link(con)
    assert tiers(con)[f"ms:passer-by/{name}"][1] == tier


def test_an_account_that_by_its_name_is_a_fan_or_a_fake_holds_no_copies_of_the_body(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:zai-org/GLM-4-9B-Chat", "ms:GLM-fan/GLM-4-9B-Chat", "wm:somebody/GLM-4-9B-Chat")
    (fans,) = (rule for rule in load_facts().name_rules if rule.rule == "nothing-fans")
    con.execute(
        ORIGIN + " values ('modelscope', 'GLM-fan', 'six-tigers', null, null, 'unknown', 0, 'none', ?)",
        [f"name rule {fans.rule}: {fans.source}"],
    )
    link(con)
    assert {listing: tier for listing, (_, tier) in tiers(con).items()} == {
        "hf:zai-org/GLM-4-9B-Chat": "mirror",
        "ms:GLM-fan/GLM-4-9B-Chat": "single",
        "wm:somebody/GLM-4-9B-Chat": "mirror",
    }


def test_another_makers_listing_of_a_name_of_the_family_is_a_copy(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(
        con,
        "hf:meta-llama/Llama-2-70b-chat",
        "ms:BAAI/llama-2-70b-chat",
        "hf:meta-llama/Emu-37B-chat",  # of no family of Meta's
        "ms:BAAI/Emu-37B-chat",
        "hf:openbmb/Llama-2-70b-chat",  # beside the maker's own on its hub
    )
    link(con)
    found = tiers(con)
    assert found["ms:BAAI/llama-2-70b-chat"] == ("hf:meta-llama/Llama-2-70b-chat", "mirror")
    assert evidence(con, "ms", "BAAI/llama-2-70b-chat").startswith("the name is of the family of another maker")
    assert {found[name][1] for name in ("ms:BAAI/Emu-37B-chat", "hf:meta-llama/Emu-37B-chat", "hf:openbmb/Llama-2-70b-chat")} == {"single"}


def test_an_unknown_accounts_listing_that_names_a_base_is_its_own(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:BAAI/bge-base-v1.5", "ms:passer-by/bge-base-v1.5", base_models={"ms:passer-by/bge-base-v1.5": ["x/y"]})
    link(con)
    assert {tier for _, tier in tiers(con).values()} == {"single"}


# --- the model ---


def test_a_model_says_where_it_was_first_and_where_it_is_listed_now(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(
        con,
        "hf:zai-org/glm-5",
        "ms:ZhipuAI/glm-5",
        "wm:ZhipuAI/glm-5",
        created_at={"hf:zai-org/glm-5": "2025-02-02", "ms:ZhipuAI/glm-5": "2025-02-01"},
        gone={"wm:ZhipuAI/glm-5": True},
    )
    link(con)
    assert con.execute("select model_key, name, organization, first_hub, first_seen_at::varchar, hubs from models").fetchall() == [
        ("huggingface:zai-org/glm-5", "glm-5", "Zhipu AI", "modelscope", "2025-02-01 00:00:00", ["huggingface", "modelscope"])
    ]


def test_families_follow_the_order_of_the_rules_and_the_maker(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(
        con, "hf:meta-llama/Llama-Guard-4", "hf:meta-llama/Llama-4", "hf:someone/Llama-4-mine", "hf:someone/tiny-bert", "ms:ZhipuAI/GLM-5"
    )
    link(con)
    assert dict(con.execute("select model_id, family from model_listings").fetchall()) == {
        "meta-llama/Llama-Guard-4": "Llama Guard",
        "meta-llama/Llama-4": "Llama",
        "someone/Llama-4-mine": None,
        "someone/tiny-bert": "BERT",
        "ZhipuAI/GLM-5": "GLM",
    }


def test_every_listing_has_one_row_and_every_model_one(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:zai-org/glm-5", "ms:ZhipuAI/glm-5", "ms:AI-ModelScope/glm-5", "ms:AI-ModelScope/other", "hf:x/y")
    result = link(con)
    assert (result.listings, result.models, result.on_several_hubs, result.mirrors) == (5, 3, 1, 2)
    assert con.execute("select count(*), count(distinct (hub, model_id)) from model_listings").fetchone() == (5, 5)
    assert con.execute("select count(distinct model_key) from model_listings").fetchone() == (3,)
    assert con.execute("select count(*), count(distinct model_key) from models").fetchone() == (3, 3)


LISTINGS = [
    *(
        "hf:zai-org/glm-5",
        "ms:ZhipuAI/glm-5",
        "ms:AI-ModelScope/glm-5",
        "hf:THUDM/glm-5",
        "hf:a/Big-7B",
        "hf:b/Big-7B",
        "ms:LLM-Research/Big-7B",
    ),
    *("hf:meta-llama/Llama-2-7b-hf", "ms:AI-ModelScope/Llama-2-7b-ms", "ms:passer-by/Llama-2-7b-hf", "ms:other/Llama-2-7b-hf"),
    *(
        "hf:BAAI/x-v1_0",
        "ms:BAAI/x-v1.0",
        "hf:BAAI/x-v1.0",
        "hf:b/Zero",
        "hf:b/ZERO",
        "ms:b/Zero",
        "ms:B/ZERO",
        "hf:01-ai/Yi-6B",
        "wm:01.AI/Yi-6B",
    ),
]


@pytest.mark.parametrize("seed", range(6))
def test_the_rows_do_not_depend_on_the_order_of_listings(seed: int) -> None:
    def linked(listings: list[str]) -> list[list[tuple[object, ...]]]:
        with warehouse() as con:
            given_listings(con, *listings)
            link(con)
            return [con.execute(f"from {table} order by all").fetchall() for table in ("models", "model_listings")]

    shuffled = random.Random(seed).sample(LISTINGS, len(LISTINGS))
    assert linked(shuffled) == linked(LISTINGS)


def test_linking_again_replaces_everything(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:a/x-7b", "ms:a/x-7b", base_models={"ms:a/x-7b": ["b/y"]})
    link(con)
    con.execute("delete from store.listing where hub = 'modelscope'")
    link(con)
    assert tiers(con) == {"hf:a/x-7b": ("hf:a/x-7b", "single")}
    assert con.execute("select count(*) from derivations").fetchone() == (0,)


def test_a_failed_link_leaves_the_last_good_tables(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "hf:a/x-7b", "ms:a/x-7b")
    link(con)
    before = con.execute("from model_listings order by all").fetchall()
    con.execute("insert into facts.families (family, pattern, file, line) values ('Broken', '(', 'families.csv', 9)")
    with pytest.raises(duckdb.Error):
        link(con)
    assert con.execute("from model_listings order by all").fetchall() == before


def test_explain_lists_the_anchor_first_with_everyones_evidence(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "ms:AI-ModelScope/glm-5", "ms:ZhipuAI/glm-5", "hf:zai-org/glm-5")
    link(con)
    model = explain(con, "modelscope", "AI-ModelScope/glm-5")
    assert (model.model_key, model.organization, model.hubs) == ("huggingface:zai-org/glm-5", "Zhipu AI", ["huggingface", "modelscope"])
    assert [(one.hub, one.model_id, one.tier, one.is_mirror) for one in model.listings] == [
        ("huggingface", "zai-org/glm-5", "alias", False),
        ("modelscope", "ZhipuAI/glm-5", "alias", False),
        ("modelscope", "AI-ModelScope/glm-5", "mirror", True),
    ]
    assert all(one.evidence for one in model.listings)


def test_explain_of_an_unknown_listing_says_so(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(NoSuchListing, match="wisemodel lists no a/b here"):
        explain(con, "wisemodel", "a/b")


# --- derivation ---


def test_derivations_give_each_base_its_row_with_the_end_of_its_chain(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(
        con,
        "hf:a/base",
        "hf:b/tuned",
        "hf:c/quant",
        "hf:d/merge",
        "ms:b/tuned",
        base_models={"hf:b/tuned": ["a/base"], "hf:c/quant": ["b/tuned"], "hf:d/merge": ["c/quant", "x/missing"], "ms:b/tuned": ["q/q"]},
        base_relation={"hf:b/tuned": "finetune", "hf:c/quant": "quantized", "hf:d/merge": "merge"},
    )
    link(con)
    assert con.execute("select * exclude (base_family, root_family) from derivations order by all").fetchall() == [
        ("huggingface", "b/tuned", "a/base", "finetune", "a/base", 1),
        ("huggingface", "c/quant", "b/tuned", "quantized", "a/base", 2),
        ("huggingface", "d/merge", "c/quant", "merge", "a/base", 3),
        ("huggingface", "d/merge", "x/missing", "merge", "x/missing", 1),
        ("modelscope", "b/tuned", "q/q", "unknown", "q/q", 1),
    ]


def test_a_base_that_its_hub_does_not_list_has_its_family_all_the_same(con: duckdb.DuckDBPyConnection) -> None:
    bases = {
        "hf:b/one": ["meta-llama/Llama-2-7b-hf"],
        "hf:b/two": ["b/one"],
        "hf:b/three": ["nobody/my-bert-7b"],
        "hf:b/four": ["nobody/x"],
    }
    given_listings(con, *bases, base_models=bases)
    con.execute("""insert into origins (hub, namespace, policy, organization, country, kind, confidence, known_by, source)
        values ('huggingface', 'meta-llama', 'six-tigers', 'Meta', 'US', 'big_tech', 0.9, 'fact', 's')""")
    link(con)
    assert con.execute("select model_id, base_family, root_family from derivations order by 1").fetchall() == [
        ("b/four", None, None),
        ("b/one", "Llama", "Llama"),
        ("b/three", "BERT", "BERT"),
        ("b/two", None, "Llama"),
    ]


def test_a_base_whose_repository_got_another_id_is_the_listing_it_is_now(con: duckdb.DuckDBPyConnection) -> None:
    made_from = {"ms:x/ft": ["old/alpha-7b"], "ms:x/two": ["twice/beta-7b"]}
    given_listings(con, "ms:old/alpha-7b", "ms:new/gamma-8b", "ms:twice/beta-7b", "ms:also/beta-7b", *made_from, base_models=made_from)
    con.execute("""update store.attributes set hub_key = case when model_id in ('old/alpha-7b', 'new/gamma-8b') then '1' else '2' end
        from store.listing where listing.listing_key = attributes.listing_key and namespace <> 'x'""")
    con.execute("update store.listing set last_seen_on = '2026-11-10' where model_id = 'old/alpha-7b'")
    link(con)
    assert con.execute("select model_id, base_model_id from derivations order by 1").fetchall() == [
        ("x/ft", "new/gamma-8b"),
        ("x/two", "twice/beta-7b"),  # of two ids on the same day neither is the later one
    ]


def test_a_base_whose_renamed_repository_is_gone_has_its_last_id_and_its_chain_goes_on_from_there(con: duckdb.DuckDBPyConnection) -> None:
    made_from = {"ms:x/ft": ["old/alpha-7b"], "ms:new/alpha-7b": ["z/root"]}
    given_listings(con, "ms:old/alpha-7b", "ms:z/root", *made_from, base_models=made_from)
    con.execute("""update store.attributes set hub_key = '1' from store.listing
        where listing.listing_key = attributes.listing_key and name = 'alpha-7b'""")
    con.execute("update store.listing set last_seen_on = '2026-11-10', last_listed_on = '2026-11-10' where model_id = 'old/alpha-7b'")
    con.execute("update store.listing set last_seen_on = '2026-11-11', last_listed_on = '2026-11-11' where model_id = 'new/alpha-7b'")
    con.execute(
        "insert into store.departures values ('modelscope', '2026-11-10', '2026-11-11'), ('modelscope', '2026-11-11', '2026-11-12')"
    )
    assert con.execute("select model_id from listings where gone_on is not null order by 1").fetchall() == [
        ("new/alpha-7b",),
        ("old/alpha-7b",),
    ]
    link(con)
    assert con.execute("select model_id, base_model_id, root_model_id from derivations order by 1 desc").fetchall() == [
        ("x/ft", "new/alpha-7b", "z/root"),
        ("new/alpha-7b", "z/root", "z/root"),
    ]


def test_a_base_named_by_an_id_its_hub_no_longer_lists_counts_as_the_listing_it_is_now(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(
        con,
        "hf:zai-org/glm-4-9b",
        "hf:zai-org/glm-edge",
        "hf:THUDM/glm-4-9b",  # gone: the owner was renamed
        "hf:THUDM/glm-4v",  # still listed: then it is the one that is meant
        "hf:zai-org/glm-4v",
        "hf:a/tuned",
        "hf:a/quant",
        "hf:b/edge",
        "hf:c/vision",
        "hf:d/twice",
        "hf:e/lost",
        "ms:ZhipuAI/glm-4-9b",
        "ms:f/tuned",
        gone={"hf:THUDM/glm-4-9b": True},
        base_models={
            "hf:a/tuned": ["THUDM/glm-4-9b"],
            "hf:a/quant": ["A/Tuned"],
            "hf:b/edge": ["thudm/GLM-edge"],
            "hf:c/vision": ["THUDM/glm-4v"],
            "hf:d/twice": ["THUDM/glm-4-9b", "zai-org/glm-4-9b"],
            "hf:e/lost": ["THUDM/no-such"],
            "ms:f/tuned": ["THUDM/glm-4-9b"],  # a rename on another hub says nothing here
        },
    )
    link(con)
    assert con.execute("select hub, model_id, base_model_id, root_model_id, depth from derivations order by all").fetchall() == [
        ("huggingface", "a/quant", "a/tuned", "zai-org/glm-4-9b", 2),
        ("huggingface", "a/tuned", "zai-org/glm-4-9b", "zai-org/glm-4-9b", 1),
        ("huggingface", "b/edge", "zai-org/glm-edge", "zai-org/glm-edge", 1),
        ("huggingface", "c/vision", "THUDM/glm-4v", "THUDM/glm-4v", 1),
        ("huggingface", "d/twice", "zai-org/glm-4-9b", "zai-org/glm-4-9b", 1),
        ("huggingface", "e/lost", "THUDM/no-such", "THUDM/no-such", 1),
        ("modelscope", "f/tuned", "THUDM/glm-4-9b", "THUDM/glm-4-9b", 1),
    ]
    assert con.execute("from store.other_ids order by all").fetchall() == [  # for past days
        ("huggingface", "A/Tuned", "a/tuned"),
        ("huggingface", "THUDM/glm-4-9b", "zai-org/glm-4-9b"),
        ("huggingface", "thudm/GLM-edge", "zai-org/glm-edge"),
    ]


def test_a_base_under_a_name_that_was_given_up_and_taken_back_is_what_is_listed_now(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""insert into facts.namespace_facts (hub, namespace, organization, renamed_to)
        values ('huggingface', 'old', 'Meta', 'new'), ('huggingface', 'new', 'Meta', 'old')""")
    given_listings(con, "hf:new/base", "hf:a/tuned", base_models={"hf:a/tuned": ["old/base"]})
    link(con)
    assert con.execute("select base_model_id from derivations").fetchall() == [("new/base",)]


def test_a_base_in_another_case_is_not_guessed_where_its_hub_lists_two_spellings(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "ms:Qwen/Base", "ms:qwen/base", "ms:a/tuned", base_models={"ms:a/tuned": ["QWEN/BASE"]})
    link(con)
    assert con.execute("select base_model_id, root_model_id from derivations").fetchall() == [("QWEN/BASE", "QWEN/BASE")]


def test_a_circle_of_bases_ends_at_its_first_listing(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(
        con,
        "hf:o/b",
        "hf:o/a",
        "hf:o/c",
        base_models={"hf:o/a": ["o/b"], "hf:o/b": ["o/a"], "hf:o/c": ["o/b"]},
    )
    link(con)
    assert con.execute("select model_id, base_model_id, root_model_id, depth from derivations order by all").fetchall() == [
        ("o/a", "o/b", "o/a", 2),
        ("o/b", "o/a", "o/a", 1),
        ("o/c", "o/b", "o/a", 2),
    ]


def test_a_listing_is_not_made_from_itself_under_any_of_its_ids(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(
        con,
        "hf:o/self",
        "hf:o/both",
        "hf:zai-org/glm-5",
        base_models={"hf:o/self": ["o/self"], "hf:o/both": ["O/Both", "o/base"], "hf:zai-org/glm-5": ["THUDM/glm-5"]},
    )
    link(con)
    assert con.execute("select model_id, base_model_id, root_model_id, depth from derivations").fetchall() == [
        ("o/both", "o/base", "o/base", 1)
    ]


def walked(bases: dict[str, list[str]]) -> set[tuple[str, str, str, int]]:
    """The same by walking each chain step by step."""
    first = {model: others[0] for model, named in bases.items() if (others := [base for base in named if base != model])}

    def end(model: str) -> tuple[str, int]:
        path: list[str] = []
        while model in first and model not in path:
            path.append(model)
            model = first[model]
        if model not in first:
            return model, len(path)
        lowest = min(path[path.index(model) :])
        return lowest, path.index(lowest)

    return {(model, base, end(base)[0], end(base)[1] + 1) for model, named in bases.items() for base in named if base != model}


NODE = st.integers(0, 12).map(lambda number: f"o/m{number:02}")


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NODE, st.lists(NODE, max_size=3), max_size=12))
def test_chains_by_doubling_end_where_walking_them_does(bases: dict[str, list[str]]) -> None:
    with duckdb.connect() as con:
        con.execute("create table listings (hub varchar, model_id varchar, base_models varchar[], base_relation varchar)")
        for model, named in bases.items():
            con.execute("insert into listings values ('h', ?, ?, null)", [model, named])
        derive(con)
        rows = con.execute("select model_id, base_model_id, root_model_id, depth from derived").fetchall()
    assert set(rows) == walked(bases)
    assert len(rows) == len(set(rows))


def test_a_very_long_chain_is_followed_to_its_end() -> None:
    with duckdb.connect() as con:
        con.execute("""create table listings as select 'h' as hub, 'o/' || i as model_id, ['o/' || (i + 1)] as base_models,
            null::varchar as base_relation from range(5000) t(i)""")
        derive(con)
        assert con.execute("select root_model_id, depth from derived where model_id = 'o/0'").fetchone() == ("o/5000", 5000)


# --- published pairs ---


@pytest.mark.slow
@pytest.mark.parametrize("crowd", [[], ["--crowd"]])
def test_published_pairs_are_linked_with_the_precision_and_recall_aimed_at(crowd: list[str]) -> None:
    root = Path(__file__).parents[2]
    shared = Path(os.environ.get("HUBWATCH_SHARED", root.parent / "shared"))
    if not (shared / "real" / "orgs").is_dir():
        pytest.skip(f"no published pairs at {shared}: set HUBWATCH_SHARED")
    pytest.importorskip("hubwatch.classify")
    command = [sys.executable, str(root / "tests" / "bench" / "score_link.py"), "--shared", str(shared), *crowd]
    scored = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert scored.returncode == 0, scored.stdout + scored.stderr


def test_explain_of_an_id_finds_its_hubs_and_names_near_ones(con: duckdb.DuckDBPyConnection) -> None:
    given_listings(con, "ms:AI-ModelScope/glm-5", "ms:ZhipuAI/glm-5", "hf:zai-org/glm-5", "ms:zai-org/glm-5")
    link(con)
    assert [model.model_key for model in explain_id(con, "zai-org/glm-5")] == ["huggingface:zai-org/glm-5"]  # once, though on two hubs
    assert [model.model_key for model in explain_id(con, "AI-ModelScope/glm-5")] == [
        explain(con, "modelscope", "AI-ModelScope/glm-5").model_key
    ]
    with pytest.raises(NoSuchListing, match=r"no hub lists somebody/GLM-5 here; did you mean .*AI-ModelScope/glm-5"):
        explain_id(con, "somebody/GLM-5")
    with pytest.raises(NoSuchListing, match=r"no hub lists zai-org/glm-6 here; did you mean zai-org/glm-5\?"):
        explain_id(con, "zai-org/glm-6")
    with pytest.raises(NoSuchListing, match=r"modelscope lists no ZhipuAI/glm5 here; did you mean ZhipuAI/glm-5\?"):
        explain_id(con, "ZhipuAI/glm5", "modelscope")
    with pytest.raises(NoSuchListing, match="no hub lists nobody/nothing here: give OWNER/NAME as the hub writes it"):
        explain_id(con, "nobody/nothing")
