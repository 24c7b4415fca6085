"""What Hugging Face shows of its counters on a bad day: made from the records as counted, and from what was shown the day before.

As text: `KIND` or `KIND=VALUE`, for example `freeze=0.4`, `rename=old/name>new/name`. Each is a thing that the hub has done,
see `KINDS`; several may come on one day.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubwatch.spelling import hint

Record = dict[str, Any]

# Every kind, with the meaning of its value and the value when none is given; "" means that it needs one.
KINDS: dict[str, tuple[str, str]] = {
    "freeze": ("this share of the models, the newest, show the counters of the day before", "0.4"),
    "roll-back": ("this share of the models lose four days of their total", "0.4"),
    "lose-weeks": ("the rolling counters lack so many of their 30 days", "14"),
    "rename": ("OLD>NEW: a repository has a new id and keeps its counters", ""),
    "dead": ("the counters of this repository stand as the day before, listed or not any more", ""),
}
_ROLLED_BACK = 4  # days


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that happens to counters on a day."""

    kind: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Trouble:
        """The trouble that a text names; ValueError says what there is."""
        kind, _, value = text.partition("=")
        if kind not in KINDS:
            raise ValueError(f"there is no counter trouble {kind!r}, only {', '.join(KINDS)}{hint(kind, KINDS)}")
        value = value or KINDS[kind][1]
        if not value or (kind == "rename" and value.count(">") != 1):
            raise ValueError(f"{kind} needs a value: {KINDS[kind][0]}")
        if kind in ("freeze", "roll-back") and not (value.replace(".", "", 1).isdecimal() and 0 < float(value) <= 1):
            raise ValueError(f"{kind}={value}: a share is above 0 and at most 1")
        if kind == "lose-weeks" and not (value.isdecimal() and 0 < int(value) <= 30):
            raise ValueError(f"lose-weeks={value}: it is 1 to 30 days")
        return cls(kind, value)


def shown(records: Iterable[Record], troubles: Sequence[Trouble | str], before: Iterable[Record] = ()) -> list[Record]:
    """What the hub shows of these records under these troubles; `before` is what it showed the day before."""
    now, past = [dict(record) for record in records], {str(record.get("_id", record.get("id"))): record for record in before}
    for one in troubles:
        trouble = Trouble.parse(one) if isinstance(one, str) else one
        if not past and trouble.kind in ("freeze", "dead"):
            raise ValueError(f"{trouble.kind} needs the records of the day before")
        now = _MAKERS[trouble.kind](now, past, trouble.value)
    return now


def on_a_bad_day(served: Mapping[str, Any], troubles: Sequence[str], before: Iterable[Any] = ()) -> dict[str, Any]:
    """The records of each hub, Hugging Face's as shown under these troubles; lines that are no records are served as they are."""
    given = served.get("huggingface")
    if not troubles or given is None:
        return dict(served)
    readable = [record for record in given if isinstance(record, dict)]
    others = [record for record in given if not isinstance(record, dict)]
    return {**served, "huggingface": [*shown(readable, troubles, [record for record in before if isinstance(record, dict)]), *others]}


def _freeze(now: list[Record], past: dict[str, Record], value: str) -> list[Record]:
    known = sorted((record for record in now if _key(record) in past), key=lambda record: str(record.get("createdAt", _key(record))))
    frozen = {_key(record) for record in known[len(known) - round(float(value) * len(known)) :]}
    return [record | _counters(past[_key(record)]) if _key(record) in frozen else record for record in now]


def _roll_back(now: list[Record], past: dict[str, Record], value: str) -> list[Record]:
    def lost(record: Record) -> Record:
        total, month = record.get("downloadsAllTime"), record.get("downloads")
        if not isinstance(total, int) or not isinstance(month, int) or zlib.crc32(_key(record).encode()) % 1000 >= 1000 * float(value):
            return record
        return record | {"downloadsAllTime": max(0, total - _ROLLED_BACK * -(-month // 30))}

    return [lost(record) for record in now]


def _lose_weeks(now: list[Record], past: dict[str, Record], value: str) -> list[Record]:
    left = 30 - int(value)
    return [
        record | {"downloads": record["downloads"] * left // 30} if isinstance(record.get("downloads"), int) else record for record in now
    ]


def _rename(now: list[Record], past: dict[str, Record], value: str) -> list[Record]:
    old, _, new = (part.strip() for part in value.partition(">"))
    ids = {record.get("id") for record in now}
    if not old or not new or old not in ids or new in ids:
        raise ValueError(f"rename={value}: there is no repository {old}, or {new} is taken; name one that is listed and a new id")
    names = {"id": new, "modelId": new, "author": new.partition("/")[0]}
    return [record | {key: name for key, name in names.items() if key in record} if record.get("id") == old else record for record in now]


def _stand(now: list[Record], past: dict[str, Record], value: str) -> list[Record]:
    dead = next((record for record in past.values() if record.get("id") == value), None)
    if dead is None:
        raise ValueError(f"dead={value}: the day before has no such repository")
    if not any(_key(record) == _key(dead) for record in now):
        return [*now, dead]
    return [record | _counters(dead) if _key(record) == _key(dead) else record for record in now]


def _key(record: Record) -> str:
    return str(record.get("_id", record.get("id")))


def _counters(record: Record) -> Record:
    return {key: record[key] for key in ("downloads", "downloadsAllTime") if key in record}


_MAKERS: dict[str, Callable[[list[Record], dict[str, Record], str], list[Record]]] = {
    "freeze": _freeze,
    "roll-back": _roll_back,
    "lose-weeks": _lose_weeks,
    "rename": _rename,
    "dead": _stand,
}
