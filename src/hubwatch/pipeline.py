"""THE WAY: collect, load, classify, link, measure, publish. One function a stage; the only module that knows the order."""

import json
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import duckdb
import httpx
from pydantic import BaseModel, Field

from hubwatch import classify as judging
from hubwatch import link as linking
from hubwatch import profiles, statistics, store
from hubwatch.claims import ClaimError
from hubwatch.fact_rows import FactError
from hubwatch.facts import load_facts
from hubwatch.failures import DayFailure, HubFailure
from hubwatch.http import Client
from hubwatch.hubs import HUBS
from hubwatch.load import Loaded, load_sweep
from hubwatch.pages import Page, PageDamage, SweepPages, SweepState, kept_sweeps, now
from hubwatch.schema import precedence
from hubwatch.settings import HUBS as HUB_NAMES
from hubwatch.settings import Settings, UsageError, is_loopback
from hubwatch.sweeps import KINDS, Kept, Sweep

FAILURES = (
    HubFailure,
    DayFailure,
    FactError,
    statistics.StatisticsError,
    ClaimError,
    PageDamage,
    store.Busy,
    store.StoreFault,
    OSError,
    duckdb.Error,
)


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
    busy: bool = Field(default=False, exclude=True, description="another process is at work on this hub")

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


class KeptResult(HubResult):
    """What loading one kept sweep gave."""

    hub: str
    day: date
    sweep: str


class BuildResult(BaseModel):
    """What a build loaded, oldest day first, and where it published."""

    loaded: list[KeptResult]
    published: str

    @property
    def shortfall(self) -> str:
        """What failed or is incomplete, in one line; empty when all is as asked."""
        short = [sweep for sweep in self.loaded if not sweep.as_asked]
        return "; ".join(f"{sweep.hub} {sweep.day} {sweep.sweep}: {shortfall(sweep)}" for sweep in short)


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


WINDOW_TELLS = (
    "a past window tells what exists now of what was created then, with attributes and counters as of {day}; "
    "not the counters as of then, nor what is gone since"
)


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
    sweeps = [sweep for sweep in sweeps if not result.hubs[sweep.hub].busy]  # what another process collects, it loads
    if not sweeps:
        return result
    with warehouse(settings) as con:
        for sweep in sweeps:
            got = result.hubs[sweep.hub]
            pages = SweepPages(settings.data, settings.kept_as(sweep.hub), sweep.day, sweep.name)
            if not got.failed or pages.segments():
                result.hubs[sweep.hub] = _loaded(con, settings, pages, got, accept_shrink)
        judge(con, settings)
    result.published = str(publish(settings))
    return result


