"""A statistic's answer: rows, and everything needed to read them rightly; as table, JSON, CSV or Markdown."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from rich.console import Console, Group
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from hubwatch.statistics.days import ObservedDay

Cell = str | int | float | bool | date | datetime | list[str] | None
_SHARES = ("share", "rate", "labelled")
_NOISE = 1e-12  # of sums and differences of shares
WIDTH = 160  # characters, where no terminal says how many it has


class Context(BaseModel):
    """What a result rests on. `denominator` is the sum of value, null where shares are not all over one: rows then have their own.

    `models` is the number of models in the rows; `labelled` the part of the sum of value with a known group, 0..1.
    """

    model_config = ConfigDict(frozen=True)
    statistic: str
    title: str
    definition: str
    unit: str
    window: str
    parameters: dict[str, Any]
    observed: tuple[ObservedDay, ...]
    denominator: int | None = None
    models: int | None = None
    uncounted: int | None = None
    labelled: float | None = None
    warnings: tuple[str, ...] = ()
    sql: str


class Result(BaseModel):
    """Columns and rows of one statistic with their context."""

    model_config = ConfigDict(frozen=True)
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    context: Context

    def records(self) -> list[dict[str, Cell]]:
        """The rows as one mapping each."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def to_json(self) -> str:
        """The context's fields and `rows`, one object a row; days as ISO dates."""
        return json.dumps(self.context.model_dump(mode="json") | {"rows": self.records()}, ensure_ascii=False, indent=2, default=str)

    def to_csv(self) -> str:
        """Header and rows; null is empty, a list is joined by '+'."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([said_plainly(cell) for cell in row] for row in self.rows)
        return out.getvalue()

    def to_markdown(self) -> str:
        """Title, table and notes, to paste into a text."""
        lines = [f"**{self.context.title}** ({self.scope()})", "", "| " + " | ".join(self.columns) + " |"]
        lines.append("|" + "|".join(" ---: " if self._is_number(at) else " --- " for at in range(len(self.columns))) + "|")
        for row in self.rows:
            cells = (shown(column, cell).replace("|", "\\|") for column, cell in zip(self.columns, row, strict=True))
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join([*lines, "", *(f"- {note}" for note in self.notes())]) + "\n"

    def to_table(self, limit: int | None = 40, width: int = WIDTH) -> Group:
        """A table for a terminal of this width, cut after `limit` rows, with its notes below; rich renders it.

        Figures are never broken: where there is no room for them side by side, each row is a block.
        """
        title = f"{self.context.title}\n[dim]{self.scope()}[/dim]"
        table = Table(title=title, title_justify="left", header_style="bold")
        for at, column in enumerate(self.columns):
            table.add_column(column, justify="right" if self._is_number(at) else "left", overflow="fold", no_wrap=self._is_number(at))
        for row in self.rows[:limit]:
            table.add_row(*(Text(shown(column, cell)) for column, cell in zip(self.columns, row, strict=True)))
        endless = Console(width=10**6)
        fits = Measurement.get(endless, endless.options, table).minimum <= width
        body = [table] if fits else [title, *blocks(self.columns, self.rows[:limit])]
        cut = [f"{len(self.rows) - limit:,} more rows: --format csv gives all"] if limit and len(self.rows) > limit else []
        return Group(*body, *(Text(note, style="dim") for note in cut + self.notes()))

    def to_text(self) -> str:
        """The table as plain text, for a file or a pipe."""
        out = io.StringIO()
        Console(file=out, width=WIDTH, color_system=None).print(self.to_table())
        return out.getvalue()

    def scope(self) -> str:
        """Hubs, days and the choices made, in one line."""
        seen = self.context.observed
        ends = f"{seen[0].hub} {seen[0].day} to {seen[-1].day}, {len(seen)} days" if len(seen) > 4 else ""
        days = ends or ", ".join(f"{at.hub} {at.day}" for at in seen) or "no hub"
        asked = {k: v for k, v in self.context.parameters.items() if k not in ("hub", "day") and v not in (None, False)}
        return "; ".join([days, *(f"{key} {value}" for key, value in asked.items())])

    def notes(self) -> list[str]:
        """Unit, window, denominator, labelled part and warnings, a line each."""
        context = self.context
        return [f"Unit: {context.unit}", f"Window: {context.window}", *self.coverage(), *(f"Note: {said}" for said in context.warnings)]

    def coverage(self) -> list[str]:
        """What shares are of, and how much of that has a label, a line each."""
        context, notes = self.context, []
        if not self.rows:
            return []
        if context.denominator is not None:
            over = f" over {_counted(context.models, 'model')}" if context.models is not None else ""
            counted = f"Denominator{' on the last day' if 'day' in self.columns else ''}: {context.denominator:,}{over}"
            notes.append(counted + (f"; {context.uncounted:,} more without a figure" if context.uncounted else ""))
        elif "denominator" in self.columns:
            notes.append(f"Denominator: each row's own, in its column; {_counted(context.models or 0, 'model')} in all rows")
        if context.labelled is not None:
            of = "the denominator" if context.denominator is not None else "all rows"
            notes.append(f"Labelled: {percent(context.labelled)} of {of}")
        elif "labelled" in self.columns:
            notes.append("Labelled: the part of each row's denominator, in its column")
        return notes

    def _is_number(self, at: int) -> bool:
        return any(isinstance(row[at], int | float) and not isinstance(row[at], bool) for row in self.rows)


def said_plainly(cell: Cell) -> Cell:
    return "+".join(cell) if isinstance(cell, list) else cell


def percent(part: float, digits: int = 1) -> str:
    """A part in per cent; only nothing is written as 0 %, and only the whole as 100 %."""
    said, least = f"{part:.{digits}%}", 10.0**-digits
    if abs(part) > _NOISE and float(said[:-1]) == 0:
        return f"{'<' if part > 0 else '>-'}{least:.{digits}f}%"
    return f">{100 - least:.{digits}f}%" if part < 1 - _NOISE and float(said[:-1]) == 100 else said


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def blocks(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Table | str]:
    """A block a row, each column's name and value on lines of their own, for where a table has no room."""
    for row in rows:
        block = Table.grid("", Column(overflow="fold"), padding=(0, 2, 0, 0))
        for column, cell in zip(columns, row, strict=True):
            if told := shown(column, cell):
                block.add_row(Text(column, style="bold"), Text(told))
        yield block
        yield ""


def shown(column: str, cell: Cell) -> str:
    """A cell for people: thousands parted, shares in per cent, the change of a share in points."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and column == "change":
        return f"{100 * cell:+.2f} points"
    if isinstance(cell, float):
        return percent(cell, 2) if any(word in column for word in _SHARES) else f"{cell:,.4g}" if abs(cell) < 1000 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) else str(said_plainly(cell))
