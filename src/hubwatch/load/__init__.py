"""pages -> listings and observations of a day, replaced whole or not at all."""

from hubwatch.load.pending import is_held, not_yet_loaded, note_attempt, refused
from hubwatch.load.profiles import load_kept, load_listed
from hubwatch.load.sweep import CONTENT_HASH, COUNTERS_HASH, COUNTERS_HASH_OF_ROWS, COUNTERS_SUM, TOO_MANY, Loaded, load_sweep

__all__ = [
    "CONTENT_HASH",
    "COUNTERS_HASH",
    "COUNTERS_HASH_OF_ROWS",
    "COUNTERS_SUM",
    "TOO_MANY",
    "Loaded",
    "is_held",
    "load_kept",
    "load_listed",
    "load_sweep",
    "not_yet_loaded",
    "note_attempt",
    "refused",
]
