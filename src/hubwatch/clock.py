"""What time it is: in UTC, as the tables keep it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

KEEP_DAYS = 90  # how long saved pages are kept: the default of `prune`, of its deployment and of what `plan` reckons with


def _of_the_system() -> datetime:
    return datetime.now(UTC)


_clocks: list[Callable[[], datetime]] = [_of_the_system]


def now() -> datetime:
    """This instant, UTC, without a zone as the tables keep it."""
    return _clocks[-1]().replace(tzinfo=None)


def today() -> date:
    """The UTC date."""
    return now().date()


@contextmanager
def running_on(clock: Callable[[], datetime]) -> Iterator[None]:
    """Another clock (UTC) for this process meanwhile: for drills and simulated years."""
    _clocks.append(clock)
    try:
        yield
    finally:
        _clocks.remove(clock)
