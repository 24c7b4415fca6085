"""Does the hub still say what it said? Keys and types of records against the last good day's."""

from collections import Counter, defaultdict
from datetime import date

import duckdb

from hubwatch.errors import DayFailure
from hubwatch.hubs import Unread, UnreadKeys, hub_of
from hubwatch.net import JSON_TYPES, lenient_json
from hubwatch.pages import SweepPages

TOLERATED = 0.05  # share of records that may lack a promised key, or have it of another type
_NAMED = 3  # keys that are not read and are named on the first day
_SEEN_OFTEN = 0.01  # share of records from which on a key of an object in them is told as new
_RECORDS = 20_000  # that many are judged all; of a longer sweep as many, from all along it

Fingerprint = dict[str, Counter[str]]


def fingerprint(pages: SweepPages) -> tuple[Fingerprint, int, list[Unread]]:
    """Keys with their JSON types in records from all along the sweep, how many records that were, and the keys that are not read."""
    typed: Counter[tuple[str, type]] = Counter()
    read = hub_of(pages.hub).keys_read
    seen, unread = 0, UnreadKeys(read, hub_of(pages.hub).kinds_of_record)
    for page in pages.sample(_RECORDS):
        for record in hub_of(pages.hub).records_of(lenient_json(page.body)):
            if isinstance(record, dict):
                seen += 1
                typed.update((key, type(value)) for key, value in unread.take(record))
    keys: Fingerprint = defaultdict(Counter)
    for (key, kind), count in typed.items():
        keys[key][JSON_TYPES[kind]] += count
    # A key of an object counts where it is the hub's own: what a few records' authors write into theirs comes and goes.
    rare = {key for key, types in keys.items() if "." in key and types.total() < max(_SEEN_OFTEN * seen, 2)}
    return {key: types for key, types in keys.items() if key not in rare}, seen, unread.found()


def compare_with_last_good(con: duckdb.DuckDBPyConnection, pages: SweepPages) -> tuple[list[str], list[list[object]]]:
    """Notes on new keys, and this day's rows for `store.fingerprints`; a promised key gone or changed is `DayFailure`."""
    found, seen, unread = fingerprint(pages)
    read = hub_of(pages.hub).keys_read
    # Of each key the types of the last day that had it (a hub that is listed in two ways shows other keys on some days), and the
    # largest share it ever had: what goes away a little every day goes away.
    last = con.execute(
        """select key, arg_max(types, day), max(share) from store.fingerprints where hub = ? and source = ? and day < ?
           group by key order by key""",
        [pages.hub, pages.sweep, pages.day],
    ).fetchall()
    examples = {one.key: one.example for one in unread}
    rows: list[list[object]] = [
        [
            *(pages.hub, pages.sweep, pages.day, key, [kind for kind, _ in types.most_common()], _share(pages.hub, key, found, seen)),
            *(key in read, examples.get(key)),
        ]
        for key, types in sorted(found.items())
    ]
    if not last or not seen:
        return _told_unread(pages.hub, unread), rows
    for key, types, share in last:
        if key in hub_of(pages.hub).promised and (of := _of_its_kind(pages.hub, key, found, seen)):
            _judge(pages.hub, pages.day, key, _usual(types), share, found.get(key, Counter()), of)
    new = sorted(set(found) - {key for key, _, _ in last})
    told = {one.key: one.told for one in unread}
    return ([f"new in the hub's records: {', '.join(told.get(key, key) for key in new)}"] if new else []), rows


def _told_unread(hub: str, unread: list[Unread]) -> list[str]:
    """On the first day of a sweep: the keys that are not read, a few by name; `store.fingerprints` and doctor have them all."""
    if not unread:
        return []
    more = f" and {len(unread) - _NAMED} more (hubwatch doctor {hub} shows each)" if len(unread) > _NAMED else ""
    return [f"not read of the hub's records: {', '.join(one.told for one in unread[:_NAMED])}{more}"]


def _of_its_kind(hub: str, key: str, found: Fingerprint, seen: int) -> int:
    """How many of the records could have the key: where a hub gives several kinds of record, those of its kind."""
    for kind in hub_of(hub).kinds_of_record:
        if key in kind:
            return found.get(next(iter(kind)), Counter()).total()
    return seen


def _usual(types: list[str]) -> str:
    """The type that most records have; null says nothing, so it is one only where there is no other."""
    return next((kind for kind in types if kind != "null"), "null")


def _share(hub: str, key: str, found: Fingerprint, seen: int) -> float:
    usual = _usual([kind for kind, _ in found[key].most_common()])
    return min(1.0, found[key][usual] / max(_of_its_kind(hub, key, found, seen), 1))


def _judge(hub: str, day: date, key: str, usual: str, share: float, found: Counter[str], seen: int) -> None:
    if round(share - found[usual] / seen, 9) <= TOLERATED:
        return
    gone = share - (found.total() - found["null"]) / seen
    strange = {kind: count for kind, count in found.most_common() if kind not in (usual, "null")}
    told = [f"is gone from {gone:.0%} of the records"] if gone > 0 else []
    if strange:
        told.append(f"is now {', '.join(f'{kind} in {count / seen:.0%}' for kind, count in strange.items())} (was {usual})")
    raise DayFailure(f"{hub} {day}: key {key} {' and '.join(told)}; the hub has changed, the last good day stands")
