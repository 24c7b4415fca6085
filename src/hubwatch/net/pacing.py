"""How fast a hub is asked: at our own rate, and so that the window it announces never runs empty. Nothing here waits."""

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from hubwatch.net.messages import quota

_POLICY = re.compile(r";\s*q=(?P<quota>\d{1,9})(?!\d)")
_SPREAD_BELOW = 0.2  # share of a window below which the rest is spread over the time left


@dataclass
class _Window:
    """A hub's announced fixed window; `resets` on the monotonic clock."""

    left: int
    resets: float
    quota: int | None

    def pause(self, at: float) -> float:
        """Seconds to wait before the next request so that the window never runs empty."""
        if at >= self.resets:
            return 0.0
        if self.left <= 0:
            return self.resets - at
        reserve = _SPREAD_BELOW * self.quota if self.quota else 20
        return (self.resets - at) / (self.left + 1) if self.left < reserve else 0.0


class Pacer:
    """Rate limiter shared by the threads that ask one hub; at least `interval` seconds lie between requests."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._one_by_one = threading.Lock()
        self._next = 0.0
        self._window: _Window | None = None

    def next(self) -> float:
        """Take the next turn: seconds from now until it comes."""
        with self._one_by_one:
            at = time.monotonic()
            pause = max(self._next - at, self._window.pause(at) if self._window else 0.0)
            if self._window:
                self._window.left -= 1
            self._next = at + pause + self._interval
        return pause

    def heard(self, headers: Mapping[str, str], before: int | None) -> int | None:
        """Take note of the window that an answer announces; requests left in it, or as `before` where it announces none."""
        announced = quota(headers)
        if announced is None:
            return before
        policy = _POLICY.search(headers.get("ratelimit-policy", ""))
        with self._one_by_one:
            self._window = _Window(announced[0], time.monotonic() + announced[1], int(policy["quota"]) if policy else None)
        return announced[0]
