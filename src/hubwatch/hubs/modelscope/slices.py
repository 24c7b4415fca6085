"""The site's own listing where it has a window: the whole hub through questions that each fit it.

One outside measurement has the listing serve 10,000 rows of a question and fail behind them, though its total says more;
others walked on. Where the window is met, what lies behind it is asked for in slices: by creation (and the other orders,
where they can reach), by the beginning of the name, by task, by groups of owners, by any part of the name. Each slice is
a partition of its own, so a sweep goes on slice by slice; one that is too large, or holds nothing new by its own total,
costs one request.
"""

import functools
import hashlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from hubwatch.errors import Refused, ServerTrouble, TooDeep
from hubwatch.hubs.modelscope import envelopes as answers
from hubwatch.hubs.modelscope.letters import LONGEST, Parts, letters_behind
from hubwatch.hubs.paging import Listing, Numbered, numbered_pages, total_of
from hubwatch.net import Answer, Ask, Client
from hubwatch.pages import Kept, Page, SweepState

TOLERATED = 0.005  # share of the hub's total that no slice may reach in a sweep that is called complete
FRONT = "dolphin"  # the partition of the whole listing, up to the window
_STRATEGY = "dolphin, window "
# Orders of the listing and the key that must fall where an order is honoured; creation is spelled in two ways, one of them ignored.
_ORDERS = {"GmtCreated": "CreatedTime", "GmtCreate": "CreatedTime", "DownloadsCount": "Downloads", "StarsCount": "Stars"}
_GROUP = 100  # owners of one question
_IN_VAIN = 200  # searches without anything new that any hub may cost; a large one a quarter as many as it has pages
_LEFT = 0.002  # share of a slice for which no letters are tried that were not met behind its beginning
_DEAR = 1.3  # times the requests of a hub without a window, behind which the last few models are not looked for
_REFUSALS = 3  # slices refused one after the other: that is the hub, not the slice
_ELSEWHERE = 0.05  # share of what a search by the beginning of names may show that begins otherwise
_FALLING = 3  # records of which an order can be told
AskFor = Callable[..., Ask]  # page number, page size, and what narrows the question


def chosen(window: int) -> str:
    """The strategy of a sweep that met the window, as its state keeps it."""
    return f"{_STRATEGY}{window}"


def window_of(state: SweepState) -> int | None:
    """The window that this sweep met, or None."""
    found = (state.strategy or "").removeprefix(_STRATEGY)
    return int(found) if found.isdecimal() else None


