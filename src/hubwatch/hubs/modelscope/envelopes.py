"""ModelScope's answers: three envelopes around the records, and failures said inside an HTTP 200.

    dolphin   {"Code":200,"Success":true,"Data":{"Model":{"Models":[...],"TotalCount":n}}}
    legacy    {"Code":200,"Success":true,"Data":{"Models":[...],"TotalCount":n}}
    OpenAPI   {"success":true,"data":{"models":[...],"total_count":n}}

Established from the vendor's SDK and recorded replies: codes are numbers or text, `Data` may be null and `Model` a list
behind the last page.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hubwatch.errors import BrokenPage, RateLimited, Refused, SoftError, TooDeep
from hubwatch.hubs.paging import Listing, whole
from hubwatch.net import Answer, lenient_json, whole_json

_HUB = "modelscope"
_TOKEN_CODES = ("InvalidAuthentication", "10010103009", "401")
_RATE_CODES = ("RateLimitExceed", "429")
_UNSET = datetime(1970, 1, 2)
_DEPTH_CODES = ("QuotaLimitExceed",)
_TOKEN_CURE = "the token was not accepted: renew or unset MODELSCOPE_API_TOKEN"


def listing(answer: Answer) -> Listing:
    """The records of an answer in any of the envelopes; a failure said inside it is raised by name."""
    page = whole_json(answer, _HUB)
    if not isinstance(page, dict):
        raise BrokenPage(f"{_HUB}: {answer.ask} returned a JSON {type(page).__name__} instead of an envelope")
    _raise_soft_error(answer, page)
    found = listing_of(page)
    if found is None:
        raise BrokenPage(f"{_HUB}: {answer.ask} gave an envelope without records (keys {', '.join(sorted(page))})")
    return found


def listing_in(body: bytes) -> Listing:
    """The records of a kept page."""
    return listing_of(lenient_json(body)) or Listing([], None)


def listing_of(page: object) -> Listing | None:
    """The records and the total of an envelope, or None when it is not one we know."""
    if not isinstance(page, Mapping):
        return None
    names = [name for name in ("Data", "data") if name in page]
    if not names:
        return None
    data = page[names[0]]
    if data is None:
        return Listing([], None)
    if isinstance(data, list):
        return Listing(data, _total(page))
    if not isinstance(data, Mapping):
        return None
    inner = data.get("Model", data)
    if inner is None:
        return Listing([], _total(data))
    if isinstance(inner, list):
        return Listing(inner, _total(data))
    if not isinstance(inner, Mapping):
        return None
    records = inner.get("Models", inner.get("models"))
    if records is None and _total(inner) is None:
        return None
    return Listing(records or [], _total(inner)) if isinstance(records, list | None) else None


def is_envelope(value: Mapping[str, Any]) -> bool:
    """Whether an object of a page is one around the records, not a record itself."""
    return any(key in value for key in ("Data", "data", "Model", "Models", "models")) and "Name" not in value


def _total(envelope: Mapping[str, Any]) -> int | None:
    return whole(envelope.get("TotalCount", envelope.get("total_count")))


def _raise_soft_error(answer: Answer, page: Mapping[str, Any]) -> None:
    """Raise what an envelope that is not a success says; codes are compared as text."""
    success, code = page.get("Success", page.get("success")), str(page.get("Code", page.get("code", "200")))
    if success is not False and code in ("200", "0", "None"):
        return
    words = page.get("Message", page.get("message")) or "no message"
    said = f"{_HUB}: {answer.ask} answered {answer.status}, but says it failed: code {code}, {words}"
    if code in _TOKEN_CODES:
        raise Refused(f"{said}; {_TOKEN_CURE}", 401, answer.body)
    if code in _RATE_CODES:
        raise RateLimited(said)
    if code in _DEPTH_CODES:
        raise TooDeep(said)
    raise SoftError(said)


def with_token_cure(refusal: Refused) -> Refused:
    """The same refusal, saying what to do when it is about the token."""
    if not is_about_token(refusal) or _TOKEN_CURE in str(refusal):
        return refusal
    return Refused(f"{refusal}; {_TOKEN_CURE}", refusal.status, refusal.body)


def is_about_token(refusal: Refused) -> bool:
    """Whether the hub refused because of our token (HTTP 401, or 400 with the hub's own code)."""
    return refusal.status == 401 or any(code.encode() in refusal.body for code in _TOKEN_CODES[:2])


def model_id(record: object) -> str | None:
    """owner/name in the hub's exact case, or None when the record does not say."""
    if not isinstance(record, Mapping):
        return None
    if "Name" in record or "Path" in record:
        owner, name = record.get("Path"), record.get("Name")
        return f"{owner}/{name}" if isinstance(owner, str) and isinstance(name, str) else None
    value = record.get("id")
    return value if isinstance(value, str) else None


def downloads(record: object) -> int | None:
    """The record's downloads in all, or None when unreadable."""
    value = record.get("Downloads", record.get("downloads")) if isinstance(record, Mapping) else None
    return value if isinstance(value, int) else None


def created(record: object) -> datetime | None:
    """When the repository was created (UTC), from seconds or ISO text; None when unreadable or unset (year 1)."""
    at = _instant(record.get("CreatedTime", record.get("created_at"))) if isinstance(record, Mapping) else None
    return at if at is not None and at > _UNSET else None


def modified(record: object) -> datetime | None:
    """When the record was last modified (UTC), from seconds or ISO text; None when unreadable."""
    return _instant(record.get("LastUpdatedTime", record.get("last_modified"))) if isinstance(record, Mapping) else None


def _instant(value: object) -> datetime | None:
    try:
        if isinstance(value, int):
            return datetime.fromtimestamp(value, UTC).replace(tzinfo=None)
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    except (ValueError, OverflowError, OSError):
        return None
    return None
