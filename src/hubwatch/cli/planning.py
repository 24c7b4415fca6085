"""`hubwatch plan`: what a schedule costs and leaves unseen, and the schedule itself."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hubwatch.cli.options import Data, Format, Hubs, Json, known_hubs
from hubwatch.cli.output import chosen_format, say, show_rows, warn
from hubwatch.errors import UsageError

if TYPE_CHECKING:
    from hubwatch.collect import Plan

FORMS = ("cron", "prefect")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(plan)


def plan(
    hubs: Hubs = None,
    full: Annotated[
        list[str] | None,
        typer.Option("--full", metavar="[HUB=]EVERY", help="daily, weekly or monthly full sweeps (repeatable) [default: each hub's own]"),
    ] = None,
    between: Annotated[
        list[str] | None,
        typer.Option(
            "--between", metavar="[HUB=]SWEEPS", help="on the other days: head,new or one of them, or none [default: each hub's own]"
        ),
    ] = None,
    floor: Annotated[int, typer.Option("--floor", min=0, help="head: stop below this many downloads")] = 1000,
    token_kind: Annotated[
        str | None,
        typer.Option(
            "--token-kind", metavar="KIND", help="whose quota applies, such as free or pro [default: free with a token, else anonymous]"
        ),
    ] = None,
    quota: Annotated[
        list[str] | None, typer.Option("--quota", metavar="[HUB=]N/SECONDS", help="requests that a hub allows in a window (repeatable)")
    ] = None,
    latency: Annotated[float, typer.Option("--latency", min=0, help="seconds that one response takes")] = 1.0,
    write: Annotated[str | None, typer.Option("--write", metavar="FORM", help="print the schedule: cron or prefect")] = None,
    flows: Annotated[
        Path | None, typer.Option("--flows", metavar="DIR", help="write prefect.yaml and its flows into a new folder, to deploy from")
    ] = None,
    data: Data = None,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Print what following the hubs costs a day (requests, minutes, disk), what it leaves unseen, and the schedule to do it."""
    from hubwatch.collect import cron_lines, plan_sweeps, prefect_file, write_deployment
    from hubwatch.settings import Settings

    if write is not None and write not in FORMS:
        raise UsageError(f"--write {write} is not known; it is {' or '.join(FORMS)}")
    form = chosen_format(form, as_json)
    settings = Settings.from_environment(data)
    made = plan_sweeps(settings, known_hubs(hubs), full or [], between or [], floor, token_kind, quota or [], latency)
    if flows is not None:
        say("\n".join(f"wrote {path}" for path in write_deployment(made, flows)))
        say(f"deploy them: cd {shlex.quote(str(flows))} && prefect --no-prompt deploy --all")
    elif write == "cron":
        say(cron_lines(made, str(Path(sys.executable).parent), str(settings.data)))
    elif write == "prefect":
        say(prefect_file(made))
    elif form == "json":
        say(json.dumps(_as_json(made), indent=2))
    else:
        _show(made, form)


def _as_json(made: Plan) -> dict[str, Any]:
    from hubwatch.clock import KEEP_DAYS
    from hubwatch.collect import late, timetable

    table = timetable(made)
    return {
        "hubs": [hub.model_dump(mode="json") for hub in made.hubs],
        "average_day": made.average().model_dump(),
        "busiest_day": made.busiest().model_dump(),
        "disk_gb_after_a_year": made.disk_gb(365, KEEP_DAYS),
        "schedule": [{"hub": slot.hub, "sweep": slot.sweep.sweep, "cron": slot.cron, "resume": slot.again} for slot in table.slots],
        "build_at": f"{table.build_at:02d}:00",
        "not_included": made.unknown,
        "warnings": late(table, made.hubs),
    }


def _show(made: Plan, form: str) -> None:
    from hubwatch.clock import KEEP_DAYS
    from hubwatch.collect import late, timetable

    table = timetable(made)
    crons = {(slot.hub, slot.sweep.sweep): slot.cron for slot in table.slots}
    columns = ("hub", "sweep", "cron_utc", "listings", "requests", "minutes", "pages_mb", "database_mb")
    rows = [
        (hub.hub, one.sweep, crons[hub.hub, one.sweep], *(getattr(one, name) for name in columns[3:]))
        for hub in made.hubs
        for one in hub.sweeps
    ]
    show_rows(columns, rows, form)
    if form == "csv":  # rows alone, for a program
        return
    for name, cost in (("an average day", made.average()), ("a day with everything", made.busiest())):
        say(
            f"{name}: {cost.requests:,.0f} requests, {cost.minutes:,.0f} minutes, {cost.pages_mb:,.1f} MB of pages, {cost.database_mb:,.1f} MB of database"
        )
    say(
        f"disk after a year: {made.disk_gb(365, KEEP_DAYS):,.1f} GB, with pages deleted after {KEEP_DAYS} days; build at {table.build_at:02d}:00 UTC"
    )
    for hub in made.hubs:
        say(f"{hub.hub}: {_pace_told(hub)}; {_unseen_told(hub.unseen)}")
        say(f"  size: {hub.source}")
        if hub.unseen.measured:
            say(f"  measured: {hub.unseen.measured}")
    if made.unknown:
        warn(f"not included, because its size is not known: {', '.join(made.unknown)}; run `hubwatch run` once, then plan again")
    for line in late(table, made.hubs):
        warn(line)


def _pace_told(hub: Any) -> str:
    window = f", {hub.window[0]} in {hub.window[1]} s" + (f" ({hub.token_kind})" if hub.token_kind else "") if hub.window else ""
    return f"{hub.requests_a_second:g} request{'' if hub.requests_a_second == 1 else 's'} a second{window}"


def _unseen_told(unseen: Any) -> str:
    if unseen.days == 0:
        return "everything is seen every day"
    if unseen.share_of_downloads == 1.0:
        return f"nothing is seen for up to {unseen.days} days"
    listings = "an unknown number of" if unseen.listings is None else f"{unseen.listings:,}"
    share = "" if unseen.share_of_downloads is None else f" with {unseen.share_of_downloads:.1%} of downloads"
    return f"unseen for up to {unseen.days} days: {listings} listings{share}, and which models are removed"
