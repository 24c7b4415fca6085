"""Kept pages -> listings and observations of a day, set-based in DuckDB; a record that cannot be read goes to `rejects`."""

import json
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.clock import now
from hubwatch.errors import DayFailure, PageDamage, counted
from hubwatch.facts import Facts
from hubwatch.hubs import Hub, hub_of, values_sql
from hubwatch.load.drift import compare_with_last_good
from hubwatch.load.records import readable, records_in, stage_records, told
from hubwatch.pages import SweepPages, SweepState, read_segment
from hubwatch.store import extent_of, in_room, insert_rows, number_listings, replace_day, settle_departures, transaction

TOO_MANY = 0.05  # share of rejected records, or of records without a promised key, that fails a day
MEMORY = 400 * 10**6  # bytes that loading may hold, and some of its largest pages: it streams, and is no slower for it
THREADS = 2  # each holds a segment of pages as it is parsed, some 140 MB where a page has a thousand records
SHRUNK = 0.5  # share of the last complete sweep's records below which a day fails


Reject = dict[str, str | None]  # position, model_id, reason and record, as in the table `rejects`


@dataclass(frozen=True)
class Loaded:
    """What loading a sweep gave: counts, and whether the sweep was complete."""

    hub: str
    day: date
    source: str
    complete: bool
    records: int
    rejected: int
    duplicates: int
    message: str


def load_sweep(con: duckdb.DuckDBPyConnection, pages: SweepPages, facts: Facts, accept_shrink: bool = False, again: bool = False) -> Loaded:
    """Replace the day's facts of this sweep by what its kept pages say; `DayFailure` when they cannot be believed.

    Loading the same pages again gives the same tables. A collector may be at work on them meanwhile: it is not disturbed.
    `again`: where the facts come out as they are held, `loaded_at` stays, so that exports are equal to the byte.
    """
    begun = now()
    before = _loaded_before(con, pages) if again else []
    with tempfile.TemporaryDirectory(prefix="hubwatch-") as folder:
        try:
            still = pages.still(Path(folder))
            largest = max((facts.size for facts in still.facts()), default=0)
            try:
                loaded = in_room(con, MEMORY + 16 * largest, THREADS, lambda: _load_still(con, still, facts, largest, accept_shrink, begun))
            except duckdb.IOException:
                for _ in still.read():  # which page it is
                    pass
                raise
        except PageDamage as damage:  # found in the copy, which is gone when this is read
            raise PageDamage(str(damage).replace(folder, str(pages.root))) from None
    if before and before[0][1:] == _loaded_before(con, pages)[0][1:]:
        con.execute("update sweeps set loaded_at = ? where hub = ? and day = ? and source = ?", [before[0][0], *_key(pages)])
    return loaded


def _load_still(
    con: duckdb.DuckDBPyConnection, pages: SweepPages, facts: Facts, largest: int, accept_shrink: bool, begun: datetime
) -> Loaded:
    state = pages.state()
    if state is not None:
        pages.require_whole(state)
    segments = pages.segments()
    if state is None or not segments:
        raise DayFailure(f"{pages.hub} {pages.day}: no saved pages of a {pages.sweep} sweep; run `hubwatch collect` first")
    hub = hub_of(pages.hub)
    con.execute(values_sql(hub))
    con.execute("set variable hub = ?", [pages.hub])
    con.execute("set variable fields = ?::varchar[]", [state.fields])
    con.execute("set variable owners = ?::varchar[]", [state.owners])
    con.execute("set variable mapping = ?::varchar", [json.dumps(state.mapping) if state.mapping else None])
    facts.stage(con)
    with tempfile.TemporaryDirectory(prefix="hubwatch-") as folder:
        files_read = stage_records(con, hub, segments, largest, Path(folder))
        passed_over = _take_out_passed_over(con)
        rejects = _rejects(con, hub, files_read, segments)
        counts = read, rejected, duplicates, _ = _settle_duplicates(con, state)
        _check(con, pages, state, read, rejected, rejects, accept_shrink)
        drift, keys = compare_with_last_good(con, pages)
        drift += _foreign_words(con)
        drift += _undated(con, state)
    message = "; ".join([*state.notes, *_told_passed_over(passed_over), *drift, *_why_incomplete(state)])
    _store_day(con, pages, state, (*counts, sum(passed_over.values())), rejects, keys, begun, message)
    for table in ("parsed", "numbers"):
        con.execute(f"drop table {table}")
    return Loaded(pages.hub, pages.day, pages.sweep, state.complete, read, rejected, duplicates, message)


