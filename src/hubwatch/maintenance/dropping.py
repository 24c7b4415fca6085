"""Taking a day away that should not be there: what that changes, and doing it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from hubwatch.errors import UsageError
from hubwatch.pages import SweepPages
from hubwatch.store import remove_day, settle_departures, transaction


@dataclass(frozen=True)
class Droppable:
    """One source of a hub's day: how many listings it holds, how many no other day holds, and whether the day rests on it."""

    hub: str
    day: date
    source: str
    complete: bool
    records: int
    only_here: int
    leads: bool
    then: str | None  # the source that answers for the day afterwards
    has_pages: bool


def droppable(con: duckdb.DuckDBPyConnection, data: Path, hub: str, day: date, source: str | None = None) -> list[Droppable]:
    """What is held of a hub's day, or of one source of it; `UsageError` naming what is held where there is none such."""
    rows = con.execute(
        """select s.source, coalesce(s.complete, false), coalesce(s.records, 0), s.source = d.source,
             list_filter(list_prepend(d.source, coalesce(d.others, [])), lambda one: one <> s.source)[1],
             (select count(*) from store.listing l join store.counters c using (listing_key)
              where l.hub = s.hub and c.day = s.day and c.source = s.source and first_seen_on = s.day and last_seen_on = s.day
                and not exists (select 1 from store.counters o where o.listing_key = l.listing_key and o.day = s.day and o.source <> s.source))
           from sweeps s join days d using (hub, day) where hub = $hub and day = $day and ($source is null or s.source in ($source, 'archive:' || $source))
           order by s.source = d.source desc, s.source""",
        {"hub": hub, "day": day, "source": source},
    ).fetchall()
    if not rows:
        near = con.execute(
            "select day, source from sweeps where hub = ? order by abs(day - ?::date), day, source limit 3", [hub, day]
        ).fetchall()
        held = ", ".join(f"{on} ({name})" for on, name in near) or "none"
        raise UsageError(f"{hub} has no day {day}{f' from {source}' if source else ''}; the nearest are {held}")
    return [
        Droppable(
            hub,
            day,
            name,
            complete,
            records,
            only_here,
            leads,
            None if source is None else then,
            SweepPages(data, hub, day, name).folder.exists(),
        )
        for name, complete, records, leads, then, only_here in rows
    ]


def drop(con: duckdb.DuckDBPyConnection, data: Path, dropped: list[Droppable]) -> None:
    """Take these out of the tables, all or none, and set their saved pages aside, so that they are not loaded again."""
    with transaction(con):
        for one in dropped:
            remove_day(con, one.hub, one.day, one.source)
            settle_departures(con, one.hub)
    for one in dropped:
        SweepPages(data, one.hub, one.day, one.source).set_aside()
