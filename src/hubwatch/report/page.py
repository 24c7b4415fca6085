"""What people look at: one HTML page that stands alone, with the day's figures, their definitions and their doubts."""

import os
from html import escape
from pathlib import Path

import duckdb

from hubwatch.hubs import HUBS
from hubwatch.report.charts import chart
from hubwatch.report.sections import Section, sections
from hubwatch.statistics import Cell, ObservedDay, Result, definitions, doubts, observed_day, observed_hubs, shown

_ROWS = 12
_STYLE = Path(__file__).parent / "style.css"
_COUNTERS = ", ".join(f"{hub.title} {hub.counters}" for hub in HUBS.values())
_READING = (
    f"A counter is the hub's own word. {_COUNTERS}: they are never added. Each hub has its own idea of a download; automatic fetches count.",
    "A bar is a share; the line on it runs from the least to the most that the share can be, whoever the unlabelled are.",
    "Null is not zero: a model whose hub gives no counter is in no denominator, and is counted apart.",
    "Country is the home of the body that released the model, never of its base model; mirrors count for the mirror.",
    "Creation dates are the hubs' own and may precede publication; what was deleted before the first sweep is missing.",
)


def write_report(con: duckdb.DuckDBPyConnection, folder: Path) -> Path:
    """Write `report.html` into the folder, whole or not at all, and return its path. It loads nothing from anywhere."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "report.html"
    part = folder / f".report.html.{os.getpid()}.part"
    part.write_text(_page(con), encoding="utf-8")
    part.replace(target)
    return target


def _page(con: duckdb.DuckDBPyConnection) -> str:
    observed = [observed_day(con, hub, None) for hub in observed_hubs(con)]
    found = sections(con)
    shown_sections = [section for section in found if section.result and section.result.rows]
    days = ", ".join(f"{at.hub} {at.day}" for at in observed) or "nothing observed yet"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>hubwatch: {escape(days)}</title><style>{_STYLE.read_text(encoding="utf-8")}</style></head><body><main>
<header><h1>Whose models the world downloads</h1><p class="lead">Open models as their hubs list them: {escape(days)}.</p></header>
{_observed(con, observed)}
<nav><h2>Contents</h2><ul>{"".join(_entry(number, section) for number, section in enumerate(shown_sections))}</ul></nav>
{"".join(_section(number, section) for number, section in enumerate(shown_sections))}
{_missing([section for section in found if section not in shown_sections])}
<section><h2>How to read this</h2><ul>{"".join(f"<li>{escape(line)}</li>" for line in _READING)}</ul></section>
{_definitions()}
</main></body></html>
"""


def _observed(con: duckdb.DuckDBPyConnection, observed: list[ObservedDay]) -> str:
    """The days the page rests on, how complete they are, and what is doubtful of them."""
    rows = []
    for at in observed:
        flags = con.execute("select count(*) from flags where hub = ? and day = ? and model_id <> ''", [at.hub, at.day]).fetchall()
        said = escape("; ".join(doubts(con, at)) or "nothing")
        state = '<td class="good">complete</td>' if at.complete else '<td class="bad">incomplete</td>'
        if at.sweep.startswith("archive"):
            state = "<td>a snapshot</td>"
        listed = "" if at.listed_total is None else f"{at.listed_total:,}"
        numbers = "".join(f"<td class=n>{number}</td>" for number in (f"{at.records or 0:,}", listed, f"{flags[0][0]:,}"))
        rows.append(f"<tr><th>{escape(at.hub)}</th><td>{at.day}</td><td>{escape(at.sweep)}</td>{state}{numbers}<td>{said}</td></tr>")
    heads = ("hub", "day", "sweep", "state", "listings seen", "listings by the hub's word", "flagged numbers", "doubts about the day")
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f"<section><h2>What was observed</h2><div class=wide><table><tr>{head}</tr>{''.join(rows)}</table></div></section>"


def _entry(number: int, section: Section) -> str:
    return f'<li><a href="#s{number}">{escape(_heading(section))}</a></li>'


def _heading(section: Section) -> str:
    return f"{section.question.heading}, {section.hub}" if section.hub else section.question.heading


def _section(number: int, section: Section) -> str:
    result, question = section.result, section.question
    assert result is not None  # only answered sections come here
    drawn = f"<figure>{chart(result, question.chart)}</figure>" if question.chart else ""
    notes = "".join(f"<li>{escape(note)}</li>" for note in result.notes())
    told = ". ".join([result.scope(), f"Unit: {result.context.unit}", *result.coverage()])
    return f"""<section id="s{number}"><h2>{escape(_heading(section))}</h2>
<p class="lead">{escape(question.lead)}</p><p class="scope">{escape(told)}.</p>{drawn}{_table(result)}
<details><summary>Definition, unit and notes</summary><p>{escape(result.context.definition)}</p><ul>{notes}</ul></details></section>
"""


def _table(result: Result) -> str:
    """The first rows, as many as were asked for; a table long by months shows its last month's, and says so."""
    rows, first, alone = result.rows, int(result.context.parameters.get("top") or _ROWS), ""
    if "month" in result.columns and rows:
        month = result.columns.index("month")
        rows = tuple(row for row in rows if row[month] == rows[-1][month])
        alone = f'<p class="more">The last month alone, {rows[-1][month]:%Y-%m}; hubwatch stats gives all.</p>'
    numeric = [any(isinstance(row[at], int | float) for row in rows) for at in range(len(result.columns))]
    mark = [" class=n" if number else "" for number in numeric]
    names = zip(result.columns, mark, strict=True)
    head = "".join(f"<th{kind}>{escape(name.replace('_', ' '))}</th>" for name, kind in names)
    body = "".join(f"<tr>{_cells(result.columns, row, mark)}</tr>" for row in rows[:first])
    more = f'<p class="more">{len(rows) - first:,} more rows: hubwatch stats gives them.</p>' if len(rows) > first else ""
    return f"{alone}<div class=wide><table><tr>{head}</tr>{body}</table></div>{more}"


def _cells(columns: tuple[str, ...], row: tuple[Cell, ...], mark: list[str]) -> str:
    cells = zip(columns, row, mark, strict=True)
    return "".join(f"<td{kind}>{escape(shown(name, cell))}</td>" for name, cell, kind in cells)


def _missing(refused: list[Section]) -> str:
    if not refused:
        return ""
    lines = "".join(f"<li>{escape(_heading(one))}: {escape(one.refusal or 'nothing observed')}</li>" for one in refused)
    return f"<section><h2>Not shown</h2><ul>{lines}</ul></section>"


def _definitions() -> str:
    entries = "".join(
        f"<dt>{escape(one.title)} <code>{one.name}</code></dt><dd>{escape(one.definition)} <em>Unit: {escape(one.unit)}."
        f" Window: {escape(one.window)}.</em></dd>"
        for one in definitions()
    )
    return f"<section><h2>Definitions</h2><details><summary>All statistics</summary><dl>{entries}</dl></details></section>"
