"""What is asked of WiseModel to see whether it is as this version expects: projects, a license, an owner, and the configured listing."""

from typing import Any
from urllib.parse import quote

from hubwatch.errors import HubFailure
from hubwatch.hubs.probing import CHANGED, SAMPLE, Look, a_list, an_object, ascends, follow_link
from hubwatch.hubs.wisemodel import licenses, site_call, walk
from hubwatch.net import Answer, Ask

_LISTING_CURE = "correct or unset HUBWATCH_WISEMODEL_LISTING"


def probe(look: Look) -> None:
    """The project list and its way on, a license, a group's projects, what the front end shows, and the configured listing."""
    client = look.client
    params = [("pagination", "keyset"), ("order_by", "id"), ("sort", "asc"), ("per_page", str(SAMPLE)), ("simple", "true")]
    links: list[str] = []

    def read(answer: Answer) -> list[Any]:
        links.extend([answer.next_link] if answer.next_link else [])
        return a_list(answer)

    records = look.ask("project list", Ask(client.url(walk.ROUTE, [*params, ("visibility", "public")])), read)
    look.token(None if records is None else True)
    if records is not None:
        look.shape("project list", records, walk.PROMISED)
        keys = [record.get("id") for record in records if isinstance(record, dict)]
        look.found("order", ascends(keys), "by id, ascending" if ascends(keys) else f"ids do not ascend: {keys[:5]}", CHANGED)
        if links:
            follow_link(look, links[0], walk.ROUTE, keys)
        else:
            look.found("next page", True, "no Link; sweeps go on behind the last id")
        known = [record for record in records if isinstance(record, dict) and "id" in record]
        listings = [record for record in known if not (licenses.path_of(record) or "").startswith(licenses.CODES)]
        if code := len(known) - len(listings):
            told = f"{code} of the first {len(records)} projects are under {licenses.CODES}: no listings"
            look.found("code repositories", True, told)
        _project(look, next(iter(listings), None))
    shown = look.ask("front end", Ask(client.url("/models"), headers=(("Accept", "text/html"),)), lambda answer: answer.body)
    if shown is not None:
        links_found = shown.count(b'href="/models/') + shown.count(b"wisemodel.cn/models/")
        look.found("front end", True, f"{links_found} model links" if links_found else "an empty shell that a browser fills")
    _configured_listing(look)


def _project(look: Look, project: dict[str, Any] | None) -> None:
    if project is None:
        return
    asked = Ask(look.client.url(f"/api/v4/projects/{project['id']}", [("license", "true")]))
    detail = look.ask("license", asked, an_object)
    if detail is not None:
        told = (
            f"{project.get('path_with_namespace')} has {detail['license']}"
            if "license" in detail
            else "no key license in a project's detail"
        )
        look.found("license", "license" in detail, told, CHANGED)
    owner = str(project.get("path_with_namespace", "")).split("/")[0]
    route = "users" if (project.get("namespace") or {}).get("kind") == "user" else "groups"
    address = look.client.url(f"/api/v4/{route}/{quote(owner, safe='')}/projects", [("per_page", "5"), ("simple", "true")])
    owned = look.ask("owner's projects", Ask(address), a_list)
    if owned is not None:
        look.found("owner's projects", True, f"{owner} lists {len(owned)}")


def _configured_listing(look: Look) -> None:
    try:
        listing = site_call.configured(look.client.own.listing)
        if listing is None:
            look.found("site listing", True, "not configured (HUBWATCH_WISEMODEL_LISTING): downloads and likes stay null")
            return
        asks = listing.asks(look.client)
    except HubFailure as failure:
        look.found("site listing", False, str(failure), _LISTING_CURE)
        return
    found = look.ask("site listing", asks(1, min(listing.page_size, SAMPLE)), listing.read, lambda failure: _LISTING_CURE)
    if found is not None:
        empty = [
            name for name in listing.fields.configured() if not any(listing.value(record, name) is not None for record in found.records)
        ]
        told = f"{len(found.records)} records of {found.total}" + (f"; no value at {', '.join(empty)}" if empty else "")
        look.found("site listing", bool(found.records) and not empty, told, "correct the fields in HUBWATCH_WISEMODEL_LISTING")
