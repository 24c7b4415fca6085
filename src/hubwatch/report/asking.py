"""What the pages show: each figure a question to a statistic, asked of every hub that can answer it.

A question that this version's statistics do not know (a name, a grouping, a parameter) is left out: no stub stands for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import duckdb

from hubwatch.errors import StatisticsError
from hubwatch.report import words
from hubwatch.report.shares import POLICY, Shares, State
from hubwatch.statistics import Result, counters_given, definitions, observed_day, observed_hubs, regrouped_derivatives, run

DOWNLOADS = ("downloads_30d", "downloads_total")
LARGE = 200_000  # listings


@dataclass(frozen=True)
class Question:
    """One statistic as a page asks it. `by` lists groupings in order of preference; `variants` are asked one by one beside each other."""

    page: str
    slug: str
    heading: str
    lead: str
    statistic: str
    parameters: dict[str, str] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    chart: str | None = "bars"
    each_hub: bool = True
    variants: tuple[tuple[str, dict[str, str]], ...] = ()
    rows: int = 12
    cumulative: bool = False
    """Only of hubs whose counter is cumulative: others report this figure themselves."""
    alike: bool = False
    """Only where the days compared list the same part of the hub."""
    months: int = 0
    """Of a large database only the last so many: each costs seconds."""


ORIGIN = ("origin", "kind", "country")
_BY = tuple((label, {"by": by}) for label, by in (("country", "country"), ("kind", "kind"), ("organization", "organization")))

QUESTIONS = (
    Question("index", "downloads-by-origin", "Who is downloaded", "Downloads by who released the models.", "download_share", by=ORIGIN),
    Question(
        "index", "leading-models", "The most downloaded models", "One hub's counter at a time: hubs count differently and are never added.",
        "leaders", {"by": "model", "top": "15"}, chart=None, rows=15,
    ),
    Question(
        "origins", "downloads-by", "Downloads, cut in other ways", "By country, by kind and by organization.", "download_share", variants=_BY
    ),
    Question(
        "origins", "what-shares-rest-on", "What the shares rest on",
        "The one model without which a country's share would change most.", "leave_one_out", {"by": "country"}, chart=None,
    ),
    Question("origins", "leading-organizations", "Leading organizations", "By the same counter.", "leaders", {"by": "organization", "top": "15"},
             chart=None, rows=15),
    Question("origins", "likes-by-origin", "Likes", "What people mark, not what machines fetch.", "download_share", {"metric": "likes"}, by=ORIGIN),
    Question("origins", "concentration", "Concentration", "Over organizations; an unlabelled namespace counts as one.", "concentration", chart=None),
    Question("time", "growth", "Growth since an earlier day", "A growing panel beside a constant one.", "growth", by=ORIGIN, chart=None, alike=True),
    Question("time", "flows", "Downloads within a period", "From the differences of cumulative counters, marked as derived.", "monthly_downloads",
             by=ORIGIN, cumulative=True),
    Question("time", "flow", "Flow of downloads", "Downloads within the period, from counters that only grow.", "download_flow", by=ORIGIN, chart=None,
             months=6),
    Question("hubs", "hub-coverage", "What is on which hub", "Models by where an original of them is listed.", "hub_coverage",
             by=("origin", "country"), chart="places", each_hub=False),
    Question("hubs", "first-hub", "Where models appear first", "Of models on several hubs, by the hubs' creation dates.", "first_hub",
             by=("origin", "country"), chart=None, each_hub=False),
    Question("hubs", "models-by-hub", "Models on each hub", "A model counts on every hub that lists it.", "origin_share", {"by": "country"},
             chart=None),
    Question("releases", "releases", "Releases by month", "By the hubs' creation dates, which may precede publication.", "releases",
             by=("country",), chart="months", each_hub=False, rows=24),
    Question("derivatives", "derivatives-by-family", "Which families others build on", "By what the derived listings state about their bases.",
             "derivatives", {"by": "family"}, each_hub=False),
    Question("derivatives", "derivatives-by-origin", "Whose models others build on", "Derivations by the origin of the base.", "derivatives",
             by=ORIGIN, each_hub=False),
    Question("derivatives", "derivatives-by-model", "The models most built on", "Derivations that name this listing as their base.", "derivatives",
             {"by": "model"}, each_hub=False),
    Question("licenses", "licenses", "Licenses by country", "Classes of license; an unknown one is shown as unknown.", "licenses", {"by": "country"},
             chart="license_class", each_hub=False, rows=40),
    Question("licenses", "sizes", "Sizes by country", "By number of parameters, as the hub states it.", "sizes", {"by": "country"},
             chart="size_class", each_hub=False, rows=40),
    Question("licenses", "licenses-by-size", "Licenses by size", "Classes of license within each class of size.", "licenses", {"by": "size_class"},
             chart="license_class", each_hub=False, rows=40),
    Question("origins", "scoreboard", "Organizations over several indicators", "Downloads, likes, models and derivations, each over its maximum.",
             "scoreboard", {"by": "organization"}, chart=None),
    Question("time", "adoption", "Adoption against the leaders of the same task and size", "Downloads since release over the median of the leaders.",
             "adoption", {"metric": "downloads_total"}, chart=None),
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """A question's answer from one hub (none: all together) in one variant, or why there is none."""

    question: Question
    hub: str | None
    variant: str
    result: Result | None
    refusal: str = ""

    @property
    def slug(self) -> str:
        return "-".join(words.slug(part) for part in (self.question.slug, self.hub or "", self.variant) if part)

    @property
    def heading(self) -> str:
        parts = [self.question.heading, words.hub(self.hub) if self.hub else "", f"by {self.variant}" if self.variant else ""]
        return ", ".join(part for part in parts if part)


