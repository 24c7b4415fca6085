"""Shares that are asked together are those asked one by one: rows, notes and all."""

from datetime import date

import duckdb
import pytest

from hubwatch.statistics import ON_DAYS, REGROUPED, regrouped_derivatives, regrouped_shares, run, shares_on_days
from tests.statistics.test_every_form import doubtful_world
from tests.statistics.world_of import WORLD, build

POLICIES = ("six-tigers", "osai")
DAYS = (date(2025, 5, 31), date(2025, 6, 30))


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """The world with everything that bounds allow for: rejected records, flags, an account without a label, one whose label changed."""
    made = doubtful_world()
    made.execute("update sweeps set complete = true, health = 'ok', health_note = null, extent = 'whole', rejected = 2, rejected_30d = 33")
    made.execute("update origins set valid_to = '2025-06-15' where namespace = 'zai-org'")
    made.execute(
        """insert into origins by name
           select * replace ('US' as country, date '2025-06-15' as valid_from, null as valid_to)
           from origins where namespace = 'zai-org'"""
    )
    made.execute("delete from origins where namespace = 'nobody'")
    return made


@pytest.mark.parametrize(
    ("hub", "metric", "cuts"),
    [
        ("huggingface", "downloads_30d", [*((by, None) for by in REGROUPED), ("kind", "CN")]),
        ("huggingface", "models", [("kind", None), ("origin", None), ("kind", "US")]),
        ("modelscope", "likes", [("organization", None)]),
    ],
)
def test_shares_of_a_day_under_every_policy_and_grouping_are_those_asked_one_by_one(
    con: duckdb.DuckDBPyConnection, hub: str, metric: str, cuts: list[tuple[str, str | None]]
) -> None:
    found = regrouped_shares(con, hub, metric, POLICIES, cuts)
    assert {(policy, *cut) for policy in POLICIES for cut in cuts} == found.keys()
    for (policy, by, country), result in found.items():
        assert result == run(con, "download_share", hub=hub, metric=metric, policy=policy, by=by, country=country)


@pytest.mark.parametrize("groupings", [ON_DAYS, ("origin", "organization"), ("family",)])
def test_shares_on_several_days_are_those_asked_day_by_day(con: duckdb.DuckDBPyConnection, groupings: tuple[str, ...]) -> None:
    kept = ("group", "value", "share", "share_low", "share_high", "models", "flagged", "flagged_value")
    told = shares_on_days(con, "huggingface", "full", "downloads_30d", groupings, DAYS)
    assert told.keys() == {*groupings}
    for by, found in told.items():
        assert [*found] == [*DAYS]
        for day, rows in found.items():
            result = run(con, "download_share", hub="huggingface", metric="downloads_30d", by=by, day=day)
            assert [{name: row[name] for name in kept} for row in rows] == [{name: row[name] for name in kept} for row in result.records()]
            assert {row["denominator"] for row in rows} == {result.context.denominator}


def test_the_constant_panel_is_fixed_on_the_first_day(con: duckdb.DuckDBPyConnection) -> None:
    series = run(con, "download_share_series", hub="huggingface", metric="downloads_30d", by="country")
    expected = {(row["day"], row["group"]): row["share_constant"] for row in series.records()}
    found = shares_on_days(con, "huggingface", "full", "downloads_30d", ["country"], DAYS)["country"]
    assert {(day, row["group"]): row["share_constant"] for day, rows in found.items() for row in rows} == expected


def test_derivations_by_several_dimensions_are_those_asked_one_by_one(con: duckdb.DuckDBPyConnection) -> None:
    found = regrouped_derivatives(con, ("family", "origin", "model"))
    assert found == {by: run(con, "derivatives", by=by) for by in ("family", "origin", "model")}
    assert all(result.rows for result in found.values())


def test_a_counter_that_the_hub_does_not_report_has_no_shares() -> None:
    with pytest.raises(Exception, match="wisemodel"):
        regrouped_shares(build(WORLD), "wisemodel", "downloads_30d", POLICIES, [("kind", None)])
