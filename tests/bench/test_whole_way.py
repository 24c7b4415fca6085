"""The benchmark of the full pipeline, small: every stage of several days of a hub holds to the least memory that may be set."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.bench.whole_way import FIRST, STAGES, Line, do, fill, hub_on, judged, whole_way

LISTINGS, LIMIT = 100_000, "256MB"
AROUND = 350  # MB of a process beside what DuckDB may hold: Python, its modules, threads' buffers


@pytest.mark.slow
def test_every_stage_of_several_days_holds_to_the_memory_allowed(tmp_path: Path) -> None:
    lines: list[Line] = []
    stages = tuple(stage for stage in STAGES if stage != "report")
    whole_way(LISTINGS, [1, 5], tmp_path / "data", lines.append, {"HUBWATCH_MEMORY_LIMIT": LIMIT}, stages, ("shares", "verify"))
    assert {stage for _, stage, *_ in lines} >= {*stages, "fill", "catch-up", "shares", "verify"}
    assert {(day, stage): peak for day, stage, _, _, peak, _ in lines if peak > 256 + AROUND} == {}
    assert judged(tmp_path / "data") == {"ok": 5}


def test_days_that_are_filled_in_and_days_that_are_collected_are_one_sound_history(tmp_path: Path) -> None:
    last = FIRST + timedelta(days=29)
    for number, day in ((1, FIRST), (30, last)):
        if day == last:
            fill(tmp_path, FIRST + timedelta(days=1), last - timedelta(days=1))
        with hub_on(2_000, number) as hub:
            do("collect", tmp_path, day, {"HF_ENDPOINT": hub.url})
        do("load", tmp_path, day, {})
    do("measure", tmp_path, last, {})
    do("publish", tmp_path, last, {})
    assert judged(tmp_path) == {"ok": 30}
