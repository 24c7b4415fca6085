"""A figure of the site: heading, chart, table, what it rests on, its data, its citation, under an address that stays."""

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb

from hubwatch.clock import today
from hubwatch.report import charts, words
from hubwatch.report.asking import Answer
from hubwatch.report.basis import basis_of, rule_changes, told_rules
from hubwatch.report.charts import Chart
from hubwatch.report.shares import POLICY, Choice, Shares, State, switch_of
from hubwatch.statistics import Cell, ObservedDay, Result, percent, record, shown

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
_BARS = 10
_LONGEST = 200  # characters of a name in print


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


@dataclass(frozen=True)
class Citation:
    """The figure as a sentence, a BibTeX entry and a CSL-JSON item."""

    sentence: str
    bibtex: str
    csl: str
    id: str = ""


@dataclass(frozen=True)
class Figure:
    """What one figure shows. `columns` and `rows` are its data, `definition` and `notes` what they mean and rest on.

    `extent` says which part of which hub it is of, `basis` the labelled and flagged part, the number of models and the age.
    """

    slug: str
    page: str
    heading: str
    lead: str
    extent: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    table: Table
    chart: Chart | None = None
    definition: str = ""
    unit: str = ""
    notes: tuple[str, ...] = ()
    citation: Citation | None = None
    family: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    switch: tuple[Choice, ...] = ()
    payload: dict[str, Any] = field(default_factory=dict)
    caution: str = ""
    basis: str = ""

    @property
    def anchor(self) -> str:
        return self.slug.rpartition("/")[2]

    @property
    def caption(self) -> tuple[str, ...]:
        """What a picture of it must say where there is no page around: title, extent, what it rests on, when it was made."""
        lines = (self.heading, self.extent, self.caution, f"{self.basis} (made on {words.day(today())})" if self.basis else "")
        return tuple(line for line in lines if line)

    def csv(self) -> str:
        return Result.model_construct(columns=self.columns, rows=self.rows, context=None).to_csv()

    def as_json(self) -> str:
        """The figure's data with what it means, one object a row."""
        said = {
            "version": 1, "slug": self.slug, "title": self.heading, "extent": self.extent, "basis": self.basis, "unit": self.unit,
            "definition": self.definition, "notes": list(self.notes), "columns": list(self.columns),
        }  # fmt: skip
        head = json.dumps({**said, **self.payload}, ensure_ascii=False, indent=1, default=str).removesuffix("\n}")
        rows = (json.dumps(dict(zip(self.columns, row, strict=True)), ensure_ascii=False, default=str) for row in self.rows)
        return head + ',\n "rows": [\n' + ",\n".join(rows) + "\n]}"

    def column_types(self) -> dict[str, str]:
        """DuckDB's types of the columns, for Parquet."""
        return {name: _type([row[at] for row in self.rows]) for at, name in enumerate(self.columns)}


def _type(cells: list[Cell]) -> str:
    for kind, name in ((bool, "BOOLEAN"), (int, "BIGINT"), (float, "DOUBLE"), (datetime, "TIMESTAMP"), (date, "DATE"), (list, "VARCHAR[]")):
        known = [cell for cell in cells if cell is not None]
        if known and all(isinstance(cell, (int, float) if kind is float else kind) for cell in known):
            return "HUGEINT" if kind is int and any(isinstance(cell, int) and abs(cell) >= 2**63 for cell in known) else name
    return "VARCHAR"


