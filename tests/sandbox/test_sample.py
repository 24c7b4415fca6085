"""The bundled sample is what was observed: exact figures, nothing invented, in the hubs' own shapes."""

import gzip
import json
import os
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hubwatch.sandbox.sample import (
    Counters,
    Listing,
    huggingface_record,
    modelscope_record,
    object_id,
    records,
    sample_days,
    wisemodel_record,
)

MAY = date(2026, 5, 20)
LATE = date(2026, 8, 15)


def shared(path: str) -> Path:
    """A file of the shared figures, or a skip that names it."""
    found = Path(os.environ.get("HUBWATCH_SHARED") or Path(__file__).parents[3] / "shared") / path
    if not found.exists():
        pytest.skip(f"{found} is not here (HUBWATCH_SHARED names the folder)")
    return found


def by_id(day: date) -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in records("huggingface", day)}


def modelscope(day: date) -> dict[str, dict[str, Any]]:
    return {f"{record['Path']}/{record['Name']}": record for record in records("modelscope", day)}


def test_the_days_are_in_order_and_each_is_one_sweep_of_one_hub() -> None:
    days = [(day.day.isoformat(), day.hub, day.sweep, len(records(day.hub, day.day))) for day in sample_days()]
    assert days == [
        ("2025-04-07", "modelscope", "full", 2056),
        ("2025-05-07", "modelscope", "full", 2346),
        ("2025-06-07", "modelscope", "full", 2484),
        ("2026-05-20", "huggingface", "full", 2283),
        ("2026-08-07", "huggingface", "head", 531),
        ("2026-08-08", "huggingface", "head", 531),
        ("2026-08-15", "huggingface", "head", 531),
        ("2026-08-16", "huggingface", "head", 527),
        ("2026-11-22", "wisemodel", "full", 23),
    ]


def test_a_hugging_face_model_is_served_as_observed() -> None:
    assert by_id(MAY)["Qwen/Qwen2.5-7B-Instruct"] == {
        "_id": object_id(Listing("huggingface", "Qwen/Qwen2.5-7B-Instruct", "", datetime(2024, 9, 16, 11, 55, 40, tzinfo=UTC))),
        "id": "Qwen/Qwen2.5-7B-Instruct",
        "author": "Qwen",
        "createdAt": "2024-09-16T11:55:40.000Z",
        "lastModified": "2025-01-12T02:10:10.000Z",
        "downloads": 13167875,
        "downloadsAllTime": 134115567,
        "likes": 1293,
        "tags": [
            "transformers",
            "en",
            "base_model:Qwen/Qwen2.5-7B",
            "base_model:finetune:Qwen/Qwen2.5-7B",
            "license:apache-2.0",
        ],
        "cardData": {"license": "apache-2.0", "language": ["en"]},
        "safetensors": {"parameters": {"BF16": 7615616512}, "total": 7615616512},
        "baseModels": {
            "relation": "finetune",
            "models": [{"_id": by_id(MAY)["Qwen/Qwen2.5-7B"]["_id"], "id": "Qwen/Qwen2.5-7B"}],
        },
        "pipeline_tag": "text-generation",
        "library_name": "transformers",
    }


def test_the_sums_of_the_full_hugging_face_day_are_the_observed_ones() -> None:
    day = records("huggingface", MAY)
    sums = {key: sum(record[key] for record in day) for key in ("downloads", "downloadsAllTime", "likes")}
    assert sums == {"downloads": 260288481, "downloadsAllTime": 2898802036, "likes": 255985}


def test_the_skipped_counter_day_repeats_the_day_before() -> None:
    before, after = by_id(date(2026, 8, 7)), by_id(date(2026, 8, 8))
    assert {model_id: record["downloads"] for model_id, record in before.items()} == {
        model_id: record["downloads"] for model_id, record in after.items()
    }


