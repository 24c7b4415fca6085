"""ModelScope (modelscope.cn, modelscope.ai): how to ask for every public model.

Established: the site's own listing, `PUT /api/v1/dolphin/models`, pages of 100 by number, times in Unix seconds (the
vendor's SDK, recorded replies). The documented OpenAPI, `GET /openapi/v1/models`, pages of at most 50 and never deeper
than 3000 rows; see openapi.py. `Downloads` is cumulative. Owners are case-sensitive.
Uncertain: rate limits (2 requests a second unless configured), what a wall looks like (any web page counts as one),
whether the site's own listing has a window; see slices.py.

Creation order has two spellings on the site's own listing, one of which may be ignored, and none on the OpenAPI: a sweep of
what is new goes by it where it holds (creation.py), else by last modification. A full sweep goes by last modification, newest
first: what is modified meanwhile comes to the front, so nothing unmodified is missed; what was modified before the walk reached
it is looked for at the front again.
"""

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from hubwatch.errors import Blocked, BrokenPage, Refused, SoftError, TooDeep
from hubwatch.hubs.modelscope import creation, openapi, slices
from hubwatch.hubs.modelscope import envelopes as answers
from hubwatch.hubs.paging import Numbered, fell, latest_total, numbered_pages, seen, shortfall, total_of
from hubwatch.net import Ask, Client
from hubwatch.pages import Kept, Page, PageFacts, Sweep, SweepState

NAME = "modelscope"
ROUTE = "/api/v1/dolphin/models"
PAGE = 100
_DOLPHIN = {"Path": "text", "Name": "text", "Downloads": "number", "Stars": "number", "CreatedTime": "number", "LastUpdatedTime": "number"}
# What each kind of record promises, with its JSON type; the first key tells the kind.
SHAPES = (_DOLPHIN, openapi.PROMISED)
PROMISED = _DOLPHIN | openapi.PROMISED
# The keys of the site's own records that record.sql reads.
RECORD_KEYS = frozenset(
    (
        *("Id", "Path", "Name", "ChineseName", "CreatedTime", "LastUpdatedTime", "Downloads", "Stars", "License", "Tasks", "Libraries"),
        *("Frameworks", "BaseModel", "Visibility", "IsPublished", "BaseModelRelation", "ModelInfos", "AigcType", "IsOnline"),
    )
)
# Those of the OpenAPI's records that it reads, and what profiles are made of.
OTHER_KEYS = frozenset(
    (
        "id",
        "display_name",
        "created_at",
        "last_modified",
        "downloads",
        "likes",
        "license",
        "tasks",
        "tags",
        "params",
        "gated",
        "private",
        "Organization",
        *("Organization.Name", "Organization.FullName", "Organization.Type", "ModelInfos.safetensor", "ModelInfos.safetensors"),
    )
)
# How DuckDB finds the records of a kept page: in whichever envelope, see envelopes.py.
_PLACES = tuple(
    f"$.{data}{inner}" for data in ("Data", "data") for inner in (".Model.Models", ".Model.models", ".Model", ".Models", ".models", "")
)
RECORDS = "case " + " ".join(f"when json_type(page, '{at}') = 'ARRAY' then json_extract(page, '{at}')::JSON[]" for at in _PLACES) + " end"
CLOCKS_APART = timedelta(hours=1)  # by which the hub's clock may be ahead of ours
_CHANGED = "GmtModified"
_BY_CHANGE = "listed by last modification"
_WHOLE = (slices.FRONT, "front-1", "front-2", "front-3")  # partitions of a full sweep: the walk, and looks at what changed under it
_AGAIN = "again"  # and the walk once more, where a deletion may have drawn a model past the walk and the hub is small enough
_SMALL = 5000  # models that are cheap to list twice


def records_of(page: object) -> list[object]:
    """The records of a page's JSON, in any of the envelopes."""
    found = answers.listing_of(page)
    return found.records if found else []


