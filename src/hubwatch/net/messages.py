"""What is asked of a hub and what came: requests, answers, how bodies and headers are read, and what a status means. Nothing here sends."""

import email.utils
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from hubwatch.errors import Blocked, BrokenPage, Outage, RateLimited, Refused, ServerTrouble, TooDeep

JSON_TYPES = {dict: "object", list: "list", str: "text", bool: "boolean", int: "number", float: "number", type(None): "null"}
_QUOTA_SPENT = re.compile(rb"(?i)quota.?limit|rate.?limit")  # a 403 that means: later
_DEPTH_SPENT = re.compile(rb"(?i)quota.?limit.?exceed")  # and one that means: no more of this listing, unless it says when to come again
_QUOTA = re.compile(r'"(?P<bucket>[^"]*)"\s*;\s*r=(?P<left>\d{1,9})\s*;\s*t=(?P<reset>\d{1,9})(?!\d)')
# RFC 8288: a target, and its parameters in any case and order, quoted or bare.
_LINK = re.compile(r"""<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)""")
_PARAMETER = re.compile(r""";\s*([^\s=;,]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?""")

_NESTING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[][{}]', re.DOTALL)  # strings, which may hold brackets, and brackets
_DEEPEST = 100
_AWAY = (408, 425, 502, 503, 504)


@dataclass(frozen=True)
class Ask:
    """One request: method, absolute URL, and a JSON body for hubs that list by PUT or POST."""

    url: str
    method: str = "GET"
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        shown = f"{self.method} {self.url}" + (f" {self.body.decode()}" if self.body else "")
        return shown if len(shown) <= 160 else shown[:157] + "..."


@dataclass(frozen=True)
class Answer:
    """A hub's whole answer to `ask`. `next_link` is where its `Link: rel="next"` leads, unjudged."""

    ask: Ask
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    next_link: str | None


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The instant (UTC) of the hub's own clock, None where it gives none that can be read."""
    try:
        said = email.utils.parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return said.astimezone(UTC).replace(tzinfo=None) if said.tzinfo else said


def whole_array(answer: Answer, hub: str) -> list[msgspec.Raw]:
    """The records of a body that is a JSON array, unparsed; `BrokenPage` or `Blocked` when it is not."""
    try:
        return array_of(answer.body)
    except ValueError:
        value = whole_json(answer, hub)
    raise BrokenPage(f"{hub}: {answer.url} returned a JSON {type(value).__name__} instead of a list{said(answer)}")


def array_of(body: bytes) -> list[msgspec.Raw]:
    """The records of a body that is a JSON array, unparsed where it is strict JSON; `ValueError` when it is none."""
    try:
        return msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = lenient_json(body)
    if not isinstance(value, list):
        raise ValueError("it is not a list")
    return [msgspec.Raw(json.dumps(record).encode()) for record in value]  # writes whatever it has read


def whole_json(answer: Answer, hub: str) -> Any:
    """The body as JSON, read as leniently as the loader does (NaN, stray bytes in strings); else `BrokenPage` or `Blocked`."""
    if is_html(answer):
        raise Blocked(f"{hub}: {answer.url} answered {answer.status} with a web page instead of JSON{said(answer)}")
    try:
        return lenient_json(answer.body)
    except ValueError as error:
        raise BrokenPage(f"{hub}: {answer.url} is not whole JSON: {error}") from None


def lenient_json(body: bytes, stray: str = "replace") -> Any:
    """The body as JSON, read as leniently as the loader does; `ValueError` when it is none. `stray`: what bytes become that are no text."""
    # The standard library's reader takes NaN and lone surrogates, as hubs may send.
    text = body.decode("utf-8-sig", errors=stray)
    try:
        return json.loads(text, parse_int=_whole_number)
    except RecursionError:  # DuckDB reads it to any depth; here only the outside matters
        return json.loads(_shallow(text), parse_int=_whole_number)


