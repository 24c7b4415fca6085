"""Commands for history and upkeep: backfill, prune, verify, status."""

from __future__ import annotations

import functools
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hubwatch.cli.options import Data, Format, Json, Shrink, asked_day, hub_names, kept_in, known_hub, parsed_day
from hubwatch.cli.output import chosen_format, complain, inform, is_quiet, say, show_rows, warn
from hubwatch.clock import KEEP_DAYS
from hubwatch.errors import NoSuchName, UsageError, counted
from hubwatch.spelling import hint, meant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubwatch.archives import ArchiveDay
    from hubwatch.maintenance import Finding, HubStatus

DATE = "YYYY-MM-DD"
_HUBS = ", ".join(hub_names())
Hub = Annotated[str | None, typer.Option("--hub", metavar="HUB", help=f"one of {_HUBS} [default: all]")]

past = typer.Typer(help="Backfill earlier days: saved pages, a hub's creation window, a published snapshot.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(past, name="backfill")
    app.command("drop-day")(drop_day)
    for command in (prune, verify, status):
        app.command()(command)


@past.command()
def pages(
    hub: Hub = None,
    first: Annotated[str | None, typer.Option("--from", metavar=DATE, help="first day [default: the first saved]")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar=DATE, help="last day [default: the last saved]")] = None,
    data: Data = None,
    accept_shrink: Shrink = False,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Load saved pages again with today's rules and facts, oldest first; the same pages give the same tables."""
    from hubwatch import pipeline
    from hubwatch.pages import kept_sweeps
    from hubwatch.settings import Settings

    form = chosen_format(form, as_json)
    settings = Settings.from_environment(data)
    days = (asked_day(first, "--from"), asked_day(last, "--to"))
    if days[0] and days[1] and days[0] > days[1]:
        raise UsageError(f"--from {first} is after --to {last}; the first day comes first")
    damaged = pipeline.fetch(settings, known_hub(hub), *days, tell=inform)
    kept = [one for one in kept_sweeps(settings.data, known_hub(hub), *days) if (one.hub, one.day, one.sweep) not in damaged]
    if not kept and not damaged:
        raise UsageError(f"no kept pages in {settings.data / 'pages'} for that; run `hubwatch collect` first")
    done = pipeline.build(settings, kept, accept_shrink, inform, damaged).loaded
    columns = ("hub", "day", "sweep", "complete", "records", "message")
    show_rows(columns, [(one.hub, one.day, one.sweep, one.complete, one.records, one.message) for one in done], form)
    _exit_if_failed([one.told() for one in done if one.failed])


@past.command()
def window(
    hub: Annotated[str, typer.Argument(metavar="HUB", help=_HUBS)],
    since: Annotated[str, typer.Option("--since", metavar=DATE, help="created on or after this day")],
    until: Annotated[str, typer.Option("--until", metavar=DATE, help="created before this day")],
    day: Annotated[
        str | None, typer.Option("--day", metavar=DATE, help="observation date [default: today, or that of the unfinished sweep]")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="archive the saved pages of this window and day and start over")] = False,
    data: Data = None,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Collect what was created on a hub in [since, until), as it is now."""
    from hubwatch import archives, pipeline
    from hubwatch.cli.progress import watching
    from hubwatch.cli.running import show_run
    from hubwatch.collect import WINDOW_TELLS
    from hubwatch.settings import Settings

    form = chosen_format(form, as_json)
    settings = Settings.from_environment(data)
    bounds = parsed_day(since, "--since"), parsed_day(until, "--until")
    sweep = archives.window_sweep(settings, hub, *bounds, asked_day(day), fresh)
    inform(f"{sweep.name} of {sweep.hub} for {sweep.day}: {WINDOW_TELLS.format(day=sweep.day)}")
    with watching(settings.log, form != "table") as watch:
        result = pipeline.run(settings, [sweep], watch=watch)
    show_run(result, form)
    _exit_if_failed([f"{name}: {got.message}" for name, got in result.hubs.items() if not got.as_asked])


@past.command()
def archive(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="a ready archive (model-pulse, ...), a file, a glob, or hf://datasets/OWNER/NAME[@REV]/path"),
    ],
    mapping: Annotated[
        str | None, typer.Option("--mapping", help="a ready mapping by name, or a .toml file (backfill mappings lists them)")
    ] = None,
    hub: Annotated[str | None, typer.Option("--hub", help="load only this hub; of a saved page: its hub")] = None,
    day: Annotated[
        str | None, typer.Option("--day", metavar=DATE, help="the day of the counters; where rows have one, load only this")
    ] = None,
    copy: Annotated[
        str | None, typer.Option("--from", metavar="DIR|URL", help="of a ready archive: a copy on disk, or a mirror of the hub")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only report what would be loaded, with which units and at which cost")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace days already loaded from this archive")] = False,
    data: Data = None,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Import a published snapshot (Parquet, CSV, JSON, Excel, also packed), or the model links of a saved page (.html, .md)."""
    from hubwatch import archives
    from hubwatch.archives import Wanted, read_mapping, ready_mappings
    from hubwatch.settings import Settings

    form = chosen_format(form, as_json)
    settings = Settings.from_environment(data)
    wanted = Wanted(known_hub(hub), asked_day(day), dry_run, overwrite)
    source = (meant(source, ready_mappings()) if mapping is None and not Path(source).exists() else None) or source
    ready = mapping is None and source in ready_mappings()
    if ready:
        days = archives.backfill_published(settings, read_mapping(source), copy, wanted, warn)
    elif copy is not None:
        raise UsageError(f"--from goes with a ready archive, one of {', '.join(ready_mappings())}")
    elif mapping is None and source.lower().endswith(archives.SAVED):
        days = archives.backfill_saved_pages(settings, source, wanted, warn)
    elif mapping is None:
        near = hint(source, ready_mappings())
        raise (NoSuchName if near and not Path(source).exists() else UsageError)(
            f"say how to read {source} with --mapping: `hubwatch backfill inspect {shlex.quote(source)} > mine.toml` drafts one; "
            f"ready ones are {', '.join(ready_mappings())}{near}"
        )
    else:
        days = archives.backfill_archive(settings, source, read_mapping(mapping), wanted, warn)
    if days or form != "table" or not (ready and dry_run):  # what a ready archive costs is printed, and nothing was read
        _show_days(days, form)
    _exit_if_failed([one.told() for one in days if one.outcome == "failed"])


@past.command()
def inspect(
    file: Annotated[str, typer.Argument(metavar="FILE", help="a file, a glob (its first file), or hf://datasets/OWNER/NAME[@REV]/path")],
    data: Data = None,
) -> None:
    """Print a draft mapping (TOML) for a file, with three rows as they would be read; what the file does not state is left to fill in."""
    from hubwatch import archives
    from hubwatch.settings import Settings

    say(archives.inspect_file(file, Settings.from_environment(data)))


@past.command()
def mappings(form: Format = "table", as_json: Json = False) -> None:
    """List the ready mappings."""
    from hubwatch.archives import read_mapping, ready_mappings

    found = [(name, read_mapping(name)) for name in ready_mappings()]
    show_rows(("name", "title", "source"), [(name, one.title, one.source) for name, one in found], chosen_format(form, as_json))


def _show_days(days: list[ArchiveDay], form: str) -> None:
    columns = ("hub", "day", "source", "outcome", "records", "rejected", "duplicates", "units", "message")
    rows: list[tuple[object, ...]] = [
        (one.hub, one.day, one.source, one.outcome, one.records, one.rejected, one.duplicates, _units(one, form == "json"), one.message)
        for one in days
    ]
    show_rows(columns, rows, form)


def _units(day: ArchiveDay, as_json: bool) -> object:
    return day.counters if as_json else ", ".join(f"{name}: {count}" for name, count in day.counters.items())


def _exit_if_failed(failed: list[str]) -> None:
    """Exit 1 when anything failed, saying what on stderr."""
    for line in failed:
        complain(line)
    if failed:
        raise typer.Exit(1)


def _for_this_folder(text: str, data: Path | None) -> str:
    """The text with every command in it (`hubwatch ...`) meant for the folder that this command was given."""
    option = f" --data {shlex.quote(str(data))}" if data else ""
    return re.sub(r"`([^`]*\bhubwatch [^`]+)`", lambda command: f"`{command[1]}{option}`", text)


def prune(
    keep_days: Annotated[int, typer.Option("--keep-days", min=1, max=36500, help="keep pages for this many days")] = KEEP_DAYS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only list what would be deleted")] = False,
    data: Data = None,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Delete old saved pages, except the last complete full sweep of each month and hub and what is not published."""
    from hubwatch import maintenance
    from hubwatch.clock import today

    form = chosen_format(form, as_json)
    settings = kept_in(data)
    told = functools.partial(_for_this_folder, data=data)
    gone = maintenance.prune(settings.data, today(), keep_days, dry_run, lambda line: warn(told(line)), settings.pages)
    if gone or form != "table":
        show_rows(("hub", "day", "sweep", "bytes"), [(one.hub, one.day, one.sweep, one.bytes) for one in gone], form)
    inform(f"{'would free' if dry_run else 'freed'} {sum(one.bytes for one in gone):,} bytes of {counted(len(gone), 'sweep')}")


def drop_day(
    hub: Annotated[str, typer.Argument(metavar="HUB", help="the hub")],
    day: Annotated[str, typer.Argument(metavar="DAY", help="the day, YYYY-MM-DD")],
    source: Annotated[str | None, typer.Option("--source", help="only this source of the day [default: all of them]")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do it; without, only show what would change")] = False,
    data: Data = None,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Remove a day from the tables, for example one that a wrong clock made; its saved pages are moved aside."""
    from hubwatch import pipeline

    form = chosen_format(form, as_json)
    found = pipeline.drop_day(kept_in(data), known_hub(hub) or hub, parsed_day(day, "DAY"), source, yes)
    columns = ("hub", "day", "source", "complete", "records", "only_here", "leads", "then")
    show_rows(columns, [tuple(getattr(one, name) for name in columns) for one in found], form)
    if yes:
        inform(f"dropped {counted(len(found), 'source')} of {hub} {day}; saved pages are moved aside, `hubwatch publish` is done")
    else:
        inform(
            "nothing is changed yet; add --yes to drop this. only_here: listings that no other day has; then: the source that answers instead"
        )


def verify(
    quick: Annotated[bool, typer.Option("--quick", help="skip page bodies and single observations")] = False,
    every: Annotated[int, typer.Option("--every", min=1, help="expected days between sweeps")] = 1,
    data: Data = None,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Check pages, tables and the days between for damage and gaps, exit 1 if there is any; compare archives with sweeps of the same day."""
    from hubwatch import pipeline
    from hubwatch.maintenance import NOTICES
    from hubwatch.maintenance import verify as verify_data
    from hubwatch.settings import Settings

    form = chosen_format(form, as_json)
    settings = Settings.from_environment(data)
    damaged = pipeline.fetch(settings, tell=inform)
    with pipeline.reading(settings) as con:
        found = verify_data(con, settings.data, quick, every, damaged)
    found = [replace(one, detail=_for_this_folder(one.detail, data)) for one in found]
    problems = [one for one in found if one.fault not in NOTICES]
    columns = ("hub", "day", "source", "fault", "detail")
    if form != "table":
        show_rows(columns, [(one.hub, one.day, one.source, one.fault, one.detail) for one in found], form)
    else:
        say("\n".join([*(one.told() for one in found), *([] if problems else ["No problems found."])]))
    _still_say(problems)
    _exit_if_failed([f"{counted(len(problems), 'problem')} found; fixes are listed above"] if problems else [])


def status(
    stale_days: Annotated[int, typer.Option("--stale-days", min=0, help="days after which a hub's last complete day is stale")] = 2,
    data: Data = None,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Show each hub's last complete day, its age, gaps and the next step; exit 1 if a collected hub is stale."""
    from hubwatch import maintenance, pipeline
    from hubwatch.clock import today

    form = chosen_format(form, as_json)
    settings = kept_in(data)
    with pipeline.known_sweeps(settings) as kept:
        hubs = maintenance.status(settings.data, today(), stale_days, kept)
    for hub in hubs:
        hub.next = _for_this_folder(f"`{hub.next}`", data).strip("`") if hub.next else None
    if form == "json":
        say(json.dumps([hub.model_dump(mode="json") for hub in hubs], indent=2))
    elif form != "table":
        columns = tuple(maintenance.HubStatus.model_fields)
        show_rows(columns, [tuple(map(_joined, hub.model_dump(mode="json").values())) for hub in hubs], form)
    else:
        say("\n".join(hub.told() for hub in hubs))
    stale = [hub for hub in hubs if hub.stale]
    _still_say(stale)
    _exit_if_failed([f"stale: {', '.join(hub.hub for hub in stale)}; see above for each one's next step"] if stale else [])


def _still_say(problems: Sequence[Finding | HubStatus]) -> None:
    """Print problems on stderr where nothing else is printed: a mail of cron has nothing "above" but them."""
    for one in problems if is_quiet() else ():
        warn(one.told())


def _joined(cell: object) -> object:
    return ", ".join(map(str, cell)) if isinstance(cell, list) else cell
