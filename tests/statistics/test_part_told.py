"""What of a sum is flagged or made by automated tests is told of what the question's filters leave in."""

import duckdb
import pytest

from hubwatch import statistics
from tests.statistics.test_extent import FEB, JAN, world

ROWS = (
    *((JAN, "full", model_id, value) for model_id, value in (("a/x", 60), ("b/y", 30), ("ci-tests/tiny", 10))),
    *((FEB, "full", model_id, value) for model_id, value in (("a/x", 60), ("b/y", 38), ("ci-tests/tiny", 2))),
)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = world(*ROWS)
    con.execute("delete from origins")
    con.execute("""insert into origins(hub, namespace, policy, country, purpose) values
        ('huggingface', 'a', 'six-tigers', 'CN', null), ('huggingface', 'b', 'six-tigers', 'US', null),
        ('huggingface', 'ci-tests', 'six-tigers', 'US', 'testing')""")
    con.execute(
        "update store.attributes set task = 'ocr' from store.listing l where l.listing_key = attributes.listing_key and model_id = 'b/y'"
    )
    con.execute("insert into flags(hub, model_id, day, flag) values ('huggingface', 'b/y', ?, 'downloads_30d_jumped')", [JAN])
    return con


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, (1, 30, 0.3)),
        ({"task": "ocr"}, (1, 30, 1.0)),
        ({"namespace": "a"}, (0, 0, 0.0)),
        ({"country": "US"}, (1, 30, 0.75)),
        ({"leave_out": ["ci-tests"]}, (1, 30, 30 / 90)),
        ({"models": ["a/x"]}, (0, 0, 0.0)),
        ({"only": "derivatives"}, (0, 0, 0.0)),
    ],
)
def test_the_flagged_part_is_of_what_the_filters_leave_in(
    con: duckdb.DuckDBPyConnection, asked: dict[str, object], told: tuple[int, int, float]
) -> None:
    for statistic in ("leave_one_out", "download_share"):
        flagged = statistics.run(con, statistic, hub="huggingface", day=JAN, **asked).context.flagged  # type: ignore[arg-type]
        assert flagged is not None
        assert (flagged.observations, flagged.value, flagged.part or 0.0) == told, statistic


def test_namespaces_made_for_tests_are_told_where_they_have_more_than_a_hundredth(con: duckdb.DuckDBPyConnection) -> None:
    said = "namespaces made for automated tests have 10.0% of the sum (10), which is no adoption: ci-tests; --leave-out ci-tests leaves them out"
    for statistic in ("download_share", "leaders", "concentration", "monthly_downloads"):
        assert said in statistics.run(con, statistic, hub="huggingface", day=JAN).context.warnings, statistic


@pytest.mark.parametrize(
    "asked", [{"leave_out": ["ci-tests"]}, {"country": "CN"}, {"task": "ocr"}, {"metric": "models"}, {"namespace": "b"}]
)
def test_nothing_is_told_of_tests_that_the_question_leaves_out(con: duckdb.DuckDBPyConnection, asked: dict[str, object]) -> None:
    found = statistics.run(con, "download_share", hub="huggingface", day=JAN, **asked)  # type: ignore[arg-type]
    assert not [said for said in found.context.warnings if "automated tests" in said]


def test_a_hundredth_or_less_of_tests_is_not_told() -> None:
    con = world((JAN, "full", "a/x", 99), (JAN, "full", "ci-tests/tiny", 1))
    con.execute("insert into origins(hub, namespace, policy, purpose) values ('huggingface', 'ci-tests', 'six-tigers', 'testing')")
    assert not [said for said in statistics.run(con, "download_share").context.warnings if "automated tests" in said]
