"""Verdicts on printed figures: only ever with matching unit, hub and date."""

import contextlib
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from hubwatch.classify.origins import classify
from hubwatch.errors import ClaimError
from hubwatch.facts import load_facts
from hubwatch.statistics.claim import Claim
from hubwatch.statistics.claims import OWN, Verdict, check, check_claims, load_claims
from hubwatch.statistics.definitions import definition
from hubwatch.statistics.measured import Answers, rank_bounds
from hubwatch.store.warehouse import open_warehouse
from tests.conftest import with_warehouse
from tests.shared import shared
from tests.statistics.test_extent import JAN, world
from tests.statistics.world_of import WORLD, build, empty, spread


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return build(WORLD)


def claim(**changes: object) -> Claim:
    """China's share of the small world's Hugging Face downloads is printed as 80 %."""
    given: dict[str, object] = {
        "claim": "china", "publisher": "p", "published": "2025-07", "sentence": "s", "printed": "80 %",
        "low": 0.795, "high": 0.805,
        "unit": "share of downloads_30d", "hub": "huggingface", "as_of": "2025-06-30", "within_days": 3, "sweep": "full",
        "statistic": "download_share", "question": "by=country&metric=downloads_30d&hub=huggingface", "row": "group=CN",
        "column": "share", "scope": "", "needs": "", "source": "x",
    }  # fmt: skip
    return Claim.model_validate(given | changes)


def test_a_figure_of_the_same_unit_hub_and_date_is_supported_or_contradicted(con: duckdb.DuckDBPyConnection) -> None:
    supported = check(Answers(con), claim(high=0.85))
    assert (supported.verdict, supported.measured, supported.measured_low, supported.measured_high) == (
        Verdict.SUPPORTED,
        0.8,
        0.8,
        0.85,
    )
    assert check(Answers(con), claim(low=0.9, high=1)).verdict == Verdict.CONTRADICTED


def test_of_a_row_with_several_labels_each_must_be_met_and_a_partial_month_has_no_figure(con: duckdb.DuckDBPyConnection) -> None:
    asked = {"statistic": "releases", "row": "month=2025-05-01&group=CN", "unit": "models", "column": "value", "low": 2, "high": 4}
    found = check(Answers(con), claim(**asked, question="by=country&hub=huggingface"))
    assert (found.verdict, found.measured, found.measured_high) == (Verdict.SUPPORTED, 2, 4)
    cut = check(Answers(con), claim(**asked, question="by=country&hub=huggingface&since=2025-05-10", needs="all of May"))
    assert (cut.verdict, cut.measured) == (Verdict.NEEDS_DATA, None)


def test_a_count_is_measured_in_whole_numbers(con: duckdb.DuckDBPyConnection) -> None:
    counted = check(Answers(con), claim(unit="downloads_30d", column="value"))
    figures = (counted.measured, counted.measured_low, counted.measured_high)
    assert all(type(figure) is int for figure in figures)
    assert counted.measured == counted.measured_low
    assert isinstance(counted.measured, int)
    assert counted.measured_high == round(counted.measured * 0.85 / 0.8)


def test_a_figure_that_the_unlabelled_could_decide_is_within_the_bounds(con: duckdb.DuckDBPyConnection) -> None:
    assert check(Answers(con), claim(low=0.83, high=0.84)).verdict == Verdict.WITHIN_BOUNDS
    assert check(Answers(con), claim()).verdict == Verdict.WITHIN_BOUNDS, "0.8 is in the printed range, 0.85 is not"


