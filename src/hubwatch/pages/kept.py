"""Kept pages: what hubs answered, by sweep, and how far each sweep has come.

A sweep's pages live in `pages/<hub>/<day>/<sweep>/`, in segments of at most `SEGMENT_PAGES` pages (`segments.py` knows what is
in one), beside the sweep's state. Only this module knows where pages live.
"""

import contextlib
import hashlib
import os
import shutil
import threading
import time
import zlib
from collections.abc import Collection, Iterator
from datetime import date, datetime
from pathlib import Path

import msgspec
import zstandard

from hubwatch.errors import PageDamage
from hubwatch.pages.segments import (
    Page,
    PageFacts,
    append_page,
    cut_torn_end,
    name_of,
    number_of,
    partition_of,
    read_facts,
    read_segment,
    restore,
    segments_in,
)

SEGMENT_PAGES = 64
_STATES = ("sweep.json", "sweep.copy.json")
PROFILES = "profiles"  # the name under which pages of profiles are kept, beside the sweeps of a day
_FRESH = 50_000_000  # nanoseconds: what a folder shows so soon after a change may be followed by a change of the same time stamp


class SweepState(msgspec.Struct, kw_only=True):
    """How far a sweep of a hub on a day has come; kept beside its pages as `sweep.json`."""

    hub: str
    day: date
    sweep: str
    endpoint: str
    started_at: datetime
    finished_at: datetime | None = None
    limited: bool = False
    pages: int | None = None  # how many were kept when it ended
    listed_total: int | None = None
    strategy: str | None = None
    fields: list[str] = []
    requests: int = 0
    retries: int = 0
    since: datetime | None = None
    until: datetime | None = None
    owners: list[str] = []
    owned: dict[str, list[str]] = {}  # owner -> the partitions in which its models are listed
    bounds: list[datetime] = []  # instants of creation at which a full sweep was split into partitions walked side by side
    floor: int | None = None  # downloads down to which a head sweep goes
    short: str | None = None
    extent: str | None = None  # where it is not what this kind of sweep covers
    extent_note: str | None = None
    mapping: dict[str, str] | None = None
    notes: list[str] = []
    check: str | None = None  # of all the rest

    @property
    def complete(self) -> bool:
        """Whether the sweep ended by itself, was not limited, and saw what the hub says there is."""
        return self.finished_at is not None and not self.limited and self.short is None

    def owns(self, owner: str, partition: str) -> None:
        """Remember that a partition lists models of this owner."""
        if partition not in (names := self.owned.setdefault(owner, [])):
            names.append(partition)

    def of_owners(self, *owners: str) -> set[str]:
        """The partitions that list models of these owners."""
        return {name for owner in owners for name in self.owned.get(owner, ())}

    def lack(self, text: str) -> None:
        """Add to what the sweep did not see of what there is: it is not complete then."""
        self.short = "; ".join(part for part in (self.short, text) if part)

    def note(self, text: str) -> None:
        """Keep a remark on the sweep once, however often it is made."""
        if text not in self.notes:
            self.notes.append(text)


def _check_of(state: SweepState) -> str:
    """A checksum over all that the state says."""
    return f"{zlib.crc32(msgspec.json.encode(msgspec.structs.replace(state, check=None))):08x}"


def _state_in(path: Path) -> SweepState:
    """The state that a file holds; `PageDamage` when it cannot be read."""
    try:
        state = msgspec.json.decode(path.read_bytes(), type=SweepState)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PageDamage(f"{path} is not readable ({error}); {restore(path.parent)}") from None
    if state.check is not None and state.check != _check_of(state):  # earlier versions wrote none
        raise PageDamage(f"{path} does not match its checksum; {restore(path.parent)}")
    return state


