"""Hugging Face records at rest: encoded once, side by side in creation order, so that a page is one slice."""

from __future__ import annotations

import hashlib
import mmap
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

from hubwatch.sandbox.jsonl import lenient_object
from hubwatch.sandbox.wire import encode

KEY_BYTES = 12
LAST_KEY = (1 << 96) - 1
FAST_PREFIX = b'{"_id":"'
VERBATIM = 0  # the field set of a record that is served as it came


class RecordStore:
    """The public records of the hub by ascending `_id`, which is creation order; immutable once built.

    The bytes lie in an unnamed temporary file, mapped into memory: two million records cost the process little.
    Private records are left out: to a caller without a grant they look like none.
    """

    def __init__(self, records: Iterable[dict[str, Any] | bytes]) -> None:
        self._ends = array("Q")
        self._sets = array("H")
        self.field_sets: list[frozenset[str]] = [frozenset()]
        with tempfile.TemporaryFile(prefix="hubwatch-sandbox-") as file:
            starts, self._keys, in_order = self._write(records, file)
            if in_order:
                self._bytes = _mapped(file)
            else:
                with tempfile.TemporaryFile(prefix="hubwatch-sandbox-") as ordered:
                    self._keys = self._reorder(starts, file, ordered)
                    self._bytes = _mapped(ordered)
        self._by_id: dict[str, int] | None = None
        self._namespaces: Counter[str] | None = None

    def __len__(self) -> int:
        return len(self._ends)

    def key(self, index: int) -> bytes:
        """The twelve bytes of the record's `_id`, by which the listing walks."""
        return bytes(self._keys[index * KEY_BYTES : (index + 1) * KEY_BYTES])

    def raw(self, index: int) -> bytes:
        return bytes(self.span(index, index + 1))

    def span(self, start: int, stop: int) -> memoryview:
        """The records from `start` to before `stop`, joined by commas."""
        if start >= stop:
            return memoryview(b"")
        return self._bytes[self._start(start) : self._ends[stop - 1]]

    def record(self, index: int) -> dict[str, Any]:
        """The record's fields; of a broken one what can be read."""
        return lenient_object(self.raw(index))

    def records(self) -> Iterator[dict[str, Any]]:
        return (self.record(index) for index in range(len(self)))

    def field_set(self, index: int) -> int:
        """The number of the record's set of keys in `field_sets`; VERBATIM for a record given as bytes."""
        return self._sets[index]

    def find(self, model_id: str) -> dict[str, Any] | None:
        """The public record with this id."""
        if self._by_id is None:
            self._by_id = {str(record.get("id")): index for index, record in enumerate(self.records())}
        index = self._by_id.get(model_id)
        return None if index is None else self.record(index)

    def namespaces(self) -> Counter[str]:
        """How many public records each namespace has."""
        if self._namespaces is None:
            self._namespaces = Counter(str(record.get("id")).partition("/")[0] for record in self.records())
        return self._namespaces

    def _start(self, index: int) -> int:
        return self._ends[index - 1] + 1 if index else 0

    def _write(self, records: Iterable[dict[str, Any] | bytes], file: BinaryIO) -> tuple[array[int], bytearray, bool]:
        """Write the public records in the order given; return where each starts, their keys, and whether these ascend."""
        starts, keys, position, last, in_order = array("Q"), bytearray(), 0, -1, True
        numbers: dict[frozenset[str], int] = {}
        for record in records:
            number = VERBATIM
            if isinstance(record, bytes) and record.startswith(FAST_PREFIX) and b'"private":true' not in record:
                raw, key = record, _object_key(record[8:32])
            else:
                fields = lenient_object(record) if isinstance(record, bytes) else dict(record)
                key = _key_of(fields, last)
                if not isinstance(record, bytes):
                    fields = {"_id": f"{key:024x}"} | fields
                    number = numbers.setdefault(frozenset(fields), len(numbers) + 1)
                raw = record if isinstance(record, bytes) else encode(fields)
                if fields.get("private") is True:
                    continue
            key = min(last + 1, LAST_KEY) if key is None else key
            in_order = in_order and key > last
            last = key
            keys += key.to_bytes(KEY_BYTES, "big")
            starts.append(position)
            self._sets.append(number)
            file.write(raw + b",")
            self._ends.append(position + len(raw))
            position += len(raw) + 1
        self.field_sets.extend(numbers)
        return starts, keys, in_order

    def _reorder(self, starts: array[int], file: BinaryIO, ordered: BinaryIO) -> bytearray:
        """Rewrite the records by ascending key; equal keys are told apart by counting up, so no cursor skips one."""
        source = _mapped(file)
        ends, sets, keys, position, last = array("Q"), array("H"), bytearray(), 0, -1
        for index in sorted(range(len(starts)), key=self.key):
            raw = source[starts[index] : self._ends[index]]
            ordered.write(raw)
            ordered.write(b",")
            ends.append(position + len(raw))
            sets.append(self._sets[index])
            position += len(raw) + 1
            last = max(int.from_bytes(self.key(index), "big"), last + 1)
            keys += last.to_bytes(KEY_BYTES, "big")
        self._ends, self._sets = ends, sets
        return keys


def _mapped(file: BinaryIO) -> memoryview:
    file.flush()
    if not file.tell():
        return memoryview(b"")
    return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _object_key(text: str | bytes) -> int | None:
    try:
        return int(text, 16) if len(text) == 2 * KEY_BYTES else None
    except ValueError:
        return None


def _key_of(fields: dict[str, Any], last: int) -> int:
    """The record's place: its `_id`; else its creation second and a digest of its id; else behind the one before."""
    identity = fields.get("_id")
    if isinstance(identity, str) and (key := _object_key(identity)) is not None:
        return key
    created = fields.get("createdAt")
    if isinstance(created, str):
        try:
            instant = datetime.fromisoformat(created)
        except ValueError:
            return last + 1
        seconds = int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp())
        if 0 <= seconds < 1 << 32:
            digest = hashlib.blake2b(str(fields.get("id")).encode("utf-8", "replace"), digest_size=8).digest()
            return seconds << 64 | int.from_bytes(digest, "big")
    return min(last + 1, LAST_KEY)
