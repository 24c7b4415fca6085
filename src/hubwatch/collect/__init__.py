"""hub -> pages: the only stage that sends requests."""

from hubwatch.collect.doctor import Examination, examine
from hubwatch.collect.plan import asked_sweep
from hubwatch.collect.profiles import asked_lately, collect_profiles, hubs_with_profiles
from hubwatch.collect.walk import WINDOW_TELLS, Progress, Watch, collect

__all__ = [
    "WINDOW_TELLS",
    "Examination",
    "Progress",
    "Watch",
    "asked_lately",
    "asked_sweep",
    "collect",
    "collect_profiles",
    "examine",
    "hubs_with_profiles",
]
