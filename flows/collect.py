"""The scheduled flows: `collect` one hub, ask for `profiles`, `build` what is kept into the published file, `backfill` the past.

No logic here: parameters are checked, pipeline functions called, tables shown. Requests are retried in `hubwatch.net`
alone; a stage's task is rerun once.
"""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.logging import get_run_logger
from pydantic import AfterValidator, Field
from runs import run_of, settle

from hubwatch import maintenance, pipeline
from hubwatch.archives import Mapping, Wanted, asked_archive, backfill_archive, window_sweep
from hubwatch.clock import KEEP_DAYS, today
from hubwatch.collect import asked_sweep
from hubwatch.errors import counted
from hubwatch.hubs import HUBS, listed, sites
from hubwatch.outcomes import BuildResult, HubResult, shortfall
from hubwatch.pages import Sweep, kept_sweeps
from hubwatch.settings import Settings
from hubwatch.statistics import day_figures


def _one_of(names: Collection[str]) -> Any:
    """Text that is one of these names, offered as a choice."""

    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"{name!r} is not a hub; hubs are {listed(names)}")
        return name

    return Annotated[str, AfterValidator(check), Field(json_schema_extra={"enum": list(names)})]


if TYPE_CHECKING:
    HubName = str
    KeptName = str
else:
    HubName = _one_of(HUBS)
    KeptName = _one_of(sites())  # also sites that are asked as another hub, and kept apart
SweepName = Literal["full", "head", "new", "owners"]
RERUN_AFTER = 10  # seconds


@task(name="collect", task_run_name="collect {sweep.hub} {sweep.kind} {sweep.day}", retries=1, retry_delay_seconds=RERUN_AFTER)
def collect_sweep(settings: Settings, sweep: Sweep) -> HubResult:
    """hub -> pages: a rerun goes on from the last whole page."""
    return pipeline.collect(settings, sweep)


@task(name="profiles", retries=1, retry_delay_seconds=RERUN_AFTER)
def ask_for_profiles(settings: Settings, budget: int) -> str:
    """The hub's own word on namespaces that nobody has judged: a rerun asks only for what is not yet kept."""
    asked, found = pipeline.ask_profiles(settings, budget)
    return f"{counted(asked, 'namespace')} requested, {counted(found, 'profile')} saved"


@task(name="build", retries=1, retry_delay_seconds=RERUN_AFTER)
def build_kept(
    settings: Settings, hub: str | None = None, first: date | None = None, last: date | None = None, again: bool = False
) -> BuildResult:
    """pages -> the published file: what is not yet loaded, or `again` everything kept of this hub and these days."""
    if not again:
        return pipeline.build(settings)
    damaged = pipeline.fetch(settings, hub, first, last)
    kept = [one for one in kept_sweeps(settings.data, hub, first, last) if (one.hub, one.day, one.sweep) not in damaged]
    return pipeline.build(settings, kept, damaged=damaged)


@task(name="archive", retries=1, retry_delay_seconds=RERUN_AFTER)
def bring_in(settings: Settings, archive: str, mapping: Mapping, wanted: Wanted) -> str:
    """A published snapshot -> the published file; what failed, in one line, empty when nothing did."""
    days = backfill_archive(settings, archive, mapping, wanted, get_run_logger().info)
    return "; ".join(each.told() for each in days if each.outcome == "failed")


@flow(name="collect", flow_run_name="collect {hub} {sweep}", validate_parameters=True)
def collect(
    hub: HubName,
    sweep: SweepName = "full",
    day: date | None = None,
    data: Path | None = None,
    owners: list[str] | None = None,
    limit: Annotated[int, Field(ge=1)] | None = None,
    floor: Annotated[int, Field(ge=0)] = Sweep.floor,
    since: date | None = None,
) -> HubResult:
    """Keep what one hub says today, going on from where an earlier run of the day was stopped.

    `day`: the UTC date it counts for [today]; `data`: the output folder [$HUBWATCH_DATA]; `owners`: for the owners sweep;
    `limit`: records at most, never complete; `floor`: downloads down to which a head sweep goes; `since`: for the new sweep.
    """
    with run_of(data) as settings:
        asked = asked_sweep(hub, sweep, day, tuple(owners or ()), limit, floor, since)
        result = collect_sweep(settings, asked)
        show_collected(asked, result)
        settle(shortfall(result))
    return result


