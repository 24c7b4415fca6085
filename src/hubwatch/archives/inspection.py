"""A file that nobody has described -> the draft of a mapping: what its columns and values say for certain, and what to answer."""

import glob
import re
import tempfile
import tomllib
from datetime import date
from pathlib import Path, PurePosixPath

import duckdb

from hubwatch import store
from hubwatch.archives.dates import DayFrom
from hubwatch.archives.files import ArchiveFile, archive_files
from hubwatch.archives.guessing import (
    Draft,
    Values,
    guess_attributes,
    guess_hub,
    guess_identity,
    guess_kind,
    guess_layout,
    in_toml,
    is_id,
)
from hubwatch.archives.guessing_counters import guess_counters, guess_notation, guess_nulls, guess_units
from hubwatch.archives.guessing_days import guess_day, is_day_name
from hubwatch.archives.ids import kind_in, refuse_other_kinds
from hubwatch.archives.mapping import Counter, HubFrom, Identity, Mapping
from hubwatch.archives.members import Plain, member_names
from hubwatch.archives.opening import SEEN, STAND_IN, looking, opened, values_of
from hubwatch.archives.rows import first_rows
from hubwatch.archives.table import Table
from hubwatch.archives.tables import open_table
from hubwatch.archives.unpack import plain_files
from hubwatch.clock import today
from hubwatch.errors import DayFailure, HubFailure, short
from hubwatch.settings import Settings

_SHOWN = 3
_TWOFOLD = re.compile(r"\d{1,3}[.,]\d{3}")
_ENCODINGS = ("cp1252", "gb18030", "shift_jis")


def inspect_file(source: str, settings: Settings) -> str:
    """The draft of a mapping for the first file that `source` names and that can be read, as TOML; else the first one's error is raised."""
    files = archive_files(source, settings)
    first: DayFailure | HubFailure | None = None
    for file in files[:_SHOWN]:
        try:
            draft = _inspected(file, len(files))
        except (DayFailure, HubFailure) as error:
            first = first or error
        else:
            return draft if first is None else draft + f"#   {' '.join(str(first).split())}\n"
    assert first is not None
    raise first


def _inspected(file: ArchiveFile, files: int) -> str:
    with tempfile.TemporaryDirectory(prefix="hubwatch-") as name, store.only_days(Path(name) / "none") as con:
        try:
            return _of_members(con, file, Path(name), files)
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException) as error:
            first = " ".join(str(error).split()).partition(" LINE 1: ")[0]
            raise DayFailure(f"{file.name} cannot be read: {first[:300]}; download it again") from error


def _of_members(con: duckdb.DuckDBPyConnection, file: ArchiveFile, folder: Path, files: int) -> str:
    """The draft for a file, of a zip or tar for the first of its files that holds models; no more of them are unpacked than are looked at."""
    path = file.fetch()
    found = sorted(member_names(path), key=lambda one: kind_in(PurePosixPath(one).name) is not None)
    members: list[str | None] = [*found] or [None]
    failures: list[DayFailure] = []
    for member in members[:_SHOWN]:
        draft = Draft()
        if member is not None:
            _say_members(draft, member, [one for one in found if one != member], bool(failures))
        try:
            plain = next(iter(plain_files(file.name, path, folder, None, glob.escape(member) if member else None)))
            return _drafted(con, draft, plain, folder, files)
        except DayFailure as error:
            failures.append(error)
    raise failures[0]


