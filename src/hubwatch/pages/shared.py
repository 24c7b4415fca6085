"""Saved pages in object storage, for machines without a common disk: the data folder's `pages/` is then buffer and copy.

What a collector appends is sent after it (`storing.py`); whoever needs pages first fetches what storage lists and this folder lacks
(`bring`), checked against its checksums. Whoever put the last manifest is right: pages that another machine had not sent by then are
set aside there.
"""

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

from hubwatch.errors import Busy, PageDamage
from hubwatch.pages.kept import SweepPages, SweepState, kept_sweeps, note_pruned, pruned_sweeps, remove_sweep
from hubwatch.pages.manifest import (
    FRESH,
    Ended,
    Key,
    Known,
    Manifest,
    Stored,
    checksum,
    covers,
    decoded,
    folder_of,
    forget_known,
    goes_on_from,
    known_in,
    named,
    note_known,
)
from hubwatch.pages.objects import Entry, Objects
from hubwatch.pages.segments import restore

_OBJECT = 16_000_000  # bytes from which on an object is put
_AT_ONCE = 4  # objects that are fetched side by side
_INCOMING = ".incoming"  # beside the hubs' folders: what is being fetched
_TRIES = 10  # at a rename that others' renames come between
_LEFT = 86400  # seconds after which nobody is fetching it any more
Tell = Callable[[str], object]


