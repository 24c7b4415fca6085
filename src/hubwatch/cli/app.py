"""The command line: reads what is asked, calls the pipeline, shows what came. No logic of its own.

Imports what help needs, and nothing more: each command imports its stage when it runs.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import sys
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from hubwatch.cli import export as cli_export
from hubwatch.cli import lake as cli_lake
from hubwatch.cli import local as cli_tools
from hubwatch.cli import past as cli_backfill
from hubwatch.cli import planning as cli_planning
from hubwatch.cli import reading as cli_reading
from hubwatch.cli import sql as cli_sql
from hubwatch.cli.help import GroupedCommands
from hubwatch.cli.models import models
from hubwatch.cli.options import Data, Day, Hubs, Json, Shrink, asked_day, kept_in, known_hubs
from hubwatch.cli.orgs import orgs
from hubwatch.cli.output import be_quiet, complain, inform, say, warn
from hubwatch.cli.waiting import stages
from hubwatch.errors import HubwatchError, UsageError, counted, told, unexpected
from hubwatch.version import VERSION

if TYPE_CHECKING:
    from datetime import date

    from hubwatch.outcomes import HubResult
    from hubwatch.pages import Sweep
    from hubwatch.settings import Settings

_ClickUsageError: Any = typer.BadParameter.__bases__[0]  # typer may bring a click of its own; this is the one it raises

app = typer.Typer(
    name="hubwatch",
    help="Whose models the world publishes, downloads and builds on: collected from model hubs, kept in one DuckDB file, ready to cite.",
    no_args_is_help=True,
    cls=GroupedCommands,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

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
Fresh = Annotated[bool, typer.Option("--fresh", help="archive the saved pages of this sweep and start over")]


def main() -> NoReturn:
    """Run the command line; errors are one line on stderr, a traceback only with `--debug`."""
    debug = "--debug" in sys.argv
    for name in ("stdout", "stderr"):  # closed by who calls us: then nobody wants to see it
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  for as long as we run
        elif isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the terminal's encoding lacks is no error
    try:
        code = app(standalone_mode=False, prog_name="hubwatch")  # an exit's code, also Ctrl-C's, comes back as the value
        sys.stdout.flush()
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except _ClickUsageError as error:
        if debug:
            raise
        if "\n" in error.format_message():  # a group of commands without a command: its help
            typer.echo(error.format_message(), err=True)
            sys.exit(2)
        _end(2, f"{error.format_message()} ({_where_next(error.ctx)})")
    except UsageError as error:
        if debug:
            raise
        _end(2, str(error))
    except Exception as error:
        if _is_interrupt(error):
            code = 130
        elif debug:
            raise
        else:
            code = _failed(error)
    if code == 130:
        complain("stopped; what was saved stays, run the same command again to resume")
        os._exit(1)  # all is closed; what an interrupted query still holds, DuckDB would complain of at an orderly exit
    sys.exit(code if isinstance(code, int) else 0)


def _is_interrupt(error: Exception) -> bool:
    """Whether it is Ctrl-C in the middle of a query, which DuckDB raises as an error of its own."""
    return type(error).__name__ == "InterruptException" or (isinstance(error, RuntimeError) and str(error) == "Query interrupted")


def _where_next(ctx: Any) -> str:
    """What to look at after wrong usage: the few commands of a group, else the help."""
    path = ctx.command_path if ctx else "hubwatch"
    known = getattr(ctx.command, "commands", {}) if ctx and ctx.parent else {}
    return f"{path} takes {', '.join(known)}; see {path} --help" if known else f"see {path} --help"


def _failed(error: Exception) -> int:
    """Print why the work failed; the exit code."""
    if isinstance(error, OSError):  # if it is stdout that cannot be written, Python need not try again
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    complain(told(error) if _is_expected(error) else f"{unexpected(error)} (hubwatch --debug shows the traceback)")
    return 1


def _is_expected(error: Exception) -> bool:
    """Whether it is an error that a message explains: one of ours, of the operating system, or of DuckDB."""
    return isinstance(error, HubwatchError | OSError) or type(error).__module__.partition(".")[0] in ("duckdb", "_duckdb")


def _end(code: int, message: str) -> NoReturn:
    complain(message)
    sys.exit(code)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="show tracebacks")] = False,
    version: Annotated[bool, typer.Option("--version", help="show the version", callback=_show_version, is_eager=True)] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="print problems only (for cron)")] = False,
) -> None:
    """Options of all commands."""
    be_quiet(quiet)
    ctx.with_resource(stages())


@app.command()
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
    as_json: Json = False,
) -> None:
    """Run the full pipeline: collect, load, classify, link, measure, publish."""
    from hubwatch import pipeline
    from hubwatch.cli.progress import watching
    from hubwatch.settings import Settings

    settings = Settings.from_environment(data)
    sweeps = _sweeps(hubs, day, sweep, owner, limit, floor, since, license_budget, fresh)
    with watching(settings.log, as_json) as watch:
        result = pipeline.run(settings, sweeps, accept_shrink, watch)
    if as_json:
        say(result.model_dump_json(indent=2))
    else:
        _tell_hubs(result.hubs)
        say(f"published {result.published}" if result.published else "nothing published")
        if result.published:
            _summarize(settings, result.day)
    _exit_unless(result.hubs)


@app.command()
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
    as_json: Json = False,
) -> None:
    """Fetch pages from hubs and save them; resumes the day's sweep from its last complete page."""
    from hubwatch import pipeline
    from hubwatch.cli.progress import watching
    from hubwatch.settings import Settings

    settings = Settings.from_environment(data)
    sweeps = _sweeps(hubs, day, sweep, owner, limit, floor, since, license_budget, fresh)
    with watching(settings.log, as_json) as watch:
        results = pipeline.collect_all(settings, sweeps, watch)
    _show(results, as_json)
    _exit_unless(results)


