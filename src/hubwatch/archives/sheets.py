"""A workbook (Excel, OpenDocument) -> JSON Lines, one row of its sheet a line."""

import datetime
import json
from pathlib import Path

from hubwatch.archives.mapping import Mapping
from hubwatch.errors import DayFailure

_HEAD = 20  # rows among which the header is looked for


def sheet_lines(name: str, path: Path, mapping: Mapping, target: Path) -> Path:
    """The rows below the header as objects; empty cells are left out. The header is the first row that names the model id."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # here, because few archives are workbooks
    except ImportError:
        raise DayFailure(f"{name}: reading a workbook needs a package; pip install python-calamine, or save the sheet as CSV") from None
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheet = mapping.sheet or workbook.sheet_names[0]
        if sheet not in workbook.sheet_names:
            raise DayFailure(
                f'{name}: there is no sheet "{sheet}" in it but {", ".join(workbook.sheet_names)}; correct sheet in the mapping'
            )
        rows = workbook.get_sheet_by_name(sheet).to_python()
    except (CalamineError, OSError, IndexError) as error:
        raise DayFailure(f"{name} cannot be read: {error}; download it again") from error
    wanted = {one.casefold() for one in mapping.model_id.names}
    heads = [number for number, row in enumerate(rows[:_HEAD]) if wanted & {str(cell).strip().casefold() for cell in row}]
    filled = next((number for number, row in enumerate(rows) if any(cell != "" for cell in row)), None)
    if filled is None:
        raise DayFailure(f"{name}: its sheet {sheet} is empty; name another with sheet = in the mapping")
    head = heads[0] if heads else filled
    header = [str(cell).strip() for cell in rows[head]]
    with target.open("w", encoding="utf-8") as lines:
        for row in rows[head + 1 :]:
            record = {column: _value(cell) for column, cell in zip(header, row, strict=False) if column and cell != ""}
            if record:
                lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    return target


def _value(cell: object) -> object:
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return cell.total_seconds()
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
