"""What hubs say of namespaces -> table `profiles`: from kept pages of profiles, and from what records themselves name."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.errors import PageDamage
from hubwatch.hubs import Profiles, hub_of, sites
from hubwatch.load.records import read_records
from hubwatch.load.sweep import MEMORY, THREADS
from hubwatch.net import lenient_json
from hubwatch.pages import PROFILES, SweepPages, kept_beside, partition_of, read_segment
from hubwatch.store import in_room, transaction


def load_kept(con: duckdb.DuckDBPyConnection, data: Path) -> list[str]:
    """Take kept profiles into `profiles` that are later than those it holds; returns a line for each that cannot be read and is skipped."""
    remarks = []
    for name in sites():
        profiles = hub_of(name).profiles
        if profiles is not None:
            remarks += _load_kept_of(con, data, name, profiles)
    return remarks


def _load_kept_of(con: duckdb.DuckDBPyConnection, data: Path, hub: str, profiles: Profiles) -> list[str]:
    held: dict[str, date] = dict(
        con.execute("select namespace, max(fetched_on) from profiles where hub = ? group by all", [hub]).fetchall()
    )
    rows: dict[str, list[Any]] = {}
    remarks = []
    for pages in kept_beside(data, hub, PROFILES):
        later = {namespace for namespace in pages.partitions() if held.get(namespace, date.min) < pages.day}
        for path in [path for path in pages.segments() if partition_of(path) in later] if later else ():
            try:
                for page in read_segment(path):
                    if page.facts.records:
                        said = profiles.read(lenient_json(page.body))
                        rows[page.partition] = [hub, page.partition, said.full_name, said.account_type, None, pages.day]
            except (ValueError, PageDamage):  # judging does without
                remarks.append(f"the profile of {partition_of(path)} kept on {pages.day} cannot be read and is skipped")
    _replace(con, list(rows.values()))
    return remarks


def load_listed(con: duckdb.DuckDBPyConnection, pages: SweepPages) -> int:
    """Take what the records of a sweep themselves say of their namespaces into `profiles`; returns how many."""
    hub = hub_of(pages.hub)
    if not hub.has_sql("listed_profiles") or not pages.segments():
        return 0
    with tempfile.TemporaryDirectory(prefix="hubwatch-") as folder:
        still = pages.still(Path(folder))
        # as much room as loading had: what it could read is never too much here
        rows = in_room(con, MEMORY, THREADS, lambda: read_records(con, still, Path(folder), hub.sql("listed_profiles")))
    _replace(con, [[pages.hub, *row, pages.day] for row in rows if row[0]])
    return len(rows)


def _replace(con: duckdb.DuckDBPyConnection, rows: list[list[Any]]) -> None:
    """Put these profiles in place of those of the same namespaces that are not of a later day: hub, namespace, full name, account
    type, the hub's word for it, day."""
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    con.execute(
        """create or replace temp table told_profiles as select unnest(?::varchar[]) as hub, unnest(?::varchar[]) as namespace,
             unnest(?::varchar[]) as full_name, unnest(?::varchar[]) as account_type, unnest(?::varchar[]) as said_type,
             unnest(?::date[]) as fetched_on""",
        columns,
    )
    with transaction(con):
        con.execute(
            """delete from told_profiles told using profiles held
               where held.hub = told.hub and held.namespace = told.namespace and held.fetched_on > told.fetched_on"""
        )
        con.execute("delete from profiles where (hub, namespace) in (select (hub, namespace) from told_profiles)")
        con.execute("insert into profiles by name from told_profiles")
    con.execute("drop table told_profiles")
