"""ModelScope: both ways of listing, their oddities, and what becomes of each record."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from hubwatch.clock import today
from hubwatch.hubs.paging import shortfall
from hubwatch.outcomes import HubResult
from hubwatch.pages.sweep import Sweep
from hubwatch.settings import Settings
from tests.hubs.hub_day import collect_and_load, rows, vocabulary
from tests.shared import shared

DAY = today()
Answering = Callable[[httpx.Request], Any]


def dolphin_record(path: str, name: str, **changed: Any) -> dict[str, Any]:
    return {
        "Id": 665336,
        "Name": name,
        "Path": path,
        "ChineseName": "",
        "CreatedTime": 1771213910,
        "LastUpdatedTime": 1772414875,
        "Downloads": 98560,
        "Stars": 7,
        "License": "Apache License 2.0",
        "Tasks": [{"Name": "text-generation", "ChineseName": "文本生成"}],
        "Libraries": ["pytorch", "safetensors"],
        "Tags": [],
        "BaseModel": [],
        "Organization": {"Id": 1, "Name": path, "FullName": "…", "Type": 1},
    } | changed


def openapi_record(model_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "id": model_id,
        "display_name": None,
        "downloads": 10,
        "likes": 1,
        "license": None,
        "tasks": [],
        "created_at": "2025-12-14T12:26:15Z",
        "last_modified": "2025-12-16T03:34:26Z",
        "file_size": 1,
        "params": 0,
        "tags": [],
        "private": False,
        "gated": False,
    } | changed


def dolphin_reply(records: list[Any], total: int | None) -> dict[str, Any]:
    data = {"Model": {"Models": records, "TotalCount": total}, "Source": "", "Target": ""}
    return {"Code": 200, "Data": data, "Message": "success", "RequestId": "31a8", "Success": True}


@dataclass
class Hub:
    """A stand-in that lists `models`; `odd` may answer a request in its stead."""

    models: list[dict[str, Any]] = field(default_factory=list)
    api_models: list[dict[str, Any]] = field(default_factory=list)
    odd: Answering = lambda request: None
    orders: dict[str, str] = field(default_factory=lambda: {"GmtModified": "LastUpdatedTime", "DownloadsCount": "Downloads"})
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.odd(request) or (self._dolphin(request) if request.method == "PUT" else self._openapi(request))

    def _dolphin(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        wanted = [value for part in body["Criterion"] for value in part["values"]]
        found = [model for model in self.models if not wanted or (model["Organization"] or {}).get("Name") in wanted]
        if key := self.orders.get(body["SortBy"]):  # others are ignored
            found = sorted(found, key=lambda model: -model[key] if isinstance(model.get(key), int) else 0)
        start = (body["PageNumber"] - 1) * body["PageSize"]
        return httpx.Response(200, json=dolphin_reply(found[start : start + body["PageSize"]], len(found)))

    def _openapi(self, request: httpx.Request) -> httpx.Response:
        query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        number, size = int(query["page_number"]), int(query["page_size"])
        if size > 50 or number * size > 3000:
            return httpx.Response(400, json={"success": False, "code": "InputParameterError", "message": "too deep", "request_id": "1"})
        found = [model for model in self.api_models if "owner" not in query or model["id"].split("/")[0] == query["owner"]]
        for name in ("license", "task", "library", "model_type"):
            if f"filter.{name}" in query:
                found = [model for model in found if f"{name}:{query[f'filter.{name}']}" in model["tags"]]
        key = query["sort"]
        if key in ("downloads", "likes", "last_modified"):
            found = sorted(found, key=lambda model: model[key], reverse=True)
        page = found[(number - 1) * size : number * size]
        data = {"models": page, "total_count": len(found), "page_number": number, "page_size": size}
        return httpx.Response(200, json={"success": True, "request_id": "1", "data": data})


def settings(data: Path, endpoint: str = "http://127.0.0.1:9", token: str = "", **more: str) -> Settings:
    env = {"MODELSCOPE_ENDPOINT": endpoint, "MODELSCOPE_API_TOKEN": token, "HUBWATCH_ATTEMPTS": "3", "HUBWATCH_PATIENCE": "20"} | more
    return Settings.from_environment(data, env)


def run(data: Path, hub: Answering, kind: str = "full", day: date = DAY, own: Settings | None = None, **sweep: Any) -> HubResult:
    return collect_and_load(own or settings(data), Sweep("modelscope", day, kind, **sweep), hub)


def test_a_record_of_the_sites_own_listing_becomes_exactly_this_listing(tmp_path: Path) -> None:
    record = dolphin_record("Qwen", "Qwen3.5-397B-A17B", ChineseName="通义千问3.5", BaseModel=["Qwen/Base"])
    result = run(tmp_path, Hub([record]))
    assert (result.complete, result.records, result.rejected) == (True, 1, 0), result.message
    assert rows(
        tmp_path,
        """select hub, model_id, namespace, name, title, created_at, modified_at, license_raw, task, library, parameters, base_models,
           gated, url, hub_key, repo_kind, downloads_30d, downloads_total, likes from listings join observations using (hub, model_id)""",
    ) == [
        (
            *("modelscope", "Qwen/Qwen3.5-397B-A17B", "Qwen", "Qwen3.5-397B-A17B", "通义千问3.5"),
            *(datetime(2026, 2, 16, 3, 51, 50), datetime(2026, 3, 2, 1, 27, 55)),
            *("Apache License 2.0", "text-generation", "pytorch", None, ["Qwen/Base"], None),
            *("https://www.modelscope.cn/models/Qwen/Qwen3.5-397B-A17B", "665336", "model", None, 98560, 7),
        )
    ]


def load_pages(data: Path, pages: list[Any]) -> HubResult:
    """A sweep of which each page is one of `pages`, whatever is asked."""
    left = list(pages)
    return run(data, lambda request: httpx.Response(200, json=left.pop(0) if len(left) > 1 else left[0]))


def word(kind: str, raw: str) -> str:
    """The shared word that the reviewed facts give for a hub's word, else that word."""
    return next((row.word for row in vocabulary().words if (row.vocabulary, row.raw) == (kind, raw)), raw)


def license_id(raw: str) -> str:
    return next((row.license for row in vocabulary().licenses if row.raw == raw.lower()), raw.lower())


LISTED = """select model_id, title, created_at, modified_at, license_raw, license, task, library, parameters, base_models, gated,
  downloads_30d, downloads_total, likes from listings join observations using (hub, model_id) order by model_id"""


