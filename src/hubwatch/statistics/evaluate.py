"""Statistics: named, defined tables, one SQL file each. `run` answers one question; `measure` fills tables."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.errors import HeadError, StatisticsError
from hubwatch.statistics.answer import Context, Result
from hubwatch.statistics.days import ObservedDay
from hubwatch.statistics.definitions import Definition, definition, definitions
from hubwatch.statistics.flagged import flagged_part
from hubwatch.statistics.listed import take_list
from hubwatch.statistics.question import Question, settle
from hubwatch.statistics.tables import measure
from hubwatch.statistics.tabular import Cell
from hubwatch.store import substitute

__all__ = [
    "Context",
    "Definition",
    "HeadError",
    "ObservedDay",
    "Result",
    "StatisticsError",
    "definition",
    "definitions",
    "measure",
    "run",
]


LISTED = "listed_origin_share"  # the one statistic over a reader's list
_ALWAYS_KNOWN = ("namespace", "model", "hub")  # no listing is without; one may be called unknown


def run(con: duckdb.DuckDBPyConnection, name: str, **parameters: str | int | float | bool | date | None) -> Result:
    """One statistic's rows with their context. Names and values as on the command line; None means not asked.

    Raises StatisticsError, one line with the cure, for what cannot be answered truthfully.
    """
    statistic = definition(name)
    asked: dict[str, Any] = dict(parameters)
    file = asked.pop("list", None) if statistic.name == LISTED else None
    notes = take_list(con, Path(str(file)), _day_of_list(asked.pop("day", None))) if file is not None else []
    question = settle(con, statistic, asked)
    question.warnings += notes
    sql = substitute(statistic.sql, question.values)
    try:
        cursor = con.execute(sql)
        columns = tuple(column[0] for column in cursor.description or ())
        rows = tuple(tuple(row) for row in cursor.fetchall())
    except duckdb.CatalogException as error:
        lacks_list = "listed" in str(error) and statistic.name == LISTED
        cure = (
            "name a CSV file with --list (columns system and organization), or make the table listed(subject, organization)"
            if lacks_list
            else "run hubwatch classify, link and measure"
        )
        raise StatisticsError(f"{statistic.name}: {str(error).splitlines()[0]}; {cure} first") from error
    return Result(columns=columns, rows=rows, context=_context(con, statistic, question, sql, columns, rows))


def _day_of_list(day: object) -> date | None:
    return day if day is None or isinstance(day, date) else date.fromisoformat(str(day))


def _context(
    con: duckdb.DuckDBPyConnection,
    statistic: Definition,
    question: Question,
    sql: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[Cell, ...]],
) -> Context:
    if not rows:
        question.warnings.append("no row: nothing that this question is about was observed, or every counter of it is 0")
    model = question.values.get("model")
    if model is not None and all(row[columns.index("model_id")] != model for row in rows):
        question.warnings.append(f"{model} has no row: it, its size, its creation date or its downloads at these ages were not observed")
    return Context(
        statistic=statistic.name,
        title=statistic.title,
        definition=statistic.definition,
        unit=statistic.unit,
        window=statistic.window,
        parameters=question.asked,
        observed=tuple(question.observed),
        flagged=flagged_part(con, question.observed, question.values),
        warnings=tuple(question.warnings),
        sql=sql,
        **_whole(statistic, question, columns, rows),
    )


def _whole(statistic: Definition, question: Question, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> dict[str, Any]:
    """What the rows' shares are of, as far as all are of one whole: denominator, models, uncounted, labelled."""
    if "rank" in columns and "share_high" in columns:  # the first ones only: their sum is not the whole
        denominator, labelled = _whole_of_first(columns, rows)
        # Within a country the bounds hold what may be of that country, too.
        return {"denominator": denominator, "labelled": labelled if question.values.get("country") is None else None}
    if "denominator" in columns and "share" not in columns:  # measures of one whole
        said = [dict(zip(columns, row, strict=True)) for row in rows[:1]]
        return {name: row[name] for row in said for name in ("denominator", "models", "labelled")}
    if not {"value", "share"} <= set(columns):
        return {}
    if "day" in columns:  # days are never added: the last one's
        rows = [row for row in rows if row[columns.index("day")] == question.values["day"]]
    denominator = _sum(columns, rows, "value")
    label = next((name for name in ("license_class", "size_class") if name in columns), "group")
    known = label == "group" and question.values.get("by") in _ALWAYS_KNOWN
    unlabelled = 0 if known else _sum(columns, rows, "value", unknown_in=label)
    labelled = 1 - unlabelled / denominator if denominator else None
    if "denominator" in columns and {row[columns.index("denominator")] for row in rows} != {denominator}:  # each row's own
        denominator, labelled = None, None if "labelled" in columns else labelled
    # What is made from models of two groups is in both their rows.
    summed = [name for name in ("models", "uncounted") if name in columns and (name, statistic.name) != ("models", "derivatives")]
    return {"denominator": denominator, "labelled": labelled} | {name: _sum(columns, rows, name) for name in summed}


def _whole_of_first(columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> tuple[int | None, float | None]:
    """Denominator and labelled part that the shares and bounds of a ranking's rows are of."""
    for row in rows:
        one = dict(zip(columns, row, strict=True))
        value, share, low, high = (one[name] for name in ("value", "share", "share_low", "share_high"))
        if isinstance(value, int) and isinstance(share, float) and isinstance(low, float) and isinstance(high, float) and share > 0:
            return round(value / share), 1 - (high - low)
    return None, None


def _sum(columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]], column: str, unknown_in: str | None = None) -> int:
    """The sum of a column; with `unknown_in`, over the rows whose label there is unknown."""
    at = columns.index(column)
    label = columns.index(unknown_in) if unknown_in else None
    cells = [row[at] for row in rows if label is None or row[label] == "unknown"]
    return sum(cell for cell in cells if isinstance(cell, int))
