"""Files of counters alone, typed as tables are: all days of a file are loaded in one pass, without a text of any value.

A month of a hub is tens of millions of rows. Whatever is not in this form (text, attributes, units, passes) is read row by row.
"""

import re
from datetime import date, timedelta
from typing import NamedTuple

import duckdb

from hubwatch.archives.day import ArchiveDay
from hubwatch.archives.ids import refuse_other_kinds
from hubwatch.archives.mapping import Column, Mapping
from hubwatch.archives.members import Plain
from hubwatch.archives.rows import chosen, kind_column, prepare
from hubwatch.archives.table import Table
from hubwatch.archives.tables import open_table
from hubwatch.clock import now, today
from hubwatch.hubs import hub_of
from hubwatch.load import COUNTERS_SUM, TOO_MANY
from hubwatch.store import COUNTERS, add_days, number_many, settle_departures, transaction

AT_ONCE = 60_000_000  # rows: a month of a whole hub
_INTEGER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$")
_EARLIEST = date(1970, 1, 1)


class Typed(NamedTuple):
    """A file of typed counters: where its rows are, and the SQL of id, day and each counter."""

    name: str
    relation: str
    id: str
    day: str
    counters: dict[str, str]
    days: dict[date, int]  # with the number of rows

    @property
    def known(self) -> dict[date, int]:
        """Days on which a hub can have been observed."""
        return {day: rows for day, rows in self.days.items() if _EARLIEST <= day <= today() + timedelta(days=1)}


def typed_file(con: duckdb.DuckDBPyConnection, mapping: Mapping, file: Plain) -> Typed | None:
    """The file in that form; None where it, or the mapping, says more or less than that."""
    plain = (
        mapping.layout == "columns"
        and mapping.hub.value
        and mapping.day.column
        and not mapping.day.column_names
        and not mapping.model_id.join
    )
    more = mapping.attributes or mapping.only or mapping.unit_columns or mapping.day.pass_column or mapping.day.pass_file
    if file.kind != "parquet" or not plain or more:
        return None
    rows = open_table(con, file, mapping, file.path.parent)
    refuse_other_kinds(mapping, file.name)
    if kind_column(rows, mapping):
        return None
    day = _of_type(rows, Column(column=(str(mapping.day.column),)), "day", "DATE$")
    own = _of_type(rows, Column(column=mapping.model_id.names), "model_id", "VARCHAR$")
    counters: dict[str, str] = {}
    for name, counter in mapping.counters.items():
        if chosen(rows, counter, name) is None:
            continue
        value = _of_type(rows, counter, name, _INTEGER.pattern)
        if value is None:
            return None
        counters[name] = value
    if day is None or own is None:
        return None
    days = dict(con.execute(f"select {day}, count(*) from {rows.relation} group by 1 order by 1").fetchall())
    return None if None in days else Typed(file.name, rows.relation, own, day, counters, days)


def _of_type(rows: Table, column: Column, meaning: str, type_: str) -> str | None:
    found = chosen(rows, column, meaning)
    return rows.value(found) if found is not None and re.match(type_, rows.type_of(found)) else None


def load_typed(con: duckdb.DuckDBPyConnection, mapping: Mapping, file: Typed, days: list[date]) -> list[ArchiveDay]:
    """Load these days of the file, none of which is held; what became of each. A killed load has whole days or none."""
    outcomes: list[ArchiveDay] = []
    batch: list[date] = []
    for at, day in enumerate(days):
        batch.append(day)
        if at + 1 == len(days) or sum(file.days[one] for one in batch) + file.days[days[at + 1]] > AT_ONCE:
            outcomes += _load_days(con, mapping, file, batch)
            batch = []
    return outcomes


