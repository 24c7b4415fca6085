"""Keys that a hub sends and hubwatch does not read: which, how often, with an example that tells nothing of a person."""

import json
from pathlib import Path
from typing import Any

import pytest

from hubwatch.collect.doctor import examine
from hubwatch.collect.scrub import Scrubber
from hubwatch.hubs import HUBS, UnreadKeys
from hubwatch.sandbox.server import Sandbox
from hubwatch.settings import Settings
from tests.hubs.hub_day import rows
from tests.hubs.test_modelscope import Hub, dolphin_record, run
from tests.sandbox.sandbox_rows import modelscope_row
from tests.shared import shared

PERSON = {"Organization": {"Id": 0, "Name": "", "FullName": "小明", "Type": 0}}


def told(*records: dict[str, Any]) -> list[str]:
    unread = UnreadKeys(["id"])
    for record in records:
        unread.take(record)
    return [one.told for one in unread.found()]


def test_a_term_that_several_owners_records_share_is_the_example() -> None:
    found = told({"id": "a/x", "AigcType": "LoRA"}, {"id": "b/x", "AigcType": "LoRA"}, {"id": "c/x", "AigcType": "Mine"}, {"id": "d/x"})
    assert found == ['AigcType in 3 of 4 (such as "LoRA")']


@pytest.mark.parametrize(
    ("value", "example"),
    [
        ("the words of one owner", "a text"),
        (12.5, "such as 12.5"),
        (False, "such as false"),
        (13912345678, "a number"),
        ({"Email": "a@b.c", "小明": 1}, "an object"),
        (["x"], "a list of 1, the first a text"),
        (None, "always empty"),
        ("", "always empty"),
    ],
)
def test_a_value_of_one_owner_is_described_not_shown(value: Any, example: str) -> None:
    assert told({"id": "a/x", "Key": value})[0].endswith(f"({example})")


def test_of_an_object_the_keys_that_several_owners_have_are_named() -> None:
    found = told({"id": "a/x", "Extra": {"Kind": 1, "xiaoming": 1}}, {"id": "b/x", "Extra": {"Kind": 2, "小红": 1}})
    assert found == ["Extra in 2 of 2 (an object with Kind, …)"]


def test_a_key_is_told_of_the_records_of_its_own_kind() -> None:
    unread = UnreadKeys(["Path", "id"], [{"Path": "text"}, {"id": "text"}])
    for record in ({"Path": "a", "Beta": 1}, {"Path": "b"}, {"id": "a/x", "beta": 1}, {"id": "b/x", "beta": 1}, {"id": "c/x"}):
        unread.take(record)
    assert [one.told for one in unread.found()] == ["beta in 2 of 3 (such as 1)", "Beta in 1 of 2 (such as 1)"]


def test_a_key_of_an_object_that_is_read_is_told_where_several_owners_have_it() -> None:
    unread = UnreadKeys(["id", "Infos", "Infos.size"])
    for owner, infos in (("a", {"size": 1, "dtype": "bf16", "xiaoming": 1}), ("b", '{"size": 2, "dtype": "bf16"}'), ("c", {}), ("d", "{")):
        unread.take({"id": f"{owner}/x", "Infos": infos})
    assert [one.told for one in unread.found()] == ['Infos.dtype in 2 of 4 (such as "bf16")']


@pytest.mark.parametrize(
    ("key", "value"), [("CreatedBy", "xiaoming"), ("UserId", 4711), ("Avatar", "a.png"), ("Site", "https://me.cn"), ("C", "a@b.cn")]
)
def test_what_is_personal_is_never_shown_however_many_share_it(key: str, value: Any) -> None:
    found = told(*({"id": f"{owner}/x", key: value} for owner in "abcd"))
    assert str(value) not in found[0]


def test_loading_names_keys_that_are_not_read_on_the_first_day_and_new_ones_with_an_example(tmp_path: Path) -> None:
    model = dolphin_record("a", "m")
    del model["Tags"], model["Organization"]["Id"]
    first = run(tmp_path, Hub([model | {"Beta": 1, "Name": f"m{number}"} for number in range(4)]))
    assert "not read of the hub's records: Beta in 4 of 4 (such as 1)" in first.message
    assert rows(tmp_path, "select key, example from store.fingerprints where not is_read") == [("Beta", "such as 1")]
    assert rows(tmp_path, "select count(*) from store.fingerprints where is_read and example is null")[0][0] > 10


def test_a_new_key_in_an_object_that_is_read_is_recorded_as_not_read_whoever_has_it(tmp_path: Path) -> None:
    infos = {"safetensor": {}, "novel": 1}
    run(tmp_path, Hub([dolphin_record("a", f"m{number}", ModelInfos=infos) for number in range(4)]))
    found = rows(tmp_path, "select key, is_read from store.fingerprints where starts_with(key, 'ModelInfos.') order by 1")
    assert found == [("ModelInfos.novel", False), ("ModelInfos.safetensor", True)]


