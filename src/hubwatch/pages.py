"""Kept pages: what hubs answered, byte for byte, append-safe, and the state of each sweep.

A sweep's pages live in `pages/<hub>/<day>/<sweep>/`, in segments `<partition>-<number>.json.zst` of at most
`SEGMENT_PAGES` pages. A page is two zstd frames: a skippable one with the length of the next frame and the page's
facts (URL, status, time, next link, ...), and one with the body and a checksum. So `zstd -dc` shows the bodies, and
DuckDB reads the segment as it lies. A process killed while writing leaves a torn last page; reading the partition
back drops it. Only this module knows where pages live.
"""

import contextlib
import itertools
import os
import re
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec
import zstandard

SEGMENT_PAGES = 64
_SKIPPABLE = (0x184D2A5B).to_bytes(4, "little")
_SEGMENT = re.compile(r"^(?P<partition>.+)-(?P<number>\d{5})\.json\.zst$")


RESTORE = (
    "restore it from a backup; only a sweep of today can be collected anew (`hubwatch collect HUB --fresh`), the tables keep what they hold"
)


class PageDamage(Exception):
    """A kept page cannot be read back; the message names the file."""


class PageFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a page beside its bytes. `next` is where the walk goes on; null ends it."""

    url: str
    status: int
    at: datetime
    records: int
    size: int
    next: str | None = None
    request: str | None = None
    total: int | None = None


@dataclass(frozen=True)
class Page:
    """One answer of a hub, whole and byte for byte."""

    facts: PageFacts
    body: bytes
    partition: str = "main"


class SweepState(msgspec.Struct, kw_only=True):
    """How far a sweep of a hub on a day has come; kept beside its pages as `sweep.json`."""

    hub: str
    day: date
    sweep: str
    endpoint: str
    started_at: datetime
    finished_at: datetime | None = None
    limited: bool = False
    listed_total: int | None = None
    strategy: str | None = None
    fields: list[str] = []
    requests: int = 0
    retries: int = 0
    since: datetime | None = None
    until: datetime | None = None
    owners: list[str] = []
    short: str | None = None
    mapping: dict[str, str] | None = None
    done: list[str] = []
    notes: list[str] = []

    @property
    def complete(self) -> bool:
        """Whether the sweep ended by itself, was not limited, and saw what the hub says there is."""
        return self.finished_at is not None and not self.limited and self.short is None

    def note(self, text: str) -> None:
        """Keep a remark on the sweep once, however often it is made."""
        if text not in self.notes:
            self.notes.append(text)


class SweepPages:
    """The kept pages of one sweep: append, resume, read back. One process writes at a time."""

    def __init__(self, root: Path, hub: str, day: date, sweep: str) -> None:
        self.root, self.hub, self.day, self.sweep = root, hub, day, sweep
        self.folder = root / "pages" / hub / day.isoformat() / sweep
        self._compressor = zstandard.ZstdCompressor(level=1, write_checksum=True, write_content_size=True)
        self._last: dict[str, tuple[int, int]] = {}  # partition -> number and page count of its last segment

    def state(self) -> SweepState | None:
        """The sweep's state, or None when it was never begun."""
        path = self.folder / "sweep.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=SweepState)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise PageDamage(f"{path} is not readable ({error}); {RESTORE}") from None

    def save_state(self, state: SweepState) -> None:
        """Put the state in place in one step."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path, fresh = self.folder / "sweep.json", self.folder / "sweep.json.new"
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
        os.replace(fresh, path)

    def append(self, page: Page) -> None:
        """Write a page behind the last one of its partition; whole once this returns, also if the process then dies."""
        partition = page.partition
        if partition not in self._last:
            self.last_page(partition)
        number, count = self._last[partition]
        if count >= SEGMENT_PAGES:
            number, count = number + 1, 0
        facts, frame = msgspec.json.encode(page.facts), self._compressor.compress(page.body)
        head = len(frame).to_bytes(8, "little") + facts
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self._path(partition, number), "ab") as file:
            file.write(_SKIPPABLE + len(head).to_bytes(4, "little") + head + frame)
        self._last[partition] = (number, count + 1)

    def last_page(self, partition: str = "main") -> PageFacts | None:
        """Facts of the partition's last whole page, or None; a torn end is cut off so that appending goes on behind it."""
        found: PageFacts | None = None
        number, count = 0, 0
        for path in reversed(self.segments(partition)):
            count, found = _cut_torn_end(path)
            number = _number(path)
            if found is not None:
                break
            path.unlink()
        self._last[partition] = (number, count)
        return found

    def partitions(self) -> list[str]:
        """Names of the partitions with pages, sorted."""
        return sorted({unquote(_matched(path)["partition"]) for path in self.folder.glob("*.json.zst") if _SEGMENT.match(path.name)})

    def segments(self, partition: str | None = None) -> list[Path]:
        """Files of one partition, or of all, in order of writing."""
        chosen = [partition] if partition else self.partitions()
        return sorted(path for path in self._files() if unquote(_matched(path)["partition"]) in chosen)

    def read(self, partition: str | None = None) -> Iterator[Page]:
        """Every whole page in order; damage other than a torn end is `PageDamage`."""
        for path in self.segments(partition):
            yield from read_segment(path)

    def sample(self, records: int) -> Iterator[Page]:
        """Whole pages from all along the sweep with about so many records in all; every page where there are no more."""
        every = max(1, round(sum(facts.records for facts in self.facts()) / records))
        passed = 0
        for path in self.segments():
            count = sum(1 for _ in _facts_of_segment(path))
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
        return aside

    def facts(self) -> Iterator[PageFacts]:
        """The facts of every page in order, without reading bodies; a torn end is left out."""
        for path in self.segments():
            yield from _facts_of_segment(path)

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

    def changed_at(self) -> datetime:
        """When the sweep's files were last written (UTC)."""
        newest = max(path.stat().st_mtime for path in [self.folder / "sweep.json", *self._files()])
        return datetime.fromtimestamp(newest, UTC).replace(tzinfo=None)

    def mend(self) -> None:
        """Cut off a torn end of every partition, so that the segments can be read as files."""
        for partition in self.partitions():
            self.last_page(partition)

    def _files(self) -> list[Path]:
        return [path for path in self.folder.glob("*.json.zst") if _SEGMENT.match(path.name)]

    def _path(self, partition: str, number: int) -> Path:
        return self.folder / f"{quote(partition, safe='')}-{number:05}.json.zst"


