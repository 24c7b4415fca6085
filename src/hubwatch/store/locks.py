"""Locks of a data folder: who may write what. They end with the process that holds them, however that ends."""

import contextlib
import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from hubwatch.clock import now
from hubwatch.errors import Busy, StoreFault


@contextlib.contextmanager
def locked(data: Path, name: str, wait: float = 0) -> Iterator[None]:
    """Hold the lock `name` of this data folder, or after `wait` seconds raise `Busy` naming its holder."""
    with _lock_file(data, name) as file:
        until = time.monotonic() + wait
        while not _taken(file):
            if time.monotonic() >= until:
                file.seek(0)
                raise Busy(f"{name} is busy: {_holder(file.read())}; wait for it or end it, then run again")
            time.sleep(0.5)
        file.truncate(0)
        about = {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{now():%Y-%m-%d %H:%M:%S}", "command": _command()}
        file.write(json.dumps(about))
        file.flush()
        yield


def _lock_file(data: Path, name: str) -> TextIO:
    try:
        (data / "locks").mkdir(parents=True, exist_ok=True)
        return open(data / "locks" / f"{name}.lock", "a+", encoding="utf-8")
    except OSError as error:
        told = f"{data} cannot be written to ({error.strerror}: {error.filename})"
        raise StoreFault(f"{told}; give yourself the right to, or name another folder with --data") from None


def _taken(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _command() -> str:
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])


def _holder(text: str) -> str:
    try:
        about = json.loads(text)
        return f"process {about['pid']} on {about['host']} holds it since {about['since']} UTC ({about['command']})"
    except (ValueError, KeyError, TypeError):
        return "another process holds it"
