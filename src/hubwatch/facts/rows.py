"""The shape of each kind of reviewed fact: what a cell may hold, and the fix where it holds something else.

A column is described once, here: `tables.py` derives DuckDB types and comments from these models.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, get_args

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
Policy = Literal["six-tigers", "osai", "home-country", "fortune-500"]
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


def _read_kinds_instead(cell: str | tuple[str, ...] | None) -> tuple[str, ...]:
    pairs = _read_names(cell)
    for pair in pairs:
        one, _, other = pair.partition("=")
        if one not in get_args(Kind) or other not in get_args(Kind):
            raise ValueError(f"bad pair of kinds '{pair}': write kind=kind, for example ai_tiger=company")
    return pairs


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

# --- columns that many files have ---

_SOURCE = Field(description="where the fact can be checked")
_REVIEWED = Field(description="the day somebody checked it")
_REVIEWED_OR_NOT = Field(default=None, description="the day somebody checked it, null for not yet")


class Fact(BaseModel):
    """One row of a file of facts; `file` and `line` say where it is.

    `table` is its table in the schema `facts`, empty where the rows are read by Python alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
    table: ClassVar[str] = ""
    file: str = Field(default="", description="the file under data/ that the row is from")
    line: int = Field(default=0, description="the row's line in that file, the header included")
    note: Text = Field(default=None, description="remarks for the reader, null for none")

    def error(self, message: str) -> FactError:
        """The error that this row causes, with its place in front."""
        return FactError(f"{self.file} row {self.line}: {message}")


class Organization(Fact):
    """reviewed facts: the organizations behind namespaces, with home country and kind under the default policy"""

    table = "organizations"
    organization: Name = Field(description="the organization's name, as everywhere in hubwatch")
    country: Text = Field(default=None, description="ISO 3166-1 alpha-2, INTL for organizations without one, null for unknown")
    kind: KindCell = Field(description=f"one of {', '.join(get_args(Kind))}")
    parent: Text = Field(default=None, description="the organization it belongs to, null for none")
    other_names: Names = Field(default=(), description="names it is also known by, in any language")
    source: Source = _SOURCE
    reviewed_on: ReviewDay = _REVIEWED


class Namespace(Fact):
    """reviewed facts: which organization a namespace belongs to, and when"""

    table = "namespace_facts"
    hub: HubCell = Field(description="the hub")
    namespace: Owner = Field(description="the owner part of a model_id on that hub")
    organization: Name = Field(description="the organization behind it")
    valid_from: Day = Field(default=None, description="first day on which the namespace is the organization's, null for always")
    valid_to: Day = Field(default=None, description="the first day on which it no longer is, null while it is")
    renamed_to: Annotated[str | None, BeforeValidator(_owner)] = Field(
        default=None, description="the namespace it was renamed to, null when not renamed"
    )
    confidence: Confidence = Field(description="how sure the judgement is, 0..1")
    source: Source = _SOURCE
    reviewed_on: ReviewDay = _REVIEWED

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Namespace:
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is not after valid_from {self.valid_from}: swap or correct them")
        return self

    @property
    def span(self) -> tuple[date, date]:
        """The half-open days of validity, open ends as the first and last date there is."""
        return self.valid_from or date.min, self.valid_to or date.max


class PolicyRow(Fact):
    """reviewed facts: where a policy judges an organization differently from the review; an empty cell means: as there"""

    table = "policies"
    policy: Annotated[Policy, _one_of(Policy, "policy")] = Field(description="the policy")
    organization: Name = Field(description="the organization; those that belong to it follow where they are of the same country or kind")
    country: Text = Field(default=None, description="its country under this policy, null where the policy does not say")
    kind: OptionalKind = Field(default=None, description="its kind under this policy, null where the policy does not say")
    source: Source = _SOURCE
    reviewed_on: Day = _REVIEWED_OR_NOT

    @model_validator(mode="after")
    def _says_something(self) -> PolicyRow:
        if not (self.country or self.kind):
            raise ValueError("neither country nor kind: say what the policy changes or delete the row")
        return self


class PolicyMeaning(Fact):
    """what each policy is: how it judges, by which list, of which day"""

    table = "policy_meanings"
    policy: Annotated[Policy, _one_of(Policy, "policy")] = Field(description="the policy")
    title: Name = Field(description="its name in words")
    meaning: Name = Field(description="how it judges, and what it is not to be used for")
    edition: Day = Field(default=None, description="the day of the list it follows; null where it follows none")
    kinds_instead: Annotated[Names, BeforeValidator(_read_kinds_instead)] = Field(
        default=(), description="kinds of the review it does not use, and what they are here, as kind=kind; its own rows come first"
    )
    source: Source = _SOURCE
    reviewed_on: ReviewDay = _REVIEWED