class Shared:
    """The pages of every machine, under one address. Callers hold the lock of the hub whose sweeps they change."""

    def __init__(self, root: Path, url: str) -> None:
        self.root, self.objects = root, Objects(url)

    def entries(self, hub: str | None = None, of: Key | None = None) -> dict[Key, Entry]:
        """The manifest that counts of every sweep, of those of a hub, or of one."""
        found: dict[Key, Entry] = {}
        for entry in self.objects.list(f"sweeps/{folder_of(of)}" if of else f"sweeps/{hub}" if hub else "sweeps"):
            said = named(entry.key)
            if said is not None and (said.sweep not in found or found[said.sweep].key < entry.key):
                found[said.sweep] = entry
        return dict(sorted(found.items()))

    def read(self, key: Key, entry: Entry | None) -> tuple[Entry, Manifest] | None:
        """The manifest that counts, from this entry on; None where there is none (any more)."""
        while entry is not None:
            if (found := self.objects.get(entry.key)) is not None:
                return Entry(entry.key, found[1]), decoded(found[0], self.objects.told(entry.key), self._cure(key))
            after = self.entries(of=key).get(key)  # a later one came, and this one went
            entry = after if after != entry else None
        return None

    def states(self, room: Path, hub: str | None = None) -> list[SweepPages]:
        """Every sweep in storage (of a hub) by its state alone, in a folder of its own: how far each has come, without its pages."""
        wanted = [(key, entry) for key, entry in self.entries(hub).items() if "~" not in key[2] and not ended(entry)]
        with ThreadPoolExecutor(_AT_ONCE) as readers:
            list(readers.map(lambda one: self._put_state(SweepPages(room, *one[0]), *one), wanted))
        return kept_sweeps(room)

    def _put_state(self, pages: SweepPages, key: Key, entry: Entry) -> None:
        """Put the state that a manifest has into this folder; of a damaged manifest a state that is as damaged."""
        try:
            read = self.read(key, entry)
        except PageDamage:
            pages.folder.mkdir(parents=True)
            (pages.folder / "sweep.json").touch()
            return
        if read is not None and read[1].state is not None:
            pages.save_state(read[1].state)

    def has(self, key: Key, entry: Entry) -> bool:
        """Whether this folder has the sweep as this manifest says, by what was noted and by sizes; perhaps more that is still to be sent."""
        pages = SweepPages(self.root, *key)
        if ended(entry) is not None:
            return not pages.folder.exists()
        known = known_in(pages.folder)
        if (known.key, known.tag) != (entry.key, entry.tag) or known.manifest is None:
            return False
        state, sizes = pages.snapshot()
        return (state is not None or known.manifest.state is None) and covers(sizes, known.manifest.sizes())

    def bring(self, key: Key, entry: Entry, tell: Tell, only_new: bool = False) -> None:
        """Have this folder hold the sweep as storage has it, or whatever of this machine goes further; `PageDamage` for damage there.

        `only_new`: what is here stays as it is, which is for those who do not hold the hub's lock.
        """
        pages = SweepPages(self.root, *key)
        if self.has(key, entry) or (only_new and pages.folder.exists()):
            return
        if (how := ended(entry)) is not None:
            return self._end(pages, how, tell)
        known = known_in(pages.folder)
        for _ in range(3):
            try:
                read = self.read(key, entry)
            except PageDamage:
                if known != Known() or not pages.segments():
                    raise
                note_known(pages.folder, Known(key=entry.key, tag=entry.tag))  # sent anew, as the cure says
                return
            if read is None:
                return
            try:
                return self._bring(pages, *read, tell, only_new)
            except PageDamage:
                after = self.entries(of=key).get(key)
                if after is None or after.key == read[0].key:
                    raise
                if ended(after):
                    return
                entry = after  # what is missing went meanwhile

    def _bring(self, pages: SweepPages, entry: Entry, manifest: Manifest, tell: Tell, only_new: bool) -> None:
        if known_in(pages.folder).claim == FRESH:
            return  # what is here is meant to take its place
        known, noted = known_in(pages.folder), Known(key=entry.key, tag=entry.tag, manifest=manifest, claim=entry.key)
        if only_new or not pages.folder.exists():
            self._bring_whole(pages, manifest, noted, tell, only_new)
            return
        have, want = self._sizes(pages), manifest.sizes()
        if known.key == entry.key and known.manifest is None:
            return  # as below, and not sent yet
        if known.is_of(entry.key) and covers(have, want):
            note_known(pages.folder, noted)  # what this machine adds to it is still to be sent
        elif known.key is None and have == want and pages.state() == manifest.state:
            note_known(pages.folder, Known(key=entry.key, tag=entry.tag))  # the same; whether it lies there whole, nothing says: sent anew
        elif known.manifest is not None and goes_on_from(manifest, known.manifest) and have == known.manifest.sizes():
            self._write(pages, manifest.objects[len(known.manifest.objects) :], manifest.state)
            note_known(pages.folder, noted)
        else:
            self._bring_whole(pages, manifest, noted, tell)

    def _bring_whole(self, pages: SweepPages, manifest: Manifest, noted: Known, tell: Tell, only_new: bool = False) -> None:
        """Fetch all of it beside what is here, then put it in place in one step."""
        (room := self.root / "pages" / _INCOMING).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=room, ignore_cleanup_errors=True) as own:
            incoming = SweepPages(Path(own), pages.hub, pages.day, pages.sweep)
            incoming.folder.mkdir(parents=True)
            self._write(incoming, manifest.objects, manifest.state)
            note_known(incoming.folder, noted)
            if pages.folder.exists() and not only_new:
                if _is_part_of(pages, incoming):  # in one step: another process may put its own into a folder that is being emptied
                    os.rename(pages.folder, Path(own) / "replaced")
                else:
                    self._set_aside(pages, f"{pages.hub} {pages.day} {pages.sweep}: another machine went on with this sweep", tell)
            _put_in_place(incoming.folder, pages.folder)

    def _set_aside(self, pages: SweepPages, why: str, tell: Tell) -> None:
        aside = pages.set_aside()
        if aside is not None:
            forget_known(aside)
            tell(f"{why}; the pages here are moved to {aside.relative_to(self.root)}")

    def _end(self, pages: SweepPages, how: Ended, tell: Tell) -> None:
        """The sweep's pages went from storage on purpose: so do those here, if storage had them all."""
        known = known_in(pages.folder)
        if known.manifest is None or self._sizes(pages) != known.manifest.sizes():
            return
        if how == "pruned":
            remove_sweep(self.root, pages)
        else:
            self._set_aside(pages, f"{pages.hub} {pages.day} {pages.sweep} was set aside in storage", tell)

    def _write(self, pages: SweepPages, objects: list[Stored], state: SweepState | None) -> None:
        """Append what is in these objects to the segments of this folder, and then put the state beside them."""
        with ThreadPoolExecutor(_AT_ONCE) as readers:
            for first in range(0, len(objects), _AT_ONCE):
                some = objects[first : first + _AT_ONCE]
                for stored, body in zip(some, readers.map(lambda one: self._whole(pages, one), some), strict=True):
                    _append_parts(pages.folder, stored, body)
        if state is not None:
            pages.save_state(state)

    def _whole(self, pages: SweepPages, stored: Stored) -> bytes:
        """The bytes of an object; `PageDamage` naming it where it is missing, or not what was put."""
        found = self.objects.get(stored.key)
        cure = self._cure((pages.hub, pages.day, pages.sweep))
        if found is None:
            raise PageDamage(f"{self.objects.told(stored.key)} is missing; {cure}")
        if len(found[0]) != stored.size or checksum(found[0]) != stored.sha256:
            raise PageDamage(f"{self.objects.told(stored.key)} does not match its checksum; {cure}")
        return found[0]

    def _cure(self, key: Key) -> str:
        folder = SweepPages(self.root, *key).folder
        relative = folder.relative_to(self.root)
        return (
            f"a machine whose {relative} is whole sends it anew once {relative}/shared.json is deleted there; otherwise {restore(folder)}"
        )

    def _sizes(self, pages: SweepPages) -> dict[str, int]:
        pages.mend()
        return pages.snapshot()[1]


