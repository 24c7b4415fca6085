"""Origins: who is behind a namespace, in the order of judgement, and never a famous name by likeness."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubwatch.classify.judgement import judge_organizations
from hubwatch.classify.origins import Origin, classify, explain, organizations_listing, unknown_namespaces
from hubwatch.facts.reader import _read as read_facts
from hubwatch.facts.reader import data_dir, load_facts
from hubwatch.facts.rows import POLICIES, CiNamespace, Country, Judgement, NameRule, Namespace, Organization, PolicyMeaning, PolicyRow
from hubwatch.facts.tables import Facts
from hubwatch.store import schema

DAY = date(2026, 11, 22)


def body(organization: str, country: str | None, kind: str, parent: str | None = None, other_names: str = "") -> Organization:
    cells = {"organization": organization, "country": country, "kind": kind, "parent": parent, "other_names": other_names}
    return Organization.model_validate(cells | {"source": f"site of {organization}", "reviewed_on": DAY})


def owned(hub: str, namespace: str, organization: str, **cells: Any) -> Namespace:
    given_cells = {"hub": hub, "namespace": namespace, "organization": organization, "confidence": 0.9} | cells
    return Namespace.model_validate(given_cells | {"source": f"page of {namespace}", "reviewed_on": DAY})


def rejudged(policy: str, organization: str, country: str | None = None, kind: str | None = None) -> PolicyRow:
    cells = {"policy": policy, "organization": organization, "country": country, "kind": kind}
    return PolicyRow.model_validate(cells | {"source": f"{policy} index", "reviewed_on": DAY})


FACTS = Facts(
    organizations=(
        body("Alibaba", "CN", "big_tech", other_names="Alibaba Cloud;Qwen;阿里巴巴"),
        body("Ant Group", "CN", "big_tech", parent="Alibaba"),
        body("Alibaba fan club", "CN", "community", parent="Alibaba"),
        body("DeepSeek", "CN", "company", other_names="深度求索"),
        body("StepFun", "CN", "ai_tiger", other_names="Step"),
        body("Zhipu AI", "CN", "ai_tiger"),
        body("Skywork", "SG", "company", parent="Kunlun Tech"),
        body("Kunlun Tech", "CN", "company"),
        body("University of Girona", "ES", "academic"),
        body("Snowflake", "US", "company", other_names="Snowflake Inc."),
        body("Bo Peng", "CN", "individual"),
        body("Mirrors", "CN", "mirror"),
        body("Old Owner", "US", "company"),
        body("New Owner", "FR", "company"),
        body("OpenBMB", "CN", "research_institute"),
        body("Somebody else", "JP", "company"),
    ),
    namespaces=(
        owned("huggingface", "Qwen", "Alibaba"),
        owned("huggingface", "inclusionAI", "Ant Group"),
        owned("huggingface", "deepseek-ai", "DeepSeek"),
        owned("huggingface", "THUDM", "Zhipu AI", renamed_to="zai-org"),
        owned("huggingface", "stepfun-ai", "StepFun"),
        owned("huggingface", "Skywork", "Skywork"),
        owned("huggingface", "BlinkDL", "Bo Peng"),
        owned("huggingface", "LLM-Research", "Mirrors"),
        owned("huggingface", "moved", "Old Owner", valid_to=date(2025, 6, 1)),
        owned("huggingface", "moved", "New Owner", valid_from=date(2025, 6, 1)),
        owned("huggingface", "ended", "Old Owner", valid_to=date(2025, 6, 1)),
        owned("modelscope", "OpenBMB", "OpenBMB"),
        owned("modelscope", "openbmb", "Somebody else"),
        owned("huggingface", "lab", "Snowflake"),
    ),
    policies=(
        rejudged("osai", "Alibaba", kind="company"),
        rejudged("osai", "DeepSeek", kind="ai_tiger"),
        rejudged("osai", "StepFun", kind="company"),
        rejudged("osai", "Kunlun Tech", country="US"),
    ),
    judgements=(
        Judgement(organization="DeepSeek", country="CN", kind="ai_tiger", source="European Open AI Index"),
        Judgement(organization="DeepSeek", country="CN", kind="company", source="ATOM"),
    ),
    name_rules=read_facts(NameRule, data_dir(), "name_rules.csv"),
)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        make_tables(connection)
        yield connection


def make_tables(con: duckdb.DuckDBPyConnection) -> None:
    """What judging reads and writes of a warehouse, without the rest."""
    con.execute("CREATE TABLE listings (hub VARCHAR, model_id VARCHAR, namespace VARCHAR, base_models VARCHAR[])")
    for table in schema.TABLES:
        if table.name in ("origins", "organization_origins", "profiles"):
            con.execute(table.ddl())


def listed(con: duckdb.DuckDBPyConnection, *namespaces: str, hub: str = "huggingface", model: str = "m") -> None:
    con.executemany("INSERT INTO listings VALUES (?, ?, ?, NULL)", [(hub, f"{name}/{model}", name) for name in namespaces])


def profiled(con: duckdb.DuckDBPyConnection, namespace: str, full_name: str, account_type: str = "organization") -> None:
    con.execute(
        "INSERT INTO profiles (hub, namespace, full_name, account_type, fetched_on) VALUES ('huggingface', ?, ?, ?, ?)",
        [namespace, full_name, account_type, DAY],
    )
    listed(con, namespace)


def origin(con: duckdb.DuckDBPyConnection, namespace: str, hub: str = "huggingface", policy: str = "six-tigers") -> tuple[Any, ...]:
    rows = con.execute(
        "SELECT organization, country, kind, known_by FROM origins WHERE hub = ? AND namespace = ? AND policy = ?",
        [hub, namespace, policy],
    ).fetchall()
    assert len(rows) == 1
    return tuple(rows[0])


UNKNOWN = (None, None, "unknown", "none")


def test_every_namespace_has_one_row_a_policy_and_every_row_says_how_it_is_known(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "Qwen", "nobody-knows-me", model="a")
    listed(con, "Qwen", model="b")
    listed(con, "Qwen", hub="modelscope")
    assert classify(con, FACTS) == 3
    rows = con.execute("SELECT hub, namespace, policy, known_by, confidence, source IS NULL FROM origins ORDER BY ALL").fetchall()
    assert rows == sorted(
        (hub, namespace, policy, known_by, confidence, source_is_null)
        for hub, namespace, known_by, confidence, source_is_null in (
            ("huggingface", "Qwen", "fact", 0.9, False),
            ("huggingface", "nobody-knows-me", "none", 0.0, True),
            ("modelscope", "Qwen", "fact_other_hub", 0.72, False),
        )
        for policy in POLICIES
    )


def test_classifying_again_replaces_the_origins_whole(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "Qwen", "deepseek-ai")
    classify(con, FACTS)
    con.execute("DELETE FROM listings WHERE namespace = 'Qwen'")
    classify(con, FACTS)
    assert con.execute("SELECT DISTINCT namespace FROM origins").fetchall() == [("deepseek-ai",)]


def test_classifying_leaves_its_table_and_the_facts_and_nothing_else(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "Qwen")
    classify(con, FACTS)
    tables = con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name <> 'facts' ORDER BY 1").fetchall()
    assert tables == [("listings",), ("organization_origins",), ("origins",), ("profiles",)]


def test_a_listing_without_an_owner_has_no_origin(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("INSERT INTO listings VALUES ('huggingface', 'gpt2', NULL, NULL)")
    assert classify(con, FACTS) == 0
    assert con.execute("SELECT count(*) FROM origins").fetchone() == (0,)


# --- facts ---


def test_a_fact_is_taken_in_its_exact_spelling_first(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "OpenBMB", "openbmb", "OPENBMB", hub="modelscope")
    classify(con, FACTS)
    assert origin(con, "OpenBMB", "modelscope")[0] == "OpenBMB"
    assert origin(con, "openbmb", "modelscope")[0] == "Somebody else"
    assert origin(con, "OPENBMB", "modelscope") == UNKNOWN  # two facts differ by case only: neither is meant


def test_another_case_means_the_only_namespace_spelt_so(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "qwen")
    classify(con, FACTS)
    assert origin(con, "qwen") == ("Alibaba", "CN", "big_tech", "fact")


def test_a_renamed_namespace_keeps_its_organization_and_gives_it_to_its_successor(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "THUDM", "zai-org")
    classify(con, FACTS)
    assert origin(con, "THUDM") == origin(con, "zai-org") == ("Zhipu AI", "CN", "ai_tiger", "fact")
    sure = con.execute("SELECT DISTINCT namespace, confidence FROM origins ORDER BY 1").fetchall()
    assert sure == [("THUDM", 0.9), ("zai-org", 0.855)], "of the successor no row says so itself"


def spans(con: duckdb.DuckDBPyConnection, namespace: str) -> list[tuple[Any, ...]]:
    return con.execute(
        "SELECT organization, valid_from, valid_to FROM origins WHERE namespace = ? AND policy = 'osai' ORDER BY valid_from NULLS FIRST",
        [namespace],
    ).fetchall()


HANDED_OVER = date(2025, 6, 1)


def test_a_namespace_that_passed_to_another_has_a_row_for_each_owners_days(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "moved", "ended", "Qwen")
    classify(con, FACTS)
    assert spans(con, "moved") == [("Old Owner", None, HANDED_OVER), ("New Owner", HANDED_OVER, None)]
    assert spans(con, "ended") == [("Old Owner", None, None)], "nobody took it over"
    assert spans(con, "Qwen") == [("Alibaba", None, None)]
    on_day = """SELECT organization FROM origins WHERE namespace = 'moved' AND policy = 'six-tigers'
        AND coalesce(valid_from <= $day, true) AND coalesce($day < valid_to, true)"""
    owners = [con.execute(on_day, {"day": day}).fetchall() for day in (date(2025, 5, 31), HANDED_OVER)]
    assert owners == [[("Old Owner",)], [("New Owner",)]]


def test_a_namespace_is_nobodys_before_its_first_owners_day(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "later")
    facts = FACTS.model_copy(update={"namespaces": (owned("huggingface", "later", "Alibaba", valid_from=date(2027, 1, 1)),)})
    classify(con, facts)
    assert spans(con, "later") == [(None, None, date(2027, 1, 1)), ("Alibaba", date(2027, 1, 1), None)]


def test_the_same_name_on_another_hub_and_its_successor_change_owner_on_the_same_day(con: duckdb.DuckDBPyConnection) -> None:
    changes = (
        owned("huggingface", "passed", "Old Owner", valid_to=HANDED_OVER),
        owned("huggingface", "passed", "New Owner", valid_from=HANDED_OVER, renamed_to="successor"),
    )
    listed(con, "Passed", "successor", hub="modelscope")
    listed(con, "successor")
    classify(con, FACTS.model_copy(update={"namespaces": changes}))
    assert spans(con, "Passed") == [("Old Owner", None, HANDED_OVER), ("New Owner", HANDED_OVER, None)]
    on_hub = con.execute(
        "SELECT organization, valid_from FROM origins WHERE (hub, namespace, policy) = ('huggingface', 'successor', 'osai')"
    )
    assert sorted(on_hub.fetchall(), key=str) == [("New Owner", HANDED_OVER), (None, None)]


def test_a_namespace_that_only_owns_bases_has_an_origin_where_something_is_known_of_it(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "someone")
    con.execute("UPDATE listings SET base_models = ['Qwen/a', 'nobody-knows/b', 'no-owner', 'inclusionai/c', '/d', 'e/']")
    assert classify(con, FACTS) == 1
    assert con.execute("SELECT namespace, organization FROM origins WHERE policy = 'osai' ORDER BY 1").fetchall() == [
        ("Qwen", "Alibaba"),
        ("inclusionai", "Ant Group"),
        ("someone", None),
    ]


def test_a_namespace_made_for_tests_says_so(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "Qwen", "lab")
    tests = CiNamespace(hub="huggingface", namespace="lab", source="s", reviewed_on=DAY)
    classify(con, FACTS.model_copy(update={"testing_namespaces": (tests,)}))
    assert con.execute("SELECT DISTINCT namespace, purpose FROM origins ORDER BY 1").fetchall() == [("Qwen", None), ("lab", "testing")]


def test_a_fact_is_never_overridden_by_a_profile_or_a_rule(con: duckdb.DuckDBPyConnection) -> None:
    profiled(con, "Qwen", "University of Girona")
    facts = FACTS.model_copy(update={"namespaces": (*FACTS.namespaces, owned("huggingface", "stanford-nlp", "Snowflake"))})
    listed(con, "stanford-nlp")
    classify(con, facts)
    assert origin(con, "Qwen") == ("Alibaba", "CN", "big_tech", "fact")
    assert origin(con, "stanford-nlp") == ("Snowflake", "US", "company", "fact")


def test_a_reviewed_name_in_another_case_is_the_bodys_only_where_its_hub_has_no_second_one(con: duckdb.DuckDBPyConnection) -> None:
    facts = FACTS.model_copy(update={"namespaces": (*FACTS.namespaces, owned("modelscope", "snowflake", "Snowflake"))})
    known = ("Snowflake", "US", "company", "fact")
    listed(con, "Snowflake", hub="modelscope")
    classify(con, facts)
    assert origin(con, "Snowflake", "modelscope") == known
    (said,) = con.execute("SELECT DISTINCT confidence, source FROM origins WHERE namespace = 'Snowflake'").fetchall()
    assert said == (0.684, "in another case snowflake: page of snowflake"), "no more than the name on another hub says"
    listed(con, "snowflake", hub="modelscope")
    classify(con, facts)
    assert origin(con, "snowflake", "modelscope") == known
    assert origin(con, "Snowflake", "modelscope") == UNKNOWN, "one is a look-alike, where owners are case-sensitive"
    assert [row.known_by for row in explain(con, facts, "Snowflake").origins] == ["none"] * len(POLICIES), "explain agrees"


def test_a_name_known_on_another_hub_is_taken_over_unless_it_is_a_person_a_mirror_or_a_word(
    con: duckdb.DuckDBPyConnection,
) -> None:
    listed(con, "deepseek-ai", "Deepseek-AI", "BlinkDL", "LLM-Research", "lab", hub="modelscope")
    classify(con, FACTS)
    assert origin(con, "deepseek-ai", "modelscope") == ("DeepSeek", "CN", "company", "fact_other_hub")
    for name in ("Deepseek-AI", "BlinkDL", "LLM-Research", "lab"):
        assert origin(con, name, "modelscope") == UNKNOWN, name


@pytest.mark.parametrize(("name", "known_by"), [("abc", "none"), ("abcd", "fact_other_hub")])
def test_a_name_of_three_letters_anybody_may_take_on_another_hub(con: duckdb.DuckDBPyConnection, name: str, known_by: str) -> None:
    listed(con, name, hub="modelscope")
    classify(con, FACTS.model_copy(update={"namespaces": (*FACTS.namespaces, owned("huggingface", name, "DeepSeek"))}))
    assert origin(con, name, "modelscope")[3] == known_by


def test_a_name_known_in_another_case_on_another_hub_is_taken_over_where_its_hub_has_no_second_one(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "SKYWORK", "OPENBMB", hub="wisemodel")
    classify(con, FACTS)
    assert origin(con, "SKYWORK", "wisemodel") == ("Skywork", "SG", "company", "fact_other_hub")
    assert origin(con, "OPENBMB", "wisemodel") == UNKNOWN, "elsewhere two bodies are so spelt"
    listed(con, "skywork", hub="wisemodel")
    classify(con, FACTS)
    assert origin(con, "SKYWORK", "wisemodel") == origin(con, "skywork", "wisemodel") == UNKNOWN, "one is a look-alike"
    assert [row.known_by for row in explain(con, FACTS, "SKYWORK").origins] == ["none"] * len(POLICIES), "explain agrees"


@pytest.mark.parametrize("hub", ["modelscope", "wisemodel"])
def test_a_famous_name_in_another_case_is_nobodys_where_anybody_may_take_it(con: duckdb.DuckDBPyConnection, hub: str) -> None:
    facts = FACTS.model_copy(update={"namespaces": (*FACTS.namespaces, owned("modelscope", "stepfun", "StepFun"))})
    listed(con, "StepFun", "Deepseek-AI", "QWEN", hub=hub)
    classify(con, facts)
    assert {origin(con, name, hub) for name in ("StepFun", "Deepseek-AI", "QWEN")} == {UNKNOWN}
    listed(con, "DEEPSEEK-AI", hub="huggingface")
    classify(con, facts)
    assert origin(con, "DEEPSEEK-AI", "huggingface")[0] == "DeepSeek", "which has no second account of that name"


def test_a_legal_form_in_a_reviewed_name_does_not_keep_it_from_another_hub(con: duckdb.DuckDBPyConnection) -> None:
    namespaces = (*FACTS.namespaces, owned("huggingface", "stepfun-inc", "StepFun"))
    listed(con, "stepfun-inc", "stepfun-inc-fan", hub="wisemodel")
    classify(con, FACTS.model_copy(update={"namespaces": namespaces}))
    assert origin(con, "stepfun-inc", "wisemodel") == ("StepFun", "CN", "ai_tiger", "fact_other_hub")
    assert origin(con, "stepfun-inc-fan", "wisemodel") == UNKNOWN


# --- policies ---


def test_a_policy_changes_the_kind_of_an_organization_and_of_those_that_share_it(con: duckdb.DuckDBPyConnection) -> None:
    namespaces = (*FACTS.namespaces, owned("huggingface", "ali-fans", "Alibaba fan club"))
    listed(con, "Qwen", "inclusionAI", "ali-fans", "deepseek-ai", "stepfun-ai")
    classify(con, FACTS.model_copy(update={"namespaces": namespaces}))
    kinds = {name: (origin(con, name)[2], origin(con, name, policy="osai")[2]) for name in ("Qwen", "inclusionAI", "ali-fans")}
    assert kinds == {
        "Qwen": ("big_tech", "company"),
        "inclusionAI": ("big_tech", "company"),
        "ali-fans": ("community", "community"),
    }
    assert [origin(con, "deepseek-ai", policy=policy)[2] for policy in POLICIES] == ["company", "ai_tiger", "company", "company"]
    assert [origin(con, "stepfun-ai", policy=policy)[2] for policy in POLICIES] == ["ai_tiger", "company", "ai_tiger", "ai_tiger"]


def test_a_childs_own_policy_row_is_nearer_than_its_parents(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "inclusionAI")
    classify(con, FACTS.model_copy(update={"policies": (*FACTS.policies, rejudged("osai", "Ant Group", kind="big_tech"))}))
    assert origin(con, "inclusionAI", policy="osai")[2] == "big_tech"


def test_the_home_country_is_that_of_the_ultimate_parent(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "Skywork")
    classify(con, FACTS)
    assert [origin(con, "Skywork", policy=policy)[1] for policy in POLICIES] == ["SG", "SG", "CN", "SG"]


def test_a_policy_may_have_no_use_for_a_kind_but_for_the_organizations_it_names(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "Qwen", "inclusionAI", "stepfun-ai", "THUDM")
    rule = PolicyMeaning(
        policy="fortune-500",
        title="t",
        meaning="m",
        kinds_instead=("ai_tiger=company", "big_tech=company"),
        source="the list",
        reviewed_on=DAY,
    )
    named = (*FACTS.policies, rejudged("fortune-500", "Alibaba", kind="big_tech"))
    classify(con, FACTS.model_copy(update={"policy_meanings": (rule,), "policies": named}))
    kinds = {name: origin(con, name, policy="fortune-500")[2] for name in ("Qwen", "inclusionAI", "stepfun-ai", "THUDM")}
    assert kinds == {"Qwen": "big_tech", "inclusionAI": "big_tech", "stepfun-ai": "company", "THUDM": "company"}
    assert origin(con, "THUDM")[2] == "ai_tiger"


def test_by_home_country_a_country_may_be_counted_with_another(con: duckdb.DuckDBPyConnection) -> None:
    places = (Country(country="SG", name="Singapore", region="other", counted_with="MY", source="a rule"),)
    listed(con, "lion")
    lion = Organization(organization="Lion", country="SG", kind="company", source="s", reviewed_on=DAY)
    own = {"organizations": (*FACTS.organizations, lion), "namespaces": (owned("huggingface", "lion", "Lion"),)}
    classify(con, FACTS.model_copy(update={"countries": places, **own}))
    assert [origin(con, "lion", policy=policy)[1] for policy in POLICIES] == ["SG", "SG", "MY", "SG"]
    told = con.execute("SELECT source FROM organization_origins WHERE (organization, policy) = ('Lion', 'home-country')").fetchall()
    assert told == [("a rule",)]


def test_the_reviewed_lists_are_exactly_those_that_the_policies_name(con: duckdb.DuckDBPyConnection) -> None:
    classify(con, load_facts())
    of_kind = """SELECT list(own.organization ORDER BY own.organization) FROM organization_origins AS own
        JOIN facts.organizations AS facts USING (organization) WHERE policy = ? AND own.kind = ? AND parent IS NULL AND own.country = ?"""

    def those(policy: str, kind: str, country: str) -> list[str] | None:
        found = con.execute(of_kind, [policy, kind, country]).fetchall()
        return list(found[0][0]) if found[0][0] else None

    assert those("six-tigers", "big_tech", "CN") == ["Alibaba", "Baidu", "Tencent", "Xiaomi"]
    assert those("six-tigers", "ai_tiger", "CN") == ["01.AI", "Baichuan", "MiniMax", "Moonshot AI", "StepFun", "Zhipu AI"]
    assert those("fortune-500", "big_tech", "CN") == ["Alibaba", "Huawei", "JD.com", "Lenovo", "Meituan", "Tencent", "Xiaomi"]
    assert those("fortune-500", "ai_tiger", "CN") is None
    ant = con.execute("SELECT policy, kind FROM organization_origins WHERE organization = 'Ant Group' ORDER BY ALL").fetchall()
    assert ant == [("fortune-500", "company"), ("home-country", "company"), ("osai", "big_tech"), ("six-tigers", "company")]


def test_an_origin_that_a_policy_decided_names_the_policys_source(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "deepseek-ai")
    classify(con, FACTS)
    sources = dict(con.execute("SELECT policy, source FROM origins").fetchall())
    assert sources["osai"] == "page of deepseek-ai; policy: osai index"
    assert sources["six-tigers"] == "page of deepseek-ai"


# --- profiles ---


def test_a_profile_that_names_a_reviewed_organization_is_it(con: duckdb.DuckDBPyConnection) -> None:
    profiled(con, "snow-labs", "SNOWFLAKE, Inc")
    classify(con, FACTS)
    assert origin(con, "snow-labs") == ("Snowflake", "US", "company", "profile")


@pytest.mark.parametrize(("full_name", "known_by"), [("Girona", "profile"), ("Giron", "none"), ("吉罗那", "profile"), ("吉罗", "none")])
def test_a_short_name_in_a_profile_is_nobodys(con: duckdb.DuckDBPyConnection, full_name: str, known_by: str) -> None:
    profiled(con, "some-account", full_name)
    named = body("Body", "ES", "academic", other_names="Girona;Giron;吉罗那;吉罗")
    classify(con, FACTS.model_copy(update={"organizations": (*FACTS.organizations, named)}))
    assert origin(con, "some-account")[3] == known_by


@pytest.mark.parametrize(
    ("namespace", "full_name", "account_type"),
    [
        ("jack-ma-fan", "Alibaba", "organization"),  # anybody can write this
        ("xyz", "Qwen", "organization"),
        ("somewhere", "Step", "organization"),
        ("tiger-lover", "Zhipu AI", "organization"),
        ("great-guy", "阿里巴巴", "organization"),
    ],
)
def test_a_profile_alone_makes_nobody_big_tech_or_a_tiger(
    con: duckdb.DuckDBPyConnection, namespace: str, full_name: str, account_type: str
) -> None:
    profiled(con, namespace, full_name, account_type)
    classify(con, FACTS)
    assert origin(con, namespace) == UNKNOWN


def test_a_famous_profile_is_believed_where_the_account_is_called_so_too(con: duckdb.DuckDBPyConnection) -> None:
    profiled(con, "alibaba-cloud", "Alibaba Cloud")
    classify(con, FACTS)
    assert origin(con, "alibaba-cloud") == ("Alibaba", "CN", "big_tech", "profile")


def test_a_personal_account_is_a_person_whatever_it_is_called(con: duckdb.DuckDBPyConnection) -> None:
    profiled(con, "stanford-nlp", "Stanford University", "user")
    profiled(con, "alibaba-cloud", "Alibaba Cloud", "user")
    classify(con, FACTS)
    assert origin(con, "stanford-nlp") == origin(con, "alibaba-cloud") == (None, None, "individual", "profile")


def test_a_profile_of_an_unreviewed_university_is_read_by_the_name_rules(con: duckdb.DuckDBPyConnection) -> None:
    profiled(con, "abc", "Universität Mannheim")
    profiled(con, "def", "浙江大学计算机学院")
    profiled(con, "ghi", "Just a Company Ltd")
    classify(con, FACTS)
    assert origin(con, "abc") == (None, "DE", "academic", "profile")
    assert origin(con, "def") == (None, "CN", "academic", "profile")
    assert origin(con, "ghi") == UNKNOWN


# --- name rules ---


UNIVERSITIES = (
    *(("stanfordnlp", "US"), ("Stanford-AIMI", "US"), ("ise-uiuc", "US"), ("harvard_nlp", "US"), ("EdinburghNLP", "GB")),
    *(
        ("ETHZ", "CH"),
        ("tum-nlp", "DE"),
        ("uni-tuebingen", "DE"),
        ("Helsinki-NLP", "FI"),
        ("sapienzanlp", "IT"),
        ("zjunlp", "CN"),
    ),
    *(("SCUT-DLVCLab", "CN"), ("USTC-KnowledgeComputingLab", "CN"), ("ZJU-OmniAI", "CN")),
    *(("PKU-YuanGroup", "CN"), ("HKUST-Audio", "HK"), ("kaist-ai", "KR"), ("cl-tohoku", "JP"), ("IIT-Bombay", "IN")),
    *(("University-of-Tokyo", "JP"), ("universidad-de-chile", "CL"), ("UniversityOfOslo", "NO"), ("cs-nju-edu-cn", "CN")),
    *(("helsingin-yliopisto", "FI"), ("Universitas-Gadjah-Mada", "ID"), ("มหาวิทยาลัยมหิดล", "TH"), ("university-of-ljubljana", "SI")),
    *(
        ("东京大学", "JP"),
        ("中国科学院大学", "CN"),
        ("清华大学智能技术与系统国家重点实验室", "CN"),
        ("Universitatea-Babes-Bolyai", "RO"),
    ),
)
INSTITUTES = (
    *(
        ("中国科学院自动化研究所", "CN"),
        ("Fraunhofer-IOSB", "DE"),
        ("max-planck-institute", "DE"),
        ("riken-aip", "JP"),
        ("dfki-nlp", "DE"),
    ),
    *(("inria-paris", "FR"), ("casia-lab", "CN"), ("CASIA-IVA-Lab", "CN")),
)
LOOKALIKES = (
    *("北京大学校友", "北京大学校友会", "清华大学附属中学", "人大附中", "sjtu-collab", "zju-mumbai", "sjtuLab-fan", "zju-Omni"),
    *("Qwen-fan", "google-research-fan", "tencent_lover", "deepseek", "openai-mirror", "Zhipu", "moonshot-ai", "Baidu-Lover"),
    *("MIT-fan", "mit", "mit-license", "stanford2021", "tsinghua-student", "john-mit", "sjtu_wang", "zjuwangyang", "YaleFan"),
    *("Universal-NER", "universal", "uni-moe", "UniversalML", "university-of-memes", "my-university", "Alibaba-University"),
    *("tokyo-drift", "berlin-ai", "oxford-dictionary", "cambridge-analytica", "duke-nukem", "rice-cooker", "boston-dynamics"),
    *("max-planck-length", "fraunhofer-hans", "inria-pierre", "riken-taro", "dfki-lol", "fraunhofer-lines", "kblab-olle"),
    *("qwen-lover", "meta-llama-mirror", "lima-bean-ai", "sofia-the-first", "baku-ai-lab", "casablanca-movie", "dai-hoc"),
    *("ethzanalytics", "uscis", "hit", "bit", "thu-ha", "labs", "kth-largest", "ku-klux", "nus", "epflfan"),
)


@pytest.fixture(scope="module")
def named() -> Iterator[duckdb.DuckDBPyConnection]:
    """All of these names judged at once: the rules take longer to prepare than to look at a hundred names."""
    with duckdb.connect() as connection:
        make_tables(connection)
        listed(connection, *(name for name, _ in (*UNIVERSITIES, *INSTITUTES)), *LOOKALIKES)
        classify(connection, FACTS)
        yield connection


@pytest.mark.parametrize(("namespace", "country"), UNIVERSITIES)
def test_a_university_is_known_by_its_name(named: duckdb.DuckDBPyConnection, namespace: str, country: str) -> None:
    assert origin(named, namespace) == (None, country, "academic", "rule")


@pytest.mark.parametrize(("namespace", "country"), INSTITUTES)
def test_an_institute_is_known_by_its_name(named: duckdb.DuckDBPyConnection, namespace: str, country: str) -> None:
    assert origin(named, namespace) == (None, country, "research_institute", "rule")


@pytest.mark.parametrize("namespace", LOOKALIKES)
def test_a_name_that_only_resembles_a_body_stays_unknown(named: duckdb.DuckDBPyConnection, namespace: str) -> None:
    assert origin(named, namespace) == UNKNOWN


NAMES = st.text(alphabet=st.sampled_from("abcdefgnlpABC-_. 0123大学研院é"), max_size=12)
WORDS = st.sampled_from(
    ["stanford", "Qwen", "nlp", "University", "of", "Tokyo", "lab", "fan", "mit", "清华大学", "google", "tencent", "研究院"]
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.one_of(NAMES, WORDS), min_size=1, max_size=4).map("-".join), min_size=1, max_size=40, unique=True))
def test_no_name_alone_is_big_tech_or_a_tiger_and_none_has_half_an_origin(names: list[str]) -> None:
    with duckdb.connect() as con:
        make_tables(con)
        listed(con, *names)
        classify(con, FACTS.model_copy(update={"namespaces": ()}))
        rows = con.execute("SELECT kind, country, confidence, known_by FROM origins").fetchall()
        assert len(rows) == len(POLICIES) * len(set(names))
        for kind, country, confidence, known_by in rows:
            assert kind not in ("big_tech", "ai_tiger")
            assert (known_by, kind, country, confidence) == ("none", "unknown", None, 0) or (
                known_by == "rule" and country and 0 < confidence <= 1
            )


def test_the_rule_of_a_place_adds_its_country_and_decides_nothing_alone(con: duckdb.DuckDBPyConnection) -> None:
    rules = (
        NameRule(rule="stop", pattern="prep", confidence=1, source="s"),
        NameRule(rule="uni", pattern="^uni", kind="academic", confidence=0.6, source="s"),
        NameRule(rule="home", pattern="paris", country="FR", confidence=0.9, source="s"),
    )
    listed(con, "uni-paris", "paris", "uni", "uni-paris-prep", "it's")
    classify(con, Facts(name_rules=rules))
    assert origin(con, "uni-paris") == (None, "FR", "academic", "rule")
    for name in ("paris", "uni", "uni-paris-prep", "it's"):
        assert origin(con, name) == UNKNOWN


# --- explaining, the work list, the list ---


def test_explain_tells_every_claim_and_what_each_policy_makes_of_them(con: duckdb.DuckDBPyConnection) -> None:
    profiled(con, "deepseek-ai", "DeepSeek")
    told = explain(con, FACTS, "deepseek-ai")
    assert [(claim.by, claim.source) for claim in told.claims] == [
        ("fact", "page of deepseek-ai"),
        ("organization", "site of DeepSeek"),
        ("policy", "osai index"),
        ("judgement", "European Open AI Index"),
        ("judgement", "ATOM"),
        ("profile", "'DeepSeek' (organization), fetched 2026-11-22"),
    ]
    assert [(row.hub, row.policy, row.kind) for row in told.origins] == [
        ("huggingface", "six-tigers", "company"),
        ("huggingface", "osai", "ai_tiger"),
        ("huggingface", "home-country", "company"),
        ("huggingface", "fortune-500", "company"),
    ]


def test_explain_shows_dated_rows_and_the_rule_that_was_not_heard(con: duckdb.DuckDBPyConnection) -> None:
    told = explain(con, FACTS, "moved", "huggingface")
    assert [(claim.organization, claim.valid_from, claim.valid_to) for claim in told.claims if claim.by == "fact"] == [
        ("Old Owner", None, date(2025, 6, 1)),
        ("New Owner", date(2025, 6, 1), None),
    ]
    facts = FACTS.model_copy(update={"namespaces": (owned("huggingface", "stanford-nlp", "Snowflake"),)})
    claims = explain(con, facts, "stanford-nlp", "huggingface").claims
    assert [(claim.kind, claim.country) for claim in claims if claim.by == "rule"] == [("academic", "US")]


def test_explain_of_a_rename_shows_the_row_of_the_old_name(con: duckdb.DuckDBPyConnection) -> None:
    facts = [claim for claim in explain(con, FACTS, "zai-org").claims if claim.by == "fact"]
    assert [(claim.namespace, claim.renamed_to) for claim in facts] == [("THUDM", "zai-org")]


def test_explain_tells_of_a_namespace_on_whichever_hub_it_is(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "Qwen", hub="modelscope.ai")
    classify(con, FACTS)
    assert {row.hub for row in explain(con, FACTS, "Qwen").origins} == {"modelscope.ai"}


def test_explain_agrees_with_the_table_and_changes_nothing(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "Qwen", "kaist-ai", "Qwen-fan")
    classify(con, FACTS)
    before = con.execute("SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL").fetchall()
    for name in ("Qwen", "kaist-ai", "Qwen-fan"):
        columns = ", ".join(Origin.model_fields)
        table = con.execute(f"SELECT {columns} FROM origins WHERE namespace = ? ORDER BY policy", [name]).fetchall()
        told = explain(con, FACTS, name, "huggingface").origins
        assert sorted((tuple(row.model_dump().values()) for row in told), key=lambda row: row[2]) == table
    assert con.execute("SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL").fetchall() == before


def test_the_work_list_has_the_unknown_that_move_most_first_each_hub_in_its_own_unit(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "Qwen", "small", "large")
    listed(con, "Qwen", "other", hub="modelscope")
    listed(con, "silent", hub="wisemodel")
    con.execute("CREATE TABLE observations (hub VARCHAR, model_id VARCHAR, day DATE, downloads_30d BIGINT, downloads_total BIGINT)")
    con.executemany(
        "INSERT INTO observations VALUES (?, ?, ?, ?, ?)",
        [
            ("huggingface", "Qwen/m", "2026-11-20", 600, 9000),
            ("huggingface", "large/m", "2026-11-20", 300, 300),
            ("huggingface", "small/m", "2026-11-20", 100, 90000),
            ("huggingface", "small/m", "2026-11-19", 9999, 90000),
            ("modelscope", "Qwen/m", "2026-11-19", None, 1000),
            ("modelscope", "other/m", "2026-11-19", None, 1000),
            ("wisemodel", "silent/m", "2026-11-20", None, None),
            ("huggingface", "small/m", "2026-11-21", 5, 90000),  # a sweep of new models shows a part of the hub
        ],
    )
    con.execute("""CREATE TABLE days AS
        SELECT DISTINCT hub, day, IF(day = DATE '2026-11-21', 'new', 'full') AS sweep, true AS complete FROM observations""")
    classify(con, FACTS)
    rows = [(row.hub, row.namespace, row.day.day, row.downloads, row.unit, row.share) for row in unknown_namespaces(con)]
    assert rows == [
        ("modelscope", "other", 19, 1000, "downloads_total", 0.5),
        ("huggingface", "large", 20, 300, "downloads_30d", 0.3),
        ("huggingface", "small", 20, 100, "downloads_30d", 0.1),
        ("wisemodel", "silent", 20, None, None, None),
    ]
    assert [row.namespace for row in unknown_namespaces(con, limit=1)] == ["other"]
    assert unknown_namespaces(con, date(2026, 11, 19), limit=1)[0].downloads == 9999


def test_the_list_of_organizations_counts_namespaces_and_listings_under_a_policy(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "Qwen", model="a")
    listed(con, "Qwen", model="b")
    listed(con, "Qwen", "deepseek-ai", hub="modelscope")
    classify(con, FACTS)
    rows = {row.organization: row for row in organizations_listing(con, FACTS, "osai")}
    assert list(rows)[:2] == ["Alibaba", "DeepSeek"]
    assert (rows["Alibaba"].kind, rows["Alibaba"].namespaces, rows["Alibaba"].models) == ("company", 2, 3)
    assert (rows["DeepSeek"].kind, rows["DeepSeek"].models) == ("ai_tiger", 1)
    assert (rows["Ant Group"].parent, rows["Ant Group"].models) == ("Alibaba", 0)
    assert len(rows) == len(FACTS.organizations)


# --- the facts of this repository ---


def test_the_countries_are_all_of_iso_3166_and_one_for_bodies_without() -> None:
    countries = {row.country: row.region for row in read_facts(Country, data_dir(), "country_groups.csv")}
    assert len(countries) == 250
    assert (countries["US"], countries["CN"], countries["FR"], countries["GB"], countries["INTL"]) == (
        *("us", "china", "eu", "other"),
        "international",
    )
    assert sum(region == "eu" for region in countries.values()) == 27


def test_the_reviewed_facts_judge_the_six_tigers_as_each_policy_says(con: duckdb.DuckDBPyConnection) -> None:
    facts = load_facts()
    listed(con, "Qwen", "deepseek-ai", "stepfun-ai", "moonshotai", "zai-org", "google", "Qwen-fan", "google-research-fan")
    classify(con, facts)
    assert {name: (origin(con, name)[1:3], origin(con, name, policy="osai")[2]) for name in ("Qwen", "deepseek-ai", "stepfun-ai")} == {
        "Qwen": (("CN", "big_tech"), "big_tech"),
        "deepseek-ai": (("CN", "company"), "ai_tiger"),
        "stepfun-ai": (("CN", "ai_tiger"), "company"),
    }
    assert origin(con, "google")[1:3] == ("US", "big_tech")
    assert origin(con, "Qwen-fan") == origin(con, "google-research-fan") == UNKNOWN
    (source,) = con.execute("SELECT DISTINCT source FROM origins WHERE namespace = 'Qwen-fan'").fetchall()[0]
    assert source.startswith("name rule nothing-fans"), "by which link tells a fan's listings from copies"


def test_by_home_country_every_body_of_hong_kong_is_counted_with_china() -> None:
    with duckdb.connect() as con:
        load_facts().stage(con)
        judge_organizations(con)
        apart = con.execute("SELECT organization FROM judged_organizations WHERE policy = 'home-country' AND country IN ('HK', 'MO')")
        assert apart.fetchall() == []


def test_a_persons_name_or_a_word_is_no_body_of_another_hub_and_no_university(con: duckdb.DuckDBPyConnection) -> None:
    listed(con, "albert", "damo", "Chalmers", "google-bert", hub="wisemodel")
    classify(con, load_facts())
    assert {origin(con, name, "wisemodel") for name in ("albert", "damo", "Chalmers")} == {UNKNOWN}
    assert origin(con, "google-bert", "wisemodel")[0] == "Google"
