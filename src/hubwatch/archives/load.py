"""Published snapshots -> listings and observations, under the source `archive:NAME`, each day whole or not at all.

A snapshot is never a complete sweep: its day makes nothing gone, and where a sweep of ours knows the same day, the
sweep's figures are shown and the snapshot's stay visible in `all_observations`.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date

import duckdb

from hubwatch.archives.day import SAVED_PAGES, ArchiveDay, Wanted, settle_day
from hubwatch.archives.files import ArchiveFile
from hubwatch.archives.mapping import Mapping
from hubwatch.archives.rows import prepare, read_file
from hubwatch.errors import DayFailure, HubFailure, UsageError
from hubwatch.facts import Facts
from hubwatch.load import TOO_MANY
from hubwatch.pages import possible_day
from hubwatch.store import transaction

Tell = Callable[[str], None]


def load_archive(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, found: list[ArchiveFile], facts: Facts, wanted: Wanted, tell: Tell
) -> list[ArchiveDay]:
    """Load every hub's day of the snapshot, each in a transaction of its own; what became of each, in order of hub and day.

    A day already held from the same archive is left as it is unless `wanted.overwrite`: so a stopped backfill goes on
    where it was. A day with more than 5 % unreadable rows fails; the others load.
    """
    _refuse_other_hub(mapping, wanted)
    facts.stage(con)
    outcomes: list[ArchiveDay] = []
    for day, batch in _batches(mapping, found, wanted):
        held = _held(con, mapping)
        if day is not None and mapping.hub.value and (mapping.hub.value, day) in held and not wanted.overwrite:
            outcomes.append(ArchiveDay(mapping.hub.value, day, mapping.stored_as, "held", message="--overwrite replaces it"))
            tell(outcomes[-1].told())
            continue
        try:
            passed = _read(con, mapping, batch, day, tell)
        except (DayFailure, HubFailure) as error:
            if day is None or mapping.hub.value is None:
                raise
            outcomes.append(ArchiveDay(mapping.hub.value, day, mapping.stored_as, "failed", message=str(error)))
            tell(outcomes[-1].told())
            continue
        for told in () if wanted.dry_run else _keep_undated_rejects(con, mapping):
            tell(told)
        for hub, on in _days(con, wanted):
            outcomes.append(settle_day(con, mapping, hub, on, held, wanted))
            tell(outcomes[-1].told())
        if passed:
            tell(f"{passed} rows passed over: {mapping.only.column if mapping.only else ''} is none of the values to take")
    if not outcomes:
        raise UsageError(f"nothing of this snapshot is for hub {wanted.hub or 'any'} and day {wanted.day or 'any'}")
    return outcomes


def load_links(
    con: duckdb.DuckDBPyConnection, hub: str, pages: dict[str, list[str]], day: date, facts: Facts, wanted: Wanted, tell: Tell
) -> ArchiveDay:
    """Load the models that saved pages (name -> model ids in order) link to: listings of this day, without any counter."""
    facts.stage(con)
    prepare(con)
    for name, model_ids in pages.items():
        con.execute(
            """insert into archive_rows by name
               select ? as file, position, 'link ' || position as place, ? as hub, ?::date as day, ?::date as read_on, model_id, 'model' as repo_kind,
                 case when not is_model_id(model_id) then 'model id is not owner/name' end as reason, model_id as record
               from (select unnest(?::varchar[]) as model_id, unnest(range(1, len(?::varchar[]) + 1)) as position)""",
            [name, hub, day, day, model_ids, model_ids],
        )
    if not any(pages.values()):
        raise DayFailure(f"{', '.join(pages)}: no link to a model of {hub}; save the page after its list has appeared")
    outcome = settle_day(con, SAVED_PAGES, hub, day, _held(con, SAVED_PAGES), wanted)
    tell(outcome.told())
    return outcome


def _refuse_other_hub(mapping: Mapping, wanted: Wanted) -> None:
    if wanted.hub and mapping.hub.value and wanted.hub != mapping.hub.value:
        raise UsageError(f"mapping {mapping.name} is of {mapping.hub.value}, not of {wanted.hub}; leave --hub out")


def _batches(mapping: Mapping, found: list[ArchiveFile], wanted: Wanted) -> Iterator[tuple[date | None, list[ArchiveFile]]]:
    """Files to read together, with their day: those of one day, or all where a column says the day."""
    if mapping.day.column:
        yield None, found
        return
    days: dict[date, list[ArchiveFile]] = {}
    for file in found:
        days.setdefault(_day_of(mapping, file, wanted), []).append(file)
    for day in sorted(days):
        if not mapping.day.file_name or wanted.day in (None, day):
            yield day, days[day]


def _day_of(mapping: Mapping, file: ArchiveFile, wanted: Wanted) -> date:
    """The day all of a file counts for."""
    if mapping.day.file_name:
        match = re.search(mapping.day.file_name, file.name)
        if match is None:
            raise UsageError(f"{file.name}: no date in its name where mapping {mapping.name} looks for it ({mapping.day.file_name})")
        try:
            return date.fromisoformat(match[1])
        except ValueError:
            raise UsageError(f"{file.name}: {match[1]} is no date; correct day.file_name in mapping {mapping.name}") from None
    day = wanted.day or mapping.day.value or (file.committed_on if mapping.day.commit else None)
    if day is None:
        raise UsageError(f"{file.name}: mapping {mapping.name} cannot know the day its counters were read on; give it with --day")
    return possible_day(day)


def _held(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> set[tuple[str, date]]:
    return set(con.execute("select hub, day from sweeps where source = ?", [mapping.stored_as]).fetchall())


def _read(con: duckdb.DuckDBPyConnection, mapping: Mapping, batch: list[ArchiveFile], day: date | None, tell: Tell) -> int:
    """Fill `archive_rows` from these files and settle what counts for which day; returns how many rows are passed over."""
    prepare(con)
    passed = 0
    for file in batch:
        tell(f"reading {file.name}")
        passed += read_file(con, mapping, file.fetch(), file.format, file.name, day)
    rows, undated = con.execute("select count(*), count(*) filter (hub is null or day is null) from archive_rows").fetchall()[0]
    if undated > TOO_MANY * rows or not rows:
        first = con.execute("select reason from archive_rows where hub is null or day is null order by file, position limit 1").fetchall()
        why = f"{undated} of {rows} rows have no known hub and day ({first[0][0]})" if first else "no row is taken of it"
        raise DayFailure(f"{batch[0].name}: {why}; correct the mapping. Nothing was loaded")
    con.execute(_PASSES)
    return passed


# A pass that took several days counts for the day on which most of it was read (of equals the first).
_PASSES = """update archive_rows set day = whole from (
  select hub as h, pass as p, arg_max(day, (rows, -epoch(day))) as whole
  from (select hub, pass, day, count(*) as rows from archive_rows where reason is null and pass is not null group by all) group by all) most
where hub = h and pass = p and day <> whole"""


def _days(con: duckdb.DuckDBPyConnection, wanted: Wanted) -> list[tuple[str, date]]:
    return con.execute(
        """select distinct hub, day from archive_rows where hub is not null and day is not null
           and (hub = $hub or $hub is null) and (day = $day or $day is null) order by hub, day""",
        {"hub": wanted.hub, "day": wanted.day},
    ).fetchall()


def _keep_undated_rejects(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> list[str]:
    """Keep rows without a known hub or day in `rejects`, once however often the snapshot is read; what to say of them."""
    undated = "from archive_rows where hub is null or day is null"
    count = con.execute(f"select count(*) {undated}").fetchall()[0][0]
    with transaction(con):
        con.execute(
            f"""delete from rejects where source = ? and (hub is null or day is null)
                and position in (select file || ' ' || place {undated})""",
            [mapping.stored_as],
        )
        con.execute(
            f"""insert into rejects by name select hub, day, file || ' ' || place as position, ? as source, reason, coalesce(record, '') as record
                {undated} order by file, archive_rows.position""",
            [mapping.stored_as],
        )
    return [f"{count} rows have no known hub and day; they are in rejects"] if count else []
