"""Commands around the way: the local stand-ins, the demo, the doctor."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hubwatch import statistics, store
from hubwatch.cli.options import Data, Json, folder, known_hubs
from hubwatch.errors import UsageError
from hubwatch.settings import Settings

RecordsFile = Annotated[Path | None, typer.Option(help="JSON Lines (plain or .gz) of records in the hub's own shape")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (sandbox, demo, doctor):
        app.command()(command)


def sandbox(
    huggingface: RecordsFile = None,
    modelscope: RecordsFile = None,
    wisemodel: RecordsFile = None,
    fault: Annotated[list[str] | None, typer.Option("--fault", help="what goes wrong, e.g. huggingface:429@3 (repeatable)")] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", min=0, help="stop by itself after so long")] = None,
) -> None:
    """Serve local stand-ins of the hubs until Ctrl-C, and print the variables to export; no file: the bundled sample."""
    from hubwatch.sandbox.faults import Faults
    from hubwatch.sandbox.jsonl import read_jsonl
    from hubwatch.sandbox.sample import latest_records
    from hubwatch.sandbox.server import Sandbox, serve

    files = {"huggingface": huggingface, "modelscope": modelscope, "wisemodel": wisemodel}
    try:
        served = {hub: list(read_jsonl(path, keep_bad=True)) for hub, path in files.items() if path} or latest_records()
        box = Sandbox(**served, faults=Faults.parse(fault or []), max_seconds=seconds)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}; name a JSON Lines file of the hub's records") from None
    except ValueError as error:
        raise UsageError(str(error)) from None
    serve(box, lambda variables: typer.echo("\n".join(f"export {name}={value}" for name, value in variables.items())))


def doctor(
    hub: Annotated[str | None, typer.Argument(help="huggingface, modelscope or wisemodel; none: all")] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Ask each hub at most ten times whether it still is as this version expects; exit 1 with the list when not."""
    from hubwatch.collect import examine

    settings = Settings.from_environment(data)
    reports = [examine(settings, name) for name in known_hubs(None if hub is None else [hub])]
    if as_json:
        typer.echo(json.dumps([report.model_dump(mode="json") for report in reports], ensure_ascii=False, indent=2))
    for report in reports if not as_json else []:
        typer.echo(f"{report.hub} at {report.endpoint}")
        for finding in report.findings:
            cure = f"; {finding.cure}" if finding.cure else ""
            typer.echo(f"  {'ok ' if finding.ok else 'OFF'} {finding.name}: {finding.told}{cure}")
    off = [f"{report.hub} {finding.name}" for report in reports for finding in report.findings if not finding.ok]
    if off:
        typer.echo(f"hubwatch: not as expected: {', '.join(off)}", err=True)
        raise typer.Exit(1)


def demo(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", parser=folder, help="output folder [default: demo in $HUBWATCH_DATA, else in ./hubwatch-data]"
        ),
    ] = None,
) -> None:
    """Run the whole way on the bundled sample of real figures, through local stand-ins: offline, in under a minute."""
    from hubwatch.sandbox.demo import run_demo

    folder = (data or Settings.from_environment().data / "demo").absolute()
    settings = run_demo(folder, typer.echo)
    wide = Console(width=max(Console().width, 120))
    with store.open_published(settings.data, settings.memory_limit) as con:
        for hub, metric, by in (("huggingface", "downloads_30d", "country"), ("modelscope", "downloads_total", "kind")):
            wide.print(statistics.run(con, "download_share", hub=hub, metric=metric, by=by).to_table(10, wide.width))
        typer.echo("Note: the sample is a selection of models, not the hubs; these are shares of the selection.")
        coverage = con.execute("select hub, count(*), min(day), max(day) from days group by hub order by hub").fetchall()
    for hub, days, first, last in coverage:
        typer.echo(f"{hub}: {days} day(s), {first} to {last}")
    shown = os.path.relpath(settings.data)
    typer.echo(f"database: {shown}/hubwatch.duckdb")
    if settings.report:
        typer.echo(f"report: {shown}/report/report.html")
    typer.echo(f"try: hubwatch stats download-share --hub huggingface --by organization --data {shown}")
