"""Figures that articles and papers print, each judged on the data at hand.

A verdict rests on the source that fits the claim (its hub, extent and time), whatever else is loaded, and on every completion of the
unlabelled: `supported` and `contradicted` hold however they would be labelled, else the figure is `within the bounds`. Where no source
fits, the nearest thing that can be measured is shown as `different scope` with why it differs.
"""

import csv
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qsl

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from hubwatch.errors import ClaimError, StatisticsError
from hubwatch.facts import data_dir
from hubwatch.hubs import named_site
from hubwatch.statistics.claim import Claim
from hubwatch.statistics.definitions import definition
from hubwatch.statistics.evaluate import LISTED
from hubwatch.statistics.measured import Answers, Figure, Measured, fits, measures, of_list

CLAIMS = data_dir() / "claims.csv"
OWN = ("attributes", "selection")  # measures that are of claims alone: a listing's attributes, one model or series beside all others


class Verdict(StrEnum):
    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    WITHIN_BOUNDS = "within the bounds"
    DIFFERENT_SCOPE = "different scope"
    NEEDS_DATA = "needs data"
    NOT_AT_HUBS = "not measurable at hubs"


class Finding(BaseModel):
    """A claim beside what the data at hand says. `reason` is why the verdict is no other, or what is missing."""

    model_config = ConfigDict(frozen=True)
    claim: Claim
    verdict: Verdict
    measured: Figure | str | date | None = None
    measured_low: Figure | None = None
    measured_high: Figure | None = None
    measured_on: date | None = None
    reason: str


def load_claims(path: Path = CLAIMS) -> tuple[Claim, ...]:
    """All claims in the order of the file. Raises ClaimError for the first row that cannot be used."""
    claims = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ClaimError(f"cannot read {path.name}: {getattr(error, 'strerror', None) or 'not UTF-8'}; name a CSV file of claims") from None
    for line, row in enumerate(csv.DictReader(text.splitlines()), 2):
        if None in row or None in row.values():
            raise ClaimError(f"{path.name} line {line}: the number of cells is not that of the header; put a cell with a comma in quotes")
        try:
            claims.append(Claim.model_validate(row))
        except ValidationError as error:
            first = error.errors()[0]
            raise ClaimError(f"{path.name} line {line}: {first['loc'][0]}: {first['msg']}") from None
    if not claims:
        raise ClaimError(f"{path.name} holds no claims; its columns are {', '.join(Claim.model_fields)}")
    return tuple(claims)


def check_claims(
    con: duckdb.DuckDBPyConnection, claims: tuple[Claim, ...] | None = None, within_scope: bool = False
) -> tuple[Finding, ...]:
    """Each claim judged on the open database; of two that say the opposite, each names the other.

    `within_scope`: those of a scope that the hubs' data cannot have are not measured, which spares a large database the slowest questions.
    """
    answers = Answers(con)
    found = [check(answers, claim, within_scope) for claim in (load_claims() if claims is None else claims)]
    verdicts = {finding.claim.claim: finding.verdict for finding in found}

    def paired(finding: Finding) -> Finding:
        other = finding.claim.pair
        if other is None:
            return finding
        beside = f" (there: {verdicts[other]})" if other in verdicts else ""
        return finding.model_copy(update={"reason": f"{finding.reason}; says the opposite of {other}{beside}"})

    return tuple(map(paired, found))


def check(answers: Answers, claim: Claim, within_scope: bool = False) -> Finding:
    """One claim measured: the verdict, the figure with its bounds, and the reason."""
    if claim.not_at_hubs:
        return Finding(claim=claim, verdict=Verdict.NOT_AT_HUBS, reason=claim.not_at_hubs)
    if not claim.statistic:
        return Finding(claim=claim, verdict=Verdict.NEEDS_DATA, reason=f"needs {claim.needs}")
    if within_scope and claim.scope:
        reason = f"the claim's scope: {claim.scope}; not measured here: `hubwatch claims` does"
        return Finding(claim=claim, verdict=Verdict.DIFFERENT_SCOPE, reason=reason)
    question = dict(parse_qsl(claim.question or ""))
    hub = question.get("hub") or claim.hub
    if claim.statistic == LISTED:
        found = of_list(answers.con, claim, question) if question.get("list") else None
        return _judged(claim, found, question, [])
    if not hub:
        raise ClaimError(f"{claim.claim}: write the hub into `hub` or into the question, as hub=NAME")
    unmet = _apply_filters(claim, question)
    return _judged(claim, next(measures(answers, claim, question, named_site(hub).name), None), question, unmet)