def kept_sweeps(
    root: Path, hub: str | None = None, first: date | None = None, last: date | None = None, aside: bool = False
) -> list[SweepPages]:
    """Sweeps with kept pages, by hub, day and name; those set aside are left out, or with `aside` alone are given."""
    found = []
    for folder in sorted((root / "pages").glob("*/*/*/sweep.json")):
        sweep, day, name = folder.parent.name, folder.parent.parent.name, folder.parent.parent.parent.name
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


def remove_sweep(root: Path, pages: SweepPages) -> int:
    """Delete a sweep's pages for good and return the bytes freed (used by `prune` alone); `pruned_sweeps` remembers it."""
    freed = sum(path.stat().st_size for path in pages.folder.iterdir())
    with open(root / "pages" / "pruned.jsonl", "ab") as file:
        file.write(msgspec.json.encode([pages.hub, pages.day, pages.sweep]) + b"\n")
    shutil.rmtree(pages.folder)
    if not any(pages.folder.parent.iterdir()):
        pages.folder.parent.rmdir()
    return freed


def pruned_sweeps(root: Path) -> set[tuple[str, date, str]]:
    """Hub, day and name of the sweeps whose pages were deleted on purpose."""
    path = root / "pages" / "pruned.jsonl"
    if not path.exists():
        return set()
    return {msgspec.json.decode(line, type=tuple[str, date, str]) for line in path.read_bytes().splitlines() if line.endswith(b"]")}


