"""How a CSV is written: its delimiter, quotes, header, and the lines before it. Chosen by the columns that the mapping names, never guessed."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hubwatch.archives.mapping import Mapping
from hubwatch.errors import DayFailure

_DELIMITERS = (",", ";", "\t", "|")
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


def dialect_of(name: str, path: Path, mapping: Mapping) -> Dialect:
    """The dialect under which most of the mapping's columns are there; a file without a header is a `DayFailure`."""
    lines = _first_lines(path)
    if not any(line.strip() for line in lines):
        raise DayFailure(f"{name}: the file is empty; download it again")
    said = next((line.strip()[4:5] for line in lines[:1] if line.lower().startswith("sep=")), "")  # Excel's own hint
    first = [mapping.delimiter] if mapping.delimiter else [said] if said else ["\t"] if _is_tabbed(name) else []
    candidates = first if mapping.delimiter else [*first, *(one for one in _DELIMITERS if one not in first)]
    found = [_headed(lines, str(delimiter), mapping) for delimiter in candidates]
    best = max(found, key=lambda one: (one[0], len(one[1].header) if not one[0] else 0))  # of equals the first
    return best[1]


def wanted_columns(mapping: Mapping) -> set[str]:
    """Every column that the mapping names, in lower case."""
    columns = [*mapping.model_id.names, mapping.hub.column, mapping.day.column, mapping.day.pass_column, *mapping.unit_columns]
    columns += [name for column in (*mapping.counters.values(), *mapping.attributes.values()) for name in column.column]
    return {name.casefold() for name in columns if name}


def _is_tabbed(name: str) -> bool:
    return any(part in name.lower() for part in (".tsv", ".tab"))


def _first_lines(path: Path) -> list[str]:
    with path.open(encoding="utf-8", errors="replace", newline="") as text:
        return [line for _, line in zip(range(_HEAD + _SAMPLE), iter(lambda: text.readline(LONGEST_LINE), ""), strict=False)]


def _headed(lines: list[str], delimiter: str, mapping: Mapping) -> tuple[int, Dialect]:
    """How many of the mapping's columns this delimiter gives, and the dialect with the header found by it."""
    quote = mapping.quote if mapping.quote is not None else _quote(lines, delimiter)
    wanted, ids = wanted_columns(mapping), {one.casefold() for one in mapping.model_id.names}
    rows = [(row, end) for row, end in _rows(lines, delimiter, quote) if row]
    at = next((n for n, (row, _) in enumerate(rows[:_HEAD]) if ids & _folded(row) and _is_preamble(rows[:n])), None)
    if at is None:
        at = next((n for n, (row, _) in enumerate(rows) if not _is_preamble([(row, 0)])), 0)
    header, skip = rows[at] if rows else ([], 0)
    header = [name.strip() for name in header]
    shift = _shift(len(header), [row for row, _ in rows[at + 1 :]])
    header = ["", *header] if shift < 0 else [*header, ""] if shift > 0 else header
    dialect = Dialect(delimiter, quote, mapping.escape or quote, tuple(header), skip)
    return len(wanted & _folded(header)), dialect


def _rows(lines: list[str], delimiter: str, quote: str) -> Iterable[tuple[list[str], int]]:
    """Rows with the number of the line that each ends on."""
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote or None, quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE)
    try:
        for row in reader:
            yield row, reader.line_num
    except csv.Error:  # a field longer than Python reads: the header is before it
        return


def _folded(row: Iterable[str]) -> set[str]:
    return {name.strip().casefold() for name in row}


def _is_preamble(rows: list[tuple[list[str], int]]) -> bool:
    """Whether these rows are remarks before the header: empty, commented, or Excel's word on the delimiter."""
    return all(not any(map(str.strip, row)) or row[0].lstrip().startswith("#") or row[0].lower().startswith("sep=") for row, _ in rows)


def _quote(lines: list[str], delimiter: str) -> str:
    """The quote that every name of the first line stands in, else the usual one."""
    names = next((line.strip().split(delimiter) for line in lines if line.strip()), [])
    return "'" if names and all(len(name) > 1 and name[0] == name[-1] == "'" for name in names) else '"'


def _shift(width: int, rows: list[list[str]]) -> int:
    """Where all rows have one field more than the header: 1 when it is an empty last one, -1 when it is the rows' own names (R), else 0."""
    if not rows or any(len(row) != width + 1 for row in rows):
        return 0
    return 1 if all(row[-1] == "" for row in rows) else -1
