"""What tests share: settings that read no environment, an open warehouse, and where shared material is, if it is."""

import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock

from hubwatch import store
from hubwatch.facts import load_facts
from hubwatch.settings import Settings
from hubwatch.statistics import make_macros
from tests.shared import shared as shared_file

ROOT = Path(__file__).parents[1]
os.environ.setdefault("HUBWATCH_REPORT", "no")  # the report takes longer than what most tests are about; those of it ask for it
os.environ.setdefault("HF_HUB_DISABLE_XET", "1")  # its storage is another service than the hub's API, of which a test has a stand-in
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


@cache
def made_once(make: Callable[[Path], object]) -> Path:
    """A folder with what `make` makes in it, made once in a process: for copying, never for writing."""
    folder = Path(tempfile.mkdtemp(prefix="hubwatch-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make(folder)
    return folder


def _empty_warehouse(folder: Path) -> None:
    with contextlib.closing(store.open_warehouse(folder)) as con:
        load_facts().stage(con)
        make_macros(con)


def with_warehouse(data: Path, make: Callable[[Path], object] = _empty_warehouse) -> Path:
    """The data folder, with the empty warehouse of `make` where it has none: making one takes a third of what most tests take."""
    data.mkdir(parents=True, exist_ok=True)
    if not (data / "warehouse.duckdb").exists():
        shutil.copyfile(made_once(make) / "warehouse.duckdb", data / "warehouse.duckdb")
    return data


def settings_for(data: Path, endpoint: str = "http://127.0.0.1:9", **more: object) -> Settings:
    """Settings for a stand-in at `endpoint`; quick to give up. The data folder has an empty warehouse."""
    with_warehouse(data)
    variables = {"HF_ENDPOINT": endpoint, "MODELSCOPE_ENDPOINT": endpoint, "WISEMODEL_ENDPOINT": endpoint}
    quick = {
        "HUBWATCH_READ_TIMEOUT": "2",
        "HUBWATCH_DEADLINE": "5",
        "HUBWATCH_ATTEMPTS": "3",
        "HUBWATCH_PATIENCE": "20",
        "HUBWATCH_REPORT": "no",
    }
    return Settings.from_environment(data, variables | quick | {name: str(value) for name, value in more.items()})


# The files that take longest go first, so that no processor is idle at the end.
LONGEST = (
    "test_deployments.py",
    "test_coordination.py",
    "test_shared.py",
    "test_killed.py",
    "test_readme.py",
    "test_daily.py",
    "test_pipeline.py",
    "test_backfill.py",
)


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as processors, as far as memory goes: a third of the time tests wait, for servers, retries and windows.

    Twice as many take more processor time for the same tests, and no less of the clock's.
    """
    processors = min(os.cpu_count() or 1, 8)
    return processors + (processors + 1) // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda test: LONGEST.index(test.path.name) if test.path.name in LONGEST else len(LONGEST))


def hubwatch(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it in that folder, without variables of this process that settings would read."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUBWATCH_", "MODELSCOPE_", "WISEMODEL_"))}
    environment = clean | {"PYTHONPATH": str(ROOT / "src"), "HUBWATCH_REPORT": "no"} | variables
    command = [sys.executable, "-m", "hubwatch", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=240)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `hubwatch demo` was run, with what it said in `said.txt`: made once for all workers, for reading only."""
    room = tmp_path_factory.getbasetemp()
    made = (room.parent if "PYTEST_XDIST_WORKER" in os.environ else room) / "demo"
    with FileLock(f"{made}.lock"):
        if not (made / "said.txt").exists():
            made.mkdir(exist_ok=True)
            done = hubwatch(made, "demo", HUBWATCH_REPORT="yes")
            assert done.returncode == 0, done.stderr
            (made / "said.txt").write_text(done.stdout, "utf-8")
    return made


@pytest.fixture
def shared() -> Path:
    """The folder of shared real figures; a test that asks for it skips where it is absent."""
    return shared_file(".")