def _load_days(con: duckdb.DuckDBPyConnection, mapping: Mapping, file: Typed, days: list[date]) -> list[ArchiveDay]:
    hub = str(mapping.hub.value)
    prepare(con, mapping)
    con.execute("set variable wanted_days = ?::date[]", [days])
    wanted = f"{file.day} between date '{min(days)}' and date '{max(days)}' and list_contains(getvariable('wanted_days'), {file.day})"
    _stage_ids(con, hub, file, wanted)
    number_many(con, hub, hub_of(hub).is_case_blind)
    values = ", ".join(f"{_counter(file, column.name)} as {column.name}" for column in COUNTERS)
    names = ", ".join(column.name for column in COUNTERS)
    con.execute(  # whatever the file's own columns are called
        f"""create or replace temp table many as select listing_key, day, {names}
            from (select {file.id} as own_id, {file.day} as day, {values} from {file.relation} where {wanted}) join numbers on said = own_id"""
    )
    twice = _drop_doubles(con)
    rejected = _find_rejects(con, hub, file, wanted)
    weights = _weights(con)
    hashes = _summed(con)
    outcomes, rows = [], []
    for day in days:
        counts, content_hash = hashes.get(day, ({}, ""))
        records = counts.pop("", 0)
        told = ArchiveDay(hub, day, mapping.stored_as, "loaded", records, rejected.get(day, 0), twice.get(day, 0), counts)
        failed = _why_failed(con, told)
        outcomes.append(told if failed is None else ArchiveDay(hub, day, mapping.stored_as, "failed", message=failed))
        if failed is None:
            rows.append(_sweep(mapping, told, content_hash) | weights.get(day, dict.fromkeys(_WEIGHTS)))
    good = [row["day"] for row in rows]
    if len(good) < len(days):
        con.execute("delete from many where not list_contains(?::date[], day)", [good])
        con.execute("delete from numbers where listing_key not in (select listing_key from many)")
    with transaction(con):
        add_days(con, hub, mapping.stored_as, rows)
        con.execute("delete from rejects where hub = ? and source = ? and list_contains(?::date[], day)", [hub, mapping.stored_as, good])
        con.execute(
            """insert into rejects by name select ? as hub, day, ? as source, reason, record, model_id, ? || ' row ' || position as position
               from many_rejects where list_contains(?::date[], day)""",
            [hub, mapping.stored_as, file.name, good],
        )
        settle_departures(con, hub)
    for table in ("ids", "numbers", "many", "many_rejects", "doubles"):
        con.execute(f"drop table if exists {table}")
    return outcomes


def _counter(file: Typed, name: str) -> str:
    value = file.counters.get(name)
    return "null::bigint" if value is None else f"case when {value} >= 0 then {value}::bigint end"


def _stage_ids(con: duckdb.DuckDBPyConnection, hub: str, file: Typed, wanted: str) -> None:
    """Table `ids`: every id of these days that is one, as said and as ours, with its first and last day and its highest counter."""
    counted = next(iter(file.counters.values()), "0")
    con.execute("set variable hub = ?", [hub])
    con.execute(
        f"""create or replace temp table ids as
            select * from (select said, id_of(said(said), getvariable('hub')) as model_id, first, last, counted from (
              select {file.id} as said, min({file.day}) as first, max({file.day}) as last, max({counted}) as counted
              from {file.relation} where {wanted} group by 1))
            where is_listing_id(model_id, getvariable('hub')) and not is_other_kind(said)"""
    )
    con.execute(
        "update ids set model_id = now.model_id from facts.former_ids now where now.hub = getvariable('hub') and ids.model_id = former_id"
    )


_BITS = 120  # days in a number of 127 bits


def _drop_doubles(con: duckdb.DuckDBPyConnection) -> dict[date, int]:
    """Of several rows of a listing on a day keep the one with the highest counters; how many were dropped of each day."""
    # A bit a day: of a listing with more rows than bits, some day has several. To group all rows by listing and day takes six times as long.
    con.execute(
        f"""create or replace temp table doubles as
            with said as (select listing_key, abs(epoch(day)::bigint // 86400) as number from many),
            doubled as (select distinct listing_key from (select listing_key from said group by listing_key, number // {_BITS}
              having bit_count(bit_or(1::hugeint << (number % {_BITS})::integer)) < count(*)))
            select day, listing_key, count(*) as rows from many semi join doubled using (listing_key) group by all having count(*) > 1"""
    )
    found = dict(con.execute("select day, sum(rows - 1)::bigint from doubles group by 1").fetchall())
    if found:
        con.execute(
            """delete from many where rowid in (select rowid from (select rowid, row_number() over (partition by listing_key, day
                 order by downloads_total desc nulls last, downloads_30d desc nulls last, likes desc nulls last) as rank
               from many semi join doubles using (listing_key, day)) where rank > 1)"""
        )
    return found


