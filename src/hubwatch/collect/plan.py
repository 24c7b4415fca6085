"""What is asked for -> the sweep to make, or a usage error that says what does not fit."""

from datetime import date, datetime, time

from hubwatch.clock import today
from hubwatch.errors import UsageError
from hubwatch.hubs import known_hub
from hubwatch.pages import EARLIEST, Sweep, possible_day
from hubwatch.spelling import hint

KINDS = ("full", "head", "new", "owners", "window")
_LONGEST = 150  # characters of an owner's name, which is a file's name here


def asked_sweep(
    hub: str,
    kind: str = "full",
    day: date | None = None,
    owners: tuple[str, ...] = (),
    limit: int | None = None,
    floor: int = Sweep.floor,
    since: date | None = None,
    until: date | None = None,
    license_budget: int = Sweep.license_budget,
    fresh: bool = False,
) -> Sweep:
    """The sweep that is asked for; `UsageError` where its parts do not fit each other, or its days cannot be."""
    hub = known_hub(hub)
    if kind not in KINDS:
        raise UsageError(f"sweep {kind} is not known; sweeps are {', '.join(KINDS)}{hint(kind, KINDS)}")
    if (kind == "owners") != bool(owners) or not all(owners):
        raise UsageError("--sweep owners needs at least one --owner, and --owner goes with no other sweep")
    if kind == "window" and (since is None or until is None or since >= until):
        raise UsageError("a window (`hubwatch backfill window`) needs since and until, the first before the second")
    if since and kind not in ("new", "window"):
        raise UsageError(f"since {since} belongs to the sweep new, not to {kind}; add --sweep new, or leave it out")
    day = possible_day(day or today())
    for on in (since, until):
        if on and on < EARLIEST:
            raise UsageError(f"{on} is before any hub; name a day from {EARLIEST} on")
    for owner in owners:
        if len(owner) > _LONGEST or any(part in ("", ".", "..") for part in owner.split("/")):
            raise UsageError(f"{owner[:40]!r} is no owner's name; write it as the hub does, such as Qwen")
    begin, end = (datetime.combine(on, time()) if on else None for on in (since, until))
    return Sweep(hub, day, kind, tuple(owners), begin, end, floor, limit, license_budget, fresh)
