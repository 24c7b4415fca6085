"""WiseModel: GitLab's project list, licenses within a budget, and the configured listing call."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubwatch import pipeline
from hubwatch.clock import today
from hubwatch.hubs.paging import Listing
from hubwatch.hubs.wisemodel.site_call import Fields, SiteListing
from hubwatch.outcomes import HubResult
from hubwatch.pages.sweep import Sweep
from hubwatch.settings import Settings
from tests.hubs.hub_day import collect_and_load, rows
from tests.shared import shared

DAY = today()
HOME = "http://127.0.0.1:9"


def project(number: int, path: str, **changed: Any) -> dict[str, Any]:
    owner, _, name = path.rpartition("/")
    return {
        "id": number,
        "description": None,
        "name": name,
        "path": name,
        "path_with_namespace": path,
        "created_at": "2024-05-16T16:24:18.000+08:00",
        "default_branch": "main",
        "tag_list": [],
        "topics": [],
        "star_count": 3,
        "last_activity_at": "2024-06-01T00:00:00Z",
        "namespace": {"id": 1, "name": owner, "path": owner, "kind": "group", "full_path": owner},
    } | changed


@dataclass
class Hub:
    """A stand-in GitLab over `projects`; `odd` may answer a request in its stead, `links` says how it names the next page."""

    projects: list[dict[str, Any]] = field(default_factory=list)
    licenses: dict[int, Any] = field(default_factory=dict)
    odd: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
    links: str | None = HOME
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path, query = request.url.raw_path.decode().split("?")[0], dict(request.url.params)
        if answer := self.odd(request):
            return answer
        if path == "/api/v4/projects":
            return self._keyset(query)
        if path.startswith("/api/v4/projects/"):
            number = int(path.rsplit("/", 1)[1])
            found = next(project for project in self.projects if project["id"] == number)
            return httpx.Response(200, json=found | {"license": self.licenses.get(number), "forks_count": 0})
        route, owner = path.split("/")[3:5]
        kind = {"groups": "group", "users": "user"}[route]
        owned = [
            one for one in self.projects if one["namespace"]["kind"] == kind and one["namespace"]["full_path"] == owner.replace("%2F", "/")
        ]
        if not owned:
            return httpx.Response(404, json={"message": "404 Group Not Found"})
        size, number = int(query["per_page"]), int(query["page"])
        return httpx.Response(200, json=owned[(number - 1) * size : number * size], headers={"x-total": str(len(owned))})

    def _keyset(self, query: dict[str, str]) -> httpx.Response:
        size, after = int(query["per_page"]), int(query.get("id_after", "0"))
        found = [one for one in sorted(self.projects, key=lambda one: one["id"]) if one["id"] > after]
        if "last_activity_after" in query:
            found = [one for one in found if one["last_activity_at"] > query["last_activity_after"]]
        page, headers = found[:size], {}
        if self.links and len(found) > size:
            more = httpx.QueryParams(query | {"id_after": str(page[-1]["id"])})
            headers["link"] = f'<{self.links}/api/v4/projects?{more}>; rel="next", <{self.links}/api/v4/projects>; rel="first"'
        return httpx.Response(200, json=page, headers=headers)


def settings(data: Path, **more: str) -> Settings:
    env = {"WISEMODEL_ENDPOINT": HOME, "HUBWATCH_ATTEMPTS": "2", "HUBWATCH_PATIENCE": "20"}
    return Settings.from_environment(data, env | more)


def run(data: Path, hub: Hub, kind: str = "full", day: date = DAY, own: Settings | None = None, **sweep: Any) -> HubResult:
    asked = Sweep("wisemodel", day, kind, **({"license_budget": 0} | sweep))
    return collect_and_load(own or settings(data), asked, hub)


LISTED = """select model_id, title, created_at, modified_at, license_raw, task, repo_kind, downloads_30d, downloads_total, likes, hub_key, url
  from listings join observations using (hub, model_id) order by model_id"""


def test_gitlabs_documented_answer_loads_to_an_exact_row(tmp_path: Path) -> None:
    page = json.loads(shared("real/wisemodel/gitlab_projects_simple.DOC-SAMPLE.json").read_text("utf-8"))
    result = run(tmp_path, Hub(page))
    assert (result.complete, result.records, result.rejected) == (True, 1, 0), result.message
    at = datetime(2013, 9, 30, 13, 46, 2)
    assert rows(tmp_path, LISTED) == [
        (
            *("diaspora/diaspora-client", "Diaspora Client", at, at, None, None, "unknown", None, None, None, "4"),
            "https://wisemodel.cn/models/diaspora/diaspora-client",
        )
    ]


def test_downloads_and_likes_are_null_never_zero_and_stars_are_no_likes(tmp_path: Path) -> None:
    assert run(tmp_path, Hub([project(1, "01.AI/Yi-6B", star_count=99)])).complete
    assert rows(tmp_path, "select namespace, name, repo_kind, created_at from listings") == [
        ("01.AI", "Yi-6B", "unknown", datetime(2024, 5, 16, 8, 24, 18))
    ]
    assert rows(tmp_path, "select downloads_30d, downloads_total, likes from observations") == [(None, None, None)]


def test_code_repositories_and_private_projects_are_never_listings(tmp_path: Path) -> None:
    hidden = [project(2, "codes/a/tool"), project(3, "a/secret", visibility="private"), project(4, "a/b", visibility="public")]
    result = run(tmp_path, Hub([project(1, "a/m"), *hidden]))
    assert (result.complete, result.records, result.rejected) == (True, 2, 0)
    assert "1 code repositories under codes/ are no listings" in result.message
    assert rows(tmp_path, "select model_id from listings order by 1") == [("a/b",), ("a/m",)]


@pytest.mark.parametrize("links", [HOME, "https://www.wisemodel.cn", None], ids=["at-home", "on-another-host", "dropped-by-the-front-end"])
def test_the_list_is_walked_by_id_however_the_next_page_is_named(tmp_path: Path, links: str | None) -> None:
    hub = Hub([project(number, f"a/m{number}") for number in range(1, 301)], links=links)
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 300), result.message
    assert {request.url.host for request in hub.requests} == {"127.0.0.1"}
    assert [request.url.params.get("id_after") for request in hub.requests] == [None, "100", "200", "300"] + ([] if links else ["300"])
    first = dict(hub.requests[0].url.params)
    assert first == {
        "pagination": "keyset",
        "order_by": "id",
        "sort": "asc",
        "per_page": "100",
        "simple": "true",
        "visibility": "public",
    }


def test_a_page_that_is_empty_once_is_asked_for_again(tmp_path: Path) -> None:
    hub, times = Hub([project(number, f"a/m{number}") for number in range(1, 301)]), iter(range(9))
    hub.odd = lambda request: httpx.Response(200, json=[]) if request.url.params.get("id_after") == "200" and not next(times) else None
    result = run(tmp_path, hub)
    assert (result.complete, result.records, result.retries) == (True, 300, 1), result.message


def test_a_hub_that_lists_nothing_at_first_is_asked_again(tmp_path: Path) -> None:
    hub, times = Hub([project(number, f"a/m{number}") for number in range(1, 31)]), iter(range(9))
    hub.odd = lambda request: httpx.Response(200, json=[]) if "id_after" not in request.url.params and not next(times) else None
    result = run(tmp_path, hub)
    assert (result.complete, result.records, result.retries) == (True, 30, 1), result.message


def test_a_link_that_is_missing_once_ends_nothing(tmp_path: Path) -> None:
    hub = Hub([project(number, f"a/m{number}") for number in range(1, 451)])

    def without_link(request: httpx.Request) -> httpx.Response | None:
        if request.url.params.get("id_after") != "200":
            return None
        hub.links, links = None, hub.links
        answer = hub._keyset(dict(request.url.params))
        hub.links = links
        return answer

    hub.odd = without_link
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 450), result.message


def test_pages_capped_by_a_hub_without_links_and_headers_are_walked_to_the_end(tmp_path: Path) -> None:
    hub = Hub([project(number, f"a/m{number}") for number in range(1, 351)], links=None)
    hub.odd = lambda request: hub._keyset(dict(request.url.params) | {"per_page": "50"})
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 350), result.message


@pytest.mark.parametrize("after", [None, "100"])
@pytest.mark.parametrize("said", [{}, {"x-per-page": "100"}, {"x-next-page": "3"}])
def test_a_page_that_came_short_and_lost_its_link_is_not_the_end(tmp_path: Path, after: str | None, said: dict[str, str]) -> None:
    hub = Hub([project(number, f"a/m{number}") for number in range(1, 351)])

    def short(request: httpx.Request) -> httpx.Response | None:
        if request.url.params.get("id_after") != after:
            return None
        return httpx.Response(200, json=hub._keyset(dict(request.url.params)).json()[:-7], headers=said)

    hub.odd = short
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 350), result.message


def test_a_hub_that_pages_by_number_and_loses_a_link_is_not_complete(tmp_path: Path) -> None:
    hub = Hub([project(number, f"a/m{number}") for number in range(1, 351)])

    def numbered(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("page", "1"))
        more = {"link": f'<{HOME}/api/v4/projects?page={number + 1}>; rel="next"'} if number != 2 and number < 4 else {}
        page = hub.projects[100 * (number - 1) : 100 * number]
        return httpx.Response(200, json=page, headers=more | {"x-next-page": str(number + 1) if number < 4 else ""})

    hub.odd = numbered
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (False, 200), result.message


def test_projects_in_subgroups_are_listings(tmp_path: Path) -> None:
    assert run(tmp_path, Hub([project(1, "g/sub/m"), project(2, "a/m")])).complete
    assert rows(tmp_path, "select model_id, namespace, name from listings order by 1") == [("a/m", "a", "m"), ("g/sub/m", "g", "sub/m")]


def test_an_id_given_as_text_is_the_same_id(tmp_path: Path) -> None:
    hub = Hub([project(6, "a/m")], licenses={6: {"key": "mit"}})
    hub.odd = lambda request: (
        httpx.Response(200, json=[project(6, "a/m") | {"id": "6"}]) if request.url.path == "/api/v4/projects" else None
    )
    assert run(tmp_path, hub, license_budget=5).complete
    assert rows(tmp_path, "select hub_key, license from listings") == [("6", "mit")]


def test_a_hub_that_ignores_the_cursor_is_noticed(tmp_path: Path) -> None:
    page = [project(number, f"a/m{number}") for number in range(1, 101)]
    numbers = iter(range(100))
    result = run(tmp_path, Hub(odd=lambda request: httpx.Response(200, json=[*page[:-1], page[-1] | {"description": next(numbers)}])))
    assert result.failed
    assert "ends at project 100, not behind 100" in result.message


def test_a_killed_sweep_goes_on_behind_its_last_kept_page(tmp_path: Path) -> None:
    hub = Hub([project(number, f"a/m{number}") for number in range(1, 301)])
    hub.odd = lambda request: httpx.Response(502, text="bad gateway") if request.url.params.get("id_after") == "200" else None
    broken = run(tmp_path, hub)
    assert (broken.failed, broken.records) == (True, 200)
    hub.odd, asked = lambda request: None, len(hub.requests)
    assert run(tmp_path, hub).complete
    assert [request.url.params.get("id_after") for request in hub.requests[asked:]] == [
        "200",
        "300",
        "300",
    ]  # an empty page is asked for again


@pytest.mark.parametrize("limit", [1, 130])
def test_a_limit_gives_exactly_as_many_records(tmp_path: Path, limit: int) -> None:
    result = run(tmp_path, Hub([project(number, f"a/m{number}") for number in range(1, 301)]), limit=limit)
    assert (result.records, result.complete, result.as_asked) == (limit, False, True)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx.Response(401, json={"message": "401 Unauthorized"}), "401 Unauthorized"),
        (
            httpx.Response(200, text="<!DOCTYPE html><div id=app></div>", headers={"content-type": "text/html"}),
            "a web page instead of JSON",
        ),
        (httpx.Response(200, json={"message": "503 Service Unavailable"}), "a JSON dict instead of a list"),
    ],
    ids=["401", "app-shell", "object"],
)
def test_a_hub_that_does_not_list_is_a_failure_not_an_empty_hub(tmp_path: Path, answer: httpx.Response, told: str) -> None:
    hub = Hub(odd=lambda request: httpx.Response(answer.status_code, headers=answer.headers, content=answer.content))
    result = run(tmp_path, hub)
    assert (result.failed, result.records) == (True, 0)
    assert told in result.message


def test_a_head_sweep_says_why_it_cannot_be(tmp_path: Path) -> None:
    result = run(tmp_path, Hub(), "head")
    assert result.failed
    assert "goes by downloads, and GitLab tells none" in result.message


def test_a_new_sweep_asks_for_what_was_active_since_and_keeps_what_was_created_since(tmp_path: Path) -> None:
    hub = Hub(
        [
            project(1, "a/old", last_activity_at="2026-04-20T00:00:00Z"),
            project(2, "a/quiet", created_at="2026-01-01T00:00:00Z", last_activity_at="2026-01-01T00:00:00Z"),
            project(3, "a/new", created_at="2026-04-11T00:00:00Z", last_activity_at="2026-04-12T00:00:00Z"),
        ]
    )
    result = run(tmp_path, hub, "new", since=datetime(2026, 4, 10))
    assert result.complete, result.message
    assert hub.requests[0].url.params["last_activity_after"] == "2026-04-10T00:00:00Z"
    assert rows(tmp_path, "select model_id from listings") == [("a/new",)]


def test_an_owners_sweep_asks_for_the_group_or_else_the_user(tmp_path: Path) -> None:
    person = project(2, "li/m") | {"namespace": {"kind": "user", "full_path": "li"}}
    hub = Hub([*(project(number, f"01.AI/m{number}") for number in range(10, 215)), person, project(3, "other/m")])
    result = run(tmp_path, hub, "owners", owners=("01.AI", "li"))
    assert (result.complete, result.records) == (True, 206), result.message
    assert hub.requests[0].url.raw_path.startswith(b"/api/v4/groups/01.AI/projects?")
    result = run(tmp_path / "2", hub, "owners", owners=("01.AI", "nobody"))
    assert (result.complete, result.failed, result.records) == (False, False, 205)
    assert "there is no group or user nobody" in result.message
    alone = Sweep("wisemodel", DAY, "owners", owners=("nobody",), license_budget=0)
    result = pipeline.run(settings(tmp_path / "3"), [alone], transport=httpx.MockTransport(hub)).hubs["wisemodel"]
    assert (result.failed, result.message) == (True, "there is no group or user nobody")
    said = {"x-total": "2"}
    hub.odd = lambda request: (
        httpx.Response(200, json=[person][int(request.url.params["page"]) - 1 :], headers=said) if "/users/" in request.url.path else None
    )
    result = run(tmp_path / "4", hub, "owners", owners=("01.AI", "li"))
    assert (result.complete, result.records) == (False, 206)
    assert "li: 1 of 2 listed models were seen" in result.message


def test_an_owner_whose_next_page_is_refused_behind_a_short_one_is_whole(tmp_path: Path) -> None:
    refused = httpx.Response(400, json={"message": "page is out of range"})
    first = httpx.Response(200, json=[project(1, "a/m1")])
    hub = Hub(odd=lambda request: refused if request.url.params.get("page") == "2" else first)
    result = run(tmp_path, hub, "owners", owners=("a",), license_budget=0)
    assert (result.complete, result.records) == (True, 1), result.message


def test_pages_that_overlap_by_a_project_are_settled_by_key(tmp_path: Path) -> None:
    found = [project(number, f"a/m{number}") for number in range(1, 151)]

    def overlapping(request: httpx.Request) -> httpx.Response:
        after = int(request.url.params.get("id_after", "0"))
        return httpx.Response(200, json=[one for one in found if one["id"] >= after][:100])

    result = run(tmp_path, Hub(odd=overlapping))
    assert (result.complete, result.records) == (True, 150), result.message
    assert rows(tmp_path, "select count(distinct model_id) from observations") == [(150,)]


def licensed(count: int) -> Hub:
    hub = Hub([project(number, f"a/m{number}", created_at=f"2024-05-{number:02}T00:00:00Z") for number in range(1, count + 1)])
    hub.licenses = {number: {"key": "apache-2.0", "name": "Apache License 2.0"} for number in range(1, count + 1)}
    return hub


def looked_up(hub: Hub) -> list[int]:
    return [int(request.url.path.rsplit("/", 1)[1]) for request in hub.requests if "license" in request.url.params]


def test_licenses_are_looked_up_newest_first_within_the_budget_and_remembered(tmp_path: Path) -> None:
    hub = licensed(5)
    result = run(tmp_path, hub, day=date(2026, 5, 1), license_budget=2)
    assert (result.complete, result.records, looked_up(hub)) == (True, 5, [5, 4]), result.message
    assert "licenses are known of 2 of 5 projects; the next run looks up more" in result.message
    known = "select model_id from listings where license_raw = 'apache-2.0' order by 1"
    assert rows(tmp_path, known) == [("a/m4",), ("a/m5",)]
    run(tmp_path, hub, day=date(2026, 5, 1), license_budget=2)
    assert looked_up(hub) == [5, 4, 3, 2]
    assert rows(tmp_path, "select count(*), any_value(duplicates) from days") == [(1, 0)]
    result = run(tmp_path, hub, day=date(2026, 5, 2), license_budget=2)
    assert looked_up(hub) == [5, 4, 3, 2, 1]
    assert rows(tmp_path, known) == [("a/m1",), ("a/m2",), ("a/m3",), ("a/m4",), ("a/m5",)]
    assert "licenses are known" not in result.message


def test_a_license_is_looked_up_again_only_when_the_project_was_active_since(tmp_path: Path) -> None:
    hub = licensed(2)
    run(tmp_path, hub, day=date(2026, 5, 1), license_budget=9)
    hub.projects[0] |= {"last_activity_at": "2026-05-01T12:00:00Z"}
    hub.licenses[1] = {"key": "mit", "name": "MIT License"}
    run(tmp_path, hub, day=date(2026, 5, 2), license_budget=0)
    assert rows(tmp_path, "select license_raw from listings order by model_id") == [("apache-2.0",), ("apache-2.0",)]
    run(tmp_path, hub, day=date(2026, 5, 2), license_budget=9)
    assert looked_up(hub) == [2, 1, 1]
    assert rows(tmp_path, "select license_raw from listings order by model_id") == [("mit",), ("apache-2.0",)]
    hub.projects[0]["last_activity_at"] = "2026-05-04T00:00:00Z"
    del hub.licenses[1]
    run(tmp_path, hub, day=date(2026, 5, 4), license_budget=9)
    assert rows(tmp_path, "select license_raw from listings order by model_id") == [(None,), ("apache-2.0",)]


def test_a_project_without_license_has_none_and_is_not_asked_again(tmp_path: Path) -> None:
    hub = Hub([project(1, "a/m"), project(2, "codes/a/m")])
    run(tmp_path, hub, license_budget=9)
    run(tmp_path, hub, license_budget=9)
    assert looked_up(hub) == [1]
    assert rows(tmp_path, "select license_raw, license from listings") == [(None, None)]


def test_trouble_with_look_ups_does_not_cost_the_listing(tmp_path: Path) -> None:
    hub = licensed(3)
    answers = {"3": httpx.Response(404, json={"message": "404 Project Not Found"}), "2": httpx.Response(500, text="down")}
    hub.odd = lambda request: answers.get(request.url.path.rsplit("/", 1)[1])
    result = run(tmp_path, hub, license_budget=9)
    assert (result.complete, result.records) == (True, 3)
    assert "license look-ups ended" in result.message
    assert set(looked_up(hub)) == {3, 2}


FILLED = """
method = "POST"
path = "/gateway/model/list"
page_size = 2
[body.baseReq]
page = "{page}"
pageSize = "{page_size}"
[fields]
owner = "org.name"
name = "name"
title = "cnName"
downloads = "downloadCount"
likes = "likeCount"
created_at = "createdAt"
license = "license"
"""


def site_record(owner: str, name: str, **changed: Any) -> dict[str, Any]:
    record = {"org": {"name": owner}, "name": name, "cnName": "零一", "downloadCount": 7, "likeCount": 0}
    return record | {"createdAt": "2024-01-12 14:06:43", "license": ""} | changed


def with_site(hub: Hub, records: list[Any], total: int | None = None, envelope: dict[str, Any] | None = None) -> Hub:
    def odd(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != "/gateway/model/list":
            return None
        asked = json.loads(request.content)["baseReq"]
        page = records[(asked["page"] - 1) * asked["pageSize"] : asked["page"] * asked["pageSize"]]
        data = {"list": page, "total": len(records) if total is None else total}
        return httpx.Response(200, json=envelope or {"code": 0, "message": "Success", "data": data})

    hub.odd = odd
    return hub


def configured(folder: Path, text: str = FILLED) -> Settings:
    folder.mkdir(exist_ok=True)
    (folder / "listing.toml").write_text(text, "utf-8")
    return settings(folder, HUBWATCH_WISEMODEL_LISTING=str(folder / "listing.toml"))


def test_with_the_listing_call_configured_downloads_and_likes_appear(tmp_path: Path) -> None:
    more = [project(number, f"z/m{number:02}") for number in range(10, 40)]
    hub = Hub([project(1, "01.AI/Yi-6B"), project(2, "a/dataset"), *more])
    with_site(
        hub,
        [site_record("01.ai", "yi-6b"), site_record("b", "only-on-the-site", downloadCount=0), site_record("c", "odd", likeCount="many")],
    )
    result = run(tmp_path, hub, own=configured(tmp_path))
    assert (result.complete, result.records, result.rejected) == (True, 34, 1), result.message  # c/odd too, without likes
    got = rows(
        tmp_path,
        """select model_id, title, repo_kind, created_at, downloads_30d, downloads_total, likes
           from listings join observations using (hub, model_id) order by 1 limit 3""",
    )
    assert got == [
        ("01.AI/Yi-6B", "零一", "model", datetime(2024, 5, 16, 8, 24, 18), None, 7, 0),
        ("a/dataset", "dataset", "unknown", datetime(2024, 5, 16, 8, 24, 18), None, None, None),
        ("b/only-on-the-site", "零一", "model", datetime(2024, 1, 12, 6, 6, 43), None, 0, 0),
    ]
    assert rows(tmp_path, "select reason from rejects") == [("likes is no whole number",)]


def test_the_site_may_answer_with_a_bare_list_and_chinese_keys(tmp_path: Path) -> None:
    listed = [{"模型": {"机构": "b", "名称": f"m{number}"}, "下载量": number} for number in range(3)]
    hub = Hub([project(number, f"z/m{number:02}") for number in range(10, 40)])

    def odd(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != "/list":
            return None
        first = (int(request.url.params["page"]) - 1) * 2
        return httpx.Response(200, json=listed[first : first + 2])

    hub.odd = odd
    block = (
        'method = "GET"\npath = "/list"\npage_size = 2\nitems = ""\ntotal = ""\n[ok]\npointer = ""\n[query]\npage = "{page}"\n'
        '[fields]\nowner = "模型.机构"\nname = "模型.名称"\ndownloads = "下载量"\n'
    )
    result = run(tmp_path, hub, own=configured(tmp_path, block))
    assert (result.records, result.rejected) == (33, 0), result.message
    got = rows(
        tmp_path, "select model_id, downloads_total from listings join observations using (hub, model_id) where namespace = 'b' order by 1"
    )
    assert got == [("b/m0", 0), ("b/m1", 1), ("b/m2", 2)]
    assert "new key" not in result.message


def test_the_sites_numbers_and_times_may_be_written_as_text(tmp_path: Path) -> None:
    hub = Hub([project(number, f"z/m{number:02}") for number in range(10, 40)])
    with_site(hub, [site_record("b", "text", downloadCount="1200", likeCount="9", createdAt="1716000000000")])
    result = run(tmp_path, hub, own=configured(tmp_path))
    assert (result.complete, result.rejected) == (True, 0), result.message
    got = rows(
        tmp_path,
        "select downloads_total, likes, created_at from listings join observations using (hub, model_id) where model_id = 'b/text'",
    )
    assert got == [(1200, 9, datetime(2024, 5, 18, 2, 40))]


def test_the_gateways_captured_answers_are_read_as_they_came() -> None:
    listing = SiteListing(path="/x", body={"page": "{page}"}, fields=Fields(id="path"))
    files = json.loads(shared("real/wisemodel/listfiles_response.json").read_text("utf-8"))
    found = listing.listing_of(files)
    assert found is not None
    assert (len(found.records), found.total) == (15, 15)
    assert [listing.model_id(record) for record in found.records[:2]] == [".gitattributes", "BackButton.jpg"]
    asked = json.loads(shared("real/wisemodel/listfiles_request.json").read_text("utf-8"))
    assert asked["baseReq"] == {"page": 1, "pageSize": 500}
    branches = listing.listing_of(json.loads(shared("real/wisemodel/branchlist_response.json").read_text("utf-8")))
    assert branches == Listing([{"id": 0, "project_id": 0, "branch": "main", "created_at": "2024-05-16T08:24:18Z"}], None)
    assert listing.listing_of(json.loads(shared("real/wisemodel/gitlab_tree_anonymous_ChronoMagic-Bench.json").read_text("utf-8"))) is None


def test_captured_times_without_a_zone_are_chinese_time(tmp_path: Path) -> None:
    files = json.loads(shared("real/wisemodel/listfiles_response.json").read_text("utf-8"))["data"]["list"]
    records = [site_record("chenlei", f"file-{number}", createdAt=file["lastCommitTime"]) for number, file in enumerate(files)]
    assert run(tmp_path, with_site(Hub([project(1, "a/m")]), records), own=configured(tmp_path)).complete
    [branch] = json.loads(shared("real/wisemodel/branchlist_response.json").read_text("utf-8"))["data"]["list"]
    latest = datetime.fromisoformat(branch["created_at"]).replace(tzinfo=None)
    assert rows(tmp_path, "select min(created_at), max(created_at) from listings where namespace = 'chenlei'") == [
        (datetime(2024, 1, 12, 6, 6, 43), latest)
    ]


def test_where_gitlab_refuses_its_list_the_configured_call_alone_lists_the_hub(tmp_path: Path) -> None:
    hub = with_site(Hub(), [site_record("a", f"m{number}") for number in range(5)])
    gateway = hub.odd
    hub.odd = lambda request: gateway(request) or httpx.Response(401, json={"message": "401 Unauthorized"})
    result = run(tmp_path, hub, own=configured(tmp_path))
    assert (result.complete, result.records) == (True, 5), result.message
    assert "listed by the configured call alone, because GitLab's project list is refused" in result.message
    assert rows(tmp_path, "select distinct repo_kind, downloads_total, likes from listings join observations using (hub, model_id)") == [
        ("model", 7, 0)
    ]


def test_a_configured_listing_that_gives_less_than_its_total_is_incomplete(tmp_path: Path) -> None:
    result = run(tmp_path, with_site(Hub([project(1, "a/m0")]), [site_record("a", "m0")], total=9), own=configured(tmp_path))
    assert (result.complete, result.failed) == (False, False)
    assert "1 of 9 listed models were seen" in result.message


@pytest.mark.parametrize("lost", ["the site's own listing", "GitLab's project list"])
def test_a_day_listed_in_fewer_ways_makes_nothing_gone_until_that_lasts(tmp_path: Path, lost: str) -> None:
    models = [project(number, f"a/m{number}") for number in range(1, 31)]
    hub = with_site(Hub(models), [site_record("b", f"m{number}") for number in range(30)])
    both, gateway = configured(tmp_path), hub.odd
    assert run(tmp_path, hub, own=both, day=date(2026, 5, 1)).complete
    less = settings(tmp_path) if lost == "the site's own listing" else both
    if less is both:
        hub.odd = lambda request: gateway(request) or httpx.Response(401, json={"message": "401 Unauthorized"})
    result = run(tmp_path, hub, own=less, day=date(2026, 5, 2))
    assert not result.complete
    assert f"listed without {lost}, unlike on 2026-05-01" in result.message
    gone = "select namespace, gone_on, count(*) from listings where gone_on is not null group by all"
    assert rows(tmp_path, gone) == []
    assert run(tmp_path, hub, own=less, day=date(2026, 5, 3)).complete
    assert rows(tmp_path, gone) == [("a" if less is both else "b", date(2026, 5, 3), 30)]


def test_an_earlier_day_whose_state_is_damaged_ends_no_sweep(tmp_path: Path) -> None:
    hub = Hub([project(1, "a/m1")])
    assert run(tmp_path, hub, day=date(2026, 5, 1)).complete
    for path in (tmp_path / "pages/wisemodel/2026-05-01/full").glob("sweep*.json"):
        path.write_text("{")
    assert run(tmp_path, hub, day=date(2026, 5, 2)).complete


def test_a_site_listing_that_is_empty_is_a_failure_not_a_hub_without_models(tmp_path: Path) -> None:
    result = run(tmp_path, with_site(Hub([project(1, "a/m")]), []), own=configured(tmp_path))
    assert result.failed
    assert "lists nothing at all" in result.message


def test_what_slipped_through_the_sites_listing_is_not_gone_for_that(tmp_path: Path) -> None:
    records = [site_record("b", f"m{number}") for number in range(2000)]
    hub = Hub([project(number, f"a/m{number}") for number in range(1, 151)])
    own = configured(tmp_path, FILLED.replace("page_size = 2", "page_size = 500"))
    for day, lacking in ((1, 0), (2, 1), (3, 1)):
        kept = len(records) - lacking
        assert run(tmp_path, with_site(hub, records[:kept], total=2000), own=own, day=date(2026, 5, day)).complete
        gone = rows(tmp_path, "select model_id, gone_on from listings where gone_on is not null")
        assert gone == ([("b/m1999", date(2026, 5, 2))] if day == 3 else [])
    assert rows(tmp_path, "select records, listed_total from sweeps order by day") == [(2150, 2150), (2149, 2150), (2149, 2150)]


@pytest.mark.parametrize(
    ("envelope", "told"),
    [
        ({"code": "B2002", "message": "token expired"}, "renew it"),
        ({"code": 10003, "message": "not found"}, "code 10003: not found"),
        ({"code": 0, "data": {"rows": []}}, "has no list at data.list"),
    ],
)
def test_the_gateways_codes_are_told_as_they_are(tmp_path: Path, envelope: dict[str, Any], told: str) -> None:
    result = run(tmp_path, with_site(Hub([project(1, "a/m")]), [], envelope=envelope), own=configured(tmp_path))
    assert result.failed
    assert told in result.message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (FILLED.replace('"/gateway/model/list"', '"gateway"'), "path must begin with /"),
        (FILLED.replace("{page}", "1"), "where {page} goes"),
        (FILLED.replace('name = "name"', ""), "where the id is"),
        (FILLED + 'surprise = "x"', "fields.surprise: Extra inputs are not permitted"),
        ("path = [", "cannot be read"),
    ],
)
def test_a_faulty_configuration_is_one_line_with_the_variable_and_fails_this_hub_only(tmp_path: Path, text: str, told: str) -> None:
    hub = Hub([project(1, "a/m")])
    result = run(tmp_path, hub, own=configured(tmp_path, text))
    assert result.failed
    assert told in result.message
    assert "HUBWATCH_WISEMODEL_LISTING" in result.message
    assert hub.requests == []


def test_the_listing_block_ships_empty_and_asks_for_nothing(tmp_path: Path) -> None:
    hub = Hub([project(1, "a/m")])
    run(tmp_path, hub)
    assert {request.url.path for request in hub.requests} == {"/api/v4/projects"}


def test_a_token_of_the_configured_call_is_read_from_its_own_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = with_site(Hub([project(1, "a/m")]), [site_record("a", "m")])
    own = configured(tmp_path, 'bearer_env = "GATEWAY_TOKEN"\n' + FILLED)
    assert "set GATEWAY_TOKEN" in run(tmp_path / "1", hub, own=own.model_copy(update={"data": tmp_path / "1"})).message
    monkeypatch.setenv("GATEWAY_TOKEN", "jw\nt")
    odd = run(tmp_path / "3", hub, own=own.model_copy(update={"data": tmp_path / "3"}))
    assert (odd.failed, "GATEWAY_TOKEN is not usable" in odd.message, "jw" in odd.message) == (True, True, False)
    monkeypatch.setenv("GATEWAY_TOKEN", "jwt\n")
    assert run(tmp_path / "2", hub, own=own.model_copy(update={"data": tmp_path / "2"})).complete
    sent = {request.url.path: request.headers.get("authorization") for request in hub.requests}
    assert sent == {"/api/v4/projects": None, "/gateway/model/list": "Bearer jwt"}
