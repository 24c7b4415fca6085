"""Published snapshots -> listings and observations, under the source `archive:NAME`, each day whole or not at all.

A snapshot is never a complete sweep: its day makes nothing gone, and where a sweep of ours knows the same day, the
sweep's figures are shown and the snapshot's stay visible in `all_observations`.
"""

import contextlib
import glob
import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path, PurePosixPath

import duckdb

from hubwatch.archives.dates import day_in_name
from hubwatch.archives.day import SAVED_PAGES, ArchiveDay, Wanted, settle_day
from hubwatch.archives.files import ArchiveFile
from hubwatch.archives.ids import fold_spellings, refuse_other_kinds
from hubwatch.archives.many import Typed, load_typed, typed_file
from hubwatch.archives.mapping import Mapping
from hubwatch.archives.members import KINDS, Plain, member_names
from hubwatch.archives.rows import prepare, read_file
from hubwatch.archives.sheets import sheet_names
from hubwatch.archives.unpack import plain_files, printable
from hubwatch.errors import DayFailure, HubFailure, UsageError, counted
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
    outcomes, found = _load_typed_files(con, mapping, found, wanted, tell)
    batches, undated = _batches(mapping, found, wanted)
    outcomes += [ArchiveDay(mapping.hub.value, None, mapping.stored_as, "failed", message=message) for message in undated]
    for day, batch in batches:
        held = _held(con, mapping)
        if day is not None and mapping.hub.value and (mapping.hub.value, day) in held and not wanted.overwrite:
            outcomes.append(ArchiveDay(mapping.hub.value, day, mapping.stored_as, "held", message=_HELD))
            tell(outcomes[-1].told())
            continue
        try:
            passed, failed = _read(con, mapping, batch, day, tell)
        except (DayFailure, HubFailure) as error:
            if len(found) == 1 and (day is None or mapping.hub.value is None):
                raise
            outcomes.append(ArchiveDay(mapping.hub.value, day, mapping.stored_as, "failed", message=str(error)))
            continue
        outcomes += [ArchiveDay(mapping.hub.value, day, mapping.stored_as, "failed", message=message) for message in failed]
        for told in () if wanted.dry_run else _keep_undated_rejects(con, mapping):
            tell(told)
        for hub, on in _days(con, wanted):
            outcomes.append(settle_day(con, mapping, hub, on, held, wanted))
            if outcomes[-1].outcome != "failed":  # what failed is told at the end, once
                tell(outcomes[-1].told())
        if passed:
            tell(f"{counted(passed, 'row')} skipped: {_why_skipped(mapping)}")
    if not outcomes:
        raise UsageError(f"nothing of this snapshot is for hub {wanted.hub or 'any'} and day {wanted.day or 'any'}")
    return outcomes


def _load_typed_files(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, found: list[ArchiveFile], wanted: Wanted, tell: Tell
) -> tuple[list[ArchiveDay], list[ArchiveFile]]:
    """Load the files that hold typed counters and no more, each in one pass; what became of their days, and the files left.

    Files that share a day are left, and so is all that is only looked at or replaced.
    """
    if not found or wanted.dry_run or wanted.overwrite or not mapping.day.column:
        return [], found
    files: dict[str, Typed] = {}
    paths = {file.name: file for file in found}
    for name, file in paths.items():
        with contextlib.suppress(
            DayFailure, HubFailure, duckdb.IOException, duckdb.InvalidInputException
        ):  # told when it is read row by row
            path = file.fetch()
            if path.suffix == ".parquet" and (typed := typed_file(con, mapping, Plain(printable(name), path, "parquet"))):
                files[name] = typed
    times = Counter(day for typed in files.values() for day in typed.days)
    own = {name: typed for name, typed in files.items() if typed.days == typed.known and all(times[day] == 1 for day in typed.days)}
    if len(own) < len(found) and len(files) < len(found):  # the others may have the same days
        return [], found
    outcomes: list[ArchiveDay] = []
    for name, typed in own.items():
        held = {day for hub, day in _held(con, mapping) if hub == mapping.hub.value}
        days = [day for day in typed.days if wanted.day in (None, day)]
        outcomes += [ArchiveDay(mapping.hub.value, day, mapping.stored_as, "held", message=_HELD) for day in days if day in held]
        fresh = [day for day in days if day not in held]
        if fresh:
            tell(f"reading {printable(name)}: {counted(len(fresh), 'day')}, {counted(sum(typed.days[day] for day in fresh), 'row')}")
            try:
                loaded = load_typed(con, mapping, typed, fresh)
            except (duckdb.IOException, duckdb.InvalidInputException) as error:  # the file is damaged further in
                first = " ".join(str(error).split()).partition(" LINE 1: ")[0][:300]
                message = f"{printable(name)} cannot be read: {first}; download it again"
                loaded = [ArchiveDay(mapping.hub.value, None, mapping.stored_as, "failed", message=message)]
            outcomes += loaded
            for outcome in loaded:
                if outcome.outcome != "failed":
                    tell(outcome.told())
    return sorted(outcomes, key=lambda one: (one.day is None, str(one.day))), [file for file in found if file.name not in own]


