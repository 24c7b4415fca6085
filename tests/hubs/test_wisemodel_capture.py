"""From a captured answer of WiseModel's own listing to the block that configures it. All captures are made up."""

import base64
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hubwatch.errors import UsageError
from hubwatch.hubs.wisemodel.capture import Proposal, propose
from hubwatch.hubs.wisemodel.site_call import SiteListing, configured


def records(shape: dict[str, Any], count: int = 4) -> list[dict[str, Any]]:
    """Records of one shape; `{n}` in it is the number of the record, and an integer is raised by it."""

    def filled(value: Any, number: int) -> Any:
        if isinstance(value, dict):
            return {key: filled(inner, number) for key, inner in value.items()}
        if isinstance(value, bool) or not isinstance(value, int | str):
            return value
        return value + number if isinstance(value, int) else value.replace("{n}", str(number))

    return [filled(shape, number) for number in range(count)]


def saved(folder: Path, captured: Any) -> Path:
    path = folder / "capture.json"
    path.write_text(json.dumps(captured, ensure_ascii=False), encoding="utf-8")
    return path


def listing(folder: Path, found: Proposal) -> SiteListing:
    """The block as hubwatch reads it once the operator has given the path."""
    block = folder / "listing.toml"
    block.write_text(found.block().replace('path = ""', 'path = "/gateway/project/api/v1/list"', 1), encoding="utf-8")
    made = configured(block)
    assert made is not None
    return made


def gateway(found: list[dict[str, Any]], total: int = 900) -> dict[str, Any]:
    return {"code": 0, "message": "Success", "data": {"list": found, "total": total}}


GATEWAY = {
    "id": 7,
    "projectName": "Yi-{n}B",
    "orgName": "01.AI",
    "downloadCount": 50,
    "likeCount": 3,
    "createTime": "2024-05-16 16:24:18",
    "license": "mit",
}
SNAKE = {
    "path_with_namespace": "BAAI/m-{n}",
    "name": "m-{n}",
    "down_num": 9,
    "favorite_num": 1,
    "created_at": "2024-01-02T03:04:05Z",
    "pipeline_tag": "asr",
}
NESTED = {"project": {"fullName": "zhipu/glm-{n}", "title": "GLM {n}"}, "stats": {"downloads": 4, "likes": 2}, "updatedAt": 1715848458}


@pytest.mark.parametrize(
    ("captured", "items", "total", "ok", "fields"),
    [
        (
            gateway(records(GATEWAY)),
            *("data.list", "data.total", ("code", "0")),
            {
                **{"owner": "orgName", "name": "projectName", "downloads": "downloadCount", "likes": "likeCount"},
                **{"created_at": "createTime", "license": "license"},
            },
        ),
        (
            {"success": True, "result": {"page": {"records": records(SNAKE), "totalElements": "77", "pages": 8}}},
            *("result.page.records", "result.page.totalElements", ("success", "True")),
            {
                **{"id": "path_with_namespace", "downloads": "down_num", "likes": "favorite_num", "created_at": "created_at"},
                **{"task": "pipeline_tag"},
            },
        ),
        (
            {"models": records(NESTED), "totalCount": 4, "banners": [{"img": "a.png"}, {"img": "b.png"}]},
            *("models", "totalCount", ("", "")),
            {
                **{"id": "project.fullName", "downloads": "stats.downloads", "likes": "stats.likes", "modified_at": "updatedAt"},
            },
        ),
    ],
    ids=["gateway", "page-in-result", "nested"],
)
def test_a_captured_answer_is_mapped_field_by_field(
    tmp_path: Path, captured: Any, items: str, total: str, ok: tuple[str, str], fields: dict[str, str]
) -> None:
    found = propose(saved(tmp_path, captured))
    assert (found.items, found.total, found.ok, found.fields) == (items, total, ok, found.fields | fields)
    made = listing(tmp_path, found)
    read = made.listing_of(captured)
    assert read is not None
    assert (len(read.records), made.model_id(read.records[1]) is not None) == (4, True)
    assert "path: copy the path of the request from the browser, and compare method and body with it" in found.to_do


def test_every_mapped_field_is_shown_on_three_records(tmp_path: Path) -> None:
    found = propose(saved(tmp_path, gateway(records(GATEWAY))))
    assert "downloads = downloadCount: 50, 51, 52" in found.shown()
    assert 'name = projectName: "Yi-0B", "Yi-1B", "Yi-2B"' in found.shown()
    assert len(found.shown()) == len(found.fields)


def test_what_the_capture_does_not_show_is_left_empty_and_named(tmp_path: Path) -> None:
    found = propose(saved(tmp_path, gateway(records({"fullName": "a/m{n}", "size": 3}))))
    assert "downloads" not in found.fields
    assert "downloads: no field of the records looks like it; it stays null" in found.to_do
    assert tomllib.loads(found.block())["fields"]["downloads"] == ""


def test_of_two_fields_that_may_be_meant_the_first_is_taken_and_the_choice_is_named(tmp_path: Path) -> None:
    found = propose(saved(tmp_path, gateway(records({"fullName": "a/m{n}", "download_num": 3, "downloadTimes": 5}))))
    assert found.fields["downloads"] == "download_num"
    assert "downloads: download_num or downloadTimes? download_num is filled in" in found.to_do


def test_text_under_the_name_of_a_counter_is_no_counter(tmp_path: Path) -> None:
    found = propose(saved(tmp_path, gateway(records({"fullName": "a/m{n}", "downloads": "1.2k", "likes": 3}))))
    assert "downloads" not in found.fields
    assert found.fields["likes"] == "likes"


