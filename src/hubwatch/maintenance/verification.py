"""Is what is kept whole, and does it fit together: pages, tables, the published file, the days between."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import duckdb

from hubwatch import store
from hubwatch.errors import PageDamage, StoreFault, counted, told
from hubwatch.hubs import command_line, hub_of
from hubwatch.load import CONTENT_HASH, COUNTERS_HASH, COUNTERS_HASH_OF_ROWS, is_held
from hubwatch.maintenance.agreement import agreements
from hubwatch.pages import SweepPages, SweepState, kept_sweeps, number_of, pruned_sweeps, restore
from hubwatch.store import PRECEDENCE


@dataclass(frozen=True)
class Finding:
    """Something that does not fit: of which hub and day, its name, and the facts with the cure."""

    hub: str | None
    day: date | None
    source: str | None
    fault: str
    detail: str

    def told(self) -> str:
        """The finding in one line."""
        return " ".join(str(part) for part in (self.hub, self.day, self.source, f"{self.fault}:", self.detail) if part is not None)


@dataclass(frozen=True)
class _Loaded:
    """A row of `sweeps` as far as pages can be held against it."""

    complete: bool
    records: int
    rejected: int
    duplicates: int
    limited: bool
    message: str | None


Key = tuple[str, date, str]
DOUBT = "health"  # the fault of a finding that names a doubtful day
LIMITED = "limited"  # and of one that names a sweep with --limit
AGREEMENT = "agreement"  # and of one that says how far an archive agrees with a sweep of ours
NOTICES = (DOUBT, LIMITED, AGREEMENT)  # nothing is broken or missing that was wanted: no problems


def verify(
    con: duckdb.DuckDBPyConnection, data: Path, quick: bool = False, every: int = 1, damaged_there: Mapping[Key, str] | None = None
) -> list[Finding]:
    """Everything that does not fit, by hub and day; empty when all does.

    `damaged_there` is what was found of sweeps where other machines keep their pages.

    `quick` reads neither the bodies of pages nor every observation's value: what those would show stays unseen.
    `every` is how many days apart a hub's sweeps are meant to be: only longer stretches without any are missing.
    Raises `StoreFault` where nothing is kept at all: such a folder is rather a wrong one than whole.
    """
    if not any((data / name).exists() for name in ("pages", "warehouse.duckdb", "hubwatch.duckdb")):
        raise StoreFault(f"nothing is kept in {data}; run `hubwatch run`, or point --data at where it is")
    if damaged := list(_damage(con, data)):
        return damaged
    loaded = _loaded(con)
    dropped = set(con.execute("select hub, day, source from store.dropped").fetchall())
    kept = kept_sweeps(data)
    found = [
        *(Finding(*key, "damage", fault) for key, fault in (damaged_there or {}).items()),
        *_table_faults(con),
        *_page_faults(data, kept, loaded, is_held(con, kept), dropped, quick),
        *_day_faults(kept, loaded, every),
        *_doubtful_days(con),
        *_published_faults(con, data),
    ]
    if not quick:
        found += _value_faults(con)
        found += [Finding(hub, day, source, AGREEMENT, detail) for hub, day, source, detail in agreements(con)]
    return sorted(set(found), key=lambda one: (one.hub or "", one.day or date.min, one.source or "", one.fault, one.detail))


def _damage(con: duckdb.DuckDBPyConnection, data: Path) -> Iterator[Finding]:
    """A database that does not hold what was written to it: each value is read once, and nothing else is looked at then."""
    try:
        store.read_whole(con)
    except duckdb.Error as error:
        if not store.is_damage(error):
            raise
        yield Finding(None, None, None, "damage", told(error))


def _loaded(con: duckdb.DuckDBPyConnection) -> dict[Key, _Loaded]:
    rows = con.execute(
        """select hub, day, source, coalesce(complete, false), coalesce(records, 0), coalesce(rejected, 0) - coalesce(part_read, 0),
             coalesce(duplicates, 0), coalesce(limited, false), message from sweeps"""
    ).fetchall()
    return {(hub, day, source): _Loaded(*facts) for hub, day, source, *facts in rows}


def _table_faults(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Tables against each other; what is counted day by day is gathered first, so that no query holds all days at once."""
    con.execute("create or replace temp table counted (hub varchar, day date, source varchar, observations bigint, listings bigint)")
    con.execute("create or replace temp table shown (hub varchar, day date, listings bigint)")
    for (day,) in con.execute("select distinct day from store.counters order by day").fetchall():
        con.execute(
            """insert into counted select hub, day, source, count(*), count(distinct listing_key)
               from store.counters join store.listing using (listing_key) where day = ? group by all""",
            [day],
        )
        con.execute(
            """insert into shown select hub, day, count(*) from (
                 select listing_key, day from store.counters where day = ? group by all having count(*) filter (not superseded) <> 1)
               join store.listing using (listing_key) group by all""",
            [day],
        )
    return [Finding(*row) for row in con.execute(files("hubwatch.maintenance").joinpath("verify.sql").read_text("utf-8")).fetchall()]


