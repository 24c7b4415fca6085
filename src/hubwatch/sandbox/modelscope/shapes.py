"""ModelScope's two shapes of one model: the site's own (PascalCase, Unix seconds) and the OpenAPI's (snake_case, ISO)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def repo_id(item: dict[str, Any]) -> str:
    return f"{item.get('Path')}/{item.get('Name')}"


def names(values: object) -> list[str]:
    """The names in a list whose elements are strings or objects with a `Name`."""
    found = values if isinstance(values, list) else []
    named = [value.get("Name") if isinstance(value, dict) else value for value in found]
    return [name for name in named if isinstance(name, str) and name]


def openapi_shape(item: dict[str, Any]) -> dict[str, Any]:
    """A dolphin item as the OpenAPI lists it; counters and times the item lacks stay absent."""
    licence = item.get("License")
    shaped = {
        "id": repo_id(item),
        "display_name": item.get("ChineseName") or item.get("Name"),
        "description": item.get("Description") or "",
        "downloads": item.get("Downloads"),
        "likes": item.get("Stars"),
        "license": licence if isinstance(licence, str) and licence else None,
        "tasks": names(item.get("Tasks")),
        "created_at": iso_time(item.get("CreatedTime")),
        "last_modified": iso_time(item.get("LastUpdatedTime")),
        "file_size": item.get("StorageSize") or 0,
        "params": item.get("Params") or 0,
        "tags": openapi_tags(item),
        "private": False,
        "gated": bool(item.get("ApprovalMode")),
    }
    promised = {"Downloads": "downloads", "Stars": "likes", "CreatedTime": "created_at", "LastUpdatedTime": "last_modified"}
    lacking = {short for long, short in promised.items() if long not in item}
    return {key: value for key, value in shaped.items() if key not in lacking}


def openapi_tags(item: dict[str, Any]) -> list[str]:
    """The `key:value` tags the OpenAPI makes of an item."""
    licence = item.get("License")
    groups = {
        "license": [licence] if isinstance(licence, str) and licence else [],
        "model_type": names(item.get("ModelType")),
        "library": names(item.get("Libraries")),
        "task": names(item.get("Tasks")),
        "deploy": ["swingdeploy"] if item.get("SupportDeployment") else [],
        "custom_tag": names(item.get("Tags")),
    }
    return [f"{key}:{value}" for key, values in groups.items() for value in values]


def dolphin_shape(model: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI model as the site's own listing would hold it."""
    owner, _, name = str(model.get("id")).partition("/")
    item: dict[str, Any] = {"Path": owner, "Name": name, "ChineseName": model.get("display_name") or "", "Organization": None}
    renamed = {"Downloads": "downloads", "Stars": "likes", "License": "license", "StorageSize": "file_size", "Params": "params"}
    item |= {long: model[short] for long, short in renamed.items() if short in model}
    times = {"CreatedTime": "created_at", "LastUpdatedTime": "last_modified"}
    item |= {long: unix_time(model[short]) for long, short in times.items() if short in model}
    tags = [str(tag).partition(":") for tag in names(model.get("tags"))]
    item["Tasks"] = [{"Name": task, "ChineseName": ""} for task in names(model.get("tasks"))]
    item["Libraries"] = [value for key, _, value in tags if key == "library"]
    item["ModelType"] = [value for key, _, value in tags if key == "model_type"]
    item["Tags"] = [value for key, _, value in tags if key == "custom_tag"]
    return item


def iso_time(seconds: object) -> object:
    """Unix seconds as `2025-12-14T12:26:15Z`; anything else as it is."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds < 1 << 36:
        return seconds
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def unix_time(text: object) -> object:
    """An ISO time as Unix seconds; anything else as it is."""
    if not isinstance(text, str):
        return text
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return text
