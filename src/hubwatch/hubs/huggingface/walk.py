"""Hugging Face: how to ask `GET /api/models` for every public model.

Established (huggingface_hub's source, recorded walks of 2026-10): pages of at most 1000 with `expand[]`; the next page
in an absolute `Link`; the cursor is base64 of a keyset query, so `sort=createdAt&direction=1` is stable while models
change and can be resumed from any page; the first eight hex digits of `_id` are the creation second; rate windows of
5 minutes are announced on every response.
Uncertain: the wording of a 400 on `expand[]` (read leniently: fields.py), whether a cursor that we make is
taken (verified on the answer: `_enters_at`; else we walk), page sizes above 1000 (never sent).
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from hubwatch.errors import Blocked, BrokenPage, HubFailure, LoopingPages, Refused, ServerTrouble, counted
from hubwatch.hubs.huggingface.cursors import cursor_behind, expanding, keyset_cursor, sized
from hubwatch.hubs.huggingface.edges import Edge, created_at, edge_of, is_back, meet, newer
from hubwatch.hubs.huggingface.fields import FIELDS, refused_fields
from hubwatch.hubs.huggingface.ranges import Range, SideBySide, partition_from
from hubwatch.hubs.paging import ends
from hubwatch.net import Answer, Ask, Client, array_of, whole_array
from hubwatch.pages import Kept, Page, PageFacts, Sweep, SweepState, read_segment

NAME = "huggingface"
PAGE = 1000
ROUTE = "/api/models"
PROMISED = {"id": "text", "createdAt": "text", "downloads": "number", "downloadsAllTime": "number", "likes": "number", "tags": "list"}
_BY_CREATION = (("sort", "createdAt"), ("direction", "1"))
_NEWEST_FIRST = (("sort", "createdAt"), ("direction", "-1"))
_BY_DOWNLOADS = (("sort", "downloads"), ("direction", "-1"))
_CLOCKS_APART = timedelta(minutes=10)  # by which the hub's clock and ours may differ
_NEWEST = 500  # models from the other end: more than a busy hub makes public in some hours
_EMPTY_TRIES = 2  # how often a page that the hub named is empty until that is believed to be the end


@dataclass(frozen=True)
class _Reading:
    """How many records a page has and where the walk goes on: `link` is kept, `next` is asked (none at a limit)."""

    records: int
    link: str | None
    next: Ask | None


@dataclass(frozen=True)
class _Walk:
    """One partition: how it is ordered, what narrows it, and where it ends before the hub does."""

    partition: str
    order: tuple[tuple[str, str], ...]
    narrowed: tuple[tuple[str, str], ...] = ()
    floor: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    enter: datetime | None = None
    stretch: Range | None = None  # of a full sweep that is walked in ranges

    def is_over(self, record: msgspec.Raw) -> bool:
        """Whether this record is outside of what is wanted, and so is what lies behind it."""
        edge = edge_of(record)
        if self.stretch is not None:
            return self.stretch.is_over(created_at(edge))
        if self.floor is not None:
            return isinstance(edge.downloads, int | float) and edge.downloads < self.floor
        created = created_at(edge)
        if created is None:
            return False
        if self.order == _NEWEST_FIRST:
            return self.since is not None and created < self.since
        return self.until is not None and created >= self.until


_EVERYTHING = _Walk("main", _BY_CREATION)


def records_of(page: object) -> list[object]:
    """The records of a page's JSON."""
    return page if isinstance(page, list) else []


def pages(client: Client, sweep: Sweep, kept: Kept, state: SweepState) -> Iterator[Page]:
    """Every page of the sweep that is not kept yet; a page's `next` is null where its partition ends."""
    is_settled = state.finished_at is not None and state.short is None
    state.fields, state.short = state.fields or list(FIELDS), None
    if sweep.kind == "owners":
        state.owners = sorted({*state.owners, *sweep.owners})
    left = sweep.limit
    if sweep.kind == "full" and left is None:
        yield from _side_by_side(client, kept, state)
        last = _Walk(partition_from(max(state.bounds, default=None)), _BY_CREATION)
        if not (is_settled and state.finished_at):
            yield from _beyond(client, last, kept, state)
        return
    for walk in _walks(client, sweep, kept, state):
        for page in _walk(client, walk, kept, state, left):
            yield page
            if left is not None:
                left -= page.facts.records
        if left is not None and left <= 0:
            return
        if left is None and not (is_settled and state.finished_at):
            yield from _beyond(client, walk, kept, state)