def test_doctor_lists_keys_that_are_not_read_and_saves_pages_without_persons(tmp_path: Path) -> None:
    secret = PERSON | {"Path": "xiaoming", "CreatedBy": "xiaoming", "Avatar": "https://img.cn/xiaoming.png", "ChineseName": "小明的模型"}
    records = [modelscope_row(number, Name=f"xiaomings-{number}", AigcType="LoRA", **secret) for number in range(30)]
    records += [
        modelscope_row(99, Path="Qwen", Name="Qwen3", Organization={"Id": 1, "Name": "Qwen", "Type": 1}, BaseModel=["xiaoming/xiaomings-3"])
    ]
    with Sandbox(modelscope=records, max_seconds=60) as sandbox:
        report = examine(Settings.from_environment(tmp_path, sandbox.endpoints), "modelscope", save=tmp_path / "shared")
    unread = next(finding.told for finding in report.findings if finding.name == "keys not read")
    assert "StorageSize in " in unread
    assert "AigcType" not in unread  # it is read
    pages = {path.name: path.read_text("utf-8") for path in report.saved}
    assert any("site-listing" in name for name in pages)
    for text in pages.values():
        assert not any(word in text for word in ("xiaoming", "小明", "img.cn")), text[:300]
    found = [record for text in pages.values() for record in HUBS["modelscope"].records_of(json.loads(text))]
    assert {(record["Path"], record["Name"]) for record in found if record.get("Path") == "Qwen"} == {("Qwen", "Qwen3")}
    based = next(record for record in found if record.get("BaseModel"))["BaseModel"][0]
    assert based in {f"{record['Path']}/{record['Name']}" for record in found if "Path" in record}
    assert {record["Downloads"] for record in found if "Downloads" in record} <= {record["Downloads"] for record in records}


def test_the_real_page_is_scrubbed_without_losing_what_is_read(tmp_path: Path) -> None:
    page = json.loads((shared("real") / "modelscope" / "site_listing_page.json").read_bytes())
    scrubber = Scrubber(HUBS["modelscope"].record_keys)
    scrubber.meet(page)
    before, after = (HUBS["modelscope"].records_of(one) for one in (page, scrubber.scrubbed(page)))
    kept = (
        "Id",
        "CreatedTime",
        "LastUpdatedTime",
        "Downloads",
        "Stars",
        "License",
        "AigcType",
        "BaseModelRelation",
        "Visibility",
        "IsOnline",
        "IsPublished",
    )
    assert [[record[key] for key in kept] for record in after] == [[record[key] for key in kept] for record in before]
    assert [record["ModelInfos"].keys() for record in after] == [record["ModelInfos"].keys() for record in before]


@pytest.mark.parametrize(
    ("hub", "record"),
    [
        (
            "modelscope",
            {"Path": "zhang", "Name": "m", "Description": "微信 SECRET", "Tags": ["SECRET"], "MuseInfo": {"model": {"showName": "SECRET"}}},
        ),
        (
            "modelscope",
            {
                "Path": "zhang",
                "Name": "m",
                "Tel": 13812345678,
                "RealName": "SECRET",
                "Ip": "SECRET",
                "Creator": {"Name": "SECRET", "Id": 5},
            },
        ),
        (
            "modelscope",
            {"Path": "zhang", "Name": "m", "ModelInfos": {"safetensor": {"files": [{"name": "SECRET.safetensors"}]}}, "By": {"zhang": {}}},
        ),
        (
            "huggingface",
            {"id": "zhang/m", "tags": ["dataset:SECRET/diary", "base_model:SECRET/photos"], "cardData": {"model_creator": "SECRET"}},
        ),
        (
            "wisemodel",
            {
                "path_with_namespace": "zhang/m",
                "namespace": {"kind": "user", "name": "SECRET", "path": "zhang"},
                "owner": {"name": "SECRET"},
            },
        ),
    ],
)
def test_nothing_of_a_person_is_in_a_page_that_is_saved(hub: str, record: dict[str, Any]) -> None:
    scrubber = Scrubber(HUBS[hub].record_keys)
    scrubber.meet([record])
    saved = json.dumps(scrubber.scrubbed([record]), ensure_ascii=False)
    assert not [word for word in ("SECRET", "zhang", "13812345678") if word in saved], saved


def test_a_bases_revision_and_a_tags_prefix_stay() -> None:
    records = [{"id": "zhang/m", "tags": ["base_model:finetune:li/b"]}, {"id": "li/b", "tags": ["license:mit"]}]
    scrubber = Scrubber(HUBS["huggingface"].record_keys)
    scrubber.meet(records)
    assert scrubber.scrubbed(records) == [
        {"id": "person-1/model-1", "tags": ["base_model:finetune:person-2/model-2"]},
        {"id": "person-2/model-2", "tags": ["license:mit"]},
    ]
    assert scrubber.scrubbed({"BaseModel": ["li/b@v1"]}) == {"BaseModel": ["person-2/model-2@v1"]}


def test_parameters_by_type_of_number_are_known_beside_their_total() -> None:
    unread = UnreadKeys(HUBS["huggingface"].keys_read)
    for owner in ("a", "b"):
        unread.take({"id": f"{owner}/x", "safetensors": {"parameters": {"BF16": 7}, "total": 7}})
    assert unread.found() == []