def test_the_official_list_example_loads_to_exact_rows(tmp_path: Path) -> None:
    page = json.loads(shared("real/modelscope/openapi_list_models.official_example.json").read_text("utf-8"))
    page["data"]["total_count"] = 2
    result = load_pages(tmp_path, [page])
    assert (result.complete, result.records, result.rejected) == (True, 2, 0), result.message
    assert rows(tmp_path, LISTED) == [
        (
            *("ZhipuAI/AutoGLM-Phone-9B", "AutoGLM-Phone-9B", datetime(2025, 12, 8, 8, 0, 28), datetime(2025, 12, 9, 15, 22, 57)),
            *(
                "MIT License",
                license_id("MIT License"),
                word("task", "image-captioning"),
                word("library", "safetensors"),
                5368163840,
                None,
                "false",
                None,
                28525,
                265,
            ),
        ),
        (
            *("iic/QwenLong-L1.5-30B-A3B", "QwenLong-L1.5-30B-A3B", datetime(2025, 12, 14, 12, 26, 15), datetime(2025, 12, 16, 3, 34, 26)),
            *("apache-2.0", "apache-2.0", "text-generation", word("library", "transformer"), 30532122624, None, "false", None, 1466, 25),
        ),
    ]


def test_the_official_detail_example_is_a_record_of_the_same_shape(tmp_path: Path) -> None:
    detail = json.loads(shared("real/modelscope/openapi_get_model.official_example.json").read_text("utf-8"))["data"]
    load_pages(tmp_path, [{"success": True, "request_id": "1", "data": {"models": [detail], "total_count": 1}}])
    assert rows(tmp_path, LISTED) == [
        (
            *("Qwen/Qwen-Image-Edit-2511", "Qwen-Image-Edit-2511", datetime(2025, 12, 18, 1, 32, 15), datetime(2025, 12, 23, 14, 9, 52)),
            *("apache-2.0", "apache-2.0", "image-to-image", "pytorch", None, None, "false", None, 20175, 149),
        )
    ]


def test_each_official_error_stops_the_sweep_and_is_told_with_its_code(tmp_path: Path) -> None:
    errors = json.loads(shared("real/modelscope/openapi_errors.official_examples.json").read_text("utf-8"))
    for number, error in enumerate(errors):
        answer = httpx.Response(error["http"], json=error["body"])
        result = run(tmp_path / str(number), same(answer))
        assert (result.complete, result.failed, result.records) == (False, True, 0)
        assert error["body"]["message"] in result.message, error


@pytest.mark.parametrize(
    "page",
    [
        dolphin_reply([dolphin_record("a", "b")], 1),
        {"Code": 200, "Data": {"Models": [dolphin_record("a", "b")], "TotalCount": 1}, "Success": True},
        {"Code": "200", "Data": {"Model": [dolphin_record("a", "b")], "TotalCount": 1}, "Success": True},
        {"Code": 200, "Data": [dolphin_record("a", "b")], "TotalCount": 1, "Success": True},
        {"success": True, "data": {"models": [dolphin_record("a", "b")], "total_count": 1}, "request_id": "1"},
        {"success": True, "data": [dolphin_record("a", "b")], "total_count": 1},
        {"success": True, "data": {"Models": [dolphin_record("a", "b")], "TotalCount": 1}},
        {"Success": True, "Data": {"models": [dolphin_record("a", "b")], "TotalCount": 1}},
        {"success": True, "data": {"Model": {"models": [dolphin_record("a", "b")], "TotalCount": "1"}}},
    ],
    ids=["dolphin", "legacy", "model-as-list", "data-as-list", "openapi", "list", "Models", "Data-models", "Model-models"],
)
def test_a_record_is_found_in_every_envelope(tmp_path: Path, page: dict[str, Any]) -> None:
    assert load_pages(tmp_path, [page]).complete
    assert rows(tmp_path, "select model_id, downloads_total, likes from observations") == [("a/b", 98560, 7)]


ODD_FIELDS: list[tuple[str, dict[str, Any], str, Any]] = [
    ("no-license", {"License": None}, "license_raw", None),
    ("empty-license", {"License": ""}, "license_raw", None),
    ("organization-null", {"Organization": None}, "namespace", "a"),
    ("organization-in-a-string", {"Organization": '{"Name": "other"}'}, "namespace", "a"),
    ("tasks-as-strings", {"Tasks": ["text-generation"]}, "task", "text-generation"),
    ("tasks-in-a-string", {"Tasks": '[{"Name": "text-generation"}]'}, "task", "text-generation"),
    ("no-task", {"Tasks": []}, "task", None),
    ("tasks-null", {"Tasks": None}, "task", None),
    ("libraries-as-objects", {"Libraries": [{"Name": "pytorch"}]}, "library", "pytorch"),
    ("libraries-in-a-string", {"Libraries": '["pytorch"]'}, "library", "pytorch"),
    ("no-library", {"Libraries": None, "Frameworks": None}, "library", None),
    ("tags-as-objects", {"Tags": [{"Name": "x"}]}, "name", "b"),
    ("attributes-in-a-string", {"AigcAttributes": '{"a": "b"}', "BackendSupport": '{"model_id": "x/y"}'}, "name", "b"),
    ("base-model-as-text", {"BaseModel": "Qwen/Base"}, "base_models", ["Qwen/Base"]),
    ("base-model-empty", {"BaseModel": [""]}, "base_models", None),
    ("iso-time", {"CreatedTime": "2026-02-16T03:51:50Z"}, "created_at", datetime(2026, 2, 16, 3, 51, 50)),
    ("zone-time", {"CreatedTime": "2026-02-16T11:51:50+08:00"}, "created_at", datetime(2026, 2, 16, 3, 51, 50)),
    ("float-seconds", {"CreatedTime": 1771213910.0}, "created_at", datetime(2026, 2, 16, 3, 51, 50)),
    ("no-time", {"CreatedTime": 0}, "created_at", None),
    ("chinese-title", {"ChineseName": "书生"}, "title", "书生"),
    ("chinese-id", {"Name": "通义"}, "model_id", "a/通义"),
]


