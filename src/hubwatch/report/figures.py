"""A figure of the site: heading, chart, table, what it rests on, its data, its citation, under an address that stays."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb

from hubwatch.clock import today
from hubwatch.report import words
from hubwatch.report.asking import Answer
from hubwatch.report.basis import basis_of, extent_of, is_whole, rule_changes, told_rules
from hubwatch.report.cells import Table, table_of
from hubwatch.report.charted import chart_of, counted
from hubwatch.report.charts import Chart
from hubwatch.report.shares import POLICY, Choice, Shares, State, switch_of
from hubwatch.statistics import Cell, Result, record

_LONGEST = 200  # characters of a name in print


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
    observed_on: date | None = None
    """Where it is set, `basis` states this day and the browser how long ago it is: a page is as it was until its figures change."""

    @property
    def anchor(self) -> str:
        return self.slug.rpartition("/")[2]

    @property
    def caption(self) -> tuple[str, ...]:
        """What a picture of it must say where there is no page around: title, extent, what it rests on, when it was made."""
        made = f" (made on {words.day(today())})" if self.basis and self.observed_on is None else ""
        lines = (self.heading, self.extent, self.caution, f"{self.basis}{made}")
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
        table=table_of(result.columns, _of_months(result), by, names, links, counted(result)),
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
    return (
        answer.question.page == "hubs" and not answer.question.each_hub and not all(is_whole(at) for at in answer.result.context.observed)
    )


def citation_of(con: duckdb.DuckDBPyConnection, result: Result) -> Citation:
    made = record(con, _printable(result), None, {})
    return Citation(" ".join(made.sentences), made.to_bibtex(), made.to_csl(), made.id)


def _printable(result: Result) -> Result:
    """The result with names that no sentence can hold cut: a hub may list a name of a megabyte."""
    if not any(isinstance(cell, str) and len(cell) > _LONGEST for row in result.rows for cell in row):
        return result
    rows = tuple(tuple(words.clean(cell) if isinstance(cell, str) else cell for cell in row) for row in result.rows)
    return result.model_copy(update={"rows": rows})
