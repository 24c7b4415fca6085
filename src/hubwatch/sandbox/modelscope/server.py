"""The stand-in of ModelScope: the OpenAPI, the site's own listing (dolphin), the legacy routes, and their envelopes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote

from hubwatch.sandbox.modelscope.records import CREATION, RecordStore, Test, tagged
from hubwatch.sandbox.modelscope.shapes import names
from hubwatch.sandbox.switches import ROBOTS, Switches
from hubwatch.sandbox.wire import HTML_TYPE, Answer, Request, encode, html_page, json_answer, listing_answer, text_answer

OPENAPI_PAGE_CAP = 50
OPENAPI_DEPTH = 3000
OPENAPI_SORTS = {"downloads": "DownloadsCount", "likes": "StarsCount", "last_modified": "GmtModified"}
WEB_PAGE_CAP = 100  # of the site's own listing: more is cut without a word
LEGACY_PAGE_CAP = 200
CREATION_ORDERS = ("GmtCreated", "GmtCreate")
EXPIRED = 10010103009
OPENAPI = "/openapi/v1/"


class ModelScope:
    """Answers as the site does, over its store of models."""

    name = "modelscope"

    def __init__(self, records: Iterable[dict[str, Any] | bytes], switches: Switches) -> None:
        self._switches = switches
        self._store = RecordStore(records)

    def set_records(self, records: Iterable[dict[str, Any] | bytes]) -> None:
        """Serve other models from the next request on."""
        self._store = RecordStore(records)

    def rate_headers(self, limit: int, window: int, remaining: int, reset: int) -> list[tuple[str, str]]:
        return []  # none are known

    def answer(self, request: Request) -> Answer:
        """The answer of one of the three surfaces; a wrong verb meets the router's plain 404."""
        store = self._store  # one snapshot for the whole request
        path = unquote(request.path)
        if path == "/robots.txt":
            return text_answer(self._switches.robots.get(self.name, ROBOTS))
        if request.token is not None and not self._switches.accepts(self.name, request.token):
            return self.refusal("expired", request, 0)
        match (request.method, *path.removeprefix("/").split("/")):
            case ("GET", "openapi", "v1", "models"):
                return self._openapi_list(store, request)
            case ("GET", "openapi", "v1", "models", owner, name):
                return self._openapi_detail(store, f"{owner}/{name}")
            case ("PUT", "api", "v1", "dolphin", "models"):
                return self._dolphin(store, request)
            case ("PUT", "api", "v1", "models", "") | ("PUT", "api", "v1", "models"):
                return self._legacy_list(store, request)
            case ("GET", "api", "v1", "models", owner, name) if name:
                return self._legacy_detail(store, f"{owner}/{name}")
        return text_answer("404 page not found", 404)

    def refusal(self, trouble: str, request: Request, seconds: int) -> Answer:
        """`rate` and `granular`: 429, the first with Retry-After; `expired`: the token; `soft`: 200 and no success."""
        openapi = request.path.startswith(OPENAPI)
        if trouble in {"rate", "granular"}:
            answer = (
                _openapi_error(429, "RateLimitExceed", "Rate limit exceeded: 100 requests per minute")
                if openapi
                else _web_error(429, 429, "Too Many Requests")
            )
            if trouble == "rate":
                answer.headers.append(("Retry-After", str(seconds)))
            return answer
        if trouble == "expired":
            message = "Invalid authentication, please check your Authorization header"
            return _openapi_error(401, "InvalidAuthentication", message) if openapi else _web_error(400, EXPIRED, "用户未登录")
        return _openapi_error(200, "InternalServerError", "Internal server error") if openapi else _web_error(200, 500, "服务异常")

    def _openapi_list(self, store: RecordStore, request: Request) -> Answer:
        number, size = _positive(request.first("page_number"), 1), _positive(request.first("page_size"), 10)
        trouble = None
        if size is None or size > OPENAPI_PAGE_CAP:
            trouble = f"'page_size' is invalid: must be between 1 and {OPENAPI_PAGE_CAP}"
        elif number is None:
            trouble = "'page_number' is invalid: must be at least 1"
        elif number * size > OPENAPI_DEPTH:
            trouble = f"'page_number' is invalid: page_number * page_size must be at most {OPENAPI_DEPTH}"
        if trouble or number is None or size is None:
            answer = _openapi_error(400, "InputParameterError", f"Input parameter {trouble}")
            answer.route = "listing"
            return answer
        filters = [(name, value) for name, value in request.query if name.startswith("filter.") and value]
        tests = [tagged(name.removeprefix("filter."), value) for name, value in filters]
        search = request.first("search") or ""
        owner = request.first("owner") or None
        key = ("openapi", owner, search, *filters)
        places = store.selected(key, owner, tests, search, self._switches.search)
        places = store.ordered(key, places, OPENAPI_SORTS.get(request.first("sort") or "", ""))
        page = places[(number - 1) * size : number * size]
        ends = {"total_count": len(places), "page_number": number, "page_size": size}
        head = b'{"success":true,"request_id":"%b","data":{"models":[' % str(uuid.uuid4()).encode()
        frame = (head, b"]," + encode(ends)[1:-1] + b"}}")
        return listing_answer(lambda: [store.openapi(place) for place in page], frame, number)

    def _openapi_detail(self, store: RecordStore, model_id: str) -> Answer:
        place = store.find(model_id)
        if place is None:
            answer = _openapi_error(404, "ResourceNotFound", f"Resource not found: model {model_id}")
        else:
            raw = store.openapi(place)[:-1] + b',"readme":null}'
            head = b'{"success":true,"request_id":"%b","data":' % str(uuid.uuid4()).encode()
            answer = Answer(parts=(head, raw, b"}"))
        answer.route = "detail"
        return answer

    def _dolphin(self, store: RecordStore, request: Request) -> Answer:
        if self._switches.dolphin == "html":
            page = html_page("405", "Sorry, your request has been blocked as it may cause potential threats.")
            return Answer(405, (page.encode(),), HTML_TYPE, route="listing")
        if self._switches.dolphin == "forbidden":
            return _web_error(403, 403, "Forbidden", route="listing")
        asked = request.json()
        if asked is None:
            return _web_error(400, 400, "invalid request body", route="listing")
        name = asked["Name"] if isinstance(asked.get("Name"), str) else ""
        tests: list[Test] = []
        for criterion in _objects(asked.get("Criterion")) + _objects(asked.get("SingleCriterion")):
            if (test := _criterion(criterion)) is not None:
                tests.append(test)
        key = ("dolphin", encode([asked.get("Name"), asked.get("Criterion"), asked.get("SingleCriterion")]))
        places = store.selected(key, None, tests, name, self._switches.search)
        return self._web_page(store, asked, key, places, (b'"Model":{', b'},"Source":"","Target":""'))

    def _legacy_list(self, store: RecordStore, request: Request) -> Answer:
        asked = request.json()
        if asked is None:
            return _web_error(400, 400, "invalid request body", route="listing")
        owner, name = asked.get("Path"), asked.get("Name")
        key = ("legacy", encode([owner, name]))
        places = store.selected(key, owner if isinstance(owner, str) and owner else None, [], name if isinstance(name, str) else "")
        return self._web_page(store, asked, key, places, (b"", b""))

    def _web_page(
        self, store: RecordStore, asked: dict[str, Any], key: object, places: Sequence[int], nesting: tuple[bytes, bytes]
    ) -> Answer:
        """A page of the places selected under `key`; `nesting` surrounds `Models` and `TotalCount` within `Data`."""
        number, size = _positive(asked.get("PageNumber"), 1), _positive(asked.get("PageSize"), 10)
        if number is None or size is None:
            return _web_error(400, 400, "PageNumber or PageSize is invalid", route="listing")
        size = min(size, WEB_PAGE_CAP if nesting[0] else LEGACY_PAGE_CAP)
        sort = str(asked.get("SortBy") or "Default") if nesting[0] else "Default"
        if sort in CREATION_ORDERS:  # one spelling at most is known
            sort = CREATION if sort == self._switches.creation_order else "Default"
        places = store.ordered(key, places, sort)
        if sort == "GmtModified" and number > 1 and self._switches.moving:
            store.touch(places[max(number * size, len(places) - self._switches.moving) :])
            places = store.ordered(key, places, sort)
        page = places[(number - 1) * size : number * size]
        if nesting[0] and self._switches.window is not None and number * size > self._switches.window:
            if self._switches.behind_the_window:
                return _web_error(self._switches.behind_the_window, self._switches.behind_the_window, "Internal Server Error", "listing")
            page = []
        head, tail = b'{"Code":200,"Data":{' + nesting[0] + b'"Models":[', b'],"TotalCount":%d' % len(places) + nesting[1] + b"}"
        if not page and self._switches.past_the_end != "empty":
            null = self._switches.past_the_end == "null-data"
            head, tail = (b'{"Code":200,"Data":null', b"") if null else (head[:-1] + b"null", tail[1:])
        frame = (head, tail + b',"Message":"success","RequestId":"%b","Success":true}' % str(uuid.uuid4()).encode())
        return listing_answer(lambda: [store.raw(place) for place in page], frame, number)

    def _legacy_detail(self, store: RecordStore, model_id: str) -> Answer:
        place = store.find(model_id)
        if place is None:
            return _web_error(404, 404, "模型不存在", route="detail")
        facts = {"ReadMeContent": "", "Visibility": 5, "IsPublished": 1, "IsOnline": 1, "IsAccessible": 1, "Revision": "master"}
        told = {
            "Code": 200,
            "Data": facts | store.item(place),
            "Message": "success",
            "RequestId": str(uuid.uuid4()),
            "Success": True,
        }
        return json_answer(told, route="detail")


