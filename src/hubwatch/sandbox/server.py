"""The sandbox: one local server for each hub asked for, on a port of its own."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Callable, Mapping
from types import FrameType, TracebackType

from hubwatch.hubs import HUBS
from hubwatch.sandbox.faults import Faults
from hubwatch.sandbox.hubserver import HubServer, LoggedRequest
from hubwatch.sandbox.quota import Quota
from hubwatch.sandbox.stand_ins import STAND_INS, Records
from hubwatch.sandbox.switches import Switches

KEPT_REQUESTS = 100_000


class Sandbox:
    """Local stand-ins of the hubs whose records are given; a context manager that serves while it is open.

    Records are given by the hub's name: dicts in its own shape, or bytes served as they are. `quota` holds for each caller of Hugging
    Face (None: 100,000 requests in 300 seconds), or by a mapping for the hubs named in it. `ports` fixes ports, 0 or
    absent takes a free one. After `max_seconds` the sandbox stops by itself.
    """

    def __init__(
        self,
        *,
        faults: Faults | None = None,
        quota: Quota | Mapping[str, Quota] | None = None,
        switches: Switches | None = None,
        host: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
        max_seconds: float | None = None,
        **records: Records | None,
    ) -> None:
        switches = switches or Switches()
        if unknown := sorted(records.keys() - STAND_INS.keys()):
            raise ValueError(f"the sandbox has no stand-in of {', '.join(unknown)}, only of {', '.join(STAND_INS)}")
        hubs = [stand_in(given, switches) for name, stand_in in STAND_INS.items() if (given := records.get(name)) is not None]
        if not hubs:
            raise ValueError("a sandbox needs the records of at least one hub")
        quotas = {"huggingface": Quota(), **quota} if isinstance(quota, Mapping) else {"huggingface": quota or Quota()}
        self.faults = faults or Faults()
        self.stopped = threading.Event()
        self._log: deque[LoggedRequest] = deque(maxlen=KEPT_REQUESTS)
        self._servers = {
            hub.name: HubServer(
                (host, (ports or {}).get(hub.name, 0)),
                hub,
                faults=self.faults,
                quota=quotas.get(hub.name),
                compress=switches.compress,
                stopped=self.stopped,
                note=self._log.append,
            )
            for hub in hubs
        }
        self._threads: list[threading.Thread] = []
        self._max_seconds = max_seconds
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to serve; returns at once."""
        for name, server in self._servers.items():
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), name=f"sandbox-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)
        if self._max_seconds is not None:
            self._timer = threading.Timer(self._max_seconds, self.stop)
            self._timer.daemon = True
            self._timer.start()

    def stop(self) -> None:
        """End all answers, also unfinished ones, and close the ports. More than once does nothing more."""
        if self.stopped.is_set():
            return
        self.stopped.set()
        if self._timer is not None:
            self._timer.cancel()
        for server in self._servers.values():
            if self._threads:
                server.shutdown()
            server.end()
        for thread in self._threads:
            thread.join(timeout=5)

    @property
    def url(self) -> str:
        """The address of the first hub: Hugging Face if it is served."""
        return next(iter(self._servers.values())).url

    def url_of(self, hub: str) -> str:
        return self._servers[hub].url

    @property
    def endpoints(self) -> dict[str, str]:
        """The environment variables that lead clients here."""
        return {HUBS[name].endpoint_variable: server.url for name, server in self._servers.items()}

    @property
    def requests(self) -> list[LoggedRequest]:
        """What was asked so far, oldest first."""
        return list(self._log)

    def set_records(self, hub: str, records: Records) -> None:
        """Replace a hub's records: the next day. Requests under way are answered from the old ones."""
        self._servers[hub].hub.set_records(records)


def serve(sandbox: Sandbox, announce: Callable[[Mapping[str, str]], object]) -> None:
    """Serve until SIGINT or SIGTERM, or until the sandbox stops by itself; `announce` gets the variables to export."""
    told = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        told.set()

    previous = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with sandbox:
            announce(sandbox.endpoints)
            while not sandbox.stopped.is_set() and not told.wait(0.2):
                pass
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
