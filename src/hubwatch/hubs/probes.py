"""What is asked of each hub to see whether it is as this version expects: the listing's shape, order, depth and ways on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hubwatch.clock import now
from hubwatch.errors import HubFailure, Refused
from hubwatch.hubs.huggingface import fields as huggingface_fields
from hubwatch.hubs.huggingface import walk as huggingface
from hubwatch.hubs.modelscope import envelopes as modelscope_answers
from hubwatch.hubs.modelscope import openapi as modelscope_openapi
from hubwatch.hubs.modelscope import walk as modelscope
from hubwatch.hubs.paging import Listing
from hubwatch.hubs.wisemodel import licenses as wisemodel_licenses
from hubwatch.hubs.wisemodel import site_call as wisemodel_listing
from hubwatch.hubs.wisemodel import walk as wisemodel
from hubwatch.net import Answer, Ask, whole_json

if TYPE_CHECKING:
    from hubwatch.collect import Examination

LISTING_PATHS = {"huggingface": "/api/models", "modelscope": "/api/v1/dolphin/models", "wisemodel": "/api/v4/projects"}
_SAMPLE = 20  # records a page of a probe has
_LISTING_CURE = "correct or unset HUBWATCH_WISEMODEL_LISTING"
_CHANGED = "the hub has changed: look at the evidence, and update hubwatch"


def probe_huggingface(look: Examination) -> None:
    """Token, fields, order by creation, the next page, and a cursor of our own making."""
    client = look.client
    if client.has_token:
        said = look.ask("token", Ask(client.url("/api/whoami-v2")), _object, lambda failure: "renew it or unset HF_TOKEN")
        if said is not None:
            look.token(True)
    else:
        look.token(None)
    fields = [("expand[]", name) for name in huggingface_fields.FIELDS]
    params = [("limit", str(_SAMPLE)), ("sort", "createdAt"), ("direction", "1"), *fields]
    links: list[str] = []

    def read(answer: Answer) -> list[Any]:
        links.extend([answer.next_link] if answer.next_link else [])
        return _list(answer)

    records = look.ask("listing", Ask(client.url("/api/models", params)), read)
    if records is None:
        return
    look.shape("listing", records, huggingface.PROMISED)
    keys = [record.get("_id") for record in records if isinstance(record, dict)]
    look.found("order", _ascends(keys), "by creation, oldest first" if _ascends(keys) else f"_id does not ascend: {keys[:3]}", _CHANGED)
    if not links:
        look.found("next page", len(records) < _SAMPLE, "no Link to a next page", _CHANGED)
    else:
        _follow_link(look, links[0], keys)
    since = now() - timedelta(days=7)
    entered = look.ask("own cursor", Ask(client.url("/api/models", [*params, ("cursor", huggingface.keyset_cursor(since))])), _list)
    if entered is not None:
        created = [str(record.get("createdAt", "")) for record in entered if isinstance(record, dict)]
        taken = bool(created) and min(created) >= since.isoformat()[:19]
        look.found("own cursor", True, "taken" if taken else "not taken: sweeps of new models walk from the newest instead")


def _follow_link(look: Examination, link: str, keys: list[Any]) -> None:
    try:
        address = look.client.at_home(link, LISTING_PATHS[look.client.hub])
    except HubFailure as failure:
        look.found("next page", False, str(failure), _CHANGED)
        return
    after = look.ask("next page", Ask(address), _list)
    if after is not None:
        more = [record.get("_id", record.get("id")) for record in after if isinstance(record, dict)]
        repeats = bool(set(map(str, keys)) & set(map(str, more)))
        look.found("next page", not repeats, "repeats records of the first" if repeats else "goes on behind the first", _CHANGED)


def probe_modelscope(look: Examination) -> None:
    """Both ways of listing, whether they agree, the order by downloads, and how deep the first one goes."""
    client = look.client
    refused: list[HubFailure] = []

    def cure(failure: HubFailure) -> str | None:
        if isinstance(failure, Refused) and modelscope_answers.is_about_token(failure):
            refused.append(failure)
            return "renew or unset MODELSCOPE_API_TOKEN"
        return None

    def cure_of_own(failure: HubFailure) -> str:
        return cure(failure) or "full sweeps go by the OpenAPI while it is so, and end incomplete where that is cut"

    read = modelscope_answers.listing
    own = look.ask("site listing", modelscope.dolphin_ask(client, 1, _SAMPLE), read, cure_of_own)
    if own is not None:
        look.shape("site listing", own.records, modelscope.SHAPES[0])
        times = [modelscope_answers.modified(record) for record in own.records]
        _order(look, "order by change", [None if at is None else at.timestamp() for at in times])
        by_downloads = look.ask("order by downloads", modelscope.dolphin_ask(client, 1, _SAMPLE, "DownloadsCount"), read)
        if by_downloads is not None:
            _order(look, "order by downloads", [modelscope_answers.downloads(record) for record in by_downloads.records])
        _depth(look, own.total, read)
    api = look.ask("openapi", modelscope_openapi.openapi_ask(client, 1, _SAMPLE), read, cure)
    if api is not None:
        look.shape("openapi", api.records, modelscope.SHAPES[1])
        if own is not None and own.total and api.total:
            agree = abs(own.total - api.total) <= 0.01 * own.total
            told = f"the site's own listing says {own.total} models, the OpenAPI {api.total}"
            look.found("totals", agree, told, "one of them hides models: compare before trusting either")
    look.token(False if refused else True if own or api else None)


def _order(look: Examination, name: str, values: list[Any]) -> None:
    known = [value for value in values if value is not None]
    falls = known == sorted(known, reverse=True)
    look.found(name, falls, "falling, as asked for" if falls else f"not falling: {known[:5]}", _CHANGED)


def _depth(look: Examination, total: int | None, read: Callable[[Answer], Listing]) -> None:
    """Note whether the last page that the total promises is listed."""
    if not total:
        look.found("depth", False, "the hub says no total, so no sweep can be known to be complete", _CHANGED)
        return
    number = -(-total // modelscope.PAGE)
    last = look.ask("depth", modelscope.dolphin_ask(look.client, number, modelscope.PAGE), read)
    if last is not None:
        told = f"page {number} of {modelscope.PAGE} records has {len(last.records)}, total {total}"
        look.found("depth", bool(last.records), told, "the listing is cut: sweeps end incomplete")


def probe_wisemodel(look: Examination) -> None:
    """The project list and its way on, a license, a group's projects, what the front end shows, and the configured listing."""
    client = look.client
    params = [("pagination", "keyset"), ("order_by", "id"), ("sort", "asc"), ("per_page", str(_SAMPLE)), ("simple", "true")]
    links: list[str] = []

    def read(answer: Answer) -> list[Any]:
        links.extend([answer.next_link] if answer.next_link else [])
        return _list(answer)

    records = look.ask("project list", Ask(client.url("/api/v4/projects", [*params, ("visibility", "public")])), read)
    look.token(None if records is None else True)
    if records is not None:
        look.shape("project list", records, wisemodel.PROMISED)
        keys = [record.get("id") for record in records if isinstance(record, dict)]
        look.found("order", _ascends(keys), "by id, ascending" if _ascends(keys) else f"ids do not ascend: {keys[:5]}", _CHANGED)
        if links:
            _follow_link(look, links[0], keys)
        else:
            look.found("next page", True, "no Link; sweeps go on behind the last id")
        known = [record for record in records if isinstance(record, dict) and "id" in record]
        listings = [record for record in known if not (wisemodel_licenses.path_of(record) or "").startswith(wisemodel_licenses.CODES)]
        if code := len(known) - len(listings):
            told = f"{code} of the first {len(records)} projects are under {wisemodel_licenses.CODES}: no listings"
            look.found("code repositories", True, told)
        _project(look, next(iter(listings), None))
    shown = look.ask("front end", Ask(client.url("/models"), headers=(("Accept", "text/html"),)), lambda answer: answer.body)
    if shown is not None:
        links_found = shown.count(b'href="/models/') + shown.count(b"wisemodel.cn/models/")
        look.found("front end", True, f"{links_found} model links" if links_found else "an empty shell that a browser fills")
    _configured_listing(look)


