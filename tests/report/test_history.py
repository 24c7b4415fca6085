"""Days of a series that an earlier site computed are taken over, and only while they are what would be computed now."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hubwatch.clock import running_on
from hubwatch.report.asking import QUESTIONS
from hubwatch.report.history import GROUPINGS, History
from hubwatch.report.labels import Labels
from hubwatch.report.panels import Panel, panels
from hubwatch.report.site import Site
from hubwatch.statistics import load_claims
from tests.report.sites import world

METRIC = "downloads_30d"


def panel_of(con: duckdb.DuckDBPyConnection) -> Panel:
    return next(one for one in panels(con) if one.hub == "huggingface")


def told(con: duckdb.DuckDBPyConnection, folder: Path) -> tuple[list[dict[str, Any]], int]:
    """The series, kept in the folder as the site does it, and how many days of groupings were computed for them."""
    history = History(con, folder, Labels(con, "six-tigers"))
    found = history.shares(panel_of(con), METRIC)
    for held in found:
        path = folder / held["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(held, ensure_ascii=False, default=str))
    return json.loads(json.dumps(found, default=str)), history.computed


def test_the_same_database_is_asked_nothing_again(tmp_path: Path) -> None:
    con = world()
    first, computed = told(con, tmp_path)
    assert computed == len(panel_of(con).days) * len(GROUPINGS) > 4
    assert told(con, tmp_path) == (first, 0)


def another_day(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into store.counters by name select * replace (date '2025-07-01' as day) from store.counters where day = '2025-06-30'"
    )
    con.execute(
        "insert into sweeps by name select * replace (date '2025-07-01' as day) from sweeps where day = '2025-06-30' and hub = 'huggingface'"
    )


def another_label(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update origins set country = 'FR', organization = 'Another' where namespace = 'Qwen'")


def a_flag(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into flags by name select hub, model_id, date '2025-06-30' as day, 'downloads_30d_spike' as flag from store.listing where namespace = 'Qwen'"
    )


def another_link(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update model_listings set model_key = 'one', tier = 'same_id', is_mirror = false where hub = 'huggingface'")


def another_family(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update model_listings set family = 'Another' where hub = 'huggingface'")


def a_reload(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update store.counters set downloads_30d = 2 * downloads_30d where day = '2025-06-30' and listing_key in (1, 2)")
    con.execute("update sweeps set content_hash = 'another' where day = '2025-06-30'")


def a_new_account(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """insert into store.listing by name
           select max(listing_key) + 1 as listing_key, 'huggingface' as hub, 'new/x' as model_id, 'new' as namespace, 'x' as name,
             date '2025-07-01' as first_seen_on, date '2025-07-01' as last_seen_on from store.listing"""
    )
    con.execute(
        "insert into origins by name select * replace ('new' as namespace) from origins where namespace = 'Qwen' and hub = 'huggingface'"
    )
    con.execute(
        "insert into model_listings by name select * replace ('new/x' as model_id, 'same_id' as tier) from model_listings where model_id = 'Qwen/Qwen3-8B'"
    )


@pytest.mark.parametrize(
    ("change", "days"),
    [
        (another_day, 1),
        (another_label, None),
        (another_link, None),
        (a_reload, 1),
        (a_flag, 1),
        (a_new_account, 0),
    ],
)
def test_what_is_taken_over_is_what_would_be_computed_now(
    tmp_path: Path, change: Callable[[duckdb.DuckDBPyConnection], None], days: int | None
) -> None:
    """`days`: how many are computed again (None: all)."""
    con = world()
    before, _ = told(con, tmp_path / "kept")
    change(con)
    found, computed = told(con, tmp_path / "kept")
    assert found == told(con, tmp_path / "new")[0]
    assert (found == before) == (days == 0)
    assert computed == (len(panel_of(con).days) if days is None else days) * len(GROUPINGS)


def test_another_family_is_computed_again_where_families_are_asked_for(tmp_path: Path) -> None:
    con = world()
    told(con, tmp_path)
    another_family(con)
    found, computed = told(con, tmp_path)
    assert computed == len(panel_of(con).days)
    assert found == told(con, tmp_path / "new")[0]


def test_a_file_that_cannot_be_read_is_computed_again(tmp_path: Path) -> None:
    con = world()
    first, computed = told(con, tmp_path)
    (tmp_path / first[0]["file"]).write_text("{")
    assert told(con, tmp_path) == (first, computed // len(GROUPINGS))


def test_a_new_day_of_one_hub_leaves_the_pages_of_others_alone_and_a_new_date_those_of_all_models(tmp_path: Path) -> None:
    con, claims, few = world(), load_claims()[:1], QUESTIONS[:2]

    def changed() -> set[str]:
        site = Site(con, tmp_path, questions=few, claims=claims)
        site.build()
        return {*site.out.changed}

    first = changed()
    entities = {name for name in first if name.startswith(("models/", "organizations/", "families/", "data/models/", "pictures/models/"))}
    alone = {
        name for name in entities if name.endswith(".json") and name.count("/") == 1 and "Hugging Face" not in (tmp_path / name).read_text()
    }
    alone |= {name.replace(".json", ".html") for name in alone}
    assert "organizations/modelscope.html" in alone
    another_day(con)
    now = changed()
    assert "index.html" in now
    assert "models/qwen-qwen3-8b.html" in now
    assert not now & alone
    with running_on(lambda: datetime.now(UTC) + timedelta(days=1)):
        later = changed()
    assert "index.html" in later
    assert not later & entities
