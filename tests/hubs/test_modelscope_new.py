"""Sweeps of what is new on ModelScope: by creation order where it holds, each new model found, in few requests."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubwatch.clock import now
from hubwatch.collect.doctor import examine
from hubwatch.pages import SweepPages, SweepState
from hubwatch.pages.sweep import Sweep
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from hubwatch.settings import Settings
from tests.hubs.hub_day import collect_and_load, rows
from tests.hubs.test_modelscope import DAY, Hub, dolphin_record, run, settings
from tests.sandbox.sandbox_rows import modelscope_row

TODAY = datetime.combine(DAY, datetime.min.time())
SINCE = TODAY - timedelta(days=1)
ORDERS = {"GmtModified": "LastUpdatedTime", "DownloadsCount": "Downloads"}


def second(days_ago: float) -> int:
    return int((TODAY.replace(tzinfo=UTC) - timedelta(days=days_ago)).timestamp())


def models(count: int, new: int, **changed: Any) -> list[dict[str, Any]]:
    """`new` models of the day before, `count` in all, in no order; the older ones are changed all the time."""
    dice = random.Random(7)
    found = []
    for number in range(count):
        made = dice.uniform(0.01, 0.99) if number < new else dice.uniform(1.01, 900)
        times = {"CreatedTime": second(made), "LastUpdatedTime": second(dice.uniform(0, made))}
        found.append(dolphin_record("a", f"m{number:05}", Id=number, **times | changed))
    dice.shuffle(found)
    return found


def sorts(hub: Hub) -> list[str]:
    return [json.loads(request.content)["SortBy"] for request in hub.requests]


@pytest.mark.parametrize("spelling", ["GmtCreated", "GmtCreate"])
def test_a_new_sweep_goes_by_whichever_spelling_of_the_creation_order_holds_and_ends_at_its_first_day(
    tmp_path: Path, spelling: str
) -> None:
    hub = Hub(models(3000, new=230), orders=ORDERS | {spelling: "CreatedTime"})
    result = run(tmp_path, hub, "new", since=SINCE)
    assert result.complete, result.message
    assert f"entered by creation order ({spelling})" in result.message
    assert rows(tmp_path, "select count(*), min(created_at) >= ?::timestamp from listings".replace("?", f"'{SINCE}'")) == [(230, True)]
    ignored = ["GmtCreated"] if spelling == "GmtCreate" else []
    assert sorts(hub) == ["NoSuchOrder", *ignored, spelling, spelling, spelling, "GmtModified"]


def test_an_order_that_is_the_default_one_is_not_believed_though_its_times_fall(tmp_path: Path) -> None:
    listed = sorted(models(400, new=40), key=lambda model: -model["CreatedTime"])
    hub = Hub([*listed[:200], dolphin_record("a", "late", CreatedTime=second(0.5), LastUpdatedTime=second(0.1)), *listed[200:]])
    result = run(tmp_path, hub, "new", since=SINCE)
    assert "does not sort by creation; listed by last modification" in result.message
    assert rows(tmp_path, "select count(*) from listings") == [(41,)]


def test_an_order_that_breaks_off_on_a_later_page_is_left_for_the_order_of_change(tmp_path: Path) -> None:
    hub = Hub(models(2000, new=350), orders=ORDERS | {"GmtCreated": "CreatedTime"})

    def odd(request: httpx.Request) -> httpx.Response | None:
        asked = json.loads(request.content)
        return (
            hub._dolphin(httpx.Request("PUT", request.url, content=json.dumps(asked | {"SortBy": "none"})))
            if (asked["SortBy"] == "GmtCreated" and asked["PageNumber"] > 1)
            else None
        )

    hub.odd = odd
    result = run(tmp_path, hub, "new", since=SINCE)
    assert result.complete, result.message
    assert "listed by last modification" in result.message
    assert rows(tmp_path, "select count(*) from listings") == [(350,)]


def test_an_order_that_leaves_out_a_new_model_is_found_out_by_the_order_of_change(tmp_path: Path) -> None:
    hidden = dolphin_record("a", "hidden", CreatedTime=second(0.5), LastUpdatedTime=second(0))
    listed = models(2000, new=150)
    hub = Hub([*listed, hidden], orders=ORDERS | {"GmtCreated": "CreatedTime"})
    of_all, without = Hub(hub.models, orders=hub.orders), Hub(listed, orders=hub.orders)
    hub.odd = lambda request: (without if "GmtCreated" in request.content.decode() else of_all)._dolphin(request)
    result = run(tmp_path, hub, "new", since=SINCE)
    assert "the creation order (GmtCreated) leaves out 1 new models, such as a/hidden: not used" in result.message
    assert rows(tmp_path, "select count(*) from listings") == [(151,)]


def test_an_order_that_is_refused_is_not_used(tmp_path: Path) -> None:
    hub = Hub(models(500, new=50), orders=ORDERS | {"GmtCreate": "CreatedTime"})
    hub.odd = lambda request: (
        httpx.Response(400, json={"Code": 400, "Success": False})
        if json.loads(request.content)["SortBy"] in ("NoSuchOrder", "GmtCreated")
        else None
    )
    result = run(tmp_path, hub, "new", since=SINCE)
    assert (result.complete, result.requests) == (True, 4), result.message
    assert rows(tmp_path, "select count(*) from listings") == [(50,)]


def test_models_deleted_under_the_walk_draw_no_new_one_past_it(tmp_path: Path) -> None:
    hub = Hub(models(1500, new=250), orders=ORDERS | {"GmtCreated": "CreatedTime"})
    gone = sorted(hub.models, key=lambda model: -model["CreatedTime"])[:30]

    def odd(request: httpx.Request) -> None:
        asked = json.loads(request.content)
        if asked["SortBy"] == "GmtCreated" and asked["PageNumber"] == 2:
            hub.models = [model for model in hub.models if model not in gone]

    hub.odd = odd
    result = run(tmp_path, hub, "new", since=SINCE)
    assert result.complete, result.message
    assert rows(tmp_path, "select count(*) from listings") == [(250,)]


@pytest.mark.parametrize("stopped_at", [2, 4, 6])
def test_a_new_sweep_that_was_stopped_goes_on_where_it_was(tmp_path: Path, stopped_at: int) -> None:
    hub = Hub(models(3000, new=430), orders=ORDERS | {"GmtCreate": "CreatedTime"})
    hub.odd = lambda request: httpx.Response(429, headers={"retry-after": "900"}) if len(hub.requests) > stopped_at else None
    broken = run(tmp_path, hub, "new", own=settings(tmp_path, HUBWATCH_ATTEMPTS="2"), since=SINCE)
    assert (broken.failed, broken.complete) == (True, False)
    hub.odd = lambda request: None
    result = run(tmp_path, hub, "new", since=SINCE)
    assert result.complete, result.message
    assert rows(tmp_path, "select count(*) from listings") == [(430,)]
    assert "GmtCreate)" in result.message


def test_a_window_before_the_first_day_wanted_makes_the_sweep_incomplete(tmp_path: Path) -> None:
    served = [modelscope_row(number, CreatedTime=second(0.0005 * number), LastUpdatedTime=second(0)) for number in range(3000)]
    with Sandbox(modelscope=served[::-1], switches=Switches(window=1000), max_seconds=60) as sandbox:
        own = Settings.from_environment(tmp_path, dict(sandbox.endpoints) | {"HUBWATCH_ATTEMPTS": "1"})
        result = collect_and_load(own, Sweep("modelscope", DAY, "new", since=SINCE))
    assert not result.complete
    assert "shows 1000 rows by creation, which does not reach down to" in result.message


@dataclass
class Counted:
    """A sandbox of `count` models, 400 of them of the day before."""

    count: int
    switches: Switches = field(default_factory=Switches)

    def records(self) -> list[dict[str, Any]]:
        dice = random.Random(3)
        made = [dice.uniform(0.01, 0.99) if number < 400 else dice.uniform(1.01, 1200) for number in range(self.count)]
        dice.shuffle(made)
        return [
            modelscope_row(number, Path=f"o{number % 999}", CreatedTime=second(at), LastUpdatedTime=second(dice.uniform(0, at)))
            for number, at in enumerate(made)
        ]


@pytest.mark.parametrize(("order", "since", "most"), [("GmtCreated", SINCE, 9), ("GmtCreate", SINCE, 10), ("GmtCreated", None, 13)])
def test_a_day_of_400_new_models_takes_few_requests_however_large_the_hub_is(
    tmp_path: Path, order: Any, since: datetime | None, most: int
) -> None:
    with Sandbox(modelscope=Counted(12_000).records(), switches=Switches(creation_order=order), max_seconds=120) as sandbox:
        own = Settings.from_environment(tmp_path, sandbox.endpoints)
        result = collect_and_load(own, Sweep("modelscope", DAY, "new", since=since))
        told = {finding.name: finding.told for finding in examine(own, "modelscope").findings}
    assert result.complete, result.message
    assert result.requests <= most
    assert rows(tmp_path, f"select count(*) from listings where created_at >= '{SINCE}'") == [(400,)]
    assert told["order by creation"] == f"honoured as {order}; sweeps of new models go by it"


def test_the_sandbox_without_a_creation_order_is_swept_by_modification_and_doctor_says_so(tmp_path: Path) -> None:
    with Sandbox(modelscope=Counted(2_000).records(), switches=Switches(creation_order=None), max_seconds=120) as sandbox:
        own = Settings.from_environment(tmp_path, sandbox.endpoints)
        result = collect_and_load(own, Sweep("modelscope", DAY, "new", since=SINCE))
        told = {finding.name: finding.told for finding in examine(own, "modelscope").findings}
    assert result.complete, result.message
    assert rows(tmp_path, "select count(*) from listings") == [(400,)]
    assert told["order by creation"].startswith("ignored: neither GmtCreated nor GmtCreate changes the order")


def late(number: int, created: float, published: float) -> dict[str, Any]:
    """A model that was published so many days after it was created."""
    return dolphin_record("late", f"m{number}", CreatedTime=second(created), LastUpdatedTime=second(published))


@pytest.mark.parametrize("order", ["GmtCreated", None])
def test_a_new_sweep_without_a_first_day_reads_what_is_new_and_finds_what_was_published_late_by_its_change(
    tmp_path: Path, order: str | None
) -> None:
    seen = [dolphin_record("a", f"seen{number}", CreatedTime=second(5 + number / 100), LastUpdatedTime=second(4)) for number in range(1500)]
    changed = [dolphin_record("a", f"changed{number}", CreatedTime=second(400), LastUpdatedTime=second(0.2)) for number in range(50)]
    hub = Hub(
        [*models(400, new=400), *seen, *changed, late(1, 19, 0.3), late(2, 8, 0.6)],
        orders=ORDERS | ({order: "CreatedTime"} if order else {}),
    )
    result = run(tmp_path, hub, "new")
    assert result.complete, result.message
    counted = "count(*) filter (name like 'm%'), count(*) filter (namespace = 'late'), count(*) filter (name like 'seen%') < 200"
    assert rows(tmp_path, f"select {counted} from listings") == [(402, 2, True)]  # the last page of each walk ends in older ones
    assert result.requests <= 14  # to read three weeks by creation takes 20
    note = rows(tmp_path, "select extent, extent_note from days")[0]
    begun = f"{TODAY - timedelta(days=1 if order else 2):%Y-%m-%d %H:%M}"
    assert note[0] == "window"
    assert note[1].endswith(f"the ones changed since {begun}")


@pytest.mark.parametrize(("burst", "most"), [(0.001, 12), (0.4, 40)])
def test_where_the_hub_changes_many_models_at_once_three_weeks_are_read_by_creation(tmp_path: Path, burst: float, most: int) -> None:
    old = [dolphin_record("a", f"old{number}", CreatedTime=second(30 + number), LastUpdatedTime=second(burst)) for number in range(9000)]
    hub = Hub([*models(600, new=100), *old, late(1, 19, 0.6)], orders=ORDERS | {"GmtCreate": "CreatedTime"})
    result = run(tmp_path, hub, "new")
    assert result.complete, result.message
    assert result.requests < most
    assert rows(tmp_path, "select count(*) > 101, count(*) filter (namespace = 'late') from listings") == [(True, 1)]
    assert rows(tmp_path, "select extent_note similar to 'models created since [0-9-]{10}' from days") == [(True,)]


def test_a_new_sweep_reads_back_to_the_last_complete_sweep_where_days_were_missed(tmp_path: Path) -> None:
    hub = Hub(models(3000, new=100), orders=ORDERS | {"GmtCreated": "CreatedTime"})
    own = settings(tmp_path)
    state = SweepState(
        hub="modelscope", day=DAY - timedelta(days=9), sweep="full", endpoint=own.hubs["modelscope"].endpoint, started_at=now()
    )
    state.started_at, state.finished_at = TODAY - timedelta(days=9), now()
    SweepPages(tmp_path, "modelscope", state.day, "full").save_state(state)
    result = run(tmp_path, hub, "new", own=own)
    since = TODAY - timedelta(days=11)
    assert result.complete, result.message
    wanted = sum(model["CreatedTime"] >= second(11) for model in hub.models)
    assert rows(tmp_path, f"select count(*) filter (created_at >= '{since}') from listings") == [(wanted,)]
