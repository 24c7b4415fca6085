"""One statistic's answer: the call of its macro, its rows, and what their shares are of."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb

from hubwatch.errors import HeadError, StatisticsError, StoreFault
from hubwatch.spelling import hint
from hubwatch.statistics.answer import Context, Result
from hubwatch.statistics.beside import told_beside
from hubwatch.statistics.contested import contested_labels
from hubwatch.statistics.days import ObservedDay, attributes_missing, observed_day, observed_hubs
from hubwatch.statistics.definitions import Definition, called, definition, definitions, has_macros, make_macros
from hubwatch.statistics.flagged import Flagged, flagged_part, tests_told
from hubwatch.statistics.forms import forms_told
from hubwatch.statistics.listed import NO_LIST, list_for
from hubwatch.statistics.question import Question, settle
from hubwatch.statistics.tables import measure
from hubwatch.statistics.tabular import Cell
from hubwatch.statistics.unknown_values import refuse_unknown_values

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
Asked = str | int | float | bool | date | list[str] | tuple[str, ...] | None


def run(con: duckdb.DuckDBPyConnection, name: str, **parameters: Asked) -> Result:
    """One statistic's rows with their context. Names and values as on the command line; None means not asked.

    Raises StatisticsError, one line with the cure, for what cannot be answered truthfully.
    """
    statistic = definition(name)
    require_macros(con)
    asked: dict[str, Any] = dict(parameters)
    if isinstance(by := asked.get("by"), list | tuple):
        asked["by"] = ",".join(by)
    listed = list_for(con, asked) if statistic.name == LISTED else NO_LIST
    question = settle(con, statistic, asked)
    question.warnings += listed.notes
    question.asked |= listed.asked
    sql = called(statistic, question.values)
    try:
        cursor = con.execute(sql)
        columns = tuple(column[0] for column in cursor.description or ())
        rows = tuple(tuple(row) for row in cursor.fetchall())
    except duckdb.CatalogException as error:
        if statistic.name == LISTED and (table := question.values.get("listed")):
            raise StatisticsError(f"there is no table {table}; name a CSV file with --list (columns system and organization)") from error
        raise StatisticsError(f"{statistic.name}: {str(error).splitlines()[0]}; run hubwatch classify, link and measure first") from error
    return Result(columns=columns, rows=rows, context=context_of(con, statistic, question, listed.sql + sql, columns, rows))


def _why_empty(con: duckdb.DuckDBPyConnection, question: Question) -> str:
    """Why an answer has no row: an attribute that the statistic needs is not reported, by which hub, and which one has it."""
    needs = question.statistic.needs
    lacking = {at: missing for at in question.observed if (missing := attributes_missing(con, at, needs))}
    if not lacking:
        return "nothing that this question is about was observed, or every counter of it is 0"
    told = ", and ".join(f"no listing of {at.hub} on {at.day} has {' or '.join(missing)}" for at, missing in lacking.items())
    able = [hub for hub in observed_hubs(con) if not attributes_missing(con, observed_day(con, hub, None), needs)]
    cure = f"; --hub {' or '.join(able)} has it" if "hub" in question.statistic.declared and able else ""
    return f"{told}, which {question.statistic.name.replace('_', '-')} needs{cure}"


def _without_bases(con: duckdb.DuckDBPyConnection, question: Question) -> str | None:
    """The hub of the question where none of its listings ever stated what it is made from, as after an archive of counters alone."""
    hub = question.observed[0].hub
    stated = "select 1 from store.attributes join store.listing using (listing_key) where hub = $hub and len(base_models) > 0"
    found = con.execute(f"select 1 from derivations where hub = $hub union all {stated} limit 1", {"hub": hub}).fetchall()
    return None if found else hub


def require_macros(con: duckdb.DuckDBPyConnection) -> None:
    """See that the file's statistics are this version's."""
    if has_macros(con):
        return
    try:
        make_macros(con)
    except duckdb.Error:
        raise StoreFault("the file's statistics are of another hubwatch version; re-run `hubwatch publish` to renew them") from None


def context_of(
    con: duckdb.DuckDBPyConnection,
    statistic: Definition,
    question: Question,
    sql: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[Cell, ...]],
) -> Context:
    """What the rows of a settled question rest on; `sql` is the macro's call that gives them."""
    if not rows:
        _refuse_unknown_group(con, question)
        refuse_unknown_values(con, question.values)
        question.warnings.append(f"no row: {_why_empty(con, question)}")
    model = question.values.get("model")
    if model is not None and all(row[columns.index("model_id" if "model_id" in columns else "group")] != model for row in rows):
        why = "it, its size, its creation date or its downloads at these ages were not observed"
        question.warnings.append(f"{model} has no row: {why if 'model_id' in columns else 'no listing of the day names it as its base'}")
    if {"value_constant", "panel"} & {*columns} and statistic.days in ("all", "sound"):
        first = question.observed[0].day
        question.warnings.append(f"the constant panel is of the namespaces observed on {first}, the first day: --since sets another")
    if rows and statistic.splits == "relation" and (hub := _without_bases(con, question)):
        question.warnings.append(
            f"no listing of {hub} states a base model in any source that is loaded: that all are originals is not known"
        )
    labels = [name for name in ("country", "kind", "organization") if question.values.get(name) is not None]
    if labels and {"share_low", "share_high"} <= {*columns}:
        names = " or ".join(labels)
        allow = "do not allow" if statistic.leaves_unlabelled_out else "allow"
        question.warnings.append(
            f"the denominator is what is known to be of the {names}; the bounds {allow} for all whose {names} is unknown"
        )
    unit, window = _unit(statistic, question)
    whole = whole_of(statistic, columns, rows)
    question.warnings += contested_labels(con, question, columns, rows)
    if said := told_beside(con, question, columns, rows):
        question.warnings.append(said)
    if said := tests_told(con, statistic, question.observed, question.values):
        question.warnings.append(said)
    apart = _apart(con, question, columns, rows)
    if apart is not None:
        question.warnings.append(apart)
    if rows and (said := forms_told(con, statistic, question.observed, question.values)):
        question.warnings.append(said)
    return Context(
        statistic=statistic.name,
        title=statistic.title,
        definition=statistic.definition,
        unit=unit,
        window=window,
        parameters=question.asked,
        observed=tuple(question.observed),
        flagged=_flagged(con, question, columns, rows),
        apart=apart,
        warnings=tuple(question.warnings),
        sql=sql,
        **whole,
    )