@pytest.mark.parametrize(("changed", "column", "expected"), [case[1:] for case in ODD_FIELDS], ids=[case[0] for case in ODD_FIELDS])
def test_an_odd_spelling_is_read(tmp_path: Path, changed: dict[str, Any], column: str, expected: Any) -> None:
    result = run(tmp_path, Hub([dolphin_record("a", "b", **changed)]))
    assert (result.complete, result.records, result.rejected) == (True, 1, 0), result.message
    assert rows(tmp_path, f"select {column} from listings") == [(expected,)]


def test_words_without_english_stay_as_they_are_and_are_counted(tmp_path: Path) -> None:
    unknown = {"Tasks": ["蒸汽机识别"], "License": "某某许可证"}
    result = run(tmp_path, Hub([dolphin_record("a", "b", **unknown), dolphin_record("a", "c", **unknown), dolphin_record("a", "d")]))
    assert "2 words on 2 listings kept as written (no English in data/words.csv): 某某许可证, 蒸汽机识别" in result.message
    assert rows(tmp_path, "select task, license from listings where name = 'b'") == [("蒸汽机识别", "某某许可证")]


def test_a_record_without_its_license_key_is_read(tmp_path: Path) -> None:
    record = dolphin_record("a", "b")
    del record["License"], record["Organization"], record["BaseModel"]
    assert run(tmp_path, Hub([record | {"Organization": None}])).records == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"Downloads": "98560"}, "Downloads is no whole number"),
        ({"Downloads": None}, "Downloads is missing or null"),
        ({"Downloads": -1}, "Downloads is no whole number"),
        ({"Stars": 2**64}, "Stars is no whole number"),
        ({"Path": None}, "Path and Name are not owner and name"),
        ({"Path": "a b"}, "Path and Name are not owner and name"),
        ({"CreatedTime": "yesterday"}, "the creation time is no time"),
        ({"CreatedTime": 1771213910000}, "the creation time is no time"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_reason_and_what_has_an_id_loads(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    good = [dolphin_record("a", f"b{number}") for number in range(30)]
    result = run(tmp_path, Hub([*good, dolphin_record("a", "odd") | changed]))
    listed = 30 if "Path" in changed else 31  # a record whose id can be read is a listing
    assert (result.complete, result.records, result.rejected) == (True, listed, 1), result.message
    assert rows(tmp_path, "select hub, reason from rejects") == [("modelscope", reason)]


def test_marks_of_a_record_mean_the_same_as_text_and_in_any_case(tmp_path: Path) -> None:
    hidden = [dolphin_record("a", "private", Visibility="1", IsOnline="0"), dolphin_record("a", "unpublished", IsPublished="False")]
    online = dolphin_record("a", "online", Visibility=1, IsOnline="1")
    found = [
        dolphin_record("a", f"made-{said}", BaseModel=["b/c"], BaseModelRelation=said) for said in ("Adapter", "fine-tune", '["quantized"]')
    ]
    times = [dolphin_record("a", f"unset-{at}", CreatedTime=at) for at in (-62135596800.0, "-62135596800", -62135625943)]
    run(tmp_path, Hub([*hidden, online, *found, *times]))
    assert rows(tmp_path, "select name, base_relation from listings where starts_with(name, 'made-') order by 1") == [
        ("made-Adapter", "adapter"),
        ('made-["quantized"]', "quantized"),
        ("made-fine-tune", "finetune"),
    ]
    assert rows(tmp_path, "select visibility from listings where name = 'online'") == [("1",)]
    assert rows(tmp_path, "select count(*), count(created_at) from listings where starts_with(name, 'unset-')") == [(3, 0)]
    assert rows(tmp_path, "select count(*) from listings where name in ('private', 'unpublished')") == [(0,)]


def test_private_and_unpublished_models_are_never_loaded(tmp_path: Path) -> None:
    hidden = [dolphin_record("a", "private", Visibility=1), dolphin_record("a", "unpublished", IsPublished=False)]
    run(tmp_path, Hub([dolphin_record("a", "public", Visibility=5, IsPublished=1), *hidden]))
    assert rows(tmp_path, "select model_id from listings") == [("a/public",)]
    refusing = Hub(api_models=[openapi_record("a/private", private=True), openapi_record("a/public")], odd=refuse_dolphin())
    run(tmp_path / "2", refusing)
    assert rows(tmp_path / "2", "select model_id from listings") == [("a/public",)]


def test_what_is_no_public_model_is_skipped_and_counted(tmp_path: Path) -> None:
    listed = [
        dolphin_record("a", "public", Visibility=5, IsPublished=1),
        dolphin_record("a", "published-otherwise", IsPublished=5, IsOnline=1),
        dolphin_record("a", "listed-and-online", Visibility=1, IsOnline=1),
        dolphin_record("a", "private", Visibility=1, IsOnline=0, Downloads="unreadable"),
        dolphin_record("a", "unpublished", IsPublished=0),
        dolphin_record("a", "also-unpublished", IsPublished=False),
    ]
    result = run(tmp_path, Hub(listed))
    assert (result.complete, result.records, result.rejected) == (True, 3, 0)
    assert "3 records skipped: 2 not published, 1 private" in result.message
    assert rows(tmp_path, "select records, rejected, duplicates, passed_over from days") == [(3, 0, 0, 3)]
    assert rows(tmp_path, "select model_id, visibility from listings order by 1") == [
        ("a/listed-and-online", "1"),
        ("a/public", "5"),
        ("a/published-otherwise", None),
    ]


PERSON = {"Id": 0, "Name": "", "FullName": "", "Type": 0}
ONE_FILE = {
    "safetensor": {"files": [{"name": "w.safetensors", "sha256": "", "size": 236117032}], "model_size": 117964800, "tensor_type": ["BF16"]}
}
SHARDS = {
    "safetensor": {"files": [{"name": f"model-{n:05}-of-00003.safetensors", "size": 9} for n in (1, 2, 3)], "model_size": 7_000_000_000}
}
VARIANTS = {"safetensor": {"files": [{"name": f"{kind}.safetensors", "size": 9} for kind in ("bf16", "f32")], "model_size": 294912000}}
A_PART = {"safetensor": {"files": [{"name": "model-00001-of-00002.safetensors", "size": 9}] * 2, "model_size": 294912000}}


def test_a_record_of_the_site_gives_its_bases_relation_size_and_what_it_is(tmp_path: Path) -> None:
    """All keys as on a real page, with invented values: JSON in strings, unset times of the year 1, empty objects for missing ones."""
    like_lora = {
        **{"AigcType": "LoRA", "BaseModel": ["MusePublic/Qwen-image@v1", "Qwen/Qwen-Image"], "BaseModelRelation": "adapter"},
        **{"AigcAttributes": "", "ApplyMeta": "{}", "CertificationCreatedTime": -62135596800, "OfficialTags": None, "MuseInfo": {}},
        **{"Libraries": ["lora", "safetensors", "pytorch"], "Frameworks": ["Pytorch"], "Tasks": None, "Organization": PERSON},
        **{"Visibility": 5, "IsPublished": 1, "IsOnline": 1, "ModelInfos": ONE_FILE},
    }
    listed = [
        dolphin_record("person-1", "lora", **like_lora),
        dolphin_record("person-1", "no-files", **like_lora | {"ModelInfos": {}, "BaseModel": ["Qwen/Qwen-Image"], "AigcType": ""}),
        dolphin_record("lab", "shards-7B", ModelInfos=json.dumps(SHARDS), CreatedTime=-62135596800, BaseModelRelation=""),
        dolphin_record("lab", "variants", ModelInfos=VARIANTS, Tasks=[{"Name": "image-to-image"}, {"Name": "text-to-image"}]),
        dolphin_record("lab", "a-part", ModelInfos=A_PART),
        dolphin_record("lab", "chat-GGUF"),
    ]
    result = run(tmp_path, Hub(listed))
    assert (result.complete, result.records, result.rejected) == (True, 6, 0), result.message
    variants = "the hub sums 2 files that may be variants or a part of one model"
    assert rows(tmp_path, "select model_id, parameters, parameters_note from listings order by 1") == [
        ("lab/a-part", None, variants),
        ("lab/chat-GGUF", None, None),
        ("lab/shards-7B", 7_000_000_000, None),
        ("lab/variants", None, variants),
        ("person-1/lora", 117964800, None),
        ("person-1/no-files", None, None),
    ]
    assert rows(
        tmp_path, "select base_models, base_revisions, base_relation, hub_type, task, created_at from listings where name = 'lora'"
    ) == [(["MusePublic/Qwen-image", "Qwen/Qwen-Image"], ["v1", None], "adapter", "LoRA", None, datetime(2026, 2, 16, 3, 51, 50))]
    assert rows(tmp_path, "select base_models, base_revisions, base_relation, hub_type from listings where name = 'no-files'") == [
        (["Qwen/Qwen-Image"], None, "adapter", None)
    ]
    assert rows(tmp_path, "select tasks from listings where name = 'variants'") == [(["image-to-image", "text-to-image"],)]
    assert rows(tmp_path, "select created_at, base_relation from listings where name = 'shards-7B'") == [(None, None)]
    assert rows(tmp_path, "select name, form, form_ground from listings order by 1") == [
        ("a-part", "model", "nothing reports otherwise"),
        ("chat-GGUF", "quantized", "its name"),
        ("lora", "adapter", "the hub reports the relation adapter"),
        ("no-files", "adapter", "the hub reports the relation adapter"),
        ("shards-7B", "model", "nothing reports otherwise"),
        ("variants", "model", "nothing reports otherwise"),
    ]


def sized(*names: str | None, size: object = 70) -> dict[str, Any]:
    return {"safetensor": {"files": [{"name": name} if name else {"size": 1} for name in names], "model_size": size}}


@pytest.mark.parametrize(
    ("infos", "parameters", "note"),
    [
        (sized("w.safetensors"), 70, None),
        (sized(None), 70, None),
        (sized("m-00002-of-00002.safetensors", "m-00001-of-00002.safetensors"), 70, None),
        (sized("m-00001-of-00001.safetensors"), 70, None),
        (sized("m-00002-of-00003.safetensors"), None, "1 files that may be variants or a part"),
        (sized("m-00001-of-00002.safetensors", "m-00003-of-00002.safetensors"), None, "2 files that may be"),
        (sized("m-00001-of-00002.safetensors", None), None, "2 files that may be"),
        (sized("m-00001-of-00002.safetensors", "n-00002-of-00002.safetensors"), None, "2 files that may be"),
        (sized(None, None), None, "2 files that may be"),
        (sized(), None, "0 files that may be"),
        ({"safetensor": {"model_size": 70}}, None, "an unknown number of files"),
        (sized("w.safetensors", size="70"), 70, None),
        (sized("w.safetensors", size=70.5), None, "model_size is no whole number"),
        (sized("w.safetensors", size=-70), None, "model_size is no whole number"),
        (sized("w.safetensors", size=[70]), None, "model_size is no whole number"),
        (sized("w.safetensors", size=0), None, None),
        (sized("w.safetensors", size=None), None, None),
    ],
)
def test_the_size_is_that_of_one_whole_set_of_weights(
    tmp_path: Path, infos: dict[str, Any], parameters: int | None, note: str | None
) -> None:
    run(tmp_path, Hub([dolphin_record("lab", "m", ModelInfos=infos)]))
    [(found, told)] = rows(tmp_path, "select parameters, parameters_note from listings")
    assert (found, note is None) == (parameters, told is None)
    assert note is None or note in told


def test_a_base_is_read_in_whatever_way_it_is_named_and_once(tmp_path: Path) -> None:
    named = ["Qwen/A @v1", "https://www.modelscope.cn/models/Qwen/B/summary", "Qwen/A", {"Name": "Qwen/C@master"}, "no id", "", None]
    named.append("https://modelscope.cn/models/Qwen/D@v2?tab=files")
    run(tmp_path, Hub([dolphin_record("lab", "m", BaseModel=named)]))
    assert rows(tmp_path, "select base_models, base_revisions from listings") == [
        (["Qwen/A", "Qwen/B", "Qwen/C", "Qwen/D"], ["v1", None, "master", "v2"])
    ]


def test_a_real_page_of_the_site_gives_each_of_its_ten_models(tmp_path: Path) -> None:
    page = json.loads(shared("real/modelscope/site_listing_page.json").read_text("utf-8"))["Data"]["Model"]["Models"]
    result = run(tmp_path, Hub(page))
    assert (result.records, result.rejected) == (10, 0), result.message
    assert rows(tmp_path, "select passed_over from days") == [(0,)]
    found = rows(
        tmp_path,
        "select model_id, base_models, base_relation, parameters, parameters_note is null, downloads_total, likes, form "
        "from listings join observations using (hub, model_id) order by 1",
    )
    expected = []
    for record in page:
        weights = record["ModelInfos"].get("safetensor", {"files": [], "model_size": None})
        is_one = len(weights["files"]) == 1
        bases = [base.partition("@")[0] for base in record["BaseModel"]]
        size = weights["model_size"] if is_one else None
        counters = (record["Downloads"], record["Stars"])
        expected.append(
            (f"{record['Path']}/{record['Name']}", bases, "adapter", size, is_one or not weights["files"], *counters, "adapter")
        )
    assert found == sorted(expected)
    assert sum(revisions is not None for (revisions,) in rows(tmp_path, "select base_revisions from listings")) == 2


def test_owners_and_names_that_differ_in_case_are_different_listings(tmp_path: Path) -> None:
    run(tmp_path, Hub([dolphin_record("OpenMOSS", "M"), dolphin_record("openmoss", "M")]))
    assert rows(tmp_path, "select model_id from listings order by 1") == [("OpenMOSS/M",), ("openmoss/M",)]


def refuse_dolphin(answer: httpx.Response | None = None) -> Answering:
    def odd(request: httpx.Request) -> httpx.Response | None:
        given = answer or httpx.Response(404, text="404 page not found")
        return httpx.Response(given.status_code, headers=given.headers, content=given.content) if request.method == "PUT" else None

    return odd


SOFT = {"Code": 10010205001, "Data": None, "Message": "获取模型列表失败", "RequestId": "1", "Success": False}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx.Response(404, text="404 page not found"), "404 page not found"),
        (httpx.Response(403, json={"Code": 403, "Message": "forbidden", "Success": False}), "answered 403"),
        (httpx.Response(200, text="<html><title>滑动验证</title></html>", headers={"content-type": "text/html"}), "web page"),
        (httpx.Response(405, text="<!doctype html><p>blocked</p>"), "web page"),
        (httpx.Response(200, json=SOFT), "code 10010205001, 获取模型列表失败"),
        (httpx.Response(200, json=SOFT | {"Code": "InternalServerError"}), "code InternalServerError"),
        (httpx.Response(200, json={"Code": 200, "Success": True}), "without records"),
    ],
    ids=["plain-404", "403", "html-200", "html-405", "soft-number", "soft-text", "no-data"],
)
def test_when_the_sites_own_listing_is_refused_the_openapi_is_chosen_and_runs_says_why(
    tmp_path: Path, answer: httpx.Response, told: str
) -> None:
    hub = Hub(api_models=[openapi_record(f"a/m{number:03}", downloads=number) for number in range(120)], odd=refuse_dolphin(answer))
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 120), result.message
    [(message, status)] = rows(tmp_path, "select message, status from runs where stage = 'collect'")
    assert message.startswith("listed by the OpenAPI, because the site's own listing is refused:")
    assert told in message
    assert status == "done"
    assert rows(tmp_path, "select complete, listed_total from days") == [(True, 120)]


