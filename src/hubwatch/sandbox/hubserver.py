"""One hub behind one port: reads requests, lets the hub answer, lets faults strike, sends, and notes what was asked."""

from __future__ import annotations

import logging
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hubwatch.sandbox.faults import Faults
from hubwatch.sandbox.inject import Manner, Past, inject
from hubwatch.sandbox.quota import Quota, Windows
from hubwatch.sandbox.sending import send, squeezed
from hubwatch.sandbox.wire import Answer, Hub, Request

KEPT_URLS = 1000
LARGEST_BODY = 1 << 20
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request a hub received, and what became of it. `at` is Unix seconds; `status` 0 means nothing was sent."""

    hub: str
    at: float
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    status: int
    fault: str | None


class HubServer(ThreadingHTTPServer):
    """One hub behind one port. Connections are known, so that stopping ends them all."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        hub: Hub,
        *,
        faults: Faults,
        quota: Quota | None,
        compress: bool,
        stopped: threading.Event,
        note: Callable[[LoggedRequest], None],
    ) -> None:
        super().__init__(address, _Handler)
        self.hub, self.faults, self.compress, self.stopped, self.note = hub, faults, compress, stopped, note
        self.windows = Windows(quota) if quota is not None else None
        self.past = Past(urls=[])
        self.past_lock = threading.Lock()
        self.connections: dict[threading.Thread, socket.socket] = {}
        self._connections_lock = threading.Lock()
        self.url = f"http://{self.server_name}:{self.server_port}"

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own would look the host's name up
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self._serve_connection, args=(request, client_address), daemon=True)
        with self._connections_lock:
            self.connections[thread] = request
        thread.start()

    def _serve_connection(self, request: socket.socket, client_address: Any) -> None:
        try:
            self.process_request_thread(request, client_address)
        finally:
            with self._connections_lock:
                self.connections.pop(threading.current_thread(), None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if isinstance(sys.exception(), OSError):
            log.debug("the connection of %s ended early", client_address, exc_info=True)
        else:
            log.exception("the stand-in of %s failed; it serves on", self.hub.name)

    def end(self) -> None:
        """Close the port and every connection, and wait for their threads."""
        self.server_close()
        with self._connections_lock:
            open_now = dict(self.connections)
        for connection in open_now.values():
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # the client has gone already
                log.debug("a connection was closed before")
        for thread in open_now:
            if thread is not threading.current_thread():
                thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, lets the hub answer it, lets faults strike, sends and logs."""

    server: HubServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)

    def _serve(self) -> None:
        server, began = self.server, time.time()
        request = self._read()
        if request is None:
            return
        answer, manner, fault = self._answer(request)
        status = 0 if manner.way == "silent" else answer.status
        name, method = server.hub.name, request.method
        # Noted before it is sent: whoever has the answer finds the request in the log.
        server.note(LoggedRequest(name, began, method, request.path, request.query, request.headers, request.body, status, fault))
        try:
            alive = send(self.connection, answer, manner, server.stopped, head_only=method == "HEAD")
            self.close_connection = self.close_connection or not alive
        except OSError:  # the client went away in the middle; nothing is left to tell it
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve

    def _read(self) -> Request | None:
        """The request with its body; None, and a refusal sent, if its length is not to be believed."""
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > LARGEST_BODY or "Transfer-Encoding" in self.headers:
            self.send_error(400, "A body needs a Content-Length of at most a megabyte")
            self.close_connection = True
            return None
        headers = {name.lower(): value for name, value in self.headers.items()}
        base = f"http://{headers.get('host') or self.server.url.removeprefix('http://')}"
        return Request(self.command, self.path, headers, self.rfile.read(int(length)), base)

    def _answer(self, request: Request) -> tuple[Answer, Manner, str | None]:
        """The answer to send, how to send it, and the fault that struck it."""
        server = self.server
        caller = server.windows.take(request.token or "anonymous") if server.windows is not None else None
        if caller is None or caller.allowed:
            answer = server.hub.answer(request)
        else:
            answer = server.hub.refusal("rate", request, caller.reset)
        answer, manner, fault = self._struck(request, answer)
        if caller is not None and server.windows is not None and server.windows.quota.announce:
            quota = server.windows.quota
            for name, value in server.hub.rate_headers(quota.requests, quota.seconds, caller.remaining, caller.reset):
                if answer.header(name) is None:
                    answer.headers.append((name, value))
        if server.compress and manner.compress and "gzip" in request.headers.get("accept-encoding", ""):
            answer = squeezed(answer)
        return answer, manner, fault

    def _struck(self, request: Request, answer: Answer) -> tuple[Answer, Manner, str | None]:
        """The answer after the fault that is due, if one is."""
        server, rows = self.server, answer.rows
        manner, name = Manner(), None
        with server.past_lock:
            if answer.route == "listing":
                server.past.urls[:] = [*server.past.urls[-KEPT_URLS:], request.base + request.target]
            fault = server.faults.pick(server.hub.name, answer.route, answer.page)
            if fault is not None:
                name = fault.kind
                answer, manner = inject(fault, answer, server.hub, request, server.past)
            if rows is not None and answer.status == 200 and server.faults.has("duplicate"):
                server.past.last_row = next(iter(rows()[-1:]), None)
        return answer, manner, name
