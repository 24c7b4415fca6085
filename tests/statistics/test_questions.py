"""What is refused, with which cure; and that a head comment is a definition or an error."""

import json

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.errors import HeadError, StatisticsError, WrongQuestion
from hubwatch.statistics.definitions import parse
from hubwatch.statistics.evaluate import whole_of
from hubwatch.statistics.tabular import percent
from tests.statistics.world_of import WORLD, build, empty, spread

HEAD = "-- name: x\n-- title: t\n-- definition: d\n--   goes on\n-- unit: u\n-- window: w\n-- whole: rows\n-- parameters: hub name, by choice = a|b\n"


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return build(WORLD)


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("dowload-shares", {}, "there is no statistic 'dowload-shares'; did you mean download-share"),
        ("sensitivity", {}, "there is no statistic 'sensitivity'; `hubwatch orgs sensitivity` prints it"),
        ("download_share", {"by": "contry"}, "there is no by 'contry'; did you mean country?"),
        ("adoption", {"hub": "wisemodel"}, "wisemodel gives no downloads_total on 2025-06-30: ask another --hub"),
        ("download_share", {"metric": "stars"}, "there is no metric 'stars'"),
        ("licenses", {"metric": "likes"}, "licenses takes no metric; it takes hub, day, source, by, policy, country"),
        ("download_share", {"hub": "huggingface", "day": "2025-06-02"}, "nearest days: 2025-05-31, 2025-06-30"),
        ("download_share", {"day": "June"}, "day 'June' is not a date; write YYYY-MM-DD"),
        ("download_share", {"hub": "github"}, "hub 'github' was never observed; observed: huggingface, modelscope, wisemodel"),
        (
            "download_share",
            {"hub": "modelscope", "metric": "downloads_30d"},
            "modelscope gives no downloads_30d on 2025-06-30: use --metric downloads_total",
        ),
        ("download_share", {"by": "country,kind,family"}, "name one or two different dimensions, such as country,kind"),
        ("download_share", {"organization": "Alibabba"}, "no organization 'Alibabba' is known; did you mean Alibaba"),
        ("download_share", {"only": "new"}, "there is no only 'new' (choices: originals, derivatives)"),
        ("download_share", {"models": "no/such.txt"}, "the list of models no/such.txt cannot be read: No such file or directory"),
        ("download_share", {"hub": "wisemodel"}, "wisemodel gives no downloads_30d on 2025-06-30: use --metric models"),
        ("download_share", {"policy": "mine"}, "there is no policy 'mine' (policies: osai, six-tigers)"),
        ("download_share", {"country": "China"}, "no namespace is known to be of country 'China'"),
        ("leaders", {"top": "many"}, "top 'many' is not a number"),
        ("leaders", {"top": "0"}, "top '0' must be an integer from 1 on"),
        ("monthly_downloads", {"hub": "huggingface", "tolerance": "-1"}, "tolerance '-1' must be an integer from 0 on"),
        ("growth", {"hub": "huggingface", "since": "2025-06-30"}, "since 2025-06-30 is not before the day 2025-06-30"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_cure(
    con: duckdb.DuckDBPyConnection, name: str, asked: dict[str, str], said: str
) -> None:
    with pytest.raises(StatisticsError) as refusal:
        statistics.run(con, name, **asked)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_default_day_is_the_last_complete_one_and_an_incomplete_one_is_said() -> None:
    con = build(WORLD)
    con.execute("update sweeps set complete = false where hub = 'huggingface' and day = '2025-06-30'")
    assert str(statistics.run(con, "download_share", hub="huggingface").context.observed[0].day) == "2025-05-31"
    warned = statistics.run(con, "download_share", hub="huggingface", day="2025-06-30").context.warnings
    assert warned[0] == "huggingface 2025-06-30: the sweep is incomplete (7 records)"


def test_hubs_without_the_counter_are_left_out_aloud(con: duckdb.DuckDBPyConnection) -> None:
    assert "wisemodel gives no downloads_30d and is not included" in statistics.run(con, "download-share").context.warnings


def test_of_hubs_that_give_the_counter_one_answers_whose_listings_have_what_the_statistic_needs() -> None:
    con = build(WORLD)
    con.execute("update sweeps set records = 1000 where hub = 'modelscope'")
    assert {row["hub"] for row in statistics.run(con, "velocity").records()} == {"modelscope"}
    bare = "update store.attributes set created_at = null where listing_key in (select listing_key from store.listing where hub = 'modelscope')"
    con.execute(bare)
    for name in ("velocity", "adoption", "vintage"):
        answer = statistics.run(con, name)
        assert answer.context.observed[0].hub == "huggingface", name
        assert answer.rows, name
    assert con.execute("select distinct hub from velocity()").fetchall() == [("huggingface",)]
    assert "no listing of modelscope on 2025-06-30 has created_at: it is not included" in statistics.run(con, "adoption").context.warnings


def test_an_answer_without_a_row_names_what_no_listing_has_and_the_hub_that_has_it() -> None:
    con = build(WORLD)
    of = "where listing_key in (select listing_key from store.listing where hub <> 'huggingface')"
    con.execute(f"update store.attributes set created_at = null {of}")
    said = statistics.run(con, "velocity", hub="modelscope").context.warnings[-1]
    assert said == "no row: no listing of modelscope on 2025-06-30 has created_at, which velocity needs; --hub huggingface has it"
    con.execute("update store.attributes set created_at = null")
    said = statistics.run(con, "velocity", hub="modelscope").context.warnings[-1]
    assert said == "no row: no listing of modelscope on 2025-06-30 has created_at, which velocity needs"


def test_json_has_rows_with_group_value_share_bounds_and_models(con: duckdb.DuckDBPyConnection) -> None:
    whole = json.loads(statistics.run(con, "download-share", hub="huggingface").to_json())
    assert whole["rows"][-1] == {
        "group": "unknown", "value": 50, "share": 0.05, "share_low": 0.0, "share_high": 0.05, "models": 1, "uncounted": 1,
        "flagged": 0, "flagged_value": 0,
    }  # fmt: skip
    assert (whole["denominator"], whole["labelled"], whole["unit"][:5]) == (1000, pytest.approx(0.95), "share")


def test_a_quote_in_a_value_stays_a_value(con: duckdb.DuckDBPyConnection) -> None:
    assert statistics.run(con, "adoption", hub="huggingface", model="x' or '1'='1").rows == statistics.run(
        con, "adoption", hub="huggingface"
    ).rows  # fmt: skip


def test_the_statements_in_the_table_make_the_macro(con: duckdb.DuckDBPyConnection) -> None:
    statistics.measure(con)
    result = statistics.run(con, "origin_share", country="CN")
    sql = con.execute("select sql from statistics where name = 'origin_share'").fetchall()[0][0]
    con.execute("drop macro table origin_share")
    con.execute(sql)
    assert tuple(con.execute("from origin_share(country := 'CN')").fetchall()) == result.rows
    assert con.execute("select count(*) from statistics").fetchall() == [(len(statistics.definitions()),)]


def test_where_hubs_count_each_their_own_way_the_largest_answers_and_the_others_are_named(con: duckdb.DuckDBPyConnection) -> None:
    context = statistics.run(con, "download_share", metric="downloads_total").context
    assert [at.hub for at in context.observed] == ["huggingface"]
    assert (
        "hubs count each their own way and are never added: this is huggingface, the one with most listings; "
        "--hub modelscope answers for the other"
    ) in context.warnings


def test_a_hub_answers_by_its_own_counter_and_says_so(con: duckdb.DuckDBPyConnection) -> None:
    context = statistics.run(con, "download_share", hub="modelscope").context
    assert context.parameters["metric"] == "downloads_total"
    assert "downloads_30d is not reported by modelscope: this is by downloads_total" in context.warnings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD.replace("-- unit: u\n", "") + "select 1\n", "x.sql: its head lacks unit"),
        (HEAD.replace("name: x", "name: y") + "select 1\n", "x.sql declares the name 'y'"),
        (HEAD.replace("whole: rows", "whole: half") + "select 1\n", "x.sql: whole is 'half'; it must be one of rows"),
        (HEAD.replace("hub name", "hub thing") + "select 1\n", "x.sql: the parameter hub is a 'thing'; it must be one of name"),
        ("-- no key here\n" + HEAD + "select 1\n", "x.sql line 1: expected '-- key: text'"),
        (HEAD, "x.sql has no query after its head"),
    ],
)
def test_a_malformed_head_is_an_error_that_names_file_and_fault(text: str, said: str) -> None:
    with pytest.raises(HeadError) as fault:
        parse(text, "x")
    assert said in str(fault.value)


