"""What is asked of ModelScope to see whether it is as this version expects: both ways of listing, their orders, and how deep the first one goes."""

from collections.abc import Callable
from typing import Any

from hubwatch.errors import HubFailure, Refused, ServerTrouble, TooDeep
from hubwatch.hubs.modelscope import creation, envelopes, openapi, walk
from hubwatch.hubs.paging import Listing
from hubwatch.hubs.probing import CHANGED, SAMPLE, Look, note_order
from hubwatch.net import Answer

_WINDOW = 10_000  # rows of the site's own listing, behind which one outside measurement found nothing


def probe(look: Look) -> None:
    """Both ways of listing, whether they agree, the order by downloads, and how deep the first one goes."""
    client = look.client
    refused: list[HubFailure] = []

    def cure(failure: HubFailure) -> str | None:
        if isinstance(failure, Refused) and envelopes.is_about_token(failure):
            refused.append(failure)
            return "renew or unset MODELSCOPE_API_TOKEN"
        return None

    def cure_of_own(failure: HubFailure) -> str:
        return cure(failure) or "full sweeps go by the OpenAPI while it is so, and end incomplete where that is cut"

    read = envelopes.listing
    own = look.ask("site listing", walk.dolphin_ask(client, 1, SAMPLE), read, cure_of_own)
    if own is not None:
        look.shape("site listing", own.records, walk.SHAPES[0])
        times = [envelopes.modified(record) for record in own.records]
        note_order(look, "order by change", [None if at is None else at.timestamp() for at in times])
        by_downloads = look.ask("order by downloads", walk.dolphin_ask(client, 1, SAMPLE, "DownloadsCount"), read)
        if by_downloads is not None:
            note_order(look, "order by downloads", [envelopes.downloads(record) for record in by_downloads.records])
        _creation(look, read)
        _depth(look, own.total, read)
    api = look.ask("openapi", openapi.openapi_ask(client, 1, SAMPLE), read, cure)
    if api is not None:
        look.shape("openapi", api.records, walk.SHAPES[1])
        if own is not None and own.total and api.total:
            agree = abs(own.total - api.total) <= 0.01 * own.total
            told = f"the site's own listing says {own.total} models, the OpenAPI {api.total}"
            look.found("totals", agree, told, "one of them hides models: compare before trusting either")
    look.token(False if refused else True if own or api else None)


def _creation(look: Look, read: Callable[[Answer], Listing]) -> None:
    """Note which spelling of the creation order is honoured, if any."""

    def first_page(sort: str) -> list[Any]:
        try:
            return look.peek(f"sorted by {sort}", walk.dolphin_ask(look.client, 1, SAMPLE, sort), read).records
        except (Refused, ServerTrouble, TooDeep):
            return []  # an order that is not known

    ignored = first_page(creation.NO_ORDER)
    honoured = next((sort for sort in creation.SPELLINGS if creation.is_believed(first_page(sort), ignored)), None)
    told = f"honoured as {honoured}" if honoured else f"ignored: neither {' nor '.join(creation.SPELLINGS)} changes the order"
    look.found("order by creation", True, f"{told}; sweeps of new models go by {'it' if honoured else 'last modification'}")


def _depth(look: Look, total: int | None, read: Callable[[Answer], Listing]) -> None:
    """Note whether the last page that the total promises is listed."""
    if not total:
        look.found("depth", False, "the hub says no total, so no sweep can be known to be complete", CHANGED)
        return
    if total > _WINDOW and not _goes_on(look, total, read):
        return
    number = -(-total // walk.PAGE)
    last = look.ask("depth", walk.dolphin_ask(look.client, number, walk.PAGE), read)
    if last is not None:
        told = f"page {number} of {walk.PAGE} records has {len(last.records)}, total {total}"
        look.found("depth", bool(last.records), told, "the listing is cut: sweeps end incomplete")


def _goes_on(look: Look, total: int, read: Callable[[Answer], Listing]) -> bool:
    """Note whether the listing goes on behind the window that one measurement found: its last page, and the one behind it."""
    number, cure = _WINDOW // walk.PAGE, f"the listing ends at {_WINDOW} rows: full sweeps go on in slices, and say what no slice reaches"
    last = look.ask(f"page {number}", walk.dolphin_ask(look.client, number, walk.PAGE), read)
    if last is None:
        return False
    behind = look.ask("window", walk.dolphin_ask(look.client, number + 1, walk.PAGE), read, lambda failure: cure)
    if behind is None:
        return False
    told = f"pages {number} and {number + 1} have {len(last.records)} and {len(behind.records)} records, total {total}"
    look.found("window", bool(behind.records), told, cure)
    return bool(behind.records)