def _drafted(con: duckdb.DuckDBPyConnection, draft: Draft, plain: Plain, folder: Path, files: int) -> str:
    table, how, around, is_dated = opened(con, draft, plain, folder)
    values = values_of(con, table)
    ids = guess_identity(draft, values)
    if not ids or (table.delimiter and any(map(is_id, table.columns))):
        raise DayFailure(f"{plain.name}: {_without_ids(values, table)}")
    hub = guess_hub(draft, values, around)
    if not is_dated:
        guess_day(draft, values, around, plain.name, lambda text: _day_of(con, text))
    known = tomllib.loads("\n".join(draft.lines))
    if outer := {part: {"column": known[part]["column"]} for part in ("day", "hub") if known.get(part, {}).get("column") in around}:
        table = open_table(con, plain, Mapping.model_validate(how.model_dump() | outer), folder)
    try:
        guess_kind(draft, values)
    except DayFailure as error:
        raise DayFailure(f"{plain.name}: {error}") from None
    counted = guess_units(draft, values, ids) or guess_counters(draft, values, table.spread.names if table.spread else ())
    figures = [one for own in counted for one in values[own]]
    guess_notation(draft, figures, [one for one in figures if _TWOFOLD.fullmatch(one)])
    guess_nulls(draft, figures)
    guess_attributes(draft, values, ids)
    if plain.kind in ("json", "parquet"):
        hub = guess_layout(draft, table.columns, values, counted) or hub
    _ask_kind(draft, plain, how.records)
    _ask_encoding(draft, plain)
    if len(ids) == 1 and (empty := _rows_without(con, table, ids[0])):
        draft.unsure.append(f"{empty} of the first {SEEN} rows have no id; only = {{ column = {in_toml(ids[0])} }} leaves such rows out")
    is_whole = len(ids) == 1 and not any("unit_column" in line for line in (*draft.counters, *draft.asked_counters.values()))
    if is_whole and any("given" in line for line in draft.lines) and len(set(values[ids[0]])) < len(values[ids[0]]):
        draft.unsure.append("some ids are in several rows: where the file holds several days, say in which column the day is")
    if files > 1:
        draft.unsure.append(f"{files} files are named; only {plain.name} was looked at")
    return _written(draft, plain, _shown(con, draft, table, ids, hub))


def _without_ids(values: Values, table: Table) -> str:
    """Why a table is not one of models."""
    if not any(values.values()):
        return "it has columns and no rows; nothing of it can be read"
    if sum(map(is_id, values)) > 1 and 2 * sum(map(is_id, values)) > len(values) and any(map(is_day_name, values)):
        return "its columns are models; turn it, so that each model is a row and each day a column"
    has = ", ".join(map(short, list(values)[:30]))
    said = f"no column holds ids such as owner/name or their addresses; it has {has}. Only lists of models can be read"
    if table.delimiter and any(map(is_id, values)):
        return f'{said}; if it has no line with the names of its columns, put one in front, or name them in a mapping, as header = ["id", "downloads"]'
    if table.delimiter and len(values) == 1:
        return f'{said}; if its columns are separated in another way, say how in a mapping, as delimiter = ":"'
    return said


def _day_of(con: duckdb.DuckDBPyConnection, text: str) -> date | None:
    try:
        found = con.execute("select day_of(said(?))", [text]).fetchall()[0][0]
    except duckdb.ConversionException:
        return None
    return found if isinstance(found, date) else None


def _ask_encoding(draft: Draft, plain: Plain) -> None:
    """Ask for the encoding of a text that is not UTF-8, with its first such line as it would be read."""
    if plain.kind not in ("csv", "json"):
        return
    with plain.path.open("rb") as stream:
        lines = [line for _, line in zip(range(SEEN), stream, strict=False) if not line.isascii()]
    odd = next((line for line in lines if _decoded(line, "utf-8") is None), None)
    if odd is not None:
        read = [f"{name} reads {in_toml(text.strip()[:60])}" for name in _ENCODINGS if (text := _decoded(odd, name)) is not None]
        draft.questions.append(f'encoding = ""  # it is not UTF-8: {"; ".join(read) or "name another"}')


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _say_members(draft: Draft, own: str, others: list[str], failed: bool) -> None:
    """Name the file of a zip to read where others in it hold no models."""
    if not others:
        return
    are, some = "are" if len(others) > 1 else "is", ", ".join(others[:10])
    if failed or any(kind_in(PurePosixPath(one).name) for one in others) or len({PurePosixPath(one).suffix for one in (own, *others)}) > 1:
        draft.lines.append(f"members = {in_toml(glob.escape(own))}")
        draft.unsure.append(f"of the zip only {own} is read; alongside it there {are} {some}")
    else:
        draft.unsure.append(f"only {own} of the zip was looked at; {some} {are} read as well")


def _rows_without(con: duckdb.DuckDBPyConnection, table: Table, column: str) -> int:
    is_row = " and json_type(line) = 'OBJECT'" if table.lines else ""
    counted = f"select count(*) from (from {table.relation} limit {SEEN}) where {table.text(column)} is null{is_row}"
    return int(con.execute(counted).fetchall()[0][0])


