"""What holds of every share, whatever the counters and labels are."""

import itertools
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubwatch import statistics
from tests.statistics.world_of import empty, spread

# (namespace, downloads, country); a namespace's country is that of its first listing
LISTINGS = st.lists(st.tuples(st.sampled_from("abcde"), st.one_of(st.none(), st.integers(0, 10**9))), min_size=1, max_size=12)
LABELS = st.fixed_dictionaries({name: st.sampled_from([None, "CN", "US", "FR"]) for name in "abcde"})
CALM = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return empty()


def shares(
    con: duckdb.DuckDBPyConnection, listings: list[tuple[str, int | None]], labels: dict[str, str | None], by: str = "country"
) -> dict[str, tuple[float, float, float]]:
    """group -> (share, low, high) of the listings, an organization being the letter its namespace begins with."""
    for table in ("store.listing", "store.attributes", "store.counters", "sweeps", "origins", "observed"):
        con.execute(f"delete from {table}")
    for at, (namespace, downloads) in enumerate(listings):
        con.execute("insert into observed values ('huggingface', ?, '2025-01-01', ?, null, 0)", [f"{namespace}/{at}", downloads])
    con.execute("insert into observed values ('huggingface', 'z/z', '2025-01-01', 1, null, 0)")  # a denominator above zero
    for namespace in {namespace for namespace, _ in listings}:
        row = [namespace, namespace[0], labels[namespace[0]]]
        con.execute(
            "insert into origins(hub, policy, namespace, organization, country) values ('huggingface', 'six-tigers', ?, ?, ?)",
            row,
        )
    spread(con)
    rows = statistics.run(con, "download_share", by=by, hub="huggingface").records()
    return {str(row["group"]): (row["share"] or 0.0, row["share_low"] or 0.0, row["share_high"] or 0.0) for row in rows}  # type: ignore[misc]


@CALM
@given(LISTINGS, LABELS)
def test_shares_sum_to_one_with_the_unknown(
    con: duckdb.DuckDBPyConnection, listings: list[tuple[str, int | None]], labels: dict[str, str | None]
) -> None:
    found = shares(con, listings, labels)
    assert sum(share for share, _, _ in found.values()) == pytest.approx(1)
    assert all(low <= share <= high <= 1 + 1e-12 for share, low, high in found.values())


@CALM
@given(LISTINGS, LABELS)
def test_the_bounds_contain_every_completion_of_the_unknown(
    con: duckdb.DuckDBPyConnection, listings: list[tuple[str, int | None]], labels: dict[str, str | None]
) -> None:
    bounds = shares(con, listings, labels)
    unlabelled = [name for name in {namespace for namespace, _ in listings} if labels[name] is None]
    for completion in itertools.islice(itertools.product(["CN", "US"], repeat=len(unlabelled)), 8):
        completed = shares(con, listings, labels | dict(zip(unlabelled, completion, strict=True)))
        for group, (_, low, high) in bounds.items():
            assert low - 1e-12 <= completed.get(group, (0.0,))[0] <= high + 1e-12


@CALM
@given(LISTINGS, LABELS, st.randoms())
def test_the_order_of_rows_changes_nothing(
    con: duckdb.DuckDBPyConnection, listings: list[Any], labels: dict[str, Any], random: Any
) -> None:
    shuffled = list(listings)
    random.shuffle(shuffled)
    assert shares(con, listings, labels) == shares(con, shuffled, labels)


@CALM
@given(LISTINGS, LABELS)
def test_splitting_a_namespace_changes_no_organization_share(
    con: duckdb.DuckDBPyConnection, listings: list[Any], labels: dict[str, Any]
) -> None:
    split = [(namespace + "-2" if at % 2 else namespace, downloads) for at, (namespace, downloads) in enumerate(listings)]
    assert shares(con, listings, labels, by="organization") == shares(con, split, labels, by="organization")


def test_counters_just_below_2_to_the_63_are_measured_and_their_sums_stay_whole() -> None:
    largest = 2**63 - 1
    con = empty()
    for day, before, rolling in (("2025-01-01", 10**18, largest), ("2025-01-02", largest, 3), ("2025-01-31", largest, 10**18)):
        for hub, unit in (("huggingface", rolling), ("modelscope", None)):
            rows = [[hub, f"n{at}/m", day, unit, before - at, largest] for at in range(3)]
            con.executemany("insert into observed values (?, ?, ?, ?, ?, ?)", rows)
    spread(con)
    con.execute("update store.attributes set parameters = 9223372036854775807, created_at = timestamp '2025-01-01'")
    statistics.measure(con)
    assert dict(con.execute("select flag, count(*) from flags group by flag").fetchall()) == {
        "downloads_30d_above_total": 3,
        "downloads_30d_collapsed": 3,
        "downloads_total_unlike_30d": 3,
        "likes_without_downloads": 3,
    }
    for statistic in statistics.definitions():
        metrics: tuple[str | None, ...] = statistic.parameters.get("metric") or (None,)
        for metric in metrics:
            for hub in ("huggingface", "modelscope") if "hub" in statistic.parameters else ("",):
                if metric != "downloads_30d" or hub == "huggingface":
                    assert statistics.run(con, statistic.name, metric=metric, hub=hub or None).to_json(), statistic.name
    share = statistics.run(con, "download_share", hub="huggingface", day="2025-01-31")
    assert (share.records()[0]["value"], share.context.denominator) == (3 * 10**18, 3 * 10**18)
    growth = statistics.run(con, "growth", hub="huggingface", metric="likes")
    assert f",{3 * largest}," in growth.to_csv()
    assert f"{3 * largest:,}" in growth.to_markdown()
