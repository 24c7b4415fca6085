"""What a fault makes of an answer: another answer, and the manner in which its bytes leave."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from hubwatch.sandbox.faults import Fault
from hubwatch.sandbox.wire import HTML_TYPE, Answer, Hub, Request, encode, html_page, json_answer

MEGABYTE = 1 << 20
STATUS_TEXT = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How the bytes of an answer leave: `whole`, or one of the ways to fail on the wire; `seconds` paces it."""

    way: str = "whole"  # whole, silent, trickle, stall, reset, cut-short, endless
    seconds: float = 0.0
    megabytes: float = math.inf
    compress: bool = True


@dataclass(slots=True)
class Past:
    """What a hub has answered so far, for faults that repeat it."""

    urls: list[str]
    last_row: bytes | None = None


def inject(fault: Fault, answer: Answer, hub: Hub, request: Request, past: Past) -> tuple[Answer, Manner]:
    """The answer and its manner once this fault has struck."""
    if fault.kind in {"silent", "stall", "reset", "cut-short"}:
        return answer, Manner(fault.kind, compress=False)
    if fault.kind == "trickle":
        return answer, Manner("trickle", seconds=fault.number, compress=False)
    if fault.kind == "delay":
        return answer, Manner(seconds=fault.number)
    if fault.kind == "endless":
        return answer, Manner("endless", megabytes=fault.number or math.inf, compress=False)
    spoilt = _spoilt(fault, answer, request, past) or _refused(fault, hub, request)
    spoilt.route, spoilt.page = answer.route, answer.page
    return spoilt, Manner(compress=fault.kind != "gzip-bomb")


def _refused(fault: Fault, hub: Hub, request: Request) -> Answer:
    """An answer in the place of the one asked for."""
    if fault.kind.startswith("html"):
        status = int(fault.kind.removeprefix("html-")) if fault.kind != "html" else 200
        page = html_page("Please wait", "The request was held by the site's protection.")
        return Answer(status, (page.encode(),), HTML_TYPE)
    if fault.kind in {"429", "429-granular"}:
        granular = fault.kind == "429-granular"
        return hub.refusal("granular" if granular else "rate", request, 60 if granular else math.ceil(fault.number))
    if fault.kind.startswith("retry-after"):
        answer = hub.refusal("granular", request, 60)
        answer.set_header("Retry-After", _retry_after(fault))
        return answer
    if fault.kind == "redirect":
        return Answer(302, headers=[("Location", fault.value_or_default + request.target)])
    if fault.kind in {"soft-error", "expired-token"}:
        return hub.refusal("soft" if fault.kind == "soft-error" else "expired", request, 0)
    status = int(fault.kind)
    return json_answer({"error": STATUS_TEXT[status], "message": STATUS_TEXT[status]}, status)


def _spoilt(fault: Fault, answer: Answer, request: Request, past: Past) -> Answer | None:
    """The answer asked for with one thing wrong, or None if the fault is none of these."""
    body = answer.body if fault.kind in {"truncated", "invalid-utf8"} else b""
    match fault.kind:
        case "truncated":
            return replace(answer, parts=(body[: max(1, len(body) // 2)],))
        case "empty":
            return replace(answer, parts=(b"",))
        case "wrong-type":
            return replace(answer, content_type=fault.value_or_default)
        case "invalid-utf8":
            return replace(answer, parts=(body.replace(b':"', b':"\xff\xfe\xc0', 1),))
        case "link-self" | "link-back" | "link-away":
            return _linked(fault, answer, request, past)
        case "gzip-bomb":
            return replace(answer, parts=(_bomb(max(1, int(fault.number))),), headers=[("Content-Encoding", "gzip")])
        case "duplicate" if answer.rows is not None:
            return _with_rows(answer, ([past.last_row] if past.last_row is not None else []) + answer.rows())
        case "missing-key" if answer.rows is not None:
            return _with_rows(answer, [_edited(row, lambda fields: fields.pop(fault.value_or_default, None)) for row in answer.rows()])
        case "changed-type" if answer.rows is not None:
            return _with_rows(answer, [_edited(row, lambda fields: _change_type(fields, fault.value_or_default)) for row in answer.rows()])
        case "duplicate" | "missing-key" | "changed-type":
            return replace(answer)
    return None


def _linked(fault: Fault, answer: Answer, request: Request, past: Past) -> Answer:
    """The answer with its next link turned elsewhere; on a last page, with one it should not have."""
    here = request.base + request.target
    if fault.kind == "link-self":
        target = here
    elif fault.kind == "link-back":
        target = past.urls[-2] if len(past.urls) > 1 else here
    else:
        meant = (answer.header("Link") or f"<{here}>").partition(">")[0].removeprefix("<")
        parts = urlsplit(meant)
        target = f"{fault.value_or_default}{parts.path}?{parts.query}"
    linked = replace(answer, headers=list(answer.headers))
    linked.set_header("Link", f'<{target}>; rel="next"')
    return linked


def _with_rows(answer: Answer, rows: list[bytes]) -> Answer:
    head, tail = answer.frame
    return replace(answer, parts=(head, b",".join(rows), tail), rows=lambda: rows)


def _edited(row: bytes, edit: Callable[[dict[str, Any]], object]) -> bytes:
    """The record after the edit; one that is no readable JSON stays as it is."""
    try:
        fields = json.loads(row)
    except (ValueError, RecursionError):
        return row
    edit(fields)
    return encode(fields)


def _change_type(fields: dict[str, Any], key: str) -> None:
    """Number and bool become text, text becomes a number, a list an object, an object a list."""
    if key not in fields:
        return
    value = fields[key]
    if isinstance(value, bool | int | float):
        fields[key] = str(value)
    elif isinstance(value, list):
        fields[key] = {str(number): entry for number, entry in enumerate(value)}
    else:
        fields[key] = len(value) if isinstance(value, str) else [value]


def _retry_after(fault: Fault) -> str:
    if fault.kind == "retry-after-date":
        return format_datetime(datetime.now(UTC) + timedelta(seconds=fault.number), usegmt=True)
    return str(math.ceil(fault.number)) if fault.kind == "retry-after" else fault.value_or_default


@lru_cache(maxsize=2)
def _bomb(megabytes: int) -> bytes:
    """A gzip body of so many megabytes of blanks: after a full flush every block is the same, so it is made once."""
    blanks = b" " * MEGABYTE
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = squeezer.compress(blanks) + squeezer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(megabytes):
        checksum = zlib.crc32(blanks, checksum)
    size = megabytes * MEGABYTE % (1 << 32)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return head + block * megabytes + squeezer.flush() + checksum.to_bytes(4, "little") + size.to_bytes(4, "little")
