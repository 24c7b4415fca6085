"""ModelScope's models at rest: encoded once, with the few fields that order and find them."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from hubwatch.sandbox.jsonl import lenient_object
from hubwatch.sandbox.modelscope.shapes import dolphin_shape, openapi_shape, openapi_tags, repo_id
from hubwatch.sandbox.wire import encode

KEPT_SELECTIONS = 16
CREATION = "creation"  # however the site spells it
SORT_FIELDS = {CREATION: "CreatedTime", "DownloadsCount": "Downloads", "StarsCount": "Stars", "GmtModified": "LastUpdatedTime"}
Test = Callable[[dict[str, Any]], bool]


class RecordStore:
    """The public models, in the order given; `selected` and `ordered` answer with places in it."""

    def __init__(self, records: Iterable[dict[str, Any] | bytes]) -> None:
        self._raws: list[bytes] = []
        self._verbatim: set[int] = set()
        self._openapi: dict[int, dict[str, Any]] = {}  # given in that shape: served in it unchanged
        self._owners: dict[str, list[int]] = {}
        self._places: dict[str, int] = {}
        self._texts: list[str] = []  # id and title, as they are searched
        self._sort_keys: dict[str, list[float]] = {field: [] for field in SORT_FIELDS.values()}
        self._kept: dict[object, Sequence[int]] = {}
        self._lock = threading.Lock()
        for record in records:
            self._add(record)

    def __len__(self) -> int:
        return len(self._raws)

    def raw(self, place: int) -> bytes:
        return self._raws[place]

    def item(self, place: int) -> dict[str, Any]:
        return lenient_object(self._raws[place])

    def openapi(self, place: int) -> bytes:
        """The model in the OpenAPI's shape; one given as bytes as it came."""
        if place in self._verbatim:
            return self._raws[place]
        return encode(self._openapi.get(place) or openapi_shape(self.item(place)))

    def find(self, model_id: str) -> int | None:
        """The place of the model with exactly this id: owners and names are case-sensitive."""
        return self._places.get(model_id)

    def selected(self, key: object, owner: str | None, tests: Sequence[Test], search: str = "", within: str = "anywhere") -> Sequence[int]:
        """The places of the models that pass all tests and have `search` in what is searched, see `Switches.search`; kept under `key`."""
        base: Sequence[int] = range(len(self._raws)) if owner is None else self._owners.get(owner, ())
        if not tests and not search:
            return base
        wanted, texts = search.lower(), self._texts

        def found() -> Sequence[int]:
            if within == "prefix":
                named = [place for place in base if texts[place].partition("/")[2].startswith(wanted)]
            elif within == "name":
                named = [place for place in base if wanted in texts[place].partition("/")[2]]
            else:
                named = [place for place in base if wanted in texts[place]]
            return [place for place in named if all(test(self.item(place)) for test in tests)] if tests else named

        with self._lock:
            return self._keep(key, found)

    def ordered(self, key: object, places: Sequence[int], sort: str) -> Sequence[int]:
        """The places in the order of `SortBy`, kept under `key`; an unknown `SortBy` is the order given."""
        if (field := SORT_FIELDS.get(sort)) is None:
            return places
        with self._lock:
            values = self._sort_keys[field]
            return self._keep((key, sort), lambda: sorted(places, key=lambda place: -values[place]))

    def touch(self, unseen: Sequence[int]) -> None:
        """These models are modified now: they come first by `GmtModified`."""
        with self._lock:
            keys = self._sort_keys["LastUpdatedTime"]
            self._kept.clear()
            for place in unseen:
                keys[place] = now = max(int(time.time()), int(max(keys)) + 1)
                if place not in self._verbatim:
                    self._raws[place] = encode(self.item(place) | {"LastUpdatedTime": now})

    def _keep(self, key: object, compute: Callable[[], Sequence[int]]) -> Sequence[int]:
        """What was computed for this key before, or now; the oldest of many is forgotten. The lock is held."""
        if key not in self._kept:
            if len(self._kept) >= KEPT_SELECTIONS:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = compute()
        return self._kept[key]

    def _add(self, record: dict[str, Any] | bytes) -> None:
        place = len(self._raws)
        item = lenient_object(record) if isinstance(record, bytes) else record
        if item.get("private") is True or item.get("Visibility") == 1:
            return
        if "Path" not in item and "id" in item:
            if not isinstance(record, bytes):
                self._openapi[place] = item
            item = dolphin_shape(item)
        if isinstance(record, bytes):
            self._verbatim.add(place)
        self._raws.append(record if isinstance(record, bytes) else encode(item))
        self._texts.append(f"{repo_id(item)} {item.get('ChineseName') or ''}".lower())
        self._owners.setdefault(sys.intern(str(item.get("Path"))), []).append(place)
        self._places.setdefault(repo_id(item), place)
        for field, keys in self._sort_keys.items():
            value = item.get(field)
            keys.append(value if isinstance(value, int | float) and value == value else 0)


def tagged(name: str, value: str) -> Test:
    """The test of an OpenAPI filter such as `filter.library`."""
    return lambda item: f"{name}:{value}" in openapi_tags(item)
