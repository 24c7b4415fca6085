"""A workbook (Excel, OpenDocument) -> JSON Lines, one row of its sheet a line."""

import datetime
import json
import re
from collections.abc import Sequence
from pathlib import Path

from hubwatch.archives.ids import kind_in
from hubwatch.archives.mapping import Mapping, named_twice
from hubwatch.errors import DayFailure

Rows = Sequence[Sequence[object]]
_HEAD = 20  # rows among which the header is looked for


def sheet_lines(name: str, path: Path, mapping: Mapping, target: Path) -> Path:
    """The rows below the header as objects; empty cells are left out. The header is the first row that names the model id.

    Where the mapping names no sheet, it is the only one, or the only one with such a header.
    """
    sheets = _read(name, path, mapping.sheet)
    sheet = _chosen(name, sheets, mapping)
    rows = sheets[sheet]
    if not any(cell != "" for row in rows for cell in row):
        raise DayFailure(f"{name}: its sheet {sheet} is empty; name another with sheet = in the mapping")
    head = _head(rows, mapping)
    head = widest([[str(cell) for cell in row] for row in rows[:_HEAD]]) if head is None else head
    header = [_named(cell) for cell in rows[head]]
    if twice := named_twice(header, mapping):
        raise DayFailure(f"{name}: the header of its sheet {sheet} has {twice} more than once; give each column a name of its own")
    if (nameless := _nameless(header, rows[head + 1 :])) > max(1, sum(map(bool, header))):
        raise DayFailure(
            f"{name}: {nameless} columns of its sheet {sheet} have no name in row {head + 1}, where its header is; where names are in several "
            "rows, join them in one, as downloads_2026-01-01"
        )
    with target.open("w", encoding="utf-8") as lines:
        for row in rows[head + 1 :]:
            record = {column: _value(cell) for column, cell in zip(header, row, strict=False) if column and cell != ""}
            if record:
                lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    return target


def sheet_names(path: Path) -> list[str]:
    """The names of a workbook's sheets; none of a file that is no workbook."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return CalamineWorkbook.from_path(str(path)).sheet_names
    except (CalamineError, OSError):
        return []


def able_sheets(name: str, path: Path, mapping: Mapping) -> list[str]:
    """The sheets that have a column of model ids and are not named as of data sets or Spaces."""
    return _able(_read(name, path, None), mapping)


def widest(rows: Sequence[Sequence[str]]) -> int:
    """The first of these rows that is as wide as the widest: titles above a header are narrower."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    return filled.index(max(filled))


def _read(name: str, path: Path, wanted: str | None) -> dict[str, Rows]:
    """The rows of each sheet, or of the wanted one."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # here, because few archives are workbooks
    except ImportError:
        raise DayFailure(f"{name}: reading a workbook needs a package; pip install python-calamine, or save the sheet as CSV") from None
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheets: dict[str, Rows] = {
            sheet: workbook.get_sheet_by_name(sheet).to_python() for sheet in workbook.sheet_names if wanted in (None, sheet)
        }
    except (CalamineError, OSError, IndexError) as error:
        raise DayFailure(f"{name} cannot be read: {error}; download it again") from error
    if not sheets:
        raise DayFailure(f'{name}: there is no sheet "{wanted}" in it but {", ".join(workbook.sheet_names)}; correct sheet in the mapping')
    return sheets


def _able(sheets: dict[str, Rows], mapping: Mapping) -> list[str]:
    return [sheet for sheet, rows in sheets.items() if not kind_in(sheet) and _head(rows, mapping) is not None]


def _chosen(name: str, sheets: dict[str, Rows], mapping: Mapping) -> str:
    """The only sheet, or the only one that names the model id; where none does, the first."""
    able = list(sheets) if mapping.sheet else _able(sheets, mapping)
    if len(able) > 1:
        raise DayFailure(
            f"{name}: {' and '.join(able)} have a column of model ids; name one with sheet = in the mapping, "
            "or where each is a day, say where its name has the date, as day = { file_name = '([0-9-]{10})' }"
        )
    taken = next(iter(able or sheets))
    if (kind := kind_in(taken)) and mapping.rows != "models":
        raise DayFailure(f'{name}: its sheet {taken} is of {kind}, and only models are loaded; if its rows are models, say rows = "models"')
    return taken


def _head(rows: Rows, mapping: Mapping) -> int | None:
    """The first row that names the model id."""
    wanted = {_folded(one) for one in mapping.model_id.names}
    return next((number for number, row in enumerate(rows[:_HEAD]) if wanted & {_folded(cell) for cell in row}), None)


def _folded(cell: object) -> str:
    """A name as people write it in a sheet: `Model ID` is model_id."""
    return re.sub(r"[\s-]+", "_", str(cell).strip().casefold())


def _nameless(header: list[str], rows: Rows) -> int:
    """How many columns have values and no name."""
    return sum(any(len(row) > place and row[place] != "" for row in rows) for place, one in enumerate(header) if not one)


def _named(cell: object) -> str:
    """A column's name; one that is a day, as the day is written."""
    midnight = isinstance(cell, datetime.datetime) and cell.time() == datetime.time()
    return str(cell.date() if isinstance(cell, datetime.datetime) and midnight else cell).strip()


def _value(cell: object) -> object:
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return cell.total_seconds()
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