def _store_day(
    con: duckdb.DuckDBPyConnection,
    pages: SweepPages,
    state: SweepState,
    counts: tuple[int, int, int, int, int],
    rejects: list[Reject],
    keys: list[list[object]],
    begun: datetime,
    message: str,
) -> None:
    """Make the staged listings this sweep's facts of the day, with all that is told of it: whole or not at all."""
    # Listings of a kind that is not known are beside the models that a hub counts.
    beside = con.execute("select count(*) from staged where repo_kind = 'unknown'").fetchall()[0][0]
    listed_total = None if state.listed_total is None else state.listed_total + beside
    content_hash = con.execute(CONTENT_HASH).fetchall()[0][0]
    number_listings(con, pages.hub)
    records, rejected, duplicates, part_read, passed_over = counts
    extent, extent_note = _extent(pages, state)
    with transaction(con):
        row: dict[str, object] = {"complete": state.complete, "records": records, "rejected": rejected, "duplicates": duplicates}
        row |= {"passed_over": passed_over}
        row |= {"listed_total": listed_total if extent != "selection" else None, "extent": extent, "extent_note": extent_note}
        row |= {"part_read": part_read or None} | _weight_of_rejects(con)
        row |= {"started_at": state.started_at, "finished_at": state.finished_at, "loaded_at": begun}
        row |= {"content_hash": content_hash, "message": message or None, "endpoint": state.endpoint, "limited": state.limited}
        replace_day(con, pages.hub, pages.day, pages.sweep, row)
        of_sweep = {"hub": pages.hub, "day": pages.day, "source": pages.sweep}
        insert_rows(con, "rejects", [of_sweep | reject for reject in rejects])
        con.execute(
            """update rejects set model_id = present_id from (select former_id, model_id as present_id from facts.former_ids where hub = $hub)
               where hub = $hub and day = $day and source = $source and model_id = former_id""",
            of_sweep,
        )
        if rejects:
            con.execute(
                """insert into store.unread by name select distinct ? as hub, ?::date as day, ? as source, model_id
                   from parsed anti join staged using (model_id) where reason is not null and model_id is not null""",
                [pages.hub, pages.day, pages.sweep],
            )
        settle_departures(con, pages.hub)
        con.execute("delete from store.fingerprints where hub = ? and source = ? and day = ?", [pages.hub, pages.sweep, pages.day])
        columns = ("hub", "source", "day", "key", "types", "share", "is_read", "example")
        insert_rows(con, "store.fingerprints", [dict(zip(columns, row, strict=True)) for row in keys])