def _find_rejects(con: duckdb.DuckDBPyConnection, hub: str, file: Typed, wanted: str) -> dict[date, int]:
    """Table `many_rejects`: rows without a readable id, and rows with a counter below zero (they stay, without it); how many a day."""
    negative = file.counters
    below = " or ".join(f"{value} < 0" for value in negative.values()) or "false"
    reasons = ", ".join(
        f"case when {value} < 0 then '{name} \"' || {value} || '\" is not an integer from 0 on' end" for name, value in negative.items()
    )
    counted = ", ".join(f"{_counter(file, column.name)} as {column.name}" for column in COUNTERS)
    con.execute(
        f"""create or replace temp table many_rejects as
            select our_day as day, our_position as position, to_json(row_of)::varchar as record, {counted},
              case when our_id in (select said from ids) then id_of(said(our_id), getvariable('hub')) end as model_id,
              case when said(our_id) is null then 'model id is missing' when is_other_kind(our_id) then 'is a data set or Space, not a model'
                when not is_listing_id(id_of(said(our_id), getvariable('hub')), getvariable('hub')) then 'model id is not owner/name'
                else {f"concat_ws('; ', {reasons})" if reasons else "null::varchar"} end as reason
            from (select *, {file.day} as our_day, {file.id} as our_id, row_number() over () as our_position from {file.relation}) row_of
            where {wanted} and (our_id is null or our_id not in (select said from ids) or {below})"""
        if con.execute(
            f"""select 1 from {file.relation} where {wanted} and ({file.id} is null or {below} or {file.id} not in (select said from ids)) limit 1"""
        ).fetchall()
        else """create or replace temp table many_rejects as
            select null::date as day, null::bigint as position, null::varchar as record, null::varchar as reason, null::varchar as model_id,
              null::bigint as downloads_30d, null::bigint as downloads_total, null::bigint as likes limit 0"""
    )
    return dict(con.execute("select day, count(*) from many_rejects group by 1").fetchall())


_WEIGHTS = ("part_read", "rejected_30d", "rejected_total", "rejected_likes")


def _weights(con: duckdb.DuckDBPyConnection) -> dict[date, dict[str, object]]:
    """Of each day with rejects, how many of them are listings all the same, and what the others count."""
    found = con.execute(
        f"""select day, nullif(count(model_id), 0), {", ".join(f"sum({column.name}) filter (model_id is null)" for column in COUNTERS)}
            from many_rejects group by day"""
    ).fetchall()
    return {day: dict(zip(_WEIGHTS, values, strict=True)) for day, *values in found}


def _summed(con: duckdb.DuckDBPyConnection) -> dict[date, tuple[dict[str, int], str]]:
    """Of each day how many listings there are (under the empty name) and have each counter, and its hash."""
    counted = ", ".join(f"count({column.name})" for column in COUNTERS)
    found = con.execute(
        f"""select day, count(*), {counted}, {COUNTERS_SUM} from many join (
              select listing_key, md5_number_lower(coalesce(fresh_id, model_id)) as h
              from (select listing_key, any_value(fresh_id) as fresh_id from numbers group by 1) left join store.listing using (listing_key))
            using (listing_key) group by day"""
    ).fetchall()
    names = ["", *(column.name for column in COUNTERS)]
    return {day: ({name: count for name, count in zip(names, counts, strict=True) if count}, hash_) for day, *counts, hash_ in found}


def _why_failed(con: duckdb.DuckDBPyConnection, day: ArchiveDay) -> str | None:
    """Why the day cannot be believed, if it cannot."""
    rows = day.records + day.rejected + day.duplicates
    if day.rejected > TOO_MANY * rows:
        reason = con.execute("select mode(reason) from many_rejects where day = ?", [day.day]).fetchall()[0][0]
        return f"{day.rejected} of {rows} rows cannot be read, most: {reason}"
    if day.duplicates > TOO_MANY * rows:
        shown = con.execute(
            """select coalesce(any_value(fresh_id), any_value(model_id)), max(rows) from doubles join numbers using (listing_key)
               left join store.listing using (listing_key) where day = ? group by listing_key order by 1 limit 2""",
            [day.day],
        ).fetchall()
        said = " and ".join(f"{model_id} has {count} rows" for model_id, count in shown)
        return f"{day.duplicates} rows are of listings that other rows have: {said}; load one day's rows, once each"
    return None


def _sweep(mapping: Mapping, day: ArchiveDay, content_hash: str) -> dict[str, object]:
    """The day's row in `sweeps`."""
    return {
        **{"hub": day.hub, "day": day.day, "source": day.source, "complete": False},
        **{"records": day.records, "rejected": day.rejected, "duplicates": day.duplicates},
        **{"extent": mapping.extent, "extent_note": mapping.extent_note or None, "speaks": list[str]()},
        **{"loaded_at": now(), "content_hash": content_hash, "message": "a published snapshot, not a sweep"},
    }
