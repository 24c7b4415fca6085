"""Figures that articles and papers print, each measured on the data at hand.

A verdict needs a matching unit, hub and date. Without them the measured figure is shown beside the printed one as
`different scope`, or the claim is `not measurable here` with what is missing.
"""

import csv
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from hubwatch.errors import ClaimError, StatisticsError
from hubwatch.facts import data_dir
from hubwatch.statistics.answer import Result
from hubwatch.statistics.days import ObservedDay
from hubwatch.statistics.evaluate import run

CLAIMS = data_dir() / "claims.csv"


class Claim(BaseModel):
    """One printed figure. `low` and `high` are the range that its printed form stands for."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    claim: str
    publisher: str
    published: str
    sentence: str
    printed: str
    low: float | None
    high: float | None
    unit: str
    hub: str | None
    as_of: date
    within_days: int
    sweep: str
    statistic: str | None
    question: str | None
    row: str | None
    column: str | None
    scope: str | None
    needs: str | None
    source: str

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value


class Verdict(StrEnum):
    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    DIFFERENT_SCOPE = "different scope"
    NOT_MEASURABLE = "not measurable here"


class Finding(BaseModel):
    """A claim beside what the data at hand says. `reason` is why the verdict is no other, or what is missing."""

    model_config = ConfigDict(frozen=True)
    claim: Claim
    verdict: Verdict
    measured: int | float | None = None
    measured_low: int | float | None = None
    measured_high: int | float | None = None
    measured_on: date | None = None
    reason: str


def load_claims(path: Path = CLAIMS) -> tuple[Claim, ...]:
    """All claims in the order of the file. Raises ClaimError for the first row that cannot be used."""
    claims = []
    with path.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            try:
                claims.append(Claim.model_validate(row))
            except ValidationError as error:
                first = error.errors()[0]
                raise ClaimError(f"{path.name} line {line}: {first['loc'][0]}: {first['msg']}") from None
    return tuple(claims)


def check_claims(con: duckdb.DuckDBPyConnection, claims: tuple[Claim, ...] | None = None) -> tuple[Finding, ...]:
    """Each claim measured on the open database."""
    return tuple(check(con, claim) for claim in (load_claims() if claims is None else claims))


def check(con: duckdb.DuckDBPyConnection, claim: Claim) -> Finding:
    """One claim measured: the verdict, the figure with its bounds, and the reason."""
    if not claim.statistic:
        return Finding(claim=claim, verdict=Verdict.NOT_MEASURABLE, reason=f"needs {claim.needs}")
    question = dict(parse_qsl(claim.question or ""))
    try:
        day = _nearest_day(con, question["hub"], claim)
        result = run(con, claim.statistic, day=day, **question)
    except StatisticsError as error:
        return Finding(claim=claim, verdict=Verdict.NOT_MEASURABLE, reason=str(error))
    return _judge(claim, result, question)


def _nearest_day(con: duckdb.DuckDBPyConnection, hub: str, claim: Claim) -> date | None:
    """The observed day nearest the claim's date, of the sweep it speaks of where there is one; none: the hub's default."""
    days = con.execute("select day, sweep, complete from days where hub = ?", [hub]).fetchall()
    fitting = [day for day, sweep, complete in days if _fits(claim, sweep, complete)]
    return min(fitting, key=lambda day: (abs(day - claim.as_of), day), default=None)


def _fits(claim: Claim, sweep: str, complete: bool) -> bool:
    """Whether a day is of the extent that the claim speaks of; an archive is as complete as it was published."""
    return fnmatch(sweep, claim.sweep) and (complete or sweep.startswith("archive"))


def _judge(claim: Claim, result: Result, question: dict[str, str]) -> Finding:
    label, _, wanted = (claim.row or "").partition("=")
    rows = [row for row in result.records() if str(row.get(label)) == wanted]
    at = result.context.observed[0]
    row = rows[0] if rows else {}
    measured = row.get(claim.column or "")
    if isinstance(measured, bool) or not isinstance(measured, int | float):
        missing = f"{at.hub} on {at.day} has no {claim.column} for {wanted}"
        return Finding(claim=claim, verdict=Verdict.NOT_MEASURABLE, measured_on=at.day, reason=missing)
    low, high = _rank_bounds(row, result.records()) if claim.column == "rank" else _bounds(claim, row, measured)
    verdict, reason = Verdict.DIFFERENT_SCOPE, _mismatch(claim, at, question)
    if not reason:
        verdict, reason = _compare(claim, measured, low, high)
    return Finding(claim=claim, verdict=verdict, measured=measured, measured_low=low, measured_high=high, measured_on=at.day, reason=reason)


def _bounds(claim: Claim, row: Mapping[str, object], measured: int | float) -> tuple[int | float, int | float]:
    """What the unlabelled allow: of a share its bounds, of a sum all of the unlabelled as well, of a measure its own."""
    names = {"share": ("share_low", "share_high"), "value": ("low", "high")}.get(claim.column or "", ("", ""))
    low, high = (row.get(name) for name in names)
    share, share_high = row.get("share"), row.get("share_high")
    if claim.column == "value" and isinstance(share, float) and isinstance(share_high, float) and share:
        most = measured * share_high / share
        return measured, round(most) if isinstance(measured, int) else most
    return (float(low), float(high)) if isinstance(low, float) and isinstance(high, float) else (measured, measured)


def _rank_bounds(row: Mapping[str, Any], rows: list[dict[str, Any]]) -> tuple[int, int]:
    """The first and the last rank that the unlabelled allow: all of them this one's, or any other's."""
    ahead = sum((other["share"] or 0) > (row["share_high"] or 0) for other in rows)
    within_reach = sum((other["share_high"] or 0) > (row["share"] or 0) for other in rows if other["group"] != row["group"])
    return 1 + ahead, 1 + within_reach


def _mismatch(claim: Claim, at: ObservedDay, question: dict[str, str]) -> str:
    """Why the measured figure is not of the claim's unit, hub, date or extent; empty when it is."""
    if claim.scope:
        return f"the claim's scope: {claim.scope}"
    if claim.hub != at.hub:
        return f"the claim is of {claim.hub or 'hubs it does not name'}, measured on {at.hub}"
    if abs(at.day - claim.as_of) > timedelta(days=claim.within_days):
        return f"the claim is of {claim.as_of}, measured on {at.day}"
    if not _fits(claim, at.sweep, at.complete):
        extent = "an" if at.sweep.startswith("archive") else "a" if at.complete else "an incomplete"
        wanted = claim.sweep if claim.sweep.startswith("archive") else f"a complete {claim.sweep} sweep"
        return f"the claim is of {wanted}, measured on {extent} {at.sweep} one"
    metric = question.get("metric", "")
    return "" if not metric or metric in claim.unit else f"the claim counts {claim.unit}, measured in {metric}"


def _compare(claim: Claim, measured: float, low: float, high: float) -> tuple[Verdict, str]:
    """Supported inside the printed range; contradicted when no completion of the unlabelled reaches it."""
    least = claim.low if claim.low is not None else float("-inf")
    most = claim.high if claim.high is not None else float("inf")
    if high < least or low > most:
        return Verdict.CONTRADICTED, "same unit, hub and date; the printed figure lies outside what the data allows"
    if least <= measured <= most:
        return Verdict.SUPPORTED, "same unit, hub and date"
    return Verdict.NOT_MEASURABLE, "needs more labels: the unlabelled could decide it either way"
