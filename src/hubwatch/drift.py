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
    last = con.execute(
        """select key, types, share from store.fingerprints where hub = ? and source = ? and day =
             (select max(day) from store.fingerprints where hub = ? and source = ? and day < ?)""",
        [pages.hub, pages.sweep, pages.hub, pages.sweep, pages.day],
    ).fetchall()
    rows: list[list[object]] = [
        [pages.hub, pages.sweep, pages.day, key, [kind for kind, _ in types.most_common()], types.total() / max(seen, 1)]
        for key, types in sorted(found.items())
    ]
    if not last or not seen:
        return [], rows
    for key, types, share in last:
        if key in HUBS[pages.hub].PROMISED:
            _judge(pages.hub, pages.day, key, set(types), share, found.get(key, Counter()), seen)
    new = sorted(set(found) - {key for key, _, _ in last})
    return ([f"new key(s) in the hub's records: {', '.join(new)}"] if new else []), rows


def _judge(hub: str, day: date, key: str, types: set[str], share: float, found: Counter[str], seen: int) -> None:
    gone = share - found.total() / seen
    if gone > TOLERATED:
        raise DayFailure(f"{hub} {day}: key {key} is gone from {gone:.0%} of the records; the hub has changed, the last good day stands")
    strange = {kind: count for kind, count in found.items() if kind not in types}
    if sum(strange.values()) > TOLERATED * seen:
        told = ", ".join(f"{kind} in {count / seen:.0%}" for kind, count in strange.items())
        raise DayFailure(f"{hub} {day}: key {key} is now {told} (was {', '.join(sorted(types))}); the hub has changed")