def answers(con: duckdb.DuckDBPyConnection, known: Shares, questions: tuple[Question, ...]) -> Iterator[Answer]:
    """The questions that the statistics of this version know, answered for each hub and variant they apply to.

    `known`: shares that were asked already, and are not asked again.
    """
    metrics = download_metrics(con)
    built_on = _Derivatives(con, questions)
    for question in questions:
        hubs = [hub for hub, metric in metrics.items() if metric == "downloads_total" or not question.cumulative]
        for scope in [{"hub": hub, "metric": metrics[hub]} for hub in hubs] if question.each_hub else [{}]:
            for variant, extra in question.variants or (("", {}),):
                recent = _since(con, question, scope.get("hub"))
                asked = as_asked(question.statistic, {**scope, **question.parameters, **recent, **extra}, question.by)
                if asked is not None:
                    yield _answer(con, question, variant, asked, scope.get("hub"), known, built_on)


def is_large(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether a question over all listings takes seconds."""
    return int(con.execute("select count(*) from store.listing").fetchall()[0][0]) > LARGE


def _since(con: duckdb.DuckDBPyConnection, question: Question, hub: str | None) -> dict[str, str]:
    """The first day of the months that the question is about, where these are not all."""
    if not question.months or hub is None or not is_large(con):
        return {}
    last = observed_day(con, hub, None).day
    months = last.year * 12 + last.month - question.months
    return {"since": f"{months // 12:04}-{months % 12 + 1:02}-01"}


class _Derivatives:
    """What the questions ask of all derivations together, by dimension: answered at the first of them."""

    def __init__(self, con: duckdb.DuckDBPyConnection, questions: tuple[Question, ...]) -> None:
        self.con = con
        asked = (
            as_asked(one.statistic, one.parameters, one.by) for one in questions if one.statistic == "derivatives" and not one.each_hub
        )
        self.dimensions = [one["by"] for one in asked if one and one.keys() == {"by"}]

    @cached_property
    def _found(self) -> dict[str, Result]:
        return regrouped_derivatives(self.con, self.dimensions)

    def answer(self, statistic: str, asked: dict[str, str]) -> Result | None:
        is_one = statistic == "derivatives" and asked.keys() == {"by"} and asked["by"] in self.dimensions
        return self._found[asked["by"]] if is_one else None


def _answer(
    con: duckdb.DuckDBPyConnection,
    question: Question,
    variant: str,
    asked: dict[str, str],
    hub: str | None,
    known: Shares,
    built_on: _Derivatives,
) -> Answer:
    if question.statistic == "download_share" and asked.keys() == {"hub", "metric", "by"}:
        state = State(asked["hub"], asked["metric"], asked["by"], POLICY)
        if state in known:
            return Answer(question, hub, variant, known[state])
    try:
        result = built_on.answer(question.statistic, asked) or run(con, question.statistic, **asked)
        if question.alike and len({(at.extent, at.extent_note) for at in result.context.observed}) > 1:
            return Answer(question, hub, variant, None, "the days that could be compared list different parts of the hub")
        return Answer(question, hub, variant, result)
    except StatisticsError as error:
        return Answer(question, hub, variant, None, str(error))
    except duckdb.OutOfMemoryException:  # the other pages are made all the same
        return Answer(question, hub, variant, None, "it needs more memory than the report may use; set HUBWATCH_MEMORY_LIMIT higher")


def as_asked(statistic: str, wanted: dict[str, str], by: tuple[str, ...] = ()) -> dict[str, str] | None:
    """The parameters as this statistic takes them, grouped by the first of `by` that it knows; none where it cannot be asked so."""
    known = {one.name: one.parameters for one in definitions()}.get(statistic)
    if known is None:
        return None
    asked = {name: value for name, value in wanted.items() if name in known or name not in ("metric", "hub")}
    if by:
        chosen = next((one for one in by if one in known.get("by", ())), None)
        if chosen is None:
            return None
        asked["by"] = chosen
    for name, value in asked.items():
        if name not in known or (known[name] and (len(known[name]) > 1 or name == "metric") and value not in known[name]):
            return None if name != "metric" else as_asked(statistic, {k: v for k, v in wanted.items() if k != "metric"}, by)
    return asked


def download_metrics(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Each hub that reports downloads, with the counter the site uses: the rolling one where there is one."""
    chosen: dict[str, str] = {}
    for hub in observed_hubs(con):
        given = counters_given(con, observed_day(con, hub, None))
        metric = next((name for name in DOWNLOADS if name in given), None)
        if metric:
            chosen[hub] = metric
    return chosen
