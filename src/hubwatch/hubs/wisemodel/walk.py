"""WiseModel (wisemodel.cn): a GitLab behind a front end; how to ask it for every public project.

Established: the vendor's SDK reads public projects with an anonymous GitLab client, so the GitLab API v4 answers.
Its project list by keyset on the id (`Link: rel="next"`, or `id_after`) is GitLab's documentation, not yet seen here:
`hubwatch doctor wisemodel` tells. The API gives neither downloads nor the site's likes: they are null, never 0, unless the
operator configures the site's own listing call (site_call.py). Models and data sets share one namespace, so
what a project is stays unknown; `codes/...` are code repositories and no listings.
Uncertain: rate limits (1 request a second unless configured).
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import msgspec

from hubwatch.errors import Blocked, BrokenPage, HubFailure, LoopingPages, PageDamage, Refused
from hubwatch.hubs.paging import Listing, Numbered, latest_total, numbered_pages, seen, shortfall, total_of, whole
from hubwatch.hubs.wisemodel import licenses
from hubwatch.hubs.wisemodel import site_call as site
from hubwatch.net import Answer, Ask, Client, lenient_json, whole_array, whole_json
from hubwatch.pages import Kept, Page, PageFacts, Sweep, SweepPages, SweepState

NAME = "wisemodel"
PAGE = 100
ROUTE = "/api/v4/projects"
PROMISED = {"path_with_namespace": "text", "id": "number", "created_at": "text", "last_activity_at": "text"}
# A page is a list of projects, or an answer of the configured listing (`listed`), or one project looked up for its license.
_SITE = "json_extract(page, coalesce(getvariable('mapping')->>'$.items', '$.data.list'))"
# Where that call answers with a bare list, it is told from a list of projects by its first record.
RECORDS = f"""case when json_type(page) = 'ARRAY' and (getvariable('mapping')->>'$.items') = '$' and json_type(page, '$[0].last_activity_at') is null
    then list_transform(page::JSON[], lambda record: json_object('listed', record))
  when json_type(page) = 'ARRAY' then page::JSON[]
  when json_type({_SITE}) = 'ARRAY' then list_transform({_SITE}::JSON[], lambda record: json_object('listed', record))
  else [json_object('looked_up', page)] end"""
_EMPTY_TRIES = 2  # how often a page behind others is empty until that is believed to be the end
_WAYS = {"projects": "GitLab's project list", "listing": "the site's own listing"}  # partitions of a full sweep
_KEYSET = (("pagination", "keyset"), ("order_by", "id"), ("sort", "asc"))
_PUBLIC = (("simple", "true"), ("visibility", "public"))  # a token would show private projects, too


class _Edge(msgspec.Struct):
    """The little of a project that a walk needs to know where it is."""

    id: int | None = None


@dataclass(frozen=True)
class _Reading:
    """How many projects a page has and where the walk goes on: `link` is kept, `next` is asked (none at a limit)."""

    records: int
    link: str | None
    next: Ask | None
    is_repeated: bool = False  # the page before once more: there is no other


def records_of(page: object) -> list[object]:
    """The projects of a page's JSON; none for a look-up or the configured listing."""
    if not isinstance(page, list):
        return []
    return page if any(isinstance(record, dict) and record.keys() & {"path_with_namespace", "last_activity_at"} for record in page) else []


def pages(client: Client, sweep: Sweep, kept: Kept, state: SweepState) -> Iterator[Page]:
    """Every page of the sweep that is not kept yet, then license look-ups within the budget."""
    state.short, listing = None, site.configured(client.own.listing)
    if sweep.kind == "head":
        raise HubFailure("wisemodel: a head sweep goes by downloads, and GitLab tells none; use --sweep full, new or owners")
    state.strategy = state.strategy or ("gitlab_v4" if listing is None else "gitlab_v4 and the configured listing")
    yield from _listed(client, sweep, kept, state, listing)
    if sweep.kind == "full" and sweep.limit is None:
        _judge_ways(kept, state)
    _note_code_repositories(kept, state)
    yield from licenses.pages(client, sweep.license_budget, kept, state)