def test_a_head_reads_as_a_definition() -> None:
    one = parse(HEAD + "select in_hub as hub\n", "x")
    assert (one.definition, one.parameters, one.whole) == ("d goes on", {"hub": (), "by": ("a", "b")}, "rows")
    assert "as table\nselect in_hub as hub;" in one.sql
    assert "macro x(hub := null, \"by\" := 'a') as table" in one.sql


def test_a_list_that_is_not_there_is_asked_for_by_its_name(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(StatisticsError, match=r"there is no table nosuch; name a CSV file with --list"):
        statistics.run(con, "listed_origin_share", listed="nosuch")


def test_one_denominator_is_told_only_where_every_share_is_over_it(con: duckdb.DuckDBPyConnection) -> None:
    licenses = statistics.run(con, "licenses").context
    assert (licenses.denominator, licenses.models, licenses.labelled) == (None, 8, None)
    coverage = statistics.run(con, "hub_coverage")
    assert (coverage.context.denominator, coverage.context.labelled) == (None, 0.75)
    assert "Labelled: 75.0% of all rows" in coverage.notes()
    assert "Denominator: 2 over 2 models" in statistics.run(con, "first_hub").notes()
    month = statistics.run(con, "releases", by="kind", since="2025-05-01").context
    assert month.denominator == 6
    assert month.labelled == pytest.approx(4 / 6)


@pytest.mark.parametrize("name", ["leave_one_out", "concentration", "download_share", "leaders"])
def test_a_share_has_its_denominator_and_its_labelled_part(con: duckdb.DuckDBPyConnection, name: str) -> None:
    context = statistics.run(con, name, hub="huggingface", by="organization").context
    assert context.denominator == 1000
    assert context.labelled == pytest.approx(0.95)


def test_a_model_without_a_row_is_named(con: duckdb.DuckDBPyConnection) -> None:
    asked = statistics.run(con, "adoption", hub="huggingface", model="no/such").context.warnings
    assert any(said.startswith("no/such has no row: ") for said in asked)
    assert statistics.run(con, "adoption", hub="huggingface", model="Qwen/Qwen3-8B").context.warnings == ()


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (0, "0.0%"),
        (0.0004, "<0.1%"),
        (-0.0004, ">-0.1%"),
        (0.9996, ">99.9%"),
        (1, "100.0%"),
        (1 - 1e-15, "100.0%"),
        (0.5, "50.0%"),
        (1.0004, "100.0%"),
    ],
)
def test_only_nothing_is_written_as_0_and_only_the_whole_as_100_per_cent(part: float, said: str) -> None:
    assert percent(part) == said


