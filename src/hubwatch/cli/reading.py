"""Commands that read the published database: statistics and what is behind them."""

import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer

from hubwatch.cli.help import StatisticCommand, by_choices, statistic_names
from hubwatch.cli.options import AsOf, Data, Format, Hub, Json, SeenDay, asked_day, known_hub, opened, published_in
from hubwatch.cli.output import chosen_format, complain, figure, inform, print_table, say, show_record, show_rows
from hubwatch.errors import HubwatchError, UsageError
from hubwatch.stages import stage

Country = Annotated[str | None, typer.Option("--country", help="ISO 3166-1 alpha-2, or INTL")]
Policy = Annotated[str | None, typer.Option("--policy", help="six-tigers [default], osai, home-country or fortune-500")]
By = Annotated[str | None, typer.Option("--by", help="what to group by: country, kind, ... (stats NAME --help: all)")]
Metric = Annotated[str | None, typer.Option("--metric", help="downloads_30d, downloads_total, likes or models")]
ListFile = Annotated[
    Path | None, typer.Option("--list", metavar="FILE", help="listed-origin-share: a CSV with system, organization[, amount, day]")
]
More = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="a further parameter, such as top=20 (repeatable)")]
Source = Annotated[
    str | None, typer.Option("--source", help="which source of the day: full, head, archive:NAME, ... [default: the widest]")
]
Kind = Annotated[str | None, typer.Option("--kind", help="only this kind: big_tech, ai_tiger, academic, ...")]
Organization = Annotated[str | None, typer.Option("--organization", help="only this organization's")]
Namespace = Annotated[str | None, typer.Option("--namespace", help="only this owner's")]
Family = Annotated[str | None, typer.Option("--family", help="only this model family")]
Task = Annotated[str | None, typer.Option("--task", help="only this task, such as text-generation")]
Library = Annotated[str | None, typer.Option("--library", help="only this library")]
LicenseClass = Annotated[str | None, typer.Option("--license-class", help="only permissive, copyleft, ...")]
CreatedSince = Annotated[str | None, typer.Option("--created-since", metavar="YYYY-MM-DD", help="created from this day on")]
CreatedUntil = Annotated[str | None, typer.Option("--created-until", metavar="YYYY-MM-DD", help="created up to this day")]
Models = Annotated[str | None, typer.Option("--models", metavar="FILE", help="only these ids: one a line, or a CSV with a column model_id")]
Only = Annotated[str | None, typer.Option("--only", help="originals, or derivatives (made from another model)")]
Form = Annotated[str | None, typer.Option("--form", help="only this form: model, finetune, adapter, quantized or merge")]
LeaveOut = Annotated[
    list[str] | None, typer.Option("--leave-out", metavar="NAME", help="without this namespace or organization (repeatable)")
]
Every = Annotated[str | None, typer.Option("--every", help="series and flows: day, week, month, quarter or year")]
Against = Annotated[str | None, typer.Option("--against", metavar="NAME", help="crossings: the group that --group is compared with")]
WithoutFlagged = Annotated[bool, typer.Option("--without-flagged", help="leave flagged observations out, and report how many")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for asking in (stats, cite):
        app.command(cls=StatisticCommand)(asking)
    for command in (claims, flags, report):
        app.command()(command)


def stats(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="a statistic, in kebab-case or snake_case", autocompletion=statistic_names)
    ] = None,
    by: By = None,
    metric: Metric = None,
    hub: Hub = None,
    country: Country = None,
    policy: Policy = None,
    day: SeenDay = None,
    since: Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="series and growth: starting with this day")] = None,
    kind: Kind = None,
    organization: Organization = None,
    namespace: Namespace = None,
    family: Family = None,
    task: Task = None,
    library: Library = None,
    license_class: LicenseClass = None,
    created_since: CreatedSince = None,
    created_until: CreatedUntil = None,
    models: Models = None,
    only: Only = None,
    of_form: Form = None,
    leave_out: LeaveOut = None,
    without_flagged: WithoutFlagged = False,
    source: Source = None,
    every: Every = None,
    group: Annotated[str | None, typer.Option("--group", metavar="NAME", help="crossings: the group that passes another")] = None,
    against: Against = None,
    list_file: ListFile = None,
    more: More = None,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
    as_of: AsOf = None,
) -> None:
    """Show a statistic with its unit, denominator, bounds and caveats; without NAME, list them all."""
    form = chosen_format(form, as_json)
    if name is None:
        _list_statistics(form)
        return
    filters = {
        "kind": kind,
        "organization": organization,
        "namespace": namespace,
        "family": family,
        "task": task,
        "library": library,
        "license_class": license_class,
        "created_since": asked_day(created_since, "--created-since"),
        "created_until": asked_day(created_until, "--created-until"),
        "models": models,
        "only": only,
        "form": of_form,
        "leave_out": leave_out or None,
        "every": every,
        "group": group,
        "against": against,
    }
    asked = _asked(by, metric, hub, country, policy, day, since, without_flagged, source, more, filters | _list_asked(list_file))
    with opened(data, as_of) as db:
        result = db.stats(name, **asked).result
    if form == "table":
        print_table(lambda width: result.to_table(width=width))
    else:
        say({"json": result.to_json, "csv": result.to_csv, "markdown": result.to_markdown}[form]())
    if form == "csv":  # rows alone are no figure: what they are of goes to stderr
        inform("\n".join([f"{result.context.heading} ({result.scope()})", *result.notes()]))