def _why_skipped(mapping: Mapping) -> str:
    if mapping.only is None:
        return ""
    return f"{mapping.only.column} {'is empty' if mapping.only.values is None else 'has none of the values to take'}"


_HELD = "--overwrite replaces it"


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


Batches = list[tuple[date | None, list[ArchiveFile]]]


def _batches(mapping: Mapping, found: list[ArchiveFile], wanted: Wanted) -> tuple[Batches, list[str]]:
    """Files to read together, with their day: those of one day, or all where a column says the day. And what to say of files without one."""
    if mapping.day.column:
        return [(None, found)] if found else [], []
    days: dict[date, list[ArchiveFile]] = {}
    undated = []
    files = [one for file in found for one in _members(mapping, file)]
    for file in files:
        try:
            days.setdefault(_day_of(mapping, file, wanted), []).append(file)
        except UsageError as error:
            if len(files) == 1 or not mapping.day.file_name:
                raise
            undated.append(str(error))  # the other files are loaded
    if not mapping.day.file_name:
        for files in days.values():
            _refuse_many(files, wanted)
    return [(day, days[day]) for day in sorted(days) if not mapping.day.file_name or wanted.day in (None, day)], undated


def _members(mapping: Mapping, file: ArchiveFile) -> list[ArchiveFile]:
    """A zip or tar whose files, and not itself, have the day in their names, as these; so a workbook's sheets; any other file as it is."""
    pattern = mapping.day.file_name
    if pattern and _is_workbook(file.name) and mapping.sheet is None:
        days = [sheet for sheet in sheet_names(file.fetch()) if re.search(pattern, sheet)]
        if len(days) > 1 or (days and not re.search(pattern, printable(file.name))):
            return [replace(file, name=f"{file.name}/{sheet}", member=sheet) for sheet in days]
    if not pattern or not re.search(r"(?i)\.(zip|tar(\.\w+)?|t[a-z]z2?)$", file.name) or re.search(pattern, printable(file.name)):
        return [file]
    try:
        members = member_names(file.fetch(), mapping.members)
    except (HubFailure, OSError, zipfile.BadZipFile):
        return [file]  # told when it is read
    return [replace(file, name=f"{file.name}/{member}", member=member) for member in members] or [file]


def _is_workbook(name: str) -> bool:
    return KINDS.get(PurePosixPath(name).suffix.lower()) == "sheet"


def _refuse_many(found: list[ArchiveFile], wanted: Wanted) -> None:
    """One day given for several files is one day's only where their names say that they are parts of one table."""
    names = [printable(Path(file.name).name) for file in found]
    if wanted.day is None or len({_PART.sub("", name) for name in names}) == 1:
        return
    raise UsageError(
        f"--day {wanted.day} would make one day of {len(names)} files ({names[0]}, {names[1]}{', ...' if len(names) > 2 else ''}); "
        "load one at a time, or say in the mapping where each file's name has its day, as day = { file_name = '([0-9-]{10})' }"
    )


