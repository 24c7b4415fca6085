"""Processes that are killed, stopped, or run beside one another: nothing is lost, nothing is asked for twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hubwatch.pages.kept import SweepPages
from hubwatch.sandbox.faults import Faults
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from tests.conftest import ROOT
from tests.scripted import Scripted, answer
from tests.test_pipeline import DAY, asked, published, rows, run


def command(data: Path, endpoint: str, *arguments: str) -> subprocess.Popen[str]:
    variables = {"HF_ENDPOINT": endpoint, "HUBWATCH_DATA": str(data), "PYTHONPATH": str(ROOT / "src")}
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUBWATCH_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "hubwatch", *arguments], env=clean | variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


STOPPED = "hubwatch: stopped; what was saved stays, run the same command again to resume"
TABLES = (
    "select * exclude (listing_key, first_seen_on) from listings order by model_id",
    "select * exclude (listing_key) from observations order by model_id",
    "select sweep, complete, records, rejected, duplicates, content_hash from days",
    "select * from model_listings order by all",
    "select * from origins order by all",
)


def test_a_sweep_killed_again_and_again_ends_with_the_tables_of_an_undisturbed_one(tmp_path: Path) -> None:
    chance = random.Random(7)
    listed = rows(1500)
    with Sandbox(huggingface=listed, switches=Switches(page_cap=20), faults=Faults.parse(["huggingface:delay=0.02"])) as sandbox:
        kills = 0
        while kills < 3:
            child = command(tmp_path / "killed", sandbox.url, "collect", "huggingface", "--day", DAY.isoformat())
            before = len(sandbox.requests)
            while len(sandbox.requests) < before + chance.randrange(1, 4) and child.poll() is None:
                time.sleep(0.001)
            time.sleep(chance.random() * 0.02)
            child.send_signal(signal.SIGKILL)
            child.communicate()
            kills += 1
        child = command(tmp_path / "killed", sandbox.url, "run", "huggingface", "--day", DAY.isoformat(), "--json")
        out, errors = child.communicate()
        assert child.returncode == 0, errors
        assert json.loads(out)["hubs"]["huggingface"]["records"] == 1500
        urls = [facts.url for facts in SweepPages(tmp_path / "killed", "huggingface", DAY, "full").facts()]
        assert len(urls) == len(set(urls)) == 75
        assert len(asked(sandbox)) <= 75 + 2 * 3  # a kill costs what was under way, never a kept page
        run(tmp_path / "calm", sandbox)
    for query in TABLES:
        assert published(tmp_path / "killed", query) == published(tmp_path / "calm", query)


def signalled(child: subprocess.Popen[str], number: signal.Signals) -> str:
    """What a process says last that has got this signal."""
    child.send_signal(number)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 1
    assert "Traceback" not in errors
    return errors.splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sweep_says_so_and_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    with Sandbox(huggingface=rows(400), switches=Switches(page_cap=10), faults=Faults.parse(["huggingface:delay=0.1"])) as sandbox:
        heard = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that runs us in the background ignores it for us
        child = command(tmp_path, sandbox.url, "run", "huggingface", "--day", DAY.isoformat())
        signal.signal(signal.SIGINT, heard)
        while len(sandbox.requests) < 5:
            time.sleep(0.01)
        assert signalled(child, number) == STOPPED
        kept = len(list(SweepPages(tmp_path, "huggingface", DAY, "full").facts()))
        assert kept >= 3
        got = run(tmp_path, sandbox)
        assert (got.complete, got.requests) == (True, 40 - kept + 1)  # and the question for the newest models


def test_an_interrupt_is_not_put_off_until_a_hub_has_been_waited_for(tmp_path: Path) -> None:
    with Scripted(answer(status="429 Too Many Requests", Retry_After="300")) as hub:
        child = command(tmp_path, hub.url, "collect", "huggingface")
        while not hub.requests:
            time.sleep(0.01)
        assert signalled(child, signal.SIGTERM) == STOPPED


def test_of_two_runs_at_once_the_second_says_who_holds_the_lock(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(100), switches=Switches(page_cap=5), faults=Faults.parse(["huggingface:delay=0.5"])) as sandbox:
        first = command(tmp_path, sandbox.url, "run", "huggingface", "--day", DAY.isoformat())
        while len(sandbox.requests) < 2:
            time.sleep(0.01)
        second = command(tmp_path, sandbox.url, "run", "huggingface", "--day", DAY.isoformat())
        _, errors = second.communicate()
        first.communicate()
        assert second.returncode == 1
        assert f"process {first.pid}" in errors
        assert first.returncode == 0
    assert published(tmp_path, "select complete, records from days") == [(True, 100)]
