"""A segment of kept pages: a file `<partition>-<number>.json.zst` of whole answers, byte for byte, append-safe.

A page is two zstd frames: a skippable one with the length of the next frame and the page's facts (URL, status, time, next
link, ...), and one with the body and a checksum. So `zstd -dc` shows the bodies, and DuckDB reads the segment as it lies. A
process killed while writing leaves a torn last page; reading drops it.
"""

import itertools
import os
import re
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec
import zstandard

from hubwatch.clock import today
from hubwatch.errors import PageDamage

_SKIPPABLE = (0x184D2A5B).to_bytes(4, "little")
_NAME = re.compile(r"^(?P<partition>.+)-(?P<number>\d{5})\.json\.zst$")
RESTORE = "restore it from a backup"
_COLLECTED_AGAIN = ("full", "head", "new")  # sweeps that need no more than their name


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
    check: str | None = None  # of all the rest, in a segment alone; earlier versions wrote none


def _check_of(facts: PageFacts) -> str:
    """A checksum over a page's facts: with another `next`, a sweep would go on elsewhere without a word."""
    return f"{zlib.crc32(msgspec.json.encode(facts)):08x}"


def _decoded(data: bytes) -> PageFacts:
    """Facts as they stand in a segment; `msgspec.ValidationError` where they are not those that were written."""
    read = msgspec.json.decode(data, type=PageFacts)
    facts = msgspec.structs.replace(read, check=None)
    if read.check is not None and read.check != _check_of(facts):
        raise msgspec.ValidationError("its checksum is another")
    return facts


@dataclass(frozen=True)
class Page:
    """One answer of a hub, whole and byte for byte."""

    facts: PageFacts
    body: bytes
    partition: str = "main"


def restore(folder: Path) -> str:
    """How the pages of a sweep's folder come back: from a backup, or from the hub, which can only be asked about today."""
    hub, day, sweep = folder.parts[-3:]
    if day == today().isoformat() and sweep in _COLLECTED_AGAIN:
        again = f"collect it again with `hubwatch collect {hub}{'' if sweep == 'full' else f' --sweep {sweep}'} --fresh`"
    else:
        again = "only a sweep of today can be collected again"
    return f"{RESTORE}; {again}; the tables keep what they hold"


def name_of(partition: str, number: int) -> str:
    """The file name of a partition's segment."""
    return f"{quote(partition, safe='')}-{number:05}.json.zst"


def is_name(name: str) -> bool:
    """Whether a segment may be called so."""
    return "/" not in name and _NAME.match(name) is not None


def segments_in(folder: Path) -> list[Path]:
    """The segments of a folder, in no order."""
    return [path for path in folder.glob("*.json.zst") if _NAME.match(path.name)]


def partition_of(path: Path) -> str:
    """The partition that a segment belongs to."""
    return unquote(_matched(path)["partition"])


def number_of(path: Path) -> int:
    """Its place among the segments of its partition."""
    return int(_matched(path)["number"])


def append_page(path: Path, page: Page, compressor: zstandard.ZstdCompressor) -> None:
    """Write a page behind the last one; whole once this returns, also if the process then dies."""
    facts = msgspec.json.encode(msgspec.structs.replace(page.facts, check=_check_of(page.facts)))
    frame = compressor.compress(page.body)
    head = len(frame).to_bytes(8, "little") + facts
    with open(path, "ab") as file:
        file.write(_SKIPPABLE + len(head).to_bytes(4, "little") + head + frame)


def read_segment(path: Path, wanted: Collection[int] | None = None) -> Iterator[Page]:
    """The pages of one segment, or the wanted ones by number; a torn end is dropped silently, a broken page before it is `PageDamage`."""
    data = path.read_bytes()
    partition = partition_of(path)
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
                raise PageDamage(f"{path}: the page at byte {offset} is damaged; {restore(path.parent)}")
            return
        facts, body, offset = parsed
        yield Page(facts, body, partition)


def _matched(path: Path) -> re.Match[str]:
    match = _NAME.match(path.name)
    if match is None:
        raise PageDamage(f"{path} is not a segment of pages")
    return match


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
        facts = _decoded(data[start:middle])
        body = zstandard.ZstdDecompressor().decompress(data[middle:end], max_output_size=facts.size)
    except (msgspec.DecodeError, UnicodeDecodeError, zstandard.ZstdError):
        return None
    return (facts, body, end) if len(body) == facts.size else None


def read_facts(path: Path) -> Iterator[PageFacts]:
    """The facts of a segment's pages, without reading bodies; a torn end is left out."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        while len(head := file.read(16)) == 16 and head[:4] == _SKIPPABLE:
            facts = file.read(int.from_bytes(head[4:8], "little") - 8)
            end = file.tell() + int.from_bytes(head[8:], "little")
            if end > size:
                return
            try:
                yield _decoded(facts)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise PageDamage(f"{path}: the facts of a page are damaged ({error}); {restore(path.parent)}") from None
            file.seek(end)


def _whole_pages_follow(data: bytes, offset: int) -> bool:
    """Whether a whole page stands somewhere behind a broken one, which a torn end cannot explain."""
    at = data.find(_SKIPPABLE, offset + 1)
    while at >= 0:
        if _parse_page(data, at) is not None:
            return True
        at = data.find(_SKIPPABLE, at + 1)
    return False


def cut_torn_end(path: Path) -> tuple[int, PageFacts | None]:
    """Truncate a segment behind its last whole page; how many pages it has, and the facts of the last."""
    data = path.read_bytes()
    offset, count, last = 0, 0, None
    while offset < len(data) and (parsed := _parse_page(data, offset)) is not None:
        last, _, offset = parsed
        count += 1
    if offset < len(data):
        if _whole_pages_follow(data, offset):
            raise PageDamage(f"{path}: the page at byte {offset} is damaged; {restore(path.parent)}")
        os.truncate(path, offset)
    return count, last
