"""A backfill that is killed at any moment, and once more: the same command goes on and ends in the tables of an undisturbed one.

`HUBWATCH_KILLS=20 pytest tests/archives/test_killed.py` kills more often than an ordinary run does.
"""

import os
import random
from pathlib import Path

import duckdb

from tests.drill.children import Ended, Running, after_seconds
from tests.drill.world import content

KILLS = int(os.environ.get("HUBWATCH_KILLS", "1"))
MAPPING = """name = "monthly"
title = "monthly files of daily counters"
hub = { value = "huggingface" }
day = { column = "day" }
model_id = "id"
extent = "selection"
[counters]
downloads_30d = { column = "dl30", window = "30d" }
likes = { column = "likes" }
"""
MONTH = """copy (select 'o' || n % 7 || '/m' || n as id, date '{month}-01' + d::int as day, (n * 100 + d)::bigint as dl30, n::bigint as likes
  from range(60) models(n), range(8) days(d)) to '{file}' (format parquet)"""


def backfill(files: Path, folder: Path, dying_after: float | None = None) -> Ended:
    words = ("backfill", "archive", f"{files}/*.parquet", "--mapping", str(files / "monthly.toml"))
    environment = {"HUBWATCH_DATA": str(folder), "HUBWATCH_REPORT": "no"}
    return Running(words, environment, files, after_seconds(dying_after) if dying_after else lambda: None).ended()


def test_a_backfill_killed_at_any_moment_ends_in_the_same_tables(tmp_path: Path) -> None:
    files, calm = tmp_path / "files", tmp_path / "calm"
    for folder in (files, calm):
        folder.mkdir()
    (files / "monthly.toml").write_text(MAPPING, "utf-8")
    for month in ("2025-10", "2025-11", "2025-12"):
        duckdb.execute(MONTH.format(month=month, file=files / f"{month}.parquet"))
    undisturbed = backfill(files, calm)
    assert undisturbed.code == 0, undisturbed.errors
    chance, expected, deaths = random.Random(5), content(calm), 0
    for number in range(KILLS):
        folder = tmp_path / f"killed-{number}"
        for _ in range(2):  # the second time in what the first one left
            ended = backfill(files, folder, max(0.01, chance.random() * undisturbed.seconds))
            deaths += ended.code < 0
            assert ended.code <= 0, ended.errors
            assert not ended.has_traceback
        last = backfill(files, folder)
        assert last.code == 0, last.errors
        assert content(folder) == expected
    assert deaths >= KILLS
