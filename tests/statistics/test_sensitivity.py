"""How much a share depends on labels: policies, contested labels, confidence; and the warning where one label weighs most."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.classify.origins import classify
from hubwatch.errors import WrongQuestion
from hubwatch.facts import Facts, load_facts
from hubwatch.facts.rows import Judgement
from hubwatch.statistics.sensitivity import sensitivity
from hubwatch.store import warehouse as store
from tests.conftest import with_warehouse
from tests.statistics.test_extent import JAN
from tests.statistics.world_of import one_sweep

COUNTED = {"Qwen": 600, "meta-llama": 300, "Skywork": 80, "zz-unheard": 20}


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """One whole sweep of January with these downloads, labelled by the reviewed facts; a source says Alibaba's home is Singapore."""
    opened = store.open_warehouse(with_warehouse(tmp_path))
    one_sweep(opened, JAN, COUNTED)
    facts = load_facts()
    classify(opened, facts.model_copy(update={"judgements": (*disputes(),)}))
    yield opened
    opened.close()


def disputes() -> tuple[Judgement, ...]:
    return (
        Judgement(organization="Alibaba", country="SG", source="a register"),
        Judgement(organization="Meta", country="FR", source="a list", note="an error"),
    )


def test_each_scenario_shows_the_groups_it_moves(con: duckdb.DuckDBPyConnection) -> None:
    at, rows = sensitivity(con, "huggingface", "country")
    assert at.day == JAN
    shown = {(scenario, group): (value, round(difference, 3)) for scenario, group, value, _, difference in rows}
    assert shown[("policy six-tigers", "CN")] == (680, 0)
    assert shown[("policy six-tigers", "unknown")] == (20, 0)
    assert shown[("policy osai", "US")] == (380, 0.08), "the index tags Skywork as American"
    assert shown[("Alibaba as SG (a register)", "CN")] == (80, -0.6)
    assert shown[("Alibaba as SG (a register)", "SG")] == (600, 0.6)
    assert not [scenario for scenario, _ in shown if scenario.startswith("Meta as FR")], "an error contests nothing"
    assert shown[("weighted by confidence", "US")][0] == 294


def test_a_label_that_weighs_more_than_the_unknown_is_told_with_the_share(con: duckdb.DuckDBPyConnection) -> None:
    (told,) = [said for said in statistics.run(con, "download_share", by="country").context.warnings if "contested" in said]
    assert told == (
        "the label CN of Alibaba is contested (a register says SG) and carries 60.0% of the denominator, more than the unlabelled; as SG, CN 8.0% "
        "instead of 68.0% and SG 60.0% instead of 0.0%: hubwatch orgs sensitivity --by country shows every alternative"
    )
    series = statistics.run(con, "download_share_series", by="country").context.warnings
    assert [said for said in series if "contested" in said] == [told]
    of_models = [said for said in statistics.run(con, "origin_share", by="country").context.warnings if "contested" in said]
    assert of_models == []  # 1 of 4 models, as many as have no label
    by_origin = [said for said in statistics.run(con, "download_share", by="origin").context.warnings if "contested" in said]
    assert by_origin[0].startswith("the label CN of Alibaba is contested (a register says SG) and carries 60.0% of the denominator")
    within = statistics.run(con, "download_share", by="country", leave_out=["meta-llama"]).context.warnings
    (of_the_rest,) = [said for said in within if "contested" in said]
    assert "carries 85.7% of the denominator, more than the unlabelled; as SG, CN 11.4% instead of 97.1%" in of_the_rest
    of_one = statistics.run(con, "download_share", by="country", organization="Alibaba").context.warnings
    assert not [said for said in of_one if "contested" in said]
    classify(con, Facts(**{name: getattr(load_facts(), name) for name in Facts.model_fields if name != "judgements"}))
    assert not [said for said in statistics.run(con, "download_share", by="country").context.warnings if "contested" in said]


def _told(con: duckdb.DuckDBPyConnection, name: str, **asked: str | list[str]) -> list[str]:
    return [said for said in statistics.run(con, name, **asked).context.warnings if "contested" in said]


def test_ranks_and_comparisons_tell_it_too(con: duckdb.DuckDBPyConnection) -> None:
    """Their rows' values do not add up, so that the label is weighed in the shares of the same listings."""
    told = "the label CN of Alibaba is contested (a register says SG) and carries 60.0% of the denominator, more than the unlabelled; as SG, CN 8.0% "
    (of_ranks,) = _told(con, "leaders", by="country")
    assert of_ranks.startswith(told)
    (of_both,) = _told(con, "download_share", by="country,license")
    assert of_both.startswith(told.replace("the denominator", f"downloads_30d on {JAN}"))
    (of_crossings,) = _told(con, "crossings", group="CN", against="US")
    assert of_crossings.startswith(told.replace("the denominator", f"downloads_30d on {JAN}"))
    assert _told(con, "leaders", by="model") == [], "no label is in its rows"


def test_a_region_that_holds_both_labels_is_not_contested(con: duckdb.DuckDBPyConnection) -> None:
    (told,) = _told(con, "download_share", by="region")
    assert told.startswith("the label china of Alibaba is contested (a register says ")
    classify(con, load_facts().model_copy(update={"judgements": (Judgement(organization="Alibaba", country="HK", source="a register"),)}))
    assert _told(con, "download_share", by="region") == []
    assert len(_told(con, "download_share", by="country")) == 1


def test_a_filter_by_a_contested_label_tells_what_rests_on_it(con: duckdb.DuckDBPyConnection) -> None:
    (told,) = _told(con, "leaders", by="model", country="CN")
    assert told == (
        "the label CN of Alibaba is contested (a register says SG) and carries 88.2% of what is of CN, more than the unlabelled; without it, "
        "these have 80 instead of 680: hubwatch orgs sensitivity --by country shows every alternative"
    )
    assert _told(con, "leaders", by="model", country="US") == []
    assert _told(con, "leaders", by="model", country="CN", leave_out=["Qwen"]) == []


def test_a_label_is_weighed_over_all_hubs_together(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """insert into store.listing by name select 4 + n as listing_key, 'modelscope' as hub, 'Qwen/n' || n as model_id, 'Qwen' as namespace,
           'n' || n as name, $day as first_seen_on, $day as last_seen_on, $day as last_listed_on from range(1, 5) as numbers(n)""",
        {"day": JAN},
    )
    con.execute(
        """insert into store.counters by name select 4 + n as listing_key, $day as day, 'full' as source, false as superseded, 9 as likes
           from range(1, 5) as numbers(n)""",
        {"day": JAN},
    )
    con.execute("insert into sweeps (hub, day, source, complete, records) values ('modelscope', ?, 'full', true, 4)", [JAN])
    classify(con, load_facts().model_copy(update={"judgements": disputes()}))
    (told,) = _told(con, "download_share", by="country", metric="models")
    assert told.startswith(
        "the label CN of Alibaba is contested (a register says SG) and carries 62.5% of the denominator"
    )  # 5 of 8 models


def test_other_dimensions_are_refused(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(WrongQuestion, match=r"there is no by 'family' \(choices: country, kind"):
        sensitivity(con, "huggingface", "family")


def test_the_difference_of_a_share_is_shown_in_points() -> None:
    assert (statistics.shown("difference", -0.02806), statistics.shown("share", 0.1845)) == ("-2.81 points", "18.45%")
