"""Published snapshots -> listings and observations, under the source `archive:NAME`, each day whole or not at all.

A snapshot is never a complete sweep: its day makes nothing gone, and where a sweep of ours knows the same day, the
sweep's figures are shown and the snapshot's stay visible in `all_observations`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.resources import files

import duckdb

from hubwatch.archive_files import ArchiveFile
from hubwatch.archive_rows import prepare, read_file
from hubwatch.facts import Facts
from hubwatch.failures import DayFailure, HubFailure
from hubwatch.load import CONTENT_HASH, TOO_MANY
from hubwatch.mappings import Column, DayFrom, HubFrom, Mapping
from hubwatch.pages import now
from hubwatch.schema import ATTRIBUTES, COUNTERS
from hubwatch.settings import UsageError
from hubwatch.store import replace_day, settle_departures, transaction

Tell = Callable[[str], None]
_UNITS = {"downloads_30d": "downloads_30d (rolling 30 days)", "downloads_total": "downloads_total (cumulative)", "likes": "likes"}
_MODEL = ", ".join(column.name for column in (*ATTRIBUTES, *COUNTERS) if column.name != "license")


@dataclass(frozen=True)
class Wanted:
    """What of a snapshot is taken, and how: one hub, one day, only looking, replacing what is held."""

    hub: str | None = None
    day: date | None = None
    dry_run: bool = False
    overwrite: bool = False


@dataclass(frozen=True)
class ArchiveDay:
    """What became of one hub's day of a snapshot: `loaded`, `held` (already there, left as it is), `failed`, or what would."""

    hub: str
    day: date
    source: str
    outcome: str
    records: int = 0
    rejected: int = 0
    duplicates: int = 0
    counters: dict[str, int] = field(default_factory=dict)
    message: str = ""

    def told(self) -> str:
        """The day in one line."""
        units = ", ".join(f"{_UNITS[name]} of {count}" for name, count in self.counters.items()) or "no counters"
        counts = f": {self.records} listings, {self.rejected} rejected, {self.duplicates} duplicates; {units}" if self.records else ""
        return f"{self.hub} {self.day} {self.outcome}{counts}" + (f" ({self.message})" if self.message else "")


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
            outcomes.append(_settle_day(con, mapping, hub, on, held, wanted))
            tell(outcomes[-1].told())
        if passed:
            tell(f"{passed} rows passed over: {mapping.only.column if mapping.only else ''} is none of the values to take")
    if not outcomes:
        raise UsageError(f"nothing of this snapshot is for hub {wanted.hub or 'any'} and day {wanted.day or 'any'}")
    return outcomes


SAVED_PAGES = Mapping(
    name="saved-pages",
    title="pages saved from a browser",
    hub=HubFrom(column="hub"),
    day=DayFrom(given=True),
    model_id=Column(column=("model_id",)),
)


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
    outcome = _settle_day(con, SAVED_PAGES, hub, day, _held(con, SAVED_PAGES), wanted)
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
    return day


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


def _settle_day(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, hub: str, day: date, held: set[tuple[str, date]], wanted: Wanted
) -> ArchiveDay:
    """Load one hub's day, or say why not."""
    if (hub, day) in held and not wanted.overwrite and not wanted.dry_run:
        return ArchiveDay(hub, day, mapping.stored_as, "held", message="--overwrite replaces it")
    outcome = _stage_day(con, mapping, hub, day)
    if outcome.rejected > TOO_MANY * (outcome.records + outcome.rejected + outcome.duplicates):
        reason = con.execute(
            "select mode(reason) from archive_rows where hub = ? and day = ? and reason is not null", [hub, day]
        ).fetchall()
        said = f"{outcome.rejected} of {outcome.records + outcome.rejected} rows cannot be read, most: {reason[0][0]}"
        return replace(outcome, outcome="failed", message=said)
    if wanted.dry_run:
        would = "would load" if (hub, day) not in held else "would replace" if wanted.overwrite else "would stay as held"
        return replace(outcome, outcome=would)
    _store_day(con, outcome, attributes=_complete_attributes(con, mapping))
    return outcome


