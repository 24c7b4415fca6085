"""A workbook (Excel, OpenDocument) -> JSON Lines, one row of its sheet a line."""

import datetime
import json
import re
from collections.abc import Sequence
from pathlib import Path

from hubwatch.archives.mapping import Mapping
from hubwatch.errors import DayFailure

Rows = Sequence[Sequence[object]]
_HEAD = 20  # rows among which the header is looked for


def sheet_lines(name: str, path: Path, mapping: Mapping, target: Path) -> Path:
    """The rows below the header as objects; empty cells are left out. The header is the first row that names the model id.

    Where the mapping names no sheet, it is the first, or the only one with such a header.
    """
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # here, because few archives are workbooks
    except ImportError:
        raise DayFailure(f"{name}: reading a workbook needs a package; pip install python-calamine, or save the sheet as CSV") from None
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheets: dict[str, Rows] = {
            sheet: workbook.get_sheet_by_name(sheet).to_python() for sheet in workbook.sheet_names if mapping.sheet in (None, sheet)
        }
        if not sheets:
            raise DayFailure(
                f'{name}: there is no sheet "{mapping.sheet}" in it but {", ".join(workbook.sheet_names)}; correct sheet in the mapping'
            )
    except (CalamineError, OSError, IndexError) as error:
        raise DayFailure(f"{name} cannot be read: {error}; download it again") from error
    sheet = _chosen(name, sheets, mapping)
    rows = sheets[sheet]
    filled = next((number for number, row in enumerate(rows) if any(cell != "" for cell in row)), None)
    if filled is None:
        raise DayFailure(f"{name}: its sheet {sheet} is empty; name another with sheet = in the mapping")
    head = _head(rows, mapping)
    head = filled if head is None else head
    header = [str(cell).strip() for cell in rows[head]]
    with target.open("w", encoding="utf-8") as lines:
        for row in rows[head + 1 :]:
            record = {column: _value(cell) for column, cell in zip(header, row, strict=False) if column and cell != ""}
            if record:
                lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    return target


def _chosen(name: str, sheets: dict[str, Rows], mapping: Mapping) -> str:
    """The first sheet where it names the model id, or no sheet does; else the only one that does."""
    first = next(iter(sheets))
    able = [sheet for sheet, rows in sheets.items() if _head(rows, mapping) is not None]
    if not able or first in able:
        return first
    if len(able) > 1:
        raise DayFailure(f"{name}: {' and '.join(able)} have a column of model ids; name one with sheet = in the mapping")
    return able[0]


def _head(rows: Rows, mapping: Mapping) -> int | None:
    """The first row that names the model id."""
    wanted = {_folded(one) for one in mapping.model_id.names}
    return next((number for number, row in enumerate(rows[:_HEAD]) if wanted & {_folded(cell) for cell in row}), None)


def _folded(cell: object) -> str:
    """A name as people write it in a sheet: `Model ID` is model_id."""
    return re.sub(r"[\s-]+", "_", str(cell).strip().casefold())


def _value(cell: object) -> object:
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return cell.total_seconds()
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
