"""The stand-in of WiseModel: GitLab's API, the gateway, the app shell, and python-gitlab as a client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from hubwatch.sandbox.quota import Quota
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches, WiseModelListing
from tests.sandbox.sandbox_rows import wisemodel_row, wisemodel_rows

KEYSET = {"pagination": "keyset", "order_by": "id", "sort": "asc"}
SIMPLE = {
    "id", "description", "name", "name_with_namespace", "path", "path_with_namespace", "created_at", "default_branch",
    "topics", "web_url", "star_count", "last_activity_at", "namespace",
}  # fmt: skip


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10) as opened:
        yield opened


def projects(client: httpx.Client, sandbox: Sandbox, **params: Any) -> httpx.Response:
    return client.get(f"{sandbox.url}/api/v4/projects", params=params)


def ids(answer: httpx.Response) -> list[int]:
    return [project["id"] for project in answer.json()]


def test_a_keyset_walk_gives_every_project_once_by_ascending_id(client: httpx.Client) -> None:
    with Sandbox(wisemodel=wisemodel_rows(11)[::-1]) as sandbox:
        answer = projects(client, sandbox, per_page=4, **KEYSET)
        listed, pages = ids(answer), 1
        while "next" in answer.links:
            answer = client.get(answer.links["next"]["url"])
            listed += ids(answer)
            pages += 1
    assert listed == [100 + number * 3 for number in range(11)]
    assert pages == 3


def test_a_keyset_link_carries_the_last_id_and_every_parameter(client: httpx.Client) -> None:
    with Sandbox(wisemodel=wisemodel_rows(3)) as sandbox:
        link = projects(client, sandbox, per_page=1, **KEYSET).links["next"]["url"]
    assert link == f"{sandbox.url}/api/v4/projects?per_page=1&pagination=keyset&order_by=id&sort=asc&id_after=100"


def test_keyset_descends_too_and_id_after_enters_anywhere(client: httpx.Client) -> None:
    with Sandbox(wisemodel=wisemodel_rows(5)) as sandbox:
        down = projects(client, sandbox, per_page=2, pagination="keyset", order_by="id", sort="desc")
        further = client.get(down.links["next"]["url"])
        entered = projects(client, sandbox, id_after=105, **KEYSET)
    assert (ids(down), ids(further), ids(entered)) == ([112, 109], [106, 103], [106, 109, 112])


def test_keyset_over_another_order_is_refused(client: httpx.Client) -> None:
    with Sandbox(wisemodel=wisemodel_rows(1)) as sandbox:
        answer = projects(client, sandbox, pagination="keyset", order_by="name")
    assert answer.status_code == 405
    assert "Keyset pagination" in answer.json()["error"]


def test_anonymous_callers_see_simple_fields_only(client: httpx.Client) -> None:
    with Sandbox(wisemodel=[wisemodel_row(0, downloads=7, likes=3), wisemodel_row(1, visibility="private")]) as sandbox:
        listed = projects(client, sandbox).json()
        hidden = client.get(f"{sandbox.url}/api/v4/projects/103")
    assert [set(project) for project in listed] == [SIMPLE]
    assert (hidden.status_code, hidden.json()) == (404, {"message": "404 Project Not Found"})


def test_offset_pages_count_and_link_and_are_capped_in_size(client: httpx.Client) -> None:
    with Sandbox(wisemodel=wisemodel_rows(130)) as sandbox:
        first, last = projects(client, sandbox, per_page=500), projects(client, sandbox, per_page=100, page=2)
    assert (len(first.json()), len(last.json())) == (100, 30)
    named = ("X-Page", "X-Per-Page", "X-Next-Page", "X-Prev-Page", "X-Total", "X-Total-Pages")
    assert [first.headers[name] for name in named] == ["1", "100", "2", "", "130", "2"]
    assert [last.headers[name] for name in named] == ["2", "100", "", "1", "130", "2"]
    assert ("next" in first.links, "next" in last.links) == (True, False)


def test_offset_pages_stop_at_fifty_thousand_records(client: httpx.Client) -> None:
    with Sandbox(wisemodel=wisemodel_rows(1)) as sandbox:
        allowed, refused = (projects(client, sandbox, per_page=100, page=page) for page in (501, 502))
    assert (allowed.status_code, refused.status_code) == (200, 405)
    assert "maximum allowed offset of 50000" in refused.json()["error"]


def test_last_activity_after_narrows_the_walk(client: httpx.Client) -> None:
    with Sandbox(wisemodel=wisemodel_rows(10)) as sandbox:
        answer = projects(client, sandbox, last_activity_after="2025-06-08T00:00:00Z", **KEYSET)
    assert ids(answer) == [121, 124, 127]


@pytest.mark.parametrize("name", ["103", "BAAI%2Fmodel-1", "baai%2FMODEL-1"])
def test_a_project_is_found_by_id_and_by_path_whatever_its_case(client: httpx.Client, name: str) -> None:
    with Sandbox(wisemodel=wisemodel_rows(2)) as sandbox:
        plain, licensed = (client.get(f"{sandbox.url}/api/v4/projects/{name}{query}").json() for query in ("", "?license=true"))
    assert plain["path_with_namespace"] == "BAAI/model-1"
    assert "license" not in plain
    assert licensed["license"]["key"] == "apache-2.0"
    assert licensed["license_url"].endswith("/LICENSE")


def test_a_project_without_a_license_file_says_null(client: httpx.Client) -> None:
    with Sandbox(wisemodel=[wisemodel_row(0, license=None)]) as sandbox:
        told = client.get(f"{sandbox.url}/api/v4/projects/01.AI%2Fmodel-0?license=true").json()
    assert (told["license"], told["license_url"]) == (None, None)


def test_tree_group_and_raw_file_are_served(client: httpx.Client) -> None:
    with Sandbox(wisemodel=wisemodel_rows(4)) as sandbox:
        tree = client.get(f"{sandbox.url}/api/v4/projects/01.AI%2Fmodel-0/repository/tree").json()
        group = client.get(f"{sandbox.url}/api/v4/groups/01.ai/projects", params=KEYSET)
        nobody = client.get(f"{sandbox.url}/api/v4/groups/none/projects")
        raw = client.get(f"{sandbox.url}/api/v4/projects/100/repository/files/README.md/raw?ref=main").text
        site_raw = client.get(f"{sandbox.url}/01.AI/model-0/-/raw/main/README.md").text
        missing = client.get(f"{sandbox.url}/api/v4/projects/100/repository/files/a%2Fb.py/raw")
    assert [entry["path"] for entry in tree] == [".gitattributes", "README.md"]
    assert ids(group) == [100, 106]
    assert (nobody.status_code, missing.status_code) == (404, 404)
    assert raw == site_raw
    assert raw.startswith("---\nlicense: apache-2.0\ntags:\n- llm\n---\n")


def test_the_gateway_answers_in_its_envelope_with_codes_of_mixed_type(client: httpx.Client) -> None:
    with Sandbox(wisemodel=wisemodel_rows(2), switches=Switches(gateway_login=True)) as sandbox:

        def asked(call: str, name: str, token: str | None) -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            body = {"project_path": f"https://www.wisemodel.cn/models/{name}", "path": "", "branch": "main"}
            told: dict[str, Any] = client.post(f"{sandbox.url}/gateway/project/api/v1/{call}", json=body, headers=headers).json()
            return told

        files = asked("listfiles", "BAAI/model-1", "jwt")
        branches = asked("branchlist", "BAAI/model-1", "jwt")
        assert (files["code"], files["message"], files["data"]["total"]) == (0, "Success", 2)
        assert branches["data"]["list"][0]["branch"] == "main"
        assert asked("listfiles", "BAAI/none", "jwt")["code"] == 10003
        assert asked("listfiles", "BAAI/model-1", None)["code"] == "B2002"
        assert client.get(f"{sandbox.url}/gateway/project/api/v1/listfiles").status_code == 404


def test_there_is_no_site_listing_unless_a_test_configures_one(client: httpx.Client) -> None:
    rows = [wisemodel_row(number, downloads=number * 10, likes=number) for number in range(3)]
    path = "/gateway/project/api/v1/chosen-by-the-test"
    body = {"baseReq": {"page": 2, "pageSize": 2}}
    with (
        Sandbox(wisemodel=rows) as plain,
        Sandbox(wisemodel=rows, switches=Switches(wisemodel_listing=WiseModelListing(path))) as sandbox,
    ):
        assert client.post(plain.url + path, json=body).status_code == 404
        told = client.post(sandbox.url + path, json=body).json()
    assert (told["code"], told["data"]["total"]) == (0, 3)
    assert [(row["path_with_namespace"], row["downloads"], row["likes"]) for row in told["data"]["list"]] == [("01.AI/model-2", 20, 2)]


@pytest.mark.parametrize("path", ["/", "/models", "/models/01.AI/model-0/intro", "/organization/BAAI"])
def test_pages_for_browsers_are_a_shell_without_links_to_models(client: httpx.Client, path: str) -> None:
    with Sandbox(wisemodel=wisemodel_rows(1)) as sandbox:
        answer = client.get(sandbox.url + path)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert '<div id="app">' in answer.text
    assert "model-0" not in answer.text


def test_the_list_may_be_closed_to_anonymous_callers(client: httpx.Client) -> None:
    switches = Switches(wisemodel_list=False, tokens={"wisemodel": frozenset({"glpat-good"})})
    with Sandbox(wisemodel=wisemodel_rows(1), switches=switches) as sandbox:
        url = f"{sandbox.url}/api/v4/projects"
        statuses = [
            client.get(url, headers=headers).status_code
            for headers in ({}, {"Private-Token": "glpat-old"}, {"Private-Token": "glpat-good"})
        ]
    assert statuses == [401, 401, 200]


def test_a_quota_speaks_gitlabs_headers(client: httpx.Client) -> None:
    with Sandbox(wisemodel=wisemodel_rows(1), quota={"wisemodel": Quota(1, 60)}) as sandbox:
        good, refused = projects(client, sandbox), projects(client, sandbox)
    assert (good.headers["RateLimit-Limit"], good.headers["RateLimit-Remaining"]) == ("1", "0")
    assert (refused.status_code, refused.text) == (429, "Retry later\n")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_python_gitlab_walks_by_keyset_and_reads_a_project() -> None:
    gitlab = pytest.importorskip("gitlab")
    with Sandbox(wisemodel=wisemodel_rows(25)) as sandbox, gitlab.Gitlab(sandbox.url) as site:
        walked = list(site.projects.list(iterator=True, per_page=10, **KEYSET))
        project = site.projects.get("01.AI/model-4", license=True)
        tree = project.repository_tree()
        with pytest.raises(gitlab.exceptions.GitlabGetError):
            site.projects.get("01.AI/none")
        sent = [entry.path for entry in sandbox.requests]
    assert [found.path_with_namespace for found in walked] == [wisemodel_row(number)["path_with_namespace"] for number in range(25)]
    assert (project.id, project.license["key"], tree[1]["path"]) == (112, "apache-2.0", "README.md")
    assert sent.count("/api/v4/projects") == 3
    assert "/api/v4/projects/01.AI%2Fmodel-4" in sent