def test_a_refused_token_is_said_and_nothing_else_is_tried(tmp_path: Path) -> None:
    body = {"Code": 10010103009, "Message": "token expired", "Success": False}
    for number, answer in enumerate([httpx.Response(400, json=body), httpx.Response(200, json=body)]):
        hub = Hub(odd=same(answer))
        result = run(tmp_path / str(number), hub, own=settings(tmp_path / str(number), token="ms-worn"))
        assert result.failed
        assert "renew or unset MODELSCOPE_API_TOKEN" in result.message
        assert [request.method for request in hub.requests] == ["PUT"]


def test_trouble_that_passes_is_asked_again_and_leaves_no_trace(tmp_path: Path) -> None:
    troubles = [
        httpx.Response(429, json={"success": False, "code": "RateLimitExceed", "message": "slow down"}, headers={"retry-after": "0"}),
        httpx.Response(200, json={"Code": 500, "Message": "busy", "Success": False}),
    ]
    hub = Hub([dolphin_record("a", f"m{number}") for number in range(3)], odd=lambda request: troubles.pop(0) if troubles else None)
    result = run(tmp_path, hub)
    assert (result.complete, result.records, result.retries) == (True, 3, 2), result.message


def test_a_quota_spelled_as_a_403_is_waited_for_not_taken_for_a_refusal(tmp_path: Path) -> None:
    quota = {"success": False, "code": "QuotaLimitExceed", "message": "Quota limit exceeded: API calls per minute", "request_id": "1"}
    troubles = [httpx.Response(403, json=quota, headers={"retry-after": "0"})]
    hub = Hub([dolphin_record("a", "m")], odd=lambda request: troubles.pop(0) if troubles else None)
    result = run(tmp_path, hub)
    assert (result.complete, result.retries) == (True, 1)
    assert "listed by dolphin" in result.message


