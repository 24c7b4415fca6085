"""A fourth hub, as somebody would add it: a folder with a `HUB` and a `record.sql`. Its listing is the one of modelers.cn.

`GET /server/model?page_num&count_per_page` gives {"code": 200, "data": {"total": n, "models": [{"id", "owner", "name", ...}]}}.
"""

from collections.abc import Iterator
from typing import Any

from hubwatch.errors import BrokenPage
from hubwatch.hubs.hub import Hub, Site
from hubwatch.hubs.paging import Listing, Numbered, numbered_pages
from hubwatch.hubs.probing import SAMPLE, Look
from hubwatch.net import Answer, Ask, Client, whole_json
from hubwatch.pages import Kept, Page, Sweep, SweepState

ROUTE = "/server/model"
PAGE = 20
PROMISED = {"owner": "text", "name": "text", "created_at": "number", "download_count": "number"}


def records_of(page: Any) -> list[Any]:
    """The records of a page's JSON."""
    return list(page["data"]["models"])


def listing(answer: Answer) -> Listing:
    """The records of an answer, and how many there are."""
    page = whole_json(answer, "modelers")
    if not isinstance(page, dict) or page.get("code") != 200:
        raise BrokenPage(f"modelers: {answer.ask} gave no listing")
    return Listing(records_of(page), page["data"]["total"])


def model_id(record: Any) -> str:
    return f"{record['owner']}/{record['name']}"


def ask(client: Client, number: int, size: int) -> Ask:
    """The request for one page."""
    return Ask(client.url(ROUTE, [("page_num", str(number)), ("count_per_page", str(size)), ("count", "true")]))


def pages(client: Client, sweep: Sweep, kept: Kept, state: SweepState) -> Iterator[Page]:
    """Every page of the listing that is not kept yet."""
    how = Numbered("main", lambda number, size: ask(client, number, size), listing, model_id, PAGE, is_whole=True)
    for page in numbered_pages(client, how, kept, sweep.limit):
        state.listed_total = page.facts.total
        yield page


def probe(look: Look) -> None:
    """The listing and its shape."""
    found = look.ask("listing", ask(look.client, 1, SAMPLE), listing)
    if found is not None:
        look.shape("listing", found.records, PROMISED)


HUB = Hub(
    package=__name__,
    sites=(
        Site(
            name="modelers",
            title="Modelers",
            title_zh="魔乐社区",
            address="https://modelers.cn",
            model_path="/models/",
            is_chinese=True,
        ),
    ),
    endpoint_variable="MODELERS_ENDPOINT",
    token_variable="MODELERS_TOKEN",
    rate=2.0,
    counters="counts downloads since creation",
    listing_path=ROUTE,
    pages=pages,
    probe=probe,
    promised=PROMISED,
    records="json_extract(page, '$.data.models')::JSON[]",
    is_envelope=lambda value: "data" in value or "models" in value,
    records_of=records_of,
)
