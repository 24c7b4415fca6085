"""A statistic's answer: rows, and everything needed to read them rightly; as table, JSON, CSV, Markdown or HTML."""

import io
import json
from html import escape
from typing import Any

from pydantic import BaseModel, ConfigDict
from rich.console import Console, Group
from rich.text import Text

from hubwatch.clock import today
from hubwatch.errors import counted, plain
from hubwatch.statistics.days import ObservedDay
from hubwatch.statistics.definitions import definition
from hubwatch.statistics.flagged import Flagged
from hubwatch.statistics.observed import age, told_day
from hubwatch.statistics.tabular import (
    WIDTH,
    Cell,
    as_csv,
    as_markdown,
    as_table,
    cleaned,
    percent,
)

_FEW = 4  # so many observed days are described one by one


class Context(BaseModel):
    """What a result rests on. `denominator` is the sum of value, null where shares are not all over one: rows then have their own.

    `models` is the number of models in the rows; `labelled` the part of the sum of value with a known group, 0..1;
    `flagged` what of the sum is flagged, null where nothing is summed that could be; `apart` which lands a country in it is without.
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
    flagged: Flagged | None = None
    apart: str | None = None
    warnings: tuple[str, ...] = ()
    sql: str

    @property
    def heading(self) -> str:
        """The title, in the word of the counter that was asked for: Share of likes, where it is of likes."""
        metric = self.parameters.get("metric")
        return self.title.replace("downloads", metric) if metric in ("likes", "models") else self.title


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
        """The context's fields, `notes` in words, and `rows`, one object a row; days as ISO dates."""
        return json.dumps(self.fields(), ensure_ascii=False, indent=2, default=str)

    def fields(self) -> dict[str, Any]:
        """What the JSON holds."""
        context = self.context.model_dump(mode="json") | {"title": self.context.heading}
        for seen, at in zip(context["observed"], self.context.observed, strict=True):
            seen["age_days"] = age(at, today())
        rows = [dict(zip(self.columns, map(cleaned, row), strict=True)) for row in self.rows]
        return context | {"notes": [plain(note) for note in self.notes()], "rows": rows}

    def to_csv(self) -> str:
        """Header and rows; null is empty, a list is joined by '+'."""
        return as_csv(self.columns, self.rows)

    def to_markdown(self) -> str:
        """Title, table and notes, to paste into a text."""
        lines = [f"**{self.context.heading}** ({self.scope()})", "", as_markdown(self.columns, self.rows)]
        return plain_lines("\n".join([*lines, *(f"- {note}" for note in self.notes())]) + "\n")

    def to_html(self, table: str) -> str:
        """Title, the table given, and notes, for a notebook."""
        notes = "".join(f"<li>{escape(plain(note))}</li>" for note in self.notes())
        return f"<p><b>{escape(self.context.heading)}</b> ({escape(plain(self.scope()))})</p>{table}<ul>{notes}</ul>"

    def to_table(self, limit: int | None = 40, width: int = WIDTH) -> Group:
        """A table for a terminal of this width, cut after `limit` rows, with its notes below; rich renders it.

        Figures are never broken: where there is no room for them side by side, each row is a block.
        """
        table = as_table(self.columns, self.rows[:limit], width, f"{self.context.heading} ({plain(self.scope())})")
        cut = [f"{counted(len(self.rows) - limit, 'more row')}: --format csv gives all"] if limit and len(self.rows) > limit else []
        return Group(table, *(Text(plain(note), style="dim") for note in cut + self.notes()))

    def to_text(self) -> str:
        """The table as plain text, for a file or a pipe."""
        out = io.StringIO()
        Console(file=out, width=WIDTH, color_system=None).print(self.to_table())
        return out.getvalue()

    def scope(self) -> str:
        """Hubs, days and the choices made, in one line."""
        seen = self.context.observed
        ends = f"{seen[0].hub} {seen[0].day} to {seen[-1].day}, {len(seen)} days" if len(seen) > _FEW else ""
        days = ends or ", ".join(f"{at.hub} {at.day}" for at in seen) or "no hub"
        asked = {k: v for k, v in self.context.parameters.items() if k not in ("hub", "day") and v not in (None, False)}
        words = {key: ", ".join(map(str, value)) if isinstance(value, list | tuple) else value for key, value in asked.items()}
        return "; ".join([days, *(f"{key} {value}" for key, value in words.items())])

    def notes(self) -> list[str]:
        """Unit, window, days with extent and health, denominator, labelled and flagged part, warnings: a line each."""
        context = self.context
        lines = [f"Unit: {context.unit}", f"Window: {context.window}", *self.observations(), *self.coverage()]
        return lines + [f"Note: {said}" for said in context.warnings]

    def observations(self) -> list[str]:
        """Each observed day with its extent, completeness, health and age, a line each; of many, the first and the last."""
        seen, now = self.context.observed, today()
        told = seen if len(seen) <= _FEW else (seen[0], seen[-1])
        more = [f"Observed: {len(seen) - 2} more days in between"] if len(seen) > _FEW else []
        lines = [f"Observed: {told_day(at, now)}" for at in told]
        return lines[:1] + more + lines[1:]

    def coverage(self) -> list[str]:
        """What shares are of, and how much of that is labelled and flagged, a line each."""
        context, notes = self.context, []
        if not self.rows:
            return []
        if context.denominator is not None:
            over = f" over {counted(context.models, 'model')}" if context.models is not None else ""
            whole = f"Denominator{' on the last day' if 'day' in self.columns else ''}: {context.denominator:,}{over}"
            notes.append(whole + (f"; {context.uncounted:,} more without a figure" if context.uncounted else ""))
        elif "denominator" in self.columns:
            notes.append(f"Denominator: each row's own, in its column; {counted(context.models or 0, 'model')} in all rows")
        if context.labelled is not None:
            of = "the denominator" if context.denominator is not None else "all rows"
            asked = [name for name in ("country", "kind", "organization") if context.parameters.get(name)]
            if asked and context.denominator is not None and not definition(context.statistic).leaves_unlabelled_out:
                of += f" together with all whose {' or '.join(asked)} is unknown"
            notes.append(f"Labelled: {percent(context.labelled)} of {of}")
        elif "labelled" in self.columns:
            notes.append("Labelled: the part of each row's denominator, in its column")
        if context.flagged is not None:
            notes.append(f"Flagged: {context.flagged.told(bool(context.parameters.get('without_flagged')))}")
        return notes


def plain_lines(text: str) -> str:
    """Several lines of text without anything that a terminal would obey."""
    return "\n".join(plain(line) for line in text.split("\n"))