def pages(client: Client, sweep: Sweep, kept: Kept, state: SweepState) -> Iterator[Page]:
    """Every page of the sweep that is not kept yet; a page's `next` is the offset where its partition goes on."""
    state.short = None
    if sweep.kind == "owners":
        state.owners = sorted({*state.owners, *sweep.owners})
    if sweep.kind in ("new", "window"):
        state.since, state.until = sweep.wanted_since, sweep.until
    try:
        if state.strategy != "openapi":
            yield from _dolphin_unless_refused(client, sweep, kept, state)
        if state.strategy == "openapi":
            if sweep.kind in ("new", "window"):
                state.note(_BY_CHANGE)
            yield from openapi.pages(client, sweep, kept, state)
    except Refused as refusal:
        raise answers.with_token_cure(refusal) from refusal


def _dolphin_unless_refused(client: Client, sweep: Sweep, kept: Kept, state: SweepState) -> Iterator[Page]:
    """The sweep by the site's own listing; when its very first page is refused, the other way is chosen and nothing comes."""
    try:
        for page in _dolphin(client, sweep, kept, state):
            if state.strategy is None:
                state.strategy = "dolphin"
                state.note("listed by dolphin, the site's own listing")
            yield page
    except (Refused, SoftError, Blocked, BrokenPage, TooDeep) as failure:
        if state.strategy is not None or (isinstance(failure, Refused) and answers.is_about_token(failure)):
            raise
        state.strategy = "openapi"
        state.note(f"listed by the OpenAPI, because the site's own listing is refused: {failure}")


def dolphin_ask(
    client: Client, number: int, size: int, sort: str = _CHANGED, criterion: Mapping[str, Any] | None = None, name: str = ""
) -> Ask:
    """The request for one page of the site's own listing."""
    criteria = [] if criterion is None else [criterion]
    body = {
        "Name": name,
        "PageSize": size,
        "PageNumber": number,
        "SortBy": sort,
        "Target": "",
        "Criterion": criteria,
        "SingleCriterion": [],
    }
    return Ask(client.url(ROUTE), "PUT", json.dumps(body, ensure_ascii=False).encode())


def _dolphin(client: Client, sweep: Sweep, kept: Kept, state: SweepState) -> Iterator[Page]:
    def walk(partition: str, left: int | None, is_over: Callable[[Any], bool] | None = None, **question: Any) -> Iterator[Page]:
        def ask(number: int, size: int) -> Ask:
            return dolphin_ask(client, number, size, **question)

        is_whole = partition == _WHOLE[0]

        def meet(window: int) -> None:
            if is_whole:
                state.strategy = slices.chosen(window)
            else:
                state.lack(f"the site's own listing shows {window} rows of a question, which is not all of {partition}")

        depth = slices.window_of(state)
        if is_whole and depth is not None and kept(partition) is not None:
            return  # walked up to the window already
        how = Numbered(partition, ask, answers.listing, answers.model_id, PAGE, depth, is_over, is_whole, meet)
        yield from numbered_pages(client, how, kept, left)

    if sweep.kind == "head":
        yield from walk(f"floor-{sweep.floor}", sweep.limit, openapi.below(sweep.floor), sort="DownloadsCount")
    elif sweep.kind in ("new", "window"):
        if sweep.limit is None:
            by_creation = creation.Creation(
                client, functools.partial(dolphin_ask, client), PAGE, kept, state, sweep.wanted_since, creation.nearer(sweep, kept)
            )
            if (yield from by_creation.pages()):
                return
        state.note(_BY_CHANGE)
        yield from walk("modified", sweep.limit, openapi.older_than(creation.changed_since(sweep, kept, state)))
    elif sweep.kind == "owners":
        yield from _dolphin_owners(client, sweep, kept, state, walk)
    else:
        for page in walk(_WHOLE[0], sweep.limit):
            state.listed_total = latest_total(state.listed_total, page.facts)
            yield page
        if sweep.limit is not None:
            return
        if (window := slices.window_of(state)) is not None:
            yield from _in_slices(client, kept, state, walk, window)
            return
        yield from _again(kept, walk)
        if fell(kept.read(_WHOLE[0])) and (state.listed_total or 0) <= _SMALL:
            yield from walk(_AGAIN, None)
        _judge(kept, state, *_WHOLE, _AGAIN)


