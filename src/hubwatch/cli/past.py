"""Commands for the past and for upkeep: backfill, prune, verify, status."""

import json
import re
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from hubwatch import archives, maintenance, pipeline, store
from hubwatch.archives import ArchiveDay, Wanted, read_mapping, ready_mappings
from hubwatch.cli.options import Data, Json, Shrink, asked_day, kept_in, parsed_day
from hubwatch.cli.progress import watching
from hubwatch.cli.reading import known_hub, show_rows
from hubwatch.clock import today
from hubwatch.collect import WINDOW_TELLS
from hubwatch.errors import UsageError
from hubwatch.maintenance import verify as verify_data
from hubwatch.pages import kept_sweeps
from hubwatch.settings import Settings

DATE = "YYYY-MM-DD"
Hub = Annotated[str | None, typer.Option("--hub", help="huggingface, modelscope or wisemodel; none: all")]

past = typer.Typer(help="The past: kept pages, a hub's creation window, a published snapshot.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(past, name="backfill")
    for command in (prune, verify, status):
        app.command()(command)


@past.command()
def pages(
    hub: Hub = None,
    first: Annotated[str | None, typer.Option("--from", metavar=DATE, help="first day [default: the first kept]")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar=DATE, help="last day [default: the last kept]")] = None,
    data: Data = None,
    accept_shrink: Shrink = False,
    as_json: Json = False,
) -> None:
    """Kept pages loaded again with today's rules and facts, oldest first; the same pages give the same tables."""
    settings = Settings.from_environment(data)
    days = (asked_day(first, "--from"), asked_day(last, "--to"))
    if days[0] and days[1] and days[0] > days[1]:
        raise UsageError(f"--from {first} is after --to {last}; the first day comes first")
    kept = kept_sweeps(settings.data, known_hub(hub), *days)
    if not kept:
        raise UsageError(f"no kept pages in {settings.data / 'pages'} for that; run `hubwatch collect` first")
    done = pipeline.build(settings, kept, accept_shrink, _tell).loaded
    columns = ("hub", "day", "sweep", "complete", "records", "message")
    show_rows(columns, [(one.hub, one.day, one.sweep, one.complete, one.records, one.message) for one in done], as_json)
    _exit_if_failed([one.told() for one in done if one.failed])


