"""Keeping house: which old pages go, and how far each hub's days have come."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pydantic import BaseModel, Field

from hubwatch import store
from hubwatch.errors import PageDamage, counted
from hubwatch.hubs import HUBS, command_line, hub_of
from hubwatch.load import is_held
from hubwatch.maintenance.verification import goes_on, loads, missing_days
from hubwatch.pages import Shared, SweepPages, is_unsent, kept_sweeps, remove, remove_sweep

_NO_SWEEP = ("archive:", "window")


@dataclass(frozen=True)
class Pruned:
    """A sweep whose pages went, or would go in a dry run: how many bytes that frees."""

    hub: str
    day: date
    sweep: str
    bytes: int


def prune(
    data: Path,
    today: date,
    keep_days: int,
    dry_run: bool,
    tell: Callable[[str], object] = lambda line: None,
    storage: str | None = None,
) -> list[Pruned]:
    """Delete the pages of sweeps older than `keep_days` days; what went, in order. The tables keep all they say.

    The last complete full sweep of each month and hub stays for ever: from it a month can be loaded again. What the published
    file does not have yet stays, too: these pages alone know it; each is told with its cure. Pages in object storage go with
    those here (`storage` is its address); a machine that publishes nothing only
    drops its copies of what is there.
    """
    before = today - timedelta(days=keep_days)
    kept = kept_sweeps(data)
    shared = Shared(data, storage) if storage is not None else None
    if shared is not None and not (data / "hubwatch.duckdb").exists():
        return list(_drop_copies(shared, [pages for pages in kept if pages.day < before], dry_run))
    month_ends = set(_month_ends(kept))
    old = [pages for pages in [*kept, *kept_sweeps(data, aside=True)] if pages.day < before]
    published = _published(data, old)
    gone = []
    for pages in sorted(old, key=lambda pages: (pages.hub, pages.day, pages.sweep)):
        key = (pages.hub, pages.day, pages.sweep)
        if key in month_ends:
            continue
        if "~" not in pages.sweep and pages.segments() and not published.get(key):
            tell(f"{pages.hub} {pages.day} {pages.sweep} stays: what its pages say is not published; `{loads(pages)}` loads them")
            continue
        size = sum(path.stat().st_size for path in pages.folder.iterdir())
        if not dry_run:
            with store.locked(data, f"sweep-{hub_of(pages.hub).name}"):
                if shared is not None and "~" not in pages.sweep:  # what is set aside here may be another thing there
                    remove(shared, key)
                remove_sweep(data, pages)
        gone.append(Pruned(pages.hub, pages.day, pages.sweep, size))
    if shared is not None and not dry_run:
        for key in [key for key in shared.entries() if "~" in key[2] and key[1] < before]:
            remove(shared, key)
    return gone


def _drop_copies(shared: Shared, old: list[SweepPages], dry_run: bool) -> Iterator[Pruned]:
    """Delete here what storage has whole."""
    entries = shared.entries() if old else {}
    for pages in old:
        key = (pages.hub, pages.day, pages.sweep)
        if is_unsent(pages, entries.get(key)):
            continue
        size = sum(path.stat().st_size for path in pages.folder.iterdir())
        if not dry_run:
            with store.locked(shared.root, f"sweep-{hub_of(pages.hub).name}"):
                remove_sweep(shared.root, pages, is_copy=True)
        yield Pruned(*key, size)


def _published(data: Path, kept: list[SweepPages]) -> dict[tuple[str, date, str], bool]:
    """For each of these sweeps, whether readers see what its pages say; nothing before the first publish."""
    if not (data / "hubwatch.duckdb").exists():
        return {}
    with store.open_published(data) as con:
        return is_held(con, kept)


def _month_ends(kept: list[SweepPages]) -> Iterator[tuple[str, date, str]]:
    """The last complete full sweep of each month and hub, and what cannot be read."""
    last: dict[tuple[str, int, int], SweepPages] = {}
    for pages in sorted(kept, key=lambda pages: pages.day):
        try:
            state = pages.state()
        except PageDamage:
            yield pages.hub, pages.day, pages.sweep  # nobody can say that it is none: it stays until it is repaired
            continue
        if pages.sweep == "full" and state is not None and state.complete:
            last[pages.hub, pages.day.year, pages.day.month] = pages
    yield from ((pages.hub, pages.day, pages.sweep) for pages in last.values())


class HubStatus(BaseModel):
    """How far a hub's days have come; `next` is the command that brings it on, null when nothing is due."""

    hub: str
    last_complete_day: date | None = None
    sweep: str | None = None
    records: int | None = None
    age_days: int | None = Field(default=None, description="days from the last complete day to today, UTC")
    days: int = Field(default=0, description="days with a sweep of our own")
    archive_days: int = Field(default=0, description="days known from a published snapshot alone")
    gaps: list[str] = Field(default=[], description="days between observed days without any sweep")
    ahead: list[date] = Field(default=[], description="days in the future, which only a wrong clock can have made; they count for nothing")
    incomplete: list[date] = Field(default=[], description="days with a sweep of which none is loaded as complete")
    stale: bool = False
    next: str | None = None

    def told(self) -> str:
        """The hub in one line."""
        if self.last_complete_day is None:
            known = f"no complete day of {self.days}" if self.days else "never collected"
        else:
            known = f"complete to {self.last_complete_day} ({self.sweep}, {counted(self.records or 0, 'record')}), {counted(self.age_days or 0, 'day')} ago"
        if self.ahead:
            known += (
                f"; in the future, a clock was wrong: {', '.join(map(str, self.ahead))} (`hubwatch drop-day {self.hub} {self.ahead[0]}`)"
            )
        parts = [f"{self.hub}: {'STALE, ' if self.stale else ''}{known}"]
        parts += [f"{counted(self.archive_days, 'day')} from archives"] if self.archive_days else []
        parts += [f"gaps {', '.join(self.gaps[-3:])}{' and earlier' if len(self.gaps) > 3 else ''}"] if self.gaps else []
        if self.incomplete:
            shown = ", ".join(map(str, self.incomplete[-3:]))
            parts.append(f"incomplete or not loaded {shown}{' and earlier' if len(self.incomplete) > 3 else ''}")
        return "; ".join([*parts, f"next: {self.next}" if self.next else "nothing to do"])