def _listed(client: Client, sweep: Sweep, kept: Kept, state: SweepState, listing: site.SiteListing | None) -> Iterator[Page]:
    if sweep.kind == "owners":
        yield from _owners(client, sweep, kept, state)
    elif sweep.kind in ("new", "window"):
        state.since, state.until = sweep.wanted_since, sweep.until
        yield from _keyset(client, "active", (("last_activity_after", f"{state.since.isoformat()}Z"),), kept, sweep.limit)
    elif listing is None:
        yield from _keyset(client, "projects", (), kept, sweep.limit)
    else:
        left = sweep.limit
        for page in _projects_unless_refused(client, sweep, kept, state):
            yield page
            left = None if left is None else left - page.facts.records
        if left is None or left > 0:
            yield from _site(client, listing, kept, state, left)


def _projects_unless_refused(client: Client, sweep: Sweep, kept: Kept, state: SweepState) -> Iterator[Page]:
    """The project list; where it is refused and the site's own listing is configured, that is enough."""
    try:
        yield from _keyset(client, "projects", (), kept, sweep.limit)
    except (Refused, Blocked, BrokenPage) as failure:
        if kept("projects"):
            raise
        state.strategy = "the configured listing"
        state.note(f"listed by the configured call alone, because GitLab's project list is refused: {failure}")


def _site(client: Client, listing: site.SiteListing, kept: Kept, state: SweepState, left: int | None) -> Iterator[Page]:
    state.mapping = listing.mapping()
    how = Numbered("listing", listing.asks(client), listing.read, listing.model_id, listing.page_size, is_whole=True)
    for page in numbered_pages(client, how, kept, left):
        state.listed_total = latest_total(state.listed_total, page.facts)
        yield page
    if left is None:
        found = seen(kept.read("listing"), lambda body: listing.listing_of(lenient_json(body)) or Listing([], None), listing.model_id)
        state.short = shortfall(found, state.listed_total)


def _keyset(client: Client, partition: str, narrowed: tuple[tuple[str, str], ...], kept: Kept, left: int | None) -> Iterator[Page]:
    """The projects by ascending id from where the partition stands, at most `left` of them."""
    last = kept(partition)
    start = client.url(ROUTE, [*_KEYSET, ("per_page", str(_page_size(left))), *_PUBLIC, *narrowed])
    if last is not None:
        if last.next is None:
            return
        start = _with(client.at_home(last.next, ROUTE), per_page=str(_page_size(left)))
    # Of each page: projects wanted, the last id before it, and whether it is asked for although the page before it seemed to be the last.
    before: dict[Ask, tuple[int | None, int, bool]] = {Ask(start): (left, -1, last is None)}
    empty, full, linked = 0, 0, False

    def read(answer: Answer) -> _Reading:
        nonlocal empty, full, linked
        wanted, behind, is_doubted = before[answer.ask]
        records = whole_array(answer, NAME)
        if not records:
            empty += 1
            if behind < 0 and last is None and not narrowed:
                raise BrokenPage(f"{NAME}: {answer.url} lists nothing at all")
            if answer.next_link or (empty < _EMPTY_TRIES and not is_doubted):
                said = "names a next page" if answer.next_link else "the page before it was full"
                raise BrokenPage(f"{NAME}: {answer.url} is empty, but {said}")
            return _Reading(0, None, None)
        end = _edge(records[-1])
        if end is not None and end <= behind and is_doubted:
            return _Reading(len(records), None, None, is_repeated=True)  # a hub that has no more and reads no cursor
        if end is not None and end <= behind:
            raise LoopingPages(f"{NAME}: {answer.url} ends at project {end}, not behind {behind}, where the page before it ended")
        empty, linked = 0, linked or answer.next_link is not None
        goes_on = answer.next_link is not None or bool(answer.headers.get("x-next-page", "").strip())
        # Links, headers and records can all be lost on one page, so what seems to be the last one is asked behind, too.
        seems_last = not goes_on and (linked or len(records) < (full or _page_size(wanted)))
        full = max(full, len(records))
        link = _next(client, answer, end, seems_last)
        wanted = None if wanted is None else wanted - len(records)
        if link is None or (wanted is not None and wanted <= 0):
            return _Reading(len(records), link, None)
        after = Ask(_with(link, per_page=str(_page_size(wanted))))
        before.setdefault(after, (wanted, behind if end is None else end, seems_last))
        return _Reading(len(records), link, after)

    for answer, reading in client.walk(Ask(start), read):
        facts = PageFacts(answer.url, answer.status, answer.at, reading.records, len(answer.body), reading.link)
        yield Page(facts, answer.body, partition)


