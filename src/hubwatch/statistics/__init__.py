"""Named, defined tables, one SQL file each; questions, citations, claims, flags."""

from hubwatch.statistics.answer import WIDTH, Cell, Result, blocks, percent, shown
from hubwatch.statistics.citation import cite
from hubwatch.statistics.claims import check_claims
from hubwatch.statistics.days import ObservedDay, counters_given, doubts, observed_day, observed_hubs
from hubwatch.statistics.definitions import definitions
from hubwatch.statistics.evaluate import run
from hubwatch.statistics.flags import flags_of
from hubwatch.statistics.recent_days import day_figures
from hubwatch.statistics.tables import measure

__all__ = [
    "WIDTH",
    "Cell",
    "ObservedDay",
    "Result",
    "blocks",
    "check_claims",
    "cite",
    "counters_given",
    "day_figures",
    "definitions",
    "doubts",
    "flags_of",
    "measure",
    "observed_day",
    "observed_hubs",
    "percent",
    "run",
    "shown",
]
