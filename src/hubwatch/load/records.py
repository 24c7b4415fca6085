"""Kept pages -> relation `record` -> table `parsed`: every record as columns, one that cannot be read with its reason.

`fault` is what cannot be read of a record; `reason` the same where the record is no listing for it, since its id cannot be read.
"""

import contextlib
import json
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.hubs import Hub, hub_of
from hubwatch.net import lenient_json
from hubwatch.pages import SweepPages, read_segment
from hubwatch.store import NO_LISTINGS, literal

UNREADABLE = "unreadable bytes: "


def stage_records(con: duckdb.DuckDBPyConnection, hub: Hub, segments: list[Path], largest: int, folder: Path) -> list[Path]:
    """Table `parsed`: every record as columns, with its reject reason. Returns the files it was read from.

    First straight into the type that the hub's records have; where a value has another type, as JSON, so that only its record
    is rejected. Segments that DuckDB cannot read for a record's stray bytes are read through a copy in which such a record
    is a plain string: it is rejected, the others of its page load.
    """
    if hub.record_type is not None:
        with contextlib.suppress(duckdb.InvalidInputException):
            _parse(con, hub.listings(records_in(hub, segments, largest, typed=True), typed=True))
            return segments
    try:
        _parse(con, hub.listings(records_in(hub, segments, largest)))
        return segments
    except duckdb.InvalidInputException:
        copies = [_readable_copy(hub, path, folder / f"{number:05}.json") for number, path in enumerate(segments)]
        # escapes take more room than the bytes they stand for
        _parse(con, hub.listings(records_in(hub, copies, 2 * largest)))
        return copies


def _parse(con: duckdb.DuckDBPyConnection, listings: str) -> None:
    con.execute("drop table if exists parsed")
    # a hub's SQL names what the hub gives: the other columns are null
    con.execute(
        f"""create temp table parsed as
            select said.* replace (if(is_listing_id(said.model_id, getvariable('hub')) or is_nested_id(said.model_id), null, reason) as reason,
                coalesce(present_id, said.model_id) as model_id), reason as fault
            from ({listings} union all by name {NO_LISTINGS}) said
            left join (select former_id, model_id as present_id from facts.former_ids where hub = getvariable('hub')) now on former_id = said.model_id"""
    )


def read_records(con: duckdb.DuckDBPyConnection, pages: SweepPages, folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """What `sql` makes of relation `record` over a sweep's pages; records with stray bytes are strings there, as for the loader."""
    hub, largest = hub_of(pages.hub), max(facts.size for facts in pages.facts())

    def read(paths: list[Path], largest: int) -> list[tuple[Any, ...]]:
        return con.execute(f"with record as ({hub.relation(records_in(hub, paths, largest))}) select * from (\n{sql}\n)").fetchall()

    segments = pages.segments()
    try:
        return read(segments, largest)
    except duckdb.InvalidInputException:
        return read([_readable_copy(hub, path, folder / f"{number:05}.json") for number, path in enumerate(segments)], 2 * largest)


def records_in(hub: Hub, paths: list[Path], largest: int, typed: bool = False) -> str:
    """A query for every record (segment, position, record) of these files' pages, none of which is larger than `largest` bytes."""
    files = literal([str(path) for path in paths])
    return f"""select segment, generate_subscripts(records, 1) as position, unnest(records) as record
      from (select file_index as segment, {hub.records} as records from read_json({files}, format='unstructured', records=false,
        columns={{page: '{hub.page_type(typed)}'}}, maximum_object_size={max(largest + 4096, 2**20)}))"""


def _readable_copy(hub: Hub, segment: Path, target: Path) -> Path:
    """The segment's pages as plain JSON that DuckDB reads: records with stray bytes become marked strings."""
    with open(target, "w", encoding="utf-8") as file:
        for page in read_segment(segment):
            file.write(readable(hub, page.body) + "\n")
    return target


def readable(hub: Hub, body: bytes) -> str:
    """The page as JSON that DuckDB reads: a record with stray bytes becomes a string that begins with `UNREADABLE`."""

    def mended(value: object) -> object:
        if isinstance(value, list):
            return [mended(element) for element in value]
        if isinstance(value, dict) and hub.is_envelope(value):
            return {key.encode("utf-8", "replace").decode(): mended(inner) for key, inner in value.items()}
        return UNREADABLE + json.dumps(value) if _stray(value) else value

    return json.dumps(mended(lenient_json(body, "surrogateescape")))


def _stray(value: object) -> bool:
    """Whether a string inside cannot be written as UTF-8, or was not UTF-8 when it came."""
    return any("\ud800" <= character <= "\udfff" for character in json.dumps(value, ensure_ascii=False))


def told(reason: str, record: str | None) -> tuple[str, str]:
    """The reason and the record's text; a record marked as unreadable says so and shows what came."""
    if record is not None and record.startswith('"' + UNREADABLE):
        return "holds bytes that are not UTF-8 or half a surrogate pair", json.loads(record).removeprefix(UNREADABLE)
    return reason, "null" if record is None else record
