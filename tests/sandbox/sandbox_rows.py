"""Small records in each hub's own shape, for the tests of the stand-ins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2024, 1, 1, tzinfo=UTC)


def huggingface_row(number: int, **fields: Any) -> dict[str, Any]:
    """The number-th model: created an hour after the one before, `_id` coupled to that second."""
    created = START + timedelta(hours=number)
    row = {
        "_id": f"{int(created.timestamp()):08x}{number:016x}",
        "id": f"owner-{number % 3}/model-{number}",
        "author": f"owner-{number % 3}",
        "createdAt": created.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "lastModified": (created + timedelta(days=number * 7 % 11)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "downloads": number * 37 % 10,
        "downloadsAllTime": number * 100,
        "likes": number * 13 % 4,
        "trendingScore": number * 7 % 5 / 2,
        "gated": ("auto", False, "manual")[number % 3],
        "tags": ["transformers", f"license:{('mit', 'apache-2.0')[number % 2]}"],
        "pipeline_tag": ("text-generation", "translation")[number % 2],
    }
    return row | fields


def huggingface_rows(count: int) -> list[dict[str, Any]]:
    return [huggingface_row(number) for number in range(count)]


def modelscope_row(number: int, **fields: Any) -> dict[str, Any]:
    row = {
        "Id": number,
        "Path": ("Qwen", "qwen", "iic")[number % 3],
        "Name": f"Model-{number}",
        "ChineseName": f"模型{number}",
        "CreatedTime": 1_700_000_000 + number * 60,
        "LastUpdatedTime": 1_710_000_000 + number * 3600,
        "Downloads": number * 11,
        "Stars": number * 7 % 5,
        "License": "Apache License 2.0",
        "Tasks": [{"Name": "text-generation", "ChineseName": "文本生成"}],
        "Libraries": ["pytorch", {"Name": "safetensors"}],
        "ModelType": ["qwen3"],
        "Tags": ["chat"],
        "Organization": None,
        "StorageSize": number * 1024,
    }
    return row | fields


def modelscope_rows(count: int) -> list[dict[str, Any]]:
    return [modelscope_row(number) for number in range(count)]


def wisemodel_row(number: int, **fields: Any) -> dict[str, Any]:
    group = ("01.AI", "BAAI")[number % 2]
    path = f"{group}/model-{number}"
    row = {
        "id": 100 + number * 3,
        "description": None,
        "name": f"model-{number}",
        "name_with_namespace": f"{group} / model-{number}",
        "path": f"model-{number}",
        "path_with_namespace": path,
        "created_at": f"2024-05-{number % 28 + 1:02d}T08:00:00.000+08:00",
        "default_branch": "main",
        "topics": ["llm"],
        "web_url": f"https://wisemodel.cn/{path}",
        "star_count": number % 4,
        "last_activity_at": f"2025-06-{number % 28 + 1:02d}T00:00:00.000Z",
        "namespace": {"id": 10 + number % 2, "name": group, "path": group, "kind": "group", "full_path": group},
        "license": {"key": "apache-2.0", "name": "Apache License 2.0"},
    }
    return row | fields


def wisemodel_rows(count: int) -> list[dict[str, Any]]:
    return [wisemodel_row(number) for number in range(count)]
