"""What a claim's figure is on the data at hand: from which source, within which bounds."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from hubwatch.errors import ClaimError, StatisticsError, WrongQuestion
from hubwatch.facts import data_dir
from hubwatch.statistics.claim import Claim
from hubwatch.statistics.evaluate import LISTED, run
from hubwatch.store import EXTENT, literal

Figure = int | float
_SQL = Path(__file__).parent / "sql" / "claims"
TRIES = 2  # days of one source without the figure, then it is taken to have none
_SELECTION = ("metric", "model", "family", "name", "tasks")
_ATTRIBUTES = ("model", "namespace", "name")


class SourceDay(BaseModel):
    """A day of a hub as one source observed it; of a list, its file as the source."""

    model_config = ConfigDict(frozen=True)
    hub: str
    day: date
    source: str
    complete: bool
    extent: str
    records: int

    def told(self) -> str:
        if not self.hub:
            return f"the list {self.source}"
        state = "" if self.complete or self.source.startswith("archive") else "an incomplete "
        part = "" if self.extent == "whole" or self.source.startswith("archive") else f" ({self.extent})"
        return f"{state}{self.source}{part} of {self.hub} on {self.day}"


class Measured(BaseModel):
    """A figure with the least and the most that the unlabelled allow, or the text or day of an attribute."""

    model_config = ConfigDict(frozen=True)
    at: SourceDay
    figure: Figure | str | date
    low: Figure | None = None
    high: Figure | None = None


class Answers:
    """What an open database answers, each question asked once: several claims are of groups of the same share."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self._known: dict[str, list[dict[str, Any]] | StatisticsError] = {}

    def rows(self, statistic: str, **asked: Any) -> list[dict[str, Any]]:
        """A statistic's rows by column; `StatisticsError` as `run` raises it."""
        key = json.dumps([statistic, asked], sort_keys=True, default=str)
        if key not in self._known:
            try:
                self._known[key] = [*run(self.con, statistic, **asked).records()]
            except WrongQuestion:
                raise
            except StatisticsError as error:
                self._known[key] = error
        known = self._known[key]
        if isinstance(known, StatisticsError):
            raise known
        return known


def fits(claim: Claim, at: SourceDay) -> bool:
    """Whether a source is of the extent and time that the claim speaks of; an archive is as complete as it was published."""
    if claim.statistic == LISTED:
        return True
    is_whole = at.extent == "whole" or claim.sweep != "full"  # a full sweep of chosen models is not of the hub
    is_done = fnmatch(at.source, claim.sweep) and (at.complete or at.source.startswith("archive"))
    return is_whole and is_done and abs(at.day - claim.as_of) <= timedelta(days=claim.within_days)


def candidates(con: duckdb.DuckDBPyConnection, claim: Claim, hub: str) -> list[SourceDay]:
    """Every source of the hub, first those that fit the claim; in each the nearest day, then the widest source with most records."""
    rows = con.execute(
        f"select hub, day, source, complete, {EXTENT} as extent, coalesce(records, 0) as records from sweeps where hub = ?",
        [hub],
    ).fetchall()
    found = [SourceDay(**dict(zip(SourceDay.model_fields, row, strict=True))) for row in rows]
    order = ("whole", "head", "selection", "window")

    def turn(at: SourceDay) -> tuple[Any, ...]:
        wide = order.index(at.extent) if at.extent in order else len(order)
        return (not fits(claim, at), abs(at.day - claim.as_of), at.day, wide, not at.complete, -at.records, at.source)

    return sorted(found, key=turn)


def measures(answers: Answers, claim: Claim, question: dict[str, str], hub: str) -> Iterator[Measured]:
    """The claim's figure on each source that has it, in the order of `candidates`."""
    lacking: Counter[str] = Counter()
    if not _lists(answers.con, question, hub):
        return
    for at in candidates(answers.con, claim, hub):
        if lacking[at.source] == TRIES:
            continue
        try:
            found = _measure(answers, claim, question, at)
        except WrongQuestion as error:
            raise ClaimError(f"{claim.claim}: {error}") from None
        except StatisticsError:
            found = None  # this source lacks the counter or the day: the next one may have it
        if found is None:
            lacking[at.source] += 1
        else:
            yield found


