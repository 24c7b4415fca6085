"""Commands around the pipeline: the local test server, the demo, the doctor."""

import functools
import inspect
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from hubwatch.cli.options import Data, Format, Json, folder, hub_names, known_hubs
from hubwatch.cli.output import chosen_format, complain, print_table, say, show_record, show_rows
from hubwatch.errors import UsageError, counted

RecordsFile = Annotated[Path | None, typer.Option(help="JSON Lines (plain or .gz) of records in the hub's own shape")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (_with_an_option_for_each_hub(sandbox), demo, doctor):
        app.command()(command)


def _with_an_option_for_each_hub(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option of each hub's name in place of its `**files`."""
    own = [one for one in inspect.signature(command).parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    hubs = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=RecordsFile) for name in hub_names()]

    @functools.wraps(command)
    def with_options(**given: Any) -> None:
        command(**given)

    with_options.__signature__ = inspect.Signature([*hubs, *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own)])  # type: ignore[attr-defined]
    return with_options


def sandbox(
    fault: Annotated[list[str] | None, typer.Option("--fault", metavar="FAULT", help="what goes wrong, as HUB:429@3 (repeatable)")] = None,
    switch: Annotated[
        list[str] | None,
        typer.Option(
            "--switch",
            metavar="SWITCH",
            help="how a hub behaves, such as window=10000, creation_order=GmtCreate or dolphin=forbidden (repeatable)",
        ),
    ] = None,
    counters: Annotated[
        list[str] | None,
        typer.Option(
            "--counters",
            metavar="CHANGE",
            help="what Hugging Face's counters do: freeze, roll-back, lose-weeks, rename=OLD>NEW, dead=ID (repeatable)",
        ),
    ] = None,
    before: Annotated[
        Path | None, typer.Option("--before", metavar="FILE", help="Hugging Face's records of the day before, for freeze and dead")
    ] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", min=0, help="stop after this many seconds")] = None,
    form: Format = "table",
    as_json: Json = False,
    **files: Path | None,
) -> None:
    """Serve local mock hubs until Ctrl-C and print the variables to export; without files, the bundled sample."""
    from hubwatch.sandbox import Faults, Sandbox, Switches, latest_records, on_a_bad_day, read_jsonl, serve

    form = chosen_format(form, as_json)
    try:
        served: dict[str, Any] = {hub: list(read_jsonl(path, keep_bad=True)) for hub, path in files.items() if path}
        served = served or {hub: list(records) for hub, records in latest_records().items()}
        served = on_a_bad_day(served, counters or [], read_jsonl(before) if before else ())
        box = Sandbox(**served, faults=Faults.parse(fault or []), switches=Switches.parse(switch or []), max_seconds=seconds)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}; name a JSON Lines file of the hub's records") from None
    except ValueError as error:
        raise UsageError(str(error)) from None
    serve(box, lambda variables: show_record(form, variables, "\n".join(f"export {name}={value}" for name, value in variables.items())))


def doctor(
    hub: Annotated[str | None, typer.Argument(metavar="HUB", help=f"{', '.join(hub_names())} [default: all]")] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FOLDER", help="write the JSON responses, without persons, as files to share")
    ] = None,
    captured: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="print the listing block for a response (or HAR) saved from a browser"),
    ] = None,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Check with at most ten requests a hub that each still responds as this version expects; exit 1 if not."""
    from hubwatch.collect import examine
    from hubwatch.settings import Settings

    if captured is not None:
        _show_proposal(hub, captured)
        return
    form = chosen_format(form, as_json)
    settings = Settings.from_environment(data)
    reports = [examine(settings, name, save=save) for name in known_hubs(None if hub is None else [hub])]
    if form == "json":
        say(json.dumps([report.model_dump(mode="json") for report in reports], ensure_ascii=False, indent=2))
    elif form != "table":
        columns = ("hub", "endpoint", "finding", "ok", "told", "cure")
        found = [(of.hub, of.endpoint, one.name, one.ok, one.told, one.cure) for of in reports for one in of.findings]
        show_rows(columns, found, form)
    for report in reports if form == "table" else []:
        say(f"{report.hub} at {report.endpoint}")
        for finding in report.findings:
            cure = f"; {finding.cure}" if finding.cure else ""
            say(f"  {'ok ' if finding.ok else 'OFF'} {finding.name}: {finding.told}{cure}")
        for path in report.saved:
            say(f"  saved {path}")
    off = [f"{report.hub} {finding.name}" for report in reports for finding in report.findings if not finding.ok]
    if off:
        complain(f"not as expected: {', '.join(off)}")
        raise typer.Exit(1)


def _show_proposal(hub: str | None, captured: Path) -> None:
    """Print the listing block that a captured response gives, with what to confirm as comments."""
    from hubwatch.hubs import HUBS

    name = known_hubs(None if hub is None else [hub])
    propose = HUBS[name[0]].propose_listing if len(name) == 1 else None
    if propose is None:
        configured = " or ".join(f"hubwatch doctor {one} --from FILE" for one, known in HUBS.items() if known.propose_listing)
        raise UsageError(f"--from is for a hub whose listing call is configured: {configured}")
    found = propose(captured)
    say(
        f"# Filled in from {captured.name}: {len(found.records)} records at {found.items or 'its top'}. Confirm each field on these records:"
    )
    say("\n".join(f"#   {line}" for line in found.shown()))
    say("\n".join(f"# To do: {line}" for line in found.to_do))
    say(f"# Save as a file, name it in HUBWATCH_{name[0].upper()}_LISTING, then run: hubwatch doctor {name[0]}\n")
    say(found.block())


def demo(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", parser=folder, help="output folder [default: demo in $HUBWATCH_DATA, else in ./hubwatch-data]"
        ),
    ] = None,
) -> None:
    """Run the full pipeline on a bundled sample of real figures: offline, in about a minute."""
    from hubwatch.readers import Database
    from hubwatch.sandbox import SHOWN, run_demo
    from hubwatch.settings import NO_CHARTS, Settings

    folder = (data or Settings.from_environment().data / "demo").absolute()
    settings = run_demo(folder, say)
    with Database(settings.data) as db:
        for name, asked in SHOWN:
            result = db.stats(name, **asked).result
            print_table(lambda width, result=result: result.to_table(10, width))
        for held in db.sql("select hub, count(*) as days, min(day) as first, max(day) as last from days group by hub order by hub"):
            say(f"{held['hub']}: {counted(held['days'], 'day')}, {held['first']} to {held['last']}")
    shown = os.path.relpath(settings.data)
    say(f"database: {shown}/hubwatch.duckdb")
    if settings.report:
        say(f"report: {shown}/report/index.html" if settings.writes_report else NO_CHARTS)
    say(f"try: hubwatch stats download-share --hub huggingface --by organization --data {shown}")
