"""hub -> pages: the only stage that sends requests."""

from hubwatch.collect.doctor import Examination, examine
from hubwatch.collect.walk import WINDOW_TELLS, Progress, Watch, collect

__all__ = [
    "WINDOW_TELLS",
    "Examination",
    "Progress",
    "Watch",
    "collect",
    "examine",
]
