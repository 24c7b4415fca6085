"""Commands that read the published database: statistics and what is behind them."""

import contextlib
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from hubwatch import statistics
from hubwatch.cli.options import Data, Json, SeenDay, asked_day, published_in
from hubwatch.errors import UsageError
from hubwatch.settings import HUBS as HUB_NAMES
from hubwatch.settings import Settings
from hubwatch.statistics import WIDTH, blocks, flags_of, shown

Hub = Annotated[str | None, typer.Option("--hub", help="huggingface, modelscope or wisemodel")]
Country = Annotated[str | None, typer.Option("--country", help="ISO 3166-1 alpha-2, or INTL")]
Policy = Annotated[str | None, typer.Option("--policy", help="six-tigers [default], osai or home-country")]
By = Annotated[str | None, typer.Option("--by", help="country, kind, organization, family, namespace, hub, ...")]
Metric = Annotated[str | None, typer.Option("--metric", help="downloads_30d, downloads_total, likes or models")]
More = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="a further parameter, e.g. top=20 (repeatable)")]
WithoutFlagged = Annotated[bool, typer.Option("--without-flagged", help="leave flagged observations out, and say so")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (stats, cite, claims, flags, report):
        app.command()(command)


def stats(
    name: Annotated[str | None, typer.Argument(help="a statistic, in kebab-case or snake_case; none: list them")] = None,
    by: By = None,
    metric: Metric = None,
    hub: Hub = None,
    country: Country = None,
    policy: Policy = None,
    day: SeenDay = None,
    since: Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="series and growth: from this day on")] = None,
    without_flagged: WithoutFlagged = False,
    more: More = None,
    form: Annotated[str, typer.Option("--format", help="table, json, csv or markdown")] = "table",
    data: Data = None,
) -> None:
    """A statistic with its unit, window, denominator, labelled part and bounds."""
    if form not in ("table", "json", "csv", "markdown"):
        raise UsageError(f"--format {form} is not known; it is table, json, csv or markdown")
    if name is None:
        for one in statistics.definitions():
            typer.echo(f"{one.name.replace('_', '-'):24} {one.title}")
        return
    asked = _asked(by, metric, hub, country, policy, day, since, without_flagged, more)
    with published_in(data) as con:
        result = statistics.run(con, name, **asked)
    if form == "table":
        console = Console(width=None if sys.stdout.isatty() else WIDTH)
        console.print(result.to_table(width=console.width))
    else:
        text = {"json": result.to_json, "csv": result.to_csv, "markdown": result.to_markdown}[form]()
        typer.echo(text.removesuffix("\n"))
    if form == "csv":  # rows alone are no figure: what they are of goes beside them
        typer.echo("\n".join([f"{result.context.title} ({result.scope()})", *result.notes()]), err=True)


def _asked(
    by: str | None,
    metric: str | None,
    hub: str | None,
    country: str | None,
    policy: str | None,
    day: str | None,
    since: str | None,
    without_flagged: bool,
    more: list[str] | None,
) -> dict[str, Any]:
    """A statistic's parameters as asked; those not asked are left to the statistic."""
    asked = {"by": by, "metric": metric, "hub": known_hub(hub), "country": country, "policy": policy}
    days = {"day": asked_day(day), "since": asked_day(since, "--since")}
    further = dict(_parted(text) for text in more or [])
    if twice := sorted(name for name in further if (asked | days).get(name.replace("-", "_")) is not None):
        raise UsageError(f"--set {twice[0]} is given as --{twice[0]}, too")
    asked_for = asked | days | {"without_flagged": without_flagged or None} | further
    if empty := [name for name, value in asked_for.items() if value == ""]:
        raise UsageError(f"--{empty[0]} '' is empty; give it a value or leave it out")
    if isinstance(asked_for["hub"], str):
        known_hub(asked_for["hub"])
    return {name: value for name, value in asked_for.items() if value is not None}


