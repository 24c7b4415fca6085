"""Does the hub still say what it said? Keys and types of records against the last good day's."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb

from hubwatch.failures import DayFailure
from hubwatch.hubs import HUBS
from hubwatch.pages import SweepPages, read_segment

TOLERATED = 0.05  # share of sampled records that may differ in a promised key
_TYPES = {dict: "object", list: "list", str: "text", bool: "boolean", int: "number", float: "number", type(None): "null"}

Fingerprint = dict[str, Counter[str]]


def fingerprint(hub: str, segments: list[Path]) -> tuple[Fingerprint, int]:
    """Keys with their JSON types in the first page of every segment, and how many records that were."""
    keys: Fingerprint = {}
    seen = 0
    for segment in segments:
        first = next(read_segment(segment), None)
        if first is None:
            continue
        for record in HUBS[hub].records_of(json.loads(first.body.decode("utf-8-sig", errors="replace"))):
            if isinstance(record, dict):
                seen += 1
                for key, value in record.items():
                    keys.setdefault(key, Counter())[_TYPES[type(value)]] += 1
    return keys, seen


def compare_with_last_good(con: duckdb.DuckDBPyConnection, pages: SweepPages, segments: list[Path]) -> tuple[list[str], list[list[object]]]:
    """Notes on new keys, and this day's rows for `store.fingerprints`; a promised key gone or changed is `DayFailure`."""
    found, seen = fingerprint(pages.hub, segments)
    # Of each key the last day that had it: a hub that is listed in two ways shows other keys on some days.
    last = con.execute(
        """select key, arg_max(types, day), arg_max(share, day) from store.fingerprints where hub = ? and source = ? and day < ?
           group by key order by key""",
        [pages.hub, pages.sweep, pages.day],
    ).fetchall()
    rows: list[list[object]] = [
        [pages.hub, pages.sweep, pages.day, key, [kind for kind, _ in types.most_common()], _share(pages.hub, key, found, seen)]
        for key, types in sorted(found.items())
    ]
    if not last or not seen:
        return [], rows
    for key, types, share in last:
        if key in HUBS[pages.hub].PROMISED and (of := _of_its_kind(pages.hub, key, found, seen)):
            _judge(pages.hub, pages.day, key, set(types), share, found.get(key, Counter()), of)
    new = sorted(set(found) - {key for key, _, _ in last})
    return ([f"new key(s) in the hub's records: {', '.join(new)}"] if new else []), rows


def _of_its_kind(hub: str, key: str, found: Fingerprint, seen: int) -> int:
    """How many of the sampled records could have the key: where a hub gives several kinds of record, those of its kind."""
    for kind in getattr(HUBS[hub], "SHAPES", ()):
        if key in kind:
            return found.get(next(iter(kind)), Counter()).total()
    return seen


def _share(hub: str, key: str, found: Fingerprint, seen: int) -> float:
    return min(1.0, found[key].total() / max(_of_its_kind(hub, key, found, seen), 1))


def _judge(hub: str, day: date, key: str, types: set[str], share: float, found: Counter[str], seen: int) -> None:
    gone = share - found.total() / seen
    if gone > TOLERATED:
        raise DayFailure(f"{hub} {day}: key {key} is gone from {gone:.0%} of the records; the hub has changed, the last good day stands")
    strange = {kind: count for kind, count in found.items() if kind not in types}
    if sum(strange.values()) > TOLERATED * seen:
        told = ", ".join(f"{kind} in {count / seen:.0%}" for kind, count in strange.items())
        raise DayFailure(f"{hub} {day}: key {key} is now {told} (was {', '.join(sorted(types))}); the hub has changed")
