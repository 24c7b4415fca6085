"""What is said while a stage runs: lines on stderr, of stages that take long only."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from hubwatch.cli.output import is_quiet, warn
from hubwatch.stages import shown_by

_SOON, _LATER = 2.0, 10.0  # seconds until the first line, on a terminal and in a log; then between lines


@contextmanager
def stages(soon: float | None = None) -> Iterator[None]:
    """Inside, say of each stage that takes longer than moments that it runs, and in the end how long it took."""
    first = soon if soon is not None else _SOON if sys.stderr.isatty() else _LATER

    @contextmanager
    def said(name: str) -> Iterator[None]:
        if is_quiet():
            yield
            return
        began, ended = time.monotonic(), threading.Event()
        speaker = threading.Thread(target=_speak, args=(name, began, ended, first), daemon=True)
        speaker.start()
        try:
            yield
        finally:
            ended.set()
            speaker.join()
            if (took := time.monotonic() - began) >= first:
                warn(f"{name}: took {took:.0f} s")

    with shown_by(said):
        yield


def _speak(name: str, began: float, ended: threading.Event, first: float) -> None:
    pause = first
    while not ended.wait(pause):
        warn(f"{name}: {time.monotonic() - began:.0f} s so far")
        pause = max(first, _LATER)
