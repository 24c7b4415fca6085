"""ModelScope's documented listing, `GET /openapi/v1/models`: pages of at most 50, never deeper than 3000 rows.

Established (the vendor's OpenAPI document, 2026-08): `owner=`, `sort=default|downloads|likes|last_modified`,
`filter.task|library|model_type|license=`, and page_number*page_size <= 3000; unknown parameters and values are ignored.
So more than 3000 models are only seen through narrower questions: every order, names by their first letters, every owner
met, every value of a filter met. Uncertain: whether `search` goes by the beginning of a name (a crawler measured that) or
by any part of it (the document); both are walked rightly, the second at more cost. Whether that was everything is decided against `total_count`.
"""

import functools
import hashlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from hubwatch.hubs.modelscope import envelopes as answers
from hubwatch.hubs.modelscope.creation import changed_since
from hubwatch.hubs.modelscope.letters import LONGEST, letters_behind
from hubwatch.hubs.paging import Listing, Numbered, ends, numbered_pages, shortfall
from hubwatch.net import Answer, Ask, Client
from hubwatch.pages import Kept, Page, Sweep, SweepState

PAGE, DEPTH = 50, 3000
_SEARCHES = 200  # without anything new that any hub may cost; a large one half as many as it has pages
_LEFT = 0.002  # share of a slice for which no letters are tried that were not met behind its beginning
_ELSEWHERE = 0.05  # share of what a search by the beginning of names may show that begins otherwise
_DEAR = 2  # times the requests that it takes to list each model once, behind which little is not looked for
_LITTLE = 0.005  # share of the hub's models that is little
PROMISED = {"id": "text", "downloads": "number", "likes": "number", "created_at": "text", "last_modified": "text"}
_SORTS = ("default", "downloads", "likes", "last_modified")
_FILTERS = ("license", "task", "library", "model_type")  # those whose values records tell in their tags


def openapi_ask(client: Client, number: int, size: int, narrowed: tuple[tuple[str, str], ...] = (), sort: str = "default") -> Ask:
    """The request for one page of the documented listing."""
    params = [*narrowed, ("sort", sort), ("page_number", str(number)), ("page_size", str(size))]
    return Ask(client.url("/openapi/v1/models", params))


def below(floor: int) -> Callable[[Any], bool]:
    """Whether a record, and with it everything behind it, has fewer downloads than `floor`."""

    def is_below(record: Any) -> bool:
        found = answers.downloads(record)
        return found is not None and found < floor

    return is_below


def older_than(instant: datetime) -> Callable[[Any], bool]:
    """Whether a record, and with it everything behind it, was last modified before `instant` (UTC)."""

    def is_older(record: Any) -> bool:
        found = answers.modified(record)
        return found is not None and found < instant

    return is_older


def pages(client: Client, sweep: Sweep, kept: Kept, state: SweepState) -> Iterator[Page]:
    """Every page of the sweep that is not kept yet; `state.short` says what the depth limit hides."""
    walks = _Walks(client, kept, state, sweep.limit)
    if sweep.kind == "head":
        yield from walks.down_to("downloads", below(sweep.floor), f"{sweep.floor} downloads")
    elif sweep.kind in ("new", "window"):
        since = changed_since(sweep, kept, state)
        yield from walks.down_to("last_modified", older_than(since), f"what was modified on {since:%Y-%m-%d}")
    elif sweep.kind == "owners":
        for owner in sweep.owners:
            yield from walks.owner(_Slice((("owner", owner),)))
    else:
        yield from walks.everything()


def owner_pages(client: Client, owner: str, kept: Kept, state: SweepState, left: int | None) -> Iterator[Page]:
    """Every page of one owner (organization or person) that is not kept yet, at most `left` records."""
    yield from _Walks(client, kept, state, left).owner(_Slice((("owner", owner),)))


