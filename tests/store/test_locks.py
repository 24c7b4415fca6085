"""Locks: the second to come is told who holds it, and a folder that cannot be written to what to do."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hubwatch import errors as failures
from hubwatch.store import locks
from hubwatch.store import warehouse as store
from hubwatch.store.publishing import publish
from tests.store.test_days import load


def test_a_second_process_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from hubwatch.errors import Busy
from hubwatch.store import locked
try:
    with locked(Path({str(tmp_path)!r}), "warehouse"): raise SystemExit("got it")
except Busy as busy: raise SystemExit(str(busy))
"""
    with locks.locked(tmp_path, "warehouse"):
        told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stderr
    assert f"process {os.getpid()}" in told
    assert "warehouse is locked by process" in told
    free = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stderr
    assert free.strip() == "got it"


def test_a_folder_that_cannot_be_written_to_is_told_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = r"file cannot be written to \(Not a directory.*another folder with --data"
    with pytest.raises(failures.StoreFault, match=told), locks.locked(tmp_path / "file", "warehouse"):
        raise AssertionError("no lock is to be had there")


def test_a_lock_left_behind_by_a_killed_process_is_free_and_its_holder_forgotten(tmp_path: Path) -> None:
    script = f"""
import os
from pathlib import Path
from hubwatch.store import locked
with locked(Path({str(tmp_path)!r}), "warehouse"): os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    with locks.locked(tmp_path, "warehouse"):
        assert f'"pid": {os.getpid()}' in (tmp_path / "locks" / "warehouse.holder").read_text()
    assert not (tmp_path / "locks" / "warehouse.holder").exists()


WITHOUT_FCNTL = """
import sys
sys.modules["fcntl"] = None
import hubwatch
from hubwatch.cli.app import main
sys.argv = ["hubwatch", *sys.argv[1:]]
main()
"""


def test_statistics_are_read_and_locks_are_held_where_the_system_has_no_fcntl(tmp_path: Path) -> None:
    with contextlib.closing(store.open_warehouse(tmp_path)) as con:
        load(con, 0, {"a": ("mit", 1)})

    def hubwatch(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", WITHOUT_FCNTL, *words, "--data", str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"HUBWATCH_REPORT": "false"})

    for stage in ("classify", "measure", "publish"):
        done = hubwatch(stage)
        assert (done.returncode, done.stderr) == (0, "")
    answer = hubwatch("stats", "download-share", "--hub", "huggingface", "--by", "namespace", "--format", "json")
    assert (answer.stderr, answer.returncode, '"value": 1' in answer.stdout) == ("", 0, True)


WITHOUT_LOCKS = """
#include <errno.h>
#include <fcntl.h>
int flock(int file, int how) { errno = ENOLCK; return -1; }
int fcntl(int file, int what, ...) { if (what == F_SETLK || what == F_GETLK) { errno = ENOLCK; return -1; } return 0; }
int fcntl64(int file, int what, ...) { if (what == F_SETLK || what == F_GETLK) { errno = ENOLCK; return -1; } return 0; }
"""


def test_a_file_system_without_locks_is_named_by_its_folder_with_the_cure(tmp_path: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")
    if not compiler or sys.platform != "linux":
        pytest.skip("there is no C compiler to stand in for such a file system")
    data, library = tmp_path / "data", tmp_path / "nolock.so"
    with contextlib.closing(store.open_warehouse(data)) as con:
        load(con, 0, {"a": ("mit", 1)})
    publish(data)
    (tmp_path / "nolock.c").write_text(WITHOUT_LOCKS)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, tmp_path / "nolock.c"], check=True)
    for words in (["publish"], ["stats", "download-share"], ["status"]):
        command = [sys.executable, "-m", "hubwatch", *words, "--data", str(data)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"LD_PRELOAD": str(library)})
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert f"{data}" in line
        assert "locks" in line
        assert "local disk" in line
