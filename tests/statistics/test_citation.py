"""Citable records: stable, checkable, and in the formats that references are kept in."""

import json
import re
from datetime import date
from typing import Any

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.clock import today
from hubwatch.errors import StatisticsError
from hubwatch.statistics.citation import cite
from tests.statistics.world_of import WORLD, build, empty, spread

AGO = f"{(today() - date(2025, 6, 30)).days:,}"
QUESTION = {"by": "country", "hub": "huggingface", "day": "2025-06-30"}


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return build(WORLD)


def test_the_record_says_value_bounds_scope_and_how_to_check(con: duckdb.DuckDBPyConnection) -> None:
    record = cite(con, "download-share", group="CN", **QUESTION)
    assert record.sentences == (
        "Share of downloads, huggingface on 2025-06-30: CN has 80.0% (between 80.0% and 85.0%, depending on the unlabelled): "
        "800 of 1,000 downloads in the 30 days before; policy six-tigers.",
        f"Based on huggingface on 2025-06-30 (the whole hub; complete; 7 listings; observed {AGO} days ago); 6 models in the figure; "
        "95.0% labelled; flagged: no observation in the sum.",
    )
    text = record.to_text()
    for part in (
        record.id,
        f"Observed: huggingface on 2025-06-30, full sweep (the whole hub), complete, 7 listings of 7 that the hub reports, observed {AGO} days ago",
        "Flagged: no observation in the sum",
        record.data_version,
        "Labelled: 95.0%",
        "Numerator: 800",
        "Unit: ",
    ):
        assert part in text
    assert "hubwatch cite download-share --hub huggingface --day 2025-06-30 --by country --metric downloads_30d --policy six-tigers" in text


def test_the_sql_of_a_record_gives_its_rows_when_pasted(con: duckdb.DuckDBPyConnection) -> None:
    record = cite(con, "download-share", **QUESTION)
    sql = record.to_text().partition("duckdb -readonly hubwatch.duckdb`:\n\n")[2]
    assert "$" not in sql
    assert tuple(con.execute(sql).fetchall()) == record.result.rows


def test_the_same_call_on_the_same_data_has_the_same_id_and_other_data_another(con: duckdb.DuckDBPyConnection) -> None:
    first = cite(con, "download-share", **QUESTION).id
    assert cite(build(WORLD), "download-share", **QUESTION).id == first
    assert cite(con, "download-share", **(QUESTION | {"by": "kind"})).id != first
    changed = build(WORLD)
    changed.execute("update sweeps set content_hash = 'other'")
    assert cite(changed, "download-share", **QUESTION).id != first


def test_a_record_exports_as_json_bibtex_and_csl(con: duckdb.DuckDBPyConnection) -> None:
    record = cite(con, "download-share", **QUESTION)
    whole = json.loads(record.to_json())
    assert (whole["id"], whole["rows"][0]["group"], whole["observed"][0]["complete"]) == (record.id, "CN", True)
    assert json.loads(record.to_csl())[0]["issued"] == {"date-parts": [[2025, 6, 30]]}
    assert json.loads(record.to_csl())[0]["license"] == "Apache-2.0 (software); data: as their sources state"
    bibtex = record.to_bibtex()
    assert bibtex.startswith(f"@misc{{{record.id},")
    assert not re.search(r"(?<!\\)[%&$#_]", bibtex)
    small = build(WORLD)
    small.execute("update store.counters set downloads_30d = 1000000 where downloads_30d = 150")
    assert r"unknown has \textless{}0.1\%" in cite(small, "download-share", hub="huggingface", group="unknown").to_bibtex()
    assert bibtex.count("{") - bibtex.count(r"\{") == bibtex.count("}") - bibtex.count(r"\}")


