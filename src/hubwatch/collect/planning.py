"""Quota, sizes and wanted freshness -> what each sweep of a hub costs, and what no sweep sees between full ones. Arithmetic alone."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field

from hubwatch.errors import UsageError
from hubwatch.hubs import known_hub
from hubwatch.pages import Sweep

DAYS = {"daily": 1, "weekly": 7, "monthly": 30}
KINDS_BETWEEN = ("head", "new")
ROW_BYTES = 12.7  # of the database for a listing and day, attributes' history included: 120 days at the schedule of prefect.yaml
COPIES = 3  # of the tables: the warehouse, the published file, and the one published before it
_WINDOW_AT_FULL_RATE = 0.8  # share of a window after which requests are spread over the time left


@dataclass(frozen=True)
class Basis:
    """How large a hub is, and where that is known from; None where nobody can tell."""

    hub: str
    source: str
    listings: int | None
    head: int | None = None  # listings at or above the floor
    new: int | None = None  # listings created in the days that a new sweep goes back
    seen_between: int | None = None  # of both together, each counted once
    share_between: float | None = None  # of the hub's downloads, that these have
    bytes_a_record: float | None = None  # of saved pages


@dataclass(frozen=True)
class Pace:
    """How fast a hub may be asked: requests a second, the window that it allows, seconds that one response takes."""

    rate: float
    window: tuple[int, int] | None = None
    is_rate_set: bool = False  # by the operator; else a window that allows more counts
    latency: float = 1.0

    @property
    def in_the_long_run(self) -> float:
        """Requests a second over many windows."""
        allowed = self.window[0] / self.window[1] if self.window else self.rate
        return min(self.rate, allowed) if self.is_rate_set else allowed

    def seconds(self, requests: int, is_side_by_side: bool = False) -> float:
        """How long so many requests take; `is_side_by_side`: several are under way at once."""
        rate, least = self.rate, 0.0
        if self.window:
            allowed = self.window[0] / self.window[1]
            rate = rate if self.is_rate_set else max(rate, allowed)
            if requests > self.window[0] * _WINDOW_AT_FULL_RATE:
                least = requests / allowed
        return max(requests / rate, least, 0.0 if is_side_by_side else requests * self.latency)


@dataclass(frozen=True)
class Wanted:
    """How fresh a hub's data should be: days between full sweeps, and the sweeps on every day between."""

    full_every: int = 1
    between: tuple[str, ...] = ()
    floor: int = 1000
    look_ups: int = 0  # further requests of a run, for licenses
    page: int = 100
    is_side_by_side: bool = False
    sees_between: str = ""  # where that was measured


class PlannedSweep(BaseModel):
    """One sweep of a hub: how often, and what it costs each time; null where the hub's size is not known."""

    sweep: str
    every_days: int
    listings: int | None
    requests: int | None
    minutes: float | None
    pages_mb: float | None = Field(description="of saved pages, compressed")
    database_mb: float | None = Field(description="that the warehouse, the published file and the one before it grow by, together")
    parameters: dict[str, object] = {}


class Unseen(BaseModel):
    """What no sweep sees on a day without a full one; null where that is not known."""

    days: int = Field(description="in a row, at most")
    listings: int | None
    share_of_downloads: float | None
    measured: str = Field(default="", description="what sweeps between full ones saw where that was measured")


class HubPlan(BaseModel):
    """What following one hub costs, sweep by sweep."""

    hub: str
    listings: int | None
    source: str
    requests_a_second: float
    window: tuple[int, int] | None
    token_kind: str | None
    sweeps: list[PlannedSweep]
    unseen: Unseen


class Cost(BaseModel):
    """Of a day: requests, minutes of sweeping (of all hubs, added up) and disk."""

    requests: float
    minutes: float
    pages_mb: float
    database_mb: float


@dataclass
class Plan:
    """All hubs' plans; what is not known of a hub is in no sum."""

    hubs: list[HubPlan]

    @property
    def unknown(self) -> list[str]:
        """Hubs, and of hubs of known size sweeps, whose size nobody knows."""
        hubs = [hub.hub for hub in self.hubs if hub.listings is None]
        return hubs + [
            f"{hub.hub} {sweep.sweep}" for hub in self.hubs if hub.listings is not None for sweep in hub.sweeps if sweep.listings is None
        ]

    def average(self) -> Cost:
        """What a day costs in the long run."""
        return self._sum(lambda sweep: 1 / sweep.every_days)

    def busiest(self) -> Cost:
        """What a day costs on which every sweep is due."""
        return self._sum(lambda sweep: 1.0)

    def _sum(self, weight: Callable[[PlannedSweep], float]) -> Cost:
        sweeps = [(sweep, weight(sweep)) for hub in self.hubs for sweep in hub.sweeps]
        names = ("requests", "minutes", "pages_mb", "database_mb")
        return Cost(**{name: round(sum((getattr(sweep, name) or 0) * times for sweep, times in sweeps), 1) for name in names})

    def disk_gb(self, days: int, keep_days: int) -> float:
        """Of pages, of which `prune` leaves `keep_days` days and a full sweep a month, and of the database, after so many days from nothing."""
        daily = self.average()
        pages = daily.pages_mb * min(days, keep_days)
        for hub in self.hubs:
            full = next((sweep.pages_mb or 0.0 for sweep in hub.sweeps if sweep.sweep == "full"), 0.0)
            pages += full * max(0, days - keep_days) / 30
        return round((pages + daily.database_mb * days) / 1000, 1)


