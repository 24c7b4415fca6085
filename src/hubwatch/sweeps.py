"""What a sweep is: one pass over a hub for a day, and where each of its partitions goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from hubwatch.http import Client
from hubwatch.pages import SweepPages, SweepState, kept_sweeps
from hubwatch.segments import Page, PageFacts

KINDS = ("full", "head", "new", "owners", "window")


@dataclass(frozen=True)
class Kept:
    """What is kept already, for a hub's module to go on from."""

    pages: SweepPages

    def __call__(self, partition: str) -> PageFacts | None:
        """The facts of a partition's last kept page, None when it has none: where the walk of that partition goes on."""
        return self.pages.last_page(partition)

    def read(self, partition: str | None = None) -> Iterator[Page]:
        """The kept pages of one partition of this sweep, or of all."""
        return self.pages.read(partition)

    def earlier(self) -> list[SweepPages]:
        """Other kept sweeps of this hub up to this day, the latest first."""
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


class Hub(Protocol):
    """What a hub's module offers: how to ask it. How its records become listings is the SQL file beside it."""

    def pages(self, client: Client, sweep: Sweep, kept: Kept, state: SweepState) -> Iterator[Page]: ...