def many(count: int, **changed: Any) -> list[dict[str, Any]]:
    return [dolphin_record("a", f"m{number:04}", LastUpdatedTime=1772414875 - number, **changed) for number in range(count)]


def test_models_that_move_to_the_front_meanwhile_are_found_there_and_duplicates_are_settled_and_counted(tmp_path: Path) -> None:
    hub = Hub(many(250))
    later = int(datetime.now().timestamp()) + 3600

    def odd(request: httpx.Request) -> None:
        if json.loads(request.content)["PageNumber"] == 2 and len(hub.requests) == 2:  # m0249 is modified before the walk reaches it
            hub.models[249] |= {"LastUpdatedTime": later, "Downloads": 5}

    hub.odd = odd
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 250), result.message
    assert rows(tmp_path, "select duplicates, listed_total from days") == [(100, 250)]
    assert rows(tmp_path, "select downloads_total from observations where model_id = 'a/m0249'") == [(5,)]


def test_fewer_models_than_the_total_says_make_the_sweep_incomplete(tmp_path: Path) -> None:
    hub = Hub(many(250))

    def odd(request: httpx.Request) -> httpx.Response | None:
        number = json.loads(request.content)["PageNumber"]
        if number != 2:
            return None
        return httpx.Response(200, json=dolphin_reply(hub.models[100:150], 250))  # half of a page is missing

    hub.odd = odd
    result = run(tmp_path, hub)
    assert (result.complete, result.failed, result.records) == (False, False, 200)
    assert "200 of 250 listed models were seen; collect again with --fresh" in result.message
    assert rows(tmp_path, "select complete, records, listed_total from days") == [(False, 200, 250)]
    assert rows(tmp_path, "select status from runs where stage = 'collect'") == [("incomplete",)]


