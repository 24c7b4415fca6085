"""Commands of hubwatch in forked children: as a process of their own, without the seconds that a new interpreter takes to import."""

import os
import resource
import signal
import sys
import threading
import time
import traceback
from codecs import lookup
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import hubwatch
from hubwatch import __main__ as program

OURS = str(Path(hubwatch.__file__).parent)
lookup("idna")  # a child without rights cannot import it from everywhere
LONGEST = 60.0  # seconds a command may take before it counts as hung


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (negative: the signal that killed it), what it printed, whether it hung."""

    words: tuple[str, ...]
    code: int
    out: str
    errors: str
    hung: bool
    seconds: float  # of the processor

    @property
    def has_traceback(self) -> bool:
        """Whether an error came out as anything but a line of hubwatch's own."""
        return "Traceback" in self.errors or "internal error" in self.errors or "a fault of hubwatch" in self.errors

    @property
    def is_plain_failure(self) -> bool:
        """Whether it failed with one line that says why."""
        last = self.errors.strip().splitlines()[-1:]
        return self.code in (1, 2) and bool(last) and last[0].startswith("hubwatch: ") and not self.has_traceback


class Running:
    """A command in a forked child. `prepare` runs in the child before it: limits, signals to come, another clock."""

    def __init__(
        self, words: tuple[str, ...], environment: Mapping[str, str], folder: Path, prepare: Callable[[], object] = lambda: None
    ) -> None:
        self.words = words
        self._files = [folder / f"{threading.get_ident()}-{time.monotonic_ns()}.{name}" for name in ("out", "errors")]
        self._began = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            self._be(environment, prepare)

    def _be(self, environment: Mapping[str, str], prepare: Callable[[], object]) -> NoReturn:
        code: Any = 99
        try:
            for number, path in zip((1, 2), self._files, strict=True):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666), number)
            sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
            for name in [name for name in os.environ if name.startswith(("HUBWATCH_", "HF_", "MODELSCOPE_", "WISEMODEL_"))]:
                del os.environ[name]
            os.environ.update(environment)
            sys.argv = ["hubwatch", *self.words]
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            prepare()
            program.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1 if end.code else 0
        except BaseException:  # noqa: BLE001  whatever comes out is a finding
            traceback.print_exc()
        finally:
            sys.setprofile(None)
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except (OSError, ValueError):
                    code = code or 1
            os._exit(code)

    def ended(self) -> Ended:
        """Wait for its end; a command that takes longer than `LONGEST` is killed."""
        hung = False
        while True:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                break
            if not hung and time.monotonic() - self._began > LONGEST:
                hung = True
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.002)
        out, errors = (path.read_text("utf-8", "replace") for path in self._files)
        for path in self._files:
            path.unlink()
        return Ended(self.words, os.waitstatus_to_exitcode(status), out, errors, hung, usage.ru_utime + usage.ru_stime)


def at_step(number: int, strike: Callable[[], object], count_to: Path | None = None) -> Callable[[], None]:
    """A `prepare` that calls `strike` at the given step: calls in and out of hubwatch's own code, in all threads, counted from 1.

    `count_to`: a file that the number of steps is written to when the child ends.
    """

    def prepare() -> None:
        steps = 0

        def step(frame: FrameType, event: str, arg: object) -> None:
            nonlocal steps
            if event in ("call", "c_call") and frame.f_code.co_filename.startswith(OURS):
                steps += 1
                if steps == number:
                    strike()

        threading.setprofile(step)
        sys.setprofile(step)
        if count_to is not None:
            end = os._exit

            def noted(code: int) -> NoReturn:
                sys.setprofile(None)
                count_to.write_text(str(steps))
                end(code)

            os._exit = noted  # type: ignore[assignment]  # in the child alone, whose last call it is

    return prepare


def kill(number: signal.Signals) -> Callable[[], None]:
    """A strike that sends this process a signal."""
    return lambda: os.kill(os.getpid(), number)


def after_seconds(seconds: float) -> Callable[[], None]:
    """A `prepare` by which the child dies, in the midst of whatever it does, after so much time of the processor."""

    def prepare() -> None:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)

    return prepare


def with_small_disk(size: int) -> Callable[[], None]:
    """A `prepare` by which no file can grow beyond so many bytes: a write fails as on a full disk."""

    def prepare() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return prepare


def as_nobody() -> None:
    """A `prepare` by which the child may read the folder and not write to it."""
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
