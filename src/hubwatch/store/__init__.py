"""DuckDB: opening, migrations, schema, a day's facts, publishing, runs, locks. Sole owner of connections."""

from hubwatch.store.columns import Column, Table
from hubwatch.store.days import number_listings, remove_day, replace_day, settle_departures
from hubwatch.store.interrupting import interrupts
from hubwatch.store.labelled import FACTS as FACT_TABLES
from hubwatch.store.labelled import LIST as DEFAULT_LIST
from hubwatch.store.lake import attached, is_outage, open_lake, snapshot_of
from hubwatch.store.lake_commit import Moved, commit, is_conflict
from hubwatch.store.lake_layout import make_layout, version_of
from hubwatch.store.lake_sharing import share_with_lake, warehouse_from_lake
from hubwatch.store.lake_taking import builder_of, restore, take_in
from hubwatch.store.lake_upkeep import expired, tidy
from hubwatch.store.locks import abandoned, held, locked, settle
from hubwatch.store.many_days import add_days, number_many
from hubwatch.store.publishing import lost_days, not_published, open_for_export, open_published, publish, told_lost
from hubwatch.store.runs import log_event, recorded
from hubwatch.store.schema import ATTRIBUTES, COUNTERS, EXTENT, FORM, NO_LISTINGS, PRECEDENCE, SAW_ALL, TABLES, VIEWS, extent_of, precedence
from hubwatch.store.sql import Value, insert_rows, literal, slices, substitute
from hubwatch.store.warehouse import (
    connect,
    held_to,
    in_room,
    memory_allowed,
    only_days,
    open_warehouse,
    read_warehouse,
    take_in_runs,
    transaction,
)
from hubwatch.store.whole import is_damage, read_whole

__all__ = [
    "ATTRIBUTES",
    "COUNTERS",
    "DEFAULT_LIST",
    "EXTENT",
    "FACT_TABLES",
    "FORM",
    "NO_LISTINGS",
    "PRECEDENCE",
    "SAW_ALL",
    "TABLES",
    "VIEWS",
    "Column",
    "Moved",
    "Table",
    "Value",
    "abandoned",
    "add_days",
    "attached",
    "builder_of",
    "commit",
    "connect",
    "expired",
    "extent_of",
    "held",
    "held_to",
    "in_room",
    "insert_rows",
    "interrupts",
    "is_conflict",
    "is_damage",
    "is_outage",
    "literal",
    "locked",
    "log_event",
    "lost_days",
    "make_layout",
    "memory_allowed",
    "not_published",
    "number_listings",
    "number_many",
    "only_days",
    "open_for_export",
    "open_lake",
    "open_published",
    "open_warehouse",
    "precedence",
    "publish",
    "read_warehouse",
    "read_whole",
    "recorded",
    "remove_day",
    "replace_day",
    "restore",
    "settle",
    "settle_departures",
    "share_with_lake",
    "slices",
    "snapshot_of",
    "substitute",
    "take_in",
    "take_in_runs",
    "tidy",
    "told_lost",
    "transaction",
    "version_of",
    "warehouse_from_lake",
]
