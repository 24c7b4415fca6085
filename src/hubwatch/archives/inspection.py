"""A file that nobody has described -> the draft of a mapping: what its columns and values say for certain, and what to answer."""

import re
import tempfile
import tomllib
from pathlib import Path, PurePosixPath

import duckdb

from hubwatch import store
from hubwatch.archives.documents import first_object
from hubwatch.archives.files import archive_files
from hubwatch.archives.guessing import (
    ID_NAMES,
    Draft,
    Values,
    guess_attributes,
    guess_counters,
    guess_day,
    guess_hub,
    guess_identity,
    guess_notation,
    id_columns,
    in_toml,
    is_id,
)
from hubwatch.archives.ids import refuse_other_kinds
from hubwatch.archives.mapping import Counter, DayFrom, HubFrom, Identity, Mapping
from hubwatch.archives.rows import first_rows, prepare
from hubwatch.archives.tables import Table, open_table
from hubwatch.archives.unpack import Plain, plain_files
from hubwatch.clock import today
from hubwatch.errors import DayFailure, short
from hubwatch.hubs import HUBS
from hubwatch.settings import Settings

_SEEN = 500  # rows whose values are looked at
_SHOWN = 3
_TWOFOLD = re.compile(r"\d{1,3}[.,]\d{3}")
_STAND_IN = next(iter(HUBS))  # to show rows before the hub is known: nothing of it is printed


def inspect_file(source: str, settings: Settings) -> str:
    """The draft of a mapping for the first file that `source` names, as TOML; a file that cannot be read raises in one line."""
    file = archive_files(source, settings)[0]
    with tempfile.TemporaryDirectory(prefix="hubwatch-") as name, store.only_days(Path(name) / "none") as con:
        folder = Path(name)
        try:
            plain = next(iter(plain_files(file.name, file.fetch(), folder, None)))
            return _drafted(con, plain, folder, len(archive_files(source, settings)))
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException) as error:
            first = " ".join(str(error).split()).partition(" LINE 1: ")[0]
            raise DayFailure(f"{file.name} cannot be read: {first[:300]}; download it again") from error


def _drafted(con: duckdb.DuckDBPyConnection, plain: Plain, folder: Path, files: int) -> str:
    draft, texts, records = Draft(), dict[str, str](), None
    if plain.kind == "json":
        texts, places = first_object(plain.name, plain.path)
        records = _records(con, plain, folder, draft, texts, places)
    table = open_table(con, plain, _looking(texts, records), folder)
    prepare(con)
    values = _values(con, table)
    ids = guess_identity(draft, values)
    if not ids:
        has = ", ".join(map(short, list(values)[:30]))
        raise DayFailure(
            f"{plain.name}: no column holds ids such as owner/name or their addresses; it has {has}. Only lists of models can be read"
        )
    hub = guess_hub(draft, values)
    guess_day(draft, values, texts if records else {}, plain.name)
    guess_counters(draft, values)
    guess_attributes(draft, values, ids)
    counted = [own for own in values if "download" in own.casefold() or own.casefold().rpartition(".")[2] == "likes"]
    figures = [one for own in counted for one in values[own]]
    guess_notation(draft, figures, [one for one in figures if _TWOFOLD.fullmatch(one)])
    _ask_kind(draft, plain, records)
    if len(ids) == 1 and (empty := _rows_without(con, table, ids[0])):
        draft.unsure.append(f"{empty} of the first {_SEEN} rows have no id; only = {{ column = {in_toml(ids[0])} }} leaves such rows out")
    if len(ids) == 1 and any("given" in line for line in draft.lines) and len(set(values[ids[0]])) < len(values[ids[0]]):
        draft.unsure.append("some ids are in several rows: where the file holds several days, say in which column the day is")
    if files > 1:
        draft.unsure.append(f"{files} files are named; only {plain.name} was looked at")
    return _written(draft, plain, _shown(con, draft, table, ids, hub))


def _looking(texts: dict[str, str], records: str | None) -> Mapping:
    """A mapping to open the file by: any column that may be an id serves."""
    names = (*ID_NAMES, *(key for key, text in texts.items() if is_id(text) and key.casefold() not in ID_NAMES))
    return Mapping(
        name="looking",
        title="looking",
        hub=HubFrom(value=_STAND_IN),
        day=DayFrom(given=True),
        model_id=Identity(column=names),
        records=records,
        rows="models",
    )


