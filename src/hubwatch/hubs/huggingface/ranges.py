"""A full sweep in ranges of creation time, walked side by side: as fast as the hub's quota allows, however slow its answers.

One cursor is as slow as the hub's answers: 3,118 pages at a second each take 52 minutes, where the anonymous quota allows 31. The
walk begins with one range, everything. While the quota allows more requests than the ranges under way send, the range with most
left to list is split in the middle of what is left: its later half is entered by a cursor that hubwatch makes. A range ends with the
page that reaches the next one's start, so that neighbours overlap by a part of a page and nothing lies between them. Where the
hub does not honour such a cursor, the range is not split, and the walk goes on as one.
"""

import math
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hubwatch.errors import HubFailure
from hubwatch.net import Client
from hubwatch.pages import Page

MOST = 16  # ranges under way at once
WORTH_SPLITTING = 40  # pages that must be left in a range: a split costs about one
SLOW = 0.2  # seconds an answer takes, below which one cursor is fast enough
_FIRST = 12  # pages before it is known how slow the hub is
_SMOOTHING = 0.3  # weight of the last page in a range's pace


class NotHonoured(Exception):
    """The hub answered a cursor that hubwatch made with models created before it."""


@dataclass
class Range:
    """A stretch of creation time [enter, until) that one thread walks; None: from the first model on, up to the last."""

    partition: str
    enter: datetime | None = None
    until: datetime | None = None
    at: datetime | None = None  # how far the pages read so far reach
    pace: float | None = None  # seconds of creation time that a page covers
    reached: bool = False  # whether a page reached `until`
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def is_over(self, created: datetime | None) -> bool:
        """Whether a model created then belongs to the next range."""
        with self.lock:
            return created is not None and self.until is not None and created >= self.until

    def read(self, first: datetime | None, last: datetime | None) -> None:
        """Note that a page with these first and last creation times was read; `NotHonoured` when it lies before the range."""
        with self.lock:
            if self.at is None and self.enter is not None and first is not None and first < self.enter:
                raise NotHonoured
            if first is not None and last is not None and last >= first:
                span = (last - first).total_seconds()
                self.pace = span if self.pace is None else (1 - _SMOOTHING) * self.pace + _SMOOTHING * span
            self.at = max((at for at in (self.at, last) if at is not None), default=None)

    def pages_left(self, newest: datetime) -> float:
        """About how many pages are left of it, where the newest model was created then; 0 while that cannot be told."""
        with self.lock:
            if self.at is None or self.reached or not self.pace:
                return 0.0
            return (min(self.until or newest, newest) - self.at).total_seconds() / self.pace

    def split(self, newest: datetime) -> datetime | None:
        """End this range in the middle of what is left of it; where the other half begins, None when there is no whole second between."""
        with self.lock:
            if self.at is None or self.reached:
                return None
            middle = (self.at + (min(self.until or newest, newest) - self.at) / 2).replace(microsecond=0)
            if middle <= self.at + timedelta(seconds=1):
                return None
            self.until = middle
            return middle


@dataclass
class _End:
    """A thread's last word on its range."""

    of: Range
    failure: BaseException | None = None


# Called where ranges are started, with a range: what its thread then does with a client of its own.
Prepare = Callable[[Range], Callable[[Client], Iterator[Page]]]