def _apart(con: duckdb.DuckDBPyConnection, question: Question, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> str | None:
    """Which lands a country of the answer is without, though its region, which bears its name, counts them with it: CN without Hong Kong."""
    dimensions = str(question.values.get("by", "")).split(",")
    asked = {str(question.values["country"])} if question.values.get("country") else set()
    label = "country" if len(dimensions) > 1 else "group"
    if "country" in dimensions and label in columns:  # measures of all groups together have none
        at = columns.index(label)
        asked |= {str(row[at]) for row in rows}
    if not asked and "origin" not in dimensions:
        return None
    found = con.execute(
        """select own.country, string_agg(other.name, ' and ' order by other.name) from facts.country_groups own
        join facts.country_groups other on other.region = own.region and other.country <> own.country
        where lower(own.name) = own.region and ($any or list_contains($asked, own.country))
          and other.country in (select country from origins where policy = $policy) group by own.country order by 1""",
        {"any": "origin" in dimensions, "asked": sorted(asked), "policy": question.values.get("policy")},
    ).fetchall()
    said = [f"{country} is without {others}, which --by region counts with it" for country, others in found]
    return "; ".join(said) or None


def _refuse_unknown_group(con: duckdb.DuckDBPyConnection, question: Question) -> None:
    """Where two groups are compared, say which of them there is none of."""
    asked = {name: value for name in ("group", "against") if isinstance(value := question.values.get(name), str)}
    if not asked:
        return
    last = question.observed[-1]
    by = question.values["by"]
    wanted = {name: question.values[name] for name in ("hub", "metric", "by", "policy")} | {"day": last.day, "source": last.sweep}
    known = {str(row["group"]) for row in run(con, "download_share", **wanted).records()} - {"unknown"}  # type: ignore[arg-type]
    for name, group in asked.items():
        if group.lower() not in {one.lower() for one in known}:
            cure = hint(group, known, 3) or f"; there are {', '.join(sorted(known)[:5])}{', ...' if len(known) > 5 else ''}"
            raise StatisticsError(f"--{name}: there is no {by} {group!r} on {last.day}{cure}")
    raise StatisticsError("--group and --against name the same group; name two different ones")


def _unit(statistic: Definition, question: Question) -> tuple[str, str]:
    """Unit and window as the head says them; where days are not scaled to 30, of the days there are."""
    if question.values.get("scaled") is False and len(question.observed) == 2:
        days = (question.observed[0].day - question.observed[1].day).days
        return statistic.unit.replace("30 days", f"{days} days"), statistic.window.replace("30 days", f"{days} days")
    return statistic.unit, statistic.window


def _flagged(
    con: duckdb.DuckDBPyConnection, question: Question, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]
) -> Flagged | None:
    """How many of the observations in the rows are flagged, and how much of the sum they are; or what was left out of it."""
    left_out = bool(question.values.get("without_flagged"))
    if "flagged_value" not in columns or "day" in columns or (left_out and "metric" in question.statistic.declared):
        return flagged_part(con, question.statistic, question.observed, question.values)
    if left_out:  # of what is derived the rows themselves tell it, once it is in them
        cursor = con.execute(called(question.statistic, question.values | {"without_flagged": False}))
        columns, rows = tuple(column[0] for column in cursor.description or ()), cursor.fetchall()
    if question.values.get("metric") == "models":
        return None
    count, amount, whole = (_sum(columns, rows, column) for column in ("flagged", "flagged_value", "value"))
    periods = len({row[columns.index("period")] for row in rows}) if "period" in columns else 1
    return Flagged(observations=count, value=amount, part=amount / whole if whole else None, periods=periods)


