"""Published snapshot files as days: mappings, files, rows."""

from hubwatch.archives.backfill import SAVED, asked_archive, backfill_archive, backfill_published, backfill_saved_pages, window_sweep
from hubwatch.archives.day import ArchiveDay, Wanted
from hubwatch.archives.inspection import inspect_file
from hubwatch.archives.load import Tell
from hubwatch.archives.mapping import Mapping, read_mapping, ready_mappings

__all__ = [
    "SAVED",
    "ArchiveDay",
    "Mapping",
    "Tell",
    "Wanted",
    "asked_archive",
    "backfill_archive",
    "backfill_published",
    "backfill_saved_pages",
    "inspect_file",
    "read_mapping",
    "ready_mappings",
    "window_sweep",
]