def _in_slices(client: Client, kept: Kept, state: SweepState, walk: Callable[..., Iterator[Page]], window: int) -> Iterator[Page]:
    """What lies behind the window of the site's own listing, then once more the front, where all is that changed meanwhile."""
    state.listed_total = total_of(kept.pages.facts([_WHOLE[0]])) or state.listed_total

    def ask(number: int, size: int, **question: Any) -> Ask:
        return dolphin_ask(client, number, size, **question)

    parts = slices.Slices(client, ask, PAGE, kept, state, window)
    yield from parts.pages()
    begun = _begun(kept)
    if parts.missing and begun is not None:
        for page in walk(_WHOLE[1], None, openapi.older_than(begun)):
            state.listed_total = latest_total(state.listed_total, page.facts)
            yield page
            parts.take(page)
    parts.judge()


def _begun(kept: Kept) -> datetime | None:
    """When the walk of the whole hub began, by the hub's own clock: what is dated behind that says nothing of it."""
    first = next(kept.read(_WHOLE[0]), None)
    times = [at for record in answers.listing_in(first.body).records if (at := answers.modified(record))] if first else []
    return max((at for at in times if first and at <= first.facts.at.replace(tzinfo=None) + CLOCKS_APART), default=None)


def _again(kept: Kept, walk: Callable[..., Iterator[Page]]) -> Iterator[Page]:
    """The front of the listing once more while models are missing: what changed meanwhile is there, by the hub's own clock."""
    begun = _begun(kept)
    for partition in _WHOLE[1:]:
        if begun is not None and _missing(kept, *_WHOLE):
            yield from walk(partition, None, openapi.older_than(begun))


def _of_owner(owner: str) -> dict[str, Any]:
    return {"category": "organizations", "predicate": "contains", "values": [owner]}


def _dolphin_owners(client: Client, sweep: Sweep, kept: Kept, state: SweepState, walk: Callable[..., Iterator[Page]]) -> Iterator[Page]:
    """Each owner by the organization criterion; a person's namespace, which that does not know, by the OpenAPI."""
    left = sweep.limit
    for owner in sweep.owners:
        partition = f"owner-{owner}"
        state.owns(owner, partition)
        for page in walk(partition, left, criterion=_of_owner(owner)):
            yield page
            left = None if left is None else left - page.facts.records
        if left is not None and left <= 0:
            return
        if not _lists(kept, partition, owner):
            state.note(f"{owner} is no organization to the site's own listing; asked for by the OpenAPI")
            for page in openapi.owner_pages(client, owner, kept, state, left):
                yield page
                left = None if left is None else left - page.facts.records
        elif left is None:
            _judge(kept, state, partition)
        if left is not None and left <= 0:
            return


def _lists(kept: Kept, partition: str, owner: str) -> bool:
    ids = (answers.model_id(record) for page in kept.read(partition) for record in answers.listing_in(page.body).records)
    return any(name is not None and name.startswith(f"{owner}/") for name in ids)


def _missing(kept: Kept, *partitions: str) -> tuple[int, int] | None:
    """How many different models were seen and how many the hub says there are, when these differ."""
    told: list[PageFacts] = []

    def noted() -> Iterator[Page]:
        for page in (page for name in partitions for page in kept.read(name)):
            told.append(page.facts)
            yield page

    found = seen(noted(), answers.listing_in, answers.model_id)
    total = total_of(told)
    return (found, total) if total is not None and found < total else None


def _judge(kept: Kept, state: SweepState, *partitions: str) -> None:
    """Say what slipped through; more than the moving order explains makes the sweep incomplete."""
    missing = _missing(kept, *partitions)
    if missing is None:
        return
    found, total = missing
    short = shortfall(found, total)
    if short:
        state.short = f"{short}; collect again with --fresh"
    else:
        state.note(f"{total - found} of {total} models slipped through while the order moved")
