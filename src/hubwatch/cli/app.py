"""The command line: reads what is asked, calls the pipeline, shows what came. No logic of its own."""

import json
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer

from hubwatch import __version__, pipeline, store
from hubwatch.cli import local as cli_tools
from hubwatch.cli import past as cli_backfill
from hubwatch.cli import reading as cli_reading
from hubwatch.cli.models import models
from hubwatch.cli.options import Data, Day, Hubs, Json, Shrink, asked_day, kept_in, known_hubs
from hubwatch.cli.orgs import orgs
from hubwatch.cli.progress import watching
from hubwatch.errors import UsageError, told, unexpected
from hubwatch.outcomes import HubResult, HubResults
from hubwatch.pages import Sweep, asked_sweep
from hubwatch.settings import Settings

_ClickUsageError: Any = typer.BadParameter.__bases__[0]  # typer may bring a click of its own; this is the one it raises

app = typer.Typer(
    name="hubwatch",
    help="Whose models the world publishes, downloads and builds on: facts from Hugging Face, ModelScope and WiseModel.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Kind = Annotated[str, typer.Option("--sweep", help="full, head, new or owners")]
Owners = Annotated[list[str] | None, typer.Option("--owner", help="a namespace to sweep (repeatable); means --sweep owners")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="records per hub; such a sweep is never complete")]
Floor = Annotated[int, typer.Option("--floor", min=0, help="head: downloads down to which to go")]
Since = Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="new: created since [default: 21 days before]")]
Budget = Annotated[int, typer.Option("--license-budget", min=0, help="WiseModel: licenses to look up in this run")]
Fresh = Annotated[bool, typer.Option("--fresh", help="set kept pages of this sweep aside and begin anew")]


def main() -> NoReturn:
    """Run the command line; errors are one line on stderr, a traceback only with `--debug`."""
    debug = "--debug" in sys.argv
    for name in ("stdout", "stderr"):  # closed by who calls us: then nobody wants to see it
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  for as long as we run
    try:
        with store.interrupts():
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
        _end(2, f"{error.format_message()} (see {error.ctx.command_path if error.ctx else 'hubwatch'} --help)")
    except UsageError as error:
        if debug:
            raise
        _end(2, str(error))
    except pipeline.FAILURES as error:
        if debug:
            raise
        if isinstance(error, OSError):  # if it is stdout that cannot be written, Python need not try again
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        _end(1, told(error))
    except Exception as error:
        if debug:
            raise
        _end(1, f"{unexpected(error)} (hubwatch --debug shows the traceback)")
    if code == 130:
        _say("stopped; what is kept stays, run the same command to go on")
        os._exit(1)  # all is closed; what an interrupted query still holds, DuckDB would complain of at an orderly exit
    sys.exit(code if isinstance(code, int) else 0)


def _end(code: int, message: str) -> NoReturn:
    _say(message)
    sys.exit(code)


def _say(message: str) -> None:
    typer.echo(f"hubwatch: {' '.join(message.split())}", err=True)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="show tracebacks")] = False,
    version: Annotated[bool, typer.Option("--version", help="show the version", callback=_show_version, is_eager=True)] = False,
) -> None:
    """Options of all commands."""


@app.command()
def run(
    hubs: Hubs = None,
    data: Data = None,
    day: Day = None,
    sweep: Kind = "full",
    owner: Owners = None,
    limit: Limit = None,
    floor: Floor = Sweep.floor,
    since: Since = None,
    license_budget: Budget = Sweep.license_budget,
    fresh: Fresh = False,
    accept_shrink: Shrink = False,
    as_json: Json = False,
) -> None:
    """The whole way: collect, load, classify, link, measure, publish."""
    settings = Settings.from_environment(data)
    sweeps = _sweeps(hubs, day, sweep, owner, limit, floor, since, license_budget, fresh)
    with watching(settings.log, as_json) as watch:
        result = pipeline.run(settings, sweeps, accept_shrink, watch)
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
    else:
        _tell_hubs(result.hubs)
        typer.echo(f"published {result.published}" if result.published else "nothing published")
    _exit_unless(result.hubs)