def _side_by_side(client: Client, kept: Kept, state: SweepState) -> Iterator[Page]:
    """A full sweep in ranges of creation time, each from where its pages end; the ranges begin at `state.bounds`."""
    behind: dict[str, Any] = {}  # key of the last record before a link was lost, by partition

    def prepare(one: Range) -> Callable[[Client], Iterator[Page]]:
        walk, last = _Walk(one.partition, _BY_CREATION, enter=one.enter, stretch=one), kept(one.partition)
        if last is None:
            start = _first(client, walk, state, PAGE)
        elif last.next is not None:
            start = Ask(expanding(sized(client.at_home(last.next, ROUTE), PAGE), state.fields))
        else:
            params = [("limit", str(PAGE)), *_BY_CREATION, *(("expand[]", name) for name in state.fields)]
            start = Ask(client.url(ROUTE, [*params, ("cursor", cursor_behind(behind[one.partition]))]))
        return lambda own: _follow(own, walk, start, None, is_first=last is None)

    def goes_on(one: Range) -> bool:
        """Whether a range ended before the next one's start, for a link that was lost: it is entered behind its last record once more."""
        if one.until is None or one.reached:
            return False
        records = _last_records(kept, one.partition)
        if records and ends(records, _Walk(one.partition, _BY_CREATION, stretch=one).is_over):
            return False
        key = edge_of(records[-1]).key if records else None
        if key is None or behind.get(one.partition) == key:
            return False  # nothing lies behind it: the end of all models, or `_verify_seams` finds what does not fit
        behind[one.partition] = key
        return True

    def forget(bound: datetime) -> None:
        state.bounds = [at for at in state.bounds if at != bound]
        state.note("the hub did not accept a cursor that hubwatch made; continued without it")

    while True:
        enters = [None, *sorted(state.bounds)]
        ranges = [Range(partition_from(enter), enter, until) for enter, until in zip(enters, [*enters[1:], None], strict=True)]
        due = [one for one in ranges if (last := kept(one.partition)) is None or last.next is not None or goes_on(one)]
        try:
            walkers = SideBySide(client, prepare, lambda bound: state.bounds.append(bound), forget, lambda: _newest(client))
            yield from walkers.pages(due, goes_on)
            break
        except Refused as refusal:
            _drop_refused(refusal, state)  # and on from the last pages kept
    _verify_seams(kept, state)


def _newest(client: Client) -> datetime | None:
    """When the hub's newest model was created; None where it does not say."""
    asked = Ask(client.url(ROUTE, [("limit", "1"), *_NEWEST_FIRST, ("expand[]", "createdAt")]))
    try:
        records = client.ask(asked, lambda answer: whole_array(answer, NAME))
    except HubFailure:
        return None
    return created_at(edge_of(records[0])) if records else None


def _last_records(kept: Kept, partition: str) -> list[msgspec.Raw]:
    """The records of the last page of a partition that has any."""
    for segment in reversed(kept.pages.segments(partition)):
        for page in reversed(list(read_segment(segment))):
            if records := array_of(page.body):
                return records
    return []


def _verify_seams(kept: Kept, state: SweepState) -> None:
    """Where ranges meet, the earlier one's last page must reach the later one's first record: nothing lies between them."""
    firsts = {enter: next(kept.read(partition_from(enter)), None) for enter in [None, *sorted(state.bounds)]}
    listed = {enter: records for enter, page in firsts.items() if page and (records := array_of(page.body))}
    for before, after in itertools.pairwise(listed):
        reached = _last_records(kept, partition_from(before))
        if not meet(edge_of(reached[-1]), edge_of(listed[after][0])):
            state.lack(f"the hub may list models about {after} that neither range beside it holds; collect again with --fresh")


