"""A plan -> when each command runs, as lines for cron or deployments for Prefect. All hours are UTC."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from hubwatch.clock import KEEP_DAYS
from hubwatch.collect.planning import DAYS, HubPlan, Plan, PlannedSweep
from hubwatch.hubs import HUBS, site_of
from hubwatch.pages import OVERLAP, Sweep

PROFILES = 500  # namespaces a week
_STARTS = {"head": 1, "new": 2, "full": 3}  # hours; a full sweep of every day starts first
_BUILD = 6  # the earliest hour
_LAST = 21  # the latest hour for a build, so that what follows it is on the same day
_TOLD = {
    "full": "every public model, {often}. Only a full sweep shows which models were removed",
    "head": "the most downloaded models, every day. Down to {floor} downloads",
    "new": f"models created in the last {OVERLAP.days} days, every day",
}


@dataclass(frozen=True)
class Slot:
    """One sweep of a hub and when it starts, as cron writes it; `again`: when what an outage or a restart stopped resumes, before the build.

    A second start of a complete sweep sends no request.
    """

    hub: str
    sweep: PlannedSweep
    cron: str
    again: str | None = None


@dataclass(frozen=True)
class Timetable:
    """When everything runs; `late` names sweeps that may not end before the build of their day."""

    slots: list[Slot]
    build_at: int
    late: list[str]

    @property
    def profiled(self) -> list[str]:
        """The hubs among these that have profiles of namespaces."""
        return [hub for hub in dict.fromkeys(slot.hub for slot in self.slots) if HUBS[hub].profiles is not None]


def timetable(plan: Plan) -> Timetable:
    """Sweeps in the night; the build after the last of them has ended, by the minutes that the plan gives them."""
    sweeps, ends = [], dict[str, float]()
    for hub in plan.hubs:
        at = 0.0
        for sweep in sorted(hub.sweeps, key=_start):
            at = max(at, float(_start(sweep))) + (sweep.minutes or 0.0) / 60
            sweeps.append((hub.hub, sweep, at))
        ends[hub.hub] = at
    build = min(max(_BUILD, math.ceil(max(ends.values(), default=0))), _LAST)
    slots = [
        Slot(hub, sweep, _cron(sweep, _start(sweep)), _cron(sweep, build - 1) if end <= build - 1 else None) for hub, sweep, end in sweeps
    ]
    return Timetable(slots, build, [hub for hub, end in ends.items() if end > _LAST])


def _start(sweep: PlannedSweep) -> int:
    return 1 if sweep.every_days == 1 and sweep.sweep == "full" else _STARTS[sweep.sweep]


def _cron(sweep: PlannedSweep, hour: int) -> str:
    day = {1: "* * *", 7: "* * 0", 30: "1 * *"}[sweep.every_days]
    return f"0 {hour} {day}"


def cron_lines(plan: Plan, programs: str, data: str) -> str:
    """A crontab for the plan; `programs`: the folder of the command, `data`: the data folder."""
    table = timetable(plan)
    lines = [
        "# Written by `hubwatch plan --write cron`. The hours are UTC. A cron that does not know CRON_TZ (Debian's) reads them as local",
        "# time: every line works there as well, because a sweep's day is the UTC date on which it begins, and build loads whatever",
        "# is saved and not loaded yet. With --quiet, cron mails problems only.",
        "CRON_TZ=UTC",
        f"PATH={programs}:/usr/bin:/bin",
        f"HUBWATCH_DATA={data}",
        "HUBWATCH_LOCK_WAIT=3600",
    ]
    first = [(slot.cron, slot) for slot in table.slots]
    again = [(slot.again, slot) for slot in table.slots if slot.again]  # resumes what stopped; a complete sweep costs no request
    lines += [f"{cron:<12} hubwatch --quiet collect {words}" for cron, words in (*_collecting(first), *_collecting(again))]
    if table.profiled:
        lines.append(f"{'0 5 * * 1':<12} hubwatch --quiet orgs profiles --budget {PROFILES}")
    for cron, words in (
        (f"0 {table.build_at} * * *", "build"),
        (f"0 {table.build_at + 1} * * *", "status"),
        (f"0 {table.build_at + 1} 3 * *", f"prune --keep-days {KEEP_DAYS}"),
        (f"0 {table.build_at + 2} 2 * *", "backfill pages"),
    ):
        lines.append(f"{cron:<12} hubwatch --quiet {words}")
    return "\n".join(lines) + "\n"


def _collecting(slots: list[tuple[str, Slot]]) -> Iterator[tuple[str, str]]:
    """Each time with what to collect then; hubs of the same sweep at the same time in one command."""
    together: dict[tuple[str, str], list[str]] = {}
    for cron, slot in slots:
        floor = slot.sweep.parameters.get("floor", Sweep.floor)
        options = "" if slot.sweep.sweep == "full" else f" --sweep {slot.sweep.sweep}"
        options += "" if floor == Sweep.floor else f" --floor {floor}"
        together.setdefault((cron, options), []).append(slot.hub)
    yield from ((cron, f"{' '.join(hubs)}{options}") for (cron, options), hubs in together.items())


def prefect_file(plan: Plan) -> str:
    """A prefect.yaml for the plan, for the flows of this repository."""
    table = timetable(plan)
    text = _HEAD
    for slot in table.slots:
        sweep = slot.sweep.sweep
        often = next(name for name, days in DAYS.items() if days == slot.sweep.every_days)
        told = _TOLD[sweep].format(often=often, floor=slot.sweep.parameters.get("floor"))
        parameters = {"hub": slot.hub, "sweep": sweep, **slot.sweep.parameters}
        tags = ["collect", slot.hub]
        text += _deployment(
            f"{slot.hub}-{sweep}", f"{site_of(slot.hub).title}, {told}.", "collect", parameters, tags, slot.cron, often, slot.again
        )
    for hub in table.profiled:
        told = f"Profiles of the {PROFILES} most downloaded unlabelled namespaces of {site_of(hub).title}, every week."
        text += _deployment(f"{hub}-profiles", told, "profiles", {"budget": PROFILES}, ["profiles", hub], "0 5 * * 1", "weekly")
    at = table.build_at
    told = "Loads what the collectors saved, classifies, links, measures and publishes, every day after them."
    text += _deployment("build", told, "build", {}, ["build"], f"0 {at} * * *", "daily")
    told = f"Deletes saved pages older than {KEEP_DAYS} days that are published, every month; the last full sweep of each month stays."
    text += _deployment("prune", told, "prune", {"keep_days": KEEP_DAYS}, ["prune"], f"0 {at + 1} 3 * *", "monthly")
    told = "Loads all saved days again by today's rules and facts, every month."
    return text + _deployment("backfill", told, "backfill", {"source": "pages"}, ["backfill"], f"0 {at + 2} 2 * *", "monthly")


def _deployment(
    name: str, told: str, flow: str, parameters: dict[str, object], tags: list[str], cron: str, often: str, again: str | None = None
) -> str:
    schedules = [f"{{cron: {json.dumps(cron)}, timezone: UTC, slug: {often}, active: true}}"]
    schedules += [f"{{cron: {json.dumps(again)}, timezone: UTC, slug: resume, active: true}}"] if again else []
    lines = [
        f"  - name: {name}",
        f"    description: {json.dumps(told)}",
        f"    entrypoint: flows/collect.py:{flow}",
        *([f"    parameters: {json.dumps(parameters)}"] if parameters else []),
        f"    tags: {json.dumps(['hubwatch', *tags])}",
        "    work_pool: *pool",
        "    concurrency_limit: *once",
        f"    schedules: [{', '.join(schedules)}]",
    ]
    return "\n" + "\n".join(lines) + "\n"


_HEAD = """# Written by `hubwatch plan --write prefect`. `prefect --no-prompt deploy --all`, run in the repository, makes or updates the deployments.
name: hubwatch

definitions:
  once: &once
    limit: 1
    collision_strategy: ENQUEUE
  pool: &pool
    name: hubwatch

deployments:
"""


def late(table: Timetable, hubs: list[HubPlan]) -> list[str]:
    """A line for each hub whose sweeps may still run when their day's build starts."""
    told = {hub.hub: max((sweep.minutes or 0.0 for sweep in hub.sweeps), default=0.0) for hub in hubs}
    return [
        f"{hub}: a sweep of {told[hub] / 60:.0f} hours may not end before the build at {table.build_at}:00, which then loads it as incomplete "
        "and fails; a token or a rarer full sweep helps"
        for hub in table.late
    ]
