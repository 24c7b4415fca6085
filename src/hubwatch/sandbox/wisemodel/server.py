"""The stand-in of WiseModel: a GitLab (API v4) behind a front end that renders in the browser, and its gateway."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from hubwatch.sandbox.switches import ROBOTS, Switches
from hubwatch.sandbox.wire import HTML_TYPE, Answer, Request, json_answer, listing_answer, text_answer
from hubwatch.sandbox.wisemodel.projects import Projects, list_page

GATEWAY = "/gateway/project/api/v1/"
PAGES = re.compile(r"/(home|models|datasets|codes|spaces|space|organization|my-token)?(/.*)?")
SHELL = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>始智AI</title>
<script defer="defer" src="/js/chunk-vendors.5c0ffee0.js"></script><script defer="defer" src="/js/app.31fb6580.js"></script>
</head><body><noscript>This site does not work without JavaScript.</noscript><div id="app"></div></body></html>
"""


class WiseModel:
    """Answers as the site does, over its projects."""

    name = "wisemodel"

    def __init__(self, records: Iterable[dict[str, Any] | bytes], switches: Switches) -> None:
        self._switches = switches
        self._projects = Projects(records)

    def set_records(self, records: Iterable[dict[str, Any] | bytes]) -> None:
        """Serve other projects from the next request on."""
        self._projects = Projects(records)

    def rate_headers(self, limit: int, window: int, remaining: int, reset: int) -> list[tuple[str, str]]:
        return [
            ("RateLimit-Limit", str(limit)),
            ("RateLimit-Remaining", str(remaining)),
            ("RateLimit-Reset", str(reset)),
        ]

    def refusal(self, trouble: str, request: Request, seconds: int) -> Answer:
        """`rate` and `granular`: 429 with Retry-After; `expired`: the token; `soft`: the gateway's code, or an object."""
        gateway = request.path.startswith("/gateway/")
        if trouble in {"rate", "granular"}:
            answer = text_answer("Retry later\n", 429)
            answer.headers.append(("Retry-After", str(seconds)))
            return answer
        if trouble == "expired":
            return _envelope("B2002", "token invalid or expired") if gateway else json_answer({"message": "401 Unauthorized"}, 401)
        return _envelope(10001, "system busy") if gateway else json_answer({"message": "503 Service Unavailable"})

    def answer(self, request: Request) -> Answer:
        """The answer of the GitLab, the gateway or the front end."""
        projects = self._projects  # one snapshot for the whole request
        if request.path == "/robots.txt":
            return text_answer(self._switches.robots.get(self.name, ROBOTS))
        listing = self._switches.wisemodel_listing
        if listing is not None and (request.method, request.path) == (listing.method, listing.path):
            return self._site_listing(projects, request, listing.login)
        if request.path.startswith("/gateway/"):
            return self._gateway(projects, request)
        if request.method not in {"GET", "HEAD"}:
            return json_answer({"error": "404 Not Found"}, 404)
        if request.path.startswith("/api/v4/"):
            if request.token is not None and not self._switches.accepts(self.name, request.token):
                return self.refusal("expired", request, 0)
            return self._gitlab(projects, request)
        if (raw := re.fullmatch(r"/(?P<project>[^/]+/[^/]+)/-/raw/[^/]+/(?P<file>.+)", unquote(request.path))) is not None:
            project = projects.find(raw["project"])
            return text_answer("Not Found", 404) if project is None else _raw_file(project, raw["file"])
        if PAGES.fullmatch(request.path):
            return Answer(parts=(SHELL.encode(),), content_type=HTML_TYPE)
        return text_answer("404 Not Found", 404)

    def _gitlab(self, projects: Projects, request: Request) -> Answer:
        # Split before unquoting: a project is named by its id, or by its path with the slash encoded.
        parts = [unquote(part) for part in request.path.removeprefix("/api/v4/").split("/")]
        match parts:
            case ["projects"]:
                if not self._switches.wisemodel_list and request.token is None:
                    return json_answer({"message": "401 Unauthorized"}, 401, route="listing")
                return list_page(projects, request, within=None)
            case ["groups", group, "projects"]:
                within = projects.group(group)
                if within is None:
                    return json_answer({"message": "404 Group Not Found"}, 404, route="listing")
                return list_page(projects, request, within)
            case ["projects", name, *rest]:
                project = projects.find(name)
                if project is None:
                    return json_answer({"message": "404 Project Not Found"}, 404, route="detail")
                return _project_part(project, rest, request)
        return json_answer({"error": "404 Not Found"}, 404)

    def _site_listing(self, projects: Projects, request: Request, login: bool) -> Answer:
        """The configured listing in the gateway's manner: `data.list`, `data.total`, the page in `baseReq`."""
        if login and not self._is_known(request):
            return _envelope("B2002", "token invalid or expired", route="listing")
        asked = (request.json() or {}).get("baseReq")
        paging = asked if isinstance(asked, dict) else {}
        number, size = paging.get("page", 1), paging.get("pageSize", 20)
        if not isinstance(number, int) or not isinstance(size, int) or number < 1 or size < 1:
            return _envelope(10001, "baseReq is invalid", route="listing")
        rows = projects.site_rows()
        page = rows[(number - 1) * size : number * size]
        frame = (b'{"code":0,"message":"Success","data":{"list":[', b'],"total":%d}}' % len(rows))
        return listing_answer(lambda: page, frame, number)

    def _gateway(self, projects: Projects, request: Request) -> Answer:
        if request.method != "POST":
            return json_answer({"error": "404 Not Found"}, 404)
        asked = request.json()
        if asked is None:
            return _envelope(10001, "request body is invalid")
        if request.path == "/gateway/user/api/v1/login":
            return _envelope(0, "Success", {"token": "sandbox-token"})
        call = request.path.removeprefix(GATEWAY)
        if call not in {"listfiles", "branchlist"}:
            return text_answer("404 page not found", 404)
        if self._switches.gateway_login and not self._is_known(request):
            return _envelope("B2002", "token invalid or expired")
        project_path = re.sub(r"^https?://[^/]+/(models|datasets|codes)/", "", str(asked.get("project_path") or ""))
        project = projects.find(project_path)
        if project is None:
            return _envelope(10003, "project not found")
        if call == "branchlist":
            branch = {"id": 0, "project_id": 0, "branch": "main", "created_at": project.get("last_activity_at")}
            return _envelope(0, "Success", {"list": [branch]})
        files = [{"name": path, "isDir": False, "size": "1.50 K", "isLFS": False, "path": path} for path in _tree(project)]
        return _envelope(0, "Success", {"content": "", "folders": [], "list": files, "total": len(files)})

    def _is_known(self, request: Request) -> bool:
        return request.token is not None and self._switches.accepts(self.name, request.token)


