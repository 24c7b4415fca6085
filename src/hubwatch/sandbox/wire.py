"""What a stand-in is asked and what it answers, free of sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

Part = bytes | memoryview
JSON_TYPE = "application/json; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came: header names in lower case, the path still percent-encoded."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    base: str  # http://host:port as the client addressed it, for absolute links

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        return tuple(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    def first(self, name: str) -> str | None:
        """The first value of a query parameter, or None."""
        return next((value for key, value in self.query if key == name), None)

    def every(self, *names: str) -> list[str]:
        """All values of the query parameters named, in the order they came."""
        return [value for key, value in self.query if key in names]

    @property
    def token(self) -> str | None:
        """The credential of the request: a bearer token, a GitLab token, or a session cookie."""
        scheme, _, credential = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() in {"bearer", "token"} and credential.strip():
            return credential.strip()
        if private := self.headers.get("private-token"):
            return private
        for crumb in self.headers.get("cookie", "").split(";"):
            name, _, value = crumb.strip().partition("=")
            if name == "m_session_id" and value:
                return value
        return None

    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object, or None if it is none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


@dataclass(slots=True)
class Answer:
    """One answer: status, headers and the parts of its body.

    A listing also names its `page` (from 1) and, lazily, its `rows` with what surrounds them (`frame`), so that
    faults can work on single records.
    """

    status: int = 200
    parts: Sequence[Part] = (b"",)
    content_type: str = JSON_TYPE
    headers: list[tuple[str, str]] = field(default_factory=list)
    route: str = "other"  # listing, detail, other
    page: int | None = None
    frame: tuple[bytes, bytes] = (b"[", b"]")
    rows: Callable[[], list[bytes]] | None = None

    @property
    def body(self) -> bytes:
        return b"".join(self.parts)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def set_header(self, name: str, value: str) -> None:
        """Replace a header, or add it."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()] + [(name, value)]


class Hub(Protocol):
    """A stand-in of one hub. `refusal` spells trouble the way this hub does."""

    name: str

    def answer(self, request: Request) -> Answer: ...

    def refusal(self, trouble: str, request: Request, seconds: int) -> Answer: ...

    def rate_headers(self, limit: int, window: int, remaining: int, reset: int) -> list[tuple[str, str]]: ...

    def set_records(self, records: Iterable[dict[str, Any] | bytes]) -> None: ...


def encode(value: object) -> bytes:
    """Compact UTF-8 JSON, as the hubs write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def json_answer(value: object, status: int = 200, route: str = "other", headers: Iterable[tuple[str, str]] = ()) -> Answer:
    return Answer(status=status, parts=(encode(value),), route=route, headers=list(headers))


def text_answer(text: str, status: int = 200, content_type: str = TEXT_TYPE, route: str = "other") -> Answer:
    return Answer(status=status, parts=(text.encode(),), content_type=content_type, route=route)


def listing_answer(rows: Callable[[], list[bytes]], frame: tuple[bytes, bytes], page: int, joined: Part | None = None) -> Answer:
    """A page of records; `joined` spares the joining where the rows already lie side by side."""
    middle = b",".join(rows()) if joined is None else joined
    return Answer(parts=(frame[0], middle, frame[1]), route="listing", page=page, frame=frame, rows=rows)


def html_page(title: str, text: str) -> str:
    return f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>\n"
