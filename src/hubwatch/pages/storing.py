"""Saved pages into object storage: what one run adds to a sweep there, and how a sweep goes from there."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from hubwatch.errors import Overtaken, StorageFault
from hubwatch.pages.kept import SweepPages, SweepState
from hubwatch.pages.manifest import (
    FRESH,
    Ended,
    Key,
    Known,
    Manifest,
    Part,
    Stored,
    checksum,
    covers,
    folder_of,
    keys_in,
    known_in,
    manifest_key,
    named,
    note_known,
)
from hubwatch.pages.objects import Entry
from hubwatch.pages.shared import Shared, ended

_OBJECT = 16_000_000  # bytes from which on an object is put


class Writing:
    """One run's part of a sweep in storage, under a name of its own: whoever had the sweep before can no longer change what counts.

    `epoch` is the least that it may have. `may_write` raises `Overtaken` for who may no longer.
    """

    def __init__(self, shared: Shared, pages: SweepPages, epoch: int = 1, may_write: Callable[[], object] = lambda: None) -> None:
        self.shared, self.pages = shared, pages
        self.manifest: Manifest | None = None  # that was put last
        self._epoch, self._may_write, self._writer, self._name = epoch, may_write, secrets.token_hex(4), ""
        self._key = (pages.hub, pages.day, pages.sweep)
        self._put: list[Stored] = []  # objects that no manifest lists yet

    def send(self) -> None:
        """Store what was appended since the last time: objects first, then the manifest that lists them. `Overtaken` for who is too late."""
        if self.manifest is None:
            self.pages.mend()  # what a killed process was writing is no page
        state, sizes = self.pages.snapshot()
        listed = self._began(state, sizes) if self.manifest is None else self._went_on(self.manifest, state, sizes)
        if listed is None:
            return
        self._put = [stored for stored in self._put if stored not in listed]  # storage took a manifest and could not say so
        for some in _batches(_parts_behind([*listed, *self._put], sizes)):
            body = b"".join(_stretch(self.pages.folder, part) for part in some)
            name = f"pages/{folder_of(self._key)}/{self._epoch:06}-{self._writer}-{len(listed) + len(self._put):05}.json.zst"
            self.shared.objects.put(name, body)
            self._put.append(Stored(name, len(body), checksum(body), some))
        self._may_write()
        manifest = Manifest(epoch=self._epoch, objects=[*listed, *self._put], state=state)
        tag = self.shared.objects.put(self._name, manifest.encoded())
        is_first, self.manifest, self._put = self.manifest is None, manifest, []
        note_known(self.pages.folder, Known(key=self._name, tag=tag, manifest=manifest, claim=self._name))
        if is_first:
            _delete_manifests_before(self.shared, self._key, self._name)

    def _went_on(self, manifest: Manifest, state: SweepState | None, sizes: dict[str, int]) -> list[Stored] | None:
        """What this run has listed so far; None where there is nothing to send."""
        entry = self._entry()
        if entry is None:  # storage that was cut off may lose what it was replacing; whoever ends a sweep leaves a manifest that says so
            self._put = []
            return []
        if entry.key != self._name:
            raise Overtaken(self._too_late(entry))
        return None if _is_all(manifest, state, sizes) else manifest.objects

    def _began(self, state: SweepState | None, sizes: dict[str, int]) -> list[Stored] | None:
        """What is listed by the manifest that counts, for this run to go on from; None where there is nothing to send."""
        entry, before, known = self._entry(), Manifest(epoch=0), known_in(self.pages.folder)
        is_anew = entry is None or known.claim == FRESH or (known.key == entry.key and known.manifest is None)
        if entry is not None and not is_anew and not ended(entry):
            read = self.shared.read(self._key, entry)
            if read is None:
                raise StorageFault(f"{self.shared.objects.told(entry.key)} went while it was read; run the command again")
            entry, before = read
            if not known.is_of(entry.key):
                raise Overtaken(self._too_late(entry))
        if _is_all(before, state, sizes):
            return None
        if entry is not None:
            self._epoch = max(self._epoch, _epoch(entry) + 1)
            if known.claim == FRESH:
                _list_as_aside(self.shared, self._key, entry)
        self._name = manifest_key(self._key, self._epoch, self._writer)
        known.claim = self._name
        note_known(self.pages.folder, known)
        return before.objects

    def _entry(self) -> Entry | None:
        return self.shared.entries(of=self._key).get(self._key)

    def _too_late(self, entry: Entry) -> str:
        sweep = " ".join(map(str, self._key))
        there = self.shared.objects.told(entry.key)
        return f"{sweep}: another machine has gone on with this sweep ({there}); the next run here fetches what it has"


def replace_stored(pages: SweepPages) -> None:
    """Say of a sweep that begins anew that it takes the place of what is stored, which is then set aside there."""
    pages.folder.mkdir(parents=True, exist_ok=True)
    note_known(pages.folder, Known(claim=FRESH))


def is_unsent(pages: SweepPages, entry: Entry | None) -> bool:
    """Whether storage, which has this manifest of the sweep, lacks something that is here."""
    known = known_in(pages.folder)
    if entry is None or known.manifest is None or not known.is_of(entry.key):
        return True
    return not _is_all(known.manifest, *pages.snapshot())


def set_aside(shared: Shared, key: Key) -> None:
    """Keep a stored sweep's pages under another name, where nobody loads them."""
    entry = shared.entries(of=key).get(key)
    if entry is not None and not ended(entry):
        _list_as_aside(shared, key, entry)
        _end(shared, key, entry, "aside")


