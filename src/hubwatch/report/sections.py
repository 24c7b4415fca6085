"""What the report shows: each section a question to a statistic, asked of every hub that can answer it."""

from dataclasses import dataclass, field

import duckdb

from hubwatch.errors import StatisticsError
from hubwatch.statistics import Result, counters_given, observed_day, observed_hubs, run


@dataclass(frozen=True)
class Question:
    """One statistic as the report asks it. `chart` is how it is drawn; `by_hub` asks each hub with a download counter."""

    heading: str
    lead: str
    statistic: str
    parameters: dict[str, str] = field(default_factory=dict)
    chart: str | None = "bars"
    by_hub: bool = True


@dataclass(frozen=True)
class Section:
    """A question's answer, or why there is none."""

    question: Question
    hub: str | None
    result: Result | None
    refusal: str = ""


QUESTIONS = (
    Question("Downloads by country", "Where the bodies behind the downloaded models are at home.", "download_share"),
    Question("Downloads by kind of body", "Big Tech, AI tigers, academia and the rest.", "download_share", {"by": "kind"}),
    Question("Downloads by organization", "The bodies behind the namespaces.", "download_share", {"by": "organization"}),
    Question("What the shares rest on", "The model without which a country's share changes most.", "leave_one_out", chart=None),
    Question("Leading models", "By the same counter, with places gained in a month.", "leaders", {"top": "15"}, chart=None),
    Question("Concentration", "Over organizations; an unlabelled namespace counts as one.", "concentration", chart=None),
    Question("Chinese models by maker", "The articles' pie, over all hubs.", "origin_share", {"country": "CN"}, by_hub=False),
    Question("Models by country", "All hubs together; a model counts once.", "origin_share", {"by": "country"}, by_hub=False),
    Question("Releases each month", "By the hubs' creation dates.", "releases", {"by": "country"}, chart="months", by_hub=False),
    Question(
        "What is on which hub", "By originals, where one is listed: what the West does not see.", "hub_coverage", chart=None, by_hub=False
    ),
    Question("Licenses by country", "Classes of license, unknown ones shown.", "licenses", chart="stack", by_hub=False),
    Question("Models made from others", "By the listings' own word about their bases.", "derivatives", by_hub=False),
)


def sections(con: duckdb.DuckDBPyConnection) -> list[Section]:
    """Every question answered for each hub it applies to; a refusal is kept with its reason."""
    hubs = _download_metrics(con)
    found = []
    for question in QUESTIONS:
        scopes: list[dict[str, str]] = [{"hub": hub, "metric": metric} for hub, metric in hubs.items()] if question.by_hub else [{}]
        for scope in scopes:
            try:
                result = run(con, question.statistic, **question.parameters, **scope)
                found.append(Section(question, scope.get("hub"), result))
            except StatisticsError as error:
                found.append(Section(question, scope.get("hub"), None, str(error)))
    return found


def _download_metrics(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Each hub that gives downloads, with the counter the report uses: the rolling one where there is one."""
    chosen: dict[str, str] = {}
    for hub in observed_hubs(con):
        given = counters_given(con, observed_day(con, hub, None))
        metric = next((name for name in ("downloads_30d", "downloads_total") if name in given), None)
        if metric:
            chosen[hub] = metric
    return chosen
