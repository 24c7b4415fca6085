"""The demo: the bundled sample of real figures goes the whole way, through HTTP, from local stand-ins of the hubs."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hubwatch import archives, pipeline
from hubwatch.errors import HubFailure, UsageError
from hubwatch.pages import Sweep, SweepPages, kept_sweeps
from hubwatch.sandbox.sample import SampleDay, months, records, sample_days
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from hubwatch.settings import Settings

MARK = "made-by-hubwatch-demo"
# What to show at the end, each a statistic with what is asked of it: only what the sample covers whole. Those are the head of the hub on a
# day, and the same accounts over eight months.
SHOWN: tuple[tuple[str, dict[str, str]], ...] = (
    ("download-share", {"hub": "huggingface", "day": "2026-08-16", "by": "origin"}),
    ("growth", {"hub": "huggingface", "since": "2024-11-14", "day": "2025-06-07", "by": "organization"}),
)
WHAT_IT_IS = (
    "A demo on a bundled sample: real figures that others observed, of a selection of models. Every share below is a share of that selection,"
    " not of a hub."
)


def run_demo(data: Path, tell: Callable[[str], None]) -> Settings:
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
    settings = Settings.from_environment(data).model_copy(update={"lake": None})  # a demo is nobody else's
    tell(WHAT_IT_IS)
    for day in sample_days():
        _collect(data, day, tell)
    loaded = pipeline.load_all(settings, kept_sweeps(data))
    for hub, result in loaded.items():
        if result.failed:
            raise HubFailure(f"{hub}: {result.message}")
    source, mapping = months()
    archives.backfill_archive(settings, source, archives.read_mapping(mapping), archives.Wanted(), tell)  # classifies, links and publishes
    return settings


def _collect(data: Path, day: SampleDay, tell: Callable[[str], None]) -> None:
    served: dict[str, Any] = {day.hub: records(day.hub, day.day)}
    with Sandbox(**served, switches=Switches(withheld=frozenset(day.untold))) as sandbox:
        settings = Settings.from_environment(data, sandbox.endpoints)
        result = pipeline.collect(settings, Sweep(day.hub, day.day, day.sweep, floor=0))
    _state_extent(data, day)
    tell(f"{day.day} {day.hub:<12} {day.sweep:<5} {result.records:>5} records in {result.requests} requests, as seen by {day.source}")


def _state_extent(data: Path, day: SampleDay) -> None:
    """Say of the saved sweep what part of the hub the sample is of: its server lists nothing else, but the hub does."""
    pages = SweepPages(data, day.hub, day.day, day.sweep)
    state = pages.state()
    assert state is not None  # it was just collected
    state.extent, state.extent_note = day.extent, day.extent_note
    pages.save_state(state)
