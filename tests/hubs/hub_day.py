"""A hub's day for tests: collected and loaded, without judging and publishing what was loaded."""

import contextlib
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import httpx

from hubwatch import pipeline, store
from hubwatch.errors import DayFailure
from hubwatch.facts.reader import load_facts
from hubwatch.facts.tables import Facts
from hubwatch.load.sweep import load_sweep
from hubwatch.outcomes import HubResult
from hubwatch.pages.kept import SweepPages
from hubwatch.pages.sweep import Sweep
from hubwatch.settings import Settings
from tests.conftest import with_warehouse


@cache
def vocabulary() -> Facts:
    """The reviewed facts that loading rests on."""
    facts = load_facts()
    return Facts(licenses=facts.licenses, words=facts.words)


def _warehouse_with_vocabulary(folder: Path) -> None:
    with contextlib.closing(store.open_warehouse(folder)) as con:
        vocabulary().stage(con)


def collect_and_load(settings: Settings, sweep: Sweep, hub: Any = None) -> HubResult:
    """What the sweep gave, asked of `hub` or over the network; its rows are in the writer's database."""
    got = pipeline.collect_all(settings, [sweep], transport=httpx.MockTransport(hub) if hub else None)[sweep.hub]
    pages = SweepPages(settings.data, settings.kept_as(sweep.hub), sweep.day, sweep.name)
    with_warehouse(settings.data, _warehouse_with_vocabulary)
    with pipeline.warehouse(settings) as con:
        if not pages.segments():
            return got
        try:
            loaded = load_sweep(con, pages, vocabulary())
        except DayFailure as failure:
            return got.model_copy(update={"failed": True, "complete": False, "message": got.message if got.failed else str(failure)})
    message = "; ".join(part for part in (got.message, loaded.message) if part)
    found = {"complete": loaded.complete and not got.failed, "records": loaded.records, "rejected": loaded.rejected}
    return got.model_copy(update=found | {"message": message})


def rows(data: Path, sql: str) -> list[tuple[Any, ...]]:
    """What the writer's database holds."""
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        return con.execute(sql).fetchall()
