"""Reviewed facts: what is refused and how it is said, and what reaches DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubwatch.errors import FactError
from hubwatch.facts.reader import load_facts
from hubwatch.facts.rows import POLICIES
from hubwatch.facts.tables import FACT_TABLES, Facts

Write = Callable[..., Path]

HEADERS = {
    "organizations/cn.csv": "organization,country,kind,parent,other_names,source,reviewed_on,note",
    "namespaces/cn.csv": "hub,namespace,organization,valid_from,valid_to,renamed_to,confidence,source,reviewed_on,note",
    "policies.csv": "policy,organization,country,kind,source,reviewed_on,note",
    "judgements.csv": "organization,country,kind,source,note",
    "families.csv": "family,organization,pattern,source,note",
    "licenses.csv": "raw,license,class,source,note",
    "words.csv": "vocabulary,raw,word,source,note",
    "name_rules.csv": "rule,pattern,kind,country,confidence,source,note",
    "release_dates.csv": "hub,model_id,released_on,source,reviewed_on,note",
    "former_ids.csv": "hub,former_id,model_id,source,reviewed_on,note",
    "counting_rules.csv": "hub,valid_from,rule,source,reviewed_on,note",
    "placeholder_times.csv": "hub,moment,source,reviewed_on,note",
    "country_groups.csv": "country,name,region,counted_with,other_names,source,note",
    "policy_meanings.csv": "policy,title,meaning,edition,kinds_instead,source,reviewed_on,note",
    "testing_namespaces.csv": "hub,namespace,source,reviewed_on,note",
}
ROWS = {
    "organizations/cn.csv": ["Alibaba,CN,big_tech,,Alibaba Cloud;阿里巴巴,https://alibaba.com,2026-11-22,"],
    "namespaces/cn.csv": ["huggingface,Qwen,Alibaba,,,,1,https://huggingface.co/Qwen,2026-11-22,"],
    "country_groups.csv": ["CN,China,china,,中国,ISO,", "US,United States,us,,,ISO,", "INTL,International,international,,,ISO,"],
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a small valid folder of facts, with some files replaced by the given rows."""

    def put(**rows: list[str]) -> Path:
        for file, header in HEADERS.items():
            path = tmp_path / file
            path.parent.mkdir(exist_ok=True)
            stem = file.split("/")[0].removesuffix(".csv")
            path.write_text("\n".join([header, *rows.get(stem, ROWS.get(file, []))]) + "\n", encoding="utf-8")
        return tmp_path

    return put


