"""A file that nobody has described -> its table: of a workbook the sheet, of JSON and Parquet the list, in which ids are."""

from pathlib import Path
from typing import NamedTuple

import duckdb

from hubwatch.archives.dates import DayFrom
from hubwatch.archives.documents import first_object
from hubwatch.archives.guessing import ID_NAMES, Draft, Values, guess_identity, id_columns, in_toml, is_id
from hubwatch.archives.guessing_counters import is_counted
from hubwatch.archives.guessing_days import guess_day_columns, guess_day_sheets, is_day_name
from hubwatch.archives.ids import kind_in
from hubwatch.archives.mapping import HubFrom, Identity, Mapping
from hubwatch.archives.members import Plain
from hubwatch.archives.rows import prepare
from hubwatch.archives.sheets import able_sheets
from hubwatch.archives.table import Table
from hubwatch.archives.tables import lists_of_records, open_table
from hubwatch.errors import DayFailure
from hubwatch.hubs import HUBS

SEEN = 500  # rows whose values are looked at
STAND_IN = next(iter(HUBS))  # to read rows before the hub is known: nothing of it is printed


class Opened(NamedTuple):
    """The table, the mapping it was opened by, and the texts that stand around its records in JSON."""

    table: Table
    how: Mapping
    around: dict[str, str]
    is_dated: bool = False  # whether its day is stated: by the names of its columns, or of its sheet


def opened(con: duckdb.DuckDBPyConnection, draft: Draft, plain: Plain, folder: Path) -> Opened:
    """The file's table; where in the file it is goes to the draft."""
    texts = dict[str, str]()
    how, is_dated, places = looking(texts), False, list[str]()
    if plain.kind == "json":
        texts, places, is_listed = first_object(plain.name, plain.path)
        how = _records(con, plain, folder, draft, texts, [] if is_listed else places)
    elif plain.kind == "sheet":
        how, is_dated = _sheet(plain, draft, how)
    table = open_table(con, plain, how, folder)
    if lists := lists_of_records(table):
        table, how = _listed(con, plain, folder, draft, table, how, lists)
    prepare(con)
    if how.records is None and (history := _history(con, plain, folder, draft, table, [*places, *lists])):
        table, how = history
    if not is_dated and (days := guess_day_columns(draft, table.leaves(con, SEEN))):
        is_dated = True
        how = how.model_copy(update={"day": days})
        table = open_table(con, plain, how, folder)
    return Opened(table, how, {key: text for key, text in texts.items() if table.find(key) is None}, is_dated)


def looking(texts: dict[str, str], records: str | None = None, sheet: str | None = None) -> Mapping:
    """A mapping to open the file by: any column that may be an id serves."""
    names = (*ID_NAMES, *(key for key, text in texts.items() if is_id(text) and "." not in key and key.casefold() not in ID_NAMES))
    return Mapping(
        name="looking",
        title="looking",
        hub=HubFrom(value=STAND_IN),
        day=DayFrom(column="day"),
        model_id=Identity(column=names),
        records=records,
        sheet=sheet,
        rows="models",
    )


def _sheet(plain: Plain, draft: Draft, how: Mapping) -> tuple[Mapping, bool]:
    """Where several sheets have ids, say that each is a day, by their names (then True), or ask which to read."""
    able = able_sheets(plain.name, plain.path, how)
    if len(able) < 2:
        return how, False
    if days := guess_day_sheets(draft, able):
        return looking({}, sheet=days[0]), True
    draft.questions.append(f'sheet = ""  # which: {", ".join(map(in_toml, able))}')
    draft.unsure.append(f"only the sheet {able[0]} was looked at")
    return looking({}, sheet=able[0]), False


def _listed(
    con: duckdb.DuckDBPyConnection, plain: Plain, folder: Path, draft: Draft, table: Table, how: Mapping, lists: list[str]
) -> tuple[Table, Mapping]:
    """The records of a list in a Parquet file, where its rows themselves have no ids."""
    prepare(con)
    if id_columns(values_of(con, table)):
        return table, how
    for column in lists:
        inner = open_table(con, plain, looking({}, column), folder)
        if id_columns(values_of(con, inner)):
            draft.lines.append(f"records = {in_toml(column)}")
            return inner, looking({}, column)
    return table, how


def _records(con: duckdb.DuckDBPyConnection, plain: Plain, folder: Path, draft: Draft, texts: dict[str, str], places: list[str]) -> Mapping:
    """Where the records of a JSON file are, where they are not on its top."""
    top = looking(texts)
    prepare(con)
    if not places or _has_ids(con, plain, folder, top):
        return top
    found = sorted(places, key=lambda place: kind_in(place) is not None)
    able = [place for place in found if _has_ids(con, plain, folder, looking(texts, place))]
    taken = (able or found)[0]
    if len(able := [place for place in able if kind_in(place) is None]) > 1:
        every = ', or "*" for all of them' if all("." not in place for place in able) else ""
        draft.questions.append(f'records = ""  # which: {", ".join(map(in_toml, able[:10]))}{every}')
    else:
        draft.lines.append(f"records = {in_toml(taken)}")
    if len(places) > 1:
        draft.unsure.append(f"records are looked for in {taken}; there are lists in {', '.join(sorted({*places} - {taken}))}, too")
    return looking(texts, taken)


def _history(
    con: duckdb.DuckDBPyConnection, plain: Plain, folder: Path, draft: Draft, table: Table, places: list[str]
) -> tuple[Table, Mapping] | None:
    """The list of days that each model of the table has, where the counters are there; what has both is asked about."""
    values = values_of(con, table) if places else {}
    if not id_columns(values) or any(map(is_day_name, values)):
        return None
    for place in places:
        how = looking({}, place)
        try:
            inner = open_table(con, plain, how, folder)
        except DayFailure:  # no list in some of the records
            continue
        found = values_of(con, inner)
        if not (id_columns(found) and any(map(is_counted, found)) and any(seen and is_day_name(own) for own, seen in found.items())):
            continue
        if any(is_counted(own) and seen for own, seen in values.items()):
            draft.unsure.append(f"{place} holds a row for each day; records = {in_toml(place)} reads these instead")
            return None
        draft.lines.append(f"records = {in_toml(place)}")
        return inner, how
    return None


def _has_ids(con: duckdb.DuckDBPyConnection, plain: Plain, folder: Path, how: Mapping) -> bool:
    """Whether the records of a JSON file, read so, have a column of ids."""
    try:
        values = values_of(con, open_table(con, plain, how, folder))
    except DayFailure:
        return False
    return bool(id_columns(values)) or bool(guess_identity(Draft(), values))


def values_of(con: duckdb.DuckDBPyConnection, table: Table) -> Values:
    """The first values of each column as text, without nulls."""
    columns = table.leaves(con, SEEN)
    texts = ", ".join(f"{table.text(column)} as v{number}" for number, column in enumerate(columns))
    rows = con.execute(f"select {texts} from (from {table.relation} limit {SEEN})").fetchall()
    return {column: [str(row[number]) for row in rows if row[number] is not None] for number, column in enumerate(columns)}
