"""ModelScope and WiseModel from their stand-ins, over real sockets, to the published file."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hubwatch import pipeline
from hubwatch.clock import today
from hubwatch.outcomes import HubResult
from hubwatch.pages.sweep import Sweep
from hubwatch.sandbox.faults import Faults
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from hubwatch.settings import Settings
from tests.conftest import with_warehouse
from tests.hubs.hub_day import collect_and_load, rows
from tests.sandbox.sandbox_rows import huggingface_rows, modelscope_rows, wisemodel_rows

QUICK = {"HUBWATCH_READ_TIMEOUT": "2", "HUBWATCH_ATTEMPTS": "3", "HUBWATCH_PATIENCE": "20", "HUBWATCH_REPORT": "no"}


def run(
    data: Path, hubs: dict[str, Any], faults: tuple[str, ...] = (), switches: Switches | None = None, **sweep: Any
) -> dict[str, HubResult]:
    """Each hub's day, collected from its stand-in and loaded."""
    with Sandbox(**hubs, faults=Faults.parse(faults), switches=switches, max_seconds=300) as sandbox:
        settings = Settings.from_environment(with_warehouse(data), sandbox.endpoints | QUICK)
        return {hub: collect_and_load(settings, Sweep(hub, today(), **sweep)) for hub in hubs}


def test_three_hubs_side_by_side_give_three_complete_days(tmp_path: Path) -> None:
    hubs: dict[str, Any] = {"huggingface": huggingface_rows(30), "modelscope": modelscope_rows(250), "wisemodel": wisemodel_rows(130)}
    with Sandbox(**hubs, max_seconds=300) as sandbox:
        settings = Settings.from_environment(with_warehouse(tmp_path), sandbox.endpoints | QUICK)
        result = pipeline.run(settings, [Sweep(hub, today()) for hub in hubs])
    assert all(hub.as_asked for hub in result.hubs.values()), result
    assert result.published == str(tmp_path / "hubwatch.duckdb")
    assert rows(tmp_path, "select hub, complete, records, rejected from days order by hub") == [
        ("huggingface", True, 30, 0),
        ("modelscope", True, 250, 0),
        ("wisemodel", True, 130, 0),
    ]
    assert rows(
        tmp_path,
        """select title, created_at, modified_at, license_raw, task, library, downloads_30d, downloads_total, likes
           from listings join observations using (hub, model_id) where hub = 'modelscope' and model_id = 'qwen/Model-7'""",
    ) == [
        (
            *("模型7", datetime(2023, 11, 14, 22, 20, 20), datetime(2024, 3, 9, 23, 0), "Apache License 2.0"),
            *("text-generation", "pytorch", None, 77, 4),
        )
    ]
    assert rows(
        tmp_path,
        """select created_at, license_raw, repo_kind, downloads_30d, downloads_total, likes
           from listings join observations using (hub, model_id) where hub = 'wisemodel' and model_id = '01.AI/model-8'""",
    ) == [(datetime(2024, 5, 9), "apache-2.0", "unknown", None, None, None)]


@pytest.mark.parametrize("dolphin", ["forbidden", "html"])
def test_modelscope_goes_by_the_openapi_where_its_own_listing_is_closed(tmp_path: Path, dolphin: Any) -> None:
    hubs: dict[str, Any] = {"modelscope": modelscope_rows(250)}
    result = run(tmp_path, hubs, switches=Switches(dolphin=dolphin))
    assert (result["modelscope"].complete, result["modelscope"].records) == (True, 250), result
    assert "listed by the OpenAPI, because" in rows(tmp_path, "select message from days")[0][0]
    assert rows(
        tmp_path, "select count(*), count(parameters), max(downloads_total) from listings join observations using (hub, model_id)"
    ) == [(250, 0, 249 * 11)]


@pytest.mark.parametrize("dolphin", ["open", "forbidden"])
def test_a_window_holds_what_was_created_in_it_and_no_other(tmp_path: Path, dolphin: Any) -> None:
    hubs: dict[str, Any] = {"modelscope": modelscope_rows(250), "wisemodel": wisemodel_rows(130)}
    since, until = datetime(2023, 11, 15), datetime(2023, 11, 16)
    with Sandbox(**hubs, switches=Switches(dolphin=dolphin), max_seconds=300) as sandbox:
        settings = Settings.from_environment(with_warehouse(tmp_path), sandbox.endpoints | QUICK)
        collect_and_load(settings, Sweep("modelscope", today(), "window", since=since, until=until))
        since, until = datetime(2024, 5, 3), datetime(2024, 5, 5)
        collect_and_load(settings, Sweep("wisemodel", today(), "window", since=since, until=until))
    got = rows(tmp_path, "select hub, min(created_at), max(created_at), count(*) from listings group by hub order by hub")
    assert got == [
        ("modelscope", datetime(2023, 11, 15, 0, 0, 20), datetime(2023, 11, 15, 2, 22, 20), 143),  # one a minute
        ("wisemodel", datetime(2024, 5, 3), datetime(2024, 5, 4), 10),  # 0:00 is 8:00 in China, as the hub writes it
    ]