def planned(basis: Basis, pace: Pace, wanted: Wanted, token_kind: str | None = None) -> HubPlan:
    """What the wanted sweeps of a hub of this size cost at this pace, and what they leave unseen."""
    sizes = {"full": basis.listings, "head": basis.head, "new": basis.new}
    kinds = [("full", wanted.full_every)] + [(kind, 1) for kind in wanted.between if wanted.full_every > 1]
    sweeps = [_sweep(kind, every, sizes[kind], basis, pace, wanted) for kind, every in kinds]
    return HubPlan(
        hub=basis.hub,
        listings=basis.listings,
        source=basis.source,
        requests_a_second=round(pace.in_the_long_run, 2),
        window=pace.window,
        token_kind=token_kind,
        sweeps=sweeps,
        unseen=_unseen(basis, wanted),
    )


def _sweep(kind: str, every: int, listings: int | None, basis: Basis, pace: Pace, wanted: Wanted) -> PlannedSweep:
    parameters: dict[str, object] = {"floor": wanted.floor} if kind == "head" else {}
    if listings is None:
        return PlannedSweep(
            sweep=kind, every_days=every, listings=None, requests=None, minutes=None, pages_mb=None, database_mb=None, parameters=parameters
        )
    requests = max(1, math.ceil(listings / wanted.page)) + wanted.look_ups
    seconds = pace.seconds(requests, wanted.is_side_by_side and kind == "full")
    return PlannedSweep(
        sweep=kind,
        every_days=every,
        listings=listings,
        requests=requests,
        minutes=round(seconds / 60, 1),
        pages_mb=None if basis.bytes_a_record is None else round(listings * basis.bytes_a_record / 1e6, 1),
        database_mb=round(listings * ROW_BYTES * COPIES / 1e6, 1),
        parameters=parameters,
    )


def _unseen(basis: Basis, wanted: Wanted) -> Unseen:
    if wanted.full_every == 1:
        return Unseen(days=0, listings=0, share_of_downloads=0.0)
    days = 30 if wanted.full_every == DAYS["monthly"] else wanted.full_every - 1
    if not wanted.between:
        return Unseen(days=days, listings=basis.listings, share_of_downloads=1.0)
    is_known = set(wanted.between) == set(KINDS_BETWEEN)  # of one of the two alone, no share is counted
    seen = basis.seen_between if is_known else {"head": basis.head, "new": basis.new}[wanted.between[0]]
    return Unseen(
        days=days,
        listings=None if basis.listings is None or seen is None else max(0, basis.listings - seen),
        share_of_downloads=None if basis.share_between is None or not is_known else round(1 - basis.share_between, 4),
        measured=wanted.sees_between if is_known and wanted.floor == Sweep.floor else "",
    )


def of_hub(texts: Sequence[str], hub: str, hubs: list[str], option: str) -> str | None:
    """What `[HUB=]VALUE` options say of a hub, one that names it before one that names none; `UsageError` for a hub that is not in the plan."""
    found, for_all = None, None
    for text in texts:
        name, named, value = text.rpartition("=")
        if not named:
            for_all = value
        elif known_hub(name) not in hubs:
            raise UsageError(f"{option} {text}: the plan is not for {name}; name one of {', '.join(hubs)}")
        elif known_hub(name) == hub:
            found = value
    return found if found is not None else for_all


def asked_every(text: str) -> int:
    """Days between full sweeps."""
    if text not in DAYS:
        raise UsageError(f"--full {text} is not known; it is {', '.join(DAYS)} (or HUB=...)")
    return DAYS[text]


def asked_between(text: str) -> tuple[str, ...]:
    """The sweeps on days between full ones."""
    kinds = () if text == "none" else tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if unknown := [kind for kind in kinds if kind not in KINDS_BETWEEN]:
        raise UsageError(f"--between {unknown[0]} is not known; it is {', '.join(KINDS_BETWEEN)}, both with a comma, or none")
    return kinds


def asked_window(text: str) -> tuple[int, int]:
    """Requests and the seconds of their window, from `1000/300`."""
    requests, _, seconds = text.partition("/")
    if not (requests.isdecimal() and seconds.isdecimal() and int(requests) > 0 and int(seconds) > 0):
        raise UsageError(f"--quota {text} is not valid; write requests/seconds, such as 1000/300 (or HUB=1000/300)")
    return int(requests), int(seconds)