def _value_faults(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Observations that are no longer what was loaded: each archive's day, and each day of a hub's most believed sweep, hashed again."""
    days = con.execute(
        f"""select hub, day, source, content_hash from sweeps where content_hash is not null
            qualify length(content_hash) = 17 or not starts_with(source, 'archive:')
              and row_number() over (partition by hub, day order by {PRECEDENCE}, source) = 1 order by hub, day, source"""
    ).fetchall()
    rules = {"c": COUNTERS_HASH_OF_ROWS, "d": COUNTERS_HASH}
    for hub, day, source, known in days:
        held = con.execute(
            f"""with staged as (select model_id, downloads_30d, downloads_total, likes, license, created_at
                  from store.counters c join store.listing l using (listing_key)
                  left join store.attributes a on a.listing_key = c.listing_key and valid_from <= $day and (valid_to is null or valid_to > $day)
                  where l.hub = $hub and c.day = $day and source = $source)
                {rules.get(known[0], CONTENT_HASH) if len(known) == 17 else CONTENT_HASH}""",
            {"hub": hub, "day": day, "source": source},
        ).fetchall()[0][0]
        if held != known:
            yield Finding(hub, day, source, "values", f"the tables no longer hold what was loaded; run `{_again(hub, day, source)}`")


def _again(hub: str, day: date, source: str) -> str:
    if source.startswith("archive:"):
        return f"hubwatch backfill archive SOURCE --mapping {source.removeprefix('archive:')} --hub {hub} --day {day} --overwrite"
    return f"hubwatch backfill pages --hub {hub} --from {day} --to {day}"


def _page_faults(
    data: Path, kept: list[SweepPages], loaded: dict[Key, _Loaded], current: dict[Key, bool], dropped: set[Key], quick: bool
) -> Iterator[Finding]:
    """Pages against themselves and against the tables."""
    for pages in kept:
        key = (pages.hub, pages.day, pages.sweep)
        try:
            state, records = pages.state(), _records(pages, quick)
        except PageDamage as damage:
            yield Finding(*key, "damage", str(damage))
            continue
        gaps = list(_gaps_in_segments(pages))
        yield from gaps
        if state is not None and not gaps:
            try:
                pages.require_whole(state)
            except PageDamage as damage:
                yield Finding(*key, "no_pages", str(damage))
        if state is not None and key not in dropped:
            yield from _against_tables(pages, state, records, loaded.get(key), current[key])
    known = {(pages.hub, pages.day, pages.sweep) for pages in kept} | pruned_sweeps(data)
    for hub, day, source in sorted(loaded):
        if (hub, day, source) not in known and not source.startswith("archive:"):
            gone = f"its kept pages are gone, and prune did not take them; {restore(SweepPages(data, hub, day, source).folder)}"
            if (segments := SweepPages(data, hub, day, source)).segments():
                gone = f"{segments.folder} has pages and no sweep.json, and cannot be loaded; {restore(segments.folder)}"
            yield Finding(hub, day, source, "no_pages", gone)


def _records(pages: SweepPages, quick: bool) -> int:
    """How many records the whole pages hold; a page whose bytes do not bear their checksum is `PageDamage`."""
    facts = list(pages.facts())
    if not quick and sum(1 for _ in pages.read()) != len(facts):
        raise PageDamage(f"{pages.folder}: the last page of a segment does not bear its checksum; {restore(pages.folder)}")
    return sum(page.records for page in facts)


def _gaps_in_segments(pages: SweepPages) -> Iterator[Finding]:
    for partition in pages.partitions():
        numbers = [number_of(path) for path in pages.segments(partition)]
        missing = sorted(set(range(max(numbers) + 1)) - set(numbers))
        if missing:
            told = ", ".join(f"{number:05}" for number in missing[:5])
            yield Finding(
                pages.hub, pages.day, pages.sweep, "no_pages", f"partition {partition} lacks segment {told}; {restore(pages.folder)}"
            )


def _against_tables(pages: SweepPages, state: SweepState, records: int, loaded: _Loaded | None, is_current: bool) -> Iterator[Finding]:
    key = (pages.hub, pages.day, pages.sweep)
    if state.finished_at is None:
        how = f"{records} records kept, the sweep has not ended; `{goes_on(pages, state)}` goes on"
        yield Finding(*key, "incomplete", how if loaded else f"not loaded; {how}")
    elif loaded is None:
        yield Finding(*key, "not_loaded", f"{records} records kept; run `{loads(pages)}`")
    if loaded is None:
        return
    read = loaded.records + loaded.rejected + loaded.duplicates
    if read > records:
        missing = f"the tables hold {read} records of this sweep, its pages {records}: pages are missing; {restore(pages.folder)}"
        yield Finding(*key, "no_pages", missing)
    elif not is_current:
        yield Finding(*key, "not_loaded", f"its pages changed after it was loaded; run `{loads(pages)}`")


def goes_on(pages: SweepPages, state: SweepState) -> str:
    """The command that goes on with a sweep."""
    if window := re.fullmatch(r"window-(\d{4}-\d\d-\d\d)-(\d{4}-\d\d-\d\d)", pages.sweep):  # its bounds, whatever its state has come to say
        return command_line(
            pages.hub, f"backfill window {hub_of(pages.hub).name} --since {window[1]} --until {window[2]} --day {pages.day}"
        )
    option = "" if pages.sweep == "full" else f" --sweep {pages.sweep}" + "".join(f" --owner {owner}" for owner in state.owners)
    if pages.sweep == "new" and state.since:
        option += f" --since {state.since:%Y-%m-%d}"
    option += f" --floor {state.floor}" if state.floor is not None else ""
    return command_line(pages.hub, f"run {hub_of(pages.hub).name} --day {pages.day}{option}")


def loads(pages: SweepPages) -> str:
    """The command that loads a kept day, and all that follows loading."""
    return _again(pages.hub, pages.day, pages.sweep)


def _day_faults(kept: list[SweepPages], loaded: dict[Key, _Loaded], every: int) -> Iterator[Finding]:
    """Loaded sweeps that are not whole, and days between a hub's observed days that nobody observed."""
    states = {(pages.hub, pages.day, pages.sweep): (pages, _state(pages)) for pages in kept}
    for key, row in sorted(loaded.items()):
        if row.complete or key[2].startswith("archive:"):
            continue
        pages, state = states.get(key, (None, None))
        if state is not None and state.finished_at is None:
            continue  # named with its pages
        if row.limited or (state is not None and state.limited):
            more = f"; `{goes_on(pages, state)}` collects the rest" if pages and state else ""
            yield Finding(
                *key, LIMITED, f"{counted(row.records, 'record')}, as --limit asked: a part of the hub that removes nothing{more}"
            )
        else:
            yield Finding(*key, "incomplete", row.message or "the sweep did not end")
    for hub, missing in missing_days({*loaded, *((pages.hub, pages.day, pages.sweep) for pages in kept)}, every).items():
        for first, last in missing:
            told = f"no sweep from {first} to {last} ({(last - first).days + 1} days)" if last > first else "no sweep on this day"
            cure = "a hub only reports the present, so look for an archive (`hubwatch backfill mappings`); where sweeps are due less often, pass --every"
            yield Finding(hub, first, None, "missing", f"{told}; {cure}")


def _doubtful_days(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Days whose counters as a whole are in doubt: nothing is broken, so they are `DOUBT` and no problem to fix."""
    rows = con.execute(
        """select hub, day, source, health, health_note from sweeps
           where health <> 'ok' and (complete or starts_with(source, 'archive:') or health <> 'partial')"""
    ).fetchall()
    for hub, day, source, health, note in rows:
        yield Finding(hub, day, source, DOUBT, f"{health}: {note}; series and growth leave it out or mark it")


def _state(pages: SweepPages) -> SweepState | None:
    """How far the sweep has come, as far as its pages can be read."""
    try:
        return pages.state()
    except PageDamage:
        return None  # named as damage


def missing_days(observed: set[Key], every: int = 1) -> dict[str, list[tuple[date, date]]]:
    """For each hub the stretches of days between its sweeps on which there is none, where they are more than
    `every` days apart; archives and windows are no sweeps of a day."""
    days: dict[str, set[date]] = defaultdict(set)
    for hub, day, source in observed:
        if not source.startswith(("archive:", "window")):
            days[hub].add(day)
    one = timedelta(days=1)
    return {
        hub: [(before + one, after - one) for before, after in pairwise(order) if (after - before).days > every]
        for hub, found in sorted(days.items())
        if (order := sorted(found))
    }


def _published_faults(con: duckdb.DuckDBPyConnection, data: Path) -> Iterator[Finding]:
    """The published file against the tables."""
    if not (data / "hubwatch.duckdb").exists():
        if store.not_published(con, data):
            yield Finding(None, None, None, "not_published", "there is no hubwatch.duckdb; run `hubwatch publish`")
        return
    memory = store.memory_allowed(con)
    try:
        behind = store.not_published(con, data)
        with store.held_to(con, memory // 4, 1), store.open_published(data, f"{memory * 3 // 4}B") as published:  # both within one's limit
            store.read_whole(published)
            lost = store.lost_days(con, published)
    except (StoreFault, duckdb.Error) as error:
        yield Finding(None, None, None, "not_published", f"the published file cannot be read: {told(error)}; run `hubwatch publish`")
        return
    if lost:
        yield Finding(None, None, None, "lost", store.told_lost(lost, data))
    elif behind:
        days = ", ".join(sorted({f"{hub} {day}" for hub, day, _ in behind})[:5])
        yield Finding(None, None, None, "not_published", f"the published file differs in {days}; run `hubwatch publish`")
