"""An end to requests that take too long: whatever trickles, its connection is shut down from outside."""

import contextlib
import socket
import threading
import weakref
from collections.abc import Iterator
from typing import Any


class Connections:
    """The open connections of one client, known as they open; shutting them down ends every read on them."""

    def __init__(self) -> None:
        self._streams: weakref.WeakSet[Any] = weakref.WeakSet()

    def trace(self, event: str, about: dict[str, Any]) -> None:
        """Take note of connections; a trace hook of the HTTP library."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._streams.add(about["return_value"])

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[threading.Event]:
        """Shut down after so many seconds, unless the block ends before; the event tells whether they are over."""
        expired = threading.Event()
        timer = threading.Timer(seconds, self._expire, (expired,))
        timer.daemon = True
        timer.start()
        try:
            yield expired
        finally:
            timer.cancel()

    def shut_down(self) -> None:
        """End whatever is read or sent now."""
        for stream in list(self._streams):
            with contextlib.suppress(OSError, AttributeError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def _expire(self, expired: threading.Event) -> None:
        expired.set()
        self.shut_down()