_PART = re.compile(r"(?i)([-_.]?(part[-_.]?)?\d{1,5}[-_]of[-_]\d{1,5}|[-_.]part[-_.]?\d{1,5}|^part[-_.]?\d{1,5}(-[0-9a-f-]{36}[\w-]*)?)")


def _day_of(mapping: Mapping, file: ArchiveFile, wanted: Wanted) -> date:
    """The day all of a file counts for."""
    if mapping.day.file_name:
        is_sheet = file.member and _is_workbook(file.name.removesuffix(f"/{file.member}"))
        return day_in_name(mapping.day, mapping.name, str(file.member) if is_sheet else printable(file.name))
    day = wanted.day or mapping.day.value or (file.committed_on if mapping.day.commit else None)
    if day is None:
        raise UsageError(
            f"{printable(file.name)}: mapping {mapping.name} cannot know the day its counters were read on; give it with --day"
        )
    return possible_day(day)


def _held(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> set[tuple[str, date]]:
    return set(con.execute("select hub, day from sweeps where source = ?", [mapping.stored_as]).fetchall())


def _read(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, batch: list[ArchiveFile], day: date | None, tell: Tell
) -> tuple[int, list[str]]:
    """Fill `archive_rows` from these files and settle what counts for which day.

    Returns how many rows are passed over, and what to say of files that cannot be read. Files that are one day's fail it
    together; where a column tells the day, the others are read.
    """
    prepare(con, mapping)
    passed, failed = 0, []
    for file in batch:
        tell(f"reading {printable(file.name)}")
        try:
            passed += _read_file(con, mapping, file, day)
        except (DayFailure, HubFailure) as error:
            if day is not None or len(batch) == 1:
                raise
            failed.append(str(error))
    if not con.execute("select count(*) from archive_rows").fetchall()[0][0]:
        none = "every row is skipped by only; correct the mapping" if passed else "it has a header and no rows"
        raise DayFailure("; ".join(failed) or f"{printable(batch[0].name)}: {none}. Nothing was loaded")
    con.execute(_PASSES)
    fold_spellings(con)
    return passed, failed


def _read_file(con: duckdb.DuckDBPyConnection, mapping: Mapping, file: ArchiveFile, day: date | None) -> int:
    """Add a published file's rows to `archive_rows`, of a packed one those of all it holds: all or none."""
    passed, names = 0, list[str]()
    try:
        with tempfile.TemporaryDirectory(prefix="hubwatch-") as folder:
            own = file.name.removesuffix(f"/{file.member}")
            members = glob.escape(file.member) if file.member else mapping.members
            if file.member and _is_workbook(own):
                mapping, members = mapping.model_copy(update={"sheet": file.member}), None
            for plain in plain_files(own, file.fetch(), Path(folder), mapping.encoding, members):
                if file.member and members is None:
                    plain = replace(plain, name=printable(file.name))
                names.append(plain.name)
                refuse_other_kinds(mapping, plain.name)
                passed += read_file(con, mapping, plain, Path(folder), day)
        rows, undated = con.execute(
            "select count(*), count(*) filter (hub is null or day is null) from archive_rows where list_contains(?, file)", [names]
        ).fetchall()[0]
        if undated > TOO_MANY * rows:
            first = con.execute(
                "select reason from archive_rows where list_contains(?, file) and (hub is null or day is null) order by position limit 1",
                [names],
            ).fetchall()[0][0]
            raise DayFailure(
                f"{printable(file.name)}: {undated} of {rows} rows have no known hub and day ({first}); correct the mapping. Nothing was loaded"
            )
    except (DayFailure, HubFailure):
        con.execute("delete from archive_rows where list_contains(?, file)", [names])
        raise
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
    return [f"in rejects, without a known hub and day: {counted(count, 'row')}"] if count else []
