"""The shapes a Hugging Face record is served in: default, full, and exactly the fields asked for by `expand`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hubwatch.sandbox.huggingface.records import VERBATIM, RecordStore
from hubwatch.sandbox.wire import Request, encode

ALWAYS = frozenset({"_id", "id"})
LIST_FIELDS = frozenset(
    {
        "author", "baseModels", "cardData", "config", "createdAt", "disabled", "downloads", "downloadsAllTime", "evalResults",
        "gated", "gguf", "gitalyUid", "inference", "inferenceProviderMapping", "lastModified", "library_name", "likes",
        "mask_token", "model-index", "pipeline_tag", "private", "resourceGroup", "safetensors", "sha", "siblings", "spaces",
        "tags", "transformersInfo", "trendingScore", "widgetData", "xetEnabled",
    }
)  # fmt: skip
DETAIL_FIELDS = LIST_FIELDS | {"childrenModelCount", "usedStorage"}
DEFAULT_FIELDS = ALWAYS | {
    "likes", "private", "downloads", "tags", "pipeline_tag", "library_name", "createdAt", "modelId",
}  # fmt: skip
FULL_FIELDS = DEFAULT_FIELDS | {"author", "gated", "disabled", "lastModified", "sha", "siblings"}
# What a plain detail answer leaves out: these come by `expand` only.
EXPAND_ONLY = frozenset({"downloadsAllTime", "baseModels", "trendingScore", "childrenModelCount", "resourceGroup", "xetEnabled"})


class UnknownFields(ValueError):
    """`expand` names fields this route does not have; the message lists those it has."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields to serve; `implied` adds what follows from the record (modelId, author, private) when it is absent."""

    fields: frozenset[str]
    implied: bool

    def of(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record in this shape: a field it lacks stays absent, never null."""
        if self.implied:
            model_id = str(record.get("id"))
            follows = {"author": model_id.partition("/")[0], "private": False, "modelId": model_id}
            record = record | {name: value for name, value in follows.items() if name not in record}
        return {name: value for name, value in record.items() if name in self.fields}


def expanded(request: Request, allowed: frozenset[str]) -> frozenset[str]:
    """The fields named by `expand` and `expand[]`, repeated or by comma; raises UnknownFields."""
    asked = [name.strip() for value in request.every("expand", "expand[]") for name in value.split(",") if name.strip()]
    if unknown := [name for name in asked if name not in allowed and name not in ALWAYS]:
        raise UnknownFields(f"Invalid expand value: {', '.join(unknown)}. Valid values are: {', '.join(sorted(allowed))}")
    return frozenset(asked)


def list_shape(request: Request, trending: bool, withheld: frozenset[str] = frozenset()) -> Shape:
    """The shape of a listing's records as this request asks for them; raises UnknownFields, also for withheld fields."""
    if asked := expanded(request, LIST_FIELDS - withheld):
        return Shape(asked | ALWAYS, implied=False)
    fields = FULL_FIELDS if _on(request, "full") else DEFAULT_FIELDS
    fields |= {name for name in ("cardData", "config") if _on(request, name)}
    return Shape(fields | {"trendingScore"} if trending else fields, implied=True)


def rows(store: RecordStore, indexes: Iterable[int], shape: Shape) -> list[bytes]:
    """The records at these places, encoded in this shape. A record given as bytes is served as it came."""
    return [store.raw(index) if _untouched(store, index, shape) else encode(shape.of(store.record(index))) for index in indexes]


def untouched(store: RecordStore, start: int, stop: int, shape: Shape) -> bool:
    """Whether every record from `start` to before `stop` is served with the very bytes that lie on the store."""
    return all(_untouched(store, index, shape) for index in range(start, stop))


def detail(record: dict[str, Any], request: Request) -> dict[str, Any]:
    """The record as the detail route gives it; raises UnknownFields."""
    providers = record.get("inferenceProviderMapping")
    if isinstance(providers, list):  # a list in listings, an object in details
        named = [entry for entry in providers if isinstance(entry, dict) and "provider" in entry]
        record = record | {
            "inferenceProviderMapping": {
                entry["provider"]: {key: value for key, value in entry.items() if key != "provider"} for entry in named
            }
        }
    if asked := expanded(request, DETAIL_FIELDS):
        return Shape(asked | ALWAYS, implied=False).of(record)
    return Shape((frozenset(record) | FULL_FIELDS) - EXPAND_ONLY, implied=True).of(record)


def _untouched(store: RecordStore, index: int, shape: Shape) -> bool:
    number = store.field_set(index)
    return number == VERBATIM or (not shape.implied and store.field_sets[number] <= shape.fields)


def _on(request: Request, name: str) -> bool:
    return (request.first(name) or "").lower() in {"true", "1"}
