"""What the site asks of the database: everything, but of a large one no more than can be answered in its minute."""

from datetime import date

import duckdb
import pytest

from hubwatch.report.asking import LARGE, QUESTIONS, answers
from tests.report.sites import world

FLOW = tuple(one for one in QUESTIONS if one.slug == "flow")


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    return world()


def periods(con: duckdb.DuckDBPyConnection) -> set[object]:
    [answer] = [one for one in answers(con, {}, FLOW) if one.hub == "huggingface"]
    assert answer.result
    return {row["period"] for row in answer.result.records()}


def test_flows_of_a_large_database_are_those_of_the_last_six_months(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""insert into store.counters by name select * replace (date '2024-11-30' as day, downloads_total // 2 as downloads_total)
                   from store.counters where day = '2025-06-30'""")
    con.execute("insert into sweeps by name select * replace (date '2024-11-30' as day) from sweeps where day = '2025-06-30'")
    everything = periods(con)
    con.execute(
        """insert into store.listing by name select 1000 + range as listing_key, 'huggingface' as hub, 'x/' || range as model_id, 'x' as namespace,
             range::varchar as name, date '2025-06-30' as first_seen_on, date '2025-06-30' as last_seen_on from range(?)""",
        [LARGE],
    )
    recent = periods(con)
    assert date(2024, 12, 1) in everything
    assert recent < everything
    assert min(map(str, recent)) == "2025-01-01"
