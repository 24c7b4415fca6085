"""One version of an export, put on a hub or into a repository, with a data card and what changed since the version before."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hubwatch.errors import UsageError
from hubwatch.readers import changes, state
from hubwatch.readers.addresses import remember
from hubwatch.readers.bundle import DESCRIBING, describe
from hubwatch.readers.database import Database
from hubwatch.readers.export import Exported, export_tables
from hubwatch.readers.load_sql import SCHEMAS
from hubwatch.readers.places import Place
from hubwatch.readers.state import State

_FOLDERS = ("main", *SCHEMAS[1:], "statistics")
_DEPENDENT = ("load.sql",)  # what an export has or has not, by what was asked


@dataclass(frozen=True)
class Put:
    """A version that was put, or with a dry run would be; `address` is None when nothing was put."""

    state: State
    sizes: dict[str, int]
    stale: tuple[str, ...]
    changes: str
    left_out: tuple[str, ...]
    address: str | None


def put_version(db: Database, to: Place, form: str = "parquet", only: tuple[str, ...] = (), dry_run: bool = False) -> Put:
    """Export, compare with the version that is there, and put it in its stead; with `dry_run` only say what would go.

    Raises `UsageError` for a place that holds files of somebody else, and `HubFailure` where a hub refuses.
    """
    if not dry_run:
        to.require_token()
    with tempfile.TemporaryDirectory(prefix="hubwatch-export-") as scratch:
        folder, fetched = Path(scratch) / "version", Path(scratch) / "before"
        held = to.held()
        before = state.read_state(to.fetch(state.FILE, fetched), to.name) if state.FILE in held else None
        if before is None:
            _refuse_foreign(to, held)
        exported = export_tables(db, folder, form, only)
        now = state.state_of(db, folder, exported, form, before.number + 1 if before else 1)
        section = _section(db, to, fetched, before, now, exported)
        told = _history(to, fetched, held, section)
        describe(
            db, folder, exported, form, {"Facts version": now.facts_version}, {state.FILE: now.to_json(), changes.FILE: told}, card=True
        )
        sizes = {str(path.relative_to(folder)): path.stat().st_size for path in sorted(folder.rglob("*")) if path.is_file()}
        stale = tuple(sorted({*before.files, *_DEPENDENT} & {*held} - {*sizes})) if before else ()
        address = None
        if not dry_run and not (before and now.is_that_of(before)):
            address = to.put(folder, [*sizes], [*stale], now.title, section.partition("\n\n")[2].strip())
            if address.startswith("http"):
                remember(db.path, db.sha256, address)
        return Put(now, sizes, stale, section, exported.left_out, address)


def _section(db: Database, to: Place, fetched: Path, before: State | None, now: State, exported: Exported) -> str:
    """What CHANGES.md says of this version."""
    if before is None:
        return changes.first_version(now)
    former = next((path for path in before.files if path.startswith("main/origins.")), None)
    has_labels = former and any(one.name == "origins" for one in exported.resources)
    labels = changes.relabelled(db, to.fetch(former, fetched)) if former and has_labels else None
    return changes.difference(before, now, labels)


def _history(to: Place, fetched: Path, held: list[str], section: str) -> str:
    """The sections of all versions, the newest first."""
    former = to.fetch(changes.FILE, fetched).read_text("utf-8") if changes.FILE in held and state.FILE in held else ""
    return f"{changes.HEADING}\n{section}\n{former.removeprefix(changes.HEADING).lstrip()}".rstrip() + "\n"


def _refuse_foreign(to: Place, held: list[str]) -> None:
    """A place without a version of ours is not written over."""
    if foreign := [path for path in held if path in DESCRIBING or path.partition("/")[0] in _FOLDERS]:
        raise UsageError(f"{to.name} holds {', '.join(foreign[:3])}, which no export put there; name an empty place")