def _sync(path: Path) -> None:
    """Have the disk hold what was written to this file or folder."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


class SweepPages:
    """The kept pages of one sweep: append, resume, read back. One process writes at a time."""

    def __init__(self, root: Path, hub: str, day: date, sweep: str) -> None:
        self.root, self.hub, self.day, self.sweep = root, hub, day, sweep
        self.folder = root / "pages" / hub / day.isoformat() / sweep
        self._compressor = zstandard.ZstdCompressor(level=1, write_checksum=True, write_content_size=True)
        self._last: dict[str, tuple[int, int]] = {}  # partition -> number and page count of its last segment
        self._listed: dict[str, list[Path]] = {}  # partition -> its segments in order, as the folder had them ...
        self._stamp: int | None = None  # ... when it was last changed (nanoseconds); None: to be listed again
        # A response is read on a thread of its own, and its reader may look at what is kept while a page is written.
        self._lock = threading.RLock()

    def state(self) -> SweepState | None:
        """The sweep's state, or None when it was never begun; from its copy where the first file is damaged or gone."""
        damage: PageDamage | None = None
        for name in _STATES:
            try:
                return _state_in(self.folder / name)
            except FileNotFoundError:
                continue
            except PageDamage as met:
                damage = damage or met
        if damage is not None:
            raise damage
        return None

    def save_state(self, state: SweepState) -> None:
        """Put the state in place in one step, and a copy beside it: without it nobody knows how far the pages go."""
        with self._lock:
            self._save_state(state)

    def _save_state(self, state: SweepState) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        is_current = self._stamp is not None and self._stamp == self._changed()
        if state.finished_at is not None:  # what is said to be whole outlives a power failure; a torn end is fetched again
            for segment in segments_in(self.folder):
                _sync(segment)
        body = msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(state, check=_check_of(state))))
        for name in _STATES:
            fresh = self.folder / f"{name}.new"
            fresh.write_bytes(body)
            _sync(fresh)
            os.replace(fresh, self.folder / name)
        _sync(self.folder)
        if is_current:
            self._stamp = self._changed()

    def append(self, page: Page) -> None:
        """Write a page behind the last one of its partition; whole once this returns, also if the process then dies."""
        with self._lock:
            self._append(page)

    def _append(self, page: Page) -> None:
        partition = page.partition
        if partition not in self._last:
            self.last_page(partition)
        number, count = self._last[partition]
        if count >= SEGMENT_PAGES:
            number, count = number + 1, 0
        path = self.folder / name_of(partition, number)
        if count:
            append_page(path, page, self._compressor)
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            listed = self._segments_by_partition()
            append_page(path, page, self._compressor)
            listed.setdefault(partition, []).append(path)
            self._stamp = self._changed()
        self._last[partition] = (number, count + 1)

    def last_page(self, partition: str = "main") -> PageFacts | None:
        """Facts of the partition's last whole page, or None; a torn end is cut off so that appending goes on behind it."""
        with self._lock:
            return self._last_page(partition)

    def _last_page(self, partition: str) -> PageFacts | None:
        found: PageFacts | None = None
        number, count = 0, 0
        for path in reversed(self.segments(partition)):
            count, found = cut_torn_end(path)
            number = number_of(path)
            if found is not None:
                break
            path.unlink()
            self._stamp = None
        self._last[partition] = (number, count)
        return found

    def require_whole(self, state: SweepState) -> None:
        """Raise `PageDamage` when a sweep that ended has fewer pages than then: a torn end explains that of a sweep still going only."""
        if state.finished_at is None or state.pages is None:
            return
        if (left := self.count()) < state.pages:
            raise PageDamage(f"{self.hub} {self.day} {self.sweep}: {left} of its {state.pages} pages are whole; {restore(self.folder)}")

    def count(self) -> int:
        """How many whole pages there are."""
        return sum(1 for _ in self.facts())

    def partitions(self) -> list[str]:
        """Names of the partitions with pages, sorted."""
        with self._lock:
            return sorted(self._segments_by_partition())

    def segments(self, partition: str | None = None) -> list[Path]:
        """Files of one partition, or of all, in order of writing."""
        with self._lock:
            listed = self._segments_by_partition()
            return list(listed.get(partition, ())) if partition else sorted(path for paths in listed.values() for path in paths)

    def _segments_by_partition(self) -> dict[str, list[Path]]:
        """The folder's segments by partition; listed again only when the folder has changed since, for it may hold thousands."""
        with self._lock:
            stamp = self._changed()
            if self._stamp is None or stamp != self._stamp:
                self._listed = {}
                for path in sorted(segments_in(self.folder)):
                    self._listed.setdefault(partition_of(path), []).append(path)
                self._stamp = stamp if stamp is not None and time.time_ns() - stamp > _FRESH else None
            return self._listed

    def _changed(self) -> int | None:
        """When a file was last added to or taken from the folder; None while there is no folder."""
        try:
            return os.stat(self.folder).st_mtime_ns
        except FileNotFoundError:
            return None

    def read(self, partition: str | None = None) -> Iterator[Page]:
        """Every whole page in order; damage other than a torn end is `PageDamage`."""
        for path in self.segments(partition):
            yield from read_segment(path)

    def sample(self, records: int) -> Iterator[Page]:
        """Whole pages from all along the sweep with about so many records in all; every page where there are no more."""
        every = max(1, round(sum(facts.records for facts in self.facts()) / records))
        passed = 0
        for path in self.segments():
            count = sum(1 for _ in read_facts(path))
            yield from read_segment(path, {number for number in range(count) if (passed + number) % every == 0})
            passed += count

    def set_aside(self) -> Path | None:
        """Move the sweep's pages to a folder of their own (they are kept, not loaded), or None when there are none."""
        if not self.folder.exists():
            return None
        number = 1
        while (aside := self.folder.with_name(f"{self.sweep}~{number}")).exists():
            number += 1
        os.rename(self.folder, aside)
        self._last, self._stamp = {}, None
        return aside

    def facts(self, partitions: Collection[str] | None = None) -> Iterator[PageFacts]:
        """The facts of every page in order, or of these partitions', without reading bodies; a torn end is left out."""
        for partition in self.partitions() if partitions is None else sorted(partitions):
            for path in self.segments(partition):
                yield from read_facts(path)

    def still(self, folder: Path) -> "SweepPages":
        """A copy under `folder` that stands still while a collector goes on: the state first, then what is whole behind it."""
        copy = SweepPages(folder, self.hub, self.day, self.sweep)
        state = self.state()
        if state is not None:
            copy.save_state(state)
        for partition in self.partitions():
            *whole, last = self.segments(partition)
            for path in whole:
                (copy.folder / path.name).symlink_to(path.absolute())
            with contextlib.suppress(FileNotFoundError):  # it held no whole page, and the collector dropped it
                shutil.copyfile(last, copy.folder / last.name)
        copy.mend()
        return copy

    def fingerprint(self) -> str:
        """A hash over the sweep's state and the sizes of its segments: other pages, another fingerprint, whatever clocks say."""
        states = (self.folder / name for name in _STATES)
        state = next((path.read_bytes() for path in states if path.exists()), b"")
        sizes = sorted((path.name, path.stat().st_size) for path in segments_in(self.folder))
        return hashlib.sha256(state + repr(sizes).encode()).hexdigest()[:16]

    def snapshot(self) -> tuple[SweepState | None, dict[str, int]]:
        """The state, and each segment's size up to its last whole page, as of one instant; after `mend`, for nothing is read."""
        with self._lock:
            return self.state(), {path.name: path.stat().st_size for path in self.segments()}

    def size(self) -> int:
        """Bytes of its segments, as far as they are there."""
        with self._lock:
            return sum(path.stat().st_size for path in self.segments())

    def mend(self) -> None:
        """Cut off a torn end of every partition, so that the segments can be read as files."""
        for partition in self.partitions():
            self.last_page(partition)