@dataclass
class _Slice:
    """One question, and what its answers held: ids, and the owners and filter values met."""

    narrowed: tuple[tuple[str, str], ...] = ()
    parent: "_Slice | None" = None
    total: int | None = None
    rows: int = 0  # of the order that showed most
    ids: set[str] = field(default_factory=set)
    owners: dict[str, None] = field(default_factory=dict)
    values: dict[str, dict[str, None]] = field(default_factory=lambda: {name: {} for name in _FILTERS})

    @property
    def is_cut(self) -> bool:
        """Whether the depth limit hides some of it, as far as the hub tells; where it gives no total, whether the walk came so deep."""
        return self.rows >= DEPTH if self.total is None else self.total > DEPTH

    @property
    def is_missing_some(self) -> bool:
        return self.is_cut if self.total is None else len(self.ids) < self.total

    def partition(self, sort: str) -> str:
        name = " ".join(["openapi", *(f"{name}={value}" for name, value in self.narrowed), sort])
        return name if len(quote(name, safe="")) < 200 else f"openapi {hashlib.sha1(name.encode()).hexdigest()} {sort}"

    def take(self, listing: Listing) -> None:
        """Remember what a page of this slice held, here and in the wider slices."""
        if listing.total is not None and (listing.records or self.total is None):
            self.total = listing.total
        for place, record in enumerate(listing.records):
            name = answers.model_id(record)
            wider: _Slice | None = self
            while wider is not None:
                wider._meet(name or f"{len(wider.ids)} {place} without an id", record)
                wider = wider.parent

    def _meet(self, name: str, record: object) -> None:
        self.ids.add(name)
        if "/" in name:
            self.owners.setdefault(name.split("/")[0])
        tags = record.get("tags") if isinstance(record, Mapping) else None
        for tag in tags if isinstance(tags, list) else []:
            key, _, value = tag.partition(":") if isinstance(tag, str) else ("", "", "")
            if key in self.values and value:
                self.values[key].setdefault(value)


def _begins(model_id: str, text: str) -> bool:
    """Whether the model's own name begins with this text."""
    return model_id.lower().split("/")[-1].startswith(text)


def _is_of_no_use(slice_: _Slice, known: int, record: object) -> bool:
    """Whether a slice is too large to be seen whole, or all of it is known: one page of it is enough then."""
    return slice_.total is not None and (slice_.total > DEPTH or known >= slice_.total)


