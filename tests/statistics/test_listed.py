"""A published table with organizations as printed: shares by origin, with what could not be resolved."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.classify.origins import classify
from hubwatch.errors import StatisticsError
from hubwatch.facts import load_facts
from hubwatch.store import warehouse as store
from tests.shared import shared


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = store.open_warehouse(Path(tmp_path_factory.mktemp("listed")))
    classify(opened, load_facts())
    yield opened
    opened.close()


def asked(con: duckdb.DuckDBPyConnection, tmp_path: Path, text: str, **options: str | date) -> statistics.Result:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    return statistics.run(con, "listed_origin_share", list=str(path), **options)


def shares(result: statistics.Result) -> dict[str, tuple[object, object, object]]:
    return {str(row["group"]): (row["value"], row["share_low"], row["share_high"]) for row in result.records()}


def test_names_are_resolved_as_printed_and_the_unresolved_are_named(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = """system,organization
        A,阿里巴巴
        B,Qwen Team
        C,"Alibaba, Tencent"
        D,Alibaba and Zhipu AI
        E,Alibaaba
        """.replace("        ", "")
    result = asked(con, tmp_path, text)
    assert shares(result) == {"big_tech": (3, 0.6, 0.8), "joint": (1, 0.2, 0.4), "unknown": (1, 0, 0.2)}
    assert "1 organization not known to the facts: Alibaaba (did you mean Alibaba?)" in result.context.warnings
    assert shares(asked(con, tmp_path, text, by="country")) == {"CN": (4, 0.8, 1.0), "unknown": (1, 0, 0.2)}


def test_a_table_with_amounts_has_its_other_row_in_the_denominator(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = """day,model,organization,amount
        2026-01-01,qwen3,Alibaba,1
        2026-01-08,qwen3,Alibaba,"1,500"
        2026-01-08,llama,Meta,500
        2026-01-08,other,,2000
        """.replace("        ", "")
    result = asked(con, tmp_path, text, by="country")
    assert shares(result) == {"CN": (1500, 0.375, 0.875), "US": (500, 0.125, 0.625), "unknown": (2000, 0, 0.5)}
    assert "list.csv: the rows of 2026-01-08, of 2 days" in result.context.warnings
    assert "list.csv: the row other (2,000) is in the denominator and among the unknown" in result.context.warnings
    assert shares(asked(con, tmp_path, text, by="country", day="2026-01-01")) == {"CN": (1, 1.0, 1.0)}


def test_amounts_may_be_fractions(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    result = asked(con, tmp_path, "model,organization,amount\na,Alibaba,0.25\nb,Meta,0.75\n", by="country")
    assert shares(result) == {"US": (75, 0.75, 0.75), "CN": (25, 0.25, 0.25)}
    assert "list.csv: amounts are counted in units of 0.01" in result.context.warnings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "list.csv has no column system; its columns are a, b"),
        ("system,organization\n", "list.csv holds no rows"),
        ("system,organization,amount\na,Meta,much\n", "list.csv: amount 'much' is not a number"),
        ("system,organization,day\na,Meta,soon\n", "list.csv: 'soon' is not a date"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_the_fix(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(StatisticsError, match=message):
        asked(con, tmp_path, text)


def test_the_index_own_file_gives_its_pie_under_its_own_policy(con: duckdb.DuckDBPyConnection) -> None:
    path = shared("golden/osai/models_2025-06-09.csv")
    result = statistics.run(con, "listed_origin_share", list=str(path), by="kind", country="CN", policy="osai")
    kinds = {str(row["group"]): row["value"] for row in result.records()}
    assert (kinds["academic"], kinds["ai_tiger"], kinds["big_tech"]) == (14, 11, 7)  # OmniGen is one person's by the tags, BAAI's by name


INDEX = "the list is the 141 systems of the European Open AI Index on 2025-06-09 (main-database@463ba045, CC-BY-4.0); --list names another"


def test_without_a_list_it_is_the_one_that_comes_with_the_file(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "data" / "lists" / "osai_2025-06-09.csv"
    for by in ("kind", "country", "organization"):
        read = statistics.run(con, "listed_origin_share", list=str(shipped), by=by)
        held = statistics.run(con, "listed_origin_share", by=by)  # not what is left of the file
        assert held.rows == read.rows
        assert (INDEX in held.context.warnings, INDEX in read.context.warnings) == (True, False)
        assert con.execute(f"from listed_origin_share(\"by\" := '{by}')").fetchall() == list(held.rows)
    joint = con.execute("select organization from listed where subject like '%: DynamiCrafter' order by all").fetchall()
    assert joint == [("CUHK & Tencent AI Lab",)]  # one in the facts


def test_a_table_of_the_readers_comes_before_the_list_of_the_file(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("create temp table listed as select 'a' as subject, 'Alibaba' as organization")
    con.execute("comment on table listed is 'mine: from a paper'")
    try:
        result = statistics.run(con, "listed_origin_share")
        assert shares(result) == {"big_tech": (1, 1.0, 1.0)}
        assert not [said for said in result.context.warnings if said.startswith("the list is")]
        assert "list" not in result.context.parameters
    finally:
        con.execute("drop table temp.listed")


def test_a_figure_of_a_readers_own_list_is_cited_with_the_list_in_its_sql(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text('system,organization,amount\nA,Alibaba,5\nB,Meta,3\nC,"Zhipu & Tsinghua",2\nother,,1\n', "utf-8")
    record = statistics.cite(con, "listed_origin_share", "CN", list=str(path), by="country")
    bounds = "63.6% (between 63.6% and 72.7%, depending on the unlabelled)"
    assert record.sentences[0] == f"CN has {bounds} of the list own.csv: 7 of 11; policy six-tigers."
    assert f"--list {path} --group CN" in record.rerun
    con.execute("drop table temp.listed")
    assert [row[:3] for row in con.execute(record.query).fetchall()] == [("CN", 7, 7 / 11)]
    again = statistics.cite(con, "listed_origin_share", "CN", **record.question)
    assert again.id == record.id
    path.write_text("system,organization,amount\nA,Alibaba,6\nB,Meta,3\n", "utf-8")
    assert statistics.cite(con, "listed_origin_share", "CN", **record.question).id != record.id


def test_the_record_of_one_of_several_days_and_of_a_file_in_this_folder_asks_for_them_again(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        text = "day,system,organization\n2026-01-01,A,Alibaba\n2026-01-08,A,Meta\n"
        (tmp_path / folder / "days.csv").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path / "here")
    record = statistics.cite(con, "listed_origin_share", "CN", list="days.csv", by="country", day="2026-01-01")
    assert f"--list {tmp_path}/here/days.csv --day 2026-01-01" in record.rerun
    assert statistics.cite(con, "listed_origin_share", "CN", **record.question).id == record.id
    elsewhere = record.question | {"list": str(tmp_path / "there" / "days.csv")}
    assert statistics.cite(con, "listed_origin_share", "CN", **elsewhere).id == record.id
    assert [row[:2] for row in statistics.run(con, "listed_origin_share", list="days.csv", by="country").rows] == [("US", 1)]