def figure_of(
    con: duckdb.DuckDBPyConnection, answer: Answer, names: words.Names, links: dict[tuple[str, str], str], known: Shares
) -> Figure:
    """An answered question as a figure, with country and kind in words and links to the pages there are; a share with its switch."""
    result, question = answer.result, answer.question
    assert result is not None  # only answered questions come here
    by = str(result.context.parameters.get("by") or "")
    extent = extent_of(result)
    state = State(answer.hub or "", str(result.context.parameters.get("metric")), by, POLICY)
    choices = tuple(
        (label, said) for label, said in (("hub", words.hub(answer.hub) if answer.hub else ""), ("grouped by", answer.variant)) if said
    )
    return Figure(
        slug=answer.slug,
        page=question.page,
        heading=answer.heading,
        lead=question.lead,
        extent=extent,
        columns=result.columns,
        rows=result.rows,
        table=table_of(result.columns, _of_months(result), by, names, links, _counted(result)),
        chart=chart_of(answer, by, names, f"{answer.heading}. {extent}"),
        definition=result.context.definition,
        unit=result.context.unit,
        notes=tuple(result.notes()),
        citation=citation_of(con, result),
        family=question.slug if choices else "",
        choices=choices,
        switch=tuple(one for one in switch_of(state, known, names) if one.name != "Hub")
        if state in known and question.page == "index"
        else (),
        caution=told_rules(rule_changes(result)) or (SAMPLES if is_of_samples(answer) else ""),
        basis=basis_of(result),
    )


def _of_months(result: Result) -> tuple[tuple[Cell, ...], ...]:
    """The rows for readers: of months the last first, and those in which something was; the data have all."""
    if "month" not in result.columns or "value" not in result.columns:
        return result.rows
    month, value = result.columns.index("month"), result.columns.index("value")
    return tuple(sorted((row for row in result.rows if row[value]), key=lambda row: str(row[month]), reverse=True))


SAMPLES = "The hubs' samples differ: a model that is missing from the sample of a hub may well be listed there."


def is_of_samples(answer: Answer) -> bool:
    """Whether the answer compares what hubs list, while of some hub only a part was observed."""
    assert answer.result is not None
    return answer.question.page == "hubs" and not answer.question.each_hub and not all(_whole(at) for at in answer.result.context.observed)


def extent_of(result: Result) -> str:
    """What the figures are of: hub, day and what part of the hub, in words."""
    seen = result.context.observed
    if len(seen) > 4:
        return f"{words.hub(seen[0].hub)}, {len(seen)} days from {words.day(seen[0].day)} to {words.day(seen[-1].day)}: {covered(seen[-1])}"
    if len(seen) > 1 and len({(at.hub, at.extent_note, at.complete, at.health) for at in seen}) == 1:
        days = sorted(at.day for at in seen)
        return f"{words.hub(seen[0].hub)}, {len(days)} days from {words.day(days[0])} to {words.day(days[-1])}: {covered(seen[-1])}"
    return "; ".join(f"{words.hub(at.hub)}, {words.day(at.day)}: {covered(at)}" for at in seen)


def covered(at: ObservedDay) -> str:
    """What part of the hub a day's source covers, with its number of models."""
    counted = f"{at.records:,} models" if at.records is not None else "models"
    archive, done = at.sweep.startswith("archive"), "" if at.extent == "selection" else ", complete"
    state = ", a published snapshot" if archive else done if at.complete else ", incomplete"
    state += f", counters {at.health.replace('_', ' ')}" if at.health else ""
    if at.extent_note:
        note = words.clean(at.extent_note)
        return f"{note}{state}" if counted in note else f"{note}, {counted}{state}"
    kinds = {"whole": "the whole hub", "head": "the most downloaded only", "window": "created within a period only"}
    return f"{counted}, {kinds.get(at.extent, 'a selection, not the whole hub')}{state}"


def citation_of(con: duckdb.DuckDBPyConnection, result: Result) -> Citation:
    made = record(con, _printable(result), None, {})
    return Citation(" ".join(made.sentences), made.to_bibtex(), made.to_csl(), made.id)


def _printable(result: Result) -> Result:
    """The result with names that no sentence can hold cut: a hub may list a name of a megabyte."""
    if not any(isinstance(cell, str) and len(cell) > _LONGEST for row in result.rows for cell in row):
        return result
    rows = tuple(tuple(words.clean(cell) if isinstance(cell, str) else cell for cell in row) for row in result.rows)
    return result.model_copy(update={"rows": rows})


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
    return TableCell(words.clean(shown(column, cell)), str(cell)[:_LONGEST], False)


