"""Verdicts on printed figures: only ever with matching unit, hub and date."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from hubwatch.errors import ClaimError
from hubwatch.statistics.claims import Claim, Verdict, check, check_claims, load_claims
from hubwatch.statistics.definitions import definition
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
    supported = check(con, claim())
    assert (supported.verdict, supported.measured, supported.measured_low, supported.measured_high) == (
        Verdict.SUPPORTED,
        0.8,
        0.8,
        0.85,
    )
    assert check(con, claim(low=0.9, high=1)).verdict == Verdict.CONTRADICTED


def test_a_count_is_measured_in_whole_numbers(con: duckdb.DuckDBPyConnection) -> None:
    counted = check(con, claim(unit="downloads_30d", column="value"))
    figures = (counted.measured, counted.measured_low, counted.measured_high)
    assert all(type(figure) is int for figure in figures)
    assert counted.measured == counted.measured_low
    assert counted.measured_high == round((counted.measured or 0) * 0.85 / 0.8)


def test_a_figure_that_the_unlabelled_could_decide_gets_no_verdict(con: duckdb.DuckDBPyConnection) -> None:
    assert check(con, claim(low=0.83, high=0.84)).verdict == Verdict.NOT_MEASURABLE


def test_a_rank_that_the_unlabelled_could_change_is_not_contradicted() -> None:
    con = world((JAN, "full", "a/x", 50), (JAN, "full", "b/x", 40), (JAN, "full", "c/x", 20), (JAN, "full", "nobody/x", 15))
    con.execute("delete from origins")
    con.execute(
        "insert into origins(hub, namespace, policy, organization) select 'huggingface', n, 'six-tigers', upper(n) from unnest(['a', 'b', 'c']) t(n)"
    )
    question = {"statistic": "leaders", "question": "by=organization&metric=downloads_30d&hub=huggingface", "column": "rank"}
    for body, verdict, bounds in (
        ("B", Verdict.NOT_MEASURABLE, (1, 2)),
        ("C", Verdict.CONTRADICTED, (3, 3)),
        ("A", Verdict.SUPPORTED, (1, 2)),
    ):
        asked = claim(**question, unit="rank by downloads_30d", row=f"group={body}", low=1, high=1, as_of=str(JAN))
        found = check(con, asked)
        assert (found.verdict, found.measured_low, found.measured_high) == (verdict, *bounds)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"as_of": "2024-12-31"}, "the claim is of 2024-12-31, measured on 2025-05-31"),
        ({"hub": ""}, "the claim is of hubs it does not name, measured on huggingface"),
        ({"unit": "share of tokens"}, "the claim counts share of tokens, measured in downloads_30d"),
        ({"scope": "a calendar year"}, "the claim's scope: a calendar year"),
        ({"sweep": "archive:osir*"}, "the claim is of archive:osir*, measured on a full one"),
    ],
)
def test_another_unit_hub_date_or_extent_is_a_different_scope(
    con: duckdb.DuckDBPyConnection, changes: dict[str, object], reason: str
) -> None:
    finding = check(con, claim(**changes))
    assert (finding.verdict, finding.reason) == (Verdict.DIFFERENT_SCOPE, reason)
    assert finding.measured is not None


def test_what_the_data_at_hand_cannot_say_is_named(con: duckdb.DuckDBPyConnection) -> None:
    findings = [check(con, claim(**change)) for change in ({"statistic": "", "needs": "tokens"}, {"row": "group=XX"})]
    absent = check(con, claim(question="by=country&metric=downloads_30d&hub=nowhere"))
    assert {finding.verdict for finding in [*findings, absent]} == {Verdict.NOT_MEASURABLE}
    assert [finding.reason for finding in findings] == ["needs tokens", "huggingface on 2025-06-30 has no share for XX"]
    assert absent.reason.startswith("hub 'nowhere' was never observed")


def test_every_shipped_claim_can_be_asked_and_none_gets_a_verdict_from_another_world(con: duckdb.DuckDBPyConnection) -> None:
    claims = load_claims()
    assert len({one.claim for one in claims}) == len(claims) >= 20
    assert all(definition(one.statistic).name == one.statistic for one in claims if one.statistic)
    assert {finding.verdict for finding in check_claims(con)} == {Verdict.DIFFERENT_SCOPE, Verdict.NOT_MEASURABLE}
    assert all("takes no" not in finding.reason for finding in check_claims(con))


def test_a_bad_row_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text(",".join(Claim.model_fields) + "\n" + ",".join(["x"] * len(Claim.model_fields)) + "\n")
    with pytest.raises(ClaimError, match=r"claims.csv line 2: low: "):
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
    assert found["qwen-30-percent-2024"].verdict in (Verdict.DIFFERENT_SCOPE, Verdict.NOT_MEASURABLE)


def test_a_claim_of_a_complete_sweep_gets_no_verdict_from_an_unfinished_one() -> None:
    con = build(WORLD)
    con.execute("update sweeps set complete = false where hub = 'huggingface'")
    finding = check(con, claim(question="by=country&metric=downloads_30d&hub=huggingface"))
    assert (finding.verdict, finding.measured_on) == (Verdict.DIFFERENT_SCOPE, date(2025, 6, 30))
    assert finding.reason == "the claim is of a complete full sweep, measured on an incomplete full one"
    con.execute("update sweeps set complete = day = '2025-05-31' where hub = 'huggingface'")
    assert check(con, claim()).measured_on == date(2025, 5, 31)
