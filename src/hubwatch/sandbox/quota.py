"""Rate windows: so many requests in a fixed span of time, for each caller."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """`requests` in every fixed window of `seconds`; a request over it is refused. `announce` says so in headers."""

    requests: int = 100_000
    seconds: int = 300
    announce: bool = True

    def __post_init__(self) -> None:
        if self.requests < 1 or self.seconds < 1:
            raise ValueError(f"a quota needs at least 1 request in 1 second, not {self.requests} in {self.seconds}")


@dataclass(frozen=True, slots=True)
class CallerQuota:
    """What a caller has left of its window after this request."""

    allowed: bool
    remaining: int
    reset: int  # whole seconds, at least 1


class Windows:
    """Counts the requests of each caller in fixed windows that start with the stand-in."""

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._used: dict[str, tuple[int, int]] = {}

    def take(self, caller: str) -> CallerQuota:
        """Count one request of the caller and say whether it is within the quota."""
        elapsed = time.monotonic() - self._began
        window = int(elapsed // self.quota.seconds)
        reset = max(1, math.ceil((window + 1) * self.quota.seconds - elapsed))
        with self._lock:
            counted_in, used = self._used.get(caller, (window, 0))
            used = used + 1 if counted_in == window else 1
            self._used[caller] = (window, used)
        return CallerQuota(used <= self.quota.requests, max(0, self.quota.requests - used), reset)
