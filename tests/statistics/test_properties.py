"""What holds of every share, whatever the counters and labels are."""

import itertools

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
def test_the_order_of_rows_changes_nothing(con: duckdb.DuckDBPyConnection, listings: list, labels: dict, random: object) -> None:
    shuffled = list(listings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert shares(con, listings, labels) == shares(con, shuffled, labels)


@CALM
@given(LISTINGS, LABELS)
def test_splitting_a_namespace_changes_no_organization_share(con: duckdb.DuckDBPyConnection, listings: list, labels: dict) -> None:
    split = [(namespace + "-2" if at % 2 else namespace, downloads) for at, (namespace, downloads) in enumerate(listings)]
    assert shares(con, listings, labels, by="organization") == shares(con, split, labels, by="organization")