class _Walks:
    """The walks of one sweep: each slice in as many orders, and as far narrowed, as it takes to see all of it."""

    def __init__(self, client: Client, kept: Kept, state: SweepState, left: int | None) -> None:
        self._client, self._kept, self._state, self._left = client, kept, state, left
        self._searches, self._is_search_ignored, self._is_prefix = 0, False, True
        self._totals: dict[str, int] = {}  # beginnings of names that were searched, and how many models each has
        self._owner: str | None = None  # whose models alone are wanted

    def everything(self) -> Iterator[Page]:
        whole = _Slice()
        done: set[str] = set()
        yield from self._in_every_order(whole)
        for lead in ("", "/"):  # the beginning of a name is found behind the slash where the search finds any part of owner/name
            self._is_prefix = True
            self._totals.clear()
            yield from self._by_names(whole, "", whole.total, lead)
            if self._is_prefix or self._is_search_ignored:
                break
        if not self._is_prefix:
            yield from self._by_names(whole, "", whole.total, only_by_prefix=False)
        yield from self._owners_met(whole, done)
        if not self._is_enough(whole):
            yield from self._narrowed(whole, levels=1)
            yield from self._owners_met(whole, done)
        if self._left is None:
            self._judge(whole, f"models were seen; the others are behind the depth limit of the OpenAPI{self._unseen(whole)}")

    def owner(self, slice_: _Slice) -> Iterator[Page]:
        self._owner = slice_.narrowed[0][1]
        yield from self._in_every_order(slice_)
        yield from self._narrowed(slice_, levels=2)
        name = self._owner
        if slice_.total == 0:
            self._state.note(f"{name} lists no models (owners are case-sensitive)")
        if self._left is None:
            self._judge(slice_, f"models of {name} were seen; the others are behind the depth limit of the OpenAPI")

    def down_to(self, sort: str, is_over: Callable[[Any], bool], told: str) -> Iterator[Page]:
        """One order down to an end, which may lie behind the depth limit."""
        slice_ = _Slice()
        yield from self._pages(slice_, sort, is_over)
        reached = any(ends(answers.listing_in(page.body).records, is_over) for page in self._kept.read(slice_.partition(sort)))
        if self._left is None and not reached and slice_.is_cut:
            self._state.lack(f"the OpenAPI shows {DEPTH} models only, which does not reach down to {told}")

    def _by_names(
        self, whole: _Slice, start: str, within: int | None, lead: str = "", only_by_prefix: bool = True
    ) -> Generator[Page, None, int]:
        """Names by their letters, a letter more where the depth limit cuts, until they make up what they are of; ends where the hub ignores the search.

        `only_by_prefix`: ends, too, where the search finds not the beginning of names alone, so that slices overlap. Returns how many
        models no letter made up.
        """
        made_up = 0
        for letter, is_met in letters_behind(whole.ids, start):
            left = None if within is None else within - made_up
            if self._is_prefix and left is not None and left <= (0 if is_met else (within or 0) * _LEFT):
                break
            if whole.total is None or whole.total <= DEPTH or self._is_enough(whole) or self._is_search_ignored:
                break
            if self._searches > max(_SEARCHES, whole.total // PAGE // 2):
                break
            text, before = start + letter, len(whole.ids)
            slice_ = _Slice((("search", lead + text),), whole)
            known = sum(1 for name in whole.ids if _begins(name, text))
            if len(text) == LONGEST:
                yield from self._in_every_order(slice_)
            else:
                yield from self._pages(slice_, "default", functools.partial(_is_of_no_use, slice_, known))
            self._searches += len(whole.ids) == before
            made_up += slice_.total or 0
            self._totals[text] = slice_.total or 0
            begun = [_begins(name, text) for name in slice_.ids]
            self._is_prefix = self._is_prefix and begun.count(False) <= _ELSEWHERE * len(begun) and (bool(begun) or not is_met)
            if self._is_no_narrower(slice_)(None) and not all(lead + text in name.lower() for name in slice_.ids):
                self._is_search_ignored = True
                break
            if only_by_prefix and not self._is_prefix:
                break
            if slice_.is_cut and len(text) < LONGEST:
                rest = yield from self._by_names(whole, text, slice_.total, lead, only_by_prefix)
                if self._is_prefix:
                    yield from self._of_one_name(whole, slice_, text, rest)
        return max(0, (within or 0) - made_up)

    def _of_one_name(self, whole: _Slice, slice_: _Slice, text: str, count: int) -> Iterator[Page]:
        """The models of many owners whose whole name is this text: no longer beginning tells them apart, but other orders and filters do."""
        if count - sum(name.lower().endswith(f"/{text}") for name in whole.ids) > PAGE:
            yield from self._in_every_order(slice_)
            yield from self._narrowed(slice_, levels=1)

    def _short(self, whole: _Slice) -> dict[str, int]:
        """Beginnings of names of which models were not seen, and how many each lacks beside those of longer ones."""
        names = (name.lower().split("/")[-1] for name in whole.ids)
        seen = Counter(text for name in names for end in range(1, min(len(name), LONGEST) + 1) if (text := name[:end]) in self._totals)
        found: dict[str, int] = {}
        for text in sorted(self._totals, key=len, reverse=True):
            longer = sum(count for other, count in found.items() if other.startswith(text))
            if (count := self._totals[text] - seen[text] - longer) > 0:
                found[text] = count
        return found

    def _is_enough(self, whole: _Slice) -> bool:
        """Whether all is seen, or no more is wanted; or what is left is little and would cost more than it is worth."""
        spent = self._state.requests + self._client.tally.requests
        total = whole.total or 0
        is_dear = spent > max(_SEARCHES, _DEAR * total / PAGE) and len(whole.ids) >= total * (1 - _LITTLE)
        return self._is_spent or not whole.is_missing_some or is_dear

    def _unseen(self, whole: _Slice) -> str:
        """Which part of the hub was not seen, as far as the beginnings of names tell."""
        if not self._is_prefix or whole.total is None or not self._totals:
            return ""
        short = self._short(whole)
        others = max(0, whole.total - len(whole.ids) - sum(short.values()))
        worst = max(short, key=lambda text: short[text], default="")
        told = [f"{sum(short.values())} in {len(short)} beginnings of names with more than that (such as {worst!r})"] if short else []
        told += [f"{others} whose names begin with none of the letters searched"] if others else []
        return f": {', '.join(told)}" if told else ""

    def _owners_met(self, whole: _Slice, done: set[str]) -> Iterator[Page]:
        while not self._is_enough(whole) and (new := [name for name in whole.owners if name not in done]):
            for name in new:
                done.add(name)
                slice_ = _Slice((("owner", name),), whole)
                yield from self._in_every_order(slice_)
                yield from self._narrowed(slice_, levels=2)
                if self._is_enough(whole):
                    return

    def _in_every_order(self, slice_: _Slice) -> Iterator[Page]:
        """The slice by each sort until all of it was seen; one order is enough where the depth limit does not cut."""
        for sort in _SORTS:
            yield from self._pages(slice_, sort, self._is_no_narrower(slice_))
            if not slice_.is_cut or not slice_.is_missing_some or self._is_spent or self._is_no_narrower(slice_)(None):
                return

    def _narrowed(self, slice_: _Slice, levels: int) -> Iterator[Page]:
        """The slice by each value of each filter that its records met, `levels` filters deep."""
        asked = {name for name, _ in slice_.narrowed}
        for name in _FILTERS:
            for value in list(slice_.values[name]) if f"filter.{name}" not in asked else []:
                if levels == 0 or not slice_.is_missing_some or self._is_spent or not slice_.is_cut:
                    return
                narrower = _Slice((*slice_.narrowed, (f"filter.{name}", value)), slice_)
                yield from self._in_every_order(narrower)
                if not self._is_no_narrower(narrower)(None):
                    yield from self._narrowed(narrower, levels - 1)

    @staticmethod
    def _is_no_narrower(slice_: _Slice) -> Callable[[Any], bool]:
        """Whether a filter was ignored: the slice is as large as the one it should narrow, and cut as that is."""
        wider = slice_.parent.total if slice_.parent else None
        return lambda record: wider is not None and slice_.total is not None and slice_.total >= wider > DEPTH

    @property
    def _is_spent(self) -> bool:
        return self._left is not None and self._left <= 0

    def _pages(self, slice_: _Slice, sort: str, is_over: Callable[[Any], bool]) -> Iterator[Page]:
        """The pages of one slice in one order; those kept already are remembered first."""
        partition, rows = slice_.partition(sort), 0
        if self._owner is not None:
            self._state.owns(self._owner, partition)
        for page in self._kept.read(partition):
            slice_.take(answers.listing_in(page.body))
            rows += page.facts.records

        def ask(number: int, size: int) -> Ask:
            return openapi_ask(self._client, number, size, slice_.narrowed, sort)

        def read(answer: Answer) -> Listing:
            listing = answers.listing(answer)
            if listing.total is not None and (listing.records or slice_.total is None):
                slice_.total = listing.total
            return listing

        slice_.rows = max(slice_.rows, rows)
        if self._is_spent:
            return
        for page in numbered_pages(
            self._client,
            Numbered(partition, ask, read, answers.model_id, PAGE, DEPTH, is_over, is_whole=not slice_.narrowed),
            self._kept,
            self._left,
        ):
            slice_.take(answers.listing_in(page.body))
            rows += page.facts.records
            slice_.rows = max(slice_.rows, rows)
            if not slice_.narrowed and page.facts.total is not None and page.facts.records:
                self._state.listed_total = page.facts.total
            self._left = None if self._left is None else self._left - page.facts.records
            yield page

    def _judge(self, slice_: _Slice, told: str) -> None:
        found, total = len(slice_.ids), slice_.total
        if total is not None and found < total and (slice_.is_cut or shortfall(found, total)):
            self._state.lack(f"{found} of {total} {told}")
        elif slice_.total is None and slice_.is_cut:
            self._state.lack(f"{len(slice_.ids)} {told}, if there are any: the hub gives no total")
