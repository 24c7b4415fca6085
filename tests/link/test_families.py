"""Families: the name of a model, within the namespaces of the organization that makes it."""

from __future__ import annotations

import duckdb
import pytest

from hubwatch.classify.origins import classify
from hubwatch.facts.reader import _read as read_facts
from hubwatch.facts.reader import data_dir
from hubwatch.facts.rows import Family, Namespace, Organization
from hubwatch.facts.tables import Facts
from hubwatch.link.families import make_family_macros
from tests.classify.test_classify import make_tables

FAMILIES = read_facts(Family, data_dir(), "families.csv")
LAB = "A lab of Alibaba"
OWNERS = (*sorted({row.organization for row in FAMILIES if row.organization}), LAB)


def named(organization: str) -> Organization:
    cells = {"organization": organization, "kind": "company", "parent": "Alibaba" if organization == LAB else None}
    return Organization.model_validate(cells | {"source": "s", "reviewed_on": "2026-11-22"})


def owned(organization: str) -> Namespace:
    cells = {"hub": "huggingface", "namespace": organization.replace(" ", "-"), "organization": organization, "confidence": 1}
    return Namespace.model_validate(cells | {"source": "s", "reviewed_on": "2026-11-22"})


FACTS = Facts(organizations=tuple(map(named, OWNERS)), namespaces=tuple(map(owned, OWNERS)), families=FAMILIES)

# The namespace is the organization's name; `-`: of no family.
CASES = """
Alibaba/Qwen2.5-7B-Instruct                                  Qwen
Alibaba/QwQ-32B                                              Qwen
Alibaba/QVQ-72B-Preview                                      Qwen
Alibaba/CodeQwen1.5-7B                                       Qwen
Alibaba/DistilQwen2.5-7B-Instruct                            Qwen
A-lab-of-Alibaba/Qwen-X                                      Qwen
Alibaba/gte-Qwen2-7B-instruct                                GTE
Alibaba/Wan2.1-T2V-14B                                       Wan
Alibaba/wander                                               -
Alibaba/Marco-o1                                             Marco
Alibaba/qwqx                                                 -
Qwen-fan/Qwen2.5-7B                                          -
Somebody/Llama-3                                             -
Meta/Qwen2.5-7B                                              -
01.AI/Yi-34B-Chat                                            Yi
01.AI/Yi-VL-6B                                               Yi
01.AI/yielding                                               -
01.AI/Haiyi-7B                                               -
Meta/Llama-3.1-8B                                            Llama
Meta/CodeLlama-7b-hf                                         Llama
Meta/Llama-Guard-3-8B                                        Llama
Meta/opt-125m                                                OPT
DeepSeek/DeepSeek-R1-Distill-Qwen-7B                         DeepSeek
DeepSeek/Janus-Pro-7B                                        DeepSeek
DeepSeek/JanusFlow-1.3B                                      DeepSeek
DeepSeek/January-7B                                          -
Zhipu-AI/glm-4-9b-chat                                       GLM
Zhipu-AI/chatglm3-6b                                         GLM
Zhipu-AI/CogVLM2-Llama3-Chat                                 GLM
Zhipu-AI/GLM-4.5V                                            GLM
Zhipu-AI/CogVideoX-5b                                        CogView
Zhipu-AI/AutoGLM-Phone-9B                                    GLM
Google/gemma-2-9b-it                                         Gemma
Google/paligemma-3b                                          Gemma
Google/t5gemma-b-b-ul2                                       Gemma
Google/translategemma-4b-it                                  Gemma
Google/flan-t5-xl                                            T5
Google/umt5-xxl                                              T5
Google/siglip2-base-patch16-224                              SigLIP
Google/medsiglip-448                                         SigLIP
Google/bert-base-uncased                                     BERT
Google/multiberts-seed_0                                     BERT
Google/bertha                                                -
Mistral-AI/Mixtral-8x7B-v0.1                                 Mistral
Mistral-AI/Mistral-7B-v0.3                                   Mistral
Mistral-AI/Ministral-8B                                      Mistral
Shanghai-AI-Laboratory/internlm2_5-7b                        InternLM
Shanghai-AI-Laboratory/InternVL2-8B                          InternVL
Baidu/ERNIE-4.5-21B-A3B-PT                                   ERNIE
Baidu/Bernie-2016                                            -
Tencent/Hunyuan-A13B-Instruct                                Hunyuan
Tencent/HY-MT1.5-1.8B                                        Hunyuan
Tencent/HY3-Preview                                          Hunyuan
Tencent/hybrid-7B                                            -
Moonshot-AI/Kimi-K2-Instruct                                 Kimi
MiniMax/MiniMax-M2                                           MiniMax
Microsoft/Phi-3.5-mini                                       Phi
Microsoft/phi-2                                              Phi
Microsoft/Philosophy-7B                                      -
OpenAI/gpt-oss-120b                                          gpt-oss
OpenAI/whisper-large-v3                                      Whisper
IBM/granite-3.1-8b                                           Granite
NVIDIA/Llama-3.1-Nemotron-70B                                Nemotron
Allen-Institute-for-AI/OLMo-2-1124-7B                        OLMo
Allen-Institute-for-AI/tulu-2-dpo-70b                        Tulu
Allen-Institute-for-AI/codetulu-2-7b                         Tulu
Allen-Institute-for-AI/Llama-3.1-Tulu-3-8B                   Tulu
Allen-Institute-for-AI/DataDecide-falcon-and-cc-tulu-10p-1B  -
Technology-Innovation-Institute/Falcon3-7B                   Falcon
Cohere/c4ai-command-r-plus                                   Command
Cohere/aya-expanse-8b                                        Aya
Cohere/mayan                                                 -
Beijing-Academy-of-Artificial-Intelligence/bge-m3            BGE
StepFun/Step-Audio-2-mini                                    Step
StepFun/stepvideo-t2v                                        Step
StepFun/stepping                                             -
ByteDance/Seed-OSS-36B                                       Seed
ByteDance/seedling                                           -
Xiaomi/MiMo-7B-RL                                            MiMo
Baichuan/Baichuan2-13B                                       Baichuan
OpenBMB/MiniCPM-V-2_6                                        MiniCPM
Hugging-Face/SmolLM2-1.7B                                    SmolLM
Stability-AI/stablelm-2-12b                                  StableLM
Stability-AI/stable-diffusion-xl-base-1.0                    Stable Diffusion
Black-Forest-Labs/FLUX.1-dev                                 FLUX
LG-AI-Research/EXAONE-3.5-7.8B                               EXAONE
StepFun/nothing-of-the-kind                                  -
"""


