"""Commands of the pipeline: all of it, or one stage."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from hubwatch.cli.options import Data, Day, Format, Hubs, Json, Shrink, asked_day, kept_in, known_hubs
from hubwatch.cli.output import chosen_format, complain, inform, say, show_outcome, show_record, warn
from hubwatch.errors import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from hubwatch.outcomes import HubResult, RunResult
    from hubwatch.pages import Sweep
    from hubwatch.settings import Settings

FLOOR, LICENSE_BUDGET = 1000, 200  # the defaults of pages.Sweep, which help does not import
Kind = Annotated[str, typer.Option("--sweep", help="full, head, new or owners")]
Owners = Annotated[
    list[str] | None, typer.Option("--owner", metavar="NAMESPACE", help="a namespace to collect (repeatable); implies --sweep owners")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="records per hub; such a sweep is never complete")]
Floor = Annotated[int, typer.Option("--floor", min=0, help="head: stop below this many downloads")]
_SINCE = "new: created since [default: 21 days before; where a hub lists changes, what came or was published late since the last sweep]"
Since = Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help=_SINCE)]
Budget = Annotated[int, typer.Option("--license-budget", min=0, help="licenses to look up in this run, where a hub needs a request each")]
_STAGES = {
    "classify": "Classify namespaces by reviewed facts, then profiles, then rules; the rest stays unknown.",
    "link": "Link listings that are the same model, each with its evidence.",
    "measure": "Renew the definitions of statistics and the flags.",
}
Fresh = Annotated[bool, typer.Option("--fresh", help="archive the saved pages of this sweep and start over")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (run, collect, load, build, publish):
        app.command()(command)
    for name, told in _STAGES.items():
        app.command(name, help=told)(_stage(name))


def run(
    hubs: Hubs = None,
    data: Data = None,
    day: Day = None,
    sweep: Kind = "full",
    owner: Owners = None,
    limit: Limit = None,
    floor: Floor = FLOOR,
    since: Since = None,
    license_budget: Budget = LICENSE_BUDGET,
    fresh: Fresh = False,
    accept_shrink: Shrink = False,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Run the full pipeline: collect, load, classify, link, measure, publish."""
    from hubwatch import pipeline
    from hubwatch.cli.progress import watching
    from hubwatch.settings import Settings

    form = chosen_format(form, as_json)
    settings = Settings.from_environment(data)
    sweeps = _sweeps(hubs, day, sweep, owner, limit, floor, since, license_budget, fresh)
    with watching(settings.log, form != "table") as watch:
        result = pipeline.run(settings, sweeps, accept_shrink, watch)
    show_run(result, form)
    if form == "table" and result.published:
        _summarize(settings, result.day)
    _exit_unless(result.hubs)


