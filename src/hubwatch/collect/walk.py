"""hub -> pages: walk a hub, keep every page as it comes, and go on where an earlier process stopped."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from hubwatch import store
from hubwatch.clock import now, today
from hubwatch.collect.coordination import coordinated, take_turns
from hubwatch.collect.sharing import Sharing, unsent
from hubwatch.errors import HubFailure
from hubwatch.hubs import HUBS
from hubwatch.net import Client, Transport, is_loopback
from hubwatch.outcomes import HubResult
from hubwatch.pages import Kept, Page, Sending, Sweep, SweepPages, SweepState
from hubwatch.settings import Settings
from hubwatch.store import recorded

_CLOCKS_DIFFER = timedelta(hours=2)
WINDOW_TELLS = (
    "a past window tells what exists now of what was created then, with attributes and counters as of {day}; "
    "not the counters as of then, nor what is gone since"
)


@dataclass(frozen=True)
class Progress:
    """How far a sweep is: for whoever watches."""

    hub: str
    pages: int
    records: int
    requests: int
    quota_left: int | None
    listed_total: int | None
    ended: bool = False


Watch = Callable[[Progress], None]


def collect(
    settings: Settings,
    sweep: Sweep,
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    transport: Transport | None = None,
) -> HubResult:
    """hub -> pages: go on with the sweep from its last whole page until it ends, and ask for nothing twice."""
    pages = SweepPages(settings.data, settings.kept_as(sweep.hub), sweep.day, sweep.name)
    with (
        store.locked(settings.data, f"sweep-{sweep.hub}", settings.lock_wait),
        coordinated(settings, pages, settings.lock_wait) as agreed,
        Client(sweep.hub, settings, transport) as client,
    ):
        if agreed is not None:
            take_turns(client, agreed)
        sharing = Sharing(settings, pages, agreed)
        if not sweep.fresh:
            sharing.fetch()
        aside = pages.set_aside() if sweep.fresh else None
        state = pages.state() or SweepState(
            hub=pages.hub, day=sweep.day, sweep=sweep.name, endpoint=settings.hubs[sweep.hub].endpoint, started_at=now()
        )
        if aside:
            client.remark(f"earlier pages of this sweep are set aside in {aside.relative_to(settings.data)}")
        with recorded(settings, "collect", sweep.hub, sweep.day, client.tally) as outcome:
            with sharing.sending(stop, sweep.fresh) as sending:
                try:
                    records = _walk(client, sweep, pages, state, watch, stop, sharing.fetch_earlier, sending)
                except HubFailure as failure:
                    failure.requests, failure.retries = client.tally.requests, client.tally.retries
                    raise
                finally:
                    for note in client.tally.notes:
                        state.note(note)
                    state.requests += client.tally.requests
                    state.retries += client.tally.retries
                    pages.save_state(state)
            left = unsent(sending)
            message = "; ".join(filter(None, [_message(state), *([left] if left else sharing.remarks)]))
            outcome.update(status="done" if state.complete and not left else "incomplete", message=message)
    return HubResult(
        complete=state.complete,
        limited=state.limited,
        unsent=left is not None,
        records=records,
        requests=client.tally.requests,
        retries=client.tally.retries,
        message=message,
    )


def _message(state: SweepState) -> str:
    return "; ".join([*state.notes, *([state.short] if state.short else [])])


def _walk(
    client: Client,
    sweep: Sweep,
    pages: SweepPages,
    state: SweepState,
    watch: Watch | None,
    stop: threading.Event | None,
    fetch_earlier: Callable[[], object],
    sending: Sending | None,
) -> int:
    """Keep the sweep's pages as they come; returns how many records are kept. The state says whether it ended."""
    _refuse_another(client, sweep, state)
    if sweep.day != today():
        state.note(f"collected on {today()} for {sweep.day}")
    if sweep.kind == "window":
        state.note(WINDOW_TELLS.format(day=sweep.day))
    records = begun_with = sum(facts.records for facts in pages.facts())
    if sweep.kind == "head":
        state.floor = sweep.floor
    wanted = state.of_owners(*sweep.owners) if sweep.owners else None
    left = None if sweep.limit is None else sweep.limit - sum(facts.records for facts in pages.facts(wanted))
    pages.save_state(state)
    count = 0
    if state.finished_at and not state.limited and sweep.limit is not None and sweep.kind != "owners":
        return records  # complete already: a limit takes nothing away
    if left is None or left > 0:
        walk: Iterator[Page] = HUBS[sweep.hub].pages(client, replace(sweep, limit=left), Kept(pages, fetch_earlier), state)
        begun = _choices(state)
        for page in walk:
            if state.finished_at is not None or _choices(state) != begun:
                state.finished_at, begun = None, _choices(state)
                pages.save_state(state)  # so that a process that goes on after a kill asks in the same way
            if count == 0:
                _compare_clocks(client, sweep, state)
            if sending is not None:
                sending.check()
            pages.append(page)
            count += 1
            records += page.facts.records
            if watch:
                told = Progress(sweep.hub, count, records, client.tally.requests, client.tally.quota_left, state.listed_total)
                watch(told)
            if stop is not None and stop.is_set():
                return records
    state.limited = sweep.limit is not None
    if left is None or records < begun_with + left:  # else the limit may have come before an owner's turn
        for owner in sweep.owners:
            if not any(facts.records for facts in pages.facts(state.of_owners(owner))) and owner not in (state.short or ""):
                state.note(f"{sweep.hub} lists no model of {owner}: is that the name as the hub writes it?")
    walked = state.of_owners(*sweep.owners) if sweep.owners else {*pages.partitions()}  # what was walked now has come to its end
    others = sorted({*pages.partitions()} - walked)
    if not state.limited and (broken := [name for name in others if (last := pages.last_page(name)) and last.next]):
        state.lack(f"not all of the owners asked for today is kept ({', '.join(broken)}); collect them again")
    state.finished_at = state.finished_at or now()
    if count or state.pages is None:  # where nothing came, pages that are gone stay missed
        state.pages = pages.count()
    if watch:
        watch(Progress(sweep.hub, count, records, client.tally.requests, client.tally.quota_left, state.listed_total, ended=True))
    return records


