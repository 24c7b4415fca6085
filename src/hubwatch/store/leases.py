"""Leases: which runs are being run right now, and which were left behind by a process that ended without a word.

A lease is a file that its process keeps locked. The kernel ends the lock with the process, however that ends: no
clock has to be trusted and no lease has to run out, on one machine or on a shared folder with working locks.
"""

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from hubwatch.clock import now


@contextlib.contextmanager
def held(data: Path, run_id: str) -> Iterator[None]:
    """Hold the lease of a run until the block ends; what is left of it after a kill shows in `abandoned`."""
    path = _path(data, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".fresh")
    with open(fresh, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": now().isoformat()}))
        file.flush()
        os.replace(fresh, path)  # nobody sees it unlocked while its owner lives
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def abandoned(data: Path) -> list[str]:
    """Runs whose lease nobody holds any more: their process was killed."""
    return [path.stem for path in sorted(_path(data, "-").parent.glob("*.lease")) if not _is_held(path)]


def settle(data: Path, run_id: str) -> None:
    """Forget an abandoned run's lease."""
    _path(data, run_id).unlink(missing_ok=True)


def _path(data: Path, run_id: str) -> Path:
    return data / "locks" / "runs" / f"{run_id}.lease"


def _is_held(path: Path) -> bool:
    try:
        with open(path, encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):  # locked, or ended by itself meanwhile
        return True
    return False
