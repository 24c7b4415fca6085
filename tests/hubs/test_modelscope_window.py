"""ModelScope's own listing where it shows so many rows of a question only, and where it does not."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from hubwatch.collect.doctor import examine
from hubwatch.outcomes import HubResult
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from hubwatch.settings import Settings
from tests.hubs.hub_day import rows
from tests.hubs.test_modelscope import dolphin_record, dolphin_reply, openapi_record, run, settings
from tests.sandbox.sandbox_rows import modelscope_rows

WINDOW = 1000
ORDERS = {"GmtModified": "LastUpdatedTime", "DownloadsCount": "Downloads"}
CREATED = {**ORDERS, "GmtCreate": "CreatedTime"}  # the other spelling is ignored
TASKS = ("text-generation", "text-to-image", "translation", None)
Refusal = Callable[[dict[str, Any]], httpx.Response | None]


def failing(status: int) -> Callable[[int], httpx.Response]:
    return lambda total: httpx.Response(status, json={"Code": status, "Data": None, "Message": "Internal Server Error", "Success": False})


def quota(status: int) -> Callable[[int], httpx.Response]:
    return lambda total: httpx.Response(status, json={"Code": "QuotaLimitExceed", "Message": "quota limit exceeded", "Success": False})


def empty(total: int) -> httpx.Response:
    return httpx.Response(200, json=dolphin_reply([], total))


def is_named(model: dict[str, Any], text: str) -> bool:
    return bool(model["Name"].lower().startswith(text.lower()))


@dataclass
class Windowed:
    """A site that shows `window` rows of a question, in pages of at most `cap`."""

    models: list[dict[str, Any]]
    window: int | None = WINDOW
    cap: int = 100
    behind: Callable[[int], httpx.Response] = field(default_factory=lambda: failing(500))
    orders: dict[str, str] = field(default_factory=lambda: ORDERS)
    knows: tuple[str, ...] = ("tasks", "organizations", "Name")
    named: Callable[[dict[str, Any], str], bool] = is_named
    odd: Refusal = lambda asked: None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "PUT", f"{request.url} is another way of listing"
        asked = json.loads(request.content)
        self.asked.append(asked)
        if (answer := self.odd(asked)) is not None:
            return answer
        found = [model for model in self.models if all(self._has(model, part) for part in asked["Criterion"])]
        if asked["Name"] and "Name" in self.knows:
            found = [model for model in found if self.named(model, asked["Name"])]
        if key := self.orders.get(asked["SortBy"]):
            found = sorted(found, key=lambda model: -model[key])
        size = min(asked["PageSize"], self.cap)
        if self.window is not None and asked["PageNumber"] * size > self.window:
            return self.behind(len(found))
        start = (asked["PageNumber"] - 1) * size
        return httpx.Response(200, json=dolphin_reply(found[start : start + size], len(found)))

    def _has(self, model: dict[str, Any], part: dict[str, Any]) -> bool:
        if part["category"] not in self.knows:
            return True
        if part["category"] == "tasks":
            return any(task["Name"] in part["values"] for task in model["Tasks"] or [])
        return (model["Organization"] or {}).get("Name") in part["values"]


def models(count: int, tasks: tuple[str | None, ...] = TASKS, owners: int = 30, letters: str = "abcdefghij") -> list[dict[str, Any]]:
    """Models whose downloads fall as their modification does; the owners of even numbers are persons."""

    def model(number: int) -> dict[str, Any]:
        task, owner = tasks[number % len(tasks)], f"owner-{number % owners}"
        times = {"LastUpdatedTime": 1772414875 - number, "CreatedTime": 1700000000 + number, "Downloads": count - number}
        organization = None if number % owners % 2 == 0 else {"Id": 1, "Name": owner, "Type": 1}
        given = {"Tasks": [{"Name": task}] if task else None, "Organization": organization}
        return dolphin_record(owner, f"{letters[number % len(letters)]}-{number}", **times | given)

    return [model(number) for number in range(count)]


def whole(data: Path, hub: Windowed) -> HubResult:
    result = run(data, hub, own=settings(data, HUBWATCH_ATTEMPTS="2"))
    assert rows(data, "select count(*), count(distinct model_id) from observations") == [(len(hub.models), len(hub.models))], result.message
    assert result.complete, result.message
    return result


@pytest.mark.parametrize("behind", [failing(500), failing(400), empty, quota(403), quota(200)], ids=["500", "400", "empty", "403", "quota"])
def test_what_lies_behind_a_window_is_listed_in_slices(tmp_path: Path, behind: Callable[[int], httpx.Response]) -> None:
    hub = Windowed(models(2600), behind=behind)
    result = whole(tmp_path, hub)
    assert "shows 1000 rows of a question and the hub has 2600 models" in result.message
    assert rows(tmp_path, "select complete, records, listed_total from days") == [(True, 2600, 2600)]


def test_where_the_listing_goes_by_creation_that_reaches_what_lies_just_behind_the_window(tmp_path: Path) -> None:
    hub = Windowed(models(1300), orders=CREATED, knows=())
    whole(tmp_path, hub)
    by_creation = [asked["PageNumber"] for asked in hub.asked if asked["SortBy"] == "GmtCreate"]
    assert by_creation in ([1, 2, 3], [1, 2, 3, 4])  # no further than it takes
    assert [asked["PageNumber"] for asked in hub.asked if asked["SortBy"] == "GmtCreated"] in ([1], [1, 2])  # the spelling that is ignored


@pytest.mark.parametrize(
    "named", [is_named, lambda model, text: text in f"{model['Path']}/{model['Name']}".lower()], ids=["prefix", "anywhere"]
)
def test_models_of_persons_without_a_task_are_found_by_name(tmp_path: Path, named: Callable[[dict[str, Any], str], bool]) -> None:
    hub = Windowed(models(2600, tasks=(None,), letters="abcdefghij中"), named=named)
    whole(tmp_path, hub)


def test_a_slice_larger_than_the_window_is_sliced_again(tmp_path: Path) -> None:
    hub = Windowed(models(3500, tasks=(None,), letters="a"), knows=("Name",))  # every name begins with the letter, and goes on with a dash
    result = whole(tmp_path, hub)
    assert {asked["Name"] for asked in hub.asked} >= {"a", "a-", "a-1"}
    assert "larger than that" in result.message


def test_a_hub_that_caps_its_pages_has_its_window_recognised_between_two_round_rows(tmp_path: Path) -> None:
    whole(tmp_path, Windowed(models(2600), cap=30))


def test_a_hub_without_a_window_is_asked_for_each_page_once_and_nothing_else(tmp_path: Path) -> None:
    hub = Windowed(models(2650), window=None)
    result = whole(tmp_path, hub)
    assert [asked["PageNumber"] for asked in hub.asked] == list(range(1, 28))
    assert "window" not in result.message
    assert "rows of a question" not in result.message


def test_trouble_at_a_round_row_that_is_not_there_behind_it_is_no_window(tmp_path: Path) -> None:
    hub = Windowed(models(2600), window=None, odd=lambda asked: failing(500)(0) if asked["PageNumber"] == 11 else None)
    broken = run(tmp_path, hub, own=settings(tmp_path, HUBWATCH_ATTEMPTS="2"))
    assert (broken.failed, broken.complete, broken.records) == (True, False, 1000)
    hub.odd = lambda asked: None
    whole(tmp_path, hub)
    assert not any(asked["Criterion"] or asked["Name"] for asked in hub.asked)


def test_a_hub_that_is_down_from_a_round_row_on_is_no_window(tmp_path: Path) -> None:
    hub = Windowed(models(2600), window=None)
    hub.odd = lambda asked: failing(500)(0) if len(hub.asked) > 10 else None
    broken = run(tmp_path, hub, own=settings(tmp_path, HUBWATCH_ATTEMPTS="2"))
    assert (broken.failed, broken.records) == (True, 1000)
    assert "rows of a question" not in broken.message


@pytest.mark.parametrize("stopped_at", [14, 20, 33])
def test_a_sweep_stopped_among_its_slices_goes_on_there(tmp_path: Path, stopped_at: int) -> None:
    hub = Windowed(models(2600))
    hub.odd = lambda asked: httpx.Response(429, headers={"retry-after": "900"}) if len(hub.asked) > stopped_at else None
    broken = run(tmp_path, hub, own=settings(tmp_path, HUBWATCH_ATTEMPTS="2"))
    assert (broken.failed, broken.complete) == (True, False)
    before, hub.odd = hub.asked[:stopped_at], lambda asked: None
    hub.asked.clear()
    whole(tmp_path, hub)
    again = [asked for asked in hub.asked if asked in before]
    fetched_ahead = 5  # what the killed run had asked for and not kept: the look at the window, where it was cut short
    assert len(again) <= fetched_ahead, again
    once = Counter(json.dumps(asked) for asked in hub.asked if not asked["PageNumber"] >= 10)
    assert set(once.values()) == {1}


def test_what_no_slice_reaches_is_told_as_a_number_and_makes_the_sweep_incomplete(tmp_path: Path) -> None:
    hub = Windowed(models(2600), knows=("tasks",))  # a quarter has no task, and 250 of these are within the window
    result = run(tmp_path, hub, own=settings(tmp_path, HUBWATCH_ATTEMPTS="2"))
    assert (result.complete, result.failed) == (False, False)
    assert rows(tmp_path, "select count(*) from observations") == [(2200,)]
    assert "2200 of 2600 models were seen; 400 are behind the window of 1000 rows" in result.message
    assert "to go on" not in result.message


def test_a_few_models_that_no_slice_reaches_are_told_and_tolerated(tmp_path: Path) -> None:
    found = models(2600, tasks=TASKS[:3])
    for model in found[2590:]:
        model["Tasks"] = None
    result = run(tmp_path, Windowed(found, knows=("tasks",)), own=settings(tmp_path, HUBWATCH_ATTEMPTS="2"))
    assert result.complete
    assert "10 of 2600 models are in no slice" in result.message


def test_a_slice_that_is_refused_is_counted_and_the_others_are_asked(tmp_path: Path) -> None:
    hub = Windowed(models(2600, tasks=TASKS[:3]), knows=("tasks",))

    def odd(asked: dict[str, Any]) -> httpx.Response | None:
        refused = any("translation" in part["values"] for part in asked["Criterion"])
        return failing(500)(0) if refused else None

    hub.odd = odd
    result = run(tmp_path, hub, own=settings(tmp_path, HUBWATCH_ATTEMPTS="2"))
    assert (result.complete, result.failed) == (False, False)
    assert "1 refused" in result.message
    assert "collect again to ask for the refused slices" in result.message
    hub.odd = lambda asked: None
    whole(tmp_path, hub)


def test_the_sandbox_shows_a_window_when_told_to_and_doctor_finds_it(tmp_path: Path) -> None:
    for behind in (500, 0):
        switches = Switches(window=10_000, behind_the_window=behind)
        with Sandbox(modelscope=modelscope_rows(10_300), switches=switches, max_seconds=60) as sandbox:
            report = examine(Settings.from_environment(tmp_path, sandbox.endpoints), "modelscope")
        off = {finding.name: finding.cure for finding in report.findings if not finding.ok}
        assert off == {"window": "the listing ends at 10000 rows: full sweeps go on in slices, and say what no slice reaches"}
        assert report.requests <= 10


def test_doctor_finds_no_window_where_there_is_none(tmp_path: Path) -> None:
    with Sandbox(modelscope=modelscope_rows(10_300), max_seconds=60) as sandbox:
        report = examine(Settings.from_environment(tmp_path, sandbox.endpoints), "modelscope")
    told = {finding.name: finding.told for finding in report.findings}
    assert report.ok, told
    assert told["window"] == "pages 100 and 101 have 100 and 100 records, total 10300"


def by_prefix(request: httpx.Request, found: list[dict[str, Any]]) -> httpx.Response:
    """The documented listing: 3,000 rows of each question, a search by the beginning of a name, no other filter, orders that show the same."""
    query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
    number, size = int(query["page_number"]), int(query["page_size"])
    if number * size > 3000:
        return httpx.Response(403, json={"success": False, "code": "QuotaLimitExceed", "message": "too deep", "request_id": "1"})
    if "owner" in query:
        return httpx.Response(200, json={"success": True, "data": {"models": [], "total_count": 0}})
    shown = [model for model in found if model["id"].split("/")[1].startswith(query.get("search", ""))]
    page = shown[(number - 1) * size : number * size]
    return httpx.Response(200, json={"success": True, "data": {"models": page, "total_count": len(shown)}})


def test_with_the_sites_listing_refused_names_are_searched_letter_by_letter(tmp_path: Path) -> None:
    found = [openapi_record(f"o{number % 40}/{'aaaabcde'[number % 8]}-{number}", tags=[]) for number in range(7000)]
    asked: list[httpx.Request] = []

    def hub(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(403, json={"Code": 403, "Success": False}) if request.method == "PUT" else by_prefix(request, found)

    result = run(tmp_path, hub, own=settings(tmp_path, HUBWATCH_ATTEMPTS="2"))
    assert rows(tmp_path, "select count(*) from observations") == [(7000,)]
    assert result.complete, result.message
    assert any("search=a-1" in str(request.url) for request in asked)  # a alone has 3,500


def test_a_page_too_deep_in_the_documented_listing_ends_that_question_alone(tmp_path: Path) -> None:
    found = [openapi_record(f"o/m-{number}", tags=[]) for number in range(120)]

    def hub(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT" or b"page_number=2" in request.url.query:
            return httpx.Response(403, json={"success": False, "code": "QuotaLimitExceed", "message": "quota limit exceeded"})
        return by_prefix(request, found)

    result = run(tmp_path, hub, own=settings(tmp_path, HUBWATCH_ATTEMPTS="2"))
    assert (result.complete, result.failed) == (False, False), result.message
    assert rows(tmp_path, "select count(*) from observations") == [(50,)]
    assert "token" not in result.message
    assert "50 of 120 models were seen" in result.message


def refused_but(found: list[dict[str, Any]], asked: list[httpx.Request]) -> Callable[[httpx.Request], httpx.Response]:
    """A hub that refuses its site's listing and searches the documented one by the beginning of names."""

    def hub(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(403, json={"Code": 403, "Success": False}) if request.method == "PUT" else by_prefix(request, found)

    return hub


def test_names_that_begin_alike_for_long_are_told_apart_behind_that(tmp_path: Path) -> None:
    found = [openapi_record(f"o{number % 40}/fine-tuned-qwen-instruct-{number:04}", tags=[]) for number in range(4000)]
    asked: list[httpx.Request] = []
    result = run(tmp_path, refused_but(found, asked), own=settings(tmp_path, HUBWATCH_ATTEMPTS="2"))
    assert rows(tmp_path, "select count(*) from observations") == [(4000,)]
    assert result.complete, result.message
    assert len(asked) <= 4 * 60 + 80  # every order as deep as it goes, then 20 letters and the rest


def test_one_name_of_more_owners_than_a_question_shows_is_named_as_not_seen(tmp_path: Path) -> None:
    found = [openapi_record(f"o{number}/lora", tags=[]) for number in range(3200)]
    result = run(tmp_path, refused_but(found, []), own=settings(tmp_path, HUBWATCH_ATTEMPTS="2"))
    assert rows(tmp_path, "select count(*) from observations") == [(3000,)]
    assert "3000 of 3200 models were seen" in result.message
    assert "200 in 1 beginnings of names with more than that (such as 'lora')" in result.message
