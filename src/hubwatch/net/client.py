"""The one client: who we are, how long we wait, how fast we ask, what we ask again, how a walk of pages goes on.

Sole owner of httpx and tenacity. A hub's module says what to ask (`Ask`) and how to read the answer; what a failure
is, is raised there or here, and retried only here.
"""

import math
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib.metadata import version
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import tenacity

from hubwatch.clock import now
from hubwatch.errors import (
    ForeignLink,
    HubFailure,
    LoopingPages,
    Outage,
    RateLimited,
    Refused,
    TimedOut,
    TooDeep,
    TooLarge,
    TransientFailure,
    Unreachable,
    UsageError,
    counted,
)
from hubwatch.net.deadlines import Connections
from hubwatch.net.limits import Limits, proxy_variables
from hubwatch.net.messages import Answer, Ask, date_of, joined, next_link, origin, raise_for_status
from hubwatch.net.pacing import Pacer

T = TypeVar("T")
Transport = httpx.BaseTransport  # the seam for tests, for those who hand it on
_REDIRECTS = 5
_FIRST_CONTACT = 60.0  # seconds
_TRIES = 6  # of a request whose failure is about what is asked rather than about the hub
_TRIES_OF_A_CAP = 2
_OF_A_QUOTA = tenacity.wait_exponential(multiplier=2, max=30) + tenacity.wait_random(0, 1)
_OF_TROUBLE = tenacity.wait_random_exponential(multiplier=0.5, max=30)


class Reading(Protocol):
    """What reading a page of a walk must tell: how it goes on, null at the end."""

    @property
    def next(self) -> Ask | None: ...


R = TypeVar("R", bound=Reading)


@dataclass
class Tally:
    """What asking has cost so far, and what the hub last said about its quota."""

    requests: int = 0
    retries: int = 0
    bytes: int = 0
    is_answered: bool = False  # whether the hub ever answered
    seconds: float = 0.0  # that the answers took, waiting for a turn not counted
    quota_left: int | None = None
    clock_ahead: timedelta | None = None  # how far this machine's clock is ahead of the hub's, by the last answer that tells
    notes: list[str] = field(default_factory=list)