def remove(shared: Shared, key: Key) -> None:
    """Delete a stored sweep's pages for good: first what lists them goes, then they; what a sweep beside it lists stays."""
    entry = shared.entries(of=key).get(key)
    if entry is None:
        return
    gone: set[str] = set()
    if not ended(entry):
        read = shared.read(key, entry)
        gone = keys_in([read[1]]) if read else set()
        entry = _end(shared, key, entry, "pruned")
    _delete_manifests_before(shared, key, entry.key)
    others = (shared.read(other, one) for other, one in _of_day(shared, key).items() if other != key and not ended(one))
    listed = keys_in(found[1] for found in others if found is not None)
    shared.objects.delete(sorted(({one.key for one in shared.objects.list(f"pages/{folder_of(key)}")} | gone) - listed))


def _end(shared: Shared, key: Key, entry: Entry, how: Ended) -> Entry:
    """Say that a sweep's pages went on purpose; the manifest that says so."""
    name = manifest_key(key, _epoch(entry) + 1, secrets.token_hex(4), how)
    return Entry(name, shared.objects.put(name, Manifest(epoch=_epoch(entry) + 1).encoded()))


def _list_as_aside(shared: Shared, key: Key, entry: Entry) -> None:
    """List a sweep's objects under the next free name beside it."""
    read = None if ended(entry) else shared.read(key, entry)
    if read is None or not read[1].objects:
        return
    hub, day, sweep = key
    held, number = _of_day(shared, key), 1
    while (hub, day, f"{sweep}~{number}") in held:
        number += 1
    aside = (hub, day, f"{sweep}~{number}")
    shared.objects.put(manifest_key(aside, read[1].epoch, secrets.token_hex(4)), read[1].encoded())


def _of_day(shared: Shared, key: Key) -> dict[Key, Entry]:
    """The stored sweeps of the same hub and day."""
    return shared.entries(hub=f"{key[0]}/{key[1]}")


def _delete_manifests_before(shared: Shared, key: Key, name: str) -> None:
    shared.objects.delete([one.key for one in shared.objects.list(f"sweeps/{folder_of(key)}") if named(one.key) and one.key < name])


def _epoch(entry: Entry) -> int:
    said = named(entry.key)
    return said.epoch if said else 0


def _is_all(manifest: Manifest, state: SweepState | None, sizes: dict[str, int]) -> bool:
    """Whether a manifest has this state and all of these segments."""
    return manifest.state == state and covers(manifest.sizes(), sizes)


def _parts_behind(listed: list[Stored], sizes: dict[str, int]) -> list[Part]:
    """What of these segments lies behind what is listed."""
    stored = Manifest(epoch=0, objects=listed).sizes()
    behind = {name: stored.get(name, 0) for name in sizes}
    return [Part(name, at, sizes[name] - at) for name, at in sorted(behind.items()) if sizes[name] > at]


def _batches(parts: list[Part]) -> Iterator[list[Part]]:
    """Parts for one object each: few and large ones."""
    some: list[Part] = []
    for part in parts:
        some.append(part)
        if sum(one.size for one in some) >= _OBJECT:
            yield some
            some = []
    if some:
        yield some


def _stretch(folder: Path, part: Part) -> bytes:
    with open(folder / part.segment, "rb") as file:
        file.seek(part.offset)
        return file.read(part.size)
