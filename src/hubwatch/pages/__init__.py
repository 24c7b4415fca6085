"""Saved pages: append, resume, read back, and what a sweep is. Sole owner of where pages live."""

from hubwatch.pages.kept import PROFILES, SweepPages, SweepState, kept_beside, kept_sweeps, pruned_sweeps, remove_sweep
from hubwatch.pages.objects import storage_url
from hubwatch.pages.segments import RESTORE, Page, PageFacts, number_of, partition_of, read_segment, restore
from hubwatch.pages.sending import Sending
from hubwatch.pages.shared import Shared, fetch, within
from hubwatch.pages.storing import Writing, is_unsent, remove, replace_stored, set_aside
from hubwatch.pages.sweep import EARLIEST, OVERLAP, Kept, Sweep, possible_day

__all__ = [
    "EARLIEST",
    "OVERLAP",
    "PROFILES",
    "RESTORE",
    "Kept",
    "Page",
    "PageFacts",
    "Sending",
    "Shared",
    "Sweep",
    "SweepPages",
    "SweepState",
    "Writing",
    "fetch",
    "is_unsent",
    "kept_beside",
    "kept_sweeps",
    "number_of",
    "partition_of",
    "possible_day",
    "pruned_sweeps",
    "read_segment",
    "remove",
    "remove_sweep",
    "replace_stored",
    "restore",
    "set_aside",
    "storage_url",
    "within",
]
