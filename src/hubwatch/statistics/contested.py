"""What to say of a figure in which one contested label carries more than all that have none: with the alternative figure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.statistics.definitions import Definition, definition
from hubwatch.statistics.question import Question
from hubwatch.statistics.sensitivity import DIMENSIONS
from hubwatch.statistics.tabular import Cell
from hubwatch.store import Value

WORTH_TELLING = 0.01  # part of the denominator
UNSURE = 0.75  # a label held with less confidence is contested without anybody's word
_TRIED = 3  # the labels that carry most of the day; a question's filters may leave the first of them out
_HEAVIEST = Path(__file__).parent / "sql" / "sensitivity" / "heaviest.sql"
_ADDED = ("rows", "rows; models overlap", "each row", "each row by group", "last day")  # wholes whose rows' values add up
_DIMENSIONS_OF = {**{name: (name,) for name in (*DIMENSIONS, "region")}, "origin": DIMENSIONS}
# Shares of all that a source observed on a day: the label's part is known from the day's counters. Where one of these narrows the
# question, or for another statistic, it is asked for.
_OF_DAY = ("download_share", "download_share_series", "origin_share")
_OPEN = {"since", "every", "hub", "day", "by", "metric", "policy", "source", "sweep"}


@dataclass(frozen=True)
class _Label:
    """A label that another source or little confidence contests, and what it carries of the hubs' last days."""

    dimension: str
    organization: str
    label: str
    other: str | None
    said_by: str | None
    confidence: float
    value: int

    @property
    def why(self) -> str:
        return f"{self.said_by} says {self.other}" if self.other else f"confidence {self.confidence:.2f}"


@dataclass(frozen=True)
class _Whole:
    """The groups of a figure, as the statistic that gives them with these values; `words` is what they are together."""

    statistic: Definition
    values: dict[str, Value]
    groups: Counter[str]
    words: str
    is_of_day: bool

    @property
    def amount(self) -> int:
        return sum(self.groups.values())

    @property
    def unlabelled(self) -> int:
        return self.groups.get("unknown", 0)

    def carried_by(self, con: duckdb.DuckDBPyConnection, question: Question, label: _Label) -> int:
        """The value of what the label's organization has in the groups."""
        if self.is_of_day:
            return label.value
        return sum(_groups(con, question, self.statistic, self.values | {"organization": label.organization}).values())


def contested_labels(
    con: duckdb.DuckDBPyConnection, question: Question, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]
) -> list[str]:
    """Notes on the labels that a statistic's rows are grouped or narrowed by; none where no contested label outweighs the unlabelled.

    Of rows by periods a note is about all of them together, of a series about its last day. Where the rows' values do not add up
    (ranks, growth, crossings), it is about the shares of the same listings on the day.
    """
    values = question.values
    if "organization" not in question.statistic.declared or values.get("organization") is not None or not question.observed:
        return []
    if not con.execute("from duckdb_tables() where table_name = 'judgements'").fetchall():
        return []
    told = []
    grouped = [part for part in str(values.get("by") or "").split(",") if part in _DIMENSIONS_OF]
    for by in grouped:
        whole = _own(question, by, columns, rows) or _shares(con, question, by, values)
        for label in _heaviest(con, question, _DIMENSIONS_OF[by], whole):
            value = whole.carried_by(con, question, label)
            if value > whole.unlabelled and value >= WORTH_TELLING * whole.amount:
                moved = _moved(whole, label, value) if by == label.dimension else ""
                told.append(_note(label, value / whole.amount, whole.words, moved))
                break
    for name in DIMENSIONS:
        asked = values.get(name)
        if not isinstance(asked, str):
            continue
        whole = _shares(con, question, name, {key: value for key, value in values.items() if key != name})
        inside = whole.groups.get(asked, 0)
        for label in _heaviest(con, question, (name,), whole, asked):
            value = whole.carried_by(con, question, label)
            if value > whole.unlabelled and value >= WORTH_TELLING * inside:
                moved = f"; without it, these have {inside - value:,} instead of {inside:,}"
                told.append(_note(label, value / inside, f"what is of {asked}", moved))
                break
    return told


