"""New models by creation order, where the site's own listing honours it.

Two spellings of that order are known from public clients, and one of them may be ignored: unknown values are, silently, and
the default order may itself show the newest first. So a spelling is believed where the creation times of its first page fall
and that page differs from the one of an order that does not exist. Every further page must fall, too, and what the front of
the listing by last modification shows of the time wanted must all have come; otherwise the order is not believed after all.
"""

import itertools
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hubwatch.errors import Refused, ServerTrouble, TooDeep
from hubwatch.hubs.modelscope import envelopes as answers
from hubwatch.hubs.paging import Listing, Numbered, fell, numbered_pages
from hubwatch.net import Answer, Ask, Client
from hubwatch.pages import Kept, Page, SweepState

SPELLINGS = ("GmtCreated", "GmtCreate")
NO_ORDER = "NoSuchOrder"
_LEAST = 3  # records of which an order can be told
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
class Creation:
    """The sweep of what was created since an instant, by creation order."""

    client: Client
    ask: AskFor
    size: int
    kept: Kept
    state: SweepState
    since: datetime

    def pages(self) -> Generator[Page, None, bool]:
        """What is not kept yet; returns whether the order holds, so that all that was created since has come."""
        yield from self._one_page(NO_ORDER)
        for sort in SPELLINGS:
            yield from self._order(sort, _partition(sort))
            if not self._holds(_partition(sort)):
                continue
            again = f"{_partition(sort)} again"
            if fell(self.kept.read(_partition(sort))):  # a deletion under the walk may have drawn a model past it
                yield from self._order(sort, again)
            yield from self._one_page("GmtModified")
            if missed := self._missed(_partition(sort), again):
                self.state.note(f"the creation order ({sort}) leaves out {len(missed)} new models, such as {missed[0]}: not used")
                return False
            self.state.note(f"entered by creation order ({sort}), newest first, checked on every page")
            return True
        self.state.note("the hub does not sort by creation")
        return False

    def _order(self, sort: str, partition: str) -> Iterator[Page]:
        """The listing in this order down to `since`, or up to the first page that is not in it."""
        is_off = [False]

        def read(answer: Answer) -> Listing:
            listing = answers.listing(answer)
            is_first = self.kept(partition) is None and answer.ask == first
            is_off[0] = not (is_believed(listing.records, self._front(NO_ORDER)) if is_first else falls(listing.records))
            return listing

        def is_over(record: Any) -> bool:
            at = answers.created(record)
            return is_off[0] or (at is not None and at < self.since)

        def meet(window: int) -> None:
            self.state.lack(f"the site's own listing shows {window} rows by creation, which does not reach down to {self.since:%Y-%m-%d}")

        first = self.ask(1, self.size, sort=sort)
        how = Numbered(partition, lambda *at: self.ask(*at, sort=sort), read, answers.model_id, self.size, None, is_over, on_window=meet)
        yield from self._unless_refused(how)

    def _one_page(self, sort: str) -> Iterator[Page]:
        how = Numbered(
            *(
                _partition(sort),
                lambda *at: self.ask(*at, sort=sort),
                answers.listing,
                answers.model_id,
                self.size,
                None,
                lambda record: True,
            )
        )
        yield from self._unless_refused(how)

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

    def _missed(self, *partitions: str) -> list[str]:
        """Models created in the time wanted that the listing by last modification shows at its front, and no page of the order has."""
        came = [record for name in partitions for page in self.kept.read(name) for record in answers.listing_in(page.body).records]
        ids, newest = set(_ids(came)), max((at for record in came if (at := answers.created(record))), default=self.since)
        front = [
            (name, at) for record in self._front("GmtModified") if (name := answers.model_id(record)) and (at := answers.created(record))
        ]
        return [name for name, at in front if self.since <= at < newest and name not in ids]

    def _front(self, sort: str) -> list[Any]:
        page = next(self.kept.read(_partition(sort)), None)
        return answers.listing_in(page.body).records if page else []


def _partition(sort: str) -> str:
    return f"order {sort}"


def _ids(records: list[Any]) -> list[str | None]:
    return [answers.model_id(record) for record in records]