def _beyond(client: Client, walk: _Walk, kept: Kept, state: SweepState) -> Iterator[Page]:
    """What lies behind a last page that lost its link: it is asked once more, and gone on from; the sweep is short where that does not help."""
    while (last := kept(walk.partition)) and _is_cut_off(client, walk, last, kept, state):
        yield from _follow(client, walk, _again(client, last), None, is_first=False)
        if (after := kept(walk.partition)) is None or after.url == last.url:
            state.short = "the hub lists models behind the last page, which names no next one; collect again"
            return


def _again(client: Client, page: PageFacts) -> Ask:
    return Ask(f"{client.url(ROUTE)}?{urlsplit(page.url).query}")


def _is_cut_off(client: Client, walk: _Walk, last: PageFacts, kept: Kept, state: SweepState) -> bool:
    """Whether the hub lists models behind the last page kept, as its listing from the other end tells.

    Asked only where that page is empty or as full as the hub gives them, which may be less than we ask for: its first page tells.
    """
    first = next(kept.read(walk.partition)).facts
    if 0 < last.records < (PAGE if first == last else min(PAGE, first.records)):
        return False
    ours: list[Edge] = []
    for segment in reversed(kept.pages.segments(walk.partition)):  # the last one may hold empty pages alone
        pages = [array_of(page.body) for page in read_segment(segment)]
        if not ours and ends(pages[-1], walk.is_over):
            return False
        if ours := [edge_of(record) for page in pages for record in page]:
            break
    other_end = [("limit", str(_NEWEST)), walk.order[0], ("direction", str(-int(walk.order[1][1])))]
    asked = Ask(client.url(ROUTE, [*other_end, *walk.narrowed, ("expand[]", walk.order[0][1])]))
    try:
        # Ascending downloads are not established, so the page itself is asked first.
        if walk.order == _BY_DOWNLOADS and client.ask(_again(client, last), lambda answer: answer.next_link is not None):
            return True
        theirs = [edge_of(record) for record in client.ask(asked, lambda answer: whole_array(answer, NAME))]
    except HubFailure as failure:
        state.note(f"whether more models lie behind the last page could not be asked: {failure}")
        return False
    if walk.order == _BY_DOWNLOADS:
        least = min((edge.downloads for edge in ours if isinstance(edge.downloads, int | float)), default=None)
        return least is not None and any(isinstance(edge.downloads, int | float) and edge.downloads < least for edge in theirs)
    dated, others = ([at for edge in edges if (at := created_at(edge))] for edges in (ours, theirs))
    if walk.order == _NEWEST_FIRST:
        return bool(dated) and any(at < min(dated) for at in others)
    # A busy hub's newest ones came while we walked; only an older one was there to be listed.
    before = last.at.replace(tzinfo=None) - _CLOCKS_APART
    return bool(dated) and any(max(dated) < at < before for at in others)


def _walks(client: Client, sweep: Sweep, kept: Kept, state: SweepState) -> Iterator[_Walk]:
    if sweep.kind == "full":
        yield _EVERYTHING
    elif sweep.kind == "head":
        yield _Walk(f"floor-{sweep.floor}", _BY_DOWNLOADS, floor=sweep.floor)
    elif sweep.kind == "owners":
        for owner in sweep.owners:
            state.owns(owner, f"owner-{owner}")
            yield _Walk(f"owner-{owner}", _BY_CREATION, (("author", owner),))
    else:
        since = sweep.wanted_since
        state.since, state.until = since, sweep.until
        entered = _Walk("entered", _BY_CREATION, until=sweep.until, enter=since)
        walked = _Walk("walked", _NEWEST_FIRST, since=since, until=sweep.until)
        if kept("walked") or not (kept("entered") or _enters_at(client, entered, state)):
            yield walked
        else:
            yield entered


def _walk(client: Client, walk: _Walk, kept: Kept, state: SweepState, left: int | None) -> Iterator[Page]:
    """The pages of one partition from where it stands; fields that the hub names as invalid are dropped, whenever it does."""
    while True:
        last = kept(walk.partition)
        if last is None:
            start = _first(client, walk, state, _page_size(left))
        elif last.next is None:
            return
        else:
            start = Ask(expanding(sized(client.at_home(last.next, ROUTE), _page_size(left)), state.fields))
        try:
            for page in _follow(client, walk, start, left, is_first=last is None):
                yield page
                left = None if left is None else left - page.facts.records
            return
        except Refused as refusal:
            _drop_refused(refusal, state)  # and on from the last page kept