def read_segment(path: Path, wanted: Collection[int] | None = None) -> Iterator[Page]:
    """The pages of one segment, or the wanted ones by number; a torn end is dropped silently, a broken page before it is `PageDamage`."""
    data = path.read_bytes()
    partition = unquote(_matched(path)["partition"])
    offset = 0
    for number in itertools.count():
        if offset >= len(data):
            return
        if wanted is not None and number not in wanted and (end := _end_of_page(data, offset)) is not None:
            offset = end
            continue
        parsed = _parse_page(data, offset)
        if parsed is None:
            if _whole_pages_follow(data, offset):
                raise PageDamage(f"{path}: the page at byte {offset} is damaged; {RESTORE}")
            return
        facts, body, offset = parsed
        yield Page(facts, body, partition)


def now() -> datetime:
    """This instant, UTC, without a zone as the tables keep it."""
    return datetime.now(UTC).replace(tzinfo=None)


def today() -> date:
    """The UTC date."""
    return datetime.now(UTC).date()


def _matched(path: Path) -> re.Match[str]:
    match = _SEGMENT.match(path.name)
    if match is None:
        raise PageDamage(f"{path} is not a segment of pages")
    return match


def _number(path: Path) -> int:
    return int(_matched(path)["number"])


def _middle_of_page(data: bytes, offset: int) -> int:
    """Where the facts of the page at `offset` end and its body begins."""
    return offset + 8 + int.from_bytes(data[offset + 4 : offset + 8], "little")


def _end_of_page(data: bytes, offset: int) -> int | None:
    """Where the page at `offset` ends; None when it is not whole."""
    start = offset + 16
    if data[offset : offset + 4] != _SKIPPABLE or len(data) < start:
        return None
    end = _middle_of_page(data, offset) + int.from_bytes(data[offset + 8 : start], "little")
    return end if end <= len(data) else None


def _parse_page(data: bytes, offset: int) -> tuple[PageFacts, bytes, int] | None:
    """Facts, body and end of the page at `offset`; None when it is not whole."""
    end = _end_of_page(data, offset)
    if end is None:
        return None
    start, middle = offset + 16, _middle_of_page(data, offset)
    try:
        facts = msgspec.json.decode(data[start:middle], type=PageFacts)
        body = zstandard.ZstdDecompressor().decompress(data[middle:end], max_output_size=facts.size)
    except (msgspec.DecodeError, UnicodeDecodeError, zstandard.ZstdError):
        return None
    return (facts, body, end) if len(body) == facts.size else None


def _facts_of_segment(path: Path) -> Iterator[PageFacts]:
    size = path.stat().st_size
    with open(path, "rb") as file:
        while len(head := file.read(16)) == 16 and head[:4] == _SKIPPABLE:
            facts = file.read(int.from_bytes(head[4:8], "little") - 8)
            end = file.tell() + int.from_bytes(head[8:], "little")
            if end > size:
                return
            try:
                yield msgspec.json.decode(facts, type=PageFacts)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise PageDamage(f"{path}: the facts of a page are damaged ({error}); {RESTORE}") from None
            file.seek(end)


def _whole_pages_follow(data: bytes, offset: int) -> bool:
    """Whether a whole page stands somewhere behind a broken one, which a torn end cannot explain."""
    at = data.find(_SKIPPABLE, offset + 1)
    while at >= 0:
        if _parse_page(data, at) is not None:
            return True
        at = data.find(_SKIPPABLE, at + 1)
    return False


def _cut_torn_end(path: Path) -> tuple[int, PageFacts | None]:
    """Truncate a segment behind its last whole page; how many pages it has, and the facts of the last."""
    data = path.read_bytes()
    offset, count, last = 0, 0, None
    while offset < len(data) and (parsed := _parse_page(data, offset)) is not None:
        last, _, offset = parsed
        count += 1
    if offset < len(data):
        if _whole_pages_follow(data, offset):
            raise PageDamage(f"{path}: the page at byte {offset} is damaged; {RESTORE}")
        os.truncate(path, offset)
    return count, last
