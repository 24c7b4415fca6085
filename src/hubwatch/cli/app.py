"""The command line: reads what is asked, calls the pipeline, shows what came. No logic of its own.

Imports what help needs, and nothing more: each command imports its stage when it runs.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated, Any, NoReturn

import typer

from hubwatch.cli import export as cli_export
from hubwatch.cli import lake as cli_lake
from hubwatch.cli import local as cli_tools
from hubwatch.cli import past as cli_backfill
from hubwatch.cli import planning as cli_planning
from hubwatch.cli import reading as cli_reading
from hubwatch.cli import running as cli_running
from hubwatch.cli import sql as cli_sql
from hubwatch.cli.help import GroupedCommands
from hubwatch.cli.models import models
from hubwatch.cli.orgs import orgs
from hubwatch.cli.output import be_quiet, complain
from hubwatch.cli.waiting import stages
from hubwatch.errors import HubwatchError, UsageError, told, unexpected
from hubwatch.version import VERSION

_ClickUsageError: Any = typer.BadParameter.__bases__[0]  # typer may bring a click of its own; this is the one it raises

app = typer.Typer(
    name="hubwatch",
    help="Whose models the world publishes, downloads and builds on: collected from model hubs, kept in one DuckDB file, ready to cite.",
    no_args_is_help=True,
    cls=GroupedCommands,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
        _end(error.exit_code, str(error))
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


cli_running.register(app)
cli_reading.register(app)
cli_sql.register(app)
cli_export.register(app)
cli_lake.register(app)
cli_tools.register(app)
cli_planning.register(app)
app.add_typer(orgs, name="orgs")
app.add_typer(models, name="models")
cli_backfill.register(app)