@flow(name="profiles", flow_run_name="profiles", validate_parameters=True)
def profiles(budget: Annotated[int, Field(ge=1)] = 500, data: Path | None = None) -> str:
    """Fetch the profiles of the most downloaded unlabelled namespaces, at most `budget` a hub; reclassify and republish."""
    with run_of(data) as settings:
        told = ask_for_profiles(settings, budget)
    return told


@flow(name="build", flow_run_name="build", validate_parameters=True)
def build(data: Path | None = None) -> BuildResult:
    """Load everything kept and not yet loaded, judge it, publish; a sweep still going is loaded as incomplete, and said so."""
    with run_of(data) as settings:
        result = build_kept(settings)
        show_days(settings)
        settle(result.shortfall)
    return result


@flow(name="prune", flow_run_name="prune", validate_parameters=True)
def prune(keep_days: Annotated[int, Field(ge=1)] = KEEP_DAYS, data: Path | None = None) -> str:
    """Delete the saved pages of sweeps older than `keep_days` that are published; the tables keep all they hold."""
    with run_of(data) as settings:
        gone = maintenance.prune(settings.data, today(), keep_days, False, get_run_logger().warning, settings.pages)
    return f"{len(gone)} sweeps, {sum(one.bytes for one in gone)} bytes"


@flow(name="backfill", flow_run_name="backfill {source}", validate_parameters=True)
def backfill(
    source: Literal["pages", "window", "archive"] = "pages",
    hub: KeptName | None = None,
    since: date | None = None,
    until: date | None = None,
    archive: str | None = None,
    mapping: str | None = None,
    day: date | None = None,
    overwrite: bool = False,
    data: Path | None = None,
) -> None:
    """The past anew: kept `pages` by today's rules and facts, a `window` of creation as of now, a published `archive`.

    `pages`: `hub`, `since`, `until` narrow what is loaded again (both days included; none: everything).
    `window`: what `hub` created in [since, until). `archive`: where it lies and the `mapping` that reads it; `day` where it
    names none; `overwrite` replaces days already held from it.
    """
    with run_of(data) as settings:
        if source == "archive":
            settle(bring_in(settings, *asked_archive(archive, mapping), Wanted(hub, day, False, overwrite)))
        if source == "window":
            asked = asked_sweep(hub or "", "window", since=since, until=until)
            if since and until:
                asked = window_sweep(settings, asked.hub, since, until, None)  # an unfinished window goes on with its own day
            show_collected(asked, collect_sweep(settings, asked))
        result = build_kept(settings, hub, since, until, again=source == "pages")
        show_days(settings)
        settle(result.shortfall)


def show_collected(sweep: Sweep, result: HubResult) -> None:
    """A table of what a collector did."""
    about = {"hub": sweep.hub, "day": sweep.day.isoformat(), "sweep": sweep.kind, "complete": "yes" if result.complete else "no"}
    create_table_artifact(
        key=f"collect-{sweep.hub}-{sweep.kind}",
        table=[about | result.model_dump(include={"records", "requests", "retries", "message"})],
        description=f"What the last {sweep.kind} sweep of {sweep.hub} kept.",
    )


def show_days(settings: Settings) -> None:
    """A table of the last days' figures and completeness per hub."""
    create_table_artifact(
        key="days",
        table=list(day_figures(settings.data)),
        description="Figures and completeness of each hub's last days. Counters of different meaning are never added up.",
    )
