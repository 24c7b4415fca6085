"""Walks by page number: where the next page begins, how large it may be, and when the listing is over.

Some hubs page by number, not by cursor. Where the walk goes on is kept as an offset (`next` of a page's facts): a page
of size s at offset o is number o/s + 1, so the size is always one that divides the offset.
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hubwatch.errors import BrokenPage, LoopingPages, Refused, ServerTrouble, SoftError, TooDeep
from hubwatch.net import Answer, Ask, Client
from hubwatch.pages import Kept, Page, PageFacts

TOLERATED = 0.001  # share of a hub's total that may slip through while its order moves under the walk
_TAIL = 3  # records at the end of a page that must all be outside of what is wanted, since one may be told wrongly
_EMPTY_TRIES = 2  # how often a page behind others is empty until that is believed to be the end
_ROUND = 1000  # rows: a window ends at a multiple of these
_NO_SUCH_PAGE = (400, 404, 416)  # how a hub may refuse a page behind the last


@dataclass(frozen=True)
class Listing:
    """The records of one page, and how many the hub says there are in all (null: it does not say)."""

    records: list[Any]
    total: int | None


@dataclass(frozen=True)
class Numbered:
    """How one partition is asked, read and ended."""

    partition: str
    ask: Callable[[int, int], Ask]  # page number from 1, page size
    read: Callable[[Answer], Listing]
    key: Callable[[Any], str | None]  # a record's id
    size: int
    depth: int | None = None  # rows behind which the hub refuses to go
    is_over: Callable[[Any], bool] | None = None  # whether this record is outside of what is wanted, and so is what lies behind it
    is_whole: bool = False  # whether it is the whole hub, which is never empty
    on_window: Callable[[int], object] | None = None  # told the rows that the hub shows, when it shows no more though there are


@dataclass(frozen=True)
class _Reading:
    listing: Listing
    offset: int | None  # where the walk goes on; null at its end
    next: Ask | None


def numbered_pages(client: Client, how: Numbered, kept: Kept, left: int | None) -> Iterator[Page]:
    """The pages of the partition from where it stands, at most `left` records of them."""
    last = kept(how.partition)
    if last is not None and last.next is None:
        return
    walk = _Walk(client, how, left)
    if last is not None:
        walk.resume(next(kept.read(how.partition)).facts, last)
    try:
        for answer, reading in client.walk(walk.ask(walk.start, left), walk.read):
            listing, body = reading.listing, answer.ask.body
            facts = PageFacts(
                *(answer.url, answer.status, answer.at, len(listing.records), len(answer.body)),
                next=None if reading.offset is None else str(reading.offset),
                request=body.decode() if body else None,
                total=listing.total,
            )
            if not listing.records and how.on_window and (window := walk.window()):
                how.on_window(window)
            yield Page(facts, answer.body, how.partition)
    except (Refused, ServerTrouble, TooDeep) as failure:
        is_refusal = isinstance(failure, SoftError) or (isinstance(failure, Refused) and failure.status in _NO_SUCH_PAGE)
        if walk.is_all_read and is_refusal:
            return
        if isinstance(failure, TooDeep) and walk.offset:
            if how.on_window and not walk.is_all_read:
                how.on_window(walk.offset)
            return
        shown = walk.window() if how.on_window else None
        if shown is None or how.on_window is None:
            raise
        how.on_window(shown)


class _Walk:
    """One walk: which page each request is, and what the page before it held."""

    def __init__(self, client: Client, how: Numbered, left: int | None) -> None:
        self._client, self._how, self._size = client, how, how.size
        self._places: dict[Ask, tuple[int, int, int | None]] = {}  # request -> offset, size, records wanted from there on
        self._before: tuple[str | None, ...] = ()
        self._empty = 0
        self._total: int | None = None  # the most that a page with records said there is
        self._latest = (0, 0)  # offset and size of the page asked for last
        self.start = 0
        self.is_all_read = False  # whether the page before was the last by all that is known: the next one may not be there

    def resume(self, first: PageFacts, last: PageFacts) -> None:
        """Go on behind `last`; the walk's `first` page tells whether the hub caps its pages below what we ask for."""
        self.start, self._total = int(last.next or 0), last.total
        whole = self._how.ask(1, self._how.size)
        asked_whole = first.request == whole.body.decode() if whole.body else _query(first.url) == _query(whole.url)
        is_short = last.records < self._size
        if asked_whole and 0 < first.records < self._size:
            self._size, is_short = first.records, last.records < first.records or first == last
        self.is_all_read = last.total <= self.start if last.total else is_short

    def ask(self, offset: int, wanted: int | None) -> Ask:
        """The request for the page at `offset`, as large as fits."""
        bounds = (self._size, wanted, None if self._how.depth is None else self._how.depth - offset)
        most = max(1, min(bound for bound in bounds if bound is not None))
        size = next(size for size in range(most, 0, -1) if offset % size == 0)
        ask = self._how.ask(offset // size + 1, size)
        self._places[ask] = (offset, size, wanted)
        self._latest = (offset, size)
        return ask

    @property
    def offset(self) -> int:
        """Where the page asked for last begins."""
        return self._latest[0]

    def window(self) -> int | None:
        """How many rows the hub shows, when the page asked for last fails or is empty because it lies behind them.

        That is so where the page is at a round row, the total says more, the page before it is still there and the one
        behind it is not: else the hub is in trouble, or at its end.
        """
        offset, size = self._latest
        edge = -(-offset // _ROUND) * _ROUND
        if not offset or self._total is None:
            return None
        if edge >= offset + size or self._total <= edge:
            return None
        number = offset // size
        return edge if self._has(number, size) and not self._has(number + 2, size) else None

    def _has(self, number: int, size: int) -> bool:
        try:
            return bool(self._client.ask(self._how.ask(number, size), self._how.read).records)
        except (Refused, ServerTrouble, TooDeep):
            return False

    def read(self, answer: Answer) -> _Reading:
        """The page, and how the walk goes on behind it."""
        offset, size, wanted = self._places[answer.ask]
        listing = self._how.read(answer)
        count, total = len(listing.records), listing.total
        if not count:
            return self._empty_page(answer, listing, offset)
        keys = tuple(self._how.key(record) for record in listing.records)
        if count > 1 and keys == self._before:
            raise LoopingPages(f"{self._client.hub}: {answer.ask} repeats the records of the page before")
        self._empty = 0
        if total is not None and total < count:
            total = None  # a total below what is seen says nothing
        self._total = max(total or 0, self._total or 0) or None
        is_short = count < size
        if offset == 0 and is_short and (total is None or count < total):
            size = self._size = count  # the hub caps its pages below what we ask for, or this is all: the next page tells
        behind = offset + size
        is_last = total is not None and behind >= total and count < size
        if is_last or (self._how.is_over and ends(listing.records, self._how.is_over)):
            return _Reading(listing, None, None)
        told = total or self._total
        self._before, self.is_all_read = keys, is_short if told is None else offset + count >= told
        wanted = None if wanted is None else wanted - count
        if wanted is not None and wanted <= 0:
            return _Reading(listing, behind, None)
        if self._how.depth is not None and behind >= self._how.depth:
            return _Reading(listing, None, None)
        return _Reading(listing, behind, self.ask(behind, wanted))

    def _empty_page(self, answer: Answer, listing: Listing, offset: int) -> _Reading:
        """The end; asked again first where the hub does not say, or said otherwise: an empty page may be a hub's passing trouble."""
        self._empty += 1
        expected = max(listing.total or 0, self._total or 0)
        if self._how.is_whole and not offset:
            raise BrokenPage(f"{self._client.hub}: {answer.ask} lists nothing at all")
        if self._empty < _EMPTY_TRIES and (offset < expected or (offset and not expected)):
            said = f"the hub says it lists {expected}" if expected else "the page before it was not"
            raise BrokenPage(f"{self._client.hub}: {answer.ask} is empty, though {said}")
        return _Reading(listing, None, None)


def ends(records: list[Any], is_over: Callable[[Any], bool]) -> bool:
    """Whether a page of a listing in order reaches the end of what is wanted: by its last few records, not by one of them."""
    return bool(records) and all(is_over(record) for record in records[-_TAIL:])


def _query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query)


def whole(value: object) -> int | None:
    """A count or an id as a hub may write it, as a number or as its digits in text; None for all else."""
    if isinstance(value, str):
        return int(value) if value.isdecimal() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def latest_total(known: int | None, facts: PageFacts) -> int | None:
    """How many models the hub says there are; an empty page's word counts only where no other said any."""
    return facts.total if facts.total is not None and (facts.records or known is None) else known


def total_of(pages: Iterable[PageFacts]) -> int | None:
    """The same after all these pages."""
    return functools.reduce(latest_total, pages, None)


def fell(pages: Iterable[Page]) -> bool:
    """Whether the hub listed fewer models at some page of a walk than at one before: something was deleted under it."""
    totals = [page.facts.total for page in pages if page.facts.total is not None and page.facts.records]
    return any(later < earlier for earlier, later in itertools.pairwise(totals))


def seen(pages: Iterator[Page], listing_of: Callable[[bytes], Listing], key: Callable[[Any], str | None]) -> int:
    """How many different records these pages hold; one without a readable id counts as one of its own."""
    keys: set[str] = set()
    nameless = 0
    for page in pages:
        for record in listing_of(page.body).records:
            name = key(record)
            if name is None:
                nameless += 1
            else:
                keys.add(name)
    return len(keys) + nameless


def shortfall(found: int, total: int | None) -> str | None:
    """Why a walk is not everything, or None when it is, within what may slip through while the order moves."""
    if total is None or found >= total - int(total * TOLERATED):
        return None
    return f"{found} of {total} listed models were seen"
