"""What can go wrong, by name: at a hub, and with the files here. Each message says what was asked, what came, and the cure where there is one."""


class HubFailure(Exception):
    """A hub did not give what was asked; the day of this hub fails, other hubs go on. Knows what asking cost."""

    requests = 0
    retries = 0


class TransientFailure(HubFailure):
    """Asking again may help; `wait` is how many seconds the hub asked us to wait, None when it did not say."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Unreachable(TransientFailure):
    """No connection, or it broke before the answer was whole."""


class TimedOut(TransientFailure):
    """The hub was silent, or slower than the request's deadline allows."""


class RateLimited(TransientFailure):
    """The hub answered 429: its window is empty, or a limit of its own beside the window."""


class ServerTrouble(TransientFailure):
    """The hub answered 5xx, or with an error inside a 200."""


class SoftError(ServerTrouble):
    """The hub answered 200 and says inside that it failed."""


class Blocked(TransientFailure):
    """A web page came where JSON is due: a wall, a maintenance page, a proxy's login."""


class BrokenPage(TransientFailure):
    """The answer is not whole JSON, or not of the shape this route gives."""


class LoopingPages(TransientFailure):
    """A page names itself or an earlier page as the next, or repeats one."""


class Refused(HubFailure):
    """The hub understood and declined (4xx); `status` and `body` say how."""

    def __init__(self, message: str, status: int, body: bytes = b"") -> None:
        super().__init__(message)
        self.status, self.body = status, body


class TooLarge(HubFailure):
    """The body is larger than a page may be."""


class ForeignLink(HubFailure):
    """The hub points at another host and there is nothing to go on from on its own."""


class ClientRenderedPage(HubFailure):
    """A page is an empty shell that a browser would fill; it says nothing about what the hub lists."""


class DayFailure(Exception):
    """A day's pages were not loaded: drift, too many rejects, too few records. What was loaded before stands."""


class Busy(Exception):
    """Another process holds the lock; the message says who."""


class StoreFault(Exception):
    """A database file cannot be used as it lies; the message says the cure."""