def kept_sweeps(
    root: Path, hub: str | None = None, first: date | None = None, last: date | None = None, aside: bool = False
) -> list[SweepPages]:
    """Sweeps with kept pages, by hub, day and name; those set aside are left out, or with `aside` alone are given."""
    found = []
    for folder in sorted({path.parent for state in _STATES for path in (root / "pages").glob(f"*/*/*/{state}")}):
        sweep, day, name = folder.name, folder.parent.name, folder.parent.parent.name
        if ("~" in sweep) != aside or (hub and name != hub):
            continue
        on = date.fromisoformat(day)
        if (first is None or on >= first) and (last is None or on <= last):
            found.append(SweepPages(root, name, on, sweep))
    return found


def kept_beside(root: Path, hub: str, name: str) -> list[SweepPages]:
    """What is kept of a hub under this name and is no sweep of its listings, by day."""
    return [
        SweepPages(root, hub, date.fromisoformat(folder.parent.name), name) for folder in sorted((root / "pages" / hub).glob(f"*/{name}"))
    ]


def remove_sweep(root: Path, pages: SweepPages, is_copy: bool = False) -> int:
    """Delete a sweep's pages here and return the bytes freed; unless that is a copy of what others keep, `pruned_sweeps` remembers it."""
    freed = sum(path.stat().st_size for path in pages.folder.iterdir())
    if not is_copy:
        note_pruned(root, [(pages.hub, pages.day, pages.sweep)])
    shutil.rmtree(pages.folder)
    if not any(pages.folder.parent.iterdir()):
        pages.folder.parent.rmdir()
    return freed


def note_pruned(root: Path, sweeps: Collection[tuple[str, date, str]]) -> None:
    """Remember that the pages of these sweeps were deleted on purpose."""
    if sweeps:
        (root / "pages").mkdir(parents=True, exist_ok=True)
        with open(root / "pages" / "pruned.jsonl", "ab") as file:
            file.writelines(msgspec.json.encode(sweep) + b"\n" for sweep in sorted(sweeps))


def pruned_sweeps(root: Path) -> set[tuple[str, date, str]]:
    """Hub, day and name of the sweeps whose pages were deleted on purpose."""
    path = root / "pages" / "pruned.jsonl"
    if not path.exists():
        return set()
    return {msgspec.json.decode(line, type=tuple[str, date, str]) for line in path.read_bytes().splitlines() if line.endswith(b"]")}
