"""Every query and example of the cookbook runs on the demo's database; what the demo has no data for may be empty, and nothing else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import hubwatch
from tests.conftest import ROOT

COOKBOOK = (ROOT / "docs/cookbook.md").read_text("utf-8")
QUESTIONS = re.findall(r"^## (\d+)\. ([^\n]+)\n.*?```sql\n(.*?)```", COOKBOOK, re.MULTILINE | re.DOTALL)
EMPTY = {"9"}  # the demo holds selections of hubs: what they leave out is not gone


def answers(demo: Path, number: str) -> list[dict[str, Any]]:
    """The rows that the question of this number gives."""
    with hubwatch.open(demo / "hubwatch-data/demo") as db:
        return db.sql(next(sql for at, _, sql in QUESTIONS if at == number)).rows


def test_there_are_sixteen_questions_of_at_most_five_lines() -> None:
    assert [number for number, _, _ in QUESTIONS] == [str(number) for number in range(1, 17)]
    assert max(len(sql.splitlines()) for _, _, sql in QUESTIONS) <= 5


@pytest.mark.parametrize("number", [number for number, _, _ in QUESTIONS])
def test_every_question_is_answered(demo: Path, number: str) -> None:
    assert bool(answers(demo, number)) == (number not in EMPTY)


@pytest.mark.parametrize("number", ["1", "6", "10", "16"])
def test_a_group_that_a_day_or_policy_lacks_has_none_of_its_downloads_not_an_unknown_part(demo: Path, number: str) -> None:
    assert [row for row in answers(demo, number) if None in row.values()] == []


def test_answers_agree_with_the_statistics(demo: Path) -> None:
    with hubwatch.open(demo / "hubwatch-data/demo") as db:
        share = {row["group"]: row for row in db.stats("download-share", hub="huggingface", by="country")}
        on = db.stats("download-share", hub="huggingface", by="country").context.observed[0].day
    china = next(row for row in answers(demo, "6") if row["day"] == on)
    assert (china["china"], china["united_states"]) == (share["CN"]["value"], share["US"]["value"])
    bounds = answers(demo, "16")[0]
    assert 0.6 < bounds["least"] < bounds["most"] < 0.7


def test_the_examples_in_python_run(demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(demo)
    for example in re.findall(r"```python\n(.*?)```", COOKBOOK, re.DOTALL):
        exec(compile(example, "cookbook", "exec"), {})
    ours, duckdbs = capsys.readouterr().out.splitlines()
    assert ours.startswith("{'country': ")
    assert duckdbs == "17 CN"


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="no R on this machine")
def test_the_example_in_r_runs(demo: Path) -> None:
    [example] = re.findall(r"```r\n(.*?)```", COOKBOOK, re.DOTALL)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["Rscript", "-e", example], cwd=demo, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    with hubwatch.open(demo / "hubwatch-data/demo") as db:
        origins = len(db.sql("select distinct origin from latest").rows)
    assert (done.returncode, done.stdout) == (0, f"{origins} CN \n"), done.stderr