# Columns that the whole of a statistic's rows is told by.
_TELLING = {
    "rows": ("value", "share_low", "share_high"),
    "rows; models overlap": ("value", "share_low", "share_high"),
    "each row": ("value", "models", "denominator"),
    "each row by group": ("group", "value", "models", "denominator"),
    "last day": ("day", "value", "share_low", "share_high"),
    "first ones": ("value", "share", "share_low", "share_high"),
    "last row": ("denominator", "models", "labelled"),
    "none": (),
}


def whole_of(statistic: Definition, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> dict[str, Any]:
    """What the rows' shares are of, as the statistic's head declares it: denominator, models, uncounted, labelled part."""
    if lacking := [name for name in _TELLING[statistic.whole] if name not in columns]:
        raise HeadError(f"{statistic.name}.sql: with `whole: {statistic.whole}` its query must give {', '.join(lacking)}, too")
    said = [dict(zip(columns, row, strict=True)) for row in rows]
    if statistic.whole == "none" or not said:
        return {}
    if statistic.whole == "last row":  # measures of one whole, of several days the last one's
        return {name: said[-1][name] for name in ("denominator", "models", "labelled")}
    if statistic.whole == "first ones":  # their sum is not the whole
        return _whole_of_first(said)
    if statistic.whole.startswith("each row"):
        counted = [row for row in said if row["value"]]
        value, models = _sum(columns, rows, "value"), _sum(columns, rows, "models")
        is_one = {row["denominator"] for row in counted} == {value}  # all of one whole
        labelled = counted[0].get("labelled") if is_one else None
        if statistic.whole == "each row by group" and value:
            labelled = 1 - sum(row["value"] for row in counted if row["group"] == "unknown" and isinstance(row["value"], int)) / value
        return {"denominator": value if is_one else None, "models": models, "labelled": labelled}
    if statistic.whole == "last day":  # days are never added
        last = max(str(row["day"]) for row in said)
        rows = [row for row in rows if str(row[columns.index("day")]) == last]
        said = [row for row in said if str(row["day"]) == last]
    summed = [
        name for name in ("models", "uncounted") if name in columns and not (name == "models" and statistic.whole.endswith("overlap"))
    ]
    whole: dict[str, Any] = {"denominator": _sum(columns, rows, "value"), "labelled": _labelled(said)}
    return whole | {name: _sum(columns, rows, name) for name in summed}


def _labelled(rows: list[dict[str, Cell]]) -> float | None:
    """The labelled part of what may be in the denominator: what the widest bounds leave."""
    spans = [
        row["share_high"] - row["share_low"] for row in rows if isinstance(row["share_high"], float) and isinstance(row["share_low"], float)
    ]
    return 1 - max(spans) if spans else None


def _whole_of_first(rows: list[dict[str, Cell]]) -> dict[str, Any]:
    """Denominator and labelled part that the shares and bounds of a ranking's rows are of."""
    for row in rows:
        value, share, low, high = (row[name] for name in ("value", "share", "share_low", "share_high"))
        if isinstance(value, int) and isinstance(share, float) and isinstance(low, float) and isinstance(high, float) and share > 0:
            return {"denominator": round(value / share), "labelled": 1 - (high - low)}
    return {"denominator": None, "labelled": None}


def _sum(columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]], column: str) -> int:
    """The sum of a column."""
    at = columns.index(column)
    return sum(cell for cell in (row[at] for row in rows) if isinstance(cell, int))
