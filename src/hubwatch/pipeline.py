"""THE WAY: collect, load, classify, link, measure, publish. One function a stage; the only module that knows the order."""

import contextlib
import math
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb

from hubwatch import maintenance, statistics, store
from hubwatch.classify import classify as classify_namespaces
from hubwatch.classify import unknown_namespaces
from hubwatch.clock import today
from hubwatch.collect import ASKED_AGAIN, Watch, asked_lately, collect_profiles, hubs_with_profiles
from hubwatch.collect import collect as collect
from hubwatch.errors import Busy, DayFailure, HubFailure, HubwatchError, PageDamage, StorageFault, UsageError, told, unexpected
from hubwatch.facts import load_facts
from hubwatch.hubs import HUBS, hub_of, sites
from hubwatch.link import link as link_listings
from hubwatch.load import Loaded, load_kept, load_listed, load_sweep, not_yet_loaded, note_attempt, refused
from hubwatch.net import Client, Transport
from hubwatch.outcomes import BuildResult, HubResult, KeptResult, RunResult
from hubwatch.pages import Shared, Sweep, SweepPages, kept_sweeps, set_aside, within
from hubwatch.pages import fetch as fetch_sweeps
from hubwatch.settings import NO_CHARTS, LakeSettings, Settings
from hubwatch.store import precedence, recorded

FAILURES = (HubwatchError, OSError, duckdb.Error)

Key = tuple[str, date, str]  # hub, day and name of a sweep
Tell = Callable[[str], object]

_PAUSE = 1.0  # seconds between turns: whoever waits for the lock looks every fifth of a second
_LONGEST_TURN = 3600.0  # seconds that another may then have it
_TO_STOP = 5.0  # seconds to end with the page under way; a hub may ask to wait for a quarter of an hour, and whole pages are kept by then


def run(
    settings: Settings,
    sweeps: list[Sweep],
    accept_shrink: bool = False,
    watch: Watch | None = None,
    transport: Transport | None = None,
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
    settings: Settings, sweeps: list[Sweep], watch: Watch | None = None, transport: Transport | None = None
) -> dict[str, HubResult]:
    """Collect these sweeps side by side, one thread a hub; a failure is in its hub's result."""
    stop = threading.Event()
    hubs = ThreadPoolExecutor(len(sweeps))
    collecting: dict[str, Future[HubResult]] = {}
    try:
        for sweep in sweeps:
            collecting[sweep.hub] = hubs.submit(_collected, settings, sweep, watch, stop, transport)
        return {hub: future.result() for hub, future in collecting.items()}
    except BaseException:
        stop.set()
        wait(collecting.values(), timeout=_TO_STOP)
        raise
    finally:
        hubs.shutdown(wait=False)


def build(
    settings: Settings,
    kept: list[SweepPages] | None = None,
    accept_shrink: bool = False,
    tell: Tell = lambda line: None,
    damaged: Mapping[Key, str] | None = None,
    turn: float = 300,
) -> BuildResult:
    """Load .. publish of these kept sweeps again, or of all that have changed since they were last loaded; what each gave.

    Those loaded again are loaded in turns of so many seconds, with a pause between them: a daily build need not wait for a year of days.
    A sweep still going is loaded as far as it has come, as incomplete. One sweep's failure neither stops nor taints the others.
    The same pages give the same tables. `tell` is given a line as each is loaded. `damaged` says what `fetch` could not bring.
    """
    load_facts()  # a fault in the facts is said before hours of loading
    damaged = fetch(settings, tell=tell) if kept is None else damaged or {}
    loaded = [KeptResult(hub=hub, day=day, sweep=sweep, failed=True, message=fault) for (hub, day, sweep), fault in sorted(damaged.items())]
    every = [pages for pages in kept_sweeps(settings.data) if (pages.hub, pages.day, pages.sweep) not in damaged]
    if not every and not kept and not loaded and not (settings.data / "warehouse.duckdb").exists():
        raise UsageError(
            f"no saved pages and no warehouse in {settings.data}; run `hubwatch collect` first, or point --data or HUBWATCH_DATA at the right folder"
        )
    chosen: list[SweepPages] | None = None
    stands: list[str] = []
    while True:
        with warehouse(settings) as con:
            if chosen is None:
                chosen = _in_order(not_yet_loaded(con, every, accept_shrink) if kept is None else kept)
                stands = _standing(con, every, chosen)
            ends = time.monotonic() + (math.inf if kept is None else turn)
            for pages in chosen[len(loaded) - len(damaged) :]:
                loaded.append(_kept_loaded(con, settings, pages, accept_shrink, again=kept is not None))
                tell(f"{len(loaded) - len(damaged)} of {len(chosen)}: {loaded[-1].told()}")
                if time.monotonic() > ends:
                    break
            else:
                judge(con, settings)
                break
        time.sleep(_PAUSE)
        settings = settings.model_copy(update={"lock_wait": max(settings.lock_wait, _LONGEST_TURN)})
    return BuildResult(loaded=loaded, published=str(publish(settings)), refused=stands)


