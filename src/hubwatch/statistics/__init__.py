"""Named, defined tables, one SQL file each; questions, citations, claims, flags."""

from hubwatch.errors import plain
from hubwatch.statistics.answer import Context, Result
from hubwatch.statistics.citation import Citation, cite, latex, record
from hubwatch.statistics.claim import Claim
from hubwatch.statistics.claims import Finding, check_claims, load_claims
from hubwatch.statistics.days import ROLLING, ObservedDay, counted_anew, counters_given, doubts, observed_day, observed_hubs
from hubwatch.statistics.definitions import FILTER_NAMES, Definition, definition, definitions, macros, make_macros, whole_sql
from hubwatch.statistics.evaluate import require_macros, run
from hubwatch.statistics.flagged import Flagged
from hubwatch.statistics.flags import flags_of
from hubwatch.statistics.observed import told_age
from hubwatch.statistics.recent_days import day_figures
from hubwatch.statistics.regrouped import ON_DAYS, REGROUPED, regrouped_derivatives, regrouped_shares, shares_on_days
from hubwatch.statistics.sensitivity import sensitivity
from hubwatch.statistics.tables import measure, renew_definitions
from hubwatch.statistics.tabular import WIDTH, Cell, as_csv, as_json, as_markdown, as_table, blocks, percent, shown
from hubwatch.statistics.versions import facts_version, sha256

__all__ = [
    "FILTER_NAMES",
    "ON_DAYS",
    "REGROUPED",
    "ROLLING",
    "WIDTH",
    "Cell",
    "Citation",
    "Claim",
    "Context",
    "Definition",
    "Finding",
    "Flagged",
    "ObservedDay",
    "Result",
    "as_csv",
    "as_json",
    "as_markdown",
    "as_table",
    "blocks",
    "check_claims",
    "cite",
    "counted",
    "counted_anew",
    "counters_given",
    "day_figures",
    "definition",
    "definitions",
    "doubts",
    "facts_version",
    "flags_of",
    "latex",
    "load_claims",
    "macros",
    "make_macros",
    "measure",
    "observed_day",
    "observed_hubs",
    "percent",
    "plain",
    "record",
    "regrouped_derivatives",
    "regrouped_shares",
    "renew_definitions",
    "require_macros",
    "run",
    "sensitivity",
    "sha256",
    "shares_on_days",
    "shown",
    "told_age",
    "whole_sql",
]