def _parted(text: str) -> tuple[str, str | int | float | bool]:
    """A parameter written NAME=VALUE; whole and decimal numbers, true and false are read as such."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--set {text} is not NAME=VALUE")
    if value in ("true", "false"):
        return name, value == "true"
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return name, kind(value)
    return name, value


def cite(
    name: Annotated[str, typer.Argument(help="a statistic, in kebab-case or snake_case")],
    group: Annotated[str | None, typer.Option("--group", help="one row of it, e.g. CN; none: the whole table")] = None,
    by: By = None,
    metric: Metric = None,
    hub: Hub = None,
    country: Country = None,
    policy: Policy = None,
    day: SeenDay = None,
    since: Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="series and growth: from this day on")] = None,
    without_flagged: WithoutFlagged = False,
    more: More = None,
    form: Annotated[str, typer.Option("--format", help="text, json, bibtex or csl")] = "text",
    data: Data = None,
) -> None:
    """One record of a statistic to print: value, bounds, unit, scope, data version, SQL; the same data gives the same id."""
    if form not in ("text", "json", "bibtex", "csl"):
        raise UsageError(f"--format {form} is not known; it is text, json, bibtex or csl")
    asked = _asked(by, metric, hub, country, policy, day, since, without_flagged, more)
    with published_in(data) as con:
        record = statistics.cite(con, name, group, **asked)
    text = {"text": record.to_text, "json": record.to_json, "bibtex": record.to_bibtex, "csl": record.to_csl}[form]()
    typer.echo(text.removesuffix("\n"))


def claims(as_json: Json = False, data: Data = None) -> None:
    """Figures that articles and papers print, each measured on the data at hand."""
    with published_in(data) as con:
        found = statistics.check_claims(con)
    columns = (
        "claim",
        "publisher",
        "printed",
        "unit",
        "as_of",
        "verdict",
        "measured",
        "measured_low",
        "measured_high",
        "measured_on",
        "reason",
    )
    rows = [tuple(({**one.claim.model_dump(), **one.model_dump(exclude={"claim"})})[column] for column in columns) for one in found]
    show_rows(columns, rows, as_json)


def flags(
    hub: Hub = None,
    day: Annotated[str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="only this day's [default: all]")] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Numbers that there is reason to doubt, newest first."""
    asked = known_hub(hub), asked_day(day)
    with published_in(data) as con:
        found = flags_of(con, *asked)
    show_rows(("hub", "day", "flag", "model_id", "detail"), [*found], as_json)


def report(data: Data = None) -> None:
    """Write report.html anew from the published database: one page, complete in itself, that loads nothing."""
    from hubwatch.report import write_report  # here, because charts take seconds to import

    settings = Settings.from_environment(data)
    with published_in(data) as con:
        typer.echo(f"report {write_report(con, settings.data / 'report')}")


def known_hub(hub: str | None) -> str | None:
    """The hub as asked, or a usage error naming the hubs."""
    if hub is not None and hub not in (*HUB_NAMES, "modelscope.ai"):
        raise UsageError(f"{hub!r} is not a hub; hubs are {', '.join(HUB_NAMES)}")
    return hub


def show_rows(columns: tuple[str, ...], rows: list[tuple[Any, ...]], as_json: bool) -> None:
    """Rows as JSON objects, as tab-separated lines under a header for a pipe or a file, or on a terminal so that people can read them."""
    if as_json:
        import json

        typer.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str, ensure_ascii=False, indent=2))
        return
    if sys.stdout.isatty():
        print_rows(Console(), columns, rows)
        return
    for row in [columns, *rows]:
        typer.echo("\t".join("" if cell is None else " ".join(str(cell).split()) for cell in row))


def print_rows(console: Console, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Rows as a table where the console is wide enough for it, else one block a row: each column's name and value on lines of their own."""
    cells = [[Text(shown(column, cell)) for column, cell in zip(columns, row, strict=True)] for row in rows]
    table = Table(*columns, header_style="bold")
    for row in cells:
        table.add_row(*row)
    if Measurement.get(console, console.options.update(width=10**6), table).maximum <= console.width:  # as wide as it would like to be
        console.print(table)
        return
    for block in blocks(columns, rows):
        console.print(block)