def _standing(con: duckdb.DuckDBPyConnection, every: list[SweepPages], chosen: list[SweepPages]) -> list[str]:
    """The sweeps that an earlier build could not load and that this one does not try again, with the reason."""
    tried = {(pages.hub, pages.day, pages.sweep) for pages in chosen}
    return [f"{' '.join(map(str, key))}: {fault}" for key, fault in sorted(refused(con, every).items()) if key not in tried]


def fetch(
    settings: Settings, hub: str | None = None, first: date | None = None, last: date | None = None, tell: Tell = lambda line: None
) -> dict[Key, str]:
    """Have in this data folder what other machines keep in HUBWATCH_PAGES, where that is set; what of it is damaged, by sweep.

    A sweep is here whole or as it was before. Of a hub that is being collected here, only sweeps of which nothing is here yet.
    """
    if settings.pages is None:
        return {}
    shared = Shared(settings.data, settings.pages)
    lock_of = {name: f"sweep-{hub_of(name).name}" for name in sites()}
    entries = within({key: one for key, one in shared.entries(hub).items() if key[0] in lock_of}, first, last)
    return fetch_sweeps(shared, entries, lambda name: store.locked(settings.data, lock_of[name]), tell)


@contextmanager
def known_sweeps(settings: Settings, hub: str | None = None) -> Iterator[list[SweepPages]]:
    """Every sweep with saved pages (of a hub), here or in storage, by how far it has come; of those in storage alone, nothing but that."""
    here = kept_sweeps(settings.data, hub)
    if settings.pages is None:
        yield here
        return
    with tempfile.TemporaryDirectory(prefix="hubwatch-") as room:
        there = {(pages.hub, pages.day, pages.sweep): pages for pages in Shared(settings.data, settings.pages).states(Path(room), hub)}
        own = {(pages.hub, pages.day, pages.sweep): pages for pages in here}
        found = own | {key: pages for key, pages in there.items() if key not in own or not _has_ended(own[key])}
        yield [found[key] for key in sorted(found)]


def _has_ended(pages: SweepPages) -> bool:
    state = pages.state()
    return state is not None and state.finished_at is not None


def load_all(settings: Settings, kept: list[SweepPages], accept_shrink: bool = False) -> dict[str, HubResult]:
    """Load these kept sweeps in order of day; what each hub's last one gave, and what failed before it."""
    results: dict[str, HubResult] = {}
    with warehouse(settings) as con:
        for result in (_kept_loaded(con, settings, pages, accept_shrink) for pages in _in_order(kept)):
            before = results.get(result.hub)
            if before is None or not before.failed:
                results[result.hub] = result
            elif result.failed:
                results[result.hub] = result.model_copy(update={"message": f"{before.message}; {result.message}"})
    return results


