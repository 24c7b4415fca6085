"""The shape of each kind of reviewed fact: what a cell may hold, and the cure where it holds something else."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hubwatch.errors import FactError
from hubwatch.hubs import HUBS, listed

INTL = "INTL"  # the country of a body without one home
Kind = Literal[
    "big_tech",
    "ai_tiger",
    "company",
    "academic",
    "research_institute",
    "government",
    "community",
    "individual",
    "mirror",
    "unknown",
]
Policy = Literal["six-tigers", "osai", "home-country"]
LicenseClass = Literal["permissive", "copyleft", "responsible_use", "non_commercial", "custom", "unknown"]
Vocabulary = Literal["task", "tag", "license", "library"]

POLICIES: tuple[Policy, ...] = get_args(Policy)  # the first is the default: `organizations` is judged under it
NEVER_BY_NAME = ("big_tech", "ai_tiger")  # a name alone proves neither: these two need a reviewed fact


# --- what a cell may hold; every refusal says the cure ---


def _one_of(allowed: Any, what: str, *, optional: bool = False) -> BeforeValidator:
    names = get_args(allowed)

    def check(cell: str | None) -> str | None:
        if optional and not cell:
            return None
        if cell not in names:
            raise ValueError(f"unknown {what} '{cell}': use one of {', '.join(names)}")
        return cell

    return BeforeValidator(check)


def _hub(cell: str | None) -> str:
    if cell is None or cell not in HUBS:
        raise ValueError(f"unknown hub '{cell}': use one of {listed(HUBS)}")
    return cell


def _filled(what: str, cure: str) -> BeforeValidator:
    def check(cell: str | None) -> str:
        if not cell:
            raise ValueError(f"missing {what}: {cure}")
        return cell

    return BeforeValidator(check)


def _read_day(cell: str | date | None) -> date | None:
    if not cell or isinstance(cell, date):
        return cell or None
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", cell):  # fromisoformat also reads weeks and days of the year
            raise ValueError
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"bad date '{cell}': write YYYY-MM-DD") from None


def _read_confidence(cell: str | float) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise ValueError(f"bad confidence '{cell}': write a number above 0 and up to 1")
    return value


def _read_names(cell: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in cell.split(";") if name.strip()) if isinstance(cell, str) else cell or ()


def _lower(cell: str) -> str:
    if cell != cell.lower():
        raise ValueError(f"'{cell}' has capitals: write it in lower case, as it is compared")
    return cell


def _owner(cell: str | None) -> str | None:
    if cell and re.search(r"[\s/]", cell):
        raise ValueError(f"bad namespace '{cell}': write the owner alone, what an id of the hub has before its slash")
    return cell or None


Name = Annotated[str, _filled("name", "fill this row's first columns or delete the row")]
Folded = Annotated[str, _filled("name", "fill this row's first columns or delete the row"), BeforeValidator(_lower)]
Owner = Annotated[str, _filled("namespace", "fill this row's first columns or delete the row"), BeforeValidator(_owner)]
Source = Annotated[str, _filled("source", "say where this judgement can be checked")]
Pattern = Annotated[str, _filled("pattern", "write the regular expression or delete the row")]
Text = Annotated[str | None, BeforeValidator(lambda cell: cell or None)]
Names = Annotated[tuple[str, ...], BeforeValidator(_read_names)]
Day = Annotated[date | None, BeforeValidator(_read_day)]
ReviewDay = Annotated[date, BeforeValidator(_read_day), _filled("reviewed_on", "write the day its source was checked")]
Confidence = Annotated[float, BeforeValidator(_read_confidence)]
HubCell = Annotated[str, BeforeValidator(_hub)]
KindCell = Annotated[Kind, _one_of(Kind, "kind")]
OptionalKind = Annotated[Kind | None, _one_of(Kind, "kind", optional=True)]


class Fact(BaseModel):
    """One row of a file of facts; `file` and `line` say where it stands."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
    file: str = ""
    line: int = 0
    note: Text = None

    def error(self, message: str) -> FactError:
        """The error that this row causes, with its place in front."""
        return FactError(f"{self.file} row {self.line}: {message}")


class Organization(Fact):
    """A body behind namespaces: its home country, and its kind under the default policy."""

    organization: Name
    country: Text = None
    kind: KindCell
    parent: Text = None
    other_names: Names = ()
    source: Source
    reviewed_on: ReviewDay


class Namespace(Fact):
    """Who stands behind a namespace of a hub, from `valid_from` to before `valid_to` (both open when empty)."""

    hub: HubCell
    namespace: Owner
    organization: Name
    valid_from: Day = None
    valid_to: Day = None
    renamed_to: Annotated[str | None, BeforeValidator(_owner)] = None
    confidence: Confidence
    source: Source
    reviewed_on: ReviewDay

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Namespace:
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is not after valid_from {self.valid_from}: swap or correct them")
        return self

    @property
    def span(self) -> tuple[date, date]:
        """The half-open days of validity, open ends spelt as the first and last date there is."""
        return self.valid_from or date.min, self.valid_to or date.max


class PolicyRow(Fact):
    """What a policy says differently from `organizations`; an empty cell means: as there."""

    policy: Annotated[Policy, _one_of(Policy, "policy")]
    organization: Name
    country: Text = None
    kind: OptionalKind = None
    source: Source
    reviewed_on: Day = None

    @model_validator(mode="after")
    def _says_something(self) -> PolicyRow:
        if not (self.country or self.kind):
            raise ValueError("neither country nor kind: say what the policy changes or delete the row")
        return self


class Judgement(Fact):
    """What one outside source says of an organization; kept beside ours where they disagree."""

    organization: Name
    country: Text = None
    kind: OptionalKind = None
    source: Source


class Family(Fact):
    """A model family: names that match `pattern`, in namespaces of `organization` (any when empty)."""

    family: Name
    organization: Text = None
    pattern: Pattern
    source: Source


class License(Fact):
    """A hub's spelling of a license (`raw`, lower case), its SPDX-like id and its class."""

    raw: Folded
    license: Folded
    class_: Annotated[LicenseClass, _one_of(LicenseClass, "license class")] = Field(alias="class")
    source: Source


class Word(Fact):
    """A hub's word for a task, tag, license or library, and the shared word for it."""

    vocabulary: Annotated[Vocabulary, _one_of(Vocabulary, "vocabulary")]
    raw: Folded
    word: Name
    source: Source


class NameRule(Fact):
    """What a name alone may say. Kind and country empty: it says nothing, and no later rule is asked.

    Only a kind makes an origin; a row with a country and no kind adds the country to another rule's kind.
    """

    rule: Name
    pattern: Pattern
    kind: OptionalKind = None
    country: Text = None
    confidence: Confidence
    source: Source

    @model_validator(mode="after")
    def _leaves_fame_to_facts(self) -> NameRule:
        if self.kind in NEVER_BY_NAME:
            raise ValueError(f"a name rule may not say {self.kind}: write the namespace into data/namespaces instead")
        return self


class Country(Fact):
    """A country code that facts may use (ISO 3166-1 alpha-2, or INTL), its English name and its region in statistics."""

    country: Name
    name: Name
    region: Folded
    source: Source


class ReleaseDate(Fact):
    """The day a model was released to the public, where the repository's creation says another."""

    hub: HubCell
    model_id: Name
    released_on: Annotated[date, BeforeValidator(_read_day), _filled("released_on", "write the day or delete the row")]
    source: Source
    reviewed_on: ReviewDay
