"""Cursors that hubwatch makes itself, and page addresses with the fields and size requested now."""

import base64
import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def keyset_cursor(since: datetime) -> str:
    """The cursor in front of everything created at or after `since` (UTC): base64 of the keyset query on `_id`."""
    before = int(since.replace(tzinfo=UTC).timestamp()) - 1
    query = {"_id": {"$gt": f"{max(before, 0):08x}" + "f" * 16}}
    return base64.b64encode(json.dumps(query, separators=(",", ":")).encode()).decode()


def cursor_behind(key: str) -> str:
    """The cursor behind the record with this `_id`."""
    return base64.b64encode(json.dumps({"_id": {"$gt": key}}, separators=(",", ":")).encode()).decode()


def expanding(url: str, fields: list[str]) -> str:
    """The same page address without the fields that are not asked for any more."""
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "expand[]" or pair[1] in fields]
    return urlunsplit(parts._replace(query=urlencode(query)))


def sized(url: str, size: int) -> str:
    """The same page address with our page size."""
    parts = urlsplit(url)
    query = [("limit", str(size)), *(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "limit")]
    return urlunsplit(parts._replace(query=urlencode(query)))