def _complete_attributes(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> bool:
    """Whether the staged listings say anything of themselves beside counters.

    An attribute that no listing of the day has is not spoken of: what was held of it on that day goes on.
    """
    names = [column.name for column in ATTRIBUTES]
    counts = con.execute(f"select {', '.join(f'count({name})' for name in names)} from staged").fetchall()[0]
    spoken = {name for name, count in zip(names, counts, strict=True) if count}
    if not spoken - {"repo_kind"} and mapping != SAVED_PAGES:
        return False
    silent = ", ".join(f"held.{name} as {name}" for name in names if name not in spoken)
    if silent:
        con.execute("drop table if exists completed")
        con.execute(
            f"""create temp table completed as select staged.* replace ({silent}) from staged
                left join store.listing listing on listing.hub = getvariable('hub') and listing.model_id = staged.model_id
                left join store.attributes held on held.listing_key = listing.listing_key and held.valid_from <= getvariable('day')
                  and (held.valid_to is null or held.valid_to > getvariable('day'))"""
        )
        con.execute("create or replace temp view staged as from completed")
    return True


def _stage_day(con: duckdb.DuckDBPyConnection, mapping: Mapping, hub: str, day: date) -> ArchiveDay:
    """Views `parsed` and `staged`: one row a listing of this hub's day; what there is, as an outcome `loaded`.

    Of several rows of one listing and unit the last read counts, then the last modified, then the highest counters;
    rows of different units complete each other.
    """
    con.execute("set variable since = null")
    con.execute("set variable until = null")
    con.execute("set variable hub = ?", [hub])
    con.execute("set variable day = ?::date", [day])
    con.execute("drop table if exists one_each")
    con.execute(
        f"""create temp table one_each as select unit, {_MODEL}, model_id from archive_rows
            where hub = getvariable('hub') and day = getvariable('day') and reason is null
            qualify row_number() over (partition by model_id, unit order by read_on desc, modified_at desc nulls last,
              downloads_total desc nulls last, downloads_30d desc nulls last, likes desc nulls last, file, position) = 1"""
    )
    con.execute("drop table if exists parsed")
    con.execute(
        f"create temp table parsed as select {_MODEL}, model_id, null::varchar as reason from ({_UNITED if mapping.unit_columns else 'from one_each'})"
    )
    con.execute(files("hubwatch").joinpath("staged.sql").read_text("utf-8"))
    good, rejected, first, last = con.execute(
        """select count(*) filter (reason is null), count(reason), min(read_on), max(read_on) from archive_rows
           where hub = getvariable('hub') and day = getvariable('day')"""
    ).fetchall()[0]
    kept = con.execute("select count(*) from one_each").fetchall()[0][0]
    told = con.execute(f"select count(*), {', '.join(f'count({c.name})' for c in COUNTERS)} from staged").fetchall()[0]
    counters = {column.name: count for column, count in zip(COUNTERS, told[1:], strict=True) if count}
    message = f"read from {first} to {last}" if first != last else ""
    return ArchiveDay(hub, day, mapping.stored_as, "loaded", told[0], rejected, good - kept, counters, message)


_UNITED = f"""select model_id, {", ".join(f"arg_max({c.name}, unit) as {c.name}" for c in ATTRIBUTES if c.name != "license")},
  {", ".join(f"max({c.name}) as {c.name}" for c in COUNTERS)} from one_each group by model_id"""


def _store_day(con: duckdb.DuckDBPyConnection, day: ArchiveDay, attributes: bool) -> None:
    """Make the staged listings this archive's facts of the day: whole or not at all."""
    key = [day.hub, day.day, day.source]
    with transaction(con):
        replace_day(con, day.hub, day.day, day.source, attributes)
        con.execute(
            """insert into rejects by name select hub, day, file || ' ' || place as position, ? as source, reason, coalesce(record, '') as record
               from archive_rows where hub = ? and day = ? and reason is not null order by file, archive_rows.position""",
            [day.source, day.hub, day.day],
        )
        con.execute(
            f"""insert into sweeps by name select ? as hub, ?::date as day, ? as source, false as complete, ? as records, ? as rejected,
                  ? as duplicates, ?::timestamp as loaded_at, ({CONTENT_HASH}) as content_hash, ? as message""",
            [
                *key,
                day.records,
                day.rejected,
                day.duplicates,
                now(),
                "; ".join(["a published snapshot, not a sweep", *filter(None, [day.message])]),
            ],
        )
        settle_departures(con, day.hub)


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