def _take_out_passed_over(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Take the records that are no public models out of `parsed`; how many there were of what."""
    found = con.execute("select passed_over, count(*) from parsed where passed_over is not null group by 1 order by 2 desc, 1").fetchall()
    if found:
        con.execute("delete from parsed where passed_over is not null")
    return dict(found)


def _told_passed_over(counts: dict[str, int]) -> list[str]:
    return (
        [f"{counted(sum(counts.values()), 'record')} skipped: {', '.join(f'{count} {why}' for why, count in counts.items())}"]
        if counts
        else []
    )


def _extent(pages: SweepPages, state: SweepState) -> tuple[str, str | None]:
    """What part of the hub the sweep covers, and that in words where more is known of it."""
    if state.extent:
        return state.extent, state.extent_note
    notes = {
        "head": f"models with at least {state.floor} downloads" if state.floor is not None else None,
        "window": f"models created since {state.since:%Y-%m-%d}" + (f" and before {state.until:%Y-%m-%d}" if state.until else "")
        if state.since
        else None,
        "selection": f"models of {', '.join(state.owners)}" if state.owners else None,
    }
    extent = extent_of(pages.sweep)
    return extent, notes.get(extent)


def _key(pages: SweepPages) -> list[object]:
    return [pages.hub, pages.day, pages.sweep]


def _loaded_before(con: duckdb.DuckDBPyConnection, pages: SweepPages) -> list[tuple[Any, ...]]:
    """When the sweep was loaded, and what else loading says of it in `sweeps` (health comes after); empty when it never was."""
    return con.execute(
        "select loaded_at, columns(* exclude (loaded_at, health, health_note)) from sweeps where hub = ? and day = ? and source = ?",
        _key(pages),
    ).fetchall()


def _undated(con: duckdb.DuckDBPyConnection, state: SweepState) -> list[str]:
    """A remark on the models of a window's pages whose creation the hub does not tell: they are left out."""
    if state.until is None:
        return []
    count = con.execute("select count(distinct model_id) from parsed where reason is null and created_at is null").fetchall()[0][0]
    return [f"{counted(count, 'model')} without a creation time skipped: it may not be in the window"] if count else []


def _foreign_words(con: duckdb.DuckDBPyConnection) -> list[str]:
    """A remark on the words that stayed as the hub writes them, because the reviewed vocabulary has no English for them."""
    foreign = "strlen(concat(task, library, license_raw)) > length(concat(task, library, license_raw))"
    if not con.execute(f"select 1 from parsed where {foreign} limit 1").fetchall():
        return []
    found = con.execute(
        f"""select count(distinct word), count(distinct model_id), string_agg(distinct word, ', ' order by word)
            from (select model_id, unnest([task, library, license]) as word from staged where {foreign}) where strlen(word) > length(word)"""
    ).fetchall()
    words, listings, told = found[0]
    return (
        [f"{counted(words, 'word')} on {counted(listings, 'listing')} kept as written (no English in data/words.csv): {told[:200]}"]
        if words
        else []
    )


# Independent of row order and of DuckDB's version: the exclusive or of each row's MD5.
CONTENT_HASH = """select printf('%016x', coalesce(bit_xor(md5_number_lower(concat_ws(chr(31), model_id,
  coalesce(downloads_30d::varchar, '-'), coalesce(downloads_total::varchar, '-'), coalesce(likes::varchar, '-'),
  coalesce(license, '-'), coalesce(created_at::varchar, '-'))))::ubigint, 0)) from staged"""

# Of an archive's day, of which only the counters are its own: a sum of products, to which a changed, missing or further counter and
# two exchanged ones make a difference. MD5 is taken of ids alone, so that days of one listing share it. The first letter tells
# which rule a hash was made by; `c` was an MD5 of each row.
COUNTERS_CHECK = """(h % 2147483629)::hugeint * (coalesce(downloads_30d, -1) + 1)
  + (h // 2147483629 % 2147483587)::hugeint * (coalesce(downloads_total, -1) + 1)
  + (h % 2147483563)::hugeint * (coalesce(likes, -1) + 1) + (h % 1073741789)"""
COUNTERS_SUM = f"""'d' || printf('%016x', (coalesce(sum({COUNTERS_CHECK}), 0) % 18446744073709551616)::ubigint)"""
COUNTERS_HASH = f"select {COUNTERS_SUM} from (select *, md5_number_lower(model_id) as h from staged)"
COUNTERS_HASH_OF_ROWS = """select 'c' || printf('%016x', coalesce(bit_xor(md5_number_lower(concat_ws(chr(31), model_id,
  coalesce(downloads_30d::varchar, '-'), coalesce(downloads_total::varchar, '-'), coalesce(likes::varchar, '-'))))::ubigint, 0)) from staged"""


def _rejects(con: duckdb.DuckDBPyConnection, hub: Hub, files_read: list[Path], segments: list[Path]) -> list[Reject]:
    """Every record that cannot be read, or not in all: its page is looked for among the pages of its segment."""
    wanted = con.execute("select segment, list(distinct position) from parsed where fault is not null group by 1 order by 1").fetchall()
    found: list[Reject] = []
    for segment, positions in wanted:
        with tempfile.TemporaryDirectory(prefix="hubwatch-") as folder:
            paths = []
            for number, page in enumerate(read_segment(segments[segment])):
                paths.append(Path(folder) / f"{number:05}.json")
                body = page.body if files_read[segment] == segments[segment] else readable(hub, page.body).encode()
                paths[-1].write_bytes(body)
            rows = con.execute(
                f"""with whole as (select * from ({records_in(hub, paths, max(path.stat().st_size for path in paths))}) where position in ?),
                    judged as ({hub.listings("from whole")})
                    select segment, position, if(is_listing_id(model_id, getvariable('hub')) or is_nested_id(model_id), model_id, null), reason, record
                    from judged join whole using (segment, position)
                    where reason is not null order by 1, 2""",
                [positions],
            ).fetchall()
        name = segments[segment].name.removesuffix(".json.zst")
        for page_number, position, model_id, reason, record in rows:
            why, text = told(reason, record)
            found.append({"position": f"{name} page {page_number} record {position}", "model_id": model_id, "reason": why, "record": text})
    return found


def _weight_of_rejects(con: duckdb.DuckDBPyConnection) -> dict[str, int | None]:
    """What rejected records that are no listings count for, as far as it can be read."""
    found = con.execute("select sum(downloads_30d), sum(downloads_total), sum(likes) from parsed where reason is not null").fetchall()[0]
    return dict(zip(("rejected_30d", "rejected_total", "rejected_likes"), found, strict=True))


def _settle_duplicates(con: duckdb.DuckDBPyConnection, state: SweepState) -> tuple[int, int, int, int]:
    """View `staged`: one row a listing, in the shared vocabulary. Returns rows, rejected records, duplicates, and how many of the
    rejected are listings all the same.

    Of several records of one listing the newest counts: last modified, then highest counters.
    """
    con.execute("set variable since = ?::timestamp", [state.since])
    con.execute("set variable until = ?::timestamp", [state.until])
    total, unreadable, rejected, distinct = con.execute(
        "select count(*), count(reason), count(fault), count(distinct model_id) filter (reason is null) from parsed"
    ).fetchall()[0]
    if duplicates := total - unreadable - distinct:
        con.execute(_DROP_OLDER)
    con.execute(files("hubwatch.load").joinpath("vocabulary.sql").read_text("utf-8"))
    staged = con.execute("select count(*) from staged").fetchall()[0][0]
    return staged, rejected, duplicates, rejected - unreadable


_DROP_OLDER = """delete from parsed where rowid in (
  select rowid from parsed where reason is null
  and model_id in (select model_id from parsed where reason is null group by model_id having count(*) > 1)
  qualify row_number() over (partition by model_id order by modified_at desc nulls last, downloads_total desc nulls last,
    downloads_30d desc nulls last, likes desc nulls last, hub_key desc nulls last, created_at desc nulls last) > 1)"""


def _check(
    con: duckdb.DuckDBPyConnection,
    pages: SweepPages,
    state: SweepState,
    read: int,
    rejected: int,
    rejects: list[Reject],
    accept_shrink: bool,
) -> None:
    """Raise `DayFailure` when the day cannot be believed: too many rejects, or too few records."""
    where = f"{pages.hub} {pages.day}"
    every = con.execute("select count(distinct model_id) filter (reason is null) + count(reason) from parsed").fetchall()[0][0]
    if rejected > TOO_MANY * every:  # of all that the pages hold, also outside of a window
        reasons = Counter(reject["reason"] for reject in rejects).most_common(3)
        told = ", ".join(f"{reason} in {count / every:.1%}" for reason, count in reasons)
        raise DayFailure(f"{where}: {rejected} of {every} records cannot be read ({told}); the hub may have changed")
    held = con.execute(
        "select complete, records from sweeps where hub = ? and day = ? and source = ?", [pages.hub, pages.day, pages.sweep]
    ).fetchall()
    if held and held[0][0] and not state.complete and read < held[0][1]:
        raise DayFailure(
            f"{where}: the complete {pages.sweep} sweep of {held[0][1]} records stands; of this one {read} are kept: collect again"
        )
    if not state.complete or pages.sweep != "full":
        return
    last = con.execute(
        """select day, records from sweeps where hub = ? and source = 'full' and complete and day < ? order by day desc limit 1""",
        [pages.hub, pages.day],
    ).fetchall()
    if last and read < SHRUNK * last[0][1] and not accept_shrink:
        raise DayFailure(
            f"{where}: only {read} records, under half of the {last[0][1]} of {last[0][0]}; if that is true, load with --accept-shrink"
        )
    if read == 0 and not accept_shrink:
        raise DayFailure(f"{where}: the hub listed nothing; collect again with --fresh, or if that is true, load with --accept-shrink")


def _why_incomplete(state: SweepState) -> list[str]:
    if state.limited:
        return ["limited by --limit"]
    if not state.finished_at:
        return ["the sweep has not ended; collect again to go on"]
    return [state.short] if state.short else []
