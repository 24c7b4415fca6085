"""Shares with and without one body, side by side: one that was left out, or a namespace that has most of the sum."""

from collections.abc import Iterable, Sequence

import duckdb

from hubwatch.statistics.days import COUNTERS
from hubwatch.statistics.definitions import FILTER_NAMES, filters_of
from hubwatch.statistics.question import Question
from hubwatch.statistics.tabular import Cell, percent
from hubwatch.statistics.versions import remembered

_MOST = 1 / 3  # of the sum: a namespace with more is told of
_NAMED = 3  # groups, those that are moved most
_BY_ITSELF = ("namespace", "model")  # rows by these show it themselves

_Shares = dict[str, tuple[float, float]]  # each group's share, and how far apart its bounds are


def told_beside(
    con: duckdb.DuckDBPyConnection, question: Question, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]
) -> str | None:
    """What shares are with the bodies that were left out, or without the namespace that has most of the sum.

    None where no share is moved by more than the unlabelled could move it, and for statistics of other shapes.
    """
    statistic, values = question.statistic, question.values
    if statistic.whole not in ("rows", "last day") or not {"group", "share", "share_low", "share_high"} <= {*columns}:
        return None
    if "leave_out" not in statistic.declared:
        return None
    shares = _shares(columns, rows)
    if names := values.get("leave_out"):
        moved = _moved(shares, _asked(con, question, None))
        return f"with {_joined(names)}: {moved}" if moved else None  # type: ignore[arg-type]
    found = _heaviest(con, question)
    if found is None:
        return None
    name, part = found
    moved = _moved(shares, _asked(con, question, [name]))
    return f"{name} alone has {percent(part)} of the denominator; without it (--leave-out {name}): {moved}" if moved else None


def _joined(names: Iterable[object]) -> str:
    return ", ".join(map(str, names))


def _asked(con: duckdb.DuckDBPyConnection, question: Question, leave_out: list[str] | None) -> _Shares:
    return _shares(*question.rows_of(con, question.statistic, question.values | {"leave_out": leave_out}))


def _shares(columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> _Shares:
    """Of a series, the last day's."""
    said = [dict(zip(columns, row, strict=True)) for row in rows]
    if "day" in columns:
        last = max((str(row["day"]) for row in said), default="")
        said = [row for row in said if str(row["day"]) == last]
    found: _Shares = {}
    for row in said:
        share, low, high = (row[name] for name in ("share", "share_low", "share_high"))
        if isinstance(share, float) and isinstance(low, float) and isinstance(high, float):
            found[str(row["group"])] = (share, high - low)
    return found


def _moved(shares: _Shares, others: _Shares) -> str:
    """The groups that are moved most, in words; empty where the unlabelled could move each as far."""
    if not shares or not others:
        return ""
    none = (0.0, 0.0)
    by_move = sorted(
        ((abs(others.get(name, none)[0] - shares.get(name, none)[0]), name) for name in {*shares, *others}),
        key=lambda one: (-one[0], one[1]),
    )
    told = [name for move, name in by_move if move > max(shares.get(name, none)[1], others.get(name, none)[1], 0.0005)]
    return " and ".join(
        f"{name} {percent(others.get(name, none)[0])} instead of {percent(shares.get(name, none)[0])}" for name in told[:_NAMED]
    )


def _heaviest(con: duckdb.DuckDBPyConnection, question: Question) -> tuple[str, float] | None:
    """The namespace with more than a third of one hub's sum on the last day, and its part."""
    values, metric = question.values, question.values.get("metric")
    dimensions = str(values.get("by") or "").split(",")
    if metric not in COUNTERS or len({at.hub for at in question.observed}) != 1 or {*dimensions} & {*_BY_ITSELF}:
        return None
    at = max(question.observed, key=lambda one: one.day)
    narrowed = any(values.get(name) for name in FILTER_NAMES)
    sql = _NARROWED.format(metric=metric, filters=filters_of(question.statistic, values)) if narrowed else _ALL.format(metric=metric)
    asked = {"hub": at.hub, "day": at.day, "source": at.sweep}
    found = remembered(con, (sql, *asked.values()), lambda: con.execute(sql, asked).fetchall())
    return (found[0][0], found[0][1]) if found and (found[0][1] or 0) > _MOST else None


_PART = "select namespace, sum({metric}) / nullif(sum(sum({metric})) over (), 0) as part"
_ALL = f"""{_PART} from store.counters join store.listing using (listing_key)
where hub = $hub and day = $day and source = $source group by namespace order by part desc nulls last, namespace limit 1"""
_NARROWED = f"""with scope as materialized (select $hub as hub, $day as day, $source as source, '' as metric, 1 as hubs)
{_PART} from (from parts.described('scope', {{filters}})) join store.counters using (listing_key, day, source)
where not outside group by namespace order by part desc nulls last, namespace limit 1"""