def _project_part(project: dict[str, Any], rest: list[str], request: Request) -> Answer:
    """A project, its tree, or the raw text of one of its files."""
    match rest:
        case []:
            licensed = (request.first("license") or "").lower() in {"true", "1", "yes"}
            return json_answer(Projects.detail(project, licensed), route="detail")
        case ["repository", "tree"]:
            blobs = [{"id": "", "name": path, "type": "blob", "path": path, "mode": "100644"} for path in _tree(project)]
            return json_answer(blobs, route="detail")
        case ["repository", "files", file, "raw"]:
            return _raw_file(project, file)
    return json_answer({"error": "404 Not Found"}, 404)


def _tree(project: dict[str, Any]) -> list[str]:
    """The record's own `tree`, else what nearly every repository holds."""
    tree = project.get("tree")
    return [str(path) for path in tree] if isinstance(tree, list) else [".gitattributes", "README.md"]


def _raw_file(project: dict[str, Any], file: str) -> Answer:
    """The README, with the front matter the record allows; other files are not kept."""
    if file != "README.md":
        return json_answer({"message": "404 File Not Found"}, 404, route="detail")
    licence = project.get("license")
    key = licence.get("key") if isinstance(licence, dict) else None
    topics = project["topics"] if isinstance(project.get("topics"), list) else []
    lines = ["---", *([f"license: {key}"] if key else []), "tags:", *(f"- {tag}" for tag in topics), "---"]
    return text_answer("\n".join([*lines, f"# {project.get('name')}", ""]), route="detail")


def _envelope(code: int | str, message: str, data: object = None, route: str = "other") -> Answer:
    return json_answer({"code": code, "message": message, "data": data}, route=route)