def _lists(con: duckdb.DuckDBPyConnection, question: dict[str, str], hub: str) -> bool:
    """Whether the hub ever listed the model, namespace or family that is asked about: no day need be looked at where not."""
    for name, column in (("model", "model_id"), ("namespace", "namespace")):
        if (
            name in question
            and not con.execute(
                f"select exists (from store.listing where hub = ? and lower({column}) = lower(?))", [hub, question[name]]
            ).fetchall()[0][0]
        ):
            return False
    return "family" not in question or bool(
        con.execute("select exists (from model_listings where hub = ? and lower(family) = lower(?))", [hub, question["family"]]).fetchall()[
            0
        ][0]
    )


def of_list(con: duckdb.DuckDBPyConnection, claim: Claim, question: dict[str, str]) -> Measured | None:
    """The claim's figure over its list, a file of data/lists or of the reader's: of one group, or of several together (group=a|b)."""
    shipped = data_dir() / "lists" / question["list"]
    path = shipped if shipped.is_file() else Path(question["list"])
    try:
        rows: list[dict[str, Any]]
        rows = [*run(con, LISTED, list=str(path), **{name: value for name, value in question.items() if name != "list"}).records()]
    except WrongQuestion as error:
        raise ClaimError(f"{claim.claim}: {error}") from None
    except StatisticsError:  # a country or organization of which nothing is held
        return None
    groups = (claim.row or "").partition("=")[2].split("|")
    found = [row for row in rows if row["group"] in groups]
    column = claim.column or ""
    if not found or column not in ("share", "value"):
        return None
    figure = sum(row[column] for row in found)
    at = SourceDay(hub="", day=claim.as_of, source=path.name, complete=True, extent="selection", records=sum(row["models"] for row in rows))
    if column == "value":
        unknown = sum(int(str(row["value"])) for row in rows if row["group"] == "unknown")
        return Measured(at=at, figure=figure, low=figure, high=figure + unknown)
    low = sum(row["share_low"] for row in found)
    return Measured(at=at, figure=figure, low=low, high=min(1.0, low + max(row["share_high"] - row["share_low"] for row in found)))


def _measure(answers: Answers, claim: Claim, question: dict[str, str], at: SourceDay) -> Measured | None:
    assert claim.statistic is not None
    if claim.statistic == "attributes":
        return _attribute(answers.con, claim, question, at)
    if claim.statistic == "selection":
        return _selected(claim, _selection(answers.con, question, at), at)
    asked = {name: value for name, value in question.items() if name != "hub"}
    rows = answers.rows(claim.statistic, day=at.day, source=at.source, **asked, hub=at.hub)
    wanted = [one.partition("=")[::2] for one in re.split(r"&(?=\w+=)", claim.row or "")]
    found = (row for row in rows if all(str(row.get(label)) == value for label, value in wanted))
    row = next((row for row in found if not row.get("is_partial")), None)  # a month that is not over is no month's figure
    figure = row.get(claim.column or "") if row else None
    if row is None or isinstance(figure, bool) or not isinstance(figure, int | float):
        return None
    low, high = _rank_bounds(rows, row) if claim.column == "rank" else _bounds(claim, row, figure)
    return Measured(at=at, figure=figure, low=low, high=high)