def test_the_model_published_late_appears_with_its_old_creation_time() -> None:
    assert "Qwen/Qwen3.8-27B" not in by_id(date(2026, 8, 8))
    late = by_id(LATE)["Qwen/Qwen3.8-27B"]
    assert (late["createdAt"], late["downloads"], late["likes"]) == ("2026-08-05T08:22:59.000Z", 2, 9011)
    assert by_id(date(2026, 8, 16))["Qwen/Qwen3.8-27B"]["downloads"] == 91917


def test_an_observed_zero_is_served_as_zero() -> None:
    assert by_id(date(2026, 8, 7))["ggerganov/whisper.cpp"]["downloads"] == 0


@pytest.mark.parametrize("served", [day for day in sample_days() if day.hub == "huggingface"], ids=lambda day: str(day.day))
def test_an_object_id_begins_with_the_creation_second_and_is_unique(served: Any) -> None:
    day = records("huggingface", served.day)
    for record in day:
        assert len(record["_id"]) == 24
        assert datetime.fromtimestamp(int(record["_id"][:8], 16), UTC) == datetime.fromisoformat(record["createdAt"])
    assert len({record["_id"] for record in day}) == len({record["id"] for record in day}) == len(day)


def test_a_model_keeps_its_object_id_from_day_to_day() -> None:
    may, august = by_id(MAY), by_id(LATE)
    both = may.keys() & august.keys()
    assert len(both) == 87
    assert all(may[model_id]["_id"] == august[model_id]["_id"] for model_id in both)


def test_a_field_the_source_does_not_tell_is_absent_from_every_record_of_the_day() -> None:
    for served in sample_days():
        keys = {key for record in records(served.hub, served.day) for key in record}
        assert not keys & set(served.untold)
        assert served.hub != "huggingface" or {"downloadsAllTime", "lastModified"} - keys == set(served.untold)


def test_no_record_holds_a_null() -> None:
    for served in sample_days():
        assert ": null" not in json.dumps(records(served.hub, served.day))


def test_modelscope_counters_are_cumulative_and_keep_their_misreadings() -> None:
    months = [modelscope(date(2025, month, 7)) for month in (4, 5, 6)]
    assert [month["iic/speech_fsmn_vad_zh-cn-16k-common-pytorch"]["Downloads"] for month in months] == [
        97974449,
        105234524,
        115387453,
    ]
    assert [month["ZhipuAI/glm-large-chinese"]["Downloads"] for month in months] == [115, 116000, 117]
    assert months[1]["Qwen/Qwen2.5-14B-Instruct"] == {
        "Name": "Qwen2.5-14B-Instruct",
        "Path": "Qwen",
        "Organization": {"Name": "Qwen"},
        "Downloads": 609752,
        "Stars": 75,
    }


def test_no_modelscope_model_seems_gone_because_of_the_selection() -> None:
    april, may, june = (modelscope(date(2025, month, 7)).keys() for month in (4, 5, 6))
    assert april <= may <= june


def test_wisemodel_has_models_and_no_counters() -> None:
    day = records("wisemodel", date(2026, 11, 22))
    assert {"01.AI/Yi-Coder-9B", "ZhipuAI/chatglm3-6b", "YuanLabAI/Yuan3.0-Flash"} <= {record["path_with_namespace"] for record in day}
    assert {tuple(record) for record in day} == {("id", "name", "path", "path_with_namespace", "http_url_to_repo", "namespace")}
    assert [record["id"] for record in day] == list(range(1, 24))
    folded = Counter(record["path_with_namespace"].lower() for record in day)
    assert max(folded.values()) == 1


def test_what_a_source_may_tell_one_day_has_its_place_in_every_shape() -> None:
    at = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    listing = Listing("modelscope", "iic/x", "s", at, at, "MIT License", "ocr", "pytorch", None, (), "", ("Qwen/y",), ("zh",))
    assert modelscope_record(listing, Counters(downloads_total=0)) == {
        "Name": "x",
        "Path": "iic",
        "Organization": {"Name": "iic"},
        "CreatedTime": 1735787045,
        "LastUpdatedTime": 1735787045,
        "Downloads": 0,
        "License": "MIT License",
        "Tasks": [{"Name": "ocr"}],
        "Libraries": ["pytorch"],
        "BaseModel": ["Qwen/y"],
        "Language": ["zh"],
    }
    assert wisemodel_record(listing, 7)["created_at"] == "2025-01-02T03:04:05.000Z"


