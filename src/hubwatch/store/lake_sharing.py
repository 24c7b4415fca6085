"""The warehouse and the lake that several builders publish to: one publication, and moving between file and lake."""

import contextlib
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from hubwatch.errors import StoreFault
from hubwatch.settings import LakeSettings, Settings
from hubwatch.store.lake import attached, is_outage
from hubwatch.store.lake_commit import Moved, commit, is_conflict
from hubwatch.store.lake_layout import make_layout, version_of
from hubwatch.store.lake_taking import builder_of, restore, take_in
from hubwatch.store.warehouse import open_warehouse

_PATIENCE = 60.0  # seconds in which a server that restarts is tried again; conflicts are tried again as long as others get on
_PAUSE = 0.2


@dataclass(frozen=True)
class Shared:
    """A publication to the lake: the snapshot that holds it, the hubs taken in from others, and how often it began anew."""

    snapshot: int
    taken: tuple[str, ...]
    retries: int

    def told(self) -> str:
        taken = f", with {', '.join(self.taken)} as other builders published it" if self.taken else ""
        again = f", after {self.retries} that others came before" if self.retries else ""
        return f"snapshot {self.snapshot} of the lake{taken}{again}"


def share_with_lake(
    settings: Settings,
    lake: LakeSettings,
    judge: Callable[[duckdb.DuckDBPyConnection], None],
    take_over: bool = False,
    drop_days: bool = False,
) -> Shared:
    """Commit the closed warehouse to the lake, with what others published meanwhile taken in and judged together.

    Where another publication comes first, all of it begins anew. Hold the lock `warehouse`.
    """
    builder = builder_of(settings.data, lambda: uuid.uuid4().hex)
    taken: set[str] = set()
    retries = 0
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            snapshot = _share_once(settings, lake, judge, builder, taken, take_over, drop_days)
            return Shared(snapshot, tuple(sorted(taken)), retries)
        except Moved:
            retries += 1
            until = time.monotonic() + _PATIENCE
        except (duckdb.Error, StoreFault) as error:
            if is_conflict(error):
                retries += 1
            elif not is_outage(error):
                raise
            elif time.monotonic() > until:
                raise StoreFault(
                    f"nothing is committed to the lake: {_first_line(error)}; re-run `hubwatch publish` when it can be reached"
                ) from None
        time.sleep(_PAUSE * (1 + random.random()))


def _share_once(
    settings: Settings,
    lake: LakeSettings,
    judge: Callable[[duckdb.DuckDBPyConnection], None],
    builder: str,
    taken: set[str],
    take_over: bool,
    drop_days: bool,
) -> int:
    with contextlib.closing(open_warehouse(settings.data, settings.memory_limit)) as con:
        with attached(con, lake):
            make_layout(con)
            base = version_of(con)
            found = take_in(con, builder, take_over, drop_days)
        if found:
            taken.update(found)
            judge(con)
        with attached(con, lake):
            return commit(con, builder, base)


def warehouse_from_lake(settings: Settings, lake: LakeSettings) -> None:
    """Make the warehouse of an empty data folder from the lake. Hold the lock `warehouse`."""
    with contextlib.closing(open_warehouse(settings.data, settings.memory_limit)) as con, attached(con, lake, read_only=True):
        restore(con)


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0]