def families(facts: Facts, *model_ids: str) -> dict[str, str]:
    with duckdb.connect() as con:
        make_tables(con)
        con.executemany("INSERT INTO listings VALUES ('huggingface', ?, ?, NULL)", [(name, name.split("/")[0]) for name in model_ids])
        classify(con, facts)
        make_family_macros(con)
        found = con.execute(
            """select model_id, family_of(organization, split_part(model_id, '/', 2)) as family from listings
               left join origins using (hub, namespace) where policy = 'six-tigers' and family is not null"""
        )
        return dict(found.fetchall())


def test_a_family_is_the_name_within_its_own_organization() -> None:
    cases = (line.split(maxsplit=1) for line in CASES.strip().splitlines())
    expected = {model_id: family.strip() for model_id, family in cases}
    found = families(FACTS, *expected, *(f"nobody/{model_id.split('/')[1]}" for model_id in expected))
    assert found == {model_id: family for model_id, family in expected.items() if family != "-"}


def test_every_family_of_the_file_has_an_organization_that_makes_it() -> None:
    assert [row for row in FAMILIES if row.organization is None] == []
    assert len({row.family for row in FAMILIES}) >= 40


@pytest.mark.parametrize(
    ("name", "family"),
    [("x-1", "A"), ("it's-x-1", "C"), ("abc", None)],
)
def test_of_several_patterns_the_longest_holds_and_then_the_first(name: str, family: str | None) -> None:
    rows = (("A", None, "^x"), ("B", None, "x-"), ("C", None, "it's-x"), ("D", "Alibaba", "abc"))
    rules = tuple(Family(family=family, organization=owner, pattern=pattern, source="s") for family, owner, pattern in rows)
    found = families(FACTS.model_copy(update={"families": rules}), f"who/{name}")
    assert found == ({} if family is None else {f"who/{name}": family})


def test_without_families_no_listing_has_one() -> None:
    assert families(Facts(), "Alibaba/Qwen3-8B") == {}