def fetch(shared: Shared, entries: dict[Key, Entry], locked: Callable[[str], AbstractContextManager[None]], tell: Tell) -> dict[Key, str]:
    """Bring these sweeps; what is damaged, by sweep. `locked` holds the lock of a hub's pages: `Busy` where they are being collected here.

    Then only sweeps of which nothing is here are brought. Whatever is here as it should be needs no lock.
    """
    damaged: dict[Key, str] = {}
    _clear_away(shared.root / "pages" / _INCOMING)
    for key, entry in entries.items():
        if "~" in key[2]:
            continue
        try:
            if shared.has(key, entry):
                continue
            try:
                with locked(key[0]):
                    shared.bring(key, entry, tell)
            except Busy:
                shared.bring(key, entry, tell, only_new=True)
        except PageDamage as damage:
            damaged[key] = str(damage)
    pruned = {key for key, entry in entries.items() if ended(entry) == "pruned"}
    note_pruned(shared.root, pruned - pruned_sweeps(shared.root))
    return damaged


def _put_in_place(incoming: Path, folder: Path) -> None:
    """Rename in one step, unless another process here brought the same meanwhile; one that replaces it takes it away for a moment."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(_TRIES):
        try:
            os.rename(incoming, folder)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        if folder.exists():
            return
    os.rename(incoming, folder)


def _clear_away(incoming: Path) -> None:
    """Delete what killed processes were fetching."""
    for path in incoming.glob("*"):
        with contextlib.suppress(FileNotFoundError):  # whoever was fetching it is done
            if time.time() - path.stat().st_mtime > _LEFT:
                shutil.rmtree(path, ignore_errors=True)


def within(entries: dict[Key, Entry], first: date | None, last: date | None) -> dict[Key, Entry]:
    """Those of these days."""
    return {key: one for key, one in entries.items() if (first is None or key[1] >= first) and (last is None or key[1] <= last)}


def ended(entry: Entry) -> Ended | None:
    """Whether a manifest says that the pages went, and how."""
    said = named(entry.key)
    return said.ended if said else None


def _is_part_of(pages: SweepPages, other: SweepPages) -> bool:
    """Whether another folder has all the pages of this one."""
    for path in pages.segments():
        there = other.folder / path.name
        if not there.exists() or not there.read_bytes().startswith(path.read_bytes()):
            return False
    return True


def _append_parts(folder: Path, stored: Stored, body: bytes) -> None:
    at = 0
    for part in stored.parts:
        with open(folder / part.segment, "ab") as file:
            if file.tell() != part.offset:
                raise PageDamage(f"{folder / part.segment} ends at byte {file.tell()}, {stored.key} goes on at {part.offset}")
            file.write(body[at : at + part.size])
        at += part.size
