"""What a sweep is: one pass over a hub for a day, and where each of its partitions goes on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from hubwatch.http import Client
from hubwatch.pages import Page, PageFacts, SweepState

KINDS = ("full", "head", "new", "owners", "window")

# The facts of a partition's last kept page, None when it has none: where the walk of that partition goes on.
Kept = Callable[[str], PageFacts | None]


@dataclass(frozen=True)
class Sweep:
    """One pass over a hub: `full`, `head` (downloads >= floor), `new` (created since), `owners`, `window` ([since, until)).

    `limit` is how many further records are wanted at most; None: all.
    """

    hub: str
    day: date
    kind: str = "full"
    owners: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    floor: int = 1000
    limit: int | None = None

    @property
    def name(self) -> str:
        """What its pages and rows are kept under: the kind, and for a window its bounds, so that windows stand side by side."""
        if self.kind != "window":
            return self.kind
        return "-".join(["window", *(f"{bound:%Y-%m-%d}" for bound in (self.since, self.until) if bound)])


class Hub(Protocol):
    """What a hub's module offers: how to ask it. How its records become listings is the SQL file beside it."""

    def pages(self, client: Client, sweep: Sweep, kept: Kept, state: SweepState) -> Iterator[Page]: ...