@past.command()
def window(
    hub: Annotated[str, typer.Argument(metavar="HUB", help="huggingface, modelscope or wisemodel")],
    since: Annotated[str, typer.Option("--since", metavar=DATE, help="created on or after this day")],
    until: Annotated[str, typer.Option("--until", metavar=DATE, help="created before this day")],
    day: Annotated[
        str | None, typer.Option("--day", metavar=DATE, help="the day that counts [default: today, or of the unfinished one]")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="set kept pages of this window and day aside and begin anew")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What a hub created in [since, until), as it stands now: entered directly where the hub allows, else by walking."""
    settings = Settings.from_environment(data)
    bounds = parsed_day(since, "--since"), parsed_day(until, "--until")
    sweep = archives.window_sweep(settings, hub, *bounds, asked_day(day), fresh)
    _tell(f"{sweep.name} of {hub} for {sweep.day}: {WINDOW_TELLS.format(day=sweep.day)}")
    with watching(settings.log, as_json) as watch:
        result = pipeline.run(settings, [sweep], watch=watch)
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
    else:
        got = result.hubs[hub]
        typer.echo(f"{hub} {sweep.name}: {'complete' if got.complete else 'incomplete'}, {got.records} listings, {got.requests} requests")
    _exit_if_failed([f"{name}: {got.message}" for name, got in result.hubs.items() if not got.as_asked])


@past.command()
def archive(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="a file, a glob, or hf://datasets/OWNER/NAME[@REV]/path")],
    mapping: Annotated[str | None, typer.Option("--mapping", help=f"{', '.join(ready_mappings())}, or a .toml file")] = None,
    hub: Annotated[str | None, typer.Option("--hub", help="take only this hub; of a saved page: its hub")] = None,
    day: Annotated[
        str | None, typer.Option("--day", metavar=DATE, help="the day of the counters; where rows have one: take only this")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be loaded, with which units")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace days already held from this archive")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """A published snapshot (Parquet, CSV, JSON Lines), or model links of a saved page (.html, .md)."""
    settings = Settings.from_environment(data)
    wanted = Wanted(known_hub(hub), asked_day(day), dry_run, overwrite)
    if mapping is None and source.lower().endswith(archives.SAVED):
        days = archives.backfill_saved_pages(settings, source, wanted, _tell)
    elif mapping is None:
        raise UsageError(f"say how to read {source}: --mapping {', '.join(ready_mappings())}, or your own .toml file")
    else:
        days = archives.backfill_archive(settings, source, read_mapping(mapping), wanted, _tell)
    _show_days(days, as_json)
    _exit_if_failed([one.told() for one in days if one.outcome == "failed"])


def _show_days(days: list[ArchiveDay], as_json: bool) -> None:
    columns = ("hub", "day", "source", "outcome", "records", "rejected", "duplicates", "units", "message")
    rows: list[tuple[object, ...]] = [
        (one.hub, one.day, one.source, one.outcome, one.records, one.rejected, one.duplicates, _units(one, as_json), one.message)
        for one in days
    ]
    show_rows(columns, rows, as_json)


def _units(day: ArchiveDay, as_json: bool) -> object:
    return day.counters if as_json else ", ".join(f"{name}: {count}" for name, count in day.counters.items())


def _tell(line: str) -> None:
    """Progress, one line an event."""
    sys.stderr.write(f"{' '.join(line.split())}\n")
    sys.stderr.flush()


def _exit_if_failed(failed: list[str]) -> None:
    """Exit 1 when anything failed, saying what on stderr."""
    for line in failed:
        typer.echo(f"hubwatch: {' '.join(line.split())}", err=True)
    if failed:
        raise typer.Exit(1)


def _for_this_folder(text: str, data: Path | None) -> str:
    """The text with every command in it (`hubwatch ...`) meant for the folder that this command was given."""
    option = f" --data {shlex.quote(str(data))}" if data else ""
    return re.sub(r"`([^`]*\bhubwatch [^`]+)`", lambda command: f"`{command[1]}{option}`", text)


def prune(
    keep_days: Annotated[int, typer.Option("--keep-days", min=1, max=36500, help="keep pages this many days")] = 90,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Delete old kept pages (the tables stay), but for the last complete full sweep of each month and hub and what is not published."""
    settings = kept_in(data)
    gone = maintenance.prune(settings.data, today(), keep_days, dry_run, lambda line: _tell(_for_this_folder(line, data)))
    show_rows(("hub", "day", "sweep", "bytes"), [(one.hub, one.day, one.sweep, one.bytes) for one in gone], as_json)
    _tell(f"{'would free' if dry_run else 'freed'} {sum(one.bytes for one in gone)} bytes of {len(gone)} sweeps")


def verify(
    quick: Annotated[bool, typer.Option("--quick", help="do not read pages' bodies, nor every observation")] = False,
    every: Annotated[int, typer.Option("--every", min=1, help="how many days apart sweeps are meant to be")] = 1,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Pages, tables and the days between: what is damaged, missing or does not fit. Exit 1 when anything is."""
    settings = Settings.from_environment(data)
    with pipeline.warehouse(settings) if (settings.data / "warehouse.duckdb").exists() else store.only_days(settings.data) as con:
        found = verify_data(con, settings.data, quick, every)
    found = [replace(one, detail=_for_this_folder(one.detail, data)) for one in found]
    columns = ("hub", "day", "source", "fault", "detail")
    if as_json:
        show_rows(columns, [(one.hub, one.day, one.source, one.fault, one.detail) for one in found], as_json=True)
    else:
        typer.echo("\n".join(one.told() for one in found) or "all of it fits")
    _exit_if_failed([f"{len(found)} finding(s): see above for each with its cure"] if found else [])


def status(
    stale_days: Annotated[int, typer.Option("--stale-days", min=0, help="a hub whose last complete day is older is stale")] = 2,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Last complete day of each hub, its age, gaps and the next step. Exit 1 when a hub ever collected is stale."""
    settings = kept_in(data)
    hubs = maintenance.status(settings.data, today(), stale_days)
    for hub in hubs:
        hub.next = _for_this_folder(f"`{hub.next}`", data).strip("`") if hub.next else None
    if as_json:
        typer.echo(json.dumps([hub.model_dump(mode="json") for hub in hubs], indent=2))
    else:
        typer.echo("\n".join(hub.told() for hub in hubs))
    _exit_if_failed([f"{hub.hub} is stale: {hub.told()}" for hub in hubs if hub.stale])
