"""`GET /api/models`: which records, in which order, from where, in which shape."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from hubwatch.sandbox.huggingface.orders import SORTS, BadCursor, Order, order, sort_value
from hubwatch.sandbox.huggingface.records import RecordStore
from hubwatch.sandbox.huggingface.shapes import UnknownFields, list_shape, rows, untouched
from hubwatch.sandbox.switches import Switches
from hubwatch.sandbox.wire import Answer, Part, Request, json_answer, listing_answer

DEFAULT_PAGE = 1000
KEPT_ORDERS = 12
Test = Callable[[dict[str, Any]], bool]
FILTERS = (
    "author", "search", "filter", "pipeline_tag", "gated", "inference", "inference_provider", "num_parameters",
    "model_name", "trained_dataset",
)  # fmt: skip


class BadQuery(ValueError):
    """The query breaks a rule of the listing."""


class Listing:
    """The listing over one store. Orders are computed at first use and a few of them kept."""

    def __init__(self, store: RecordStore, switches: Switches) -> None:
        self.store = store
        self.page_cap, self._withheld = switches.page_cap, switches.withheld
        self._orders: dict[tuple[object, ...], Order] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request, link_host: str | None) -> Answer:
        """One page, or a 400 that says what is wrong with the query."""
        sort = request.first("sort")
        try:
            limit = self._limit(request)
            shape = list_shape(request, sort in {None, "trendingScore"}, self._withheld)
            walk = self._order(request, sort)
            cursor = request.first("cursor")
            start = walk.after(cursor) if cursor is not None else _natural(request, "skip", 0)
        except (BadQuery, UnknownFields) as trouble:
            return json_answer({"error": str(trouble)}, 400, route="listing")
        except BadCursor:
            return json_answer({"error": "Invalid cursor"}, 400, route="listing")
        stop = min(start + limit, len(walk))
        page = walk.indexes[start:stop]
        joined: Part | None = None
        if isinstance(page, range) and page.step == 1 and untouched(self.store, page.start, page.stop, shape):
            joined = self.store.span(page.start, page.stop)
        answer = listing_answer(lambda: rows(self.store, page, shape), (b"[", b"]"), start // limit + 1, joined)
        if stop < len(walk):
            answer.headers.append(("Link", _next_link(request, walk.cursor(stop - 1), link_host)))
        return answer

    def _limit(self, request: Request) -> int:
        asked = _natural(request, "limit", DEFAULT_PAGE)
        if asked < 1:
            raise BadQuery("limit must be at least 1")
        return min(asked, self.page_cap)

    def _order(self, request: Request, sort: str | None) -> Order:
        if request.first("apps") is not None:  # which models an app runs is not in the records: better refused than ignored
            raise BadQuery("apps is not known to this stand-in")
        if sort is not None and sort not in SORTS:
            raise BadQuery(f"Invalid sort value: {sort}. Valid values are: {', '.join(sorted(SORTS))}")
        direction = request.first("direction") or "-1"
        if direction not in {"1", "-1"}:
            raise BadQuery(f"Invalid direction: {direction}. Valid values are: 1, -1")
        sort = sort or "trendingScore"
        filters = tuple(pair for pair in request.query if pair[0] in FILTERS)
        key = (sort, direction, filters)
        with self._lock:
            if key not in self._orders:
                if len(self._orders) >= KEPT_ORDERS:
                    self._orders.pop(next(iter(self._orders)))
                self._orders[key] = order(self.store, sort, direction == "-1", self._chosen(filters))
            return self._orders[key]

    def _chosen(self, filters: tuple[tuple[str, str], ...]) -> Sequence[int]:
        if not filters:
            return range(len(self.store))
        tests = [_test(name, value) for name, value in filters]
        return array("L", (i for i, record in enumerate(self.store.records()) if all(test(record) for test in tests)))


def _natural(request: Request, name: str, default: int) -> int:
    value = request.first(name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit():
        raise BadQuery(f"{name} must be a natural number, not {value!r}")
    return int(value)


def _next_link(request: Request, cursor: str, link_host: str | None) -> str:
    """The next page by an absolute URL that repeats every parameter of the request."""
    pairs = [pair for pair in request.query if pair[0] not in {"cursor", "skip"}]
    return f'<{link_host or request.base}{request.path}?{urlencode([*pairs, ("cursor", cursor)])}>; rel="next"'


def _test(name: str, value: str) -> Test:
    """The test one filter parameter stands for; raises BadQuery."""
    if name == "author":
        return lambda record: str(record.get("id")).partition("/")[0] == value
    if name in {"search", "model_name"}:
        return lambda record: value.lower() in str(record.get("id")).lower()
    if name == "filter":
        return lambda record: value in tags_of(record) or value in (record.get("pipeline_tag"), record.get("library_name"))
    if name == "trained_dataset":
        return lambda record: f"dataset:{value.removeprefix('dataset:')}" in tags_of(record)
    if name == "gated":
        return lambda record: (record.get("gated") in ("auto", "manual", True)) is (value.lower() == "true")
    if name == "inference_provider":
        providers = set(value.split(","))
        return lambda record: bool(_providers(record)) if value == "all" else not providers.isdisjoint(_providers(record))
    if name == "num_parameters":
        low, high = _bounds(value)
        return lambda record: low <= (sort_value(record, "num_parameters") or -1) <= high
    return lambda record: record.get(name) == value  # pipeline_tag, inference


def tags_of(record: dict[str, Any]) -> list[Any]:
    """The record's tags; none where they are no list."""
    tags = record.get("tags")
    return tags if isinstance(tags, list) else []


def _providers(record: dict[str, Any]) -> set[str]:
    mapping = record.get("inferenceProviderMapping")
    entries = mapping if isinstance(mapping, list) else []
    return {str(entry.get("provider")) for entry in entries if isinstance(entry, dict)}


def _bounds(text: str) -> tuple[float, float]:
    """`min:6B,max:128B` as two numbers."""
    units = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
    bounds = {"min": 0.0, "max": float("inf")}
    for part in text.split(","):
        name, _, number = part.partition(":")
        try:
            unit = units.get(number[-1:].upper(), 1.0)
            bounds[name] = float(number.rstrip("KMBTkmbt")) * unit
        except ValueError as trouble:
            raise BadQuery(f"Invalid num_parameters: {text}") from trouble
    return bounds["min"], bounds["max"]