def kept_on(settings: Settings, hubs: list[str] | None, day: date | None, kind: str | None) -> list[SweepPages]:
    """What is kept of these hubs (None: all) for a day [today], of one kind of sweep or of all; `UsageError` naming what is not."""
    names, on = [settings.kept_as(hub) for hub in hubs or HUBS], day or today()
    for name in names:
        if damaged := fetch(settings, name, on, on):
            raise PageDamage("; ".join(damaged.values()))
    every = [pages for pages in kept_sweeps(settings.data) if pages.hub in names]
    kept = [pages for pages in every if pages.day == on and kind in (None, pages.sweep)]
    missing = [name for name in names if name not in {pages.hub for pages in kept}] if hubs else []
    if kept and not missing:
        return kept
    wanted = f"no kept pages of {f'a {kind} sweep of ' if kind else ''}{', '.join(missing or names)} for {on}"
    last = ", ".join(f"{pages.hub} {pages.day} {pages.sweep}" for pages in sorted(every, key=lambda pages: pages.day)[-3:])
    raise UsageError(f"{wanted}; {f'the last kept are {last}: name such a day, or ' if last else ''}run `hubwatch collect` first")


def _collected(settings: Settings, sweep: Sweep, watch: Watch | None, stop: threading.Event, transport: Transport | None) -> HubResult:
    try:
        return collect(settings, sweep, watch, stop, transport)
    except UsageError:  # no hub can be asked so
        raise
    except HubFailure as failure:
        return HubResult(failed=True, message=told(failure), requests=failure.requests, retries=failure.retries)
    except FAILURES as error:
        return HubResult(failed=True, message=told(error), busy=isinstance(error, Busy))
    except Exception as error:  # noqa: BLE001  what nobody thought of at one hub must not stop the others
        return HubResult(failed=True, message=unexpected(error))


def _in_order(kept: list[SweepPages]) -> list[SweepPages]:
    """Kept sweeps by day; on one day the source that is believed first goes first, so that its word stands."""
    return sorted(kept, key=lambda pages: (pages.day, precedence(pages.sweep), pages.hub, pages.sweep))


def _kept_loaded(
    con: duckdb.DuckDBPyConnection, settings: Settings, pages: SweepPages, accept_shrink: bool, again: bool = False
) -> KeptResult:
    result = _loaded(con, settings, pages, _kept_result(pages), accept_shrink, again)
    return KeptResult(hub=pages.hub, day=pages.day, sweep=pages.sweep, **dict(result))


def _kept_result(pages: SweepPages) -> HubResult:
    """What is known before loading; pages whose state cannot be read say so when they are loaded."""
    try:
        state = pages.state()
    except PageDamage:
        state = None
    return HubResult(limited=state is not None and state.limited)


def _loaded(
    con: duckdb.DuckDBPyConnection, settings: Settings, pages: SweepPages, got: HubResult, accept_shrink: bool, again: bool = False
) -> HubResult:
    try:
        loaded = load(con, settings, pages, accept_shrink, again)
    except UsageError:
        raise
    except FAILURES as error:
        if store.is_damage(error):  # nothing that comes after may be published
            raise
        is_told = got.message and (got.failed or not pages.segments())  # what kept pages from coming says more
        return got.model_copy(update={"failed": True, "complete": False, "message": got.message if is_told else told(error)})
    except Exception as error:  # noqa: BLE001  as above
        return got.model_copy(update={"failed": True, "complete": False, "message": unexpected(error)})
    message = "; ".join(dict.fromkeys(part for text in (got.message, loaded.message) for part in text.split("; ") if part))
    update = {"complete": loaded.complete and not got.failed, "records": loaded.records, "rejected": loaded.rejected, "message": message}
    return got.model_copy(update=update)