def test_an_answer_without_rows_has_no_denominator_and_says_why() -> None:
    con = build(WORLD)
    con.execute("update store.counters set downloads_30d = 0 where downloads_30d is not null")
    assert statistics.run(con, "concentration", hub="huggingface").notes()[-1:] == [
        "Note: no row: nothing that this question is about was observed, or every counter of it is 0"
    ]


def test_a_cure_names_counters_that_a_hub_gives() -> None:
    con = build(WORLD)
    con.execute("update store.counters set downloads_30d = null, downloads_total = null")
    with pytest.raises(StatisticsError, match=r"^no observed hub gives downloads_30d: use --metric likes or --metric models$"):
        statistics.run(con, "download_share", metric="downloads_30d")
    assert "downloads_30d is not reported by any observed hub: this is by likes" in statistics.run(con, "download_share").context.warnings
    with pytest.raises(StatisticsError, match=r"^no observed hub gives downloads_30d or downloads_total$"):
        statistics.run(con, "scoreboard")


def test_a_change_of_a_share_is_in_points(con: duckdb.DuckDBPyConnection) -> None:
    shown = statistics.run(con, "leave_one_out", hub="huggingface").to_markdown()
    assert " -13.33 points |" in shown


def test_models_made_from_two_groups_are_not_added() -> None:
    derivatives = statistics.run(build(WORLD), "derivatives", by="namespace")
    assert sum(row["models"] for row in derivatives.records()) > 3  # type: ignore[misc]
    assert "Denominator: 4" in derivatives.notes()