def _compare_clocks(client: Client, sweep: Sweep, state: SweepState) -> None:
    """Note a clock that differs from the hub's; `HubFailure` for a day that has not come yet by the hub's."""
    ahead = client.tally.clock_ahead
    if ahead is None or abs(ahead) < _CLOCKS_DIFFER:
        return
    there = now() - ahead
    differs = f"this machine's clock says {now():%Y-%m-%d %H:%M} UTC, {sweep.hub}'s {there:%Y-%m-%d %H:%M}"
    if sweep.day > there.date() + timedelta(days=1):
        raise HubFailure(f"{sweep.hub} {sweep.day}: the day is in the future: {differs}; set the clock, then run the command again")
    state.note(f"{differs}: check the clock")


def _refuse_another(client: Client, sweep: Sweep, state: SweepState) -> None:
    """Raise `HubFailure` when what is kept was begun at another address, or for another stretch of time."""
    if state.endpoint != client.endpoint and not _both_local(state, client):
        raise HubFailure(
            f"{sweep.hub} {sweep.day}: this sweep was begun at {state.endpoint}, now it is {client.endpoint}; use --fresh to begin anew"
        )
    if sweep.kind == "new" and state.since is not None and state.since != sweep.wanted_since:
        raise HubFailure(
            f"{sweep.hub} {sweep.day}: this sweep was begun for what was created since {state.since:%Y-%m-%d}, now it is "
            f"{sweep.wanted_since:%Y-%m-%d}; use --fresh to begin anew"
        )


def _choices(state: SweepState) -> tuple[object, ...]:
    """What a hub's module decided on its way: how it lists, which fields it goes without, whose models a partition lists."""
    return state.strategy, tuple(state.fields), state.mapping is None, sum(map(len, state.owned.values())), tuple(state.bounds)


def _both_local(state: SweepState, client: Client) -> bool:
    """Whether a sweep may go on at another endpoint than it was begun at: only between local stand-ins."""
    return is_loopback(state.endpoint) and is_loopback(client.endpoint)