def _note(label: _Label, part: float, of: str, moved: str) -> str:
    shown = label.dimension if label.dimension in DIMENSIONS else "country"
    return (
        f"the label {label.label} of {label.organization} is contested ({label.why}) and carries {part:.1%} of {of}, more than the unlabelled"
        f"{moved}: hubwatch orgs sensitivity --by {shown} shows every alternative"
    )


def _own(question: Question, by: str, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> _Whole | None:
    """The statistic's own groups, where its rows are by one dimension and add up."""
    statistic, values = question.statistic, question.values
    if statistic.whole not in _ADDED or values.get("by") != by:
        return None
    groups = _added(statistic.whole, columns, rows)
    is_of_day = statistic.name in _OF_DAY and len({at.hub for at in question.observed}) == 1 and not _narrowed(question)
    return _Whole(statistic, values, groups, "the denominator", is_of_day)


def _shares(con: duckdb.DuckDBPyConnection, question: Question, by: str, values: dict[str, Value]) -> _Whole:
    """The shares of the listings that a question is about, on its day."""
    share = definition("download_share")
    metric = _metric(question)
    asked = {**values, "by": by, "metric": metric}
    words = "the denominator" if question.statistic.whole == "first ones" else f"{metric} on {max(at.day for at in question.observed)}"
    return _Whole(share, asked, _groups(con, question, share, asked), words, False)


def _metric(question: Question) -> str:
    """The counter that labels are weighed by; downloads of several hubs are never added."""
    metric = str(question.values.get("metric") or question.statistic.counters[0])
    return "models" if len({at.hub for at in question.observed}) > 1 and metric.startswith("downloads") else metric


def _groups(con: duckdb.DuckDBPyConnection, question: Question, statistic: Definition, values: dict[str, Value]) -> Counter[str]:
    return _added(statistic.whole, *question.rows_of(con, statistic, values))


def _added(whole: str, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> Counter[str]:
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


def _heaviest(
    con: duckdb.DuckDBPyConnection, question: Question, names: Sequence[str], whole: _Whole, within: str | None = None
) -> Iterator[_Label]:
    """The contested labels (of those named `within`) that carry most of the hubs' last days, the heaviest first."""
    if not whole.amount or whole.unlabelled * 2 >= whole.amount:  # no label can carry more than all that are not unlabelled
        return
    sql = _HEAVIEST.read_text("utf-8")
    metric = _metric(question)
    last = {at.hub: at for at in sorted(question.observed, key=lambda at: at.day)}
    carried: Counter[tuple[Any, ...]] = Counter()
    for at in last.values():
        asked = {"hub": at.hub, "day": at.day, "source": at.sweep, "metric": metric, "policy": question.values.get("policy")}
        for name in names:
            for row in con.execute(sql, asked | {"unsure": UNSURE, "by": name, "within": within}).fetchall():
                carried[(name, *row[:-1])] += row[-1]
    for (dimension, organization, label, other, said_by, confidence), value in carried.most_common(_TRIED):
        yield _Label(dimension, organization, label, other, said_by, confidence, value)


def _moved(whole: _Whole, label: _Label, value: int) -> str:
    """The alternative figure: the shares with the contested part under the other label, or without one."""
    instead, amount = label.other or "unknown", whole.amount
    before = {name: whole.groups.get(name, 0) for name in (label.label, instead)}
    after = {label.label: max(0, before[label.label] - value), instead: before[instead] + value}
    told = " and ".join(f"{name} {after[name] / amount:.1%} instead of {before[name] / amount:.1%}" for name in (label.label, instead))
    return f"; {f'as {label.other}' if label.other else 'without it'}, {told}"
