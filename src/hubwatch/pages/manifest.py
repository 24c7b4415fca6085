"""What object storage holds of a sweep: a manifest that lists its objects, put after them. An object that none lists does not exist.

`sweeps/<hub>/<day>/<sweep>/<epoch>-<writer>.json` under the address: the highest epoch counts, so that whoever took a sweep over is
never overwritten by whoever had it before. One that ends with `.pruned.json` or `.aside.json` says that the pages went on purpose.
Objects (`pages/<hub>/<day>/<sweep>/...json.zst`) are never changed. Each holds what was appended to the sweep's segments since the
one before it, and is zstd frames as they are: `zstd -dc` shows the answers, and DuckDB reads it as it lies.
"""

import hashlib
import os
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, cast

import msgspec

from hubwatch.errors import PageDamage
from hubwatch.pages.kept import SweepState
from hubwatch.pages.segments import is_name

Key = tuple[str, date, str]  # hub, day and name of a sweep
Ended = Literal["pruned", "aside"]
_MANIFEST = re.compile(
    r"sweeps/(?P<hub>[a-z0-9_-]+)/(?P<day>\d{4}-\d\d-\d\d)/(?P<sweep>[a-z0-9~_-]+)/"
    r"(?P<epoch>\d{6})-[0-9a-f]{8}(\.(?P<ended>pruned|aside))?\.json"
)
_KNOWN = "shared.json"
FRESH = "fresh"  # the claim of pages that are meant to take the place of what is stored


class Part(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of a segment: so many bytes of it from an offset on."""

    segment: str
    offset: int
    size: int


class Stored(msgspec.Struct, frozen=True):
    """An object with pages: its name, size and checksum, and the stretches of segments in it, one behind the other."""

    key: str
    size: int
    sha256: str
    parts: list[Part]


class Manifest(msgspec.Struct, kw_only=True):
    """What is stored of a sweep by one writer, and how far the sweep has come."""

    epoch: int
    objects: list[Stored] = []
    state: SweepState | None = None  # None: of profiles, which are no sweep
    check: str | None = None  # of all the rest

    def sizes(self) -> dict[str, int]:
        """How much of each segment is stored."""
        found: dict[str, int] = defaultdict(int)
        for part in self.parts():
            found[part.segment] += part.size
        return dict(found)

    def parts(self) -> list[Part]:
        return [part for stored in self.objects for part in stored.parts]

    def encoded(self) -> bytes:
        return msgspec.json.encode(msgspec.structs.replace(self, check=_check_of(self)))


def _check_of(manifest: Manifest) -> str:
    return f"{zlib.crc32(msgspec.json.encode(msgspec.structs.replace(manifest, check=None))):08x}"


def decoded(body: bytes, name: str, cure: str) -> Manifest:
    """The manifest that these bytes are; `PageDamage` naming the object where they are none, or not the ones that were put."""
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PageDamage(f"{name} is not readable ({error}); {cure}") from None
    if manifest.check != _check_of(manifest):
        raise PageDamage(f"{name} does not match its checksum; {cure}")
    ends: dict[str, int] = defaultdict(int)
    for part in manifest.parts():
        if not is_name(part.segment) or part.offset != ends[part.segment]:
            raise PageDamage(f"{name} does not list {part.segment!r} from its beginning on; {cure}")
        ends[part.segment] += part.size
    return manifest


def checksum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def folder_of(key: Key) -> str:
    """Where the objects of a sweep are, below the folder of their kind."""
    hub, day, sweep = key
    return f"{hub}/{day}/{sweep}"


@dataclass(frozen=True)
class Named:
    """What a manifest's name says: which sweep it is of, its epoch, and whether the pages went on purpose."""

    sweep: Key
    epoch: int
    ended: Ended | None


def manifest_key(key: Key, epoch: int, writer: str, ended: Ended | None = None) -> str:
    return f"sweeps/{folder_of(key)}/{epoch:06}-{writer}{f'.{ended}' if ended else ''}.json"


def named(name: str) -> Named | None:
    """What a manifest's name says; None for what is no manifest."""
    match = _MANIFEST.fullmatch(name)
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    return Named((match["hub"], day, match["sweep"]), int(match["epoch"]), cast(Ended | None, match["ended"]))


class Known(msgspec.Struct, kw_only=True):
    """What this machine knows of a sweep in storage; kept in the sweep's folder as `shared.json`, and gone with it."""

    key: str | None = None  # the manifest that was last put or fetched ...
    tag: str | None = None
    manifest: Manifest | None = None
    claim: str | None = None  # ... and the one that was going to be put: who was killed meanwhile knows its own

    def is_of(self, name: str) -> bool:
        """Whether a manifest is one of this machine's own making, or the last that it saw."""
        return name in (self.key, self.claim)


def known_in(folder: Path) -> Known:
    """What is known of the sweep of this folder; nothing where that was never noted, or cannot be read."""
    try:
        return msgspec.json.decode((folder / _KNOWN).read_bytes(), type=Known)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return Known()


def note_known(folder: Path, known: Known) -> None:
    """Remember it, in one step."""
    fresh = folder / f"{_KNOWN}.new"
    fresh.write_bytes(msgspec.json.encode(known))
    os.replace(fresh, folder / _KNOWN)


def forget_known(folder: Path) -> None:
    """Know nothing of it any more: what is here will be sent as something new."""
    (folder / _KNOWN).unlink(missing_ok=True)


def goes_on_from(manifest: Manifest, before: Manifest) -> bool:
    """Whether one lists the same objects as the other and perhaps more."""
    return [one.key for one in manifest.objects[: len(before.objects)]] == [one.key for one in before.objects]


def covers(have: dict[str, int], want: dict[str, int]) -> bool:
    """Whether each segment has at least the size that is wanted."""
    return all(have.get(name, 0) >= size for name, size in want.items())


def keys_in(manifests: Iterable[Manifest]) -> set[str]:
    return {stored.key for manifest in manifests for stored in manifest.objects}
