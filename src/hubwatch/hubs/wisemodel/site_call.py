"""WiseModel's own listing call, as far as the operator has established and configured it; asked for nothing otherwise.

Established of the gateway's other calls: `{"code": 0, "message": ..., "data": {"list": [...], "total": n}}`, the page in
the body's `baseReq`, `code` a number or text ("B2002": the token is worn out, 10003: not found).
"""

import json
import os
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hubwatch.errors import BrokenPage, HubFailure, Refused, SoftError, UsageError
from hubwatch.hubs.paging import Listing, whole
from hubwatch.net import Answer, Ask, Client, header_text, whole_json

_HUB = "wisemodel"
_VARIABLE = "HUBWATCH_WISEMODEL_LISTING"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ok(_Strict):
    """What an answer that is no failure says at a place, compared as text."""

    pointer: str = "code"
    equals: str = "0"


class Fields(_Strict):
    """Where a record has what; empty: it does not say."""

    id: str = ""
    owner: str = ""
    name: str = ""
    title: str = ""
    downloads: str = ""
    likes: str = ""
    created_at: str = ""
    modified_at: str = ""
    license: str = ""
    task: str = ""

    def configured(self) -> dict[str, str]:
        """The fields that are said, with where they are."""
        return {name: pointer for name, pointer in self.model_dump().items() if pointer}


class SiteListing(_Strict):
    """The site's own listing call as configured."""

    method: Literal["GET", "POST", "PUT"] = "POST"
    path: str = ""
    page_size: int = Field(default=100, ge=1, le=1000)
    first_page: int = Field(default=1, ge=0)
    items: str = "data.list"  # empty: the answer itself is the list
    total: str = "data.total"
    bearer_env: str = ""
    ok: Ok = Ok()
    query: dict[str, str] = {}
    body: dict[str, Any] = {}
    fields: Fields = Fields()

    @model_validator(mode="after")
    def _can_be_asked(self) -> "SiteListing":
        if not self.path:
            return self
        if not self.path.startswith("/"):
            raise ValueError("path must begin with /")
        if "{page}" not in json.dumps([self.query, self.body]):
            raise ValueError("neither query nor body says where {page} goes")
        if not (self.fields.id or (self.fields.owner and self.fields.name)):
            raise ValueError("fields must say where the id is, or owner and name")
        return self

    def mapping(self) -> dict[str, str]:
        """Where the loader finds records and fields, as JSON paths; kept with the pages."""
        paths = {name: _json_path(pointer) for name, pointer in self.fields.configured().items()}
        return {"items": _json_path(self.items)} | paths

    def asks(self, client: Client) -> Callable[[int, int], Ask]:
        """How a page by number and size is asked."""
        headers: tuple[tuple[str, str], ...] = ()
        if self.bearer_env:
            try:
                token = header_text(self.bearer_env, os.environ.get(self.bearer_env, ""))
            except UsageError as error:  # the other hubs go on
                raise HubFailure(f"{_HUB}: {error}") from None
            if not token:
                raise HubFailure(f"{_HUB}: the configured listing needs a token; set {self.bearer_env}")
            headers = (("Authorization", f"Bearer {token}"),)

        def ask(number: int, size: int) -> Ask:
            page = number - 1 + self.first_page
            query = urlencode({name: _filled(value, page, size) for name, value in self.query.items()})
            url = client.url(self.path) + (f"?{query}" if query else "")
            body = json.dumps(_filled(self.body, page, size), ensure_ascii=False).encode() if self.method != "GET" else None
            return Ask(url, self.method, body, headers)

        return ask

    def read(self, answer: Answer) -> Listing:
        """The records of an answer; a failure said inside it is raised by name."""
        page = whole_json(answer, _HUB)
        said = _at(page, self.ok.pointer)
        if self.ok.pointer and str(said) != self.ok.equals:
            told = f"{_HUB}: {answer.ask} answered {answer.status}, but says {self.ok.pointer} {said}: {_at(page, 'message')}"
            if str(said) == "B2002":
                raise Refused(f"{told}; the token was not accepted: renew it", 401, answer.body)
            if str(said) == "10003":
                raise Refused(told, 404, answer.body)
            raise SoftError(told)
        found = self.listing_of(page)
        if found is None:
            raise BrokenPage(f"{_HUB}: {answer.ask} has no list at {self.items or 'its top'}; correct {_VARIABLE}")
        return found

    def listing_of(self, page: object) -> Listing | None:
        """The records and the total of an answer, or None when there is no list where it is due."""
        records, total = _at(page, self.items), _at(page, self.total) if self.total else None
        if records is None and _is_null(page, self.items):
            records = []  # as a page behind the last may say it
        if not isinstance(records, list):
            return None
        return Listing(records, whole(total))

    def value(self, record: object, name: str) -> object:
        """What a record has at a configured field; None when there is nothing."""
        return _at(record, self.fields.configured()[name])

    def model_id(self, record: object) -> str | None:
        """owner/name of a record, or None when it does not say."""
        parts = [_at(record, self.fields.id)] if self.fields.id else [_at(record, self.fields.owner), _at(record, self.fields.name)]
        return "/".join(parts) if all(isinstance(part, str) for part in parts) else None


def configured(path: Path | None) -> SiteListing | None:
    """The listing call of this file (TOML or JSON), or of the one that ships; None when it is empty, as that one is."""
    shipped = files("hubwatch.hubs.wisemodel").joinpath("site_call.toml")
    try:
        text = shipped.read_text("utf-8") if path is None else path.read_text("utf-8")
        value = json.loads(text) if path is not None and path.suffix == ".json" else tomllib.loads(text)
        listing = SiteListing.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise HubFailure(f"{_HUB}: {_VARIABLE}={path}: {place + ': ' if place else ''}{first['msg']}; correct or unset it") from None
    except (OSError, ValueError) as error:
        raise HubFailure(f"{_HUB}: {_VARIABLE}={path} cannot be read: {error}; correct or unset it") from None
    return listing if listing.path else None


def _json_path(pointer: str) -> str:
    return "$" + "".join(f'."{key}"' for key in pointer.split(".") if pointer)


def _at(value: Any, pointer: str) -> Any:
    """What lies at keys joined by dots, without any the value itself; None when there is nothing."""
    for key in pointer.split(".") if pointer else ():
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _is_null(value: Any, pointer: str) -> bool:
    """Whether the last key is there, and null."""
    before, _, last = pointer.rpartition(".")
    holder = _at(value, before) if before else value
    return isinstance(holder, dict) and last in holder and holder[last] is None


def _filled(value: Any, page: int, size: int) -> Any:
    """The template with page and size: as numbers where they stand alone, as text inside of text."""
    if isinstance(value, dict):
        return {key: _filled(inner, page, size) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, page, size) for inner in value]
    if not isinstance(value, str):
        return value
    alone = {"{page}": page, "{page_size}": size}
    return alone[value] if value in alone else value.replace("{page}", str(page)).replace("{page_size}", str(size))