def load(con: duckdb.DuckDBPyConnection, settings: Settings, pages: SweepPages, accept_shrink: bool = False, again: bool = False) -> Loaded:
    """pages -> listings, observations: the day's facts of this sweep, replaced whole or not at all."""
    with recorded(settings, "load", pages.hub, pages.day) as outcome:
        fingerprint = pages.fingerprint()  # before a collector at work adds pages
        try:
            loaded = load_sweep(con, pages, load_facts(), accept_shrink, again)
        except (DayFailure, PageDamage) as failure:
            note_attempt(con, pages, fingerprint, told(failure))
            raise
        load_listed(con, pages)
        note_attempt(con, pages, fingerprint, None)
        outcome.update(status="done" if loaded.complete else "incomplete", message=loaded.message)
    return loaded


def classify(con: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, int]:
    """namespaces -> origins, by reviewed facts, then the hubs' own profiles, then rules, then `unknown`; no request. Counts of it."""
    with recorded(settings, "classify", None, None) as outcome:
        outcome["message"] = "; ".join(load_kept(con, settings.data)) or None
        return {"namespaces": classify_namespaces(con, load_facts())}


def ask_profiles(settings: Settings, budget: int) -> tuple[int, int]:
    """Fetch the profiles of the most downloaded unlabelled namespaces, at most `budget` a hub; reclassify and republish.

    Of the hubs that have pages of profiles. Returns how many were requested and how many exist. A namespace requested within
    the last 90 days is not requested again.
    """
    unsent: list[str] = []
    asked = found = 0
    for hub in hubs_with_profiles():
        one, other = _ask_profiles_of(settings, hub, budget, unsent.append)
        asked, found = asked + one, found + other
    with warehouse(settings) as con:
        judge(con, settings)
    publish(settings)
    if unsent:
        raise StorageFault("; ".join(unsent))
    return asked, found


def _ask_profiles_of(settings: Settings, hub: str, budget: int, tell: Tell) -> tuple[int, int]:
    kept_as = settings.kept_as(hub)
    fetch(settings, kept_as, today() - ASKED_AGAIN)
    known = asked_lately(settings.data, kept_as, today())
    with store.open_published(settings.data, settings.memory_limit) as con:
        unlabelled = unknown_namespaces(con, None, budget + len(known), kept_as)
    wanted = [row.namespace for row in unlabelled if row.namespace not in known][:budget]
    with (
        store.locked(settings.data, f"sweep-{hub}", settings.lock_wait),
        Client(hub, settings) as client,
        recorded(settings, "collect", hub, today(), client.tally),
    ):
        return len(wanted), collect_profiles(client, settings, today(), wanted, tell)


def link(con: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, int]:
    """listings -> models, in tiers of identity, each with its evidence. Counts of it."""
    with recorded(settings, "link", None, None):
        load_facts().stage(con)
        return link_listings(con).model_dump()


def measure(con: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, int]:
    """-> statistics, flags. Counts of it."""
    with recorded(settings, "measure", None, None):
        statistics.measure(con)
        counts = con.execute("select (select count(*) from statistics), (select count(*) from flags)").fetchall()[0]
        return {"statistics": counts[0], "flags": counts[1]}


def drop_day(settings: Settings, hub: str, day: date, source: str | None, confirmed: bool) -> list[maintenance.Droppable]:
    """What is held of a hub's day (or of one source of it); `confirmed`: taken out of the tables, and published without it."""
    with warehouse(settings) as con:
        found = maintenance.droppable(con, settings.data, hub, day, source)
        if not confirmed:
            return found
        if settings.pages is not None:
            for one in found:
                set_aside(Shared(settings.data, settings.pages), (one.hub, one.day, one.source))
        with recorded(settings, "drop-day", hub, day) as outcome:
            maintenance.drop(con, settings.data, found)
            outcome["message"] = f"dropped {', '.join(one.source for one in found)}"
        judge(con, settings)
    publish(settings)
    return found


