"""The stand-in of ModelScope: three surfaces, their envelopes and caps, and the hub's own client."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubwatch.sandbox.faults import Faults
from hubwatch.sandbox.quota import Quota
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from tests.sandbox.sandbox_rows import modelscope_row, modelscope_rows

LATEST = {"SortBy": "GmtModified"}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10) as opened:
        yield opened


def openapi(client: httpx.Client, sandbox: Sandbox, **params: Any) -> httpx.Response:
    return client.get(f"{sandbox.url}/openapi/v1/models", params={name.replace("__", "."): value for name, value in params.items()})


def dolphin(client: httpx.Client, sandbox: Sandbox, **body: Any) -> httpx.Response:
    return client.put(f"{sandbox.url}/api/v1/dolphin/models", json={"PageSize": 100, "PageNumber": 1, **body})


def names(answer: httpx.Response) -> list[str]:
    return [item["Name"] for item in answer.json()["Data"]["Model"]["Models"]]


def test_the_openapi_envelope_holds_models_in_iso_time_with_key_value_tags(client: httpx.Client) -> None:
    with Sandbox(modelscope=modelscope_rows(3)) as sandbox:
        told = openapi(client, sandbox, page_size=1, page_number=2).json()
    assert (told["success"], told["data"]["total_count"], told["data"]["page_number"], told["data"]["page_size"]) == (
        True,
        3,
        2,
        1,
    )
    assert re.fullmatch(r"[0-9a-f-]{36}", told["request_id"])
    assert told["data"]["models"] == [
        {
            "id": "qwen/Model-1", "display_name": "模型1", "description": "", "downloads": 11, "likes": 2,
            "license": "Apache License 2.0", "tasks": ["text-generation"], "created_at": "2023-11-14T22:14:20Z",
            "last_modified": "2024-03-09T17:00:00Z", "file_size": 1024, "params": 0,
            "tags": ["license:Apache License 2.0", "model_type:qwen3", "library:pytorch", "library:safetensors",
                     "task:text-generation", "custom_tag:chat"],
            "private": False, "gated": False,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    "params", [{"page_size": 51}, {"page_size": 0}, {"page_number": 0}, {"page_size": "x"}, {"page_size": 50, "page_number": 61}]
)
def test_openapi_pages_beyond_the_caps_are_an_input_parameter_error(client: httpx.Client, params: dict[str, Any]) -> None:
    with Sandbox(modelscope=modelscope_rows(1)) as sandbox:
        answer = openapi(client, sandbox, **params)
    assert answer.status_code == 400
    assert (answer.json()["success"], answer.json()["code"]) == (False, "InputParameterError")


def test_openapi_serves_up_to_the_depth_cap(client: httpx.Client) -> None:
    with Sandbox(modelscope=modelscope_rows(1)) as sandbox:
        answer = openapi(client, sandbox, page_size=50, page_number=60)
    assert (answer.status_code, answer.json()["data"]["models"]) == (200, [])


def test_openapi_ignores_parameters_and_sorts_it_does_not_know(client: httpx.Client) -> None:
    with Sandbox(modelscope=modelscope_rows(30)) as sandbox:
        pages = [openapi(client, sandbox, **params).json()["data"] for params in ({}, {"page": 2}, {"sort": "Downloads"})]
    assert pages[0] == pages[1] == pages[2]
    assert len(pages[0]["models"]) == 10


def test_openapi_filters_by_case_sensitive_owner_by_text_and_by_tag(client: httpx.Client) -> None:
    rows = [*modelscope_rows(6), modelscope_row(7, License="MIT License", Path="a")]
    with Sandbox(modelscope=rows) as sandbox:

        def ids(**params: Any) -> list[str]:
            return [model["id"] for model in openapi(client, sandbox, page_size=50, **params).json()["data"]["models"]]

        assert ids(owner="Qwen") == ["Qwen/Model-0", "Qwen/Model-3"]
        assert ids(owner="qwen", sort="downloads") == ["qwen/Model-4", "qwen/Model-1"]
        assert ids(owner="QWEN") == []
        assert ids(search="model-5") == ["iic/Model-5"]
        assert ids(filter__license="MIT License") == ["a/Model-7"]
        assert len(ids(filter__library="safetensors", filter__task="text-generation")) == 7


def test_openapi_details_have_a_readme_and_know_no_other_case(client: httpx.Client) -> None:
    with Sandbox(modelscope=modelscope_rows(1)) as sandbox:
        found, missing = (client.get(f"{sandbox.url}/openapi/v1/models/{name}/Model-0") for name in ("Qwen", "qwen"))
    assert (found.json()["data"]["id"], found.json()["data"]["readme"]) == ("Qwen/Model-0", None)
    assert (missing.status_code, missing.json()["code"]) == (404, "ResourceNotFound")


def test_dolphin_nests_one_level_deeper_and_counts_all(client: httpx.Client) -> None:
    rows = modelscope_rows(5)
    with Sandbox(modelscope=rows) as sandbox:
        told = dolphin(client, sandbox, PageSize=2, PageNumber=3).json()
    assert {key: value for key, value in told.items() if key != "RequestId"} == {
        "Code": 200,
        "Data": {"Model": {"Models": rows[4:], "TotalCount": 5}, "Source": "", "Target": ""},
        "Message": "success",
        "Success": True,
    }


def test_dolphin_sorts_and_filters(client: httpx.Client) -> None:
    with Sandbox(modelscope=modelscope_rows(6)) as sandbox:

        def listed(**body: Any) -> list[str]:
            return [name.removeprefix("Model-") for name in names(dolphin(client, sandbox, **body))]

        organizations = {"category": "organizations", "predicate": "contains", "values": ["Qwen"]}
        unknown = {"category": "made_up", "predicate": "contains", "values": ["x"]}
        assert listed(SortBy="DownloadsCount") == ["5", "4", "3", "2", "1", "0"]
        assert listed(SortBy="StarsCount") == ["2", "4", "1", "3", "0", "5"]
        assert listed(Name="IIC/") == ["2", "5"]
        assert listed(Name="模型3") == ["3"]
        assert listed(Criterion=[organizations]) == ["0", "3"]
        assert listed(Criterion=[unknown], Owner="iic", Search="x") == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize(("past", "data"), [("empty", []), ("null-list", None)])
def test_dolphin_past_the_end_has_an_empty_or_null_list(client: httpx.Client, past: Any, data: object) -> None:
    with Sandbox(modelscope=modelscope_rows(2), switches=Switches(past_the_end=past)) as sandbox:
        told = dolphin(client, sandbox, PageNumber=2).json()
    assert told["Data"]["Model"] == {"Models": data, "TotalCount": 2}


def test_dolphin_past_the_end_may_have_no_data_at_all(client: httpx.Client) -> None:
    with Sandbox(modelscope=modelscope_rows(2), switches=Switches(past_the_end="null-data")) as sandbox:
        told = dolphin(client, sandbox, PageNumber=2).json()
    assert (told["Data"], told["Success"]) == (None, True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/dolphin/models"),
        ("POST", "/api/v1/dolphin/models"),
        ("GET", "/api/v1/models"),
        ("GET", "/api/v1/models/"),
    ],
)
def test_a_wrong_verb_meets_a_404_in_plain_text(client: httpx.Client, method: str, path: str) -> None:
    with Sandbox(modelscope=modelscope_rows(1)) as sandbox:
        answer = client.request(method, sandbox.url + path)
    assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (
        404,
        "404 page not found",
        "text/plain; charset=utf-8",
    )


def test_models_that_change_under_a_walk_come_twice_and_others_are_missed(client: httpx.Client) -> None:
    with Sandbox(modelscope=modelscope_rows(12), switches=Switches(moving=1)) as sandbox:
        pages = [names(dolphin(client, sandbox, PageSize=4, PageNumber=number, **LATEST)) for number in (1, 2, 3)]
        again = names(dolphin(client, sandbox, **LATEST))
    seen = [name for page in pages for name in page]
    assert [len(page) for page in pages] == [4, 4, 4]
    assert len(set(seen)) == 11
    assert seen.count("Model-8") == 2
    assert "Model-0" not in seen
    assert again[0] == "Model-0"


def test_dolphin_can_be_closed_while_the_openapi_stays_open(client: httpx.Client) -> None:
    for way, status, kind in (("forbidden", 403, "application/json"), ("html", 405, "text/html")):
        with Sandbox(modelscope=modelscope_rows(1), switches=Switches(dolphin=way)) as sandbox:  # type: ignore[arg-type]
            refused, served = dolphin(client, sandbox), openapi(client, sandbox)
        assert (refused.status_code, refused.headers["Content-Type"].partition(";")[0]) == (status, kind)
        assert served.json()["data"]["total_count"] == 1


def test_the_legacy_listing_is_of_one_owner_and_less_nested(client: httpx.Client) -> None:
    with Sandbox(modelscope=modelscope_rows(6)) as sandbox:
        told = client.put(f"{sandbox.url}/api/v1/models/", json={"Path": "iic", "PageNumber": 2, "PageSize": 1}).json()
        detail = client.get(f"{sandbox.url}/api/v1/models/iic/Model-5").json()
        missing = client.get(f"{sandbox.url}/api/v1/models/IIC/Model-5")
    assert told["Data"] == {"Models": [modelscope_row(5)], "TotalCount": 2}
    assert (detail["Data"]["Downloads"], detail["Data"]["Visibility"], detail["Code"]) == (55, 5, 200)
    assert (missing.status_code, missing.json()["Message"], missing.json()["Success"]) == (404, "模型不存在", False)


def test_a_bad_token_is_refused_by_each_surface_in_its_own_code(client: httpx.Client) -> None:
    switches = Switches(tokens={"modelscope": frozenset({"ms-good"})})
    with Sandbox(modelscope=modelscope_rows(1), switches=switches) as sandbox:
        client.headers["Authorization"] = "Bearer ms-old"
        new, old = openapi(client, sandbox), dolphin(client, sandbox)
        client.headers["Authorization"] = "Bearer ms-good"
        good = openapi(client, sandbox)
        cookie = httpx.get(f"{sandbox.url}/openapi/v1/models", headers={"Cookie": "m_session_id=ms-old"})
    assert (new.status_code, new.json()["code"]) == (401, "InvalidAuthentication")
    assert (old.status_code, old.json()["Code"]) == (400, 10010103009)
    assert (good.status_code, cookie.status_code) == (200, 401)


def test_a_quota_refuses_with_retry_after(client: httpx.Client) -> None:
    with Sandbox(modelscope=modelscope_rows(1), quota={"modelscope": Quota(1, 60)}) as sandbox:
        statuses = [openapi(client, sandbox).status_code for _ in range(2)]
        refused = dolphin(client, sandbox)
    assert statuses == [200, 429]
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_a_soft_error_of_dolphin_is_a_200_without_success(client: httpx.Client) -> None:
    with Sandbox(modelscope=modelscope_rows(1), faults=Faults.parse(["modelscope:soft-error@1"])) as sandbox:
        answer = dolphin(client, sandbox)
    assert (answer.status_code, answer.json()["Success"], answer.json()["Data"]) == (200, False, None)


def test_private_models_are_not_listed_and_odd_bytes_are_served_as_they_are(client: httpx.Client) -> None:
    odd = b'{"Path":"a","Name":"b","Downloads":NaN,"License":""}'
    with Sandbox(modelscope=[modelscope_row(0, Visibility=1), odd]) as sandbox:
        answer = dolphin(client, sandbox)
    assert b'"Models":[' + odd + b'],"TotalCount":1' in answer.content


def test_the_official_examples_are_served_as_they_were_published(client: httpx.Client) -> None:
    shared = Path(os.environ.get("HUBWATCH_SHARED") or Path(__file__).parents[3] / "shared")
    path = shared / "real/modelscope/openapi_list_models.official_example.json"
    if not path.exists():
        pytest.skip(f"the official examples are not at {path}")
    models = json.loads(path.read_bytes())["data"]["models"]
    with Sandbox(modelscope=models) as sandbox:
        assert openapi(client, sandbox).json()["data"]["models"] == models
        items = dolphin(client, sandbox).json()["Data"]["Model"]["Models"]
    assert [(item["Path"], item["Name"], item["Downloads"], item["CreatedTime"]) for item in items] == [
        ("iic", "QwenLong-L1.5-30B-A3B", 1466, 1765715175),
        ("ZhipuAI", "AutoGLM-Phone-9B", 28525, 1765180828),
    ]


def test_modelscope_hub_lists_models_and_reads_details(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    modelscope_hub = pytest.importorskip("modelscope_hub")
    from modelscope_hub.errors import NotExistError

    with Sandbox(modelscope=modelscope_rows(60)) as sandbox:
        api = modelscope_hub.HubApi(endpoint=sandbox.url, token="ms-any")
        listed: list[str] = []
        for number in (1, 2):
            page = api.list_repos("model", sort="downloads", page_number=number, page_size=50)
            listed += [repo.repo_id for repo in page.items]
        owned = api.list_repos("model", owner="iic", page_size=50)
        detail = api.get_repo("qwen/Model-4", "model")
        with pytest.raises(NotExistError):
            api.get_repo("qwen/none", "model")
        token = sandbox.requests[0].headers["authorization"]
    assert listed == [f"{('Qwen', 'qwen', 'iic')[number % 3]}/Model-{number}" for number in range(59, -1, -1)]
    assert (owned.total_count, len(owned.items), page.total_count) == (20, 20, 60)
    assert (detail.repo_id, detail.downloads, detail.license) == ("qwen/Model-4", 44, "Apache License 2.0")
    assert token == "Bearer ms-any"


def test_bodies_and_records_of_odd_types_are_answered_not_stumbled_over(client: httpx.Client) -> None:
    odd = b'{"Path":"a","Name":"b","Organization":"text","Tasks":5,"License":7,"CreatedTime":"x"}'
    criterion = [{"category": "organizations", "values": 5}, {"category": "tasks"}, "text"]
    with Sandbox(modelscope=[odd, modelscope_row(0, Organization="text", Tasks="x", CreatedTime=True)]) as sandbox:
        answers = [dolphin(client, sandbox, Criterion=criterion), dolphin(client, sandbox, Criterion=5, Name=5)]
        shaped = openapi(client, sandbox)
        bad = client.put(f"{sandbox.url}/api/v1/dolphin/models", content=b"[1]")
    assert [answer.json()["Data"]["Model"]["TotalCount"] for answer in answers] == [0, 2]
    assert [model["tasks"] for model in shaped.json()["data"]["models"][1:]] == [[]]
    assert (bad.status_code, bad.json()["Success"]) == (400, False)
