"""New models by creation order, where the site's own listing honours it.

Two spellings of that order are known from public clients, and one of them may be ignored: unknown values are, silently, and
the default order may itself show the newest first. So a spelling is believed where the creation times of its first page fall
and that page differs from the one of an order that does not exist. Every further page must fall, too, and what the front of
the listing by last modification shows of the time wanted must all have come; otherwise the order is not believed after all.

A sweep that names no first day goes back three weeks, since models are published weeks after they were created. Publishing is
a change: so the creation order is read down to the last complete sweep only (`Nearer`), and what was published late is found by
the order of change down to the same moment, where that is likely to take fewer pages than to read on by creation.
"""

import itertools
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from hubwatch.errors import Refused, ServerTrouble, TooDeep
from hubwatch.hubs.modelscope import envelopes as answers
from hubwatch.hubs.paging import Listing, Numbered, ends, fell, numbered_pages
from hubwatch.net import Answer, Ask, Client
from hubwatch.pages import Kept, Page, Sweep, SweepState

SPELLINGS = ("GmtCreated", "GmtCreate")
NO_ORDER = "NoSuchOrder"
_LEAST = 3  # records of which an order can be told
_CHANGED = "GmtModified"
_LATE = "changed"  # the partition of what was changed since the last sweep, in which models published late are
_OVERLAP = timedelta(days=1)  # before the last sweep, for clocks that differ and listings that lag
_UNKNOWN = timedelta(days=2)  # before the day, where no earlier sweep is kept
_RISES = 0.02  # share of a page's records that may stand out of order: one may carry a wrong time
AskFor = Callable[..., Ask]  # page number, page size, and what narrows or orders the question


def falls(records: list[Any]) -> bool:
    """Whether these records go by creation, newest first; a few may stand out of order, and times that say nothing are left out."""
    times = [at for record in records if (at := answers.created(record)) is not None]
    rises = sum(later > earlier for earlier, later in itertools.pairwise(times))
    return len(times) >= _LEAST and rises <= _RISES * len(times)


def is_believed(first: list[Any], ignored: list[Any]) -> bool:
    """Whether the first page of an order shows that it is honoured, against the first page of an order that does not exist."""
    return falls(first) and _ids(first) != _ids(ignored)


@dataclass(frozen=True)
class Nearer:
    """Instants (UTC) that are enough for a sweep that names none: what was created since one, and what was changed since the other."""

    created: datetime
    changed: datetime

    def describe(self, state: SweepState, since: datetime) -> None:
        """Say what the sweep covers: all that is new, and of the weeks before what was changed."""
        before = f"of those created from {since:%Y-%m-%d} to then, the ones changed since {self.changed:%Y-%m-%d %H:%M}"
        state.extent, state.extent_note = "window", f"models created since {self.created:%Y-%m-%d %H:%M}; {before}"


def nearer(sweep: Sweep, kept: Kept) -> Nearer | None:
    """How far back a new sweep must read by the last complete sweep of the hub; None where its first day is given, or is nearer."""
    if sweep.kind != "new" or sweep.since is not None:
        return None
    begun = datetime.combine(sweep.day, time())
    states = (pages.state() for pages in kept.earlier() if pages.sweep in ("full", "new"))
    last = max((min(state.started_at.replace(tzinfo=None), begun) for state in states if state and state.complete), default=None)
    changed = begun - _OVERLAP if last is None else last - _OVERLAP
    found = Nearer(begun - _UNKNOWN if last is None else changed - _OVERLAP, changed)
    return found if found.created > sweep.wanted_since else None


def changed_since(sweep: Sweep, kept: Kept, state: SweepState) -> datetime:
    """Down to when the order of change is read where there is none by creation; the state says what that covers."""
    near = nearer(sweep, kept)
    if near is None:
        return sweep.wanted_since
    Nearer(near.created, near.created).describe(state, sweep.wanted_since)
    return near.created