class Client:
    """Asks one hub. Not shared between hubs; may be shared between the threads of one hub's sweep.

    `transport` is the seam for tests. `sleep` waits (tests of waiting pass their own). `UsageError` when the environment
    names proxies or certificates that cannot be used.
    """

    def __init__(
        self,
        hub: str,
        settings: Limits,
        transport: Transport | None = None,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.hub, self.settings, self.tally = hub, settings, Tally()
        self._transport, self._counting = transport, threading.Lock()
        self.own = own = settings.hubs[hub]
        self.endpoint, self._token = own.endpoint, own.usable_token()
        self._secure = urlsplit(own.endpoint).scheme == "https" or own.is_loopback
        self.pacer = Pacer(0.0 if own.is_loopback else 1 / own.rate, follows_window=not own.rate_is_set)
        self._stop = threading.Event()
        self._busy = False
        self._sleep = sleep or self._stop.wait
        self._connections = Connections()
        self.on_answer: Callable[[Answer], object] = lambda answer: None  # called with every answer before it is judged
        self.allowance: int | None = None  # requests that may be sent at most, whatever they are for
        self._proxy_variables = "" if own.is_loopback else proxy_variables()
        self.withheld = f"the token is not sent to {own.endpoint}, because that is not https"
        try:
            self._httpx = httpx.Client(
                transport=transport,
                trust_env=not own.is_loopback,
                follow_redirects=False,
                timeout=httpx.Timeout(settings.read_timeout, connect=settings.connect_timeout),
                headers={"User-Agent": f"hubwatch/{version('hubwatch')} (+{settings.contact})", "Accept": "application/json"},
            )
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            if not self._proxy_variables:
                raise
            # what cannot be read as an address may hold a password
            why = str(error) if isinstance(error, ImportError | OSError) else "a proxy's address cannot be read"
            raise UsageError(f"no request can be sent ({why}); correct or unset {self._proxy_variables}") from None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._httpx.close()

    def sibling(self) -> "Client":
        """A client for another thread of the same sweep: connections of its own, one pace and one tally with this one."""
        other = Client(self.hub, self.settings, self._transport)
        other.pacer, other.tally, other._counting = self.pacer, self.tally, self._counting
        return other

    @property
    def has_token(self) -> bool:
        """Whether a token goes with the requests."""
        return bool(self._token and self._secure)

    def url(self, path: str, params: list[tuple[str, str]] | None = None) -> str:
        """An address on this hub's endpoint."""
        return f"{self.endpoint}{path}" + (f"?{urlencode(params)}" if params else "")

    def ask(self, ask: Ask, read: Callable[[Answer], T]) -> T:
        """What `read` makes of the hub's answer; transient failures are asked again, within attempts and patience."""
        started = time.monotonic()
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TransientFailure),
            wait=_wait,
            stop=self._is_tried_enough,
            sleep=self._wait_out,
            reraise=True,
        )
        try:
            for attempt in retrying:
                with attempt:
                    if attempt.retry_state.attempt_number > 1:
                        with self._counting:
                            self.tally.retries += 1
                    return read(self._send(ask))
        except HubFailure as failure:
            self._explain(failure, ask, retrying.statistics.get("attempt_number", 1), time.monotonic() - started)
            raise
        raise AssertionError("tenacity ends by value or by exception")

    def walk(self, first: Ask, read: Callable[[Answer], R]) -> Iterator[tuple[Answer, R]]:
        """Every page from `first` on, while `read` names a next one; that is asked while the caller keeps the page.

        A next page that was asked before in this walk, or whose body came before, is `LoopingPages`.
        """
        asked = {first}
        seen: set[tuple[int, int]] = set()

        def checked(answer: Answer) -> tuple[Answer, R]:
            reading = read(answer)
            print_of_body = (len(answer.body), zlib.crc32(answer.body))
            if print_of_body in seen and not getattr(reading, "is_repeated", False):  # a hub's module may know why
                raise LoopingPages(f"{self.hub}: {answer.url} repeats an earlier page word for word")
            if reading.next in asked:
                raise LoopingPages(f"{self.hub}: {answer.url} names {reading.next} as next, which came before")
            if len(answer.body) > 64:  # an empty page or envelope may well come twice
                seen.add(print_of_body)
            return answer, reading

        ahead = ThreadPoolExecutor(1)
        try:
            upcoming = ahead.submit(self.ask, first, checked)
            while True:
                answer, reading = upcoming.result()
                if reading.next is None:
                    yield answer, reading
                    return
                asked.add(reading.next)
                upcoming = ahead.submit(self.ask, reading.next, checked)
                yield answer, reading
        finally:
            self._end_at_once(ahead)

    def at_home(self, link: str, route: str) -> str:
        """Where the link's query leads on our own `route`; `ForeignLink` for another host's that has no cursor."""
        try:
            ours, theirs = urlsplit(self.endpoint), urlsplit(link)
        except ValueError as error:
            raise ForeignLink(f"{self.hub}: the next page is said to be at {link!r}, which is no address ({error})") from None
        if theirs.netloc and theirs[:2] != ours[:2]:
            if not any(name in ("cursor", "id_after") for name, _ in parse_qsl(theirs.query)):
                raise ForeignLink(f"{self.hub}: the next page is said to be at {theirs.netloc}, with no cursor to go on from; not followed")
            self.remark(f"links point at {theirs.netloc}; followed on {ours.netloc} by their cursor")
        return self.url(route) + (f"?{theirs.query}" if theirs.query else "")

    def remark(self, text: str) -> None:
        """Keep a remark for the run's message, once."""
        if text not in self.tally.notes:
            self.tally.notes.append(text)

    def _explain(self, failure: HubFailure, ask: Ask, tries: int, seconds: float) -> None:
        """Add to a failure what was asked how often, and the cure; a token that the hub repeats is not told."""
        if secret := self._authorization(ask).removeprefix("Bearer "):
            failure.args = (str(failure).replace(secret, "..."),)
        what = "" if str(ask) in str(failure) else f": {ask}"
        failure.add_note(f"{counted(tries, 'attempt')} in {seconds:.0f} s{what}")
        wait = (failure.wait or 0.0) if isinstance(failure, TransientFailure) else 0.0
        if self._stop.is_set():
            return
        if isinstance(failure, TransientFailure) and (tries < self._attempts_for(failure) or wait > self.settings.patience):
            wish = f"the hub asks to wait {wait:.0f} s, " if wait else ""
            allowed = self._patience()
            limit = (
                f"an address that never answered gets {allowed:g} s"
                if allowed < self.settings.patience
                else f"HUBWATCH_PATIENCE allows {allowed:g} s in all"
            )
            failure.add_note(f"{wish}{limit}")
        if isinstance(failure.__cause__, httpx.ProxyError):
            failure.add_note(f"check the proxy that {self._proxy_variables or 'HTTPS_PROXY'} names")
        elif "CERTIFICATE_VERIFY_FAILED" in str(failure):
            cure = "set SSL_CERT_FILE to a file with the certificates to trust (a company's proxy has its own)"
            failure.add_note(f"{cure}; it is {os.environ['SSL_CERT_FILE']} now" if os.environ.get("SSL_CERT_FILE") else cure)
        elif isinstance(failure, Unreachable):
            failure.add_note(f"check the network and that {self.endpoint} is the right address")
        if isinstance(failure, Unreachable | TimedOut) and self._proxy_variables:
            failure.add_note(f"look at {self._proxy_variables}, too")
        if isinstance(failure, Refused) and failure.status == 401 and self.withheld in self.tally.notes:
            failure.add_note(self.withheld)

    def _attempts_for(self, failure: BaseException | None) -> float:
        """How often a request that fails so may be sent: an outage is waited out, however many requests that takes."""
        if self.settings.attempts is not None:
            return self.settings.attempts
        if isinstance(failure, TooDeep):
            return _TRIES_OF_A_CAP
        return math.inf if isinstance(failure, Unreachable | TimedOut | RateLimited | Outage) else _TRIES

    def _patience(self) -> float:
        """Seconds that a request may take with all its tries: an address that never answered is rather wrong than away for long."""
        return self.settings.patience if self.tally.is_answered else min(self.settings.patience, _FIRST_CONTACT)

    def _is_tried_enough(self, state: tenacity.RetryCallState) -> bool:
        failure = state.outcome.exception() if state.outcome else None
        spent = tenacity.stop_before_delay(self._patience())(state)
        return state.attempt_number >= self._attempts_for(failure) or spent

    def _send(self, ask: Ask) -> Answer:
        """One attempt: paced, bounded in time and size, redirected only within the hub; not-2xx is raised."""
        asked = ask
        for _ in range(_REDIRECTS):
            if origin(ask.url) != origin(self.endpoint):
                cure = f"if the hub is there now, set {self.own.endpoint_variable} to its address"
                raise ForeignLink(
                    f"{self.hub}: {asked} leads to {origin(ask.url) or 'no address'} and not to {self.endpoint}; not followed: {cure}"
                )
            if self.allowance is not None and self.tally.requests >= self.allowance:
                raise HubFailure(f"{self.hub}: not asked, the {self.allowance} requests allowed are spent: {ask}")
            try:
                self._pace()
                with self._counting:
                    self.tally.requests += 1
                began = time.monotonic()
                answer = replace(self._exchange(ask), ask=asked)
                with self._counting:
                    self.tally.is_answered = True
                    self.tally.seconds += time.monotonic() - began
            finally:
                self.pacer.done()
            self.on_answer(answer)
            if answer.status not in (301, 302, 303, 307, 308):
                raise_for_status(answer, ask, self.hub, self.has_token)
                return answer
            ask = replace(ask, url=joined(ask.url, answer.headers.get("location", "")))
        raise ForeignLink(f"{self.hub}: {ask} redirects more than {_REDIRECTS} times")

    def _authorization(self, ask: Ask) -> str:
        return dict(ask.headers).get("Authorization") or (f"Bearer {self._token}" if self._token else "")

    def _exchange(self, ask: Ask) -> Answer:
        headers = dict(ask.headers) | ({} if ask.body is None else {"Content-Type": "application/json"})
        headers.pop("Authorization", None)
        if (authorization := self._authorization(ask)) and self._secure:
            headers["Authorization"] = authorization
        elif authorization:
            self.remark(self.withheld)
        trace, self._busy = {"trace": self._connections.trace}, True
        with self._connections.within(self.settings.deadline) as expired:
            try:
                with self._httpx.stream(ask.method, ask.url, content=ask.body, headers=headers, extensions=trace) as response:
                    body = self._body(response, expired)
                    self.tally.quota_left = self.pacer.heard(response.headers, self.tally.quota_left)
                    if (said := date_of(response.headers)) is not None:
                        self.tally.clock_ahead = now() - said
                    link = next_link(response.headers)
                    link = None if link is None else joined(str(response.url), link)
                    return Answer(ask, str(response.url), response.status_code, response.headers, body, now(), link)
            except httpx.HTTPError as error:
                if expired.is_set() or isinstance(error, httpx.TimeoutException):
                    raise TimedOut(f"{self.hub}: no whole answer in time ({self._limits(expired)})") from error
                raise Unreachable(f"{self.hub}: {self.endpoint} {type(error).__name__}: {error}") from error
            except httpx.InvalidURL as error:
                raise ForeignLink(f"{self.hub}: {ask.url!r} is no address ({error})") from error
            finally:
                self._busy = False

    def _limits(self, expired: threading.Event) -> str:
        return f"deadline {self.settings.deadline:g} s" if expired.is_set() else f"silent for {self.settings.read_timeout:g} s"

    def _body(self, response: httpx.Response, expired: threading.Event) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes(65536):
            size += len(part)
            if size > self.settings.max_body:
                raise TooLarge(
                    f"{self.hub}: a page is larger than the {self.settings.max_body} bytes that HUBWATCH_MAX_BODY allows; not asked again"
                )
            if expired.is_set():
                raise TimedOut(f"{self.hub}: no whole answer in time ({self._limits(expired)})")
            parts.append(part)
        with self._counting:
            self.tally.bytes += response.num_bytes_downloaded
        return b"".join(parts)

    def _end_at_once(self, ahead: ThreadPoolExecutor) -> None:
        """End whatever is still asked ahead, though it sleeps or waits: nobody will read it."""
        self._stop.set()
        ahead.shutdown(wait=False, cancel_futures=True)
        if self._busy:
            self._connections.shut_down()
        ahead.shutdown(wait=True)
        self._stop.clear()

    def interrupt(self) -> None:
        """End whatever this client waits for or reads, from another thread: nobody will use it."""
        self._stop.set()
        self._connections.shut_down()

    def _pace(self) -> None:
        """Wait for this request's turn."""
        pause = self.pacer.next()
        if pause > self.settings.patience:
            raise RateLimited(f"{self.hub}: the window is empty", pause)
        if pause > 0:
            self._wait_out(pause)

    def _wait_out(self, seconds: float) -> None:
        self._sleep(seconds)
        if self._stop.is_set():
            raise Unreachable(f"{self.hub}: stopped while waiting")


def _wait(state: tenacity.RetryCallState) -> float:
    """Doubling up to half a minute, from half a second, where a quota (of a minute or more) is spent from two; longer where the hub asks."""
    failure = state.outcome.exception() if state.outcome else None
    own = _OF_A_QUOTA(state) if isinstance(failure, RateLimited) else _OF_TROUBLE(state)
    asked = failure.wait if isinstance(failure, TransientFailure) else None
    return max(float(own), asked or 0.0)