def chart_of(answer: Answer, by: str, names: words.Names, name: str) -> Chart | None:
    """The chart that the question asks for, where there is something to draw."""
    result, kind = answer.result, answer.question.chart
    assert result is not None
    rows = result.records()
    if kind == "bars":
        return charts.bars(name, bar_rows(rows, by, names), f"share of {_counted(result)}")
    if kind in ("license_class", "size_class"):
        return charts.stack(name, _parts(rows, kind, by, names), "share of the group's models")
    if kind == "places" and not all(_whole(at) for at in result.context.observed):
        return None  # samples differ: what one lacks may well be on its hub
    if kind == "places":
        return charts.stack(name, _parts(rows, "place", by, names), "share of the group's models")
    if kind == "months" and all(_whole(at) for at in result.context.observed):
        return charts.months(name, _months(rows, by, names), "models")
    return None


def _whole(at: ObservedDay) -> bool:
    """Whether a day's source covers the hub: of a selection, months show what was selected and not what was released."""
    return at.extent == "whole"


def _counted(result: Result) -> str:
    metric, statistic = str(result.context.parameters.get("metric") or ""), result.context.statistic
    known = {"derivatives": "derivations", "monthly_downloads": "downloads in 30 days", "download_flow": "downloads in the period"}
    return known.get(statistic) or words.COUNTERS.get(metric, "models")


def bar_rows(rows: list[dict[str, Any]], by: str, names: words.Names) -> list[dict[str, Any]]:
    """The rows of a chart of bars: the largest groups, the unlabelled last."""
    told = [row for row in rows if isinstance(row.get("share"), float) and isinstance(row.get("share_low"), float)]
    known = [row for row in told if row["group"] != "unknown"][:_BARS] + [row for row in told if row["group"] == "unknown"]
    return [
        {"label": names.group(by, row["group"]), "group": words.clean(row["group"]), "share": row["share"], "low": row["share_low"], "high": row["share_high"]}
        for row in known
    ]  # fmt: skip


def _parts(rows: list[dict[str, Any]], part: str, by: str, names: words.Names) -> list[dict[str, Any]]:
    """The parts of the largest groups. Equal parts of a group (sets of hubs at one place) are added."""
    size: dict[str, int] = {}
    for row in rows:
        size[str(row["group"])] = size.get(str(row["group"]), 0) + int(row["value"] or 0)
    largest = sorted(size, key=lambda group: (-size[group], group))[:_BARS]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        group, code = str(row["group"]), str(row.get(part))
        if group in largest and isinstance(row.get("share"), float):
            one = found.setdefault(
                (group, code),
                {
                    "label": names.group(by, group),
                    "part": names.group(part, code),
                    "part_code": words.clean(code),
                    "share": 0.0,
                    "value": 0,
                },
            )
            one["share"] += row["share"]
            one["value"] += row["value"]
    return [one for (group, _), one in sorted(found.items(), key=lambda item: (largest.index(item[0][0]), item[0][1]))]


def _months(rows: list[dict[str, Any]], by: str, names: words.Names, last: int = 24) -> list[dict[str, Any]]:
    each = sorted({row["month"] for row in rows})[-last:]
    size: dict[str, int] = {}
    for row in rows:
        if row["month"] in each:
            size[str(row["group"])] = size.get(str(row["group"]), 0) + int(row["value"] or 0)
    largest = [group for group in sorted(size, key=lambda group: (-size[group], group)) if group != "unknown"][:5]
    drawn = []
    for row in rows:
        if row["month"] in each:
            group = str(row["group"])
            group = group if group in (*largest, "unknown") else "others"
            drawn.append({"month": row["month"], "label": names.group(by, group), "group": words.clean(group), "value": row["value"]})
    return drawn