@app.command()
def collect(
    hubs: Hubs = None,
    data: Data = None,
    day: Day = None,
    sweep: Kind = "full",
    owner: Owners = None,
    limit: Limit = None,
    floor: Floor = Sweep.floor,
    since: Since = None,
    license_budget: Budget = Sweep.license_budget,
    fresh: Fresh = False,
    as_json: Json = False,
) -> None:
    """hub -> pages: go on with the sweep of that day from its last whole page."""
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
    sweep: Annotated[str | None, typer.Option("--sweep", help="full, head, new or owners; none: all kept of that day")] = None,
    accept_shrink: Shrink = False,
    as_json: Json = False,
) -> None:
    """pages -> listings, observations: a day is replaced whole or not at all."""
    settings = Settings.from_environment(data)
    kept = pipeline.kept_on(settings, known_hubs(hubs) if hubs else None, asked_day(day), sweep)
    results = pipeline.load_all(settings, kept, accept_shrink)
    _show(results, as_json)
    _exit_unless(results)


def _stage(name: str, stage: Callable[..., dict[str, int]], told: str) -> None:
    """Register a stage that works on the warehouse alone."""

    def command(data: Data = None, as_json: Json = False) -> None:
        settings = kept_in(data)
        with pipeline.warehouse(settings) as con:
            counts = stage(con, settings)
        if as_json:
            typer.echo(json.dumps({"stage": name} | counts, indent=2))
        else:
            typer.echo(f"{name}: done, {', '.join(f'{count} {of}' for of, count in counts.items())}")

    app.command(name, help=told)(command)


_stage("classify", pipeline.classify, "namespaces -> origins: reviewed facts, then rules, then unknown.")
_stage("link", pipeline.link, "listings -> models, each with its evidence.")
_stage("measure", pipeline.measure, "-> statistics, flags.")


cli_reading.register(app)
cli_tools.register(app)
app.add_typer(orgs, name="orgs")
app.add_typer(models, name="models")
cli_backfill.register(app)


@app.command()
def publish(
    data: Data = None,
    drop_days: Annotated[bool, typer.Option("--drop-days", help="publish though the warehouse lacks days that are published now")] = False,
    as_json: Json = False,
) -> None:
    """Put hubwatch.duckdb in place in one step; readers keep what they have open."""
    target = pipeline.publish(kept_in(data), drop_days)
    typer.echo(json.dumps({"stage": "publish", "published": str(target)}, indent=2) if as_json else f"published {target}")


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
    kind = "owners" if owners and kind == "full" else kind
    asked = (kind, asked_day(day), tuple(owners or ()), limit, floor, asked_day(since, "--since"), None, license_budget, fresh)
    return [asked_sweep(hub, *asked) for hub in known_hubs(hubs)]


def _show(results: dict[str, HubResult], as_json: bool) -> None:
    if as_json:
        typer.echo(HubResults(hubs=results).model_dump_json(indent=2))
    else:
        _tell_hubs(results)


def _tell_hubs(results: dict[str, HubResult]) -> None:
    for hub, result in results.items():
        state = "failed" if result.failed else "complete" if result.complete else "incomplete"
        counts = f"{result.records} records, {result.rejected} rejected, {result.requests} requests ({result.retries} retries)"
        told = f"{hub}: {state}, {counts}"
        typer.echo(told + (f": {result.message}" if result.message else ""))


def _exit_unless(results: dict[str, HubResult]) -> None:
    """Exit 1, naming on stderr each hub that did not give what was asked."""
    missing = {hub: result for hub, result in results.items() if not result.as_asked}
    for hub, result in missing.items():
        typer.echo(f"hubwatch: {hub}: {'failed' if result.failed else 'incomplete'}: {' '.join(result.message.split())}", err=True)
    if missing:
        raise typer.Exit(1)
