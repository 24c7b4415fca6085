"""Which saved sweeps are still to be loaded: by what their pages hold, never by any clock or file time."""

from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

import duckdb

from hubwatch.errors import PageDamage
from hubwatch.pages import RESTORE, SweepPages
from hubwatch.store import insert_rows

Key = tuple[str, date, str]


@dataclass(frozen=True)
class Attempt:
    """The last time a sweep was loaded: from which pages, by which version, and why it failed (None: it did not)."""

    pages: str
    rules: str
    fault: str | None


def not_yet_loaded(con: duckdb.DuckDBPyConnection, kept: list[SweepPages], also_refused: bool = False) -> list[SweepPages]:
    """Those of these sweeps with pages that were never loaded as they are now.

    What failed is not tried again with the same pages by the same version of hubwatch (`also_refused`: it is): it fails once,
    and `refused` names it.
    """
    known, loaded, dropped = attempts(con), _loaded(con), _dropped(con)
    wanted = [pages for pages in kept if pages.segments() and _key(pages) not in dropped]
    again = set(refused(con, wanted)) if also_refused else set()
    return [pages for pages in wanted if _key(pages) in again or _is_due(known.get(_key(pages)), loaded.get(_key(pages)), pages)]


def is_held(con: duckdb.DuckDBPyConnection, kept: list[SweepPages]) -> dict[Key, bool]:
    """For each of these sweeps, whether the tables hold what its pages say now."""
    known, loaded = attempts(con), _loaded(con)
    found = {}
    for pages in kept:
        last, facts = known.get(_key(pages)), loaded.get(_key(pages))
        found[_key(pages)] = facts is not None and (
            (not (last and last.fault) and not _is_due(last, facts, pages)) or _hold_less(pages, facts[1])
        )
    return found


def refused(con: duckdb.DuckDBPyConnection, kept: list[SweepPages]) -> dict[Key, str]:
    """The sweeps whose saved pages could not be loaded the last time and are as they were, with the reason."""
    known = attempts(con)
    found = {_key(pages): (pages, known[_key(pages)]) for pages in kept if _key(pages) in known}
    dropped = _dropped(con)
    return {
        key: last.fault for key, (pages, last) in found.items() if last.fault and key not in dropped and last.pages == pages.fingerprint()
    }


def note_attempt(con: duckdb.DuckDBPyConnection, pages: SweepPages, fingerprint: str, fault: str | None) -> None:
    """Remember that the sweep was loaded, or could not be, from pages of this fingerprint."""
    con.execute("delete from store.loaded where hub = ? and day = ? and source = ?", list(_key(pages)))
    of_sweep = {"hub": pages.hub, "day": pages.day, "source": pages.sweep}
    insert_rows(con, "store.loaded", [of_sweep | {"pages": fingerprint, "rules": _rules(), "fault": fault}])


def attempts(con: duckdb.DuckDBPyConnection) -> dict[Key, Attempt]:
    """What is known of the last time each sweep was loaded; nothing in a file of an earlier version."""
    if not con.execute("select 1 from duckdb_tables() where schema_name = 'store' and table_name = 'loaded'").fetchall():
        return {}
    rows = con.execute("select hub, day, source, pages, rules, fault from store.loaded").fetchall()
    return {(hub, day, source): Attempt(*facts) for hub, day, source, *facts in rows}


def _is_due(last: Attempt | None, loaded: tuple[bool, int] | None, pages: SweepPages) -> bool:
    if last is None:  # never tried, or by an earlier version that noted nothing
        return loaded is None or loaded != _said_by(pages)
    if last.pages != pages.fingerprint():
        return True
    if last.fault:
        return last.rules != _rules() or (RESTORE in last.fault and _is_restored(pages))
    return loaded is None


def _said_by(pages: SweepPages) -> tuple[bool, int] | None:
    """Whether the sweep is complete, and its records, as its pages say; None where they cannot be read."""
    try:
        state = pages.state()
        return state is not None and state.complete, sum(facts.records for facts in pages.facts())
    except PageDamage:
        return None


def _hold_less(pages: SweepPages, read: int) -> bool:
    """Whether the pages hold fewer records than were read of the sweep: some of them are gone."""
    said = _said_by(pages)
    return said is not None and said[1] < read


def _is_restored(pages: SweepPages) -> bool:
    """Whether pages that were damaged can be read whole now."""
    try:
        state = pages.state()
        if state is not None:
            pages.require_whole(state)
        return all(True for _ in pages.read())
    except PageDamage:
        return False


def _loaded(con: duckdb.DuckDBPyConnection) -> dict[Key, tuple[bool, int]]:
    """Whether each loaded sweep is complete, and how many records were read for it."""
    rows = con.execute(
        """select hub, day, source, coalesce(complete, false),
             coalesce(records, 0) + coalesce(rejected, 0) - coalesce(part_read, 0) + coalesce(duplicates, 0) from sweeps"""
    ).fetchall()
    return {(hub, day, source): (complete, read) for hub, day, source, complete, read in rows}


def _dropped(con: duckdb.DuckDBPyConnection) -> set[Key]:
    """Days that were given up on purpose."""
    return set(con.execute("select hub, day, source from store.dropped").fetchall())


def _key(pages: SweepPages) -> Key:
    return pages.hub, pages.day, pages.sweep


def _rules() -> str:
    return version("hubwatch")