def status(data: Path, today: date, stale_days: int, kept: list[SweepPages] | None = None) -> list[HubStatus]:
    """Every hub's last complete day, its age, gaps and next step, from the published file and the kept pages [those in this folder].

    A hub that was ever collected is stale when its last complete day is more than `stale_days` days ago, or it has none.
    """
    kept = kept_sweeps(data) if kept is None else kept
    rows = _published_sweeps(data)
    hubs = [*HUBS, *sorted({*(row[0] for row in rows), *(pages.hub for pages in kept)} - set(HUBS))]
    return [
        _status_of(hub, [row for row in rows if row[0] == hub], [pages for pages in kept if pages.hub == hub], today, stale_days)
        for hub in hubs
    ]


Row = tuple[str, date, str, bool, int | None]


def _published_sweeps(data: Path) -> list[Row]:
    """Hub, day, source, complete and records of every sweep that readers can see; none before the first publish."""
    if not (data / "hubwatch.duckdb").exists():
        return []
    with store.open_published(data) as con:
        return con.execute("select hub, day, source, coalesce(complete, false), records from sweeps order by hub, day, source").fetchall()


def _status_of(hub: str, rows: list[Row], kept: list[SweepPages], today: date, stale_days: int) -> HubStatus:
    tomorrow = today + timedelta(days=1)  # it has begun somewhere
    ahead = sorted({row[1] for row in rows if row[1] > tomorrow})
    own = [row for row in rows if not row[2].startswith(_NO_SWEEP) and row[1] not in ahead]
    own_kept = [pages for pages in kept if not pages.sweep.startswith(_NO_SWEEP)]
    observed = {(hub, day, source) for _, day, source, _, _ in own} | {(hub, pages.day, pages.sweep) for pages in own_kept}
    known = HubStatus(hub=hub, ahead=ahead, days=len({day for _, day, _ in observed}))
    known.archive_days = len({row[1] for row in rows} - {day for _, day, _ in observed})
    known.gaps = [f"{first}" if first == last else f"{first}..{last}" for first, last in missing_days(observed).get(hub, [])]
    complete = [row for row in own if row[3]]
    known.incomplete = sorted({day for _, day, _ in observed} - {row[1] for row in complete})
    if complete:
        best = max(complete, key=lambda row: (row[1], row[2] == "full", row[4] or 0))
        known.last_complete_day, known.sweep, known.records = best[1], best[2], best[4]
        known.age_days = max(0, (today - best[1]).days)
    since = known.last_complete_day or min((day for _, day, _ in observed), default=None)
    known.stale = since is not None and (today - since).days > stale_days
    known.next = _next_step(hub, known, own, own_kept, today)
    return known


def _next_step(hub: str, known: HubStatus, own: list[Row], kept: list[SweepPages], today: date) -> str | None:
    """The command that brings the hub on: finish what was begun, load what is kept, or collect again."""
    seen = {(day, source) for _, day, source, _, _ in own}
    after = [pages for pages in kept if known.last_complete_day is None or pages.day > known.last_complete_day]
    for pages in sorted(after, key=lambda pages: pages.day, reverse=True):
        try:
            state = pages.state()
        except PageDamage:
            return "hubwatch verify"
        if state is not None and state.finished_at is None and pages.day == today:
            return goes_on(pages, state)
        if state is not None and state.finished_at is not None and (pages.day, pages.sweep) not in seen:
            return loads(pages)
    if known.days == 0 or known.last_complete_day is None or known.last_complete_day < today:
        return command_line(hub, f"run {hub_of(hub).name}")
    return None