class SideBySide:
    """Walks ranges in threads of their own and hands their pages on, one at a time, in the order in which they come."""

    def __init__(
        self,
        client: Client,
        prepare: Prepare,
        on_split: Callable[[datetime], object],
        on_refusal: Callable[[datetime], object],
        newest: Callable[[], datetime | None],
    ) -> None:
        self._client, self._prepare, self._on_split, self._on_refusal, self._ask_newest = client, prepare, on_split, on_refusal, newest
        self._newest: datetime | None = None
        self._seen = 0  # pages handed on
        self._pages: queue.Queue[Page | _End] = queue.Queue(maxsize=MOST)
        self._stop = threading.Event()
        self._under_way: list[Range] = []
        self._may_split = True
        self._clients: set[Client] = set()

    def pages(self, ranges: list[Range], goes_on: Callable[[Range], bool]) -> Iterator[Page]:
        """The pages of these ranges and of those they are split into. `goes_on`: asked when a range ends, whether to walk it further.

        The first failure of a range ends the others with their page under way, and is raised once what they read is handed on.
        """
        failure: BaseException | None = None
        waiting = list(ranges)
        threads: list[threading.Thread] = []
        try:
            while waiting or self._under_way:
                while waiting and failure is None and len(self._under_way) < MOST:
                    threads.append(self._start(waiting.pop(0)))
                if failure is not None and not self._under_way:
                    break
                got = self._pages.get()
                if isinstance(got, Page):
                    self._seen += 1
                    yield got
                elif (error := self._ended(got)) is not None:
                    failure = failure or error
                    self._stop.set()
                elif failure is None and goes_on(got.of):
                    waiting.append(got.of)
                if failure is None and self._may_split and 0 < len(self._under_way) + len(waiting) < self._wanted():
                    waiting += self._split()
            if failure is not None:
                raise failure
        finally:
            self._stop.set()
            for client in list(self._clients):
                client.interrupt()
            while any(thread.is_alive() for thread in threads):
                try:
                    self._pages.get(timeout=0.05)  # nobody will read it; its thread waits for room
                except queue.Empty:
                    continue

    def _start(self, one: Range) -> threading.Thread:
        self._under_way.append(one)
        thread = threading.Thread(target=self._run, args=(one, self._prepare(one)), daemon=True)
        thread.start()
        return thread

    def _run(self, one: Range, walk: Callable[[Client], Iterator[Page]]) -> None:
        failure: BaseException | None = None
        try:
            with self._client.sibling() as client:
                self._clients.add(client)
                for page in walk(client):
                    self._pages.put(page)
                    if self._stop.is_set():
                        break
        except BaseException as error:  # noqa: BLE001  it is raised where the pages are handed on
            failure = error
        self._pages.put(_End(one, failure))

    def _ended(self, end: _End) -> BaseException | None:
        """Take note that a thread ended; its failure, unless it is that the hub does not honour our cursors."""
        self._under_way.remove(end.of)
        if not isinstance(end.failure, NotHonoured) or end.of.enter is None:
            return end.failure
        self._may_split = False
        before = [one for one in self._under_way if one.until == end.of.enter]
        if not before:
            return HubFailure(
                f"{self._client.hub}: the hub accepted a cursor that hubwatch made once and then no longer; run the command again"
            )
        with before[0].lock:
            before[0].until, before[0].reached = end.of.until, False
        self._on_refusal(end.of.enter)
        return None

    def _wanted(self) -> int:
        """How many ranges under way send as many requests as the hub allows."""
        rate, tally = self._client.pacer.rate(), self._client.tally
        if rate is None or self._seen < _FIRST or tally.seconds < SLOW * tally.requests:
            return 1  # nothing is gained at a local stand-in that announces no window, nor for a few pages
        return max(1, min(MOST, math.ceil(1.25 * rate * tally.seconds / tally.requests)))

    def _split(self) -> list[Range]:
        """The later half of the range with most left to list; nothing where none is worth it."""
        newest = self._newest = self._newest or self._ask_newest()
        if newest is None:
            self._may_split = False
            return []
        longest = max(self._under_way, key=lambda one: one.pages_left(newest), default=None)
        if longest is None or longest.pages_left(newest) < WORTH_SPLITTING:
            return []
        until = longest.until
        middle = longest.split(newest)
        if middle is None:
            return []
        self._on_split(middle)
        return [Range(partition_from(middle), middle, until)]


def partition_from(enter: datetime | None) -> str:
    """The name of the partition that begins at this instant of creation."""
    return "main" if enter is None else f"from-{enter:%Y%m%dT%H%M%S}"
