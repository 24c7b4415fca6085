"""What a sweep is: one pass over a hub for a day, and where each of its partitions goes on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hubwatch.clock import today
from hubwatch.errors import UsageError
from hubwatch.pages.kept import SweepPages, kept_sweeps
from hubwatch.pages.segments import Page, PageFacts

EARLIEST = date(1970, 1, 1)  # instants are counted from here
OVERLAP = timedelta(days=21)  # that a new sweep goes back by itself: models are published weeks after they were created


@dataclass(frozen=True)
class Kept:
    """What is kept already, for a hub's module to go on from."""

    pages: SweepPages
    fetch_earlier: Callable[[], object] = lambda: None  # before earlier sweeps are looked at

    def __call__(self, partition: str) -> PageFacts | None:
        """The facts of a partition's last kept page, None when it has none: where the walk of that partition goes on."""
        return self.pages.last_page(partition)

    def read(self, partition: str | None = None) -> Iterator[Page]:
        """The kept pages of one partition of this sweep, or of all."""
        return self.pages.read(partition)

    def earlier(self) -> list[SweepPages]:
        """Other kept sweeps of this hub up to this day, the latest first."""
        self.fetch_earlier()
        found = kept_sweeps(self.pages.root, self.pages.hub, last=self.pages.day)
        return [sweep for sweep in reversed(found) if (sweep.day, sweep.sweep) != (self.pages.day, self.pages.sweep)]


@dataclass(frozen=True)
class Sweep:
    """One pass over a hub: `full`, `head` (downloads >= floor), `new` (created since), `owners`, `window` ([since, until)).

    `limit` is how many further records are wanted at most; None: all. `license_budget` is how many licenses a run may
    look up one by one, where a hub tells them only so. `fresh` begins anew beside the pages kept so far.
    """

    hub: str
    day: date
    kind: str = "full"
    owners: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    floor: int = 1000
    limit: int | None = None
    license_budget: int = 200
    fresh: bool = False

    @property
    def name(self) -> str:
        """What its pages and rows are kept under: the kind, and for a window its bounds, so that windows stand side by side."""
        if self.kind != "window":
            return self.kind
        return "-".join(["window", *(f"{bound:%Y-%m-%d}" for bound in (self.since, self.until) if bound)])

    @property
    def wanted_since(self) -> datetime:
        """The instant (UTC) from which on created models are wanted: as asked, else three weeks before the day."""
        return self.since or datetime.combine(self.day, time()) - OVERLAP


def possible_day(day: date) -> date:
    """The day, when a hub can have been observed on it; else a `UsageError`."""
    if day > today() + timedelta(days=1):  # tomorrow has begun somewhere
        raise UsageError(f"{day} is in the future; a hub only reports the present")
    if day < EARLIEST:
        raise UsageError(f"{day} is before any hub; name a day from {EARLIEST} on")
    return day
