"""Rows of named columns for people and programs: a table, JSON, CSV, Markdown. Text of strangers is text in each of them."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from hubwatch.errors import plain

Cell = str | int | float | bool | date | datetime | list[str] | None
Columns = tuple[str, ...]
Cells = Sequence[Sequence[Any]]
WIDTH = 160  # characters, where no terminal says how many it has

_SHARES = ("share", "rate", "labelled")
_RANGES = (("share_low", "share_high"), ("low", "high"), ("measured_low", "measured_high"))
_NOISE = 1e-12  # of sums and differences of shares
_LONGEST = 160  # characters of a cell that a table shows
_GAP = 3  # characters between columns
_NARROWEST = 14  # characters to which a column of words is folded at most
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of a formula
_MARKDOWN = re.compile(r"([\\|`*\[\]])")


def as_table(columns: Columns, rows: Cells, width: int, title: str = "") -> Group:
    """A table no wider than `width`: without empty columns, bounds as one range; where that does not fit, a block for each row.

    Figures are never broken; words are folded.
    """
    columns, rows = _with_ranges(*_without_empty(columns, rows))
    told = [[_cut(shown(column, cell)) for column, cell in zip(columns, row, strict=True)] for row in rows]
    same = _constant(columns, told) if _least_width(columns, rows, told) > width else []
    said = ", ".join(f"{columns[at].replace('_', ' ')} {told[0][at]}" for at in same)
    left = [at for at in range(len(columns)) if at not in same]
    columns, rows, told = _only(columns, left), [_only(row, left) for row in rows], [[row[at] for at in left] for row in told]
    heading = [line for line in (title, f"All rows: {said}" if said else "") if line]
    lead: list[RenderableType] = [Text(line, style="bold" if at == 0 and title else "dim") for at, line in enumerate(heading)]
    if _least_width(columns, rows, told) > width:
        return Group(*lead, *blocks(columns, rows))
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", show_edge=False, pad_edge=False)
    for at, (column, room) in enumerate(zip(columns, _widths(columns, rows, told, width), strict=True)):
        number = is_number(rows, at)
        table.add_column(Text(plain(column)), justify="right" if number else "left", overflow="fold", no_wrap=number, width=room)
    for row in told:
        table.add_row(*(Text(cell) for cell in row))
    return Group(*lead, table)


def as_json(columns: Columns, rows: Cells) -> str:
    """A list of objects, one a row; days as ISO dates."""
    return json.dumps([dict(zip(columns, map(cleaned, row), strict=True)) for row in rows], default=str, ensure_ascii=False, indent=2)


def as_csv(columns: Columns, rows: Cells) -> str:
    """Header and rows; null is empty, a list is joined by '+', and text that a spreadsheet would compute begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_inert(cleaned(said_plainly(cell))) for cell in row] for row in rows)
    return out.getvalue()


def as_markdown(columns: Columns, rows: Cells) -> str:
    """A table to paste into a text; markup in names is escaped."""
    lines = ["| " + " | ".join(columns) + " |"]
    lines.append("|" + "|".join(" ---: " if is_number(rows, at) else " --- " for at in range(len(columns))) + "|")
    for row in rows:
        lines.append("| " + " | ".join(_unmarked(shown(column, cell)) for column, cell in zip(columns, row, strict=True)) + " |")
    return "\n".join(lines) + "\n"


def cleaned(cell: Any) -> Any:
    """A cell whose text is harmless wherever it is printed; the same in every format."""
    if isinstance(cell, str):
        return plain(cell)
    return [cleaned(one) for one in cell] if isinstance(cell, list) else cell


def said_plainly(cell: Cell) -> Cell:
    """A list as one text, everything else as it is."""
    return "+".join(cell) if isinstance(cell, list) else cell


