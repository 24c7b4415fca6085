"""Kept pages -> relation `record` -> table `parsed`: every record as columns, one that cannot be read with its reason."""

import contextlib
import json
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.hubs import HUBS, record_sql, shaped_sql
from hubwatch.net import lenient_json
from hubwatch.pages import SweepPages, read_segment
from hubwatch.store import literal

UNREADABLE = "unreadable bytes: "


def stage_records(con: duckdb.DuckDBPyConnection, hub: str, segments: list[Path], largest: int, folder: Path) -> list[Path]:
    """Table `parsed`: every record as columns, with its reject reason. Returns the files it was read from.

    First straight into the shape that the hub promises; where a value has another type, as JSON, so that only its record
    is rejected. Segments that DuckDB cannot read for a record's stray bytes are read through a copy in which such a record
    is a plain string: it is rejected, the others of its page load.
    """
    shaped = shaped_sql(hub)
    if shaped:
        shape, sql = shaped
        with contextlib.suppress(duckdb.InvalidInputException):
            _parse(con, record_cte(hub, segments, largest, shape), sql)
            return segments
    try:
        _parse(con, record_cte(hub, segments, largest), record_sql(hub))
        return segments
    except duckdb.InvalidInputException:
        readable = [_readable_copy(path, folder / f"{number:05}.json") for number, path in enumerate(segments)]
        # escapes take more room than the bytes they stand for
        _parse(con, record_cte(hub, readable, 2 * largest), record_sql(hub))
        return readable


def _parse(con: duckdb.DuckDBPyConnection, records: str, sql: str) -> None:
    con.execute("drop table if exists parsed")
    con.execute(f"create temp table parsed as with {records} {as_cte(sql)}")


def read_records(con: duckdb.DuckDBPyConnection, pages: SweepPages, folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """What `sql` makes of relation `record` over a sweep's pages; records with stray bytes are strings there, as for the loader."""
    largest = max(facts.size for facts in pages.facts())
    segments = pages.segments()
    try:
        return con.execute(f"with {record_cte(pages.hub, segments, largest)} {sql}").fetchall()
    except duckdb.InvalidInputException:
        readable = [_readable_copy(path, folder / f"{number:05}.json") for number, path in enumerate(segments)]
        return con.execute(f"with {record_cte(pages.hub, readable, 2 * largest)} {sql}").fetchall()


def record_cte(hub: str, paths: list[Path], largest: int, shape: str = "JSON") -> str:
    """Relation `record`: every record of these files' pages, none of which is larger than `largest` bytes, as `shape`."""
    module = HUBS[hub]
    files = literal([str(path) for path in paths])
    return f"""record as (select segment, generate_subscripts(records, 1) as position, unnest(records) as record
      from (select file_index as segment, {module.RECORDS} as records from read_json({files}, format='unstructured', records=false,
        columns={module.PAGE_COLUMNS.replace("JSON[]", shape + "[]")}, maximum_object_size={max(largest + 4096, 2**20)})))"""


def as_cte(sql: str) -> str:
    """The hub's SQL, whose own `with` goes on after `record`."""
    return ", " + sql[sql.index("with ") + 5 :]


def _readable_copy(segment: Path, target: Path) -> Path:
    """The segment's pages as plain JSON that DuckDB reads: records with stray bytes become marked strings."""
    with open(target, "w", encoding="utf-8") as file:
        for page in read_segment(segment):
            file.write(readable(page.body) + "\n")
    return target


def readable(body: bytes) -> str:
    """The page as JSON that DuckDB reads: a record with stray bytes becomes a string that begins with `UNREADABLE`."""

    def mended(value: object) -> object:
        if isinstance(value, list):
            return [mended(element) for element in value]
        if isinstance(value, dict):
            broken = _stray(value)
            nested = {key: mended(inner) for key, inner in value.items()} if _holds_records(value) else value
            return UNREADABLE + json.dumps(value) if broken and not _holds_records(value) else nested
        return value

    return json.dumps(mended(lenient_json(body, "surrogateescape")))


def _holds_records(value: dict[str, object]) -> bool:
    """Whether this object is an envelope around records rather than a record."""
    return any(key in value for key in ("Data", "data", "Model", "Models", "models", "list")) and "Name" not in value


def _stray(value: object) -> bool:
    """Whether a string inside cannot be written as UTF-8, or was not UTF-8 when it came."""
    return any("\ud800" <= character <= "\udfff" for character in json.dumps(value, ensure_ascii=False))


def told(reason: str, record: str | None) -> tuple[str, str]:
    """The reason and the record's text; a record marked as unreadable says so and shows what came."""
    if record is not None and record.startswith('"' + UNREADABLE):
        return "holds bytes that are not UTF-8 or half a surrogate pair", json.loads(record).removeprefix(UNREADABLE)
    return reason, "null" if record is None else record