ALIBABA = ROWS["organizations/cn.csv"][0]
QWEN = ROWS["namespaces/cn.csv"][0]
BAD = {
    "a duplicate organization": (
        {"organizations": [ALIBABA, ALIBABA.replace("Alibaba,", "ALIBABA,", 1)]},
        "organizations/cn.csv row 3: duplicate organization 'alibaba', first in organizations/cn.csv row 2",
    ),
    "an unknown kind": (
        {"organizations": [ALIBABA.replace("big_tech", "giant")]},
        "organizations/cn.csv row 2: unknown kind 'giant': use one of big_tech, ai_tiger",
    ),
    "a missing kind": ({"organizations": [ALIBABA.replace("big_tech", "")]}, "organizations/cn.csv row 2: unknown kind ''"),
    "an unknown country": (
        {"organizations": [ALIBABA.replace(",CN,", ",UK,")]},
        "organizations/cn.csv row 2: unknown country code 'UK': use an ISO 3166-1 alpha-2 code",
    ),
    "a missing source": (
        {"organizations": [ALIBABA.replace("https://alibaba.com", " ")]},
        "organizations/cn.csv row 2: missing source: say where this judgement can be checked",
    ),
    "a missing review date": (
        {"organizations": [ALIBABA.replace("2026-11-22", "")]},
        "organizations/cn.csv row 2: missing reviewed_on",
    ),
    "an unknown parent": (
        {"organizations": ["Ant,CN,company,Alipapa,,https://ant.com,2026-11-22,"]},
        "organizations/cn.csv row 2: unknown parent 'Alipapa'",
    ),
    "a parent loop": (
        {"organizations": [f"{a},CN,company,{b},,https://x.org,2026-11-22," for a, b in ("AB", "BC", "CA")]},
        "organizations/cn.csv row 2: parent loop A -> B -> C -> A: empty one parent",
    ),
    "an organization that is its own parent": (
        {"organizations": ["A,CN,company,A,,https://x.org,2026-11-22,"]},
        "organizations/cn.csv row 2: parent loop A -> A",
    ),
    "an unknown hub": (
        {"namespaces": [QWEN.replace("huggingface,", "hf,", 1)]},
        "namespaces/cn.csv row 2: unknown hub 'hf': use one of huggingface, modelscope, wisemodel",
    ),
    "a duplicate namespace": ({"namespaces": [QWEN, QWEN]}, "namespaces/cn.csv row 3: duplicate namespace huggingface 'Qwen'"),
    "a namespace of nobody": (
        {"namespaces": [QWEN.replace("Alibaba", "Alibabba")]},
        "namespaces/cn.csv row 2: unknown organization 'Alibabba': add it to data/organizations or correct the spelling",
    ),
    "overlapping validity": (
        {"namespaces": [QWEN.replace(",,,,", ",,2025-06-01,,"), QWEN.replace(",,,,", ",2025-05-31,,,")]},
        "namespaces/cn.csv row 3: overlapping validity of huggingface 'Qwen', first in namespaces/cn.csv row 2",
    ),
    "an organization that has another's name": (
        {"organizations": [ALIBABA, "Cloud,US,company,,alibaba-cloud,s,2026-11-22,"]},
        "organizations/cn.csv row 3: 'alibaba-cloud' of 'Cloud' is also a name of 'Alibaba' (organizations/cn.csv row 2)",
    ),
    "an organization that is another but for accents": (
        {"organizations": [ALIBABA, "Álibaba!,US,company,,,s,2026-11-22,"]},
        "organizations/cn.csv row 3: 'Álibaba!' of 'Álibaba!' is also a name of 'Alibaba'",
    ),
    "a Hugging Face namespace in another case": (
        {"namespaces": [QWEN, QWEN.replace("Qwen,", "qWEN,", 1)]},
        "namespaces/cn.csv row 3: duplicate namespace huggingface 'qWEN', first in namespaces/cn.csv row 2",
    ),
    "an alias loop in another case": (
        {"namespaces": ["huggingface,A,Alibaba,,,b,1,s,2026-11-22,", "huggingface,B,Alibaba,,,a,1,s,2026-11-22,"]},
        "namespaces/cn.csv row 2: renamed_to loop a -> b -> a",
    ),
    "a namespace with a slash": (
        {"namespaces": [QWEN.replace("Qwen,", "Qwen/Qwen3,", 1)]},
        "row 2: bad namespace 'Qwen/Qwen3': write the owner",
    ),
    "a namespace with a blank": ({"namespaces": [QWEN.replace("Qwen,", "Q wen,", 1)]}, "row 2: bad namespace 'Q wen'"),
    "a renaming to an id": ({"namespaces": [QWEN.replace(",,,,", ",,,a/b,")]}, "row 2: bad namespace 'a/b'"),
    "a letter that nobody sees": (
        {"namespaces": [QWEN.replace("Qwen,", "Qw\u200ben,", 1)]},
        "namespaces/cn.csv row 2: a cell holds the invisible character U+200B: delete it",
    ),
    "a line separator in a cell": (
        {"words": ["task,asr,x,s,one\u2028two", "task,asr,y,s,"]},
        "words.csv row 2: a cell holds the invisible character U+2028",
    ),
    "folders of facts without a row": ({"namespaces": []}, "namespaces: no row in any file there: restore data/namespaces"),
    "a family of every name": ({"families": ["Qwen,Alibaba,.*,s,"]}, "families.csv row 2: the regular expression '.*' matches every name"),
    "a name rule for every name": ({"name_rules": ["any,.,company,US,0.5,s,"]}, "name_rules.csv row 2: the regular expression '.' matches"),
    "a validity that ends before it begins": (
        {"namespaces": [QWEN.replace(",,,,", ",2025-06-01,2025-05-01,,")]},
        "namespaces/cn.csv row 2: valid_to 2025-05-01 is not after valid_from 2025-06-01",
    ),
    "an alias loop": (
        {"namespaces": ["huggingface,A,Alibaba,,,B,1,s,2026-11-22,", "huggingface,B,Alibaba,,,A,1,s,2026-11-22,"]},
        "namespaces/cn.csv row 2: renamed_to loop a -> b -> a: empty one renamed_to",
    ),
    "a bad date": (
        {"namespaces": [QWEN.replace(",,,,", ",2025-13-01,,,")]},
        "namespaces/cn.csv row 2: bad date '2025-13-01': write YYYY-MM-DD",
    ),
    "a date spelt by week": ({"namespaces": [QWEN.replace(",,,,", ",2025-W01-1,,,")]}, "row 2: bad date '2025-W01-1'"),
    "a confidence above one": ({"namespaces": [QWEN.replace(",1,", ",90,")]}, "namespaces/cn.csv row 2: bad confidence '90'"),
    "a confidence that is no number": ({"namespaces": [QWEN.replace(",1,", ",nan,")]}, "row 2: bad confidence 'nan'"),
    "an unknown policy": (
        {"policies": ["six-tiger,Alibaba,,company,s,2026-11-22,"]},
        "policies.csv row 2: unknown policy 'six-tiger': use one of six-tigers, osai, home-country, fortune-500",
    ),
    "a policy that says nothing": (
        {"policies": ["osai,Alibaba,,,s,2026-11-22,"]},
        "policies.csv row 2: neither country nor kind",
    ),
    "a country counted with one that is nowhere": (
        {"country_groups": ["HK,Hong Kong,china,CN,,ISO,"], "organizations": ["A,HK,company,,,s,2026-11-22,"]},
        "country_groups.csv row 2: 'HK' is counted with 'CN': name another country of this file or leave it empty",
    ),
    "a name of two countries": (
        {
            "country_groups": ["CN,China,china,,,ISO,", "US,United States,us,,china!,ISO,"],
            "organizations": ["A,CN,company,,,s,2026-11-22,"],
        },
        "country_groups.csv row 3: 'china!' of US is also a name of CN: leave it to one of the two",
    ),
    "a policy that turns a kind into nothing known": (
        {"policy_meanings": ["osai,t,m,,ai_tiger=firm,s,2026-11-22,"]},
        "policy_meanings.csv row 2: bad pair of kinds 'ai_tiger=firm': write kind=kind",
    ),
    "a judgement of nobody": ({"judgements": ["Nobody,CN,,s,"]}, "judgements.csv row 2: unknown organization 'Nobody'"),
    "a bad family pattern": (
        {"families": ["Qwen,Alibaba,qwen(?!x),s,"]},
        "families.csv row 2: bad regular expression 'qwen(?!x)'",
    ),
    "a bad name rule pattern": (
        {"name_rules": ["uni,(uni,academic,,0.8,s,"]},
        "name_rules.csv row 2: bad regular expression '(uni'",
    ),
    "a name rule that makes a tiger": (
        {"name_rules": ["zhipu,zhipu,ai_tiger,CN,0.8,s,"]},
        "name_rules.csv row 2: a name rule may not say ai_tiger: write the namespace into data/namespaces instead",
    ),
    "a license class of its own": (
        {"licenses": ["mit,mit,free,s,"]},
        "licenses.csv row 2: unknown license class 'free': use one of permissive, copyleft",
    ),
    "a release date for a model twice": (
        {"release_dates": ["huggingface,a/b,2026-01-01,s,2026-11-23,", "huggingface,a/b,2026-01-02,s,2026-11-23,"]},
        "release_dates.csv row 3: duplicate release date huggingface / a/b, first in release_dates.csv row 2",
    ),
    "a release without a day": ({"release_dates": ["huggingface,a/b,,s,2026-11-23,"]}, "release_dates.csv row 2: missing released_on"),
    "a license raw with capitals": ({"licenses": ["MIT,mit,permissive,s,"]}, "licenses.csv row 2: 'MIT' has capitals"),
    "a duplicate word": ({"words": ["task,asr,x,s,", "task,asr,y,s,"]}, "words.csv row 3: duplicate word task / asr"),
    "a comma that is not quoted": (
        {"words": ["task,asr,x,s,a note, with a comma"]},
        "words.csv row 2: 6 cells, but the header has 5: put a cell with a comma in double quotes",
    ),
    "a row that ends early": ({"words": ["task,asr,x"]}, "words.csv row 2: 3 cells, but the header has 5: write every comma"),
    "an open quote": ({"words": ['task,"asr,x,s,']}, "words.csv row 2: unexpected end of data: close the quotes"),
    "a cell over two lines": ({"words": ['task,asr,x,"s', 't",']}, "words.csv row 3: a cell goes over several lines"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_fact_is_refused_in_one_line_with_file_row_and_cure(write: Write, name: str) -> None:
    rows, message = cast(tuple[dict[str, Any], str], BAD[name])
    with pytest.raises(FactError) as refused:
        load_facts(write(**rows))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_another_header_is_refused_with_the_right_one(write: Write) -> None:
    folder = write()
    (folder / "words.csv").write_text("raw,word\n", encoding="utf-8")
    with pytest.raises(FactError, match=r"words\.csv row 1: the columns are raw,word: they must be vocabulary,raw,word,source,note"):
        load_facts(folder)


def test_a_missing_file_and_an_empty_one_are_refused(write: Write) -> None:
    folder = write()
    (folder / "words.csv").write_text("", encoding="utf-8")
    with pytest.raises(FactError, match=r"words\.csv row 1: the file is empty"):
        load_facts(folder)
    (folder / "words.csv").unlink()
    with pytest.raises(FactError, match=r"words\.csv: no such file: restore data/words\.csv"):
        load_facts(folder)


def test_a_file_that_is_not_utf8_is_refused(write: Write) -> None:
    folder = write()
    (folder / "words.csv").write_bytes("vocabulary,raw,word,source,note\ntask,语音,x,s,\n".encode("gbk"))
    with pytest.raises(FactError, match=r"words\.csv: not UTF-8 at byte \d+"):
        load_facts(folder)


def test_a_file_saved_by_a_spreadsheet_reads_the_same(write: Write) -> None:
    folder = write()
    plain = load_facts(folder)
    path = folder / "namespaces" / "cn.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_facts(folder) == plain


def test_facts_of_all_files_of_a_folder_are_read_and_known_to_one_another(write: Write) -> None:
    folder = write(namespaces=[QWEN, "huggingface,apple,Apple,,,,1,s,2026-11-22,"])
    world = ["Apple,US,big_tech,,,https://apple.com,2026-11-22,"]
    (folder / "organizations" / "world.csv").write_text("\n".join([HEADERS["organizations/cn.csv"], *world]), encoding="utf-8")
    assert [row.organization for row in load_facts(folder).organizations] == ["Alibaba", "Apple"]


def test_a_namespace_may_pass_from_one_organization_to_another_on_a_day(write: Write) -> None:
    rows = [QWEN.replace(",,,,", ",,2025-06-01,,"), QWEN.replace(",,,,", ",2025-06-01,,,")]
    assert [row.valid_from for row in load_facts(write(namespaces=rows)).namespaces] == [None, date(2025, 6, 1)]


def test_other_hubs_may_have_two_namespaces_that_differ_by_case(write: Write) -> None:
    rows = [QWEN.replace("huggingface", "modelscope"), QWEN.replace("huggingface,Q", "modelscope,q")]
    assert [row.namespace for row in load_facts(write(namespaces=rows)).namespaces] == ["Qwen", "qwen"]


@given(st.integers(1, 8), st.integers(0, 7))
def test_every_chain_of_renames_that_returns_is_refused_and_no_other(length: int, back: int) -> None:
    from hubwatch.facts.checks import check_namespaces
    from hubwatch.facts.rows import Namespace

    ends_at = f"n{back}" if back < length else None
    following = [*(f"n{step + 1}" for step in range(length - 1)), ends_at]
    rows = tuple(
        Namespace.model_validate(
            {"hub": "modelscope", "namespace": f"n{step}", "organization": "A", "renamed_to": target, "confidence": 1}
            | {"source": "s", "reviewed_on": date(2026, 11, 22)}
        )
        for step, target in enumerate(following)
    )
    facts = Facts(namespaces=rows)
    if ends_at is None:
        check_namespaces(facts)
    else:
        with pytest.raises(FactError, match="renamed_to loop"):
            check_namespaces(facts)


def test_staging_replaces_the_tables_whole_and_keeps_types(write: Write) -> None:
    words = ["task,语音识别,automatic-speech-recognition,s,"]
    licenses = ["apache license 2.0,apache-2.0,permissive,s,"]
    facts = load_facts(
        write(words=words, licenses=licenses, families=["Qwen,Alibaba,^qwen,s,"], policies=["osai,Alibaba,US,,s,2026-11-22,"])
    )
    with duckdb.connect() as con:
        Facts(words=facts.words * 2).stage(con)
        facts.stage(con)
        tables = con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'facts' ORDER BY 1").fetchall()
        assert [name for (name,) in tables] == [
            *(
                "counting_rules",
                "country_groups",
                "families",
                "former_ids",
                "judgements",
                "licenses",
                "listed_systems",
                "namespace_facts",
                "organizations",
                "placeholder_times",
                "policies",
                "policy_meanings",
            ),
            *("release_dates", "testing_namespaces", "words"),
        ]
        assert con.execute("SELECT vocabulary, raw, word FROM facts.words").fetchall() == [tuple(words[0].split(",")[:3])]
        assert con.execute("SELECT raw, license, class FROM facts.licenses").fetchall() == [tuple(licenses[0].split(",")[:3])]
        assert con.execute("SELECT country, kind, line FROM facts.policies").fetchall() == [("US", None, 2)]
        organization = con.execute(
            "SELECT organization, country, kind, parent, other_names, reviewed_on FROM facts.organizations"
        ).fetchall()
        assert organization == [("Alibaba", "CN", "big_tech", None, ["Alibaba Cloud", "阿里巴巴"], date(2026, 11, 22))]
        namespace = con.execute("SELECT hub, namespace, organization, valid_from, confidence FROM facts.namespace_facts").fetchall()
        assert namespace == [("huggingface", "Qwen", "Alibaba", None, 1.0)]


def test_every_column_of_the_schema_facts_has_its_meaning_as_a_comment(write: Write) -> None:
    with duckdb.connect() as con:
        load_facts(write()).stage(con)
        bare = con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'facts' AND comment IS NULL"
        ).fetchall()
        assert bare == []
        assert con.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'judgements'").fetchall() == [
            ("what other sources say of an organization; kept alongside ours, also where they disagree",)
        ]
        assert [column.name for table in FACT_TABLES for column in table.columns if not column.meaning] == []


def test_a_staging_that_fails_leaves_the_facts_as_they_were(write: Write) -> None:
    facts = load_facts(write())
    with duckdb.connect() as con:
        facts.stage(con)
        con.execute("DROP TABLE facts.words; CREATE VIEW facts.words AS SELECT 1 AS broken")
        with pytest.raises(duckdb.Error):
            Facts().stage(con)
        assert con.execute("SELECT count(*) FROM facts.organizations").fetchone() == (1,)


# --- the facts of this repository ---


def test_the_first_policy_is_the_default_of_the_six_tigers() -> None:
    assert POLICIES == ("six-tigers", "osai", "home-country", "fortune-500")


def test_the_reviewed_facts_of_the_repository_can_all_be_used() -> None:
    facts = load_facts()
    assert facts.organizations
    assert facts.namespaces
    tigers = {row.organization for row in facts.organizations if row.kind == "ai_tiger" and row.parent is None}
    assert len(tigers) == 6, sorted(tigers)