def test_a_rank_that_the_unlabelled_could_change_is_not_contradicted() -> None:
    con = world((JAN, "full", "a/x", 50), (JAN, "full", "b/x", 40), (JAN, "full", "c/x", 20), (JAN, "full", "nobody/x", 15))
    con.execute("delete from origins")
    con.execute(
        "insert into origins(hub, namespace, policy, organization) select 'huggingface', n, 'six-tigers', upper(n) from unnest(['a', 'b', 'c']) t(n)"
    )
    question = {"statistic": "leaders", "question": "by=organization&metric=downloads_30d&hub=huggingface", "column": "rank"}
    for body, verdict, bounds in (
        ("B", Verdict.WITHIN_BOUNDS, (1, 2)),
        ("C", Verdict.CONTRADICTED, (3, 3)),
        ("A", Verdict.WITHIN_BOUNDS, (1, 2)),
    ):
        asked = claim(**question, unit="rank by downloads_30d", row=f"group={body}", low=1, high=1, as_of=str(JAN))
        found = check(Answers(con), asked)
        assert (found.verdict, found.measured_low, found.measured_high) == (verdict, *bounds)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"as_of": "2024-12-31"}, "the claim is of 2024-12-31 and of a complete full sweep, measured on full of huggingface on 2025-05-31"),
        ({"hub": ""}, "the claim is of hubs it does not name, measured on huggingface"),
        ({"unit": "share of tokens"}, "the claim counts share of tokens, measured in downloads_30d"),
        ({"scope": "a calendar year"}, "the claim's scope: a calendar year"),
        ({"sweep": "archive:osir*"}, "the claim is of 2025-06-30 and of archive:osir*, measured on full of huggingface on 2025-06-30"),
        ({"filters": "region=china"}, "the claim is not narrowed to region china"),
    ],
)
def test_another_unit_hub_date_or_extent_is_a_different_scope(
    con: duckdb.DuckDBPyConnection, changes: dict[str, object], reason: str
) -> None:
    finding = check(Answers(con), claim(**changes))
    assert (finding.verdict, finding.reason) == (Verdict.DIFFERENT_SCOPE, reason)
    assert finding.measured is not None


def test_what_no_hub_can_tell_and_what_data_would_are_told_apart(con: duckdb.DuckDBPyConnection) -> None:
    never = check(Answers(con), claim(statistic="", not_at_hubs="tokens are not downloads"))
    assert (never.verdict, never.reason) == (Verdict.NOT_AT_HUBS, "tokens are not downloads")
    findings = [
        check(Answers(con), claim(**change))
        for change in ({"statistic": "", "needs": "a list"}, {"row": "group=XX"}, {"row": "group=XX", "needs": "y"})
    ]
    assert {finding.verdict for finding in findings} == {Verdict.NEEDS_DATA}
    assert [finding.reason for finding in findings] == [
        "needs a list",
        "needs observations of huggingface about 2025-06-30 with downloads_30d",
        "needs y",
    ]


def test_a_verdict_rests_on_the_source_that_fits_whatever_else_is_loaded() -> None:
    rows = [(JAN, "archive:osir-a", "Qwen/a", 300), (JAN, "archive:osir-a", "meta-llama/b", 100)]
    one = claim(statistic="selection", question="metric=downloads_30d&model=Qwen/a", row="", column="value", sweep="archive:osir*")
    asked = one.model_copy(update={"as_of": JAN, "unit": "downloads_30d", "low": 300.0, "high": 300.0})
    con = world(*rows)
    alone = check(Answers(con), asked)
    assert (alone.verdict, alone.measured) == (Verdict.SUPPORTED, 300)
    beside = [(JAN, "full", "Qwen/a", 7), (JAN, "archive:aa", "Qwen/a", 8), (JAN + timedelta(days=1), "archive:other", "Qwen/a", 9)]
    assert check(Answers(world(*rows, *beside)), asked) == alone


def test_the_nearest_day_that_has_the_figure_is_measured() -> None:
    con = world((JAN, "full", "Qwen/a", 300), (JAN + timedelta(days=5), "full", "meta-llama/b", 100))
    asked = claim(
        statistic="selection", question="metric=downloads_30d&model=Qwen/a", row="", column="value", unit="downloads_30d", low=1, high=999
    )
    found = check(Answers(con), asked.model_copy(update={"as_of": JAN + timedelta(days=5), "within_days": 9}))
    assert (found.verdict, found.measured_on) == (Verdict.SUPPORTED, JAN)


@pytest.mark.parametrize(
    ("value", "others", "unlabelled", "bounds"),
    [
        (300, [100], 600, (1, 3)),  # 200 lift the other, of 400 left one group of its own is above 300
        (300, [100], 700, (1, 3)),
        (300, [100], 0, (1, 1)),
        (300, [400, 1000], 200, (2, 3)),
        (300, [300], 1, (1, 2)),
        (300, [], 901, (1, 4)),
        (300, [], 900, (1, 3)),
        (0, [5], 0, (2, 2)),
    ],
)
def test_a_rank_lies_between_all_and_none_of_the_unlabelled(
    value: int, others: list[int], unlabelled: int, bounds: tuple[int, int]
) -> None:
    assert rank_bounds(value, others, unlabelled) == bounds


