"""A small hub for datasets on 127.0.0.1, as far as huggingface_hub's own client needs one to put and fetch a version.

Create, preupload, the batch of large files, commit, tree information and download; it stops by itself after two minutes.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread, Timer
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_" + "secret" * 5


@dataclass
class Commit:
    """What a commit left in the repository, and its message."""

    oid: str
    title: str
    description: str
    files: dict[str, bytes]


@dataclass
class DatasetsHub:
    """Serve as a context manager; `commits` has each repository's history, `asked` every request in order."""

    token: str = TOKEN
    commits: dict[str, list[Commit]] = field(default_factory=dict)
    private: dict[str, bool] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> "DatasetsHub":
        hub = self

        class Handler(_Handler):
            at = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self._end = Timer(120, self._server.shutdown)
        self._end.daemon = True
        self._end.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.cancel()
        self._server.shutdown()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def files(self, repo: str) -> dict[str, bytes]:
        return self.commits[repo][-1].files

    def commit(self, repo: str, lines: list[dict[str, Any]]) -> Commit | None:
        """A commit by its lines; None where the client's parent is not the last one."""
        history = self.commits[repo]
        header = next(one["value"] for one in lines if one["key"] == "header")
        if header.get("parentCommit") not in (None, history[-1].oid):
            return None
        files = dict(history[-1].files)
        for one in lines:
            value = one["value"]
            if one["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif one["key"] == "lfsFile":
                files[value["path"]] = self.large[value["oid"]]
            elif one["key"] == "deletedFile":
                del files[value["path"]]
        made = Commit(hashlib.sha1(f"{repo}{len(history)}".encode()).hexdigest(), header["summary"], header["description"], files)
        history.append(made)
        return made


class _Handler(BaseHTTPRequestHandler):
    at: DatasetsHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_HEAD(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def do_PUT(self) -> None:
        self._answer(self._put)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self, by: Any) -> None:
        body = self._body()
        path = unquote(urlsplit(self.path).path)
        self.at.asked.append(f"{self.command} {path}")
        by(path, body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def _get(self, path: str, body: bytes) -> None:
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "datasets"]:
            repo = "/".join(parts[2:4])
            if repo not in self.at.commits or (self.at.private[repo] and not self._is_ours()):
                self._json(401 if not self._is_ours() else 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
                return
            last = self.at.commits[repo][-1]
            self._json(200, {"id": repo, "sha": last.oid, "siblings": [{"rfilename": name} for name in last.files]})
            return
        if len(parts) < 6:
            self._json(404, {"error": "Not found"})
            return
        repo, oid, name = "/".join(parts[1:3]), parts[4], "/".join(parts[5:])
        found = next((one.files.get(name) for one in self.at.commits.get(repo, []) if one.oid == oid), None)
        if found is None:
            self._json(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
        else:
            self._send(200, found, {"ETag": f'"{hashlib.sha1(found).hexdigest()}"', "X-Repo-Commit": oid})

    def _post(self, path: str, body: bytes) -> None:
        if path == "/api/validate-yaml":
            self._json(200, {"errors": [], "warnings": []})
        elif not self._is_ours():
            self._json(401, {"error": "Invalid username or password."})
        elif path == "/api/repos/create":
            asked = json.loads(body)
            repo = f"{asked['organization']}/{asked['name']}"
            if repo in self.at.commits:
                self._json(409, {"error": "You already created this dataset repo", "url": f"{self.at.endpoint}/datasets/{repo}"})
                return
            self.at.commits[repo] = [Commit("0" * 40, "initial commit", "", {".gitattributes": b"*.parquet filter=lfs\n"})]
            self.at.private[repo] = asked.get("visibility") == "private" or bool(asked.get("private"))
            self._json(200, {"url": f"{self.at.endpoint}/datasets/{repo}", "name": repo})
        elif "/preupload/" in path:
            files = [
                {"path": one["path"], "uploadMode": "lfs" if one["path"].endswith(".parquet") else "regular", "shouldIgnore": False}
                for one in json.loads(body)["files"]
            ]
            self._json(200, {"files": files})
        elif path.endswith("/info/lfs/objects/batch"):
            there = json.loads(body)["objects"]
            needed = [
                one if one["oid"] in self.at.large else one | {"actions": {"upload": {"href": f"{self.at.endpoint}/large/{one['oid']}"}}}
                for one in there
            ]
            self._json(200, {"transfer": "basic", "objects": needed})
        else:
            repo = "/".join(path.strip("/").split("/")[2:4])
            made = self.at.commit(repo, [json.loads(line) for line in body.splitlines() if line])
            if made is None:
                self._json(412, {"error": "A commit has happened since. Please refresh and try again."})
            else:
                address = f"{self.at.endpoint}/datasets/{repo}/commit/{made.oid}"
                self._json(200, {"success": True, "commitOid": made.oid, "commitUrl": address})

    def _put(self, path: str, body: bytes) -> None:
        oid = path.rpartition("/")[2]
        is_it = hashlib.sha256(body).hexdigest() == oid
        if is_it:
            self.at.large[oid] = body
        self._send(200 if is_it else 400, b"")

    def _is_ours(self) -> bool:
        return bool(self.headers.get("Authorization") == f"Bearer {self.at.token}")

    def _json(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(content).encode(), {"Content-Type": "application/json"} | (headers or {}))

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
