"""The demo: the bundled sample of real figures goes the whole way, through HTTP, from local stand-ins of the hubs."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hubwatch import pipeline
from hubwatch.errors import HubFailure, UsageError
from hubwatch.pages import Sweep, SweepPages, kept_sweeps
from hubwatch.sandbox.sample import SampleDay, records, sample_days
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from hubwatch.settings import Settings

MARK = "made-by-hubwatch-demo"
# Shares to show at the end: of which hub, by which of its counters, grouped by what.
SHOWN = (("huggingface", "downloads_30d", "country"), ("modelscope", "downloads_total", "kind"))


def run_demo(data: Path, tell: Callable[[str], object]) -> Settings:
    """Collect every day of the sample, load, judge and publish into `data` (emptied before); returns its settings.

    No other folder than one that the demo made is emptied.
    """
    Settings.from_environment(data)  # refuses a file
    if data.exists() and any(data.iterdir()):
        if not (data / MARK).exists():
            raise UsageError(f"{data} holds something else than a demo; name another folder with --data")
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    (data / MARK).touch()
    settings = Settings.from_environment(data)
    for day in sample_days():
        settings = _collect(data, day, tell)
    loaded = pipeline.load_all(settings, kept_sweeps(data))
    for hub, result in loaded.items():
        if result.failed:
            raise HubFailure(f"{hub}: {result.message}")
    with pipeline.warehouse(settings) as con:
        pipeline.judge(con, settings)
    pipeline.publish(settings)
    return settings


def _collect(data: Path, day: SampleDay, tell: Callable[[str], object]) -> Settings:
    served: dict[str, Any] = {day.hub: records(day.hub, day.day)}
    with Sandbox(**served, switches=Switches(withheld=frozenset(day.untold))) as sandbox:
        settings = Settings.from_environment(data, sandbox.endpoints)
        result = pipeline.collect(settings, Sweep(day.hub, day.day, day.sweep, floor=0))
    _state_extent(data, day)
    tell(f"{day.day} {day.hub:<12} {day.sweep:<5} {result.records:>5} records in {result.requests} requests, as seen by {day.source}")
    return settings


def _state_extent(data: Path, day: SampleDay) -> None:
    """Say of the saved sweep what part of the hub the sample is of: its server lists nothing else, but the hub does."""
    pages = SweepPages(data, day.hub, day.day, day.sweep)
    state = pages.state()
    assert state is not None  # it was just collected
    state.extent, state.extent_note = day.extent, day.extent_note
    pages.save_state(state)