def test_a_series_is_ranked_among_families_of_its_tasks_and_apart_from_its_siblings() -> None:
    con = world(
        (JAN, "full", "google/bert", 600), (JAN, "full", "meta-llama/Llama-2-7b", 900), (JAN, "full", "meta-llama/Llama-3.1-8B", 300),
        (JAN, "full", "Qwen/Qwen3-8B", 500),
    )  # fmt: skip
    con.execute("""insert into model_listings by name select hub, model_id, false as is_mirror,
        case namespace when 'google' then 'BERT' when 'meta-llama' then 'Llama' else 'Qwen' end as family from store.listing""")
    con.execute("""update store.attributes set task = if(model_id like 'google%', 'fill-mask', 'text-generation')
        from store.listing where listing.listing_key = attributes.listing_key""")
    series = "metric=downloads_30d&family=Llama&tasks=text-generation"
    asked = claim(
        statistic="selection", question=series, row="", column="rank", unit="rank by downloads_30d", low=1, high=1, as_of=str(JAN)
    )
    assert check(Answers(con), asked).verdict == Verdict.SUPPORTED
    three = asked.model_copy(update={"question": f"{series}&name=llama-?3"})
    assert (check(Answers(con), three).verdict, check(Answers(con), three).measured) == (Verdict.CONTRADICTED, 3)


def test_an_attribute_is_judged_as_it_was_on_the_day() -> None:
    con = world((JAN, "full", "Qwen/a", 300), (JAN + timedelta(days=30), "full", "Qwen/a", 300))
    con.execute("update store.attributes set license = 'mit', parameters = 7000000000, created_at = '2025-01-20'")
    con.execute("update store.attributes set valid_to = ?", [JAN + timedelta(days=30)])
    con.execute(
        "insert into store.attributes by name select listing_key, ? as valid_from, 'other' as license from store.attributes",
        [JAN + timedelta(days=30)],
    )
    asked = claim(statistic="attributes", question="model=Qwen/a", row="", column="license", unit="license", equals="mit", as_of=str(JAN))
    assert check(Answers(con), asked).verdict == Verdict.SUPPORTED
    later = asked.model_copy(update={"as_of": JAN + timedelta(days=30)})
    assert (check(Answers(con), later).verdict, check(Answers(con), later).reason) == (Verdict.CONTRADICTED, "as of 2025-01-31 it is other")
    sized = asked.model_copy(update={"column": "parameters", "unit": "parameters", "equals": None, "low": 6e9, "high": 8e9})
    assert check(Answers(con), sized).verdict == Verdict.SUPPORTED
    assert check(Answers(con), asked.model_copy(update={"column": "created_on", "equals": "2025-01-20"})).verdict == Verdict.SUPPORTED


def test_claims_that_say_the_opposite_name_each_other(con: duckdb.DuckDBPyConnection) -> None:
    one, other = claim(high=0.85, pair="not-china"), claim(claim="not-china", low=0, high=0.5, pair="china")
    first, second = check_claims(con, (one, other))
    assert first.reason.endswith("; says the opposite of not-china (there: contradicted)")
    assert second.reason.endswith("; says the opposite of china (there: supported)")


def test_every_shipped_claim_can_be_asked_and_none_gets_a_verdict_from_another_world(con: duckdb.DuckDBPyConnection) -> None:
    claims = load_claims()
    assert len({one.claim for one in claims}) == len(claims) >= 70
    assert all(one.statistic in OWN or definition(one.statistic).name == one.statistic for one in claims if one.statistic)
    assert all(one.not_at_hubs or one.needs or one.statistic for one in claims)
    assert {one.pair for one in claims if one.pair} <= {one.claim for one in claims}
    # a model's attributes, what is of a list that is shipped, and what was said without a date
    of_any_world = {"attributes", "listed_origin_share", "qwen-30-percent"}
    judged = {one.verdict for one in check_claims(con) if not {one.claim.statistic, one.claim.claim} & of_any_world}
    assert judged == {Verdict.DIFFERENT_SCOPE, Verdict.NEEDS_DATA, Verdict.NOT_AT_HUBS}


def test_the_articles_pie_is_judged_over_the_list_it_is_of(tmp_path: Path) -> None:
    with contextlib.closing(open_warehouse(with_warehouse(tmp_path))) as opened:
        classify(opened, load_facts())
        found = {one.claim.claim: one for one in check_claims(opened) if one.claim.statistic == "listed_origin_share"}
    assert {name: one.verdict for name, one in found.items() if name.startswith("osai-pie")} == {
        f"osai-pie-{sector}": Verdict.SUPPORTED for sector in ("academic", "tigers", "big-tech", "other")
    }
    ten = found["ten-companies"]
    assert (ten.verdict, round(float(str(ten.measured)) * 44)) == (Verdict.CONTRADICTED, 16)