def _attribute(con: duckdb.DuckDBPyConnection, claim: Claim, question: dict[str, str], at: SourceDay) -> Measured | None:
    values = {name: question.get(name) for name in _ATTRIBUTES}
    asked = {"hub": at.hub, "day": at.day, "model": values["model"], "namespace": values["namespace"], "pattern": values["name"]}
    found = con.execute((_SQL / "attributes.sql").read_text("utf-8"), asked)
    names = [column[0] for column in found.description or ()]
    row = dict(zip(names, found.fetchall()[0], strict=True))
    figure = row.get(claim.column or "")
    if figure is None or not row["models"]:
        return None
    bounds = (figure, figure) if isinstance(figure, int | float) else (None, None)
    return Measured(at=at, figure=figure, low=bounds[0], high=bounds[1])


def _selection(con: duckdb.DuckDBPyConnection, question: dict[str, str], at: SourceDay) -> list[tuple[str | None, int | None, int]]:
    given = {name: question.get(name) for name in _SELECTION}
    tasks = given["tasks"].split(",") if given["tasks"] else None
    asked = {"hub": at.hub, "day": at.day, "source": at.source, "metric": given["metric"], "model": given["model"]}
    sql = (_SQL / "selection.sql").read_text("utf-8")
    # a constant pattern is compiled once, and a switched-off join costs nothing
    for name, value in (("$pattern", given["name"]), ("$family", given["family"])):
        sql = sql.replace(name, "null" if value is None else literal(value))
    sql = sql.replace("$tasks", "null" if tasks is None else f"[{', '.join(map(literal, tasks))}]")
    return con.execute(sql, asked).fetchall()


def _selected(claim: Claim, groups: list[tuple[str | None, int | None, int]], at: SourceDay) -> Measured | None:
    counted = {group: value for group, value, _ in groups if value is not None}
    if "it" not in counted or not sum(counted.values()):
        return None
    value, unlabelled, whole = counted["it"], counted.get(None, 0), sum(counted.values())
    if claim.column == "rank":
        others = [other for group, other in counted.items() if group not in ("it", None)]
        low, high = rank_bounds(value, others, unlabelled)
        return Measured(at=at, figure=1 + sum(other > value for other in others), low=low, high=high)
    if claim.column == "share":
        return Measured(at=at, figure=value / whole, low=value / whole, high=(value + unlabelled) / whole)
    return Measured(at=at, figure=value, low=value, high=value + unlabelled)


def _bounds(claim: Claim, row: dict[str, Any], figure: Figure) -> tuple[Figure, Figure]:
    """What the unlabelled allow: of a share its bounds, of a sum all of the unlabelled as well, of a measure its own."""
    names = {"share": ("share_low", "share_high"), "value": ("low", "high")}.get(claim.column or "", ("", ""))
    low, high = (row.get(name) for name in names)
    share, share_high = row.get("share"), row.get("share_high")
    if claim.column == "value" and isinstance(share, float) and isinstance(share_high, float) and share:
        most = figure * share_high / share
        return figure, round(most) if isinstance(figure, int) else most
    return (float(low), float(high)) if isinstance(low, float) and isinstance(high, float) else (figure, figure)


def _rank_bounds(rows: list[dict[str, Any]], row: dict[str, Any]) -> tuple[int, int]:
    others = [other["value"] or 0 for other in rows if other["group"] != row["group"]]
    inside = row["value"] / row["share"] if row["share"] else 0
    return rank_bounds(row["value"] or 0, others, round(inside * ((row["share_high"] or 0) - (row["share_low"] or 0))))


def rank_bounds(value: Figure, others: Sequence[Figure], unlabelled: Figure) -> tuple[int, int]:
    """The first and the last rank that the unlabelled allow.

    At best all of them are this one's. At worst they lift as many others as they can above it, and are several groups of their own that
    are each above it: the cheapest first.
    """
    best = 1 + sum(other > value + unlabelled for other in others)
    worst = 1 + sum(other > value for other in others)
    left = unlabelled
    for missing in sorted(value - other for other in others if other <= value):
        if missing > value or missing >= left:
            break
        left, worst = left - missing, worst + 1
    if value > 0:
        worst += max(0, int(-(-left // value)) - 1)  # so many groups of their own, each above it
    return best, worst
