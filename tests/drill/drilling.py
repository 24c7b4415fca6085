"""One schedule: the accidents, a plain re-run, and the verdict."""

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from hubwatch import clock
from hubwatch.errors import HubwatchError
from hubwatch.sandbox import Faults
from hubwatch.store import open_published
from tests.drill.children import Ended, Running, after_seconds, as_nobody, at_step, kill, with_small_disk
from tests.drill.damage import harm
from tests.drill.schedules import Accident, Schedule
from tests.drill.world import SECOND, World, content, on_the_second_day

GOOD = ("same", "cured", "told")
_COMMANDS = re.compile(r"`((?:hubwatch|rm|mv|cp|install) [^`]+)`")


@dataclass
class Verdict:
    """What a schedule came to.

    `same`: a plain re-run ends in the tables of an undisturbed run. `cured`: the printed commands do. `told`: the re-run fails in one
    line and the last good day is readable. Everything else is a `LOSS`, `TRACEBACK` or `HANG`.
    """

    schedule: Schedule
    outcome: str = "same"
    why: str = ""
    runs: list[Ended] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return self.outcome in GOOD

    def told(self) -> str:
        """In one line, with the last error where that matters."""
        return f"{self.outcome:9} {self.schedule.told()}" + (f"\n          {self.why}" if self.why else "")


