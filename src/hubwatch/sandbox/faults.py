"""Injectable faults: what goes wrong, at which hub, and when.

As text: `HUB[/ROUTE]:KIND[=VALUE][@WHEN][xTIMES]`, for example

    huggingface:429@3               the third listing request is refused, the window being empty
    huggingface:502@3-5             three refusals in a row
    modelscope:html-405@page2       page 2, however often it is asked for
    modelscope:html-405@page2x1     page 2, once
    wisemodel/detail:silent@1       the first detail request is never answered
    huggingface:reset@5%            one request in twenty, by the seed

ROUTE is `listing` (the default), `detail` or `any`; WHEN counts the requests of that route, from 1. Without WHEN every one.
"""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from hubwatch.hubs import HUBS
from hubwatch.spelling import hint

# Every kind, with the meaning of its value and the value when none is given.
KINDS: dict[str, tuple[str, str]] = {
    "silent": ("no answer at all, the connection stays open", ""),
    "delay": ("a good answer after so many seconds", "1"),
    "trickle": ("a byte of the body every so many seconds", "0.2"),
    "stall": ("half of the body, then silence", ""),
    "reset": ("connection reset in the middle of the body", ""),
    "truncated": ("half of the body, with a Content-Length that agrees", ""),
    "cut-short": ("half of the body, then an end, with the Content-Length of the whole", ""),
    "html": ("an HTML page with status 200 instead of JSON", ""),
    "html-403": ("an HTML block page", ""),
    "html-405": ("an HTML block page as firewalls send it", ""),
    "html-503": ("an HTML page of an overloaded front end", ""),
    "429": ("the rate window is empty; it opens in so many seconds", "1"),
    "429-granular": ("refused by another limit while the window has room", ""),
    "retry-after": ("429 with Retry-After in seconds", "1"),
    "retry-after-date": ("429 with Retry-After as a date so many seconds ahead", "1"),
    "retry-after-absurd": ("429 with this Retry-After", "31536000000"),
    "500": ("an internal error", ""),
    "502": ("a bad gateway", ""),
    "503": ("service unavailable", ""),
    "504": ("a gateway timeout", ""),
    "redirect": ("302 to this other origin", "http://elsewhere.invalid"),
    "link-self": ("the next link names the page itself", ""),
    "link-back": ("the next link names an earlier page", ""),
    "link-away": ("the next link names this other origin", "http://elsewhere.invalid"),
    "endless": ("a body that grows until the client leaves, or to so many megabytes", ""),
    "empty": ("status 200 and no body", ""),
    "wrong-type": ("the right body as this content type", "text/plain"),
    "duplicate": ("the last record of the page before comes again", ""),
    "invalid-utf8": ("bytes that are no UTF-8 in the first string", ""),
    "gzip-bomb": ("so many megabytes of blanks in a small gzip body", "1024"),
    "soft-error": ("status 200 with the hub's own word of failure", ""),
    "expired-token": ("the hub's refusal of an expired token", ""),
    "missing-key": ("every record of the page lacks this key", "downloads"),
    "changed-type": ("this key of every record of the page has another JSON type", "downloads"),
}
NEEDS_LINK = frozenset({"link-self", "link-back", "link-away"})
NUMERIC = frozenset(
    {"delay", "trickle", "429", "retry-after", "retry-after-date", "endless", "gzip-bomb"}
)  # fmt: skip
COUNTER_KEYS = {"modelscope": "Downloads", "wisemodel": "created_at"}  # the promised key of hubs that call it otherwise
TEXT = re.compile(r"(?P<hub>[a-z]+)(?:/(?P<route>listing|detail|any))?:(?P<kind>[a-z0-9-]+)(?:=(?P<value>[^@]+))?(?:@(?P<when>[^@]+))?")
WHEN = re.compile(r"(?:page(?P<page>\d+)|(?P<share>\d+(?:\.\d+)?)%|(?P<first>\d+)(?:(?P<open>\+)|-(?P<last>\d+))?)?(?:x(?P<times>\d+))?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing going wrong. Of `first`..`last`, `page` and `share` at most one is set; none means always."""

    hub: str
    kind: str
    value: str = ""
    route: str = "listing"
    first: int | None = None  # requests of the route, counted from 1
    last: int | None = None  # None with `first` set: from then on
    page: int | None = None
    share: float | None = None
    times: int | None = None  # at most so often

    def __post_init__(self) -> None:
        if self.hub not in HUBS:
            raise ValueError(f"no hub {self.hub!r}: one of {', '.join(HUBS)}{hint(self.hub, HUBS)}")
        if self.kind not in KINDS:
            raise ValueError(f"no fault {self.kind!r}: one of {', '.join(KINDS)}{hint(self.kind, KINDS)}")
        if self.kind in NEEDS_LINK and self.hub == "modelscope":
            raise ValueError(f"{self.kind}: modelscope numbers its pages, it sends no next link")
        if self.kind in NUMERIC and self.value and not re.fullmatch(r"\d+(\.\d+)?", self.value):
            raise ValueError(f"{self.kind} takes a number, not {self.value!r}")

    @classmethod
    def parse(cls, text: str) -> Fault:
        """The fault a text names; ValueError says what is wrong with it."""
        match = TEXT.fullmatch(text.strip())
        when = WHEN.fullmatch(match["when"] or "") if match else None
        if match is None or when is None:
            raise ValueError(f"{text!r} is no fault: HUB[/ROUTE]:KIND[=VALUE][@WHEN], for example huggingface:429@3")
        first = int(when["first"]) if when["first"] else None
        last = int(when["last"]) if when["last"] else (None if when["open"] else first)
        return cls(
            hub=match["hub"], kind=match["kind"], value=match["value"] or "", route=match["route"] or "listing",
            first=first, last=last, page=int(when["page"]) if when["page"] else None,
            share=float(when["share"]) / 100 if when["share"] else None, times=int(when["times"]) if when["times"] else None,
        )  # fmt: skip

    @property
    def value_or_default(self) -> str:
        """The value, or the kind's own one."""
        if not self.value and self.kind in {"missing-key", "changed-type"}:
            return COUNTER_KEYS.get(self.hub, "downloads")
        return self.value or KINDS[self.kind][1]

    @property
    def number(self) -> float:
        return float(self.value_or_default or 0)


@dataclass(slots=True)
class Faults:
    """The faults of a sandbox, with their counts. The first that fits a request is the one it meets."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _asked: Counter[tuple[str, str]] = field(default_factory=Counter, repr=False)
    _struck: Counter[int] = field(default_factory=Counter, repr=False)
    _dice: dict[int, random.Random] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, texts: Iterable[str], seed: int = 0) -> Faults:
        """Faults from their texts, as given on a command line."""
        return cls(tuple(Fault.parse(text) for text in texts), seed)

    def has(self, kind: str) -> bool:
        """Whether a fault of this kind is among them."""
        return any(fault.kind == kind for fault in self.faults)

    def pick(self, hub: str, route: str, page: int | None) -> Fault | None:
        """Count a request and return the fault it meets, if any."""
        with self._lock:
            for counted in {route, "any"}:
                self._asked[hub, counted] += 1
            hit = None
            for number, fault in enumerate(self.faults):
                # Every die is thrown for every request, so that one fault's luck does not hang on another's.
                if self._fits(number, fault, hub, route, page) and hit is None:
                    self._struck[number] += 1
                    hit = fault
            return hit

    def _fits(self, number: int, fault: Fault, hub: str, route: str, page: int | None) -> bool:
        if fault.hub != hub or fault.route not in {route, "any"}:
            return False
        if fault.times is not None and self._struck[number] >= fault.times:
            return False
        if fault.page is not None:
            return fault.page == page
        if fault.share is not None:
            return self._dice.setdefault(number, random.Random(f"{self.seed}/{number}")).random() < fault.share
        if fault.first is None:
            return True
        asked = self._asked[hub, fault.route]
        return fault.first <= asked and (fault.last is None or asked <= fault.last)
