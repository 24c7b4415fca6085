"""GitLab's projects as an anonymous caller sees them: simple fields, two ways of paging."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from hubwatch.sandbox.jsonl import lenient_object
from hubwatch.sandbox.wire import Answer, Request, encode, json_answer, listing_answer

SIMPLE = (
    "id", "description", "name", "name_with_namespace", "path", "path_with_namespace", "created_at", "default_branch",
    "tag_list", "topics", "ssh_url_to_repo", "http_url_to_repo", "web_url", "avatar_url", "star_count",
    "last_activity_at", "namespace",
)  # fmt: skip
DETAIL = (*SIMPLE, "readme_url", "forks_count")
ORDERS = {"id": "id", "name": "name", "path": "path", "created_at": "created_at", "updated_at": "last_activity_at",
          "last_activity_at": "last_activity_at", "star_count": "star_count"}  # fmt: skip
PAGE_CAP = 100
DEFAULT_PAGE = 20
OFFSET_CAP = 50_000
COUNTED_UP_TO = 10_000  # beyond, GitLab leaves the total out
TOO_DEEP = (
    "Offset pagination has a maximum allowed offset of 50000 for requests that return objects of type Project. "
    "Remaining records can be retrieved using keyset pagination."
)


class Projects:
    """The public projects by ascending id; one without an id gets the next free one."""

    def __init__(self, records: Iterable[dict[str, Any] | bytes]) -> None:
        self.rows: list[tuple[int, dict[str, Any], bytes]] = []
        last = 0
        for record in records:
            fields = lenient_object(record) if isinstance(record, bytes) else dict(record)
            number = fields.get("id")
            last = number if isinstance(number, int) and not isinstance(number, bool) else last + 1
            if fields.get("visibility", "public") != "public":
                continue
            if not isinstance(record, bytes):
                fields = {"id": last} | fields
            raw = record if isinstance(record, bytes) else encode({key: fields[key] for key in SIMPLE if key in fields})
            self.rows.append((last, fields, raw))
        self.rows.sort(key=lambda row: row[0])
        self._by_path = {str(fields.get("path_with_namespace")).lower(): fields for _, fields, _ in self.rows}
        self._by_id = {str(number): fields for number, fields, _ in self.rows}

    def find(self, name: str) -> dict[str, Any] | None:
        """The project with this id or full path; GitLab minds no case in paths."""
        return self._by_id.get(name) or self._by_path.get(name.lower())

    def group(self, name: str) -> str | None:
        """The full path of the namespace with this path or id, in the case it is written."""
        for _, fields, _ in self.rows:
            namespace = fields.get("namespace")
            if isinstance(namespace, dict) and name.lower() in {
                str(namespace.get("full_path")).lower(), str(namespace.get("id")),
            }:  # fmt: skip
                return str(namespace.get("full_path"))
        return None

    def site_rows(self) -> list[bytes]:
        """The rows of the site's own listing, as far as the records tell: every field of theirs."""
        return [encode(fields) for _, fields, _ in self.rows]

    @staticmethod
    def detail(project: dict[str, Any], licensed: bool) -> dict[str, Any]:
        """One project; with `licensed` its license, null where GitLab found none."""
        told = {"forks_count": 0, "readme_url": f"{project.get('web_url')}/-/blob/main/README.md"} | project
        shown = {key: told[key] for key in DETAIL if key in told}
        if licensed:
            licence = project.get("license")
            url = f"{project.get('web_url')}/-/blob/main/LICENSE" if licence else None
            shown |= {"license_url": project.get("license_url", url), "license": licence}
        return shown


def list_page(projects: Projects, request: Request, within: str | None) -> Answer:
    """A page of projects by keyset or offset, or GitLab's refusal."""
    keyset = request.first("pagination") == "keyset"
    order_by = request.first("order_by") or "created_at"
    descending = (request.first("sort") or "desc") == "desc"
    size, number = _number(request, "per_page", DEFAULT_PAGE), _number(request, "page", 1)
    if size is None or number is None:
        return json_answer({"error": "per_page does not have a valid value"}, 400, route="listing")
    if order_by not in ORDERS or (request.first("sort") or "desc") not in {"asc", "desc"}:
        return json_answer({"error": "order_by does not have a valid value"}, 400, route="listing")
    if keyset and order_by != "id":
        told = {"error": "Keyset pagination is not yet available for this type of request"}
        return json_answer(told, 405, route="listing")
    size = min(size, PAGE_CAP)
    if not keyset and (number - 1) * size > OFFSET_CAP:
        return json_answer({"error": TOO_DEEP}, 405, route="listing")
    rows = _chosen(projects, request, within)
    rows = sorted(rows, key=lambda row: _sort_key(row, order_by), reverse=descending)
    if keyset:
        return _keyset_page(request, rows, size, descending)
    page = rows[(number - 1) * size : number * size]
    answer = listing_answer(lambda: [raw for _, _, raw in page], (b"[", b"]"), number)
    answer.headers.extend(_offset_headers(request, len(rows), number, size))
    return answer