def _follow(client: Client, walk: _Walk, start: Ask, left: int | None, is_first: bool) -> Iterator[Page]:
    """The pages from `start` on, at most `left` records of them."""
    before: dict[Ask, tuple[int | None, Edge]] = {start: (left, Edge())}  # records wanted, and the newest before each page
    edges: dict[tuple[Any, Any], Ask] = {}  # first and last record of each page
    empty = 0

    def read(answer: Answer) -> _Reading:
        nonlocal empty
        wanted, behind = before[answer.ask]
        records = whole_array(answer, NAME)
        first, last = (edge_of(records[0]), edge_of(records[-1])) if records else (Edge(), Edge())
        link = client.at_home(answer.next_link, ROUTE) if answer.next_link else None
        if walk.stretch is not None:
            walk.stretch.read(created_at(first), created_at(last))
        if not records:
            empty += 1
            if is_first and answer.ask == start and walk.partition == _EVERYTHING.partition:
                raise BrokenPage(f"{NAME}: {answer.url} lists nothing at all")
            if link or (not (is_first and answer.ask == start) and empty < _EMPTY_TRIES):
                raise BrokenPage(f"{NAME}: {answer.url} is empty, though {'it names' if link else 'it was named as'} a next page")
        elif link and walk.order == _BY_CREATION and is_back(newer(first, last), behind):
            raise LoopingPages(f"{NAME}: {answer.url} ends at {last.key}, not behind {behind.key}, where the pages before it ended")
        if len(records) > 1 and first.key is not None and edges.setdefault((first.key, last.key), answer.ask) != answer.ask:
            raise LoopingPages(f"{NAME}: {answer.url} begins and ends with the records of an earlier page")
        is_end = ends(records, walk.is_over)
        if walk.stretch is not None and is_end:
            walk.stretch.reached = True
        if link is None or is_end:
            return _Reading(len(records), None, None)
        wanted = None if wanted is None else wanted - len(records)
        if wanted is not None and wanted <= 0:
            return _Reading(len(records), link, None)
        after = Ask(sized(link, _page_size(wanted)))
        before.setdefault(after, (wanted, newer(behind, newer(first, last))))
        return _Reading(len(records), link, after)

    for answer, reading in client.walk(start, read):
        facts = PageFacts(answer.url, answer.status, answer.at, reading.records, len(answer.body), reading.link)
        yield Page(facts, answer.body, walk.partition)


def _page_size(wanted: int | None) -> int:
    return PAGE if wanted is None else min(PAGE, wanted)


def _first(client: Client, walk: _Walk, state: SweepState, size: int) -> Ask:
    params = [("limit", str(size)), *walk.order, *walk.narrowed, *(("expand[]", name) for name in state.fields)]
    if walk.enter is not None:
        params.append(("cursor", keyset_cursor(walk.enter)))
    return Ask(client.url(ROUTE, params))


def _drop_refused(refusal: Refused, state: SweepState) -> None:
    """Take the fields that a 400 names as invalid out of the sweep, or raise it when it names none."""
    refused = refused_fields(refusal, state.fields)
    if not refused:
        raise refusal
    state.fields = [name for name in state.fields if name not in refused]
    state.note(f"the hub refused {counted(len(refused), 'field')}, no longer requested: {', '.join(refused)}")


def _enters_at(client: Client, walk: _Walk, state: SweepState) -> bool:
    """Whether the hub takes a cursor of our own making: all of ten records must lie at or behind it."""
    while True:
        try:
            records = client.ask(_first(client, walk, state, 10), lambda answer: whole_array(answer, NAME))
            break
        except Refused as refusal:
            if not refused_fields(refusal, state.fields):
                records = []
                break
            _drop_refused(refusal, state)
        except (ServerTrouble, BrokenPage, Blocked):
            records = []
            break
    created = [created_at(edge_of(record)) for record in records]
    taken = bool(created) and all(at is not None and walk.enter is not None and at >= walk.enter for at in created)
    if not taken:
        state.note("the hub did not accept a cursor that hubwatch made; started from the newest instead")
    return taken
