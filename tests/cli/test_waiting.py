"""A stage that takes long says so on stderr; others say nothing."""

import time
from pathlib import Path

import pytest

from hubwatch.cli.progress import _told
from hubwatch.cli.waiting import stages
from hubwatch.collect import Progress
from hubwatch.stages import stage
from hubwatch.store.runs import recorded
from tests.conftest import settings_for


def test_a_long_stage_is_mentioned_while_it_runs_and_when_it_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with stages(soon=0.05), recorded(settings_for(tmp_path), "load", "somehub", None):
        time.sleep(0.12)
    said = capsys.readouterr().err.splitlines()
    assert (said[0], said[-1]) == ("load somehub: 0 s so far", "load somehub: took 0 s")


def test_a_short_stage_and_one_that_nobody_watches_say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with stages(soon=30), stage("link"):
        pass
    with stage("measure"):
        pass
    assert capsys.readouterr().err == ""


def test_figures_of_a_sweep_are_written_as_people_write_them_and_fit_a_narrow_terminal() -> None:
    at = Progress("huggingface", pages=3_118, records=3_117_871, requests=3_118, listed_total=None, quota_left=99_997, ended=True)
    told = _told(at, 1_559.0)
    assert told == "3,118 pages, 3,117,871 records, 2.0 pages/s, quota left 99,997"
    assert len(f"{at.hub:<12} {told}") <= 80