def _shallow(text: str) -> str:
    """The same JSON with null for what is nested deeper than any hub's record needs."""
    kept: list[str] = []
    depth = copied = 0
    for found in _NESTING.finditer(text):
        if found[0] in ("[", "{"):
            depth += 1
            if depth == _DEEPEST:
                kept.append(text[copied : found.start()] + "null")
        elif found[0] in ("]", "}"):
            depth -= 1
            if depth == _DEEPEST - 1:
                copied = found.end()
    return "".join(kept) + (text[copied:] if depth < _DEEPEST else "")


def _whole_number(text: str) -> int | float:
    """The number; one of more digits than Python reads is no counter, and infinite."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def next_link(headers: Mapping[str, str]) -> str | None:
    """The target of the `Link` whose relations, compared without case, include `next`; `BrokenPage` where none can be read."""
    found = _LINK.findall(text := headers.get("link", ""))
    if not found and re.search(r"(?i)\bnext\b", text):
        raise BrokenPage(f"the answer names a next page in a way that cannot be read: Link: {text[:160]}")
    for target, parameters in found:
        for name, quoted, bare in _PARAMETER.findall(parameters):  # the first `rel` counts
            if name.lower() == "rel":
                if "next" in (quoted or bare.strip("'")).lower().split():
                    return str(target).strip()
                break
    return None


def joined(page: str, link: str) -> str:
    """The link as a whole address, seen from the page that names it; one that is no address stays as it is."""
    try:
        return urljoin(page, link)
    except ValueError:
        return link


def origin(url: str) -> str:
    """Scheme and host of an address, without a user's name or password; "" when it is none."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    except ValueError:
        return ""


def quota(headers: Mapping[str, str]) -> tuple[int, int] | None:
    """Requests left and seconds to reset of the tightest announced bucket."""
    found = [(int(match["left"]), int(match["reset"])) for match in _QUOTA.finditer(headers.get("ratelimit", ""))]
    return min(found) if found else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a `Retry-After` in either of its forms; None when absent or unreadable."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch("[0-9]{1,9}", value):
        return float(value)
    try:
        until = email.utils.parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def is_html(answer: Answer) -> bool:
    """Whether a web page came, by its content type or its first sign."""
    return "html" in answer.headers.get("content-type", "") or answer.body[:64].lstrip()[:1] == b"<"


def said(answer: Answer) -> str:
    """The hub's own words on an error, in short."""
    words = answer.headers.get("x-error-message") or answer.body[:300].decode("utf-8", errors="replace")
    words = " ".join(re.sub(r"<[^>]*>", " ", words).split())[:160]
    return f" ({words})" if words else ""


def raise_for_status(answer: Answer, ask: Ask, hub: str, has_token: bool) -> None:
    """Raise what a status other than 2xx means; `ask` is what was asked last, redirects followed."""
    status = answer.status
    if 200 <= status < 300:
        return
    told = f"{hub}: {ask} answered {status}{said(answer)}"
    if status == 429:
        window = quota(answer.headers)
        empty = window is not None and window[0] == 0
        wait = float(window[1]) + 0.5 if empty and window else retry_after(answer.headers)
        why = "the window is empty" if empty else "a limit beside the window" if window else "too many requests"
        raise RateLimited(f"{told} ({why})", wait)
    if status == 403 and _DEPTH_SPENT.search(answer.body) and retry_after(answer.headers) is None:
        raise TooDeep(f"{told} (a cap on how deep a listing is shown)")
    if status == 403 and _QUOTA_SPENT.search(answer.body):
        raise RateLimited(f"{told} (a quota spelled as a refusal)", retry_after(answer.headers))
    if status in _AWAY:
        raise Outage(told, retry_after(answer.headers))
    if status >= 500:
        raise ServerTrouble(told, retry_after(answer.headers))
    if is_html(answer) and status != 404:
        raise Blocked(f"{told}: a web page instead of JSON", retry_after(answer.headers))
    if status == 401 and has_token:
        told += "; the token was not accepted: renew or unset it"
    raise Refused(told, status, answer.body)
