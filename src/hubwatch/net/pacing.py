"""How fast a hub is asked: at our own rate, and so that the window it announces never runs empty. Nothing here waits."""

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from hubwatch.net.messages import quota

_POLICY = re.compile(r";\s*q=(?P<quota>\d{1,9})(?!\d)(?:\s*;\s*w=(?P<seconds>\d{1,9})(?!\d))?")
_SPREAD_BELOW = 0.2  # share of a window below which the rest is spread over the time left


@dataclass(frozen=True)
class Announced:
    """What an answer says of the hub's window: requests left, seconds to its reset, and where it says so its size and length."""

    left: int
    resets: float
    quota: int | None
    seconds: int | None


def announced(headers: Mapping[str, str]) -> Announced | None:
    """The window that an answer announces; None where it announces none."""
    said = quota(headers)
    if said is None:
        return None
    policy = _POLICY.search(headers.get("ratelimit-policy", ""))
    size = int(policy["quota"]) if policy else None
    return Announced(said[0], said[1], size, int(policy["seconds"]) if policy and policy["seconds"] else None)


@dataclass
class _Window:
    """A hub's announced fixed window; `resets` on the monotonic clock."""

    left: int
    resets: float
    quota: int | None
    seconds: int | None = None

    def is_the_same_as(self, other: "_Window") -> bool:
        """Whether two answers speak of one window: the time to its reset comes in whole seconds."""
        return abs(self.resets - other.resets) < min(2.5, (self.seconds or 300) / 3)

    def pause(self, at: float) -> float:
        """Seconds to wait before the next request so that the window never runs empty."""
        if at >= self.resets:
            return 0.0
        if self.left <= 0:
            return self.resets - at
        reserve = _SPREAD_BELOW * self.quota if self.quota else 20
        return (self.resets - at) / (self.left + 1) if self.left < reserve else 0.0


class Pacer:
    """Rate limiter shared by the threads that ask one hub; at least `interval` seconds lie between requests.

    `follows_window`: where the hub announces a window that allows more than the interval does, the window counts.
    """

    def __init__(self, interval: float, follows_window: bool = False) -> None:
        self._interval, self._follows_window = interval, follows_window
        self._one_by_one = threading.Lock()
        self._next = 0.0
        self._under_way = 0
        self._window: _Window | None = None

    def next(self) -> float:
        """Take the next turn: seconds from now until it comes."""
        with self._one_by_one:
            at = time.monotonic()
            pause = max(self._next - at, self._window.pause(at) if self._window else 0.0)
            if self._window:
                self._window.left -= 1
            self._next = at + pause + self._interval
            self._under_way += 1
        return pause

    def done(self) -> None:
        """A request for which a turn was taken has ended, in whatever way."""
        with self._one_by_one:
            self._under_way -= 1

    def heard(self, headers: Mapping[str, str], before: int | None) -> int | None:
        """Take note of the window that an answer announces; requests left in it, or as `before` where it announces none."""
        said = announced(headers)
        if said is None:
            return before
        window = _Window(said.left, time.monotonic() + said.resets, said.quota, said.seconds)
        with self._one_by_one:
            if self._window and window.is_the_same_as(self._window):  # an answer knows nothing of the requests still under way
                window.left = min(window.left, self._window.left)
            else:
                window.left = max(0, window.left - max(0, self._under_way - 1))
            self._window = window
            if self._follows_window and window.quota and window.seconds:
                self._interval = min(self._interval, window.seconds / window.quota)
        return said.left

    def rate(self) -> float | None:
        """Requests a second that may be sent in the long run; None where nothing limits them."""
        with self._one_by_one:
            paced = 1 / self._interval if self._interval else None
            window = self._window
        allowed = window.quota / window.seconds if window and window.quota and window.seconds else None
        return min((rate for rate in (paced, allowed) if rate is not None), default=None)