def judge(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """What follows loading and precedes publishing: classify, link, measure."""
    classify(con, settings)
    link(con, settings)
    measure(con, settings)


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


def build(settings: Settings, kept: list[SweepPages] | None = None, accept_shrink: bool = False) -> BuildResult:
    """Load .. publish of these kept sweeps, or of all that have changed since they were last loaded.

    A sweep still going is loaded as far as it has come, as incomplete. One sweep's failure neither stops nor taints the others.
    """
    load_facts()  # a fault in the facts is said before hours of loading
    with warehouse(settings) as con:
        chosen = store.not_yet_loaded(con, kept_sweeps(settings.data)) if kept is None else kept
        loaded = _load_in_order(con, settings, chosen, accept_shrink)
        judge(con, settings)
    return BuildResult(loaded=loaded, published=str(publish(settings)))


def load_all(settings: Settings, kept: list[SweepPages], accept_shrink: bool = False) -> dict[str, HubResult]:
    """Load these kept sweeps in order of day; what each hub's last one gave."""
    with warehouse(settings) as con:
        return {result.hub: result for result in _load_in_order(con, settings, kept, accept_shrink)}


def shortfall(result: HubResult) -> str:
    """Why a result is not as asked, in one line; empty when it is."""
    if result.as_asked:
        return ""
    return f"{'failed' if result.failed else 'incomplete'}: {' '.join(result.message.split()) or 'the hub said no reason'}"


def asked_sweep(
    hub: str,
    kind: str = "full",
    day: date | None = None,
    owners: tuple[str, ...] = (),
    limit: int | None = None,
    floor: int = 1000,
    since: date | None = None,
    until: date | None = None,
) -> Sweep:
    """The sweep that a scheduled run asks for; `UsageError` where its parts do not belong together."""
    if kind not in KINDS:
        raise UsageError(f"{kind!r} is not a sweep; sweeps are {', '.join(KINDS)}")
    if (kind == "owners") != bool(owners):
        raise UsageError("a sweep of kind owners and the namespaces in owners belong together")
    if kind == "window" and (since is None or until is None or since >= until):
        raise UsageError("a window needs since and until, the first before the second")
    begin, end = (datetime.combine(on, time()) if on else None for on in (since, until))
    return Sweep(hub, day or today(), kind, tuple(owners), begin, end, floor, limit)


def hub_names() -> list[str]:
    """The hubs this version collects."""
    return [hub for hub in HUB_NAMES if hub in HUBS]


def _collected(
    settings: Settings, sweep: Sweep, watch: Watch | None, stop: threading.Event, transport: httpx.BaseTransport | None
) -> HubResult:
    try:
        return collect(settings, sweep, watch, stop, transport)
    except HubFailure as failure:
        return HubResult(failed=True, message=told(failure), requests=failure.requests, retries=failure.retries)
    except FAILURES as error:
        return HubResult(failed=True, message=told(error), busy=isinstance(error, store.Busy))
    except Exception as error:  # noqa: BLE001  what nobody thought of at one hub must not stop the others
        return HubResult(failed=True, message=unexpected(error))


def in_order(kept: list[SweepPages]) -> list[SweepPages]:
    """Kept sweeps by day; on one day the source that is believed first goes first, so that its word stands."""
    return sorted(kept, key=lambda pages: (pages.day, precedence(pages.sweep), pages.hub, pages.sweep))


def _load_in_order(con: duckdb.DuckDBPyConnection, settings: Settings, kept: list[SweepPages], accept_shrink: bool) -> list[KeptResult]:
    results = []
    for pages in in_order(kept):
        state = pages.state()
        got = HubResult(limited=state is not None and state.limited)
        result = _loaded(con, settings, pages, got, accept_shrink)
        results.append(KeptResult(hub=pages.hub, day=pages.day, sweep=pages.sweep, **dict(result)))
    return results


def _loaded(con: duckdb.DuckDBPyConnection, settings: Settings, pages: SweepPages, got: HubResult, accept_shrink: bool) -> HubResult:
    try:
        loaded = load(con, settings, pages, accept_shrink)
    except FAILURES as error:
        is_told = got.message and (got.failed or not pages.segments())  # what kept pages from coming says more
        return got.model_copy(update={"failed": True, "complete": False, "message": got.message if is_told else told(error)})
    except Exception as error:  # noqa: BLE001  as above
        return got.model_copy(update={"failed": True, "complete": False, "message": unexpected(error)})
    message = "; ".join(dict.fromkeys(part for text in (got.message, loaded.message) for part in text.split("; ") if part))
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
    pages = SweepPages(settings.data, settings.kept_as(sweep.hub), sweep.day, sweep.name)
    with store.locked(settings.data, f"sweep-{sweep.hub}", settings.lock_wait), Client(sweep.hub, settings, transport) as client:
        state = pages.state() or SweepState(
            hub=pages.hub, day=sweep.day, sweep=sweep.name, endpoint=settings.hubs[sweep.hub].endpoint, started_at=now()
        )
        with recorded(settings, "collect", sweep.hub, sweep.day, client) as outcome:
            try:
                records = _walk(client, sweep, pages, state, watch, stop)
            except HubFailure as failure:
                failure.requests, failure.retries = client.tally.requests, client.tally.retries
                raise
            finally:
                for note in client.tally.notes:
                    state.note(note)
                state.requests += client.tally.requests
                state.retries += client.tally.retries
                pages.save_state(state)
            outcome.update(status="done" if state.complete else "incomplete", message=_message(state))
    return HubResult(
        complete=state.complete,
        limited=state.limited,
        records=records,
        requests=client.tally.requests,
        retries=client.tally.retries,
        message=_message(state),
    )


def _message(state: SweepState) -> str:
    return "; ".join([*state.notes, *([state.short] if state.short else [])])


def _walk(client: Client, sweep: Sweep, pages: SweepPages, state: SweepState, watch: Watch | None, stop: threading.Event | None) -> int:
    """Keep the sweep's pages as they come; returns how many records are kept. The state says whether it ended."""
    if state.endpoint != client.endpoint and not _both_local(state, client):
        raise HubFailure(
            f"{sweep.hub} {sweep.day}: this sweep was begun at {state.endpoint}, now it is {client.endpoint}; use --fresh to begin anew"
        )
    if sweep.day != today():
        state.note(f"collected on {today()} for {sweep.day}")
    if sweep.kind == "window":
        state.note(WINDOW_TELLS.format(day=sweep.day))
    records = sum(facts.records for facts in pages.facts())
    left = None if sweep.limit is None else sweep.limit - records
    pages.save_state(state)
    count = 0
    if state.finished_at and not state.limited and sweep.limit is not None:
        return records  # complete already: a limit takes nothing away
    if left is None or left > 0:
        walk: Iterator[Page] = HUBS[sweep.hub].pages(client, replace(sweep, limit=left), Kept(pages), state)
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


def _both_local(state: SweepState, client: Client) -> bool:
    """Whether a sweep may go on at another endpoint than it was begun at: only between local stand-ins."""
    return is_loopback(state.endpoint) and is_loopback(client.endpoint)


def load(con: duckdb.DuckDBPyConnection, settings: Settings, pages: SweepPages, accept_shrink: bool = False, again: bool = False) -> Loaded:
    """pages -> listings, observations: the day's facts of this sweep, replaced whole or not at all."""
    with recorded(settings, "load", pages.hub, pages.day) as outcome:
        loaded = load_sweep(con, pages, load_facts(), accept_shrink, again)
        profiles.load_listed(con, pages)
        outcome.update(status="done" if loaded.complete else "incomplete", message=loaded.message)
    return loaded


def classify(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """namespaces -> origins, by reviewed facts, then the hubs' own profiles, then rules, then `unknown`; no request."""
    with recorded(settings, "classify", None, None):
        judging.classify(con, load_facts())


def ask_profiles(settings: Settings, budget: int, tell: Callable[[str], object]) -> int:
    """Keep the hub's own profiles of the unlabelled namespaces with most downloads, at most `budget`, and judge again."""
    with warehouse(settings) as con, Client("huggingface", settings) as client:
        unlabelled = judging.unknown_namespaces(con, None, 10 * budget)
        wanted = [row.namespace for row in unlabelled if row.hub == "huggingface"][:budget]
        with recorded(settings, "collect", "huggingface", today(), client):
            found = profiles.collect_profiles(client, settings, today(), wanted, tell)
        profiles.load_collected(con, SweepPages(settings.data, "huggingface", today(), profiles.SWEEP))
        judge(con, settings)
    return found


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
    """The closed warehouse -> `hubwatch.duckdb`, in one step, and the report from it."""
    with store.locked(settings.data, "warehouse", settings.lock_wait), recorded(settings, "publish", None, None):
        target = store.publish(settings.data)
        if settings.report:
            from hubwatch.report import write_report  # here, because charts take seconds to import

            with store.open_published(settings.data) as con:
                write_report(con, settings.data / "report")
        return target


@contextmanager
def warehouse(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The writer's database under its lock; runs noted meanwhile are written into it at the end."""
    with store.locked(settings.data, "warehouse", settings.lock_wait):
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


def unexpected(error: BaseException) -> str:
    """An error that no code expects, in one line with the place it comes from: a fault of hubwatch to be reported."""
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" in {Path(frame.filename).name} line {frame.lineno}" for frame in place)
    return f"a fault of hubwatch{where}, please report it: {type(error).__name__}: {told(error)}"


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
