"""THE WAY: collect, load, classify, link, measure, publish. One function a stage; the only module that knows the order."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import httpx
from pydantic import BaseModel, Field

from hubwatch import link as linking
from hubwatch import statistics, store
from hubwatch.fact_rows import FactError
from hubwatch.facts import load_facts
from hubwatch.failures import DayFailure, HubFailure
from hubwatch.http import Client
from hubwatch.hubs import HUBS
from hubwatch.load import Loaded, load_sweep
from hubwatch.pages import Page, PageDamage, SweepPages, SweepState, now
from hubwatch.settings import Settings
from hubwatch.sweeps import Sweep

FAILURES = (HubFailure, DayFailure, FactError, statistics.StatisticsError, PageDamage, store.Busy, store.StoreFault, OSError, duckdb.Error)


class HubResult(BaseModel):
    """What a run did for one hub."""

    complete: bool = False
    records: int = Field(default=0, description="listings loaded")
    rejected: int = 0
    requests: int = 0
    retries: int = 0
    message: str = ""
    failed: bool = Field(default=False, exclude=True)
    limited: bool = Field(default=False, exclude=True)

    @property
    def as_asked(self) -> bool:
        """Whether the hub gave what was asked for: everything, or as much as `--limit` wanted."""
        return not self.failed and (self.complete or self.limited)


class HubResults(BaseModel):
    """What a stage did, hub by hub, machine-readable."""

    hubs: dict[str, HubResult]


class RunResult(BaseModel):
    """What a run did, machine-readable (`run --json`)."""

    day: date
    hubs: dict[str, HubResult]
    published: str | None = None

    @property
    def as_asked(self) -> bool:
        return all(hub.as_asked for hub in self.hubs.values())


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


def today() -> date:
    """The UTC date."""
    return datetime.now(UTC).date()


def run(
    settings: Settings,
    sweeps: list[Sweep],
    accept_shrink: bool = False,
    watch: Watch | None = None,
    transport: httpx.BaseTransport | None = None,
) -> RunResult:
    """The whole way for these sweeps: hubs side by side, one hub's failure neither stops nor taints the others."""
    load_facts()  # a fault in the facts is said before hours of collecting
    result = RunResult(day=sweeps[0].day, hubs=collect_all(settings, sweeps, watch, transport))
    with warehouse(settings) as con:
        for sweep in sweeps:
            got = result.hubs[sweep.hub]
            pages = SweepPages(settings.data, sweep.hub, sweep.day, sweep.name)
            if not got.failed or pages.segments():
                result.hubs[sweep.hub] = _loaded(con, settings, pages, got, accept_shrink)
        finish(con, settings)
    result.published = str(publish(settings))
    return result


def collect_all(
    settings: Settings, sweeps: list[Sweep], watch: Watch | None = None, transport: httpx.BaseTransport | None = None
) -> dict[str, HubResult]:
    """Collect these sweeps side by side, one thread a hub; a failure is in its hub's result."""
    stop = threading.Event()
    with ThreadPoolExecutor(len(sweeps)) as hubs:
        try:
            collecting = {sweep.hub: hubs.submit(_collected, settings, sweep, watch, stop, transport) for sweep in sweeps}
            return {hub: future.result() for hub, future in collecting.items()}
        except BaseException:
            stop.set()
            raise


def load_all(settings: Settings, kept: list[SweepPages], accept_shrink: bool = False) -> dict[str, HubResult]:
    """Load these kept sweeps in order of day; what each hub's last one gave."""
    results: dict[str, HubResult] = {}
    with warehouse(settings) as con:
        for pages in sorted(kept, key=lambda pages: pages.day):
            state = pages.state()
            got = HubResult(limited=state is not None and state.limited)
            results[pages.hub] = _loaded(con, settings, pages, got, accept_shrink)
    return results