class CiNamespace(Fact):
    """reviewed facts: namespaces that exist for automated tests; their downloads are made by test runs and are no adoption"""

    table = "testing_namespaces"
    hub: HubCell = Field(description="the hub")
    namespace: Owner = Field(description="the owner part of a model_id on that hub")
    source: Source = _SOURCE
    reviewed_on: ReviewDay = _REVIEWED


class Judgement(Fact):
    """what other sources say of an organization; kept alongside ours, also where they disagree"""

    table = "judgements"
    organization: Name = Field(description="the organization")
    country: Text = Field(default=None, description="its country by that source, null where it does not say")
    kind: OptionalKind = Field(default=None, description="its kind by that source, null where it does not say")
    source: Source = _SOURCE


class Family(Fact):
    """reviewed facts: model families by name, and whose they are"""

    table = "families"
    family: Name = Field(description="the family's name")
    organization: Text = Field(default=None, description="whose models it holds, those of its units included; null for anybody's")
    pattern: Pattern = Field(description="regular expression (RE2, any case) that names of the family match")
    source: Source = _SOURCE


class License(Fact):
    """reviewed facts: how hubs write licenses, in the shared vocabulary, and what each allows"""

    table = "licenses"
    raw: Folded = Field(description="as hubs write it, in lower case")
    license: Folded = Field(description="the license in the shared vocabulary, mostly an SPDX id in lower case")
    class_: Annotated[LicenseClass, _one_of(LicenseClass, "license class")] = Field(
        alias="class", description=f"what it allows: {', '.join(get_args(LicenseClass))}"
    )
    source: Source = _SOURCE


class Word(Fact):
    """reviewed facts: terms of the hubs for tasks, tags, licenses and libraries, in the shared vocabulary"""

    table = "words"
    vocabulary: Annotated[Vocabulary, _one_of(Vocabulary, "vocabulary")] = Field(description=f"{', '.join(get_args(Vocabulary))}")
    raw: Folded = Field(description="as hubs write it, in lower case")
    word: Name = Field(description="the canonical term")
    source: Source = _SOURCE


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
    """countries by their codes, and the region each is counted to"""

    table = "country_groups"
    country: Name = Field(description="ISO 3166-1 alpha-2, or INTL for organizations without a country")
    name: Name = Field(description="the country's English name")
    region: Folded = Field(description="the region it is counted to")
    counted_with: Text = Field(
        default=None, description="the country that the policy home-country counts it with (Hong Kong and Macau: CN), null for itself"
    )
    other_names: Names = Field(default=(), description="names it is also asked for by, in any language")
    source: Source = _SOURCE


class FormerId(Fact):
    """reviewed facts: what a repository is called now that had another id"""

    table = "former_ids"
    hub: HubCell = Field(description="the hub")
    former_id: Name = Field(description="the id it had, also one without an owner")
    model_id: Name = Field(description="the id it has now")
    source: Source = _SOURCE
    reviewed_on: ReviewDay = _REVIEWED


class CountingRule(Fact):
    """reviewed facts: what a hub counts as a download, and since when; a series across a change compares unlike things"""

    table = "counting_rules"
    hub: HubCell = Field(description="the hub")
    valid_from: Day = Field(default=None, description="the day of the change, null for the rule that held before")
    rule: Name = Field(description="what counts as a download")
    source: Source = _SOURCE
    reviewed_on: ReviewDay = _REVIEWED


class PlaceholderTime(Fact):
    """reviewed facts: creation times that a hub gives where it has none: such a repository is older, nobody knows how much"""

    table = "placeholder_times"
    hub: HubCell = Field(description="the hub")
    moment: Name = Field(description="the UTC instant to the second, as YYYY-MM-DD HH:MM:SS")
    source: Source = _SOURCE
    reviewed_on: ReviewDay = _REVIEWED


class ReleaseDate(Fact):
    """reviewed facts: the day a model was released, where the repository's creation says another"""

    table = "release_dates"
    hub: HubCell = Field(description="the hub")
    model_id: Name = Field(description="the model's id on that hub")
    released_on: Annotated[date, BeforeValidator(_read_day), _filled("released_on", "write the day or delete the row")] = Field(
        description="the day it was released to the public"
    )
    source: Source = _SOURCE
    reviewed_on: ReviewDay = _REVIEWED


class PrintedSystem(Fact):
    """a row of data/lists: a system of a list that somebody else published"""

    system: Name = Field(description="the system, as printed")
    organization: Name = Field(description="whose it is, as printed; several are joined by and, & or a comma")


class ListedSystem(PrintedSystem):
    """lists that others published (data/lists/README.md has their sources): a row a system, with the organizations that it names"""

    table = "listed_systems"
    organizations: Names = Field(
        default=(), description="the organizations that it names, by the facts' names; as printed where these know none"
    )