@pytest.mark.parametrize("past_the_end", ["empty", "null-list", "null-data"])
def test_modelscope_may_move_under_the_walk_and_end_as_it_likes(tmp_path: Path, past_the_end: Any) -> None:
    result = run(tmp_path, {"modelscope": modelscope_rows(400)}, switches=Switches(moving=7, past_the_end=past_the_end))
    assert (result["modelscope"].complete, result["modelscope"].records) == (True, 400), result
    assert rows(tmp_path, "select duplicates > 0, listed_total from days") == [(True, 400)]


@pytest.mark.parametrize(
    "fault",
    ["html-405@page2x1", "soft-error@page2x1", "502@2", "truncated@2", "reset@2", "empty@2", "retry-after=0@2", "wrong-type@2", "html@2"],
)
@pytest.mark.parametrize("hub", ["modelscope", "wisemodel"])
def test_trouble_that_passes_costs_a_retry_and_no_record(tmp_path: Path, hub: str, fault: str) -> None:
    hubs = {"modelscope": {"modelscope": modelscope_rows(250)}, "wisemodel": {"wisemodel": wisemodel_rows(250)}}[hub]
    result = run(tmp_path, hubs, (f"{hub}:{fault}",), license_budget=0)[hub]
    assert (result.complete, result.records, result.rejected) == (True, 250, 0), result
    assert result.retries == (0 if fault.startswith("wrong-type") else 1)


def test_one_page_without_a_promised_counter_fails_that_hub_and_not_the_other(tmp_path: Path) -> None:
    hubs: dict[str, Any] = {"modelscope": modelscope_rows(250), "wisemodel": wisemodel_rows(50)}
    result = run(tmp_path, hubs, ("modelscope:missing-key@2",), license_budget=0)
    assert result["modelscope"].failed
    assert "100 of 250 records cannot be read (Downloads is missing or null" in result["modelscope"].message
    assert result["wisemodel"].complete
    assert rows(tmp_path, "select hub, complete from days") == [("wisemodel", True)]


def test_stray_bytes_cost_their_record_only(tmp_path: Path) -> None:
    hubs: dict[str, Any] = {"modelscope": modelscope_rows(250), "wisemodel": wisemodel_rows(250)}
    with Sandbox(**hubs, faults=Faults.parse(("modelscope:invalid-utf8@2", "wisemodel:invalid-utf8@2")), max_seconds=300) as sandbox:
        settings = Settings.from_environment(with_warehouse(tmp_path), sandbox.endpoints | QUICK)
        result = pipeline.run(settings, [Sweep(hub, today(), license_budget=0) for hub in hubs])
    for hub in hubs:
        assert (result.hubs[hub].complete, result.hubs[hub].records, result.hubs[hub].rejected) == (True, 249, 1), result
    assert {reason for (reason,) in rows(tmp_path, "select reason from rejects")} == {
        "holds bytes that are not UTF-8 or half a surrogate pair"
    }


def test_wisemodel_that_wants_a_token_for_its_list_is_a_failure_that_says_so(tmp_path: Path) -> None:
    result = run(tmp_path, {"wisemodel": wisemodel_rows(5)}, switches=Switches(wisemodel_list=False))["wisemodel"]
    assert result.failed
    assert "answered 401" in result.message


def test_sweeps_of_owners_see_these_owners_only(tmp_path: Path) -> None:
    hubs = {"modelscope": modelscope_rows(30)}
    assert run(tmp_path, hubs, kind="owners", owners=("Qwen",))["modelscope"].complete
    assert rows(tmp_path, "select distinct namespace from listings") == [("Qwen",)]
    hubs = {"wisemodel": wisemodel_rows(30)}
    assert run(tmp_path / "2", hubs, kind="owners", owners=("BAAI",), license_budget=0)["wisemodel"].complete
    assert rows(tmp_path / "2", "select namespace, count(*) from listings group by 1") == [("BAAI", 15)]
