"""The past beyond kept pages: a hub's creation window, a published snapshot. Each is a load, then the rest of the way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from hubwatch import pipeline, store
from hubwatch.archives.day import ArchiveDay, Wanted
from hubwatch.archives.files import ArchiveFile, archive_files, dated_as_copied, is_mirror, published_files
from hubwatch.archives.load import Tell, load_archive, load_links
from hubwatch.archives.mapping import Mapping, read_mapping, ready_mappings
from hubwatch.archives.table import quoted
from hubwatch.clock import today
from hubwatch.collect import asked_sweep
from hubwatch.errors import DayFailure, HubFailure, UsageError
from hubwatch.facts import load_facts
from hubwatch.hubs import HUBS, hub_of, listed
from hubwatch.pages import Sweep, possible_day
from hubwatch.settings import Settings
from hubwatch.store import recorded

SAVED = (".html", ".htm", ".xhtml", ".mhtml", ".mht", ".md")


def window_sweep(settings: Settings, hub: str, since: date, until: date, day: date | None, fresh: bool = False) -> Sweep:
    """The sweep over what a hub created in [since, until); an unfinished one of the same window goes on with its own day."""
    if since >= until:
        raise UsageError(f"--since {since} is not before --until {until}; the window is [since, until)")
    sweep = asked_sweep(hub, "window", day, since=since, until=until, fresh=fresh)
    if day is None:
        with pipeline.known_sweeps(settings, settings.kept_as(sweep.hub)) as kept:
            for pages in reversed(kept):
                state = pages.state()
                if pages.sweep == sweep.name and state is not None and state.finished_at is None:
                    return replace(sweep, day=pages.day)
    return sweep


def asked_archive(source: str | None, mapping: str | None) -> tuple[str, Mapping]:
    """Where an archive lies and how it is read, as a scheduled run asks for it; `UsageError` when either is missing."""
    if not source or not mapping:
        raise UsageError("an archive needs both: archive, where it lies, and mapping, which reads it")
    return source, read_mapping(mapping)


def backfill_archive(settings: Settings, source: str, mapping: Mapping, wanted: Wanted, tell: Tell) -> list[ArchiveDay]:
    """Bring a published snapshot in, and finish and publish unless nothing is new; what became of each of its days."""
    found = archive_files(source, settings)
    if wanted.day is None and source.startswith("hf://"):
        found = dated_as_copied(found, mapping, settings)
    return _brought_in(settings, wanted, lambda con: load_archive(con, mapping, found, load_facts(), wanted, tell))


def backfill_published(settings: Settings, mapping: Mapping, copy: str | None, wanted: Wanted, tell: Tell) -> list[ArchiveDay]:
    """Bring a ready mapping's whole archive in, file by file: a stopped one goes on where it was. `copy`: a folder or mirror of it.

    Only looked at (`wanted.dry_run`) without a copy on disk, nothing is requested: its address and cost are told.
    """
    where = mapping.publication
    if where is None and (parts := parts_of(mapping)):
        return [day for part in parts for day in backfill_published(settings, part, copy, wanted, tell)]
    if wanted.dry_run and (copy is None or is_mirror(copy)) and where is not None:
        tell(where.told(mapping))
        return []
    found = published_files(mapping, copy, settings)

    def load(con: duckdb.DuckDBPyConnection) -> list[ArchiveDay]:
        days: list[ArchiveDay] = []
        for number, file in enumerate(found, 1):
            tell(f"{number} of {len(found)}: {file.name}")
            if mapping.day.copied_from and file.committed_on is None and wanted.day is None:
                why = f"no commit of {mapping.day.copied_from} near its date has its content, so that its day is not known; name it with --day"
                days.append(ArchiveDay(mapping.hub.value, None, mapping.stored_as, "failed", message=f"{file.name}: {why}"))
                continue
            try:
                loaded = load_archive(con, mapping, [file], load_facts(), wanted, tell)
                days += loaded
                if mapping.day.commit and not wanted.dry_run and all(day.outcome != "failed" for day in loaded):
                    file.forget()  # its day is known without it: a later run need not download it again
            except (DayFailure, HubFailure) as error:  # the other files are loaded
                days.append(ArchiveDay(mapping.hub.value, None, mapping.stored_as, "failed", message=str(error)))
        last = days[-1].day if days and days[-1].outcome != "failed" else None
        if where is not None and where.attributes and wanted.day is None and last is not None:
            days += _attributes(con, settings, mapping, read_mapping(where.attributes), copy, last, found[-1], wanted, tell)
        return days

    return _brought_in(settings, wanted, load)


def parts_of(mapping: Mapping) -> list[Mapping]:
    """The mappings of an archive's own files, where the archive is published in parts."""
    return [read_mapping(name) for name in ready_mappings() if name.startswith(f"{mapping.name}-")]