def _judged(claim: Claim, found: Measured | None, question: dict[str, str], unmet: list[str]) -> Finding:
    if found is None:
        where = question.get("hub") or claim.hub or "a list"
        wanted = question.get("metric") or claim.column or "what it counts"
        needs = claim.needs or f"observations of {where} about {claim.as_of} with {wanted}"
        return Finding(claim=claim, verdict=Verdict.NEEDS_DATA, reason=f"needs {needs}")
    differs = _differences(claim, found, question, unmet)
    verdict, reason = (Verdict.DIFFERENT_SCOPE, "; ".join(differs)) if differs else _compare(claim, found)
    return Finding(
        claim=claim,
        verdict=verdict,
        measured=found.figure,
        measured_low=found.low,
        measured_high=found.high,
        measured_on=found.at.day,
        reason=reason,
    )


def _apply_filters(claim: Claim, question: dict[str, str]) -> list[str]:
    """Narrow the question to the claim's filters; those that its statistic cannot be narrowed to."""
    assert claim.statistic is not None
    takes: Callable[[str], bool] = lambda name: claim.statistic in OWN or name in definition(claim.statistic or "").parameters  # noqa: E731
    wanted = dict(parse_qsl(claim.filters or ""))
    question.update({name: value for name, value in wanted.items() if takes(name)})
    if claim.statistic == "leaders":
        question.setdefault("top", "100000")  # a rank's bounds need all groups
    return [f"not narrowed to {name} {value}" for name, value in wanted.items() if not takes(name)]


def _differences(claim: Claim, found: Measured, question: dict[str, str], unmet: list[str]) -> list[str]:
    """Why the measured figure is not of the claim's unit, hub, date or extent; empty when it is."""
    at = found.at
    said = [f"the claim's scope: {claim.scope}"] if claim.scope else []
    said += [f"the claim is {one}" for one in unmet]
    if claim.hub != at.hub and claim.statistic != LISTED:
        said.append(f"the claim is of {claim.hub or 'hubs it does not name'}, measured on {at.hub}")
    if not fits(claim, at):
        wanted = claim.sweep if claim.sweep.startswith("archive") else f"a complete {claim.sweep} sweep"
        said.append(f"the claim is of {claim.as_of} and of {wanted}, measured on {at.told()}")
    metric = question.get("metric", "")
    if metric and metric not in claim.unit:
        said.append(f"the claim counts {claim.unit}, measured in {metric}")
    return said


_EXTREMES = ("min_parameters", "max_parameters")


def _compare(claim: Claim, found: Measured) -> tuple[Verdict, str]:
    """Supported when every completion of the unlabelled is in the printed range, contradicted when none is."""
    scope = f"same unit, hub and time ({found.at.told()})" if found.at.hub else f"measured over {found.at.told()}"
    if claim.equals is not None:
        is_said = str(found.figure) in claim.equals.split("|")
        return (Verdict.SUPPORTED if is_said else Verdict.CONTRADICTED), f"as of {found.at.day} it is {found.figure}"
    if not isinstance(found.figure, int | float):
        raise StatisticsError(f"{claim.claim}: {claim.column} is no number; write what it must be into `equals`")
    least = claim.low if claim.low is not None else float("-inf")
    most = claim.high if claim.high is not None else float("inf")
    low, high = (found.figure if bound is None else bound for bound in (found.low, found.high))
    undecided = "needs more labels: the unlabelled could decide it either way"
    if claim.column in _EXTREMES and found.at.extent != "whole" and "model" not in dict(parse_qsl(claim.question or "")):
        low, high = (float("-inf"), high) if claim.column.startswith("min_") else (low, float("inf"))
        undecided = f"a {found.at.extent} of the hub tells one side only: what it leaves out could be beyond"
    if high < least or low > most:
        return Verdict.CONTRADICTED, f"{scope}; the printed figure lies outside what the data allows"
    if least <= low and high <= most:
        return Verdict.SUPPORTED, scope
    return Verdict.WITHIN_BOUNDS, f"{scope}; {undecided}"