def test_a_group_that_is_not_there_is_refused_with_those_that_are(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(StatisticsError, match="no group 'XX' in download_share; there are CN, US, unknown"):
        cite(con, "download-share", group="XX", **QUESTION)
    with pytest.raises(StatisticsError, match="no group 'Unknwon' in download_share; did you mean unknown"):
        cite(con, "download-share", group="Unknwon", **QUESTION)


@pytest.mark.parametrize(
    ("name", "question", "rerun"),
    [
        (
            "leaders",
            {"hub": "huggingface", "top": 3},
            "hubwatch cite leaders --hub huggingface --day 2025-06-30 --since 2025-05-31 --by model --metric downloads_30d"
            " --set top=3 --policy six-tigers",
        ),
        (
            "leave-one-out",
            {"hub": "huggingface", "part": "organization"},
            "hubwatch cite leave-one-out --hub huggingface --day 2025-06-30 --by country --set part=organization"
            " --metric downloads_30d --policy six-tigers",
        ),
        (
            "monthly-downloads",
            {"hub": "huggingface", "scaled": False},
            "hubwatch cite monthly-downloads --hub huggingface --day 2025-06-30 --by country --set split=none --set at_least=0"
            " --set tolerance=15 --set scaled=false --policy six-tigers",
        ),
    ],
)
def test_the_printed_command_says_every_parameter_as_the_command_line_takes_it(
    con: duckdb.DuckDBPyConnection, name: str, question: dict[str, Any], rerun: str
) -> None:
    assert cite(con, name, **question).rerun == rerun


def test_a_title_has_the_word_of_the_counter_that_was_asked_for(con: duckdb.DuckDBPyConnection) -> None:
    likes = cite(con, "download-share", hub="huggingface", metric="likes")
    assert likes.sentences[0].startswith("Share of likes, huggingface on 2025-06-30: ")
    assert json.loads(likes.to_json())["title"] == "Share of likes"
    assert "Share of likes (huggingface 2025-06-30" in likes.result.to_text()


def test_the_id_follows_question_data_and_facts_and_no_comment_of_the_query(con: duckdb.DuckDBPyConnection) -> None:
    result = statistics.run(con, "download-share", **QUESTION)
    remarked = result.model_copy(update={"context": result.context.model_copy(update={"sql": "-- a remark\n" + result.context.sql})})
    first = statistics.record(con, result, None, {})
    again = statistics.record(con, remarked, None, {})
    assert (first.id, first.definition_version) == (again.id, again.definition_version)
    noted = build(WORLD)
    noted.execute("alter table facts.licenses add column note varchar; update facts.licenses set note = 'reviewed again'")
    assert cite(noted, "download-share", **QUESTION).id == first.id
    changed = build(WORLD)
    changed.execute("update facts.licenses set class = 'copyleft'")
    other = cite(changed, "download-share", **QUESTION)
    assert other.id != first.id
    assert [table for table in first.facts if first.facts[table] != other.facts[table]] == ["licenses"]


def test_a_ranking_s_denominator_is_the_whole_and_not_the_sum_of_the_first(con: duckdb.DuckDBPyConnection) -> None:
    record = cite(con, "leaders", hub="huggingface", by="organization", top=1, group="Alibaba")
    assert (record.numerator, record.denominator, record.result.context.labelled) == (600, 1000, 0.95)
    assert record.sentences[:-1] == (
        "The leaders and how their ranks changed, huggingface on 2025-06-30, compared with 2025-05-31: Alibaba, rank 1, previous rank 2 has 60.0% "
        "(between 60.0% and 65.0%, depending on the unlabelled): 600 of 1,000 downloads in the 30 days before; policy six-tigers.",
    )


def test_a_series_names_every_day_it_rests_on_and_adds_none_of_them() -> None:
    con = build(WORLD)
    record = cite(con, "download-share-series", hub="huggingface", group="CN")
    assert (record.denominator, record.numerator) == (1000, None)  # the last day's; a group of several rows has no one numerator
    assert [sentence[:24] for sentence in record.sentences[:-1]] == ["On 2025-05-31, CN had 85", "On 2025-06-30, CN had 80"]
    con.execute("update sweeps set content_hash = 'other' where day = '2025-05-31'")
    assert cite(con, "download-share-series", hub="huggingface", group="CN").data_version != record.data_version


def test_hubs_observed_on_different_days_are_said_to_need_the_sql() -> None:
    con = build(WORLD)
    con.execute("delete from sweeps where hub = 'modelscope' and day = '2025-06-30'")
    text = cite(con, "origin-share").to_text()
    assert "The hubs were observed on different days: once there are later ones, only the query gives these again." in text


@pytest.mark.parametrize(
    ("name", "question", "said"),
    [
        ("derivatives", {"group": "Qwen"}, "1 of 4 derivations; policy six-tigers."),
        (
            "monthly-downloads",
            {"hub": "modelscope", "group": "CN"},
            "3,500 of 3,500 downloads in 30 days; 3,500 of them derived, from the increase since 2025-05-31; policy six-tigers.",
        ),
        ("monthly-downloads", {"hub": "huggingface", "group": "CN"}, "800 of 1,000 downloads in 30 days; policy six-tigers."),
        ("download-share-series", {"hub": "huggingface", "group": "CN"}, "810 of 950 downloads in the 30 days before; policy six-tigers."),
        (
            "leave-one-out",
            {"hub": "huggingface", "group": "US"},
            "150 of 1,000 downloads in the 30 days before; without meta-llama/Llama-4 it would be 0.0%; policy six-tigers.",
        ),
        (
            "growth",
            {"hub": "huggingface", "group": "CN"},
            "change rate constant -1.23%, models 4, flagged 0; by country, downloads in the 30 days before; policy six-tigers.",
        ),
        (
            "concentration",
            {"hub": "huggingface", "metric": "likes", "group": "top_1"},
            "; by organization, likes; policy six-tigers.",
        ),
        (
            "download-share",
            {"hub": "huggingface", "by": "kind", "country": "CN", "group": "big_tech", "without_flagged": True},
            "600 of 800 downloads in the 30 days before; of country CN only; policy six-tigers; flagged observations left out.",
        ),
        ("leave-one-out", {"hub": "huggingface", "group": "CN"}, "; without Qwen/Qwen3-8B it would be 66.7%; policy six-tigers."),
        ("hub-coverage", {"group": "US"}, "of the models of US, 100.0% are on huggingface only: 1 of 1 model; policy six-tigers."),
    ],
)
def test_a_sentence_has_the_statistic_s_own_unit_and_its_limits(
    con: duckdb.DuckDBPyConnection, name: str, question: dict[str, Any], said: str
) -> None:
    assert cite(con, name, **question).sentences[0].endswith(said)


def test_a_derived_figure_names_the_day_it_is_counted_from(con: duckdb.DuckDBPyConnection) -> None:
    record = cite(con, "monthly-downloads", hub="modelscope")
    assert [str(at.day) for at in record.result.context.observed] == ["2025-06-30", "2025-05-31"]
    assert " modelscope@2025-05-31:" in record.data_version
    assert " --since 2025-05-31 " in record.rerun
    rolling = cite(con, "monthly-downloads", hub="huggingface")
    assert [str(at.day) for at in rolling.result.context.observed] == ["2025-06-30"]


def test_a_sentence_says_nothing_of_what_a_row_does_not_have(con: duckdb.DuckDBPyConnection) -> None:
    assert "None" not in cite(con, "growth", hub="huggingface").sentences[0]


def test_a_single_measure_can_be_cited(con: duckdb.DuckDBPyConnection) -> None:
    said = cite(con, "concentration", hub="huggingface", group="hhi")
    assert said.numerator == said.result.records()[0]["value"]
    assert "the Herfindahl-Hirschman index is 0.4" in said.sentences[0]
    assert "--group hhi" in said.rerun


def test_a_row_whose_share_is_within_its_group_is_cited_with_the_group_s_denominator(con: duckdb.DuckDBPyConnection) -> None:
    record = cite(con, "licenses", group="unknown")
    assert (record.denominator, record.labelled, record.result.context.denominator) == (2, 0.5, None)
    assert (
        "license class non_commercial has 50.0% (between 50.0% and 100.0%, depending on the unlabelled): 1 of 2 models"
        in record.sentences[0]
    )
    text = record.to_text()
    assert "Denominator: each row's own, in its column; 8 models in all rows" in text
    assert "Denominator of unknown: 2, of which 50.0% labelled" in text
    assert (json.loads(record.to_json())["denominator"], json.loads(record.to_json())["labelled"]) == (2, 0.5)
    assert cite(con, "hub-coverage", group="CN").denominator == 5
    assert cite(con, "licenses").denominator is None


def test_the_day_that_the_reader_asked_for_is_in_the_printed_command() -> None:
    con = build(WORLD)
    con.execute("delete from sweeps where hub = 'modelscope' and day = '2025-06-30'")
    for name in ("hub-coverage", "first-hub"):
        record = cite(con, name, day="2025-06-30")
        assert len({at.day for at in record.result.context.observed}) == 2
        assert f"hubwatch cite {name} --day 2025-06-30 " in record.rerun
        assert "observed on different days" not in record.to_text()
        assert "--day" not in cite(con, name).rerun


@pytest.mark.parametrize("days", [4, 5])
def test_up_to_four_observed_days_are_named_each_with_its_hash(days: int) -> None:
    con = empty()
    for at in range(days):
        con.execute("insert into observed (hub, model_id, day, likes) values ('huggingface', 'a/b', ?, 5)", [date(2026, 1, 1 + at)])
    spread(con)
    record = cite(con, "download-share-series", hub="huggingface", metric="likes", by="country")
    versions = record.data_version.split()
    assert len([version for version in versions if "..2" not in version and "@" in version]) == (4 if days == 4 else 0)


@pytest.mark.parametrize(
    ("by", "said", "meant"), [("country", "China", "CN"), ("country", "cn", "CN"), ("organization", "alibaba", "Alibaba")]
)
def test_a_group_is_known_by_its_names(by: str, said: str, meant: str) -> None:
    con = build(WORLD)
    con.execute("alter table facts.country_groups add column other_names varchar[]")
    con.execute("update facts.country_groups set name = case country when 'CN' then 'China' else country end")
    record = statistics.cite(con, "download_share", said, hub="huggingface", by=by)
    assert (record.group, record.id) == (meant, statistics.cite(con, "download_share", meant, hub="huggingface", by=by).id)
