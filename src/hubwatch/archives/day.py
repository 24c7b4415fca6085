"""One day of a published snapshot: its rows in `archive_rows` become the day's facts of this source, or stay out with the reason."""

from dataclasses import dataclass, field, replace
from datetime import date
from importlib.resources import files

import duckdb

from hubwatch.archives.dates import DayFrom
from hubwatch.archives.mapping import HubFrom, Identity, Mapping
from hubwatch.archives.notes import fix_of, noted, two_alike
from hubwatch.clock import now
from hubwatch.errors import counted
from hubwatch.load import COUNTERS_HASH, TOO_MANY
from hubwatch.store import ATTRIBUTES, COUNTERS, number_listings, replace_day, settle_departures, transaction

_UNITS = {"downloads_30d": "downloads_30d (rolling 30 days)", "downloads_total": "downloads_total (cumulative)", "likes": "likes"}
_MODEL = ", ".join(column.name for column in (*ATTRIBUTES, *COUNTERS) if column.name != "license")
SAVED_PAGES = Mapping(
    name="saved-pages",
    title="pages saved from a browser",
    hub=HubFrom(column="hub"),
    day=DayFrom(given=True),
    model_id=Identity(column=("model_id",)),
)


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

    hub: str | None  # none of a file that could not be read
    day: date | None
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
        counts = (
            f": {counted(self.records, 'listing')}, {self.rejected:,} rejected, {counted(self.duplicates, 'duplicate')}; {units}"
            if self.records
            else ""
        )
        if self.day is None:
            return self.message
        return f"{self.hub} {self.day} {self.outcome}{counts}" + (f" ({self.message})" if self.message else "")


def settle_day(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, hub: str, day: date, held: set[tuple[str, date]], wanted: Wanted
) -> ArchiveDay:
    """Load one hub's day, or say why not."""
    if (hub, day) in held and not wanted.overwrite and not wanted.dry_run:
        return ArchiveDay(hub, day, mapping.stored_as, "held", message="--overwrite replaces it")
    outcome = _stage_day(con, mapping, hub, day)
    rows = con.execute("select count(*) from archive_rows where hub = ? and day = ?", [hub, day]).fetchall()[0][0]
    if outcome.rejected > TOO_MANY * rows:
        reason = con.execute(
            "select mode(coalesce(reason, fault)) from archive_rows where hub = ? and day = ? and coalesce(reason, fault) is not null",
            [hub, day],
        ).fetchall()
        said = f"{outcome.rejected} of {rows} rows cannot be read, most: {reason[0][0]}{fix_of(reason[0][0], mapping)}"
        return replace(outcome, outcome="failed", message=said)
    if mapping != SAVED_PAGES and outcome.duplicates > TOO_MANY * (outcome.records + outcome.duplicates):
        said = f"{outcome.duplicates} rows are of listings that other rows have: {two_alike(con, hub, day)}; load one day's rows, once each"
        return replace(outcome, outcome="failed", message=said)
    if wanted.dry_run:
        would = "would load" if (hub, day) not in held else "would replace" if wanted.overwrite else "would stay as held"
        return replace(outcome, outcome=would)
    _store_day(con, mapping, outcome)
    return outcome


def _spoken(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> list[str]:
    """The attributes that the staged listings state. One that no listing of the day has is not stated: what was held goes on."""
    names = [column.name for column in ATTRIBUTES]
    counts = con.execute(f"select {', '.join(f'count({name})' for name in names)} from staged").fetchall()[0]
    spoken = [name for name, count in zip(names, counts, strict=True) if count]
    return spoken if set(spoken) - {"repo_kind"} or mapping == SAVED_PAGES else []


def _stage_day(con: duckdb.DuckDBPyConnection, mapping: Mapping, hub: str, day: date) -> ArchiveDay:
    """Views `parsed` and `staged`: one row a listing of this hub's day; what there is, as an outcome `loaded`.

    Of several rows of one listing and unit the last read counts, then the last modified, then the highest counters;
    rows of different units complete each other.
    """
    con.execute("set variable since = null::timestamp")
    con.execute("set variable until = null::timestamp")
    con.execute("set variable hub = ?", [hub])
    con.execute("set variable day = ?::date", [day])
    con.execute(
        """update archive_rows set model_id = now.model_id from facts.former_ids now
           where archive_rows.hub = now.hub and archive_rows.model_id = former_id and archive_rows.hub = getvariable('hub')"""
    )
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
    con.execute(files("hubwatch.load").joinpath("vocabulary.sql").read_text("utf-8"))
    good, rejected, first, last = con.execute(
        """select count(*) filter (reason is null), count(coalesce(reason, fault)), min(read_on), max(read_on) from archive_rows
           where hub = getvariable('hub') and day = getvariable('day')"""
    ).fetchall()[0]
    kept = con.execute("select count(*) from one_each").fetchall()[0][0]
    told = con.execute(f"select count(*), {', '.join(f'count({c.name})' for c in COUNTERS)} from staged").fetchall()[0]
    counters = {column.name: count for column, count in zip(COUNTERS, told[1:], strict=True) if count}
    message = "; ".join([*([f"read from {first} to {last}"] if first != last else []), *noted(con, hub, day)])
    return ArchiveDay(hub, day, mapping.stored_as, "loaded", told[0], rejected, good - kept, counters, message)


_UNITED = f"""select model_id, {", ".join(f"arg_max({c.name}, unit) as {c.name}" for c in ATTRIBUTES if c.name != "license")},
  {", ".join(f"max({c.name}) as {c.name}" for c in COUNTERS)} from one_each group by model_id"""


def _weight_of_rejects(con: duckdb.DuckDBPyConnection, hub: str, day: date) -> dict[str, int | None]:
    """How many rejected rows are listings all the same, and what the others count for, as far as it can be read."""
    found = con.execute(
        """select nullif(count(*) filter (reason is null and fault is not null), 0), sum(downloads_30d) filter (reason is not null),
             sum(downloads_total) filter (reason is not null), sum(likes) filter (reason is not null)
           from archive_rows where hub = ? and day = ?""",
        [hub, day],
    ).fetchall()[0]
    return dict(zip(("part_read", "rejected_30d", "rejected_total", "rejected_likes"), found, strict=True))


def _store_day(con: duckdb.DuckDBPyConnection, mapping: Mapping, day: ArchiveDay) -> None:
    """Make the staged listings this archive's facts of the day: whole or not at all."""
    assert day.hub is not None
    assert day.day is not None
    content_hash = con.execute(COUNTERS_HASH).fetchall()[0][0]
    row: dict[str, object] = {"complete": False, "records": day.records, "rejected": day.rejected, "duplicates": day.duplicates}
    row |= {"extent": mapping.extent, "extent_note": mapping.extent_note or None, "speaks": _spoken(con, mapping)}
    row |= {"loaded_at": now(), "content_hash": content_hash} | _weight_of_rejects(con, day.hub, day.day)
    row |= {"message": "; ".join(["a published snapshot, not a sweep", *filter(None, [day.message])])}
    number_listings(con, day.hub)
    with transaction(con):
        replace_day(con, day.hub, day.day, day.source, row)
        con.execute(
            """insert into rejects by name select hub, day, file || ' ' || place as position, ? as source,
                 coalesce(reason, fault) as reason, coalesce(record, '') as record, if(reason is null, model_id, null) as model_id
               from archive_rows where hub = ? and day = ? and coalesce(reason, fault) is not null order by file, archive_rows.position""",
            [day.source, day.hub, day.day],
        )
        settle_departures(con, day.hub)
