"""What is shown while a sweep runs: live bars on a terminal, lines now and then when not, plain or JSON. Always on stderr."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column

from hubwatch import collect
from hubwatch.cli.output import is_quiet
from hubwatch.errors import counted
from hubwatch.store import log_event

_WIDE = 120  # columns that bars, figures and times take together
_EVERY = 10.0  # seconds between plain lines of one hub


@contextmanager
def watching(log: str = "text", quiet: bool = False) -> Iterator[collect.Watch]:
    """A watcher for `pipeline.run` and `pipeline.collect_all`; `log` is "text" or "json"."""
    if is_quiet() and log == "text":
        yield lambda at: None
    elif sys.stderr.isatty() and not quiet and log == "text":
        with _bars() as bars:
            yield _LiveWatch(bars)
    else:
        yield _LineWatch(log)


def _bars() -> Progress:
    """Bars with times; on a terminal too narrow for them the words alone, which say more."""
    console = Console(stderr=True)
    words = (TextColumn("{task.description:<12}"), TextColumn("{task.fields[told]}", table_column=Column(no_wrap=True)))
    times = (TimeElapsedColumn(Column(no_wrap=True)), TimeRemainingColumn(table_column=Column(no_wrap=True)))
    columns = (words[0], BarColumn(bar_width=24), words[1], *times) if console.width >= _WIDE else words
    return Progress(*columns, console=console)


class _LiveWatch:
    def __init__(self, bars: Progress) -> None:
        self._bars, self._tasks, self._began = bars, dict[str, TaskID](), time.monotonic()

    def __call__(self, at: collect.Progress) -> None:
        if at.hub not in self._tasks:
            self._tasks[at.hub] = self._bars.add_task(at.hub, total=at.listed_total, told="")
        total = at.records if at.ended else at.listed_total
        self._bars.update(self._tasks[at.hub], completed=at.records, total=total, told=_told(at, time.monotonic() - self._began))


class _LineWatch:
    def __init__(self, log: str) -> None:
        self._log, self._began = log, time.monotonic()
        self._last: dict[str, float] = {}

    def __call__(self, at: collect.Progress) -> None:
        moment = time.monotonic()
        if at.ended or moment - self._last.get(at.hub, self._began) >= _EVERY:
            self._last[at.hub] = moment
            if self._log == "json":
                log_event("progress", asdict(at))
                return
            sys.stderr.write(f"{at.hub}: {_told(at, moment - self._began)}{', ended' if at.ended else ''}\n")
            sys.stderr.flush()


def _told(at: collect.Progress, seconds: float) -> str:
    quota = "" if at.quota_left is None else f", quota left {at.quota_left:,}"
    total = "" if at.listed_total is None else f" of {at.listed_total:,}"
    return f"{counted(at.pages, 'page')}, {at.records:,}{total} records, {at.pages / max(seconds, 0.001):.1f} pages/s{quota}"
