"""The orders of the Hugging Face listing, and its cursors: a keyset query over the sort key and `_id`."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hubwatch.sandbox.huggingface.records import KEY_BYTES, RecordStore

TEXT_SORTS = frozenset({"lastModified", "id"})
NUMBER_SORTS = frozenset(
    {"downloads", "likes", "trendingScore", "likes7d", "likes30d", "num_parameters", "mainSize"}
)  # fmt: skip
SORTS = {"createdAt"} | TEXT_SORTS | NUMBER_SORTS


class BadCursor(ValueError):
    """The cursor is none of this listing."""


@dataclass(frozen=True, slots=True)
class Order:
    """Places on the store in the order of a walk. `values` holds the sort key of each, or None in creation order.

    Ties of a sort key go by ascending `_id`, whatever the direction.
    """

    store: RecordStore
    sort: str
    descending: bool
    indexes: Sequence[int]
    values: Sequence[Any] | None

    def __len__(self) -> int:
        return len(self.indexes)

    def cursor(self, position: int) -> str:
        """The cursor that goes on behind this position."""
        identity = self.store.key(self.indexes[position]).hex()
        if self.values is None:
            query: dict[str, Any] = {"_id": {"$lt" if self.descending else "$gt": identity}}
        else:
            value = self.values[position]
            beyond = {self.sort: {"$lt" if self.descending else "$gt": value}}
            query = {"$or": [{self.sort: value, "_id": {"$gt": identity}}, beyond]}
        return base64.b64encode(json.dumps(query, separators=(",", ":")).encode()).decode()

    def after(self, cursor: str) -> int:
        """The position a walk goes on from; raises BadCursor."""
        value, key = self._read(cursor)
        low, high = 0, len(self.indexes)
        while low < high:
            middle = (low + high) // 2
            if self._is_passed(middle, value, key):
                low = middle + 1
            else:
                high = middle
        return low

    def _is_passed(self, position: int, value: Any, key: bytes) -> bool:
        here = self.store.key(self.indexes[position])
        if self.values is None:
            return here >= key if self.descending else here <= key
        held = self.values[position]
        if held == value:
            return here <= key
        return bool(held > value if self.descending else held < value)

    def _read(self, cursor: str) -> tuple[Any, bytes]:
        try:
            query = json.loads(base64.b64decode(cursor, validate=True))
            if self.values is None:
                return None, _key(query["_id"]["$lt" if self.descending else "$gt"])
            tie, beyond = query["$or"]
            value = beyond[self.sort]["$lt" if self.descending else "$gt"]
            known = isinstance(value, str) if self.sort in TEXT_SORTS else isinstance(value, int | float)
            if not known or tie[self.sort] != value:
                raise BadCursor(cursor)
            return value, _key(tie["_id"]["$gt"])
        except (binascii.Error, ValueError, KeyError, TypeError) as trouble:
            raise BadCursor(cursor) from trouble


def order(store: RecordStore, sort: str, descending: bool, chosen: Sequence[int]) -> Order:
    """The places in `chosen` (ascending) in the order of this sort."""
    if sort == "createdAt":
        return Order(store, sort, descending, chosen[::-1] if descending else chosen, None)
    keyed = [(sort_value(store.record(index), sort), index) for index in chosen]
    keyed.sort(key=lambda pair: pair[0], reverse=descending)  # stable: ties stay by ascending _id
    return Order(store, sort, descending, [index for _, index in keyed], [value for value, _ in keyed])


def sort_value(record: dict[str, Any], sort: str) -> Any:
    """What a record sorts by; one without a usable value sorts as 0 or empty."""
    if sort == "num_parameters":
        weights = record.get("safetensors")
        value = weights.get("total") if isinstance(weights, dict) else None
    else:
        value = record.get(sort)
    if sort in TEXT_SORTS:
        return value if isinstance(value, str) else ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0
    return value


def _key(text: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != KEY_BYTES:
        raise ValueError(f"an _id has {2 * KEY_BYTES} hex digits: {text}")
    return key