def publish(settings: Settings, drop_days: bool = False, take_over: bool = False) -> Path:
    """The closed warehouse -> `hubwatch.duckdb`, in one step, and the site of the report from it; `drop_days`: though it lacks published days.

    Where the settings name a lake, first a snapshot of it, together with what other builders published there; what the lake
    does not take is published here all the same, and raised then. `take_over`: though another builder publishes these hubs.
    """
    with store.locked(settings.data, "warehouse", settings.lock_wait), recorded(settings, "publish", None, None) as outcome:
        if (settings.data / "warehouse.duckdb").exists():
            with contextlib.closing(store.open_warehouse(settings.data, settings.memory_limit)) as con:
                statistics.renew_definitions(con)
        fault = None
        if settings.lake is not None:
            try:
                outcome["message"] = _share(settings, settings.lake, drop_days, take_over)
            except FAILURES as error:
                fault = error
        target = store.publish(settings.data, drop_days, settings.memory_limit)
        if settings.report and not settings.writes_report:
            outcome["message"] = NO_CHARTS
        if settings.writes_report:
            from hubwatch.report import write_site  # here, because charts take seconds to import

            with store.open_published(settings.data, settings.memory_beside_report) as con:
                write_site(con, settings.data / "report")
        if fault is not None:
            raise fault
        return target


def _share(settings: Settings, lake: LakeSettings, drop_days: bool, take_over: bool) -> str:
    return store.share_with_lake(settings, lake, lambda con: judge(con, settings), take_over, drop_days).told()


def migrate(settings: Settings, to: Literal["lake", "file"]) -> Path:
    """The tables of the warehouse into an empty lake, or those of the lake into an empty data folder; published there, too."""
    lake = _lake_of(settings)
    if to == "file":
        with store.locked(settings.data, "warehouse", settings.lock_wait), recorded(settings, "migrate", None, None):
            store.warehouse_from_lake(settings, lake)
        return publish(settings.model_copy(update={"lake": None}))
    with contextlib.closing(store.open_warehouse(settings.data, settings.memory_limit)) as con, store.attached(con, lake):
        store.make_layout(con)
        if store.version_of(con):
            raise UsageError(
                "the lake holds a warehouse already; `hubwatch publish` commits to it, `hubwatch migrate file` copies it into a folder"
            )
    return publish(settings)


def maintain(settings: Settings, keep_days: int, dry_run: bool = False) -> dict[str, int]:
    """Tidy the lake: small files merged, snapshots older than `keep_days` expired but for the last of each month. Counts of it."""
    lake = _lake_of(settings)
    with store.connect(Path(":memory:"), settings.memory_limit) as con, store.attached(con, lake, read_only=dry_run):
        if dry_run:
            return {"snapshots_would_expire": len(store.expired(con, keep_days))}
        return store.tidy(con, keep_days)


def _lake_of(settings: Settings) -> LakeSettings:
    if settings.lake is None:
        raise UsageError("HUBWATCH_WAREHOUSE names no lake; set it to ducklake:postgres:dbname=NAME host=HOST user=USER")
    return settings.lake


@contextmanager
def reading(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The writer's database read-only, or where there is none a database in memory with its tables, empty.

    No writer comes between, where this user may write the lock; where not, only what is read is locked.
    """
    with contextlib.ExitStack() as held:
        held.enter_context(store.interrupts())
        if (settings.data / "locks").is_dir() and os.access(settings.data / "locks", os.W_OK, effective_ids=True):
            held.enter_context(store.locked(settings.data, "warehouse", settings.lock_wait))
        if (settings.data / "warehouse.duckdb").exists():
            yield held.enter_context(contextlib.closing(store.read_warehouse(settings.data, settings.memory_limit)))
        else:
            yield held.enter_context(store.only_days(settings.data))


@contextmanager
def warehouse(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The writer's database under its lock; runs noted meanwhile are written into it at the end, or by the next writer."""
    with (
        store.interrupts(),
        store.locked(settings.data, "warehouse", settings.lock_wait),
        contextlib.closing(store.open_warehouse(settings.data, settings.memory_limit)) as con,
    ):
        yield con
        store.take_in_runs(con, settings.data)