class Slices:
    """The slices of one sweep, and what all that is kept of it holds."""

    def __init__(self, client: Client, ask: AskFor, size: int, kept: Kept, state: SweepState, window: int) -> None:
        self._client, self._ask, self._size, self._kept, self._state, self._window = client, ask, size, kept, state, window
        self._seen: dict[str, None] = {}
        self._tasks: Counter[str] = Counter()
        self._owners: Counter[str] = Counter()
        self._first: dict[bool, set[str]] = {True: set(), False: set()}  # organizations and others, met before owners are asked for
        self._asked = self._cut = self._short = self._refused = self._in_a_row = self._vain = 0
        self._is_prefix = True  # whether the search by name goes by its beginning, as far as was seen
        self._sample: list[str] = []  # names that the front of the whole listing shows
        self._read: set[str] = set()  # what was seen, and what the page that is fetched ahead shows
        for partition in kept.pages.partitions():
            for page in kept.read(partition):
                self.take(page)
        self._read.update(self._seen)

    @property
    def total(self) -> int:
        """How many models the hub says there are."""
        return self._state.listed_total or 0

    @property
    def _is_enough(self) -> bool:
        """Whether all is seen; or so much that the sweep is complete, and what is left would cost more than it is worth."""
        spent = self._state.requests + self._client.tally.requests
        is_dear = spent > max(_IN_VAIN, _DEAR * self.total / self._size)
        return not self.missing or (is_dear and self.missing <= self.total * TOLERATED)

    @property
    def missing(self) -> int:
        """How many of them were not seen so far."""
        return max(0, self.total - len(self._seen))

    def take(self, page: Page) -> None:
        """Remember what a page holds."""
        is_first = not page.partition.startswith(("owners ", "name "))
        for record in answers.listing_in(page.body).records:
            name = answers.model_id(record)
            if name is None or not isinstance(record, Mapping):
                continue
            owner = name.split("/")[0]
            if page.partition == FRONT:
                self._sample.append(_name(name))
            if is_first:
                organization = record.get("Organization")
                self._first[bool(isinstance(organization, Mapping) and organization.get("Name"))].add(owner)
            if name not in self._seen:
                self._seen[name] = None
                self._owners[owner] += 1
                self._tasks.update(_tasks(record))

    def pages(self) -> Iterator[Page]:
        """What lies behind the window, slice by slice, until as much is seen as the hub says there is."""
        is_near = self.total <= 2 * self._window
        if is_near:
            yield from self._by_orders()
        yield from self._by_beginnings()
        yield from self._by_tasks()
        for kind in (True, False):
            yield from self._by_owners(sorted(self._first[kind]))
        yield from self._by_parts()  # these overlap
        yield from self._by_names("", self.total)
        if not is_near:
            yield from self._by_orders()

    def judge(self) -> None:
        """Say what was asked and what no slice reached; more than is tolerated makes the sweep incomplete."""
        told = f"the site's own listing shows {self._window} rows of a question and the hub has {self.total} models: asked in {self._asked} slices"
        parts = ((self._cut, "larger than that"), (self._short, "short of their own total"), (self._refused, "refused"))
        self._state.note(", ".join([told, *(f"{count} {what}" for count, what in parts if count)]))
        if self.missing > self.total * TOLERATED:
            again = "; collect again to ask for the refused slices" if self._refused else ""
            self._state.lack(
                f"{len(self._seen)} of {self.total} models were seen; {self.missing} are behind the window of {self._window} rows"
                f" and in no slice that was answered{again}"
            )
        elif self.missing:
            self._state.note(f"{self.missing} of {self.total} models are in no slice")

    def _by_orders(self) -> Iterator[Page]:
        for sort, key in _ORDERS.items():
            if self._is_enough:
                return

            def is_ignored(listing: Listing, key: str = key) -> bool:
                return not _falls([record.get(key) for record in listing.records if isinstance(record, Mapping)])

            yield from self._slice(f"order {sort}", is_ignored, lambda: len(self._read) >= self.total, sort=sort)

    def _by_tasks(self) -> Iterator[Page]:
        for task, _ in sorted(self._tasks.items(), key=lambda item: (-item[1], item[0])):
            if self._is_enough:
                return
            criterion = {"category": "tasks", "predicate": "contains", "values": [task], "sub_values": []}
            yield from self._fitting(f"task {task}", functools.partial(self._of_task, task), criterion=criterion)

    def _of_task(self, task: str, listing: Listing) -> int:
        return self._tasks[task]

    def _by_owners(self, owners: list[str]) -> Iterator[Page]:
        """Groups of owners; a group that is too large is halved. An answer of nothing for a whole group: they are not known as organizations."""
        for start in range(0, len(owners), _GROUP):
            if self._is_enough:
                return
            total = yield from self._group(owners[start : start + _GROUP])
            if total == 0 or (total is not None and total >= self.total > self._window):
                return

    def _group(self, owners: list[str]) -> Generator[Page, None, int | None]:
        name = f"owners {hashlib.sha1(chr(10).join(owners).encode()).hexdigest()}"
        criterion = {"category": "organizations", "predicate": "contains", "values": owners}
        total = yield from self._fitting(name, lambda listing: sum(self._owners[owner] for owner in owners), criterion=criterion)
        if total is not None and self._window < total < self.total and len(owners) > 1:
            for half in (owners[: len(owners) // 2], owners[len(owners) // 2 :]):
                if not self._is_enough:
                    yield from self._group(half)
        return total

    def _by_beginnings(self) -> Iterator[Page]:
        """Slices by the beginning of the name, which do not overlap: searched as such, or behind the slash of owner/name where any part is found."""
        for lead in ("", "/"):
            self._is_prefix = True
            yield from self._by_names("", self.total, lead, only_by_prefix=True)
            if self._is_prefix:
                return

    def _by_names(self, start: str, within: int, lead: str = "", only_by_prefix: bool = False) -> Iterator[Page]:
        """Names by their letters, from the most frequent on, a letter more where there are too many, until the slices make up what they are of."""
        found = 0
        for letter, is_met in letters_behind(self._seen, start):
            left = within - found
            if self._is_enough or self._vain > max(_IN_VAIN, self.total // self._size // 4) or (self._is_prefix and left <= 0):
                return
            if only_by_prefix and not is_met and left <= within * _LEFT:
                return
            text, before = start + letter, len(self._seen)
            part = f"name {lead}{text}"
            is_new = self._kept(_partition(part)) is None
            known = functools.partial(self._named, text, only_by_prefix)
            total = yield from self._fitting(part, known, name=lead + text)
            found += total or 0
            self._vain += is_new and len(self._seen) == before
            self._is_prefix = self._is_prefix and _begin(self._front(part), text) and (bool(total) or not is_met or total is None)
            if only_by_prefix and not self._is_prefix:
                return
            if total is None or total <= self._window:
                continue
            if total >= self.total and not start and self._is_ignored(part, text):
                return
            if len(text) < LONGEST:
                yield from self._by_names(text, total, lead, only_by_prefix)

    def _by_parts(self) -> Iterator[Page]:
        """Parts of names, where the search finds them anywhere: as few and as little overlapping as the front of the listing lets guess."""
        if not self._sample:
            return
        parts = Parts(self._sample, self.total / len(self._sample), self._window, self._size)
        while not self._is_enough and self._vain <= max(_IN_VAIN, self.total // self._size // 4) and (text := parts.best()) is not None:
            part, before = f"name {text}", len(self._seen)
            is_new = self._kept(_partition(part)) is None
            total = yield from self._fitting(part, functools.partial(self._named, text, False), name=text)
            self._vain += is_new and len(self._seen) == before
            if total is not None and total >= self.total and self._is_ignored(part, text):
                return
            parts.used(text, fits=total is not None and total <= self._window)

    def _named(self, text: str, only_by_prefix: bool, listing: Listing) -> int:
        """How many seen models the search for `text` finds: by the beginning of the name where what it shows begins so, else anywhere in the id."""
        if _begin(listing, text):
            return sum(1 for name in self._seen if name.lower().split("/")[-1].startswith(text))
        if only_by_prefix:
            return listing.total or 0  # of no use
        return sum(1 for name in self._seen if text in _name(name))

    def _is_ignored(self, part: str, text: str) -> bool:
        """Whether models without this text were shown: the hub does not search."""
        return any(text not in name.lower() for name in _ids(self._front(part)))

    def _fitting(self, part: str, known: Callable[[Listing], int], **question: Any) -> Generator[Page, None, int | None]:
        """A slice when it fits the window and holds something new; returns its own total (None: not told, or refused)."""

        def is_of_no_use(listing: Listing) -> bool:
            return listing.total is not None and (listing.total > self._window or known(listing) >= listing.total)

        total, is_answered = yield from self._slice(part, is_of_no_use, lambda: False, **question)
        if total is not None and total > self._window:
            self._cut += 1
        elif total is not None and is_answered and known(self._front(part)) < total:
            self._short += 1
        return total

    def _front(self, name: str) -> Listing:
        page = next(self._kept.read(_partition(name)), None)
        return answers.listing_in(page.body) if page else Listing([], None)

    def _slice(
        self, part: str, is_of_no_use: Callable[[Listing], bool], is_enough: Callable[[], bool], **question: Any
    ) -> Generator[Page, None, tuple[int | None, bool]]:
        """The pages of one question that are not kept yet, ended behind the first when that is of no use; its total, and whether it was answered."""
        partition = _partition(part)
        begun = self._kept(partition) is not None
        is_over = [False]

        def ask(number: int, size: int) -> Ask:
            return self._ask(number, size, **question)

        def read(answer: Answer) -> Listing:
            nonlocal begun
            listing = answers.listing(answer)
            self._read.update(name for record in listing.records if (name := answers.model_id(record)))
            if not begun:
                begun = True
                is_over[0] = bool(listing.records) and is_of_no_use(listing)
            return listing

        how = Numbered(partition, ask, read, answers.model_id, self._size, self._window, lambda record: is_over[0] or is_enough())
        self._asked += 1
        is_answered = True
        try:
            for page in numbered_pages(self._client, how, self._kept, None):
                yield page
                self.take(page)
            self._in_a_row = 0
        except (ServerTrouble, Refused, TooDeep) as failure:
            self._in_a_row += 1
            self._refused, is_answered = self._refused + 1, False
            if self._in_a_row >= _REFUSALS or (isinstance(failure, Refused) and answers.is_about_token(failure)):
                raise
        return total_of(self._kept.pages.facts([partition])), is_answered


def _partition(name: str) -> str:
    return name if len(quote(name, safe="")) < 200 else f"{name.split(' ')[0]} {hashlib.sha1(name.encode()).hexdigest()}"


def _ids(listing: Listing) -> list[str]:
    return [name for record in listing.records if (name := answers.model_id(record))]


def _name(model_id: str) -> str:
    """The model's own name, as it is searched."""
    return model_id.lower().split("/")[-1]


def _begin(listing: Listing, text: str) -> bool:
    """Whether the names of a page begin with the text, but for a few that carry it elsewhere, such as in the title."""
    begun = [name.lower().split("/")[-1].startswith(text) for name in _ids(listing)]
    return begun.count(False) <= _ELSEWHERE * len(begun)


def _tasks(record: Mapping[str, Any]) -> set[str]:
    """The names of a record's tasks, as text or as objects."""
    found = record.get("Tasks")
    names = [task.get("Name") if isinstance(task, Mapping) else task for task in found] if isinstance(found, list) else []
    return {name for name in names if isinstance(name, str) and name}


def _falls(values: list[Any]) -> bool:
    known = [value for value in values if isinstance(value, int)]
    return len(known) >= _FALLING and known == sorted(known, reverse=True)