def _project(look: Examination, project: dict[str, Any] | None) -> None:
    if project is None:
        return
    asked = Ask(look.client.url(f"/api/v4/projects/{project['id']}", [("license", "true")]))
    detail = look.ask("license", asked, _object)
    if detail is not None:
        told = (
            f"{project.get('path_with_namespace')} has {detail['license']}"
            if "license" in detail
            else "no key license in a project's detail"
        )
        look.found("license", "license" in detail, told, _CHANGED)
    owner = str(project.get("path_with_namespace", "")).split("/")[0]
    route = "users" if (project.get("namespace") or {}).get("kind") == "user" else "groups"
    address = look.client.url(f"/api/v4/{route}/{quote(owner, safe='')}/projects", [("per_page", "5"), ("simple", "true")])
    owned = look.ask("owner's projects", Ask(address), _list)
    if owned is not None:
        look.found("owner's projects", True, f"{owner} lists {len(owned)}")


def _configured_listing(look: Examination) -> None:
    try:
        listing = wisemodel_listing.configured(look.client.settings.wisemodel_listing)
        if listing is None:
            look.found("site listing", True, "not configured (HUBWATCH_WISEMODEL_LISTING): downloads and likes stay null")
            return
        asks = listing.asks(look.client)
    except HubFailure as failure:
        look.found("site listing", False, str(failure), _LISTING_CURE)
        return
    found = look.ask("site listing", asks(1, min(listing.page_size, _SAMPLE)), listing.read, lambda failure: _LISTING_CURE)
    if found is not None:
        empty = [
            name for name in listing.fields.configured() if not any(listing.value(record, name) is not None for record in found.records)
        ]
        told = f"{len(found.records)} records of {found.total}" + (f"; nothing at the field(s) {', '.join(empty)}" if empty else "")
        look.found("site listing", bool(found.records) and not empty, told, "correct the fields in HUBWATCH_WISEMODEL_LISTING")


def _list(answer: Answer) -> list[Any]:
    value = whole_json(answer, "doctor")
    if not isinstance(value, list):
        raise HubFailure(f"{answer.url} gave a JSON {type(value).__name__} where a list is due")
    return value


def _object(answer: Answer) -> dict[str, Any]:
    value = whole_json(answer, "doctor")
    if not isinstance(value, dict):
        raise HubFailure(f"{answer.url} gave a JSON {type(value).__name__} where an object is due")
    return value


def _ascends(keys: list[Any]) -> bool:
    return all(type(key) is type(keys[0]) and key is not None for key in keys) and keys == sorted(set(keys))


PROBES: dict[str, Callable[[Any], None]] = {
    "huggingface": probe_huggingface,
    "modelscope": probe_modelscope,
    "wisemodel": probe_wisemodel,
}