def collect(
    hubs: Hubs = None,
    data: Data = None,
    day: Day = None,
    sweep: Kind = "full",
    owner: Owners = None,
    limit: Limit = None,
    floor: Floor = FLOOR,
    since: Since = None,
    license_budget: Budget = LICENSE_BUDGET,
    fresh: Fresh = False,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Fetch pages from hubs and save them; resumes the day's sweep from its last complete page."""
    from hubwatch import pipeline
    from hubwatch.cli.progress import watching
    from hubwatch.settings import Settings

    form = chosen_format(form, as_json)
    settings = Settings.from_environment(data)
    sweeps = _sweeps(hubs, day, sweep, owner, limit, floor, since, license_budget, fresh)
    with watching(settings.log, form != "table") as watch:
        results = pipeline.collect_all(settings, sweeps, watch)
    _show(results, form)
    _exit_unless(results)


def load(
    hubs: Hubs = None,
    data: Data = None,
    day: Day = None,
    sweep: Annotated[str | None, typer.Option("--sweep", help="full, head, new or owners [default: all saved of that day]")] = None,
    accept_shrink: Shrink = False,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Load saved pages into listings and observations; a day is replaced as a whole or not at all."""
    from hubwatch import pipeline
    from hubwatch.settings import Settings

    form = chosen_format(form, as_json)
    settings = Settings.from_environment(data)
    kept = pipeline.kept_on(settings, known_hubs(hubs) if hubs else None, asked_day(day), sweep)
    results = pipeline.load_all(settings, kept, accept_shrink)
    _show(results, form)
    _exit_unless(results)


def build(data: Data = None, accept_shrink: Shrink = False, form: Format = "table", as_json: Json = False) -> None:
    """Load every saved sweep that is not loaded yet, whatever its day, then classify, link, measure and publish."""
    from hubwatch import pipeline

    form = chosen_format(form, as_json)
    result = pipeline.build(kept_in(data), accept_shrink=accept_shrink, tell=inform)
    told = "\n".join([*(one.told() for one in result.loaded), f"published {result.published}"])
    columns = ("hub", "day", "sweep", *_COUNTS)
    show_outcome(form, told, result.model_dump_json(indent=2), columns, [_cells(one, columns) for one in result.loaded])
    for line in result.refused:
        hub, day, *_ = line.split()
        warn(f"still left out, its saved pages are as they were: {line}; `hubwatch drop-day {hub} {day}` gives it up")
    if result.shortfall:
        complain(result.shortfall)
        raise typer.Exit(1)


def _stage(name: str) -> Callable[..., None]:
    """A stage that works on the warehouse alone, as a command."""

    def command(data: Data = None, form: Format = "table", as_json: Json = False) -> None:
        from hubwatch import pipeline

        form = chosen_format(form, as_json)
        settings = kept_in(data)
        with pipeline.warehouse(settings) as con:
            counts: dict[str, int] = getattr(pipeline, name)(con, settings)
        done = ", ".join(f"{count:,} {of.replace('_', ' ')}" for of, count in counts.items())
        show_record(form, {"stage": name} | counts, f"{name}: done, {done}")

    return command


def publish(
    data: Data = None,
    drop_days: Annotated[bool, typer.Option("--drop-days", help="publish even if the warehouse lacks days that are published now")] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="to a lake: also days of hubs that another builder published so far")
    ] = False,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Replace hubwatch.duckdb in one step, and commit to the lake of HUBWATCH_WAREHOUSE; readers keep what they have open."""
    from hubwatch import pipeline
    from hubwatch.settings import NO_CHARTS

    form = chosen_format(form, as_json)
    settings = kept_in(data)
    target = pipeline.publish(settings, drop_days, take_over)
    show_record(form, {"stage": "publish", "published": str(target)}, f"published {target}")
    if settings.report and not settings.writes_report:
        warn(NO_CHARTS)


def _sweeps(
    hubs: list[str] | None,
    day: str | None,
    kind: str,
    owners: list[str] | None,
    limit: int | None,
    floor: int,
    since: str | None,
    license_budget: int,
    fresh: bool,
) -> list[Sweep]:
    from hubwatch.collect import asked_sweep

    kind = "owners" if owners and kind == "full" else kind
    asked = (kind, asked_day(day), tuple(owners or ()), limit, floor, asked_day(since, "--since"), None, license_budget, fresh)
    return [asked_sweep(hub, *asked) for hub in known_hubs(hubs)]


_COUNTS = ("complete", "records", "rejected", "requests", "retries", "message")


def show_run(result: RunResult, form: str) -> None:
    """What a run did: a line for each hub and where it published, JSON, or a row for each hub."""
    published = f"published {result.published}" if result.published else "nothing published"
    columns = ("day", "hub", *_COUNTS)
    rows = [(result.day, hub, *_cells(one, _COUNTS)) for hub, one in result.hubs.items()]
    show_outcome(form, "\n".join([*_told(result.hubs), published]), result.model_dump_json(indent=2), columns, rows)
    if form not in ("table", "json"):  # a row is of a hub
        inform(published)


def _show(results: dict[str, HubResult], form: str) -> None:
    from hubwatch.outcomes import HubResults

    rows = [(hub, *_cells(one, _COUNTS)) for hub, one in results.items()]
    show_outcome(form, "\n".join(_told(results)), HubResults(hubs=results).model_dump_json(indent=2), ("hub", *_COUNTS), rows)


def _cells(result: HubResult, columns: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(getattr(result, column) for column in columns)


def _told(results: dict[str, HubResult]) -> Iterator[str]:
    for hub, result in results.items():
        state = "failed" if result.failed else "complete" if result.complete else "incomplete"
        asked = f"{counted(result.requests, 'request')} ({counted(result.retries, 'retry', 'retries')})"
        line = f"{hub}: {state}, {counted(result.records, 'record')}, {result.rejected:,} rejected, {asked}"
        yield line + (f": {' '.join(result.message.split())}" if result.message else "")


def _summarize(settings: Settings, day: date) -> None:
    """What the published file now says of the day, and where to look next."""
    from hubwatch.readers import Database, changes_on
    from hubwatch.settings import NO_CHARTS

    with Database(settings.data) as db:
        for line in changes_on(db, day):
            say(line)
    shown = os.path.relpath(settings.data)
    option = "" if shown == "hubwatch-data" else f" --data {shlex.quote(shown)}"
    say(f"look: hubwatch stats download-share --by country{option}")
    if settings.report and not settings.writes_report:
        warn(NO_CHARTS)
    elif settings.report and (settings.data / "report" / "index.html").exists():
        say(f"report: {os.path.join(shown, 'report', 'index.html')}")


def _exit_unless(results: dict[str, HubResult]) -> None:
    """Exit 1, naming on stderr each hub that did not give what was asked."""
    missing = {hub: result for hub, result in results.items() if not result.as_asked}
    for hub, result in missing.items():
        complain(f"{hub}: {'failed' if result.failed else 'incomplete'}: {result.message}")
    if missing:
        raise typer.Exit(1)