def shown(column: str, cell: Any) -> str:
    """A cell for people: thousands separated, shares in per cent, the change of a share in points."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and column in ("change", "difference"):
        return f"{100 * cell:+.2f} points"
    if isinstance(cell, float):
        return percent(cell, 2) if any(word in column for word in _SHARES) else f"{cell:,.4g}" if abs(cell) < 1000 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) else plain(str(said_plainly(cell)))


def percent(part: float, digits: int = 1) -> str:
    """A part in per cent; only nothing is written as 0 %, and only the whole as 100 %."""
    said, least = f"{part:.{digits}%}", 10.0**-digits
    if abs(part) > _NOISE and float(said[:-1]) == 0:
        return f"{'<' if part > 0 else '>-'}{least:.{digits}f}%"
    return f">{100 - least:.{digits}f}%" if part < 1 - _NOISE and float(said[:-1]) == 100 else said


def is_number(rows: Cells, at: int) -> bool:
    """Whether a column holds figures."""
    return any(isinstance(row[at], int | float | _Range) and not isinstance(row[at], bool) for row in rows)


def blocks(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Table | str]:
    """A block a row, each column's name and value on a line of their own, for where a table has no room."""
    for row in rows:
        block = Table.grid("", Column(overflow="fold"), padding=(0, 2, 0, 0))
        for column, cell in zip(columns, row, strict=True):
            if told := shown(column, cell):
                block.add_row(Text(plain(column), style="bold"), Text(told))
        yield block
        yield ""


class _Range:
    """A least and a most value, shown as one."""

    def __init__(self, column: str, low: Any, high: Any) -> None:
        self.told = "" if low is None and high is None else f"{shown(column, low).removesuffix('%')}-{shown(column, high)}"

    def __str__(self) -> str:
        return self.told


def _without_empty(columns: Columns, rows: Cells) -> tuple[Columns, Cells]:
    """The columns in which at least one row has a value."""
    kept = [at for at in range(len(columns)) if not rows or any(row[at] not in (None, "", []) for row in rows)]
    return _only(columns, kept), [_only(row, kept) for row in rows]


def _with_ranges(columns: Columns, rows: Cells) -> tuple[Columns, Cells]:
    """Each pair of bounds as one column."""
    for low, high in _RANGES:
        if low in columns and high in columns:
            first, last = columns.index(low), columns.index(high)
            name = low.removesuffix("low").rstrip("_") or "value"
            rows = [
                [_Range(low, row[first], row[last]) if at == first else cell for at, cell in enumerate(row) if at != last] for row in rows
            ]
            columns = tuple(f"{name}_range" if column == low else column for column in columns if column != high)
    return columns, rows


def _constant(columns: Columns, told: list[list[str]]) -> list[int]:
    """The columns of words that say the same in every row, but the first."""
    if len(told) < 2:
        return []
    return [at for at in range(1, len(columns)) if len({row[at] for row in told}) == 1]


def _only(cells: Sequence[Any], at: list[int]) -> Any:
    return tuple(cells[one] for one in at)


def _least_width(columns: Columns, rows: Cells, told: list[list[str]]) -> int:
    """How many characters the table needs at least."""
    return sum(least for least, _ in _extents(columns, rows, told)) + _GAP * max(len(columns) - 1, 0)


def _extents(columns: Columns, rows: Cells, told: list[list[str]]) -> list[tuple[int, int]]:
    """How many characters each column needs at least, and how many it can use: of figures as many as the longest has."""
    longest = [max(map(cell_len, [column, *(row[at] for row in told)])) for at, column in enumerate(columns)]
    return [(most if is_number(rows, at) else min(most, _NARROWEST), most) for at, most in enumerate(longest)]


def _widths(columns: Columns, rows: Cells, told: list[list[str]], width: int) -> list[int]:
    """How wide each column is within so many characters: what figures leave goes to words, the narrowest first."""
    extents = _extents(columns, rows, told)
    widths = [least for least, _ in extents]
    left = width - sum(widths) - _GAP * max(len(columns) - 1, 0)
    if left >= sum(most - least for least, most in extents):
        return [most for _, most in extents]
    for _ in range(max(left, 0)):
        at = min((at for at, (_, most) in enumerate(extents) if widths[at] < most), key=lambda at: widths[at])
        widths[at] += 1
    return widths


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _inert(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _unmarked(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;")
