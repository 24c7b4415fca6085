"""A full sweep of Hugging Face in ranges of creation time: every model once, whatever the hub makes of our cursors."""

import base64
import json
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubwatch.collect import collect
from hubwatch.net.pacing import Pacer
from hubwatch.outcomes import HubResult
from hubwatch.pages import Sweep, SweepPages
from tests.conftest import settings_for

DAY = date(2026, 5, 20)
PAGE = 10
ENDPOINT = "http://127.0.0.1:9"


def made(count: int) -> list[dict[str, Any]]:
    """Records created an hour apart, in the order of their `_id`."""
    records = []
    for number in range(count):
        at = datetime.fromtimestamp(1_735_689_600 + 3600 * number, UTC)
        records.append(
            {"_id": f"{int(at.timestamp()):08x}{number:016x}", "id": f"o/m{number}", "createdAt": f"{at:%Y-%m-%dT%H:%M:%S}.000Z"}
        )
    return records


class Hub:
    """The listing by creation, with cursors; slow enough that one walk is too slow for the window it announces.

    `own`: what it makes of a cursor that it did not give out ("taken", "ignored", or a number of records that it then skips).
    `lost`: numbers of records behind which a page names no next one, the first time.
    """

    def __init__(self, count: int, own: str | int = "taken", lost: tuple[int, ...] = ()) -> None:
        self.records, self.own, self.lost = made(count), own, set(lost)
        self.keys = [record["_id"] for record in self.records]
        self.given: set[str] = set()
        self.asked: list[int] = []
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        time.sleep(0.21)
        with self._lock:
            return self._answer(request.url.params)

    def _answer(self, params: httpx.QueryParams) -> httpx.Response:
        ascending = params.get("direction") != "-1"
        cursor, start = params.get("cursor"), 0
        if cursor:
            key = json.loads(base64.b64decode(cursor))["_id"]["$gt"]
            start = sum(1 for one in self.keys if one <= key)
            if cursor not in self.given and self.own == "ignored":
                start = 0
            elif cursor not in self.given and isinstance(self.own, int):
                start += self.own
        self.asked.append(start)
        records = self.records[start : start + PAGE] if ascending else self.records[::-1][:PAGE]
        end = start + len(records)
        headers = {"RateLimit": '"api";r=90000;t=9', "RateLimit-Policy": '"fixed window";"api";q=100000;w=10'}
        if ascending and end < len(self.records):
            if end in self.lost:
                self.lost.discard(end)
            else:
                onward = base64.b64encode(json.dumps({"_id": {"$gt": self.keys[end - 1]}}).encode()).decode()
                self.given.add(onward)
                headers["Link"] = f'<{ENDPOINT}/api/models?sort=createdAt&direction=1&cursor={onward}>; rel="next"'
        return httpx.Response(200, json=records, headers=headers)


def swept(data: Path, hub: Hub, stop: threading.Event | None = None, watch: Any = None) -> HubResult:
    return collect(settings_for(data, ENDPOINT), Sweep("huggingface", DAY), watch, stop, httpx.MockTransport(hub))


def kept_ids(data: Path) -> list[str]:
    pages = SweepPages(data, "huggingface", DAY, "full")
    return [record["id"] for page in pages.read() for record in json.loads(page.body)]


def test_ranges_side_by_side_list_every_model_and_overlap_by_less_than_a_page_each(tmp_path: Path) -> None:
    hub = Hub(2000)
    got = swept(tmp_path, hub)
    ids = kept_ids(tmp_path)
    partitions = SweepPages(tmp_path, "huggingface", DAY, "full").partitions()
    assert got.complete, got.message
    assert set(ids) == {record["id"] for record in hub.records}
    assert len(partitions) > 2
    assert len(ids) - 2000 <= PAGE * len(partitions)
    assert got.requests <= 200 + 3 * len(partitions)


def test_where_the_hub_ignores_cursors_of_our_making_the_walk_goes_on_as_one(tmp_path: Path) -> None:
    hub = Hub(1000, own="ignored")
    got = swept(tmp_path, hub)
    assert got.complete, got.message
    assert "the hub did not accept a cursor that hubwatch made; continued without it" in got.message
    assert kept_ids(tmp_path) == [record["id"] for record in hub.records]
    assert SweepPages(tmp_path, "huggingface", DAY, "full").partitions() == ["main"]


def test_a_sweep_in_ranges_goes_on_from_the_last_page_of_each(tmp_path: Path) -> None:
    hub, stop, pages = Hub(2000), threading.Event(), []

    def watch(progress: object) -> None:
        pages.append(progress)
        if len(pages) == 60:
            stop.set()

    assert not swept(tmp_path, hub, stop, watch).complete
    assert SweepPages(tmp_path, "huggingface", DAY, "full").count() == 60
    before = len(hub.asked)
    got = swept(tmp_path, hub)
    assert got.complete, got.message
    assert set(kept_ids(tmp_path)) == {record["id"] for record in hub.records}
    assert len(hub.asked) - before <= 140 + 40  # what was kept is not asked for again


def test_a_link_that_is_lost_within_a_range_is_entered_behind_its_last_model(tmp_path: Path) -> None:
    hub = Hub(2000, lost=tuple(range(100, 2000, 170)))
    got = swept(tmp_path, hub)
    assert got.complete, got.message
    assert set(kept_ids(tmp_path)) == {record["id"] for record in hub.records}


@pytest.mark.parametrize("skipped", [25])
def test_models_that_neither_neighbour_lists_make_the_sweep_incomplete(tmp_path: Path, skipped: int) -> None:
    hub = Hub(2000, own=skipped)
    got = swept(tmp_path, hub)
    assert not got.complete
    assert "that neither range beside it holds; collect again with --fresh" in got.message


def test_a_pacer_counts_requests_under_way_against_a_new_window() -> None:
    pacer = Pacer(0.0)
    assert pacer.rate() is None
    for _ in range(5):
        pacer.next()
    pacer.heard({"ratelimit": '"api";r=4;t=300', "ratelimit-policy": '"fixed window";"api";q=500;w=300'}, None)
    assert pacer.rate() == 500 / 300
    assert pacer.next() > 100  # four are left, and four are under way


def test_a_window_that_allows_more_than_the_default_rate_counts_unless_the_operator_set_the_rate() -> None:
    announced = {"ratelimit": '"api";r=2400;t=290', "ratelimit-policy": '"fixed window";"api";q=2500;w=300'}
    for follows, rate in ((True, 2500 / 300), (False, 5.0)):
        pacer = Pacer(1 / 5, follows)
        pacer.heard(announced, None)
        assert pacer.rate() == pytest.approx(rate)
