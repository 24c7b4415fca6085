"""Collecting for other machines, too: before a sweep what they have of it is fetched, and its pages are sent on while they come."""

import contextlib
import threading
from contextlib import AbstractContextManager

from hubwatch.collect.coordination import Coordination, coordinated
from hubwatch.errors import Busy, Overtaken, PageDamage, StorageFault
from hubwatch.pages import PROFILES, Sending, Shared, SweepPages, Writing, is_unsent, kept_beside, kept_sweeps, replace_stored, within
from hubwatch.settings import Settings


class Sharing:
    """What one sweep of a hub has to do with object storage; nothing where none is set. The caller holds the hub's lock.

    `remarks` are of this run alone, not of the sweep.
    """

    def __init__(self, settings: Settings, pages: SweepPages, agreed: Coordination | None = None) -> None:
        self._settings, self._pages, self._agreed = settings, pages, agreed
        self.remarks: list[str] = []
        self._shared = Shared(settings.data, settings.pages) if settings.pages is not None else None
        self._has_earlier = False

    def fetch(self) -> None:
        """Have here what storage has of the sweep; without storage it goes on from what is here, and says so."""
        if self._shared is None:
            return
        key = (self._pages.hub, self._pages.day, self._pages.sweep)
        try:
            for entry in self._shared.entries(of=key).values():
                self._shared.bring(key, entry, self._tell)
        except StorageFault as fault:
            if self._agreed is not None and self._agreed.epoch > 1 and self._pages.state() is None:
                raise  # another machine had it before: it would be collected twice from its beginning
            self._tell(f"what other machines have of this sweep is not known: {fault}")

    def fetch_earlier(self) -> None:
        """Have here the sweeps of this hub before this one, back to the last complete full one: as far as a hub's module looks back."""
        if self._shared is None or self._has_earlier:
            return
        self._has_earlier = True
        try:
            entries = within(self._shared.entries(hub=self._pages.hub), None, self._pages.day)
            for key, entry in sorted(entries.items(), key=lambda one: one[0][1:], reverse=True):
                if key == (self._pages.hub, self._pages.day, self._pages.sweep) or key[2] == PROFILES or "~" in key[2]:
                    continue
                self._shared.bring(key, entry, self._tell)
                state = SweepPages(self._pages.root, *key).state()
                if key[2] == "full" and state is not None and state.complete:
                    return
        except (StorageFault, PageDamage) as fault:
            self._tell(f"not all earlier sweeps are known here: {fault}")

    def _tell(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)

    def sending(self, stop: threading.Event | None, fresh: bool = False) -> AbstractContextManager[Sending | None]:
        """Inside, the sweep's pages are sent as they come; first what earlier runs left here."""
        if self._shared is None:
            return contextlib.nullcontext()
        if fresh:
            replace_stored(self._pages)
        settings = self._settings
        return Sending(self._writing(self._pages, self._agreed), settings.pages_every, settings.patience, stop, self._send_left)

    def _writing(self, pages: SweepPages, agreed: Coordination | None) -> Writing:
        assert self._shared is not None
        return Writing(self._shared, pages) if agreed is None else Writing(self._shared, pages, agreed.epoch, agreed.confirm)

    def _send_left(self) -> None:
        """Send what earlier runs of this hub left here; what cannot be sent for a reason of its own does not keep the rest."""
        assert self._shared is not None
        entries = self._shared.entries(hub=self._pages.hub)
        left = [*kept_sweeps(self._pages.root, self._pages.hub), *kept_beside(self._pages.root, self._pages.hub, PROFILES)]
        for pages in left:
            key = (pages.hub, pages.day, pages.sweep)
            try:
                if pages.folder == self._pages.folder or not is_unsent(pages, entries.get(key)):
                    continue
                with coordinated(self._settings, pages) as agreed:
                    for entry in self._shared.entries(of=key).values():  # another machine may have gone on with it
                        self._shared.bring(key, entry, self._tell)
                    pages.mend()
                    self._writing(pages, agreed).send()
            except (PageDamage, Overtaken) as fault:
                self._tell(f"not sent: {fault}")
            except Busy:
                continue  # whoever has it goes on with it


def unsent(sending: Sending | None) -> str | None:
    """What of the sweep is here alone, in one line; `Overtaken` when another machine has the sweep."""
    if sending is None:
        return None
    sending.check()
    return sending.told