def test_a_har_file_gives_the_request_too_with_page_and_size_left_open(tmp_path: Path) -> None:
    body = {"sort": "hot", "tags": [{"id": "x"}], "none": None, "baseReq": {"page": 1, "pageSize": 24}}
    request = {
        "method": "POST",
        "url": "https://wisemodel.cn/gateway/project/api/v1/modellist?lang=zh",
        "headers": [{"name": "Authorization", "value": "Bearer secret"}],
        "postData": {"text": json.dumps(body)},
    }
    other = {"request": {"method": "GET", "url": "https://wisemodel.cn/img"}, "response": {"content": {"text": "not JSON"}}}
    answered = {"request": request, "response": {"content": {"text": json.dumps(gateway(records(GATEWAY)))}}}
    found = propose(saved(tmp_path, {"log": {"entries": [other, answered]}}))
    assert (found.path, found.method, found.query) == ("/gateway/project/api/v1/modellist", "POST", {"lang": "zh"})
    made = listing(tmp_path, found)
    assert made.body == {"sort": "hot", "tags": [{"id": "x"}], "baseReq": {"page": "{page}", "pageSize": "{page_size}"}}
    assert any(line.startswith("bearer_env: the browser sent a token") for line in found.to_do)
    assert "secret" not in found.block()


def har(url: str, answer: Any, **request: Any) -> dict[str, Any]:
    return {"log": {"entries": [{"request": {"method": "GET", "url": url} | request, "response": {"content": answer}}]}}


def test_what_may_be_secret_or_personal_in_a_request_is_left_out_and_named(tmp_path: Path) -> None:
    answer = {"text": json.dumps(gateway(records(GATEWAY)))}
    signed = "eyJhbGciOiJIUzI1NiJ9.eyJ1aWQiOjQyfQ.c2lnbmF0dXJl"
    captured = har(
        f"https://wisemodel.cn/list?page=2&token=abc&lang=zh&hint={signed}",
        answer,
        method="POST",
        postData={
            "text": json.dumps(
                {"accessToken": "t-1", "baseReq": {"page": 1, "userId": 77, "sessionKey": "s-9"}, "userId": None, "sent": [signed, "zh"]}
            )
        },
    )
    found = propose(saved(tmp_path, captured))
    assert (found.query, found.body) == ({"page": "{page}", "lang": "zh"}, {"baseReq": {"page": "{page}"}, "userId": None, "sent": ["zh"]})
    left_out = "query.token, query.hint, body.accessToken, body.baseReq.userId, body.baseReq.sessionKey, body.sent"
    assert f"{left_out}: may be secret or personal and is left out; try the call without it" in found.to_do


@pytest.mark.parametrize(
    "damage",
    [
        {"url": "http://[half"},
        {"url": None},
        {"headers": "none"},
        {"headers": [None, "x", {"name": None}]},
        {"postData": {"text": 5}},
        {"postData": "x"},
    ],
    ids=str,
)
def test_a_har_file_with_a_request_that_cannot_be_read_still_gives_the_fields(tmp_path: Path, damage: dict[str, Any]) -> None:
    captured = har("https://wisemodel.cn/list", {"text": json.dumps(gateway(records(GATEWAY)))})
    captured["log"]["entries"][0]["request"] |= damage
    found = propose(saved(tmp_path, captured))
    assert found.fields["downloads"] == "downloadCount"


def test_an_answer_that_the_browser_saved_in_base64_is_read(tmp_path: Path) -> None:
    text = base64.b64encode(json.dumps(gateway(records(GATEWAY))).encode()).decode()
    found = propose(saved(tmp_path, har("https://wisemodel.cn/list?page=1", {"text": text, "encoding": "base64"})))
    assert (found.path, found.fields["owner"]) == ("/list", "orgName")


def test_a_bare_list_is_a_listing_too(tmp_path: Path) -> None:
    captured = records(SNAKE)
    found = propose(saved(tmp_path, captured))
    assert (found.items, found.total, found.fields["id"]) == ("", "", "path_with_namespace")
    made = listing(tmp_path, found)
    read = made.listing_of(captured)
    assert read is not None
    assert ([made.model_id(record) for record in read.records], made.mapping()["items"]) == ([f"BAAI/m-{n}" for n in range(4)], "$")


def test_fields_with_chinese_names_are_mapped(tmp_path: Path) -> None:
    shape = {"模型名称": "Yi-{n}B", "机构": "01.AI", "下载量": 50, "创建时间": "2024-05-16 16:24:18"}
    captured = {"code": 0, "数据": {"列表": records(shape), "总数": 900}}
    found = propose(saved(tmp_path, captured))
    assert found.fields == {"owner": "机构", "name": "模型名称", "downloads": "下载量", "created_at": "创建时间"}
    made = listing(tmp_path, found)
    read = made.listing_of(captured)
    assert read is not None
    assert (made.model_id(read.records[0]), read.total) == ("01.AI/Yi-0B", 900)


def test_a_file_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(UsageError, match="nested too deeply"):
        propose(path)


@pytest.mark.parametrize(
    ("captured", "told"),
    [
        (
            {"code": 0, "data": {"list": [{"name": ".gitattributes", "size": "2.33 K", "isDir": False}], "total": 15}},
            "has no list of records",
        ),
        ({"code": "B2002", "message": "token", "data": None}, "has no list of records"),
        ([], "has no list of records"),
        ({"log": {"entries": [{}, None, 5, {"response": {"content": {"text": 7}}}]}}, "has no list of records"),
    ],
)
def test_an_answer_without_models_is_refused(tmp_path: Path, captured: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        propose(saved(tmp_path, captured))


def test_a_file_that_is_not_json_is_refused_with_what_to_save(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html>")
    with pytest.raises(UsageError, match="save the response itself, or a HAR file"):
        propose(page)