def test_an_empty_page_before_the_end_is_asked_again_then_believed_and_the_sweep_is_incomplete(tmp_path: Path) -> None:
    hub = Hub(many(250))
    hub.odd = lambda request: httpx.Response(200, json=dolphin_reply([], 250)) if json.loads(request.content)["PageNumber"] == 2 else None
    result = run(tmp_path, hub)
    assert (result.complete, result.records, result.retries) == (False, 100, 1)
    assert "100 of 250 listed models were seen" in result.message


@pytest.mark.parametrize(
    "empty", [dolphin_reply([], 0), {"Code": 200, "Data": None, "Success": True}, {"Code": 200, "Data": {"Model": [], "TotalCount": 0}}]
)
@pytest.mark.parametrize("total", [250, "250", None], ids=["total", "total-as-text", "no-total"])
def test_a_page_that_is_empty_once_ends_nothing(tmp_path: Path, empty: dict[str, Any], total: Any) -> None:
    hub, times = Hub(many(250)), iter(range(9))

    def odd(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        start = (body["PageNumber"] - 1) * body["PageSize"]
        if body["PageNumber"] == 2 and not next(times):
            return httpx.Response(200, json=empty)
        return httpx.Response(200, json=dolphin_reply(hub.models[start : start + body["PageSize"]], total))

    hub.odd = odd
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 250), result.message


def test_an_empty_page_that_says_there_is_nothing_does_not_make_a_part_the_whole(tmp_path: Path) -> None:
    hub = Hub(many(250))
    hub.odd = lambda request: httpx.Response(200, json=dolphin_reply([], 0)) if json.loads(request.content)["PageNumber"] == 2 else None
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (False, 100)
    assert "100 of 250 listed models were seen" in result.message


def same(answer: httpx.Response) -> Answering:
    """The same answer to every request."""
    return lambda request: httpx.Response(answer.status_code, content=answer.content)


def capped(hub: Hub, cap: int, total: int | None) -> Answering:
    """The hub's answers in pages of at most `cap` records, whatever is asked for."""

    def odd(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        size = min(body["PageSize"], cap)
        start = (body["PageNumber"] - 1) * size
        return httpx.Response(200, json=dolphin_reply(hub.models[start : start + size], total))

    return odd


def test_a_total_of_nothing_beside_records_is_not_believed(tmp_path: Path) -> None:
    hub = Hub(many(120))
    hub.odd = capped(hub, 50, 0)
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 120), result.message


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_a_sweep_of_capped_pages_goes_on_in_the_same_steps(tmp_path: Path, kept: int) -> None:
    hub = Hub(many(350))
    walk = capped(hub, 50, 350)
    hub.odd = lambda request: httpx.Response(500, text="down") if json.loads(request.content)["PageNumber"] == kept + 1 else walk(request)
    assert run(tmp_path, hub).failed
    hub.odd = walk
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 350), result.message


def test_a_page_refused_behind_the_last_is_the_end(tmp_path: Path) -> None:
    hub = Hub(many(200))
    hub.odd = lambda request: httpx.Response(400, text="fromIndex > toIndex") if json.loads(request.content)["PageNumber"] == 3 else None
    for _ in range(2):  # also when the sweep is gone on with
        result = run(tmp_path, hub)
        assert (result.complete, result.records) == (True, 200), result.message


@pytest.mark.parametrize(("count", "cap"), [(230, 100), (20, 100), (130, 50)])
@pytest.mark.parametrize(
    "refusal", [httpx.Response(400, text="fromIndex > toIndex"), httpx.Response(404, json={"Code": 404, "Success": False})]
)
def test_a_page_refused_behind_a_short_one_is_the_end_of_a_hub_without_totals(
    tmp_path: Path, count: int, cap: int, refusal: httpx.Response
) -> None:
    hub = Hub(many(count))
    walk = capped(hub, cap, None)

    def odd(request: httpx.Request) -> httpx.Response:
        answer = walk(request)
        return answer if answer.json()["Data"]["Model"]["Models"] else httpx.Response(refusal.status_code, content=refusal.content)

    hub.odd = odd
    for _ in range(2):  # also when the sweep is gone on with
        result = run(tmp_path, hub)
        assert (result.complete, result.records) == (True, count), result.message


def test_a_page_refused_behind_a_full_one_is_no_end_where_nothing_tells_how_many_there_are(tmp_path: Path) -> None:
    hub = Hub(many(300))
    walk = capped(hub, 100, None)
    hub.odd = lambda request: httpx.Response(400, text="no") if json.loads(request.content)["PageNumber"] == 3 else walk(request)
    for _ in range(2):
        result = run(tmp_path, hub)
        assert (result.failed, result.records) == (True, 200), result.message


def test_a_model_that_a_deletion_draws_past_the_walk_is_seen(tmp_path: Path) -> None:
    hub = Hub(many(250))

    def odd(request: httpx.Request) -> None:
        if len(hub.requests) == 2:
            del hub.models[0]  # m0100 is the last of page 1 now, which was asked for

    hub.odd = odd
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 250), result.message
    assert rows(tmp_path, "select 1 from listings where model_id = 'a/m0100'") == [(1,)]


def test_a_date_in_the_future_does_not_hide_what_changed_meanwhile(tmp_path: Path) -> None:
    hub = Hub(many(350))
    hub.models[0] |= {"LastUpdatedTime": 4102444800}
    later = int(datetime.now().timestamp())

    def odd(request: httpx.Request) -> None:
        if len(hub.requests) == 3:  # what was not seen is then on more than the first page
            hub.models[1:] = [
                model | {"LastUpdatedTime": later + place} for place, model in enumerate(hub.models[1:])
            ]  # the last comes first

    hub.odd = odd
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 350), result.message


def test_the_way_of_listing_is_kept_with_the_first_page(tmp_path: Path) -> None:
    hub = Hub(many(250), [openapi_record(model["Path"] + "/" + model["Name"]) for model in many(250)])
    hub.odd = lambda request: 1 / 0 if len(hub.requests) == 2 else None  # as if killed
    assert run(tmp_path, hub).failed
    (state,) = tmp_path.glob("pages/*/*/*/sweep.json")
    assert json.loads(state.read_text("utf-8"))["strategy"] == "dolphin"