def _attributes(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    mapping: Mapping,
    own: Mapping,
    copy: str | None,
    day: date,
    last: ArchiveFile,
    wanted: Wanted,
    tell: Tell,
) -> list[ArchiveDay]:
    """Load the publisher's table of attributes for the archive's last day, where its totals are those of that day."""
    try:
        [file] = published_files(own, copy, settings, is_dated=True)
        path = file.fetch()
        same = _same_totals(con, mapping, day, last.fetch(), path)
    except (UsageError, HubFailure, duckdb.Error) as error:
        tell(f"no attributes: {' '.join(str(error).split())[:300]}")
        return []
    if same < _SAME:
        tell(f"no attributes: {file.name} is not of {day} ({same:.0%} of its totals are that day's); a later run loads them")
        return []
    try:
        return load_archive(con, own, [file], load_facts(), replace(wanted, day=day), tell)
    except (DayFailure, HubFailure) as error:
        return [ArchiveDay(own.hub.value, day, own.stored_as, "failed", message=str(error))]


_SAME = 0.95  # of the totals that two tables of one day have; the day after, most have changed


def _same_totals(con: duckdb.DuckDBPyConnection, mapping: Mapping, day: date, series: Path, models: Path) -> float:
    """The share of models in both files whose total is the same."""
    total, own_day, own_id = mapping.counters["downloads_total"].column[0], mapping.day.column or "", mapping.model_id.names[0]
    said = f"{quoted(own_id)} as id, {quoted(total)} as total from read_parquet"
    found = con.execute(
        f"""select avg((own.total = theirs.total)::int) from (select {said}($series) where {quoted(own_day)} = $day) own
            join (select {said}($models)) theirs using (id) where own.total > 0 and theirs.total is not null""",
        {"series": str(series), "models": str(models), "day": day},
    ).fetchall()[0][0]
    return float(found or 0)


def backfill_saved_pages(settings: Settings, source: str, wanted: Wanted, tell: Tell) -> list[ArchiveDay]:
    """Bring the models in that pages saved from a browser link to."""
    hub, day = wanted.hub, possible_day(wanted.day or today())
    if hub is None:
        raise UsageError(f"{source}: say which hub the page is of, with --hub")
    read_links = hub_of(hub).read_saved_page
    if read_links is None:
        able = [name for name, one in HUBS.items() if one.read_saved_page is not None]
        raise UsageError(f"{source}: saved pages of {hub} cannot be read, only of {listed(able)}; check --hub")
    files = archive_files(source, settings)
    pages = {file.name: read_links(file.fetch()) for file in files}
    return _brought_in(settings, wanted, lambda con: [load_links(con, hub, pages, day, load_facts(), wanted, tell)])


def _brought_in(settings: Settings, wanted: Wanted, load: Callable[[duckdb.DuckDBPyConnection], list[ArchiveDay]]) -> list[ArchiveDay]:
    if wanted.dry_run:
        with store.only_days(settings.data) as con:
            return load(con)
    with pipeline.warehouse(settings) as con:
        with recorded(settings, "backfill", wanted.hub, wanted.day) as outcome:
            days = load(con)
            failed = [day.told() for day in days if day.outcome == "failed"]
            outcome.update(status="incomplete" if failed else "done", message="; ".join(failed) or None)
        due = any(day.outcome == "loaded" for day in days) or bool(_of_these(store.not_published(con, settings.data), days))
    if due:
        with pipeline.warehouse(settings) as con:  # one of its own: beside the temporary macros of loading, statistics' macros do not bind
            pipeline.judge(con, settings)
        pipeline.publish(settings)
    return days


def _of_these(behind: set[tuple[str, date, str]], days: list[ArchiveDay]) -> set[tuple[str, date, str]]:
    """Those of these days that are loaded and not published: a backfill that was killed before its end left them."""
    return behind & {(day.hub, day.day, day.source) for day in days if day.outcome == "held"}