def _criterion(criterion: dict[str, Any]) -> Test | None:
    """The test of one criterion; None for a category that has no effect, as the site ignores those it does not know."""
    category = criterion.get("category")
    given = [criterion.get("values"), criterion.get("sub_values")]
    wanted = {str(value) for values in given if isinstance(values, list) for value in values}
    if category == "organizations":
        return lambda item: item.get("Path") in wanted or not wanted.isdisjoint(names([item.get("Organization")]))
    if category == "tasks":
        return lambda item: not wanted.isdisjoint(names(item.get("Tasks")))
    if category == "tags":
        return lambda item: not wanted.isdisjoint(names(item.get("Tags")) + names(item.get("OfficialTags")))
    if category == "support_api_inference":
        return lambda item: bool(item.get("SupportApiInference")) is bool(criterion.get("IntValue"))
    return None


def _objects(values: object) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _positive(value: object, default: int) -> int | None:
    """A whole number from 1, the default for an absent one, None for anything else."""
    if value is None:
        return default
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else None


def _openapi_error(status: int, code: str, message: str) -> Answer:
    return json_answer({"success": False, "code": code, "message": message, "request_id": str(uuid.uuid4())}, status)


def _web_error(status: int, code: int, message: str, route: str = "other") -> Answer:
    told = {"Code": code, "Data": None, "Message": message, "RequestId": str(uuid.uuid4()), "Success": False}
    return json_answer(told, status, route=route)
