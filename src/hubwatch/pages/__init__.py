"""Saved pages: append, resume, read back, and what a sweep is. Sole owner of where pages live."""

from hubwatch.pages.kept import SweepPages, SweepState, kept_beside, kept_sweeps, pruned_sweeps, remove_sweep
from hubwatch.pages.segments import RESTORE, Page, PageFacts, number_of, partition_of, read_segment
from hubwatch.pages.sweep import Hub, Kept, Sweep, asked_sweep, possible_day

__all__ = [
    "RESTORE",
    "Hub",
    "Kept",
    "Page",
    "PageFacts",
    "Sweep",
    "SweepPages",
    "SweepState",
    "asked_sweep",
    "kept_beside",
    "kept_sweeps",
    "number_of",
    "partition_of",
    "possible_day",
    "pruned_sweeps",
    "read_segment",
    "remove_sweep",
]
