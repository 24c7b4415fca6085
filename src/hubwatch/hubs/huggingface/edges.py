"""Where a walk is: the little of a record that tells, and how two records lie to each other."""

import contextlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from hubwatch.clock import now
from hubwatch.net import lenient_json


class Edge(msgspec.Struct):
    """The little of a record that a walk needs to know where it is."""

    key: Any = msgspec.field(name="_id", default=None)
    created: Any = msgspec.field(name="createdAt", default=None)
    downloads: Any = None


def edge_of(record: msgspec.Raw) -> Edge:
    """Where this record lies; an empty edge for what is no record."""
    try:
        return msgspec.json.decode(record, type=Edge)
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
        with contextlib.suppress(ValueError):  # the loader rejects it with its reason; the walk goes on
            found = lenient_json(bytes(record))
        if not isinstance(found, dict):
            return Edge()
        return Edge(found.get("_id"), found.get("createdAt"), found.get("downloads"))


def created_at(edge: Edge) -> datetime | None:
    """When the record says it was created, else the second that `_id` begins with (UTC); None when that is in the future."""
    found = None
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        at = datetime.fromisoformat(edge.created)
        found = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    if found is None and isinstance(edge.key, str) and re.fullmatch("[0-9a-f]{24}", edge.key):
        found = datetime.fromtimestamp(int(edge.key[:8], 16), UTC).replace(tzinfo=None)
    return None if found is not None and found > now() + timedelta(days=1) else found


def newer(one: Edge, other: Edge) -> Edge:
    """Whichever was created later; the other one where that is not known."""
    first, second = created_at(one), created_at(other)
    return one if first is not None and (second is None or first > second) else other


def is_back(newest: Edge, before: Edge) -> bool:
    """Whether a page reaches no further than those before it: the walk stands still or goes round."""
    if newest.key is not None and newest.key == before.key:
        return True
    created, behind = created_at(newest), created_at(before)
    return created is not None and behind is not None and created < behind


def meet(last: Edge, first: Edge) -> bool:
    """Whether a range that ends with one record reaches another that begins with the other; true where neither can be told."""
    if isinstance(last.key, str) and isinstance(first.key, str):
        return last.key >= first.key
    ended, began = created_at(last), created_at(first)
    return ended is None or began is None or ended >= began
