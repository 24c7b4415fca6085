"""Saved pages: append, resume, read back, and what a sweep is. Sole owner of where pages live."""

from hubwatch.pages.kept import PROFILES, SweepPages, SweepState, kept_beside, kept_sweeps, pruned_sweeps, remove_sweep
from hubwatch.pages.segments import RESTORE, Page, PageFacts, number_of, partition_of, read_segment, restore
from hubwatch.pages.sweep import EARLIEST, OVERLAP, Kept, Sweep, possible_day

__all__ = [
    "EARLIEST",
    "OVERLAP",
    "PROFILES",
    "RESTORE",
    "Kept",
    "Page",
    "PageFacts",
    "Sweep",
    "SweepPages",
    "SweepState",
    "kept_beside",
    "kept_sweeps",
    "number_of",
    "partition_of",
    "possible_day",
    "pruned_sweeps",
    "read_segment",
    "remove_sweep",
    "restore",
]