def finish(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """What follows loading, whatever was loaded: classify, link, measure."""
    classify(con, settings)
    link(con, settings)
    measure(con, settings)


def hub_names() -> list[str]:
    """The hubs this version collects."""
    return list(HUBS)


def _collected(
    settings: Settings, sweep: Sweep, watch: Watch | None, stop: threading.Event, transport: httpx.BaseTransport | None
) -> HubResult:
    try:
        return collect(settings, sweep, watch, stop, transport)
    except FAILURES as error:
        return HubResult(failed=True, message=told(error))


def _loaded(con: duckdb.DuckDBPyConnection, settings: Settings, pages: SweepPages, got: HubResult, accept_shrink: bool) -> HubResult:
    try:
        loaded = load(con, settings, pages, accept_shrink)
    except FAILURES as error:
        return got.model_copy(update={"failed": True, "complete": False, "message": got.message if got.failed else told(error)})
    message = "; ".join(dict.fromkeys(part for part in (got.message, loaded.message) if part))
    update = {"complete": loaded.complete and not got.failed, "records": loaded.records, "rejected": loaded.rejected, "message": message}
    return got.model_copy(update=update)


def collect(
    settings: Settings,
    sweep: Sweep,
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    transport: httpx.BaseTransport | None = None,
) -> HubResult:
    """hub -> pages: go on with the sweep from its last whole page until it ends, and ask for nothing twice."""
    pages = SweepPages(settings.data, sweep.hub, sweep.day, sweep.name)
    with store.locked(settings.data, f"sweep-{sweep.hub}"), Client(sweep.hub, settings, transport) as client:
        state = pages.state() or SweepState(
            hub=sweep.hub, day=sweep.day, sweep=sweep.name, endpoint=settings.hubs[sweep.hub].endpoint, started_at=now()
        )
        with recorded(settings, "collect", sweep.hub, sweep.day, client) as outcome:
            try:
                records = _walk(client, sweep, pages, state, watch, stop)
            finally:
                for note in client.tally.notes:
                    state.note(note)
                state.requests += client.tally.requests
                state.retries += client.tally.retries
                pages.save_state(state)
            outcome.update(status="done" if state.finished_at and not state.limited else "incomplete", message="; ".join(state.notes))
    return HubResult(
        complete=state.finished_at is not None and not state.limited,
        limited=state.limited,
        records=records,
        requests=client.tally.requests,
        retries=client.tally.retries,
        message="; ".join(state.notes),
    )


def _walk(client: Client, sweep: Sweep, pages: SweepPages, state: SweepState, watch: Watch | None, stop: threading.Event | None) -> int:
    """Keep the sweep's pages as they come; returns how many records are kept. The state says whether it ended."""
    if state.endpoint != client.endpoint:
        raise HubFailure(
            f"{sweep.hub} {sweep.day}: this sweep was begun at {state.endpoint}, now it is {client.endpoint}; use --fresh to begin anew"
        )
    if sweep.day != today():
        state.note(f"collected on {today()} for {sweep.day}")
    records = sum(facts.records for facts in pages.facts())
    left = None if sweep.limit is None else sweep.limit - records
    pages.save_state(state)
    count = 0
    if state.finished_at and not state.limited and sweep.limit is not None:
        return records  # complete already: a limit takes nothing away
    if left is None or left > 0:
        walk: Iterator[Page] = HUBS[sweep.hub].pages(client, replace(sweep, limit=left), pages.last_page, state)
        for page in walk:
            if state.finished_at is not None:
                state.finished_at = None
                pages.save_state(state)
            pages.append(page)
            count += 1
            records += page.facts.records
            if watch:
                told = Progress(sweep.hub, count, records, client.tally.requests, client.tally.quota_left, state.listed_total)
                watch(told)
            if stop is not None and stop.is_set():
                return records
    state.limited = sweep.limit is not None
    state.finished_at = state.finished_at or now()
    if watch:
        watch(Progress(sweep.hub, count, records, client.tally.requests, client.tally.quota_left, state.listed_total, ended=True))
    return records


def load(con: duckdb.DuckDBPyConnection, settings: Settings, pages: SweepPages, accept_shrink: bool = False) -> Loaded:
    """pages -> listings, observations: the day's facts of this sweep, replaced whole or not at all."""
    with recorded(settings, "load", pages.hub, pages.day) as outcome:
        loaded = load_sweep(con, pages, load_facts(), accept_shrink)
        outcome.update(status="done" if loaded.complete else "incomplete", message=loaded.message)
    return loaded


def classify(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """namespaces -> origins, by reviewed facts, then rules, then `unknown`; no request."""


def link(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """listings -> models, in tiers of identity, each with its evidence."""
    with recorded(settings, "link", None, None):
        load_facts().stage(con)
        linking.link(con)


def measure(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """-> statistics, flags."""
    with recorded(settings, "measure", None, None):
        statistics.measure(con)


def publish(settings: Settings) -> Path:
    """The closed warehouse -> `hubwatch.duckdb`, in one step."""
    with store.locked(settings.data, "warehouse"), recorded(settings, "publish", None, None):
        return store.publish(settings.data)


@contextmanager
def warehouse(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The writer's database under its lock; runs noted meanwhile are written into it at the end."""
    with store.locked(settings.data, "warehouse"):
        con = store.open_warehouse(settings.data, settings.memory_limit)
        try:
            yield con
        finally:
            store.take_in_runs(con, settings.data)
            con.close()


def told(error: BaseException) -> str:
    """An error and its notes in one line."""
    lines = [str(error), *getattr(error, "__notes__", [])]
    return "; ".join(" ".join(line.split()) for line in lines if line)


@contextmanager
def recorded(
    settings: Settings, stage: str, hub: str | None, day: date | None, client: Client | None = None
) -> Iterator[dict[str, object]]:
    """Note a run of a stage; the next writer of the warehouse takes the notes into `runs`."""
    outcome: dict[str, object] = {"status": "done", "message": None}
    about = {"run_id": uuid.uuid4().hex, "stage": stage, "hub": hub, "day": day.isoformat() if day else None}
    started = now().isoformat()
    try:
        yield outcome
    except BaseException as error:
        outcome.update(status="failed", message=told(error) or type(error).__name__)
        raise
    finally:
        tally = client.tally if client else None
        cost = {
            "requests": tally.requests if tally else 0,
            "retries": tally.retries if tally else 0,
            "bytes": tally.bytes if tally else 0,
        }
        row = about | {"started_at": started, "finished_at": now().isoformat()} | outcome | cost
        settings.data.mkdir(parents=True, exist_ok=True)
        with open(settings.data / "runs.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
