"""A sweep's pages on their way to object storage while they come: from a thread of its own, so that no hub waits for storage."""

import threading
import time
from collections.abc import Callable
from types import TracebackType

from hubwatch.errors import HubwatchError, Overtaken, told, unexpected
from hubwatch.pages.manifest import known_in
from hubwatch.pages.storing import Writing

_ENOUGH = 8_000_000  # bytes that are not sent yet from which on they are, however lately some were
_LOOKS = 0.5  # seconds between looks at how much there is to send
_TRIED_AGAIN = 5.0  # seconds after storage did not take something
_LAST_TRIES = 20.0  # seconds to send the rest at the end, or the patience where that is less; the next run sends what is left then
_HALT = 3.0  # the same, where somebody waits for the process to end


class Sending:
    """Sends what is appended to a sweep's pages, at the latest `every` seconds after it came, and the rest when the block ends.

    While storage is away the pages wait on the disk; `told` is a line about what was not sent, None when all was. `first` is done
    before anything, in the same thread. `check` raises `Overtaken` once another machine has the sweep.
    """

    def __init__(
        self,
        writing: Writing,
        every: float,
        patience: float,
        stop: threading.Event | None = None,
        first: Callable[[], object] | None = None,
    ) -> None:
        self._writing, self._every, self._stop = writing, every, stop
        self._first = first
        self._patience = min(patience, _LAST_TRIES)
        self._lost: Overtaken | None = None
        self.told: str | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sending-{writing.pages.hub}", daemon=True)

    def __enter__(self) -> "Sending":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        is_halted = (kind is not None and not issubclass(kind, Exception)) or (self._stop is not None and self._stop.is_set())
        self._thread.join(timeout=_HALT if is_halted else self._patience + _HALT)
        if self._thread.is_alive() or self.told is not None:
            why = self.told or "storage does not answer"
            self.told = f"not all of its pages are in {self._writing.shared.objects.url} yet ({why}); the next collect here sends them"
            if error is not None:
                error.add_note(self.told)

    def check(self) -> None:
        """Raise `Overtaken` when another machine has the sweep: whatever is fetched from here on would be fetched twice."""
        if self._lost is not None:
            raise self._lost

    def _run(self) -> None:
        sent = float("-inf")  # what an earlier run left goes at once
        while not self._over.wait(min(_LOOKS, self._every)):
            due = time.monotonic() - sent >= (self._every if self.told is None else min(self._every, _TRIED_AGAIN))
            if due or (self.told is None and self._has_enough()) or (self._stop and self._stop.is_set()):
                self._tried(self._send)
                sent = time.monotonic()
            if self._lost is not None:
                return
        until = time.monotonic() + self._patience
        while not (self._tried(self._send) or self._lost is not None or time.monotonic() > until):
            time.sleep(min(1.0, self._every))

    def _send(self) -> None:
        if self._first is not None:
            self._first()
            self._first = None
        self._writing.send()

    def _has_enough(self) -> bool:
        """Whether so much waits that it is worth an object."""
        sent = self._writing.manifest or known_in(self._writing.pages.folder).manifest
        return self._writing.pages.size() - sum(sent.sizes().values() if sent else ()) >= _ENOUGH

    def _tried(self, what: Callable[[], object]) -> bool:
        """Whether it went well; if not, `told` says why."""
        try:
            what()
        except Overtaken as lost:
            self._lost = lost
            return False
        except (HubwatchError, OSError) as error:
            self.told = told(error)
            return False
        except Exception as error:  # noqa: BLE001  a thread that dies in silence would leave pages here and say that all are sent
            self.told = unexpected(error)
            return False
        self.told = None
        return True