@app.command()
def load(
    hubs: Hubs = None,
    data: Data = None,
    day: Day = None,
    sweep: Annotated[str | None, typer.Option("--sweep", help="full, head, new or owners [default: all saved of that day]")] = None,
    accept_shrink: Shrink = False,
    as_json: Json = False,
) -> None:
    """Load saved pages into listings and observations; a day is replaced as a whole or not at all."""
    from hubwatch import pipeline
    from hubwatch.settings import Settings

    settings = Settings.from_environment(data)
    kept = pipeline.kept_on(settings, known_hubs(hubs) if hubs else None, asked_day(day), sweep)
    results = pipeline.load_all(settings, kept, accept_shrink)
    _show(results, as_json)
    _exit_unless(results)


@app.command()
def build(data: Data = None, accept_shrink: Shrink = False, as_json: Json = False) -> None:
    """Load every saved sweep that is not loaded yet, whatever its day, then classify, link, measure and publish."""
    from hubwatch import pipeline

    result = pipeline.build(kept_in(data), accept_shrink=accept_shrink, tell=inform)
    if as_json:
        say(result.model_dump_json(indent=2))
    else:
        say("\n".join([*(one.told() for one in result.loaded), f"published {result.published}"]))
    for line in result.refused:
        hub, day, *_ = line.split()
        warn(f"still left out, its saved pages are as they were: {line}; `hubwatch drop-day {hub} {day}` gives it up")
    if result.shortfall:
        complain(result.shortfall)
        raise typer.Exit(1)


def _stage(name: str, told: str) -> None:
    """Register a stage that works on the warehouse alone."""

    def command(data: Data = None, as_json: Json = False) -> None:
        from hubwatch import pipeline

        settings = kept_in(data)
        with pipeline.warehouse(settings) as con:
            counts: dict[str, int] = getattr(pipeline, name)(con, settings)
        if as_json:
            say(json.dumps({"stage": name} | counts, indent=2))
        else:
            say(f"{name}: done, {', '.join(f'{count} {of}' for of, count in counts.items())}")

    app.command(name, help=told)(command)


_stage("classify", "Classify namespaces by reviewed facts, then profiles, then rules; the rest stays unknown.")
_stage("link", "Link listings that are the same model, each with its evidence.")
_stage("measure", "Renew the definitions of statistics and the flags.")


cli_reading.register(app)
cli_sql.register(app)
cli_export.register(app)
cli_lake.register(app)
cli_tools.register(app)
cli_planning.register(app)
app.add_typer(orgs, name="orgs")
app.add_typer(models, name="models")
cli_backfill.register(app)


@app.command()
def publish(
    data: Data = None,
    drop_days: Annotated[bool, typer.Option("--drop-days", help="publish even if the warehouse lacks days that are published now")] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="to a lake: also days of hubs that another builder published so far")
    ] = False,
    as_json: Json = False,
) -> None:
    """Replace hubwatch.duckdb in one step, and commit to the lake of HUBWATCH_WAREHOUSE; readers keep what they have open."""
    from hubwatch import pipeline
    from hubwatch.settings import NO_CHARTS

    settings = kept_in(data)
    target = pipeline.publish(settings, drop_days, take_over)
    say(json.dumps({"stage": "publish", "published": str(target)}, indent=2) if as_json else f"published {target}")
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


def _show(results: dict[str, HubResult], as_json: bool) -> None:
    from hubwatch.outcomes import HubResults

    if as_json:
        say(HubResults(hubs=results).model_dump_json(indent=2))
    else:
        _tell_hubs(results)


def _tell_hubs(results: dict[str, HubResult]) -> None:
    for hub, result in results.items():
        state = "failed" if result.failed else "complete" if result.complete else "incomplete"
        asked = f"{counted(result.requests, 'request')} ({counted(result.retries, 'retry', 'retries')})"
        counts = f"{counted(result.records, 'record')}, {result.rejected:,} rejected, {asked}"
        line = f"{hub}: {state}, {counts}"
        say(line + (f": {' '.join(result.message.split())}" if result.message else ""))


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