@pytest.mark.parametrize(("by", "labelled"), [("namespace", 1), ("hub", 1), ("country", 0)])
def test_a_namespace_called_unknown_is_known(by: str, labelled: int) -> None:
    con = empty()
    con.execute("insert into observed(hub, model_id, day, likes) values ('unknown', 'unknown/x', '2025-01-01', 5)")
    spread(con)
    for name in ("download_share", "releases"):
        con.execute("update store.attributes set created_at = timestamp '2025-01-01'")
        context = statistics.run(con, name, by=by, **({"metric": "likes"} if name == "download_share" else {})).context
        assert context.labelled == labelled, (name, by)


def test_a_dimension_that_rows_have_as_their_own_column_is_no_second_one() -> None:
    con = build(WORLD)
    for name, column in (("sizes", "size_class"), ("licenses", "license_class"), ("first_hub", "hub")):
        with pytest.raises(WrongQuestion, match=f"the rows of {name} have a column {column} already: leave it out of --by"):
            statistics.run(con, name, by=f"country,{column}")
    assert statistics.run(con, "sizes", by="size_class").rows


def test_bounds_of_a_share_of_one_country_say_that_they_rest_on_those_of_unknown_country() -> None:
    con = build(WORLD)
    for name in ("download_share", "origin_share", "leaders"):
        notes = statistics.run(con, name, by="kind", country="CN").notes()
        assert "Note: the denominator is what is known to be of the country; the bounds allow for all whose country is unknown" in notes, (
            name
        )
        assert [note for note in notes if note.startswith("Labelled") and note.endswith("together with all whose country is unknown")], name


def test_bounds_over_known_listings_alone_do_not_claim_to_allow_for_those_of_unknown_country() -> None:
    con = build(WORLD)
    for name in ("openness", "licenses", "sizes", "vintage"):
        warnings = statistics.run(con, name, by="kind", country="CN").context.warnings
        assert (
            "the denominator is what is known to be of the country; the bounds do not allow for all whose country is unknown" in warnings
        ), name


def test_a_counter_that_no_hub_gives_on_its_last_day_is_pointed_to_where_one_has_it() -> None:
    con = build(WORLD)
    con.execute("update store.counters set downloads_30d = null where day > '2025-06-15'")
    with pytest.raises(
        StatisticsError, match=r"^no observed hub gives downloads_30d: use .* or --hub huggingface --day 2025-05-31, which has it$"
    ):
        statistics.run(con, "download_share", metric="downloads_30d")


def test_a_query_that_lacks_what_its_whole_is_told_by_is_an_error_that_names_the_columns(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(HeadError, match=r"x\.sql: with `whole: rows` its query must give share_low, share_high, too"):
        whole_of(parse(HEAD + "select 1", "x"), ("group", "value"), [("CN", 1)])
