"""How an answer leaves by the socket: whole, or failing in one of the ways networks fail."""

from __future__ import annotations

import gzip
import math
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC
from email.utils import format_datetime
from http import HTTPStatus

from hubwatch.clock import now
from hubwatch.sandbox.inject import MEGABYTE, Manner
from hubwatch.sandbox.wire import Answer, Part

WORTH_COMPRESSING = 1024
COALESCED = 1 << 14
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def send(connection: socket.socket, answer: Answer, manner: Manner, stop: threading.Event, *, head_only: bool) -> bool:
    """Send the answer in this manner; return whether the connection can serve another request."""
    if manner.way == "silent":
        _wait_for_end(connection, stop)
        return False
    if manner.way == "endless":
        _send_endlessly(connection, answer, manner.megabytes, stop)
        return False
    if manner.way == "whole" and manner.seconds and stop.wait(manner.seconds):
        return False
    length = sum(len(part) for part in answer.parts)
    head = _head(answer, [("Content-Length", str(length))])
    if head_only:
        connection.sendall(head)
        return True
    if manner.way == "trickle":
        connection.sendall(head)
        for byte in answer.body:
            if stop.wait(manner.seconds):
                return False
            connection.sendall(bytes([byte]))
        return True
    if manner.way in {"stall", "reset", "cut-short"}:
        connection.sendall(head + answer.body[: max(1, length // 2)] if length else head)
        if manner.way == "stall":
            _wait_for_end(connection, stop)
        elif manner.way == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        return False
    for chunk in _coalesced(head, answer.parts):
        connection.sendall(chunk)
    return True


def squeezed(answer: Answer) -> Answer:
    """The answer with its body gzipped, if that is worth the while."""
    if sum(len(part) for part in answer.parts) < WORTH_COMPRESSING or answer.header("Content-Encoding"):
        return answer
    answer.parts = (gzip.compress(answer.body, compresslevel=1, mtime=0),)
    answer.headers.append(("Content-Encoding", "gzip"))
    answer.headers.append(("Vary", "Accept-Encoding"))
    return answer


def _head(answer: Answer, framing: list[tuple[str, str]]) -> bytes:
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = [
        ("Date", format_datetime(now().replace(tzinfo=UTC), usegmt=True)),
        ("Content-Type", answer.content_type),
        *answer.headers,
        *framing,
    ]
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {answer.status} {phrase}\r\n{lines}\r\n".encode("latin-1", "replace")


def _coalesced(head: bytes, parts: Sequence[Part]) -> Iterator[Part]:
    """The head and the parts, small neighbours in one piece, so that a small answer is one packet."""
    held = head
    for part in parts:
        if len(part) <= COALESCED:
            held += bytes(part)
            continue
        if held:
            yield held
            held = b""
        yield part
    if held:
        yield held


def _send_endlessly(connection: socket.socket, answer: Answer, megabytes: float, stop: threading.Event) -> None:
    """A body in chunks that begins as the right one and goes on with blanks."""
    connection.sendall(_head(answer, [("Transfer-Encoding", "chunked")]))
    start = answer.body[:-1] or b"["
    connection.sendall(b"%x\r\n%b\r\n" % (len(start), start))
    chunk = b"%x\r\n%b\r\n" % (MEGABYTE, b" " * MEGABYTE)
    sent = 0
    while sent < megabytes and not stop.is_set():
        connection.sendall(chunk)
        sent += 1
    if math.isfinite(megabytes):
        connection.sendall(b"1\r\n]\r\n0\r\n\r\n")


def _wait_for_end(connection: socket.socket, stop: threading.Event) -> None:
    """Say nothing until the client hangs up or the sandbox stops."""
    connection.settimeout(0.2)
    while not stop.is_set():
        try:
            if not connection.recv(4096):
                return
        except TimeoutError:
            continue
