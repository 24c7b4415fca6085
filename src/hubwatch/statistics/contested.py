"""What to say of a figure in which one contested label carries more than all that have none: with the alternative figure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.statistics.definitions import called
from hubwatch.statistics.question import Question
from hubwatch.statistics.sensitivity import DIMENSIONS
from hubwatch.statistics.tabular import Cell

WORTH_TELLING = 0.01  # part of the denominator
UNSURE = 0.75  # a label held with less confidence is contested without anybody's word
_HEAVIEST = Path(__file__).parent / "sql" / "sensitivity" / "heaviest.sql"
_ADDED = ("rows", "rows; models overlap", "each row", "each row by group", "last day")  # wholes whose rows' values add up
# Shares of all that a source observed on a day: the label's part is known from the day's counters. Where one of these narrows the
# question, or for another statistic, it is asked for.
_OF_DAY = ("download_share", "download_share_series", "origin_share")
_OPEN = {"since", "every", "hub", "day", "by", "metric", "policy", "source", "sweep"}


def contested_label(
    con: duckdb.DuckDBPyConnection, question: Question, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]
) -> str | None:
    """The note on a statistic's rows of one hub by country, kind or origin; None where no contested label outweighs the unlabelled.

    Of rows by periods it is about all of them together, of a series of days about the last one.
    """
    statistic, by = question.statistic, question.values.get("by")
    names = (by,) if by in DIMENSIONS else DIMENSIONS if by == "origin" else ()
    if not names or statistic.whole not in _ADDED or len({at.hub for at in question.observed}) != 1:
        return None
    groups = _values(statistic.whole, columns, rows)
    whole, unlabelled = sum(groups.values()), groups.get("unknown", 0)
    # no label can carry more than all that are not unlabelled
    if not whole or unlabelled * 2 >= whole or not con.execute("from duckdb_tables() where table_name = 'judgements'").fetchall():
        return None
    is_of_day = statistic.name in _OF_DAY and not _narrowed(question)
    if not is_of_day and ("organization" not in statistic.declared or question.values.get("organization") is not None):
        return None
    found = _heaviest(con, question, names)
    if found is None:
        return None
    name, organization, label, other, said_by, confidence, value = found
    if not is_of_day:
        cursor = con.execute(called(statistic, question.values | {"organization": organization}))
        value = sum(_values(statistic.whole, tuple(column[0] for column in cursor.description or ()), cursor.fetchall()).values())
    if value <= unlabelled or value / whole < WORTH_TELLING:
        return None
    why = f"{said_by} says {other}" if other else f"confidence {confidence:.2f}"
    moved = _moved(groups, label, other, value, whole) if by == name else ""
    return (
        f"the label {label} of {organization} is contested ({why}) and carries {value / whole:.1%} of the denominator, more than the unlabelled"
        f"{moved}: hubwatch orgs sensitivity --by {name} shows every alternative"
    )


def _values(whole: str, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> Counter[str]:
    """What each group has in all rows together, of a series on its last day."""
    said: list[dict[str, Any]] = [dict(zip(columns, row, strict=True)) for row in rows]
    last = max((str(row["day"]) for row in said), default="") if whole == "last day" else None
    found: Counter[str] = Counter()
    for row in said:
        if isinstance(row["value"], int) and (last is None or str(row["day"]) == last):
            found[str(row["group"])] += row["value"]
    return found


def _narrowed(question: Question) -> bool:
    return any(name not in _OPEN and value not in (None, False, "", []) for name, value in question.asked.items())


def _heaviest(con: duckdb.DuckDBPyConnection, question: Question, names: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Of the labels that are contested the one that carries most of the source's last day: dimension, organization, label, the other
    label and who says it, confidence, value."""
    at, values = question.observed[-1], question.values
    metric = str(values.get("metric") or (question.statistic.counters or ("models",))[0])
    asked = {"hub": at.hub, "day": at.day, "source": at.sweep, "metric": metric, "policy": values.get("policy"), "unsure": UNSURE}
    sql = _HEAVIEST.read_text("utf-8")
    found = [(name, *row) for name in names for row in con.execute(sql, asked | {"by": name}).fetchall() if row[5]]
    return max(found, key=lambda row: int(row[6])) if found else None


def _moved(groups: Mapping[str, int], label: str, other: str | None, value: int, whole: int) -> str:
    """The alternative figure: the shares with the contested part under the other label, or without one."""
    instead = other or "unknown"
    before = {name: groups.get(name, 0) for name in (label, instead)}
    after = {label: max(0, before[label] - value), instead: before[instead] + value}
    told = " and ".join(f"{name} {after[name] / whole:.1%} instead of {before[name] / whole:.1%}" for name in (label, instead))
    return f"; {f'as {other}' if other else 'without it'}, {told}"
