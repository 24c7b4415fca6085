"""Names as people write them: aliases, other languages, several organizations in one cell, typos."""

import duckdb
import pytest

from hubwatch.facts import country_code, find_organization, load_facts, organization_names, printed_organizations
from hubwatch.hubs import named_site
from hubwatch.spelling import meant, nearest


@pytest.mark.parametrize(
    ("text", "organization"),
    [("智谱", "Zhipu AI"), ("z.ai", "Zhipu AI"), ("阿里巴巴", "Alibaba"), ("moonshot ai", "Moonshot AI"), ("HUGGINGFACE", "Hugging Face")],
)
def test_an_organization_is_found_by_any_of_its_names_in_any_case(text: str, organization: str) -> None:
    found = find_organization(load_facts(), text)
    assert found is not None
    assert found.organization == organization


def test_an_unknown_name_has_the_nearest_known_ones() -> None:
    assert find_organization(load_facts(), "Qwenn") is None
    assert nearest("Qwenn", ["Qwen", "google", "QwenLM"]) == ["Qwen", "QwenLM"]
    assert nearest("xyzzy-plugh", ["Qwen", "google"]) == []


@pytest.mark.parametrize(
    ("cell", "organizations", "lost"),
    [
        ("Alibaba and Tencent", ["Alibaba", "Tencent"], []),
        ("Alibaba & Tencent", ["Alibaba", "Tencent"], []),
        ("Alibaba, Tencent, and Baidu", ["Alibaba", "Tencent", "Baidu"], []),
        ("阿里巴巴、智谱", ["Alibaba", "Zhipu AI"], []),
        ("阿里巴巴和腾讯", ["Alibaba", "Tencent"], []),
        ("Qwen Team, Alibaba", ["Alibaba"], []),
        ("Zhipu AI & Tsinghua University", ["Zhipu AI"], []),  # a name of one organization in the facts, written the other way round
        ("Tsinghua University and Zhipu AI", ["Zhipu AI"], []),
        ("Somebody Unheard Of", [], ["Somebody Unheard Of"]),
        ("Alibaba and Somebody Unheard", ["Alibaba"], ["Somebody Unheard"]),
    ],
)
def test_a_printed_cell_names_one_organization_or_several(cell: str, organizations: list[str], lost: list[str]) -> None:
    found, unknown = printed_organizations(organization_names(load_facts().organizations), cell)
    assert ([row.organization for row in found], unknown) == (organizations, lost)


def test_a_country_is_found_by_its_names() -> None:
    with duckdb.connect() as con:
        assert country_code(con, "China") is None, "no facts yet"
        load_facts().stage(con)
        asked = ["China", "中国", "cn", "United Kingdom", "usa", "South Korea", "Atlantis"]
        assert [country_code(con, name) for name in asked] == ["CN", "CN", "CN", "GB", "US", "KR", None]


def test_a_hub_is_found_by_its_short_names() -> None:
    names = ["hf", "HuggingFace", "Hugging Face", "ms", "魔搭", "wm", "modelscope.ai"]
    assert [named_site(name).name for name in names] == ["huggingface"] * 3 + ["modelscope"] * 2 + ["wisemodel", "modelscope.ai"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("big_tech", "big_tech"), ("Big Tech", "big_tech"), ("BIG-TECH", "big_tech"), ("AI tigers", "ai_tiger"),
        ("text generation", "text-generation"), ("big", None), ("ai", None),
    ],
)  # fmt: skip
def test_a_word_is_known_in_any_case_with_any_gap_and_in_the_plural(wanted: str, found: str | None) -> None:
    assert meant(wanted, ["big_tech", "ai_tiger", "text-generation"]) == found


def test_of_two_words_written_alike_none_is_meant_and_ids_differ_by_a_hyphen() -> None:
    assert meant("GPT 2", ["GPT-2", "gpt2"]) is None
    assert meant("gpt2", ["GPT-2", "gpt2"]) == "gpt2"
    assert meant("deepseek_ai", ["deepseek-ai"], is_id=True) is None
    assert meant("DeepSeek-AI", ["deepseek-ai"], is_id=True) == "deepseek-ai"