def _records(
    con: duckdb.DuckDBPyConnection, plain: Plain, folder: Path, draft: Draft, texts: dict[str, str], places: list[str]
) -> str | None:
    """Where the records of a JSON file are, where they are not on its top."""
    if not places or any(is_id(text) for text in texts.values()):
        return None
    try:
        open_table(con, plain, _looking(texts, None), folder)
    except DayFailure:
        found = [place for place in places if not re.search(r"(?i)datasets|spaces", place)] or places
        prepare(con)
        taken = next((place for place in found if _has_ids(con, plain, folder, texts, place)), found[0])
        draft.lines.append(f"records = {in_toml(taken)}")
        if len(places) > 1:
            draft.unsure.append(f"records are looked for in {taken}; there are lists in {', '.join(sorted({*places} - {taken}))}, too")
        return taken
    return None


def _has_ids(con: duckdb.DuckDBPyConnection, plain: Plain, folder: Path, texts: dict[str, str], place: str) -> bool:
    """Whether the records at this place of a JSON file have a column of ids."""
    try:
        return bool(id_columns(_values(con, open_table(con, plain, _looking(texts, place), folder))))
    except DayFailure:
        return False


def _values(con: duckdb.DuckDBPyConnection, table: Table) -> Values:
    columns = table.leaves(con, _SEEN)
    texts = ", ".join(f"{table.text(column)} as v{number}" for number, column in enumerate(columns))
    rows = con.execute(f"select {texts} from (from {table.relation} limit {_SEEN})").fetchall()
    return {column: [str(row[number]) for row in rows if row[number] is not None] for number, column in enumerate(columns)}


def _rows_without(con: duckdb.DuckDBPyConnection, table: Table, column: str) -> int:
    counted = f"select count(*) from (from {table.relation} limit {_SEEN}) where {table.text(column)} is null"
    return int(con.execute(counted).fetchall()[0][0])


def _ask_kind(draft: Draft, plain: Plain, records: str | None) -> None:
    """Ask whether rows are models where the file's name or a key says that they are others."""
    own = Mapping(name="own", title="own", hub=HubFrom(value=_STAND_IN), day=DayFrom(given=True), records=records)
    try:
        refuse_other_kinds(own, plain.name)
    except DayFailure:
        draft.questions.append('rows = "models"  # the name says data sets or Spaces: only models are loaded; are its rows models?')


def _shown(con: duckdb.DuckDBPyConnection, draft: Draft, table: Table, ids: tuple[str, ...], hub: str | None) -> list[str]:
    """The first rows as the draft reads them, with counters under their columns' names."""
    known = tomllib.loads("\n".join(draft.lines))
    day = DayFrom(**known["day"]) if "column" in known.get("day", {}) and known["day"]["column"] in table.columns else DayFrom(given=True)
    counters = {name: Counter(column=(column,)) for name, column in tomllib.loads("\n".join(draft.counters)).items()}
    free = [name for name in ("downloads_30d", "downloads_total") if name not in counters]
    windows = {"downloads_30d": "30d", "downloads_total": "total"}
    for name, column in zip(free, draft.asked_counters, strict=False):
        counters[name] = Counter.model_validate({"column": column, "window": windows[name]})
    how = Mapping.model_validate(
        _looking({}, None).model_dump()
        | {
            "hub": {"value": hub or _STAND_IN},
            "day": day,
            "model_id": Identity(join=ids) if len(ids) == 2 else Identity(column=ids),
            "counters": counters,
            "thousands": known.get("thousands"),
            "decimal": known.get("decimal"),
        }
    )
    try:
        rows = first_rows(con, how, table, today(), _SHOWN)
    except DayFailure:  # the only one that can be here: figures with two readings
        return ["no row can be shown before it is stated how numbers are written"]
    lines = []
    for number, row in enumerate(rows, 1):
        said = [str(row["model_id"]), *([str(row["day"])] if day.column else [])]
        said += [f"{counter.column[0]} {'not reported' if row[name] is None else row[name]}" for name, counter in sorted(counters.items())]
        lines.append(f"row {number}: {', '.join(said)}" + (f" ({why})" if (why := row["reason"] or row["fault"]) else ""))
    return lines


def _written(draft: Draft, plain: Plain, shown: list[str]) -> str:
    """The draft as TOML; questions are commented lines to fill in."""
    base = PurePosixPath(plain.name).name
    name = re.sub(r"[^a-z0-9]+", "-", base.partition(".")[0].lower()).strip("-") or "archive"
    questions = [*draft.questions, 'extent = ""  # what part of the hub: whole, head, window or selection']
    asked = [
        f'downloads = {{ column = {in_toml(column)}, window = "" }}  # over which window: "30d" or "total"'
        for column in draft.asked_counters
    ]
    draft.unsure += [f"{column} is another column of downloads: fill in one of them" for column in draft.asked_counters[1:]]
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
