"""A plan from what is held: how large each hub is, from the published database and the saved pages where there are any, else by others' counts."""

from collections.abc import Sequence
from datetime import date

import duckdb

from hubwatch import store
from hubwatch.collect.planning import (
    Basis,
    Pace,
    Plan,
    Wanted,
    asked_between,
    asked_every,
    asked_window,
    of_hub,
    planned,
)
from hubwatch.errors import PageDamage, UsageError
from hubwatch.hubs import HUBS, Census
from hubwatch.pages import OVERLAP, Sweep, kept_sweeps
from hubwatch.settings import Settings

_FREE = "free"  # the kind of a token of which nothing else is known
_COUNTED = """
with read as (
  select coalesce(downloads_30d, downloads_total) as downloads, coalesce(created_at >= $since, false) as is_new
  from observations join listings using (hub, model_id) where hub = $hub and day = $day)
select count(*), count(*) filter (downloads >= $floor), count(*) filter (is_new),
  count(*) filter (downloads >= $floor or is_new), (sum(downloads) filter (downloads >= $floor or is_new) / sum(downloads))::double
from read
"""


def plan_sweeps(
    settings: Settings,
    hubs: list[str],
    full: Sequence[str] = (),
    between: Sequence[str] = (),
    floor: int = Sweep.floor,
    token_kind: str | None = None,
    quota: Sequence[str] = (),
    latency: float = 1.0,
) -> Plan:
    """The plan for these hubs; `full`, `between` and `quota` are values, or `HUB=VALUE` for one hub. `UsageError` for what does not fit."""
    known = dict.fromkeys(kind for hub in hubs for kind in HUBS[hub].costs.windows)
    if token_kind is not None and token_kind not in known:
        raise UsageError(
            f"--token-kind {token_kind} is not known"
            + (f"; it is one of {', '.join(known)}" if known else "; no hub here announces a quota")
        )
    plans = []
    for basis in bases(settings, hubs, floor):
        own, costs = settings.hubs[basis.hub], HUBS[basis.hub].costs
        kind = token_kind or (_FREE if own.token else next(iter(costs.windows), None))
        asked = of_hub(quota, basis.hub, hubs, "--quota")
        if asked is not None and not costs.windows and not of_hub([one for one in quota if "=" in one], basis.hub, hubs, "--quota"):
            asked = None  # meant for the hubs that announce a window
        window = asked_window(asked) if asked is not None else costs.windows.get(kind) if kind else None
        pace = Pace(own.rate, window, own.rate_is_set, latency)
        plans.append(planned(basis, pace, _wanted(basis.hub, hubs, full, between, floor), kind if window and asked is None else None))
    return Plan(plans)


def _wanted(hub: str, hubs: list[str], full: Sequence[str], between: Sequence[str], floor: int) -> Wanted:
    costs = HUBS[hub].costs
    every, kinds = of_hub(full, hub, hubs, "--full"), of_hub(between, hub, hubs, "--between")
    asked = costs.between if kinds is None else asked_between(kinds)
    possible = tuple(kind for kind in asked if kind in costs.possible_between)
    if asked != possible and of_hub([one for one in between if "=" in one], hub, hubs, "--between"):
        raise UsageError(f"--between {hub}={kinds}: {hub} has no {', '.join(kind for kind in asked if kind not in possible)} sweep")
    look_ups = Sweep.license_budget if HUBS[hub].looks_up_licenses else 0
    return Wanted(
        costs.full_every if every is None else asked_every(every),
        possible,
        floor,
        look_ups,
        costs.page,
        costs.is_side_by_side,
        costs.sees_between,
    )


def bases(settings: Settings, hubs: list[str], floor: int) -> list[Basis]:
    """What a plan for these hubs rests on; nothing is requested from a hub."""
    if not (settings.data / "hubwatch.duckdb").exists():
        return [_by_others(hub, floor) for hub in hubs]
    with store.open_published(settings.data, settings.memory_limit) as con:
        return [_counted(con, settings, hub, floor) or _by_others(hub, floor) for hub in hubs]


def _counted(con: duckdb.DuckDBPyConnection, settings: Settings, hub: str, floor: int) -> Basis | None:
    """From the last complete day of the whole hub; None where none is held."""
    kept_as = settings.kept_as(hub)
    found = con.execute("select max(day) from days where hub = ? and complete and extent = 'whole'", [kept_as]).fetchall()
    day: date | None = found[0][0]
    if day is None:
        return None
    asked = {"hub": kept_as, "day": day, "floor": floor, "since": day - OVERLAP}
    ((listings, head, new, both, share),) = con.execute(_COUNTED, asked).fetchall()
    size = _saved_bytes(settings, kept_as) or HUBS[hub].costs.bytes_a_record
    return Basis(hub, f"{settings.data / 'hubwatch.duckdb'}, {day}", listings, head, new, both, share, size)


def _saved_bytes(settings: Settings, kept_as: str) -> float | None:
    """Bytes a record of the last saved full sweep takes; None where no readable one is there."""
    for pages in reversed(kept_sweeps(settings.data, kept_as)):
        if pages.sweep != "full":
            continue
        try:
            records = sum(facts.records for facts in pages.facts())
        except PageDamage:
            continue
        if records:
            return sum(path.stat().st_size for path in pages.segments()) / records
    return None


def _by_others(hub: str, floor: int) -> Basis:
    costs = HUBS[hub].costs
    if costs.census is None:
        return Basis(hub, "not known: nobody counted, and no complete day is held", None, bytes_a_record=costs.bytes_a_record)
    census = costs.census
    new = None if census.new_a_day is None else census.new_a_day * OVERLAP.days
    head = census.head if floor == Sweep.floor else None
    return Basis(hub, census.source, census.listings, head, new, _both(head, new), _share(census, head), costs.bytes_a_record)


def _both(head: int | None, new: int | None) -> int | None:
    return None if head is None or new is None else head + new


def _share(census: Census, head: int | None) -> float | None:
    return None if head is None else census.head_share
