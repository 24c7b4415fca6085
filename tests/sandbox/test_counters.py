"""Hugging Face's bad days from the local test server, and that health and flags name each."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from hubwatch import pipeline
from hubwatch.clock import today
from hubwatch.pages.sweep import Sweep
from hubwatch.sandbox import Sandbox, shown
from hubwatch.settings import Settings
from hubwatch.statistics.flags import flag_days
from tests.conftest import with_warehouse
from tests.hubs.hub_day import collect_and_load, rows
from tests.sandbox.sandbox_rows import huggingface_row

MODELS = 60
FIRST = today() - timedelta(days=60)
RHYTHM = (0.9, 1.0, 1.05, 1.05, 1.05, 1.0, 0.95)


def counted(day: int) -> list[dict[str, Any]]:
    """The records of a day whose counters are right: each model has its own rate, and the weekdays theirs."""

    def model(number: int) -> dict[str, Any]:
        due = [round((300 + 40 * number) * RHYTHM[at % 7]) for at in range(-30, day + 1)]
        before = 90 * (300 + 40 * number)
        return huggingface_row(number, downloads=sum(due[-30:]), downloadsAllTime=before + sum(due))

    return [model(number) for number in range(MODELS)]


def series(data: Path, days: Sequence[int], troubles: dict[int, list[str]]) -> dict[int, str]:
    """Collect and load these days with their troubles; the health of those that are not ok."""
    past: list[dict[str, Any]] = []
    with Sandbox(huggingface=[], max_seconds=120) as sandbox:
        settings = Settings.from_environment(with_warehouse(data), sandbox.endpoints)
        for day in days:
            past = shown(counted(day), troubles.get(day, []), past)
            sandbox.set_records("huggingface", past)
            result = collect_and_load(settings, Sweep("huggingface", FIRST + timedelta(days=day)))
            assert result.complete, result.message
    with pipeline.warehouse(settings) as con:
        flag_days(con)
    found: list[tuple[date, str]] = rows(data, "select day, health from days where health <> 'ok' order by day")
    return {(day - FIRST).days: health for day, health in found}


def test_days_without_trouble_are_ok(tmp_path: Path) -> None:
    assert series(tmp_path, range(5), {}) == {}


def test_a_day_on_which_the_newest_models_freeze_is_stalled_and_the_next_one_catches_up(tmp_path: Path) -> None:
    assert series(tmp_path, range(9), {5: ["freeze=0.5"]}) == {5: "stalled", 6: "catch_up"}


def test_totals_that_are_rolled_back_for_two_days_are_named(tmp_path: Path) -> None:
    assert series(tmp_path, range(9), {5: ["roll-back"], 6: ["roll-back"]}) == {5: "rolled_back", 6: "rolled_back", 7: "catch_up"}


def test_rolling_counters_that_lose_two_weeks_are_dipped(tmp_path: Path) -> None:
    assert series(tmp_path, range(9), {5: ["lose-weeks"]}) == {5: "dipped"}


def test_a_renamed_repository_keeps_its_counters_and_is_the_same_repository(tmp_path: Path) -> None:
    renamed = {day: ["rename=owner-0/model-3>elsewhere/model-3"] for day in range(3, 6)}
    assert series(tmp_path, range(6), renamed) == {}
    found = "select model_id, max(downloads_total) from observations where model_id like '%/model-3' group by 1 order by 1"
    assert rows(tmp_path, found) == [
        ("elsewhere/model-3", counted(5)[3]["downloadsAllTime"]),
        ("owner-0/model-3", counted(2)[3]["downloadsAllTime"]),
    ]
    assert rows(tmp_path, "select count(distinct hub_key) from listings where model_id like '%/model-3'") == [(1,)]


def test_the_count_of_a_dead_repository_that_stands_for_a_month_is_flagged(tmp_path: Path) -> None:
    days = (0, 5, 10, 15, 20, 25, 30, 35)
    series(tmp_path, days, {day: ["dead=owner-2/model-50"] for day in days[1:]})
    flagged = rows(
        tmp_path, f"select distinct model_id, flag from flags where day = date '{FIRST + timedelta(days=35)}' and model_id <> ''"
    )
    assert flagged == [("owner-2/model-50", "downloads_total_unlike_30d")]


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        ("thaw", "there is no counter trouble 'thaw', only freeze, roll-back, lose-weeks, rename, dead"),
        ("freeze=2", "a share is above 0 and at most 1"),
        ("rename=a/b", "rename needs a value: OLD>NEW"),
        ("rename=nobody/nothing>a/b", "there is no repository nobody/nothing"),
        ("rename=owner-0/model-3>owner-1/model-1", "owner-1/model-1 is taken"),
        ("rename=owner-0/model-3>", "name one that is listed and a new id"),
        ("dead", "dead needs a value"),
        ("freeze", "freeze needs the records of the day before"),
        ("lose-weeks=40", "it is 1 to 30 days"),
    ],
)
def test_a_trouble_that_cannot_be_is_refused(trouble: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        shown(counted(0), [trouble])
