"""Locks: the second to come is told who holds it, and a folder that cannot be written to what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hubwatch import errors as failures
from hubwatch.store import locks


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
    assert "warehouse is busy" in told
    free = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stderr
    assert free.strip() == "got it"


def test_a_folder_that_cannot_be_written_to_is_told_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = r"file cannot be written to \(Not a directory.*another folder with --data"
    with pytest.raises(failures.StoreFault, match=told), locks.locked(tmp_path / "file", "warehouse"):
        raise AssertionError("no lock is to be had there")
