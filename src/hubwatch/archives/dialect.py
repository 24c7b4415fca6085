"""How a CSV is written: its delimiter, quotes, header, and the lines before it. Chosen by the columns that the mapping names, never guessed."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from hubwatch.archives.mapping import Mapping, columns_named
from hubwatch.archives.sheets import widest
from hubwatch.errors import DayFailure

_DELIMITERS = (",", ";", "\t", "|", "^", "~", "\x01")
_HEAD = 20  # lines among which the header is looked for
_SAMPLE = 50  # rows by whose number of fields a header without a name for the row's own is known
LONGEST_LINE = 64 * 2**20


@dataclass(frozen=True)
class Dialect:
    """How to read a CSV: `skip` lines, then rows of `header`'s columns."""

    delimiter: str
    quote: str
    escape: str
    header: tuple[str, ...]
    skip: int
    wraps: bool = False  # ="text", by which a CSV keeps texts that look like numbers for Excel


def dialect_of(name: str, path: Path, mapping: Mapping) -> Dialect:
    """The dialect under which most of the mapping's columns are there; a file without a header is a `DayFailure`."""
    lines = _first_lines(path)
    if not any(line.strip() for line in lines):
        raise DayFailure(f"{name}: the file is empty; download it again")
    said = next((line.strip()[4:5] for line in lines[:1] if line.lower().startswith("sep=")), "")  # Excel's own hint
    first = [mapping.delimiter] if mapping.delimiter else [said] if said else ["\t"] if _is_tabbed(name) else []
    if any(re.match(r'"[^"]*"( "[^"]*")+\s*$', line) for line in lines[:1]):  # R writes blanks between names in quotes
        first = [*first, " "]
    candidates = first if mapping.delimiter else [*first, *(one for one in _DELIMITERS if one not in first)]
    found = [_headed(lines, str(delimiter), mapping) for delimiter in candidates]
    best = max(found, key=lambda one: (one[0], len(one[1].header) if not one[0] else 0))  # of equals the first
    return replace(best[1], wraps=any('="' in line for line in lines))


def _is_tabbed(name: str) -> bool:
    return any(part in name.lower() for part in (".tsv", ".tab"))


def _first_lines(path: Path) -> list[str]:
    with path.open(encoding="utf-8", errors="replace", newline="") as text:
        return [line for _, line in zip(range(_HEAD + _SAMPLE), iter(lambda: text.readline(LONGEST_LINE), ""), strict=False)]


def _headed(lines: list[str], delimiter: str, mapping: Mapping) -> tuple[int, Dialect]:
    """How many of the mapping's columns this delimiter gives, and the dialect with the header found by it."""
    quote = mapping.quote if mapping.quote is not None else _quote(lines, delimiter)
    escape = mapping.escape or quote
    rows = list(_rows(lines, delimiter, quote, escape))
    if mapping.escape is None and quote and any("\\" + quote in line for line in lines):
        other = list(_rows(lines, delimiter, quote, "\\"))
        if _raggedness(other) < _raggedness(rows):  # MySQL and Spark write a backslash before a quote inside quotes
            rows, escape = other, "\\"
    if mapping.header:
        return len(columns_named(mapping) & {*mapping.header}), Dialect(delimiter, quote, escape, mapping.header, 0)
    at = _header_at([row for row, _ in rows], mapping)
    header, skip = rows[at] if rows else ([], 0)
    below = [row for row, _ in rows[at + 1 :]]
    if (
        below and any(map(str.strip, below[0])) and all(re.fullmatch(r"\s*(:?-+:?\s*)?", cell) for cell in below[0])
    ):  # the rule of a table in Markdown
        skip, below = rows[at + 1][1], below[1:]
    header = [name.strip() for name in header]
    shift = _shift(len(header), below)
    header = ["", *header] if shift < 0 else [*header, ""] if shift > 0 else header
    wanted = {name.casefold() for name in columns_named(mapping)}
    return len(wanted & _folded(header)), Dialect(delimiter, quote, escape, tuple(header), skip)


def _header_at(rows: list[list[str]], mapping: Mapping) -> int:
    """Which row is the header: the first that names the model id below remarks or rows no wider, else the first as wide as the widest."""
    ids = {one.casefold() for one in mapping.model_id.names}
    for number, row in enumerate(rows[:_HEAD]):
        above = rows[:number]
        if ids & _folded(row) and (_is_preamble(above) or (_is_names(row) and all(_filled(one) <= _filled(row) for one in above))):
            return number
    able = [number for number, row in enumerate(rows[:_HEAD]) if not _is_preamble([row])]
    if not able or all(len(rows[number]) == len(rows[able[0]]) + 1 for number in able[1:]):  # rows have a name more than the header (R)
        return able[0] if able else 0
    return able[widest([rows[number] for number in able])]


def _is_names(row: list[str]) -> bool:
    """Whether no cell is a number, a date or an id."""
    return not any(re.match(r"\s*[\d/]|.*/", cell) for cell in row)


def _filled(row: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _raggedness(rows: list[tuple[list[str], int]]) -> int:
    """How many rows are not as wide as the first."""
    return sum(len(row) != len(rows[0][0]) for row, _ in rows)


def _rows(lines: list[str], delimiter: str, quote: str, escape: str) -> Iterable[tuple[list[str], int]]:
    """Rows that are not empty, with the number of the line that each ends on."""
    reader = csv.reader(
        lines,
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        doublequote=escape == quote,
        escapechar=None if escape == quote else escape or None,
    )
    try:
        for row in reader:
            if row:
                yield row, reader.line_num
    except csv.Error:  # a field longer than Python reads: the header is before it
        return


def _folded(row: Iterable[str]) -> set[str]:
    return {name.strip().casefold() for name in row}


def _is_preamble(rows: list[list[str]]) -> bool:
    """Whether these rows are remarks before the header: empty, commented, or Excel's word on the delimiter."""
    return all(not any(map(str.strip, row)) or row[0].lstrip().startswith("#") or row[0].lower().startswith("sep=") for row in rows)


def _quote(lines: list[str], delimiter: str) -> str:
    """The quote that every name of the first line stands in, else the usual one."""
    names = next((line.strip().split(delimiter) for line in lines if line.strip()), [])
    return "'" if names and all(len(name) > 1 and name[0] == name[-1] == "'" for name in names) else '"'


def _shift(width: int, rows: list[list[str]]) -> int:
    """Where all rows have one field more than the header: 1 when it is an empty last one, -1 when it is the rows' own names (R), else 0."""
    if not rows or any(len(row) != width + 1 for row in rows):
        return 0
    return 1 if all(row[-1] == "" for row in rows) else -1