def test_a_modification_time_is_served_only_as_of_its_own_source() -> None:
    at = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    may, august = (next(day for day in sample_days() if day.day == day_of) for day_of in (MAY, LATE))
    listing = Listing("huggingface", "a/b", may.source, at, at)
    assert huggingface_record(listing, Counters(), may, {})["lastModified"] == "2025-01-02T03:04:05.000Z"
    assert "lastModified" not in huggingface_record(listing, Counters(), august, {})


def test_a_day_the_sample_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(ValueError, match=r"no wisemodel 2026-05-20; it has modelscope 2025-04-07"):
        records("wisemodel", MAY)


def test_every_hugging_face_record_is_the_source_row() -> None:
    with gzip.open(shared("real/huggingface/expand_rows.jsonl.gz"), "rt", encoding="utf-8") as lines:
        rows = {row["id"]: row for row in map(json.loads, lines)}
    served = by_id(MAY)
    assert served.keys() == rows.keys()
    for model_id, record in served.items():
        row = rows[model_id]
        for key in ("createdAt", "lastModified", "downloads", "downloadsAllTime", "likes", "author"):
            assert record[key] == row[key], (model_id, key)
        for key in ("pipeline_tag", "library_name", "safetensors"):
            assert record.get(key) == row.get(key), (model_id, key)
        assert record["_id"][:8] == row["_id"][:8]
        assert set(record.get("tags", [])) <= set(row["tags"]), model_id
        assert record.get("cardData", {}).get("license") == (row.get("cardData") or {}).get("license"), model_id
        bases, expected = record.get("baseModels", {}), row.get("baseModels", {})
        assert bases.get("relation") == expected.get("relation"), model_id
        assert [base["id"] for base in bases.get("models", [])] == [base["id"] for base in expected.get("models", [])], model_id


def test_every_daily_counter_is_the_source_row() -> None:
    source = shared("real/daily/huggingface_top_2026-08.parquet").as_posix()
    for served in sample_days():
        if served.sweep == "head":
            rows = duckdb.execute(
                "select model_id, downloads_30d, likes, created_at from read_parquet(?) where day = ?",
                [source, served.day.isoformat()],
            ).fetchall()
            day = records("huggingface", served.day)
            assert sorted((record["id"], record["downloads"], record["likes"], record["createdAt"]) for record in day) == sorted(rows)


def test_task_and_library_are_those_of_the_last_day() -> None:
    source = shared("real/daily/huggingface_top_2026-08.parquet").as_posix()
    rows = duckdb.execute("select model_id, pipeline_tag, library_name from read_parquet(?) where day = '2026-08-16'", [source]).fetchall()
    day = by_id(date(2026, 8, 16))
    assert {model_id: (day[model_id].get("pipeline_tag"), day[model_id].get("library_name")) for model_id in day} == {
        model_id: (task, library) for model_id, task, library in rows
    }


def test_every_modelscope_counter_is_the_source_row() -> None:
    source = shared("real/osir/observations.parquet").as_posix()
    for day in (date(2025, 4, 7), date(2025, 5, 7), date(2025, 6, 7)):
        rows = duckdb.execute(
            "select distinct model_id, downloads, likes from read_parquet(?) where hub = 'modelscope' and snapshot = ?",
            [source, day],
        ).fetchall()
        found = {(model_id, record["Downloads"], record["Stars"]) for model_id, record in modelscope(day).items()}
        left_out = {model_id for model_id, _, _ in set(rows) - found}
        assert found <= set(rows)
        assert len(left_out) <= 2
        assert {model_id.partition("/")[0] for model_id in left_out} <= {"Qwen"}
