"""Deployments on a real local Prefect server with a process worker, against a stand-in hub; also when workers are killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hubwatch.pages.kept import kept_sweeps
from hubwatch.sandbox.faults import Faults
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.synthetic import huggingface_records
from hubwatch.store import publishing
from tests.flows.standing import ROOT, Standing, receiving, wait_for

pytestmark = pytest.mark.slow
LATE_AFTER = 20  # seconds without a build, of which an operator is told
RECORDS = 4000  # four pages, a second each: time enough to kill the process that collects them


@pytest.fixture(scope="module")
def hub() -> Iterator[Sandbox]:
    with Sandbox(huggingface=list(huggingface_records(RECORDS)), faults=Faults.parse(["huggingface:delay=1"])) as box:
        yield box


@pytest.fixture(scope="module")
def standing(hub: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A server with all deployments, deployed twice; no worker yet."""
    pytest.importorskip("prefect", reason="Prefect is an extra: pip install hubwatch[prefect]")
    folder = tmp_path_factory.mktemp("standing")
    with Standing(folder / "home", hub.endpoints, folder / "data") as running:
        running.run("work-pool", "create", "hubwatch", "--type", "process")
        running.run("--no-prompt", "deploy", "--all")
        yield running


@pytest.fixture(scope="module")
def told(standing: Standing) -> Iterator[list[str]]:
    """What an operator was told: the automations of flows/notify.py, made twice, post to a server of ours."""
    with receiving() as (url, told):
        for hours in ("100", str(LATE_AFTER / 3600)):
            notify = [str(ROOT / "flows" / "notify.py"), "--late-after", hours]
            environment = standing.environment | {"HUBWATCH_NOTIFY_URL": url}
            ended = subprocess.run([sys.executable, *notify], env=environment, capture_output=True, text=True, timeout=120)
            assert (ended.returncode, len(ended.stdout.splitlines())) == (0, 2), ended.stderr
        assert len(standing.post("/automations/filter")) == 2
        yield told


def test_a_killed_sweep_is_resumed_and_leaves_no_run_running(standing: Standing, hub: Sandbox, told: list[str]) -> None:
    worker = standing.worker()
    killed = standing.start("huggingface-full")
    lease = standing.data / "locks" / "runs" / f"{killed}.lease"
    wait_for("the first page saved", lambda: lease.exists() and _pages_saved(standing.data), 180, standing.logs)
    _kill(worker, json.loads(lease.read_text())["pid"])
    asked = len(hub.requests)
    assert asked < RECORDS / 1000, "the sweep ended before it could be killed"
    assert standing.state_of(killed)["type"] == "RUNNING"

    standing.worker()
    built = standing.ended(standing.start("build"))
    assert built["type"] == "FAILED"
    assert "the sweep has not ended" in built["message"]
    assert "\n" not in built["message"]
    assert standing.state_of(killed)["type"] == "CRASHED"
    assert not lease.exists()
    reasons = ("the sweep has not ended", "its process was killed")
    wait_for("word of both runs", lambda: all(any(reason in one for one in told) for reason in reasons), 30, lambda: str(told))
    assert any(one.startswith("hubwatch: build failed\n") for one in told)
    wait_for("word of no build", lambda: any(one.startswith("hubwatch: nothing was built\n") for one in told), 60, lambda: str(told))

    resumed = standing.ended(standing.start("huggingface-full"))
    assert resumed["type"] == "COMPLETED", resumed["message"]
    pages = [asked for asked in hub.requests if ("limit", "1000") in asked.query]  # beside the question for the newest models, at the end
    assert len(pages) <= RECORDS / 1000 + 1, "only the page under way when it was killed is asked for again"
    (kept,) = kept_sweeps(standing.data, "huggingface")
    ids = [model["id"] for page in kept.read() for model in json.loads(page.body)]
    assert (len(ids), len(set(ids))) == (RECORDS, RECORDS)


def test_deployments_run_by_their_schedules_and_deploying_again_changes_nothing(standing: Standing) -> None:
    before = standing.deployments()
    assert len(before) == 9
    standing.worker()
    collected = standing.bring_forward("huggingface-head")
    standing.run("--no-prompt", "deploy", "--all")
    assert _plan(standing) == {name: (made["id"], _schedules(made)) for name, made in before.items()}

    assert standing.ended(collected)["type"] == "COMPLETED"
    side_by_side = [standing.bring_forward("build"), standing.bring_forward("backfill")]  # the one waits while the other writes
    for run in side_by_side:
        ended = standing.ended(run)
        assert ended["type"] == "COMPLETED", ended["message"]
    tables = {made["key"]: json.loads(made["data"]) for made in standing.post("/artifacts/latest/filter")}
    assert tables["collect-huggingface-head"][0]["complete"] == "yes"
    assert [(row["hub"], row["complete"]) for row in tables["days"]] == [("huggingface", "yes")]
    with publishing.open_published(standing.data) as con:
        assert ("head", True) in con.execute("select source, complete from sweeps").fetchall()
    assert not [run for name in before for run in standing.runs(name, "RUNNING", "PENDING")]


def _pages_saved(data: Path) -> int:
    """How many pages of the sweep a reader finds on disk: a request for the next page does not say that the one before is saved."""
    return sum(1 for kept in kept_sweeps(data, "huggingface") for _ in kept.read())


def _plan(standing: Standing) -> dict[str, object]:
    """What is deployed: each deployment's id and schedules."""
    made = standing.deployments()
    return {name: (each["id"], _schedules(each)) for name, each in made.items()}


def _schedules(deployment: dict[str, Any]) -> list[Any]:
    return sorted((schedule["schedule"] for schedule in deployment["schedules"]), key=str)


def _kill(worker: subprocess.Popen[bytes], pid: int) -> None:
    """End a worker and the process it started, without a word."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(10)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        assert not Path(f"/proc/{pid}").exists(), "it went with its group"