def test_where_the_openapi_gives_no_total_the_depth_limit_makes_the_sweep_incomplete(tmp_path: Path) -> None:
    hub, refuse = Hub(api_models=[openapi_record(f"a/m{number}") for number in range(3100)]), refuse_dolphin()

    def odd(request: httpx.Request) -> httpx.Response | None:
        refused: httpx.Response | None = refuse(request)
        if refused:
            return refused
        answer = hub._openapi(request)
        page = answer.json()
        page["data"].pop("total_count", None) if answer.status_code == 200 else None
        return httpx.Response(answer.status_code, json=page)

    hub.odd = odd
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (False, 3000), result.message
    assert "the hub gives no total" in result.message


def test_a_limit_counts_the_owners_asked_for(tmp_path: Path) -> None:
    hub = Hub([dolphin_record(owner, f"m{number}") for owner in ("o1", "o2") for number in range(9)])
    run(tmp_path, hub, "owners", owners=("o1",), limit=5)
    result = run(tmp_path, hub, "owners", owners=("o2",), limit=5)
    assert rows(tmp_path, "select namespace, count(*) from listings group by 1 order by 1") == [("o1", 5), ("o2", 5)], result.message


def test_an_owner_whose_name_ends_anothers_has_a_limit_of_its_own(tmp_path: Path) -> None:
    hub = Hub([dolphin_record(owner, f"m{number}") for owner in ("deep-ai", "ai") for number in range(9)])
    run(tmp_path, hub, "owners", owners=("deep-ai",), limit=5)
    result = run(tmp_path, hub, "owners", owners=("ai",), limit=5)
    assert rows(tmp_path, "select namespace, count(*) from listings group by 1 order by 1") == [("ai", 5), ("deep-ai", 5)], result.message


@pytest.mark.parametrize(("kind", "key", "odd"), [("head", "Downloads", -1), ("new", "LastUpdatedTime", 0)])
def test_one_odd_value_at_the_end_of_a_page_does_not_end_a_walk(tmp_path: Path, kind: str, key: str, odd: int) -> None:
    at = int(datetime.combine(DAY, datetime.min.time()).timestamp())
    hub = Hub([dolphin_record("o", f"m{number}", Downloads=5000, LastUpdatedTime=at, CreatedTime=at) for number in range(250)])

    def spoilt(request: httpx.Request) -> httpx.Response:
        page = hub._dolphin(request).json()
        records = page["Data"]["Model"]["Models"]
        if records and json.loads(request.content)["PageNumber"] == 1:
            records[-1] = records[-1] | {key: odd}
        return httpx.Response(200, json=page)

    hub.odd = spoilt
    assert run(tmp_path, hub, kind).records >= 249


def test_a_hub_that_lists_nothing_at_first_is_asked_again(tmp_path: Path) -> None:
    hub = Hub(many(30))
    empty = [dolphin_reply([], 0)]
    hub.odd = lambda request: httpx.Response(200, json=empty.pop()) if empty else None
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 30), result.message


def test_a_few_models_that_the_depth_limit_hides_make_the_sweep_incomplete(tmp_path: Path) -> None:
    result = run(tmp_path, Hub(api_models=[openapi_record(f"a/m{number}") for number in range(3002)], odd=refuse_dolphin()))
    assert (result.complete, result.records) == (False, 3000)
    assert "3000 of 3002 models were seen" in result.message


def test_a_page_that_repeats_the_one_before_is_no_progress(tmp_path: Path) -> None:
    hub = Hub(many(250))
    hub.odd = lambda request: httpx.Response(200, json=dolphin_reply(hub.models[:100], 250) | {"RequestId": str(len(hub.requests))})
    result = run(tmp_path, hub)
    assert result.failed
    assert "repeats the records of the page before" in result.message