@dataclass(frozen=True)
class Creation:
    """The sweep of what was created since an instant, by creation order."""

    client: Client
    ask: AskFor
    size: int
    kept: Kept
    state: SweepState
    since: datetime
    near: Nearer | None = None

    def pages(self) -> Generator[Page, None, bool]:
        """What is not kept yet; returns whether the order holds, so that all that was created since has come."""
        yield from self._one_page(NO_ORDER)
        if self.near is not None:
            yield from self._one_page(_CHANGED)
        for sort in SPELLINGS:
            yield from self._order(sort, _partition(sort))
            if not self._holds(_partition(sort)):
                continue
            again = f"{_partition(sort)} again"
            if fell(self.kept.read(_partition(sort))):  # a deletion under the walk may have drawn a model past it
                yield from self._order(sort, again)
            floor = self._floor(self._front(sort))
            if floor == self.since:
                yield from self._one_page(_CHANGED)
            elif not (yield from self._late(sort)):  # a burst of changes, which the first page did not show
                floor = self.since
                yield from self._order(sort, again, floor)
            if missed := self._missed(floor, _partition(sort), again):
                self.state.note(f"the creation order ({sort}) leaves out {len(missed)} new models, such as {missed[0]}: not used")
                return False
            self.state.note(f"entered by creation order ({sort}), newest first, checked on every page")
            if self.near is not None and floor > self.since:
                self.near.describe(self.state, self.since)
            return True
        self.state.note("the hub does not sort by creation")
        return False

    def _late(self, sort: str) -> Generator[Page, None, bool]:
        """What was changed since the last sweep: models published late are among it. Whether that was read, in no more pages than it is worth."""
        most = self._pages_by_creation(self._front(sort))

        def is_changed_before(record: Any) -> bool:
            at = answers.modified(record)
            return self.near is not None and at is not None and at < self.near.changed

        def is_over(record: Any) -> bool:
            return is_changed_before(record) or sum(1 for _ in self.kept.read(_LATE)) >= most

        def meet(window: int) -> None:
            self.state.lack(f"the site's own listing shows {window} rows by last modification, which does not reach down to the last sweep")

        yield from numbered_pages(self.client, self._numbered(_LATE, _CHANGED, answers.listing, is_over, meet), self.kept, None)
        *_, last = self.kept.read(_LATE)
        return ends(answers.listing_in(last.body).records, is_changed_before) or last.facts.records < self.size

    def _floor(self, first: list[Any]) -> datetime:
        """Down to which instant the creation order is read, by its first page: the nearer one, where the rest takes fewer pages by change."""
        if self.near is None or not self._is_by_change_cheaper(first, self.near):
            return self.since
        return self.near.created

    def _is_by_change_cheaper(self, first: list[Any], near: Nearer) -> bool:
        changes = [at for record in self._front(_CHANGED) if (at := answers.modified(record))]
        if len(changes) < _LEAST or changes != sorted(changes, reverse=True):
            return False
        return (changes[0] - near.changed) / max(changes[0] - changes[-1], timedelta(seconds=1)) < self._pages_by_creation(first)

    def _pages_by_creation(self, first: list[Any]) -> float:
        """How many pages of the creation order lie between the nearer instant and the first one wanted, by the pace of its first page."""
        made = [at for record in first if (at := answers.created(record))]
        if self.near is None or len(made) < _LEAST:
            return 0
        return (self.near.created - self.since) / max(max(made) - min(made), timedelta(seconds=1))

    def _order(self, sort: str, partition: str, down_to: datetime | None = None) -> Iterator[Page]:
        """The listing in this order down to the instant, or up to the first page that is not in it."""
        is_off, floor = [False], [down_to or self._floor(self._front(sort))]

        def read(answer: Answer) -> Listing:
            listing = answers.listing(answer)
            is_first = self.kept(partition) is None and answer.ask == first
            if is_first and not self._front(sort):
                floor[0] = self._floor(listing.records)
            is_off[0] = not (is_believed(listing.records, self._front(NO_ORDER)) if is_first else falls(listing.records))
            return listing

        def is_over(record: Any) -> bool:
            at = answers.created(record)
            return is_off[0] or (at is not None and at < floor[0])

        def meet(window: int) -> None:
            self.state.lack(f"the site's own listing shows {window} rows by creation, which does not reach down to {self.since:%Y-%m-%d}")

        first = self.ask(1, self.size, sort=sort)
        yield from self._unless_refused(self._numbered(partition, sort, read, is_over, meet))

    def _numbered(
        self,
        partition: str,
        sort: str,
        read: Callable[[Answer], Listing],
        is_over: Callable[[Any], bool],
        meet: Callable[[int], object] | None = None,
    ) -> Numbered:
        return Numbered(partition, lambda *at: self.ask(*at, sort=sort), read, answers.model_id, self.size, None, is_over, on_window=meet)

    def _one_page(self, sort: str) -> Iterator[Page]:
        yield from self._unless_refused(self._numbered(_partition(sort), sort, answers.listing, lambda record: True))

    def _unless_refused(self, how: Numbered) -> Iterator[Page]:
        """A question's pages; a hub may refuse an order that it does not know, and then there are none."""
        try:
            yield from numbered_pages(self.client, how, self.kept, None)
        except (Refused, ServerTrouble, TooDeep) as failure:
            if self.kept(how.partition) is not None or (isinstance(failure, Refused) and answers.is_about_token(failure)):
                raise

    def _holds(self, partition: str) -> bool:
        pages = [answers.listing_in(page.body).records for page in self.kept.read(partition)]
        if not pages or not is_believed(pages[0], self._front(NO_ORDER)):
            return False
        return all(falls(records) or len(records) < _LEAST for records in pages)

    def _missed(self, floor: datetime, *partitions: str) -> list[str]:
        """Models created in the time wanted that the listing by last modification shows, at its front at least, and no page of the order has."""
        came = [record for name in partitions for page in self.kept.read(name) for record in answers.listing_in(page.body).records]
        ids, newest = set(_ids(came)), max((at for record in came if (at := answers.created(record))), default=self.since)
        late = [record for page in self.kept.read(_LATE) for record in answers.listing_in(page.body).records]
        changed = [
            (name, at) for record in late or self._front(_CHANGED) if (name := answers.model_id(record)) and (at := answers.created(record))
        ]
        return [name for name, at in changed if floor <= at < newest and name not in ids]

    def _front(self, sort: str) -> list[Any]:
        page = next(self.kept.read(_partition(sort)), None)
        return answers.listing_in(page.body).records if page else []


def _partition(sort: str) -> str:
    return f"order {sort}"


def _ids(records: list[Any]) -> list[str | None]:
    return [answers.model_id(record) for record in records]