def test_a_readers_own_file_needs_few_columns(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "claim,sentence,as_of,hub,unit,statistic,question,row,column,low\n"
        "mine,China leads,2025-06-30,huggingface,share of downloads_30d,download_share,by=country&metric=downloads_30d,group=CN,share,0.5\n"
    )
    assert [finding.verdict for finding in check_claims(con, load_claims(path))] == [Verdict.SUPPORTED]
    path.write_text("claim,sentence,as_of,statistic,question,hub\nmine,s,2025-06-30,download_share,by=nothing,huggingface\n")
    with pytest.raises(ClaimError, match="mine: there is no by 'nothing'"):
        check_claims(con, load_claims(path))


def test_a_bad_row_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text(",".join(Claim.model_fields) + "\n" + ",".join(["x"] * len(Claim.model_fields)) + "\n")
    with pytest.raises(ClaimError, match=r"claims.csv line 2: (low|as_of): "):
        load_claims(path)


def test_a_real_figure_is_supported_by_the_real_archive() -> None:
    con = empty()
    con.execute(f"""insert into observed by name select hub, model_id, snapshot as day, max(downloads) as downloads_30d
        from '{shared("real/osir/observations.parquet")}' where hub = 'huggingface' group by all""")
    spread(con)
    con.execute("update sweeps set source = 'archive:osir', complete = false")  # as a backfill stores it
    con.execute("update store.counters set source = 'archive:osir'")
    found = {finding.claim.claim: finding for finding in check_claims(con)}
    assert found["qwen-one-model-december-2024"].verdict == Verdict.SUPPORTED
    assert found["qwen-one-model-december-2024"].measured_on == date(2024, 12, 13)
    assert found["qwen-30-percent-2024"].verdict in (Verdict.DIFFERENT_SCOPE, Verdict.NEEDS_DATA)


def test_a_claim_of_a_complete_sweep_gets_no_verdict_from_an_unfinished_one() -> None:
    con = build(WORLD)
    con.execute("update sweeps set complete = false where hub = 'huggingface'")
    finding = check(Answers(con), claim(question="by=country&metric=downloads_30d&hub=huggingface"))
    assert (finding.verdict, finding.measured_on) == (Verdict.DIFFERENT_SCOPE, date(2025, 6, 30))
    told = "the claim is of 2025-06-30 and of a complete full sweep, measured on an incomplete full of huggingface on 2025-06-30"
    assert finding.reason == told
    con.execute("update sweeps set complete = day = '2025-05-31' where hub = 'huggingface'")
    assert check(Answers(con), claim(within_days=40)).measured_on == date(2025, 5, 31)


@pytest.mark.parametrize(
    ("column", "low", "high", "extent", "verdict"),
    [
        ("max_parameters", 60, 80, "whole", Verdict.SUPPORTED),
        ("max_parameters", 60, 80, "selection", Verdict.WITHIN_BOUNDS),  # there may be a larger one beside it
        ("max_parameters", 10, 20, "selection", Verdict.CONTRADICTED),  # there is a larger one
        ("min_parameters", 4, 6, "selection", Verdict.WITHIN_BOUNDS),
        ("min_parameters", 20, 30, "selection", Verdict.CONTRADICTED),
    ],
)
def test_the_largest_of_a_part_of_the_hub_may_not_be_the_hubs(column: str, low: int, high: int, extent: str, verdict: Verdict) -> None:
    con = world((JAN, "full", "a/small", 1), (JAN, "full", "a/large", 1))
    con.execute(
        "update store.attributes a set parameters = case when name = 'small' then 5 else 70 end from store.listing l where l.listing_key = a.listing_key"
    )
    con.execute("update sweeps set extent = ?", [extent])
    asked = claim(
        statistic="attributes",
        question="hub=huggingface&namespace=a",
        column=column,
        low=low,
        high=high,
        sweep="*",
        unit="parameters",
        as_of=str(JAN),
        row="",
    )
    assert check(Answers(con), asked).verdict == verdict


def test_a_list_about_a_country_of_which_nothing_is_held_needs_data_and_breaks_nothing() -> None:
    con = build(WORLD)
    con.execute("update origins set country = 'DE'")
    found = check(Answers(con), next(one for one in load_claims() if one.claim == "osai-pie-academic"))
    assert found.verdict in (Verdict.NEEDS_DATA, Verdict.SUPPORTED)