def test_a_hub_that_caps_its_pages_below_what_is_asked_for_is_walked_in_its_own_steps(tmp_path: Path) -> None:
    hub = Hub(many(95))

    def odd(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        size = min(body["PageSize"], 30)
        start = (body["PageNumber"] - 1) * size
        return httpx.Response(200, json=dolphin_reply(hub.models[start : start + size], 95))

    hub.odd = odd
    result = run(tmp_path, hub)
    assert (result.complete, result.records, result.requests) == (True, 95, 4)


def test_the_total_may_be_missing_and_the_empty_page_ends_the_walk(tmp_path: Path) -> None:
    first = dolphin_reply([dolphin_record("a", f"m{number}") for number in range(100)], None)
    end = {"Code": 200, "Data": None, "Message": "success", "RequestId": "1", "Success": True}
    assert load_pages(tmp_path, [first, end]).records == 100


def test_a_killed_sweep_goes_on_behind_its_last_kept_page(tmp_path: Path) -> None:
    hub = Hub(many(450))
    hub.odd = lambda request: httpx.Response(500, text="down") if json.loads(request.content)["PageNumber"] == 4 else None
    broken = run(tmp_path, hub)
    assert (broken.failed, broken.complete, broken.records) == (True, False, 300)
    hub.odd, asked = lambda request: None, len(hub.requests)
    result = run(tmp_path, hub)
    assert (result.complete, result.records) == (True, 450)
    assert [json.loads(request.content)["PageNumber"] for request in hub.requests[asked:]] == [4, 5]


@pytest.mark.parametrize("limit", [1, 7, 100, 127, 250])
def test_a_limit_gives_exactly_as_many_records_and_is_never_complete(tmp_path: Path, limit: int) -> None:
    result = run(tmp_path, Hub(many(400)), limit=limit)
    assert (result.records, result.complete, result.as_asked) == (limit, False, True), result.message


def test_a_head_sweep_goes_down_to_the_floor(tmp_path: Path) -> None:
    hub = Hub([dolphin_record("a", f"m{number:03}", Downloads=number) for number in range(400)])
    result = run(tmp_path, hub, "head", floor=350)
    assert result.complete
    assert rows(tmp_path, "select count(*), max(downloads_total) from observations") == [(100, 399)]
    assert [json.loads(request.content)["SortBy"] for request in hub.requests] == ["DownloadsCount"]


def test_where_the_creation_order_does_not_hold_a_new_sweep_walks_by_modification_and_keeps_what_was_created_since(tmp_path: Path) -> None:
    day = int(datetime(2026, 3, 1).timestamp())
    hub = Hub(
        [
            dolphin_record("a", f"m{number:03}", LastUpdatedTime=day - 3600 * number, CreatedTime=day - 7200 * number)
            for number in range(400)
        ]
    )
    result = run(tmp_path, hub, "new", since=datetime.fromtimestamp(day - 7200 * 40))
    assert result.complete
    assert "does not sort by creation; listed by last modification" in result.message
    sorts = [json.loads(request.content)["SortBy"] for request in hub.requests]
    assert sorts == ["NoSuchOrder", "GmtCreated", "GmtCreate", "GmtModified"]
    assert rows(tmp_path, "select count(*), max(model_id) from listings") == [(41, "a/m040")]


def test_an_owners_sweep_takes_only_the_owners_own_models(tmp_path: Path) -> None:
    guest = dolphin_record("somebody", "Qwen-copy") | {"Organization": {"Name": "Qwen"}}
    hub = Hub([dolphin_record("Qwen", "Q1"), guest, dolphin_record("qwen", "Q1"), dolphin_record("other", "o")])
    result = run(tmp_path, hub, "owners", owners=("Qwen",))
    assert result.complete, result.message
    assert rows(tmp_path, "select model_id from listings") == [("Qwen/Q1",)]


def test_a_persons_namespace_is_asked_for_by_the_openapi(tmp_path: Path) -> None:
    hub = Hub([dolphin_record("Qwen", "Q1")], [openapi_record("somebody/m"), openapi_record("Qwen/Q1")])
    result = run(tmp_path, hub, "owners", owners=("somebody", "Qwen"))
    assert result.complete, result.message
    assert "somebody is no organization to the site's own listing" in result.message
    assert rows(tmp_path, "select model_id from listings order by 1") == [("Qwen/Q1",), ("somebody/m",)]


def deep(owner: str, count: int, spread: int) -> list[dict[str, Any]]:
    """More models of an owner than the OpenAPI shows, told apart by license and library."""
    licenses = ("mit", "apache-2.0", "other")
    return [
        openapi_record(
            f"{owner}/m{number:04}", downloads=number % spread, tags=[f"license:{licenses[number % 3]}", f"library:l{number % 4}"]
        )
        for number in range(count)
    ]


def test_an_owner_above_the_depth_limit_is_seen_whole_through_filters(tmp_path: Path) -> None:
    hub = Hub(api_models=deep("mirror", 3300, spread=1), odd=refuse_dolphin())
    result = run(tmp_path, hub, "owners", owners=("mirror",))
    assert (result.complete, result.records) == (True, 3300), result.message


def test_what_the_depth_limit_hides_makes_the_sweep_incomplete_and_says_so(tmp_path: Path) -> None:
    plain = [openapi_record(f"o{int(number > 3099)}/m{number:05}", downloads=0, likes=0) for number in range(3200)]
    result = run(tmp_path, Hub(api_models=plain, odd=refuse_dolphin()))
    assert (result.complete, result.failed) == (False, False)
    assert "3000 of 3200 models were seen; the others are behind the depth limit of the OpenAPI" in result.message
    result = run(tmp_path / "head", Hub(api_models=deep("a", 3100, spread=3100), odd=refuse_dolphin()), "head", floor=10)
    assert not result.complete
    assert "does not reach down to 10 downloads" in result.message


def test_filters_that_the_hub_ignores_are_noticed_at_the_first_page(tmp_path: Path) -> None:
    models = deep("a", 3100, spread=1)
    hub = Hub(api_models=models)

    def odd(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PUT":
            return httpx.Response(404, text="404 page not found")
        number = int(request.url.params["page_number"])
        page = models[(number - 1) * 50 : number * 50]
        return httpx.Response(200, json={"success": True, "data": {"models": page, "total_count": 3100}, "request_id": "1"})

    hub.odd = odd
    result = run(tmp_path, hub, "owners", owners=("a",))
    assert not result.complete
    narrowed = [request for request in hub.requests if "filter" in request.url.query.decode()]
    assert 0 < len(narrowed) < 20


def test_the_same_model_on_modelscope_ai_is_a_row_of_its_own(tmp_path: Path) -> None:
    run(tmp_path, Hub([dolphin_record("Qwen", "Q1", Downloads=1)]))
    abroad = settings(tmp_path, "https://modelscope.ai", HUBWATCH_MODELSCOPE_RATE="1000")
    result = run(tmp_path, Hub([dolphin_record("Qwen", "Q1", Downloads=2)]), own=abroad)
    assert result.complete, result.message
    assert rows(tmp_path, "select hub, model_id, downloads_total from observations order by 1") == [
        ("modelscope", "Qwen/Q1", 1),
        ("modelscope.ai", "Qwen/Q1", 2),
    ]
    assert rows(tmp_path, "select url from listings where hub = 'modelscope.ai'") == [("https://modelscope.ai/models/Qwen/Q1",)]


def test_the_token_goes_to_the_endpoint_only(tmp_path: Path) -> None:
    def odd(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": "https://elsewhere.example/api"})

    hub = Hub(odd=odd)
    result = run(tmp_path, hub, own=settings(tmp_path, token="ms-1"))
    assert result.failed
    assert {(request.url.host, request.headers.get("authorization")) for request in hub.requests} == {("127.0.0.1", "Bearer ms-1")}


def test_a_promised_key_gone_or_of_another_type_fails_the_day_and_the_other_way_of_listing_does_not(tmp_path: Path) -> None:
    names = [f"m{number}" for number in range(40)]
    assert run(tmp_path, Hub([dolphin_record("a", name) for name in names]), day=date(2026, 5, 1)).complete
    fallback = Hub(api_models=[openapi_record(f"a/{name}") for name in names], odd=refuse_dolphin())
    assert run(tmp_path, fallback, day=date(2026, 5, 2)).complete
    gone = [dolphin_record("a", name) for name in names]
    for record in gone:
        del record["LastUpdatedTime"]
    result = run(tmp_path, Hub(gone), day=date(2026, 5, 3))
    assert result.failed
    assert "LastUpdatedTime is gone from 100% of the records" in result.message
    texts = Hub([dolphin_record("a", name, CreatedTime="2026-02-16T03:51:50Z") for name in names])
    result = run(tmp_path, texts, day=date(2026, 5, 4))
    assert "CreatedTime is now text in 100% (was number)" in result.message
    assert rows(tmp_path, "select day from days where complete order by 1") == [(date(2026, 5, 1),), (date(2026, 5, 2),)]


def test_one_model_in_a_thousand_may_slip_through_and_no_more() -> None:
    assert [shortfall(found, 1000) for found in (1000, 999)] == [None, None]
    assert shortfall(998, 1000) == "998 of 1000 listed models were seen"
    assert shortfall(998, 999) == "998 of 999 listed models were seen"