class Drill:
    """Runs schedules; each hub's world is made when it is first met."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o755)
        self.worlds: dict[str, World] = {}

    def run(self, schedule: Schedule) -> Verdict:
        """The schedule on a folder of its own."""
        with on_the_second_day(), tempfile.TemporaryDirectory(dir=self.folder, prefix=f"{schedule.seed}-") as folder:
            if schedule.hub not in self.worlds:
                self.worlds[schedule.hub] = World(schedule.hub, self.folder / schedule.hub)
            os.chmod(folder, 0o755)
            return _One(self.worlds[schedule.hub], schedule, Path(folder)).verdict()


class _One:
    def __init__(self, world: World, schedule: Schedule, folder: Path) -> None:
        self.world, self.schedule, self.folder, self.data = world, schedule, folder, folder / "data"
        self.found = Verdict(schedule)

    def verdict(self) -> Verdict:
        world, schedule, found = self.world, self.schedule, self.found
        world.start_of(schedule.command, self.data)
        if schedule.command in ("collect", "run") and schedule.before.kind.startswith(("page", "state")):
            self._suffer(Accident("kill", 0.9))  # so that there are pages to damage
        if schedule.before.kind != "none":
            harm(self.data, schedule.hub, schedule.before.kind, schedule.before.at)
        for accident in schedule.during:
            self._suffer(accident)
        with world.serving(SECOND) as sandbox:
            self.endpoints = sandbox.endpoints
            last = self._plainly()
            if not self._is_same(last):
                found.outcome = "cured"
                last = self._cure(last)
        if not self._is_same(last):
            is_told = (
                last.code or "still left out" in last.errors
            )  # a day that cannot be loaded fails one build and is named by all later ones
            found.outcome = "told" if is_told and self._last_good_day_is_readable() else "LOSS"
            found.why = found.why or f"{' '.join(last.words)} -> {last.code}: {last.errors.strip().splitlines()[-1:] or 'no error'}"
        self._judge_words()
        return found

    def _plainly(self) -> Ended:
        """The command once more, then whatever is saved into the published file."""
        words = self.world.words(self.schedule.command)
        first = self._command(words)
        if first.code and self.schedule.command == "collect":
            return first
        return first if self.schedule.command in ("run", "build") else self._command(("build",))

    def _cure(self, last: Ended) -> Ended:
        """Do what the errors say, as an operator would, at most three times."""
        for _ in range(3):
            commands = _COMMANDS.findall(last.errors)
            if not commands:
                return last
            for command in commands:
                words = shlex.split(command)
                if words[0] == "hubwatch" and "--data" not in words:
                    self._command(tuple(words[1:]))
                else:
                    subprocess.run(command.replace("hubwatch ", "true "), shell=True, check=False, cwd=self.data, capture_output=True)
            last = self._command(("build",))
            if self._is_same(last):
                return last
        return last

    def _command(self, words: tuple[str, ...], prepare: Callable[[], object] = lambda: None) -> Ended:
        ended = Running(words, self.world.environment(self.data, self.endpoints), self.folder, prepare).ended()
        self.found.runs.append(ended)
        return ended

    def _suffer(self, accident: Accident) -> None:
        """The command with this accident."""
        world, command = self.world, self.schedule.command
        words = world.words(command)
        step = 1 + int(accident.at * world.steps_of(command))
        faults = Faults.parse(list(accident.faults)) if accident.faults else None
        with world.serving(SECOND, faults) as sandbox, contextlib.ExitStack() as held:
            self.endpoints = sandbox.endpoints
            if accident.kind == "reader":
                held.enter_context(_reading(self.data, self.found))
            if accident.kind == "twins":
                both = [Running(words, world.environment(self.data, self.endpoints), self.folder) for _ in range(2)]
                self.found.runs += [one.ended() for one in both]
                return
            prepare: dict[str, Callable[[], object]] = {
                "kill": at_step(step, kill(signal.SIGKILL)),
                "term": at_step(step, kill(signal.SIGTERM)),
                "die": after_seconds(max(0.001, accident.at * world.seconds_of(command))),
                "full": with_small_disk(20_000 + int(accident.at**3 * 16_000_000)),
                "midnight": _clock_that_jumps(step),
                "nobody": as_nobody,
            }
            ended = self._command(words, prepare.get(accident.kind, lambda: None))
            if ended.code not in (0, 1, 2, -signal.SIGKILL, -signal.SIGPROF):
                self.found.outcome, self.found.why = "TRACEBACK", f"{' '.join(words)} ended with {ended.code}: {ended.errors[-300:]}"

    def _is_same(self, last: Ended) -> bool:
        if last.code:
            return False
        try:
            return content(self.data) == self.world.expected
        except (HubwatchError, duckdb.Error):
            return False

    def _last_good_day_is_readable(self) -> bool:
        """Whether the published file, or the generation before it, still holds what was published before."""
        for name in ("hubwatch.duckdb", "hubwatch.previous.duckdb"):
            with contextlib.suppress(HubwatchError, duckdb.Error):
                if content(self.data / name) in (self.world.before, self.world.expected):
                    return True
        return False

    def _judge_words(self) -> None:
        """Whatever the tables are: no traceback, no hang, and no failure without a line."""
        for ended in self.found.runs:
            told = f"{' '.join(ended.words)} -> {ended.code}: {ended.errors[-400:]}"
            if ended.hung:
                self.found.outcome, self.found.why = "HANG", told
            elif ended.has_traceback or (ended.code in (1, 2, 99) and not ended.is_plain_failure):
                self.found.outcome, self.found.why = "TRACEBACK", told


def _clock_that_jumps(step: int) -> Callable[[], None]:
    """A `prepare`: two seconds to midnight (UTC) of the day that is collected, and a second behind it from that step on."""

    def prepare() -> None:
        midnight = datetime.combine(SECOND + timedelta(days=1), datetime.min.time(), UTC)
        begun, ahead = time.monotonic(), [timedelta(seconds=-2)]
        at_step(step, lambda: ahead.append(timedelta(seconds=1)))()
        clock.running_on(lambda: midnight + ahead[-1] + timedelta(seconds=time.monotonic() - begun) / 1000).__enter__()

    return prepare


@contextlib.contextmanager
def _reading(data: Path, found: Verdict) -> Iterator[None]:
    """Another process that has the published file open, and in the end still reads what it read at first."""
    ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        with contextlib.suppress(Exception), open_published(data) as con:
            query = "select count(*), sum(likes), max(day) from observations"
            first = con.execute(query).fetchall()
            os.write(ready[1], b"1")
            os.read(go[0], 1)
            code = 0 if con.execute(query).fetchall() == first else 2
        os.write(ready[1], b"0")
        os._exit(code)
    os.read(ready[0], 1)
    try:
        yield
    finally:
        os.write(go[1], b"1")
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2:
            found.outcome, found.why = "LOSS", "a reader that held the file read something else in the end"
        for end in (*ready, *go):
            os.close(end)


def drilled(seeds: list[int], schedule_of: Callable[[int], Schedule], folder: Path, tell: Callable[[Verdict], object]) -> dict[str, int]:
    """Run these schedules; how many came to what."""
    drill, totals = Drill(folder), dict.fromkeys((*GOOD, "LOSS", "TRACEBACK", "HANG"), 0)
    for seed in seeds:
        verdict = drill.run(schedule_of(seed))
        totals[verdict.outcome] += 1
        tell(verdict)
    for hub in drill.worlds:
        shutil.rmtree(drill.folder / hub)
    return totals
