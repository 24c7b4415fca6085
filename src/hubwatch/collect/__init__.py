"""hub -> pages: the only stage that sends requests."""

from hubwatch.collect.basis import plan_sweeps
from hubwatch.collect.deployment import write_deployment
from hubwatch.collect.doctor import Examination, examine
from hubwatch.collect.plan import asked_sweep
from hubwatch.collect.planning import HubPlan, Plan, PlannedSweep, Unseen
from hubwatch.collect.profiles import ASKED_AGAIN, asked_lately, collect_profiles, hubs_with_profiles
from hubwatch.collect.timetable import cron_lines, late, prefect_file, timetable
from hubwatch.collect.walk import WINDOW_TELLS, Progress, Watch, collect

__all__ = [
    "ASKED_AGAIN",
    "WINDOW_TELLS",
    "Examination",
    "HubPlan",
    "Plan",
    "PlannedSweep",
    "Progress",
    "Unseen",
    "Watch",
    "asked_lately",
    "asked_sweep",
    "collect",
    "collect_profiles",
    "cron_lines",
    "examine",
    "hubs_with_profiles",
    "late",
    "plan_sweeps",
    "prefect_file",
    "timetable",
    "write_deployment",
]
