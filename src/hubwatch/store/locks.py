"""Locks of a data folder: who may write what, and which runs are at work. They end with their process, however that ends.

A lock is a file that its process keeps locked. The kernel ends the lock with the process: no clock has to be trusted and nothing
has to expire, on one machine or on a shared folder whose file system has working locks. Where the system itself has none, the file
stands for the lock.
"""

import contextlib
import errno
import json
import os
import socket
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from hubwatch.clock import now
from hubwatch.errors import Busy, StoreFault

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that a file stands for the lock where the system has none
    from filelock import BaseFileLock, FileLock, Timeout

_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTTY}
_EXAMINING = 60.0  # seconds to wait for another run that looks at the leases


@contextlib.contextmanager
def locked(data: Path, name: str, wait: float = 0) -> Iterator[None]:
    """Hold the lock `name` of this data folder, or after `wait` seconds raise `Busy` naming its holder."""
    lock, holder = _lock_file(data, f"{name}.lock"), data / "locks" / f"{name}.holder"
    if not _taken(data, lock, wait):
        raise Busy(f"{name} is locked by {_named(holder)}; wait for it or end it, then run again")
    try:
        about = {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{now():%Y-%m-%d %H:%M:%S}", "command": _command()}
        holder.write_text(json.dumps(about), encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):  # the lock is what counts
            holder.unlink(missing_ok=True)
        lock.release()


@contextlib.contextmanager
def held(data: Path, run_id: str) -> Iterator[None]:
    """Hold the lease of a run until the block ends; what is left of it after a kill shows in `abandoned`."""
    with locked(data, "leases", _EXAMINING):  # nobody sees it unlocked while its owner lives
        lease = _lock_file(data, f"runs/{run_id}.lease")
        _taken(data, lease, 0)
        about = {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{now():%Y-%m-%d %H:%M:%S}"}
        Path(lease.lock_file).write_text(json.dumps(about), encoding="utf-8")
    try:
        yield
    finally:
        settle(data, run_id)
        lease.release()


def abandoned(data: Path) -> list[str]:
    """Runs whose lease nobody holds any more: their process was killed."""
    with locked(data, "leases", _EXAMINING):
        return [path.stem for path in sorted((data / "locks" / "runs").glob("*.lease")) if not _is_held(data, path)]


def settle(data: Path, run_id: str) -> None:
    """Forget an abandoned run's lease."""
    (data / "locks" / "runs" / f"{run_id}.lease").unlink(missing_ok=True)


def _is_held(data: Path, path: Path) -> bool:
    lease = _lock_file(data, f"runs/{path.name}")
    if not _taken(data, lease, 0):
        return True
    lease.release()
    return False


def _lock_file(data: Path, name: str) -> BaseFileLock:
    path = data / "locks" / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(data, error) from None
    return FileLock(path, thread_local=False)


def _taken(data: Path, lock: BaseFileLock, wait: float) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a file stands for the lock where the system has none
            lock.acquire(timeout=wait, poll_interval=0.2)
    except Timeout:
        return False
    except OSError as error:
        raise _unusable(data, error) from None
    return True


def _unusable(data: Path, error: OSError) -> StoreFault:
    """Why nothing can be locked in this folder, with the fix."""
    if error.errno in _NO_LOCKS:
        return StoreFault(
            f"{data} is on a file system without file locks ({error.strerror}); name a folder on a local disk with --data, or mount it with locks"
        )
    return StoreFault(
        f"{data} cannot be written to ({error.strerror}: {error.filename}); check the file permissions, or name another folder with --data"
    )


def _command() -> str:
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])


def _named(holder: Path) -> str:
    try:
        about = json.loads(holder.read_text(encoding="utf-8"))
        return f"process {about['pid']} on {about['host']} since {about['since']} UTC ({about['command']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