def _ask_kind(draft: Draft, plain: Plain, records: str | None) -> None:
    """Ask whether rows are models where the file's name or a key says that they are others."""
    own = Mapping(name="own", title="own", hub=HubFrom(value=STAND_IN), day=DayFrom(given=True), records=records)
    try:
        refuse_other_kinds(own, plain.name)
    except DayFailure:
        draft.questions.append('rows = "models"  # the name says data sets or Spaces: only models are loaded; are its rows models?')


def _shown(con: duckdb.DuckDBPyConnection, draft: Draft, table: Table, ids: tuple[str, ...], hub: str | None) -> list[str]:
    """The first rows as the draft reads them, with counters under their columns' names."""
    known = tomllib.loads("\n".join(draft.lines))
    stated = known.get("day", {})
    day = DayFrom(given=True)
    if "column_names" in stated:
        day = DayFrom(column="day")
    elif "column" in stated and table.find(stated["column"]):
        day = DayFrom(**stated)
    counters = {name: Counter.model_validate(one) for name, one in tomllib.loads("\n".join(draft.counters)).items()}
    free = [name for name in ("downloads_30d", "downloads_total") if name not in counters]
    windows = {"downloads_30d": "30d", "downloads_total": "total"}
    for name, inner in zip(free, draft.asked_counters.values(), strict=False):
        counters[name] = Counter.model_validate(tomllib.loads(f'it = {{ {inner}, window = "{windows[name]}" }}')["it"])
    how = Mapping.model_validate(
        looking({}).model_dump()
        | {
            "hub": {"value": hub or STAND_IN},
            "day": day,
            "model_id": Identity(join=ids) if len(ids) == 2 else Identity(column=ids),
            "counters": counters,
            "only": known.get("only"),
            "thousands": known.get("thousands"),
            "decimal": known.get("decimal"),
        }
    )
    try:
        rows = first_rows(con, how, table, today(), _SHOWN)
    except DayFailure:  # the only one that can be here: figures with two readings
        return ["no row can be shown before it is stated how numbers are written"]
    lines = []
    for row in rows:
        said = [str(row["model_id"]), *([str(row["day"])] if day.column else [])]
        said += [
            f"{(counter.units or counter.column)[0]} {'not reported' if row[name] is None else row[name]}"
            for name, counter in sorted(counters.items())
            if counter.units is None or row[name] is not None
        ]
        lines.append(f"row {row['place']}: {', '.join(said)}" + (f" ({why})" if (why := row["reason"] or row["fault"]) else ""))
    return lines


def _written(draft: Draft, plain: Plain, shown: list[str]) -> str:
    """The draft as TOML; questions are commented lines to fill in."""
    base = PurePosixPath(plain.name).name
    name = re.sub(r"[^a-z0-9]+", "-", base.partition(".")[0].lower()).strip("-") or "archive"
    questions = [*draft.questions, 'extent = ""  # what part of the hub: whole, head, window or selection']
    asked = [
        f'downloads{f"_{number}" if number > 1 else ""} = {{ {inner}, window = "" }}  # over which window: "30d" or "total"'
        for number, inner in enumerate(draft.asked_counters.values(), 1)
    ]
    draft.unsure += [f"{column} is another column of downloads: of one window fill in one" for column in list(draft.asked_counters)[1:]]
    lines = [
        f"# A draft for {base}. Lines to fill in: {len(questions) + len(asked)}. Each begins with '# ASK': answer it, and remove '# ASK' from it.",
        f"name = {in_toml(name)}",
        f"title = {in_toml(base)}",
        *draft.lines,
        *(f"# ASK {question}" for question in questions),
        "",
        "[counters]",
        *draft.counters,
        *(f"# ASK {question}" for question in asked),
    ]
    if draft.attributes:
        lines += ["", "[attributes]", *(f"{own} = {in_toml(column)}" for own, column in draft.attributes.items())]
    lines += ["", "# As it would be read:", *(f"#   {line}" for line in shown)]
    if draft.unsure:
        lines += ["", "# Not certain:", *(f"#   {line}" for line in draft.unsure)]
    return "\n".join(" ".join(line.split("\n")) if line.startswith("#") else line for line in lines) + "\n"