def _next(client: Client, answer: Answer, end: int | None, seems_last: bool) -> str | None:
    """Where the walk goes on behind a page: by the hub's link, else (a front end may drop it) behind the last id."""
    if answer.next_link:
        return client.at_home(answer.next_link, ROUTE)
    if end is not None:
        return _with(answer.ask.url, id_after=str(end), page=None)
    if seems_last:
        return None
    raise BrokenPage(f"{NAME}: {answer.url} is full, names no next page, and its last project has no id")


def _owners(client: Client, sweep: Sweep, kept: Kept, state: SweepState) -> Iterator[Page]:
    """The projects of each group, or of the user of that name."""
    left = sweep.limit
    for owner in sweep.owners:
        for page in _owner(client, owner, kept, state, left):
            yield page
            left = None if left is None else left - page.facts.records
        if left is not None and left <= 0:
            return


def _owner(client: Client, owner: str, kept: Kept, state: SweepState, left: int | None) -> Iterator[Page]:
    for route in ("groups", "users"):
        how = _owned(client, route, owner)
        state.owns(owner, how.partition)
        try:
            yield from numbered_pages(client, how, kept, left)
            total = total_of(page.facts for page in kept.read(how.partition))
            found = seen(kept.read(how.partition), lambda body: Listing(records_of(lenient_json(body)), None), licenses.path_of)
            if left is None and (short := shortfall(found, total)):
                state.lack(f"{owner}: {short}; collect again with --fresh")
            return
        except Refused as refusal:
            if refusal.status != 404:
                raise
    state.lack(f"there is no group or user {owner}")


def _owned(client: Client, route: str, owner: str) -> Numbered:
    def ask(number: int, size: int) -> Ask:
        params = [("order_by", "id"), ("sort", "asc"), ("per_page", str(size)), ("page", str(number)), *_PUBLIC]
        return Ask(client.url(f"/api/v4/{route}/{quote(owner, safe='')}/projects", params))

    def read(answer: Answer) -> Listing:
        found = whole_json(answer, NAME)
        if not isinstance(found, list):
            raise BrokenPage(f"{NAME}: {answer.ask} returned a JSON {type(found).__name__} instead of a list")
        return Listing(found, whole(answer.headers.get("x-total")))

    return Numbered(f"{route}-{owner}", ask, read, licenses.path_of, PAGE)


def _judge_ways(kept: Kept, state: SweepState) -> None:
    """A sweep that goes without a listing that the one before had is short: what only that lists is not gone for it. The next one is the rule."""
    before = next((pages for pages in kept.earlier() if pages.sweep == "full" and _was_everything(pages)), None)
    lost = [told for partition, told in _WAYS.items() if before and before.segments(partition) and not kept.pages.segments(partition)]
    if before and lost:
        state.lack(f"listed without {lost[0]}, unlike on {before.day}: what only that lists is not known")


def _was_everything(pages: SweepPages) -> bool:
    """Whether the sweep ended and was not limited; of one whose state is damaged nobody can say, and `verify` names it."""
    with contextlib.suppress(PageDamage):
        state = pages.state()
        return state is not None and state.finished_at is not None and not state.limited
    return False


def _note_code_repositories(kept: Kept, state: SweepState) -> None:
    count = sum(project.path.startswith(licenses.CODES) for project in licenses.projects(kept))
    if count:
        state.notes = [note for note in state.notes if not note.endswith("under codes/ are no listings")]
        state.note(f"{count} code repositories under codes/ are no listings")


def _edge(record: msgspec.Raw) -> int | None:
    try:
        return msgspec.json.decode(record, type=_Edge).id
    except (msgspec.DecodeError, UnicodeDecodeError):  # the loader rejects it with its reason; the walk goes on
        project = lenient_json(bytes(record))
        known = project.get("id") if isinstance(project, dict) else None
        return whole(known)


def _page_size(wanted: int | None) -> int:
    return PAGE if wanted is None else min(PAGE, wanted)


def _with(url: str, **changed: str | None) -> str:
    """The same address with other values of these parameters, or without them."""
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in changed]
    return urlunsplit(parts._replace(query=urlencode([*query, *((name, value) for name, value in changed.items() if value is not None)])))