def _keyset_page(request: Request, rows: Sequence[tuple[int, dict[str, Any], bytes]], size: int, descending: bool) -> Answer:
    bound = _number(request, "id_before" if descending else "id_after", 0)
    start = 0
    if bound:
        start = sum(number >= bound if descending else number <= bound for number, _, _ in rows)
    page = rows[start : start + size]
    answer = listing_answer(lambda: [raw for _, _, raw in page], (b"[", b"]"), start // size + 1)
    if start + size < len(rows):
        edge = ("id_before" if descending else "id_after", page[-1][0])
        answer.headers.append(("Link", f'<{_with(request, edge)}>; rel="next"'))
    return answer


def _chosen(projects: Projects, request: Request, within: str | None) -> list[tuple[int, dict[str, Any], bytes]]:
    """The projects the filters leave. The bound of a keyset walk is no filter here: it decides the page."""
    rows = projects.rows
    if within is not None:
        rows = [row for row in rows if _full_path(row[1]) == within]
    if search := request.first("search"):
        rows = [row for row in rows if search.lower() in str(row[1].get("path_with_namespace")).lower()]
    for name, is_after in (("last_activity_after", True), ("last_activity_before", False)):
        if (bound := _instant(request.first(name))) is not None:
            rows = [row for row in rows if _is_on_side(row[1].get("last_activity_at"), bound, is_after)]
    if request.first("pagination") != "keyset":
        after, before = _number(request, "id_after", 0), _number(request, "id_before", 0)
        rows = [row for row in rows if (not after or row[0] > after) and (not before or row[0] < before)]
    return rows


def _full_path(project: dict[str, Any]) -> object:
    namespace = project.get("namespace")
    return namespace.get("full_path") if isinstance(namespace, dict) else None


def _is_on_side(value: object, bound: datetime, is_after: bool) -> bool:
    instant = _instant(value)
    return instant is not None and (instant >= bound if is_after else instant <= bound)


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _number(request: Request, name: str, default: int) -> int | None:
    value = request.first(name)
    if value is None:
        return default
    return int(value) if value.isascii() and value.isdigit() and int(value) > 0 else None


def _sort_key(row: tuple[int, dict[str, Any], bytes], order_by: str) -> tuple[Any, int]:
    value = row[1].get(ORDERS[order_by])
    if order_by in {"id", "star_count"}:
        return (row[0] if order_by == "id" else value if isinstance(value, int) else 0, row[0])
    return (value if isinstance(value, str) else "", row[0])


def _with(request: Request, *changed: tuple[str, object]) -> str:
    names = {name for name, _ in changed}
    kept = [pair for pair in request.query if pair[0] not in names]
    return f"{request.base}{request.path}?{urlencode([*kept, *changed])}"


def _offset_headers(request: Request, total: int, number: int, size: int) -> list[tuple[str, str]]:
    pages = -(-total // size)
    is_last = number >= pages
    headers = [
        ("X-Page", str(number)),
        ("X-Per-Page", str(size)),
        ("X-Next-Page", "" if is_last else str(number + 1)),
        ("X-Prev-Page", str(number - 1) if number > 1 else ""),
    ]
    if total <= COUNTED_UP_TO:
        headers += [("X-Total", str(total)), ("X-Total-Pages", str(pages))]
    links = [] if is_last else [("next", number + 1)]
    links += [("first", 1)] + ([("last", max(1, pages))] if total <= COUNTED_UP_TO else [])
    told = ", ".join(f'<{_with(request, ("page", page), ("per_page", size))}>; rel="{rel}"' for rel, page in links)
    return [*headers, ("Link", told)]
