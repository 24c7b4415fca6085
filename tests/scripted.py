"""A server that answers from a script, through real sockets on 127.0.0.1: for faults that no well-behaved server makes."""

import json
import socket
import threading
from collections.abc import Callable
from types import TracebackType

Step = bytes | Callable[[socket.socket], None]


def answer(body: object = b"[]", status: str = "200 OK", length: int | None = None, **headers: str) -> bytes:
    """A whole HTTP answer; `length` other than the body's is a lie in Content-Length."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(payload) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in ({"Content-Type": "application/json"} | headers).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload


class Scripted:
    """Plays one step a request, in order; the last step is repeated. `requests` holds what was asked."""

    def __init__(self, *steps: Step) -> None:
        self._steps = list(steps)
        self.requests: list[str] = []
        self.heads: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> "Scripted":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._socket.close()

    def wait(self, seconds: float) -> None:
        """Be silent, at most until the server ends."""
        self._ended.wait(seconds)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while True:
                head = b""
                while b"\r\n\r\n" not in head:
                    try:
                        part = connection.recv(65536)
                    except OSError:
                        return
                    if not part:
                        return
                    head += part
                with self._lock:
                    number = len(self.requests)
                    self.requests.append(head.split(b" ")[1].decode())
                    self.heads.append(head.decode())
                step = self._steps[min(number, len(self._steps) - 1)]
                try:
                    if callable(step):
                        step(connection)
                        return
                    connection.sendall(step)
                except OSError:
                    return
