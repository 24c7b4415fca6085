"""pages -> listings and observations of a day, replaced whole or not at all."""

from hubwatch.load.profiles import asked_lately, collect_profiles, load_kept, load_listed
from hubwatch.load.records import as_cte
from hubwatch.load.sweep import CONTENT_HASH, COUNTERS_HASH, TOO_MANY, Loaded, load_sweep

__all__ = [
    "CONTENT_HASH",
    "COUNTERS_HASH",
    "TOO_MANY",
    "Loaded",
    "as_cte",
    "asked_lately",
    "collect_profiles",
    "load_kept",
    "load_listed",
    "load_sweep",
]