def _list_statistics(form: str) -> None:
    """Every statistic with its title and what it can be grouped by."""
    from hubwatch import statistics

    rows = [(one.name.replace("_", "-"), one.title, by_choices(one)) for one in statistics.definitions()]
    if form == "table":  # most can be grouped by anything: told once, not on every row
        whole = max((by for *_, by in rows), key=len).split(", ")
        rows = [(name, title, f"{by.split(', ')[0]}, ..." if len(by.split(", ")) == len(whole) else by) for name, title, by in rows]
    show_rows(("statistic", "title", "by"), rows, form)
    if form == "table":
        inform(f"by: the default, or any of {', '.join(sorted(whole))}, or two of them with a comma")
        inform("hubwatch stats NAME --help shows the definition and parameters of one")


def _asked(
    by: str | None,
    metric: str | None,
    hub: str | None,
    country: str | None,
    policy: str | None,
    day: str | None,
    since: str | None,
    without_flagged: bool,
    source: str | None,
    more: list[str] | None,
    filters: dict[str, Any],
) -> dict[str, Any]:
    """A statistic's parameters as asked; those not asked are left to the statistic."""
    asked = {"by": by, "metric": metric, "hub": known_hub(hub), "country": country, "policy": policy}
    days = {"day": asked_day(day), "since": asked_day(since, "--since")}
    further = dict(_parted(text) for text in more or [])
    if twice := sorted(name for name in further if (asked | days | filters).get(name.replace("-", "_")) is not None):
        raise UsageError(f"--set {twice[0]} is given as --{twice[0]}, too")
    asked_for = asked | days | filters | {"without_flagged": without_flagged or None, "source": source} | further
    if empty := [name for name, value in asked_for.items() if value == ""]:
        raise UsageError(f"--{empty[0]} '' is empty; give it a value or leave it out")
    if isinstance(asked_for["hub"], str):
        asked_for["hub"] = known_hub(asked_for["hub"])
    return {name: value for name, value in asked_for.items() if value is not None}


