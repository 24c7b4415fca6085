"""Rows as readers see them: names for codes, links to the pages there are, columns without content left out."""

import re
from dataclasses import dataclass
from datetime import date

from hubwatch.report import words
from hubwatch.statistics import Cell, percent, shown

_CODED = ("country", "kind", "origin", "hub", "region", "license_class", "place", "measure", "policy")
_HIDDEN = (  # in the data of a figure, not in its table: there would be no room
    "country_code", "denominator_models", "until", "first_day", "last_day", "days", "days_ahead", "ahead_at_start", "counter",
    "denominator", "labelled", "flagged", "flagged_value", "interpolated", "repaired", "spikes", "falls", "labelled_on", "day_before", "ahead_since",
    "decisive", "descendants", "bases", "smallest_parameters", "lower_quartile", "upper_quartile", "top_tenth", "period_end", "flow_30d",
)  # fmt: skip
_NOTHING: dict[str, tuple[Cell, ...]] = {
    "uncounted": (0,),
    "derived": (0,),
    "mirrored": (0,),
    "is_partial": (False,),
}  # columns not worth showing


@dataclass(frozen=True)
class TableCell:
    """A cell as shown, and as it sorts; `link` leads to a page of the site."""

    text: str
    sort: str
    number: bool = False
    link: str = ""
    away: str = ""

    @property
    def kind(self) -> str:
        """How it is set: a number, a day, a text of some length that needs room, or a short one."""
        return "n" if self.number else "d" if re.fullmatch(r"\d{4}-\d\d-\d\d", self.text) else "t" if len(self.text) > 9 else ""


@dataclass(frozen=True)
class Table:
    """Heads and rows for readers, without columns in which nothing stands; `total` counts the rows that the data has."""

    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[TableCell, ...], ...]
    total: int


def table_of(
    columns: tuple[str, ...],
    rows: tuple[tuple[Cell, ...], ...],
    by: str,
    names: words.Names,
    links: dict[tuple[str, str], str],
    counted: str = "value",
) -> Table:
    """The rows for readers: names for codes, empty columns left out; `counted`: what the column value counts."""
    used = [
        at
        for at, name in enumerate(columns)
        if name not in _HIDDEN and any(row[at] not in (None, [], "", *_NOTHING.get(name, ())) for row in rows)
    ]
    numeric = {at: any(isinstance(row[at], int | float) and not isinstance(row[at], bool) for row in rows) for at in used}
    if "value" in columns and "models" in columns:  # where models are counted, both say the same
        value, models = columns.index("value"), columns.index("models")
        used = [at for at in used if at != models or any(row[value] != row[models] for row in rows)]
    heads = tuple(
        (counted if columns[at] == "value" and "measure" not in columns else words.head(_said(columns[at], by)), numeric[at]) for at in used
    )
    measures = columns.index("measure") if "measure" in columns else None
    body = tuple(
        tuple(
            _part(row[at]) if measures is not None and numeric[at] and str(row[measures]).startswith("top_")
            else _cell(columns[at], by, row[at], numeric[at], names, links)
            for at in used
        )
        for row in rows
    )  # fmt: skip
    return Table(heads, body, len(rows))


def _part(cell: Cell) -> TableCell:
    """A measure that is a share, among others that are not."""
    return TableCell(percent(cell) if isinstance(cell, int | float) else "", "" if cell is None else str(cell), True)


def _said(column: str, by: str) -> str:
    return by.replace("_", " ") if column == "group" and by else column


def _cell(column: str, by: str, cell: Cell, number: bool, names: words.Names, links: dict[tuple[str, str], str]) -> TableCell:
    grouped = by if column == "group" else column
    if isinstance(cell, list) and column in ("hubs", "mirrored"):
        cell = words.listed(words.hub(one) for one in cell)
    if number and column.endswith("parameters") and isinstance(cell, int):
        return TableCell(words.short(cell), str(cell), True)
    if column in ("month", "period") and isinstance(cell, date):
        return TableCell(f"{cell:%Y-%m}", str(cell))
    if cell is None or number:
        return TableCell(shown(column, cell), "" if cell is None else str(cell), number)
    if isinstance(cell, str):
        text = names.group(grouped, cell) if grouped in _CODED else words.clean(cell)
        link = links.get((grouped, cell), "")
        return TableCell(names.with_chinese(text) if grouped == "organization" else text, text.lower(), False, link)
    return TableCell(words.clean(shown(column, cell)), str(cell)[:200], False)