def _list_asked(file: Path | None) -> dict[str, Any]:
    return {} if file is None else {"list": str(file)}


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
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="a statistic, in kebab-case or snake_case", autocompletion=statistic_names)
    ] = None,
    group: Annotated[str | None, typer.Option("--group", help="one row of it, e.g. CN; none: the whole table")] = None,
    by: By = None,
    metric: Metric = None,
    hub: Hub = None,
    country: Country = None,
    policy: Policy = None,
    day: SeenDay = None,
    since: Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="series and growth: starting with this day")] = None,
    kind: Kind = None,
    organization: Organization = None,
    namespace: Namespace = None,
    family: Family = None,
    task: Task = None,
    library: Library = None,
    license_class: LicenseClass = None,
    created_since: CreatedSince = None,
    created_until: CreatedUntil = None,
    models: Models = None,
    only: Only = None,
    of_form: Form = None,
    leave_out: LeaveOut = None,
    without_flagged: WithoutFlagged = False,
    source: Source = None,
    every: Every = None,
    against: Against = None,
    list_file: ListFile = None,
    more: More = None,
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json, bibtex or csl")] = "text",
    record_file: Annotated[
        Path | None, typer.Option("--verify", metavar="FILE", help="check a record saved with --format json against this database")
    ] = None,
    data: Data = None,
    as_of: AsOf = None,
) -> None:
    """Print a citable record of a figure: sentence, bounds, caveats, versions, SQL. The same data and facts give the same id."""
    if form not in ("text", "json", "bibtex", "csl"):
        raise UsageError(f"--format {form} is not known; it is text, json, bibtex or csl")
    if record_file is not None:
        _verify(record_file, name, data, as_of)
        return
    if name is None:
        raise UsageError("name a statistic to cite, such as download-share (hubwatch stats lists them)")
    filters = {
        "kind": kind,
        "organization": organization,
        "namespace": namespace,
        "family": family,
        "task": task,
        "library": library,
        "license_class": license_class,
        "created_since": asked_day(created_since, "--created-since"),
        "created_until": asked_day(created_until, "--created-until"),
        "models": models,
        "only": only,
        "form": of_form,
        "leave_out": leave_out or None,
        "every": every,
        "against": against,
    }
    asked = _asked(by, metric, hub, country, policy, day, since, without_flagged, source, more, filters | _list_asked(list_file))
    with opened(data, as_of) as db:
        record = db.cite(name, group, **asked)
    say({"text": record.to_text, "json": record.to_json, "bibtex": record.to_bibtex, "csl": record.to_csl}[form]())


def _verify(record_file: Path, name: str | None, data: Path | None, as_of: str | None) -> None:
    """Print whether the database gives the figure of a saved record; exit 1 when it does not."""
    from hubwatch.readers import read_record, verify

    if name is not None:
        raise UsageError(f"--verify reads the statistic from the record; leave {name} out")
    record = read_record(record_file)
    with opened(data, as_of) as db:
        found = verify(db, record)
    say("\n".join(found.told()))
    if not found.stands:
        complain(f"{record_file}: {found.changes[-1]}")
        raise typer.Exit(1)


def claims(
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="a CSV of your own, with the columns of data/claims.csv")
    ] = None,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Judge the figures that articles and papers print on the data at hand: supported, contradicted, or why neither."""
    from hubwatch import statistics

    form = chosen_format(form, as_json)
    own = statistics.load_claims(file) if file else None
    with published_in(data) as con:
        found = statistics.check_claims(con, own)
    measured = ("measured", "measured_low", "measured_high")
    columns = ("claim", "publisher", "printed", "unit", "as_of", "verdict", *measured, "measured_on", "reason")
    said = [{**one.claim.model_dump(), **one.model_dump(exclude={"claim"})} for one in found]
    if form in ("table", "markdown"):
        said = [row | {name: figure(row["unit"], row[name]) for name in measured} for row in said]
    show_rows(columns, [tuple(row[column] for column in columns) for row in said], form)


def flags(
    hub: Hub = None,
    day: Annotated[str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="only those of this day [default: all]")] = None,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List flagged numbers, newest first, each with the reason."""
    from hubwatch.statistics import flags_of

    form = chosen_format(form, as_json)
    asked = known_hub(hub), asked_day(day)
    with published_in(data) as con:
        found = flags_of(con, *asked)
    show_rows(("hub", "day", "flag", "model_id", "detail"), [*found], form)


def report(
    single: Annotated[
        Path | None, typer.Option("--single", metavar="FILE", help="write one page that stands alone instead of the site")
    ] = None,
    most: Annotated[int, typer.Option("--models", metavar="N", min=1, help="models with a page: the N most downloaded of each hub")] = 100,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Rewrite the site from the published database: pages that work offline, from a disk or any web server."""
    from hubwatch.settings import NO_CHARTS, Settings, charts_are_installed

    if not charts_are_installed():
        raise HubwatchError(NO_CHARTS)
    from hubwatch.report import write_single, write_site  # here, because charts take seconds to import

    form = chosen_format(form, as_json)
    settings = Settings.from_environment(data)
    with published_in(data) as con, stage("report"):
        made = write_single(con, single) if single else write_site(con, settings.data / "report", most)
    show_record(form, {"stage": "report", "report": str(made)}, f"report {made}")
