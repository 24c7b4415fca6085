"""What schedules start from: folders of one hub's days, made once, and the tables that an undisturbed run ends in."""

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hubwatch import clock
from hubwatch.facts import load_facts
from hubwatch.sandbox import Faults, Sandbox, Switches
from hubwatch.store import open_published
from tests.drill.children import Ended, Running, at_step
from tests.sandbox.sandbox_rows import huggingface_row, modelscope_row, wisemodel_row

MODELS = 43
PAGE = 10
FIRST, SECOND = date(2026, 3, 10), date(2026, 3, 12)
ROWS: dict[str, Callable[[int], dict[str, Any]]] = {
    "huggingface": huggingface_row,
    "modelscope": modelscope_row,
    "wisemodel": wisemodel_row,
}
COUNTERS = {"huggingface": "downloads", "modelscope": "Downloads", "wisemodel": "star_count"}
TABLES = (
    "select * exclude (listing_key) from listings order by all",
    "select * exclude (listing_key) from observations order by all",
    "select hub, day, sweep, complete, records, rejected, duplicates, content_hash, health from days order by all",
    "select * from model_listings order by all",
    "select hub, namespace, organization, kind, known_by from origins where policy = 'six-tigers' order by all",
    "select * from flags order by all",
)
STATES: dict[str, str] = {  # what a command begins with
    "collect": "published",
    "run": "published",
    "build": "saved",
    "load": "saved",
    "classify": "built",
    "measure": "built",
    "publish": "loaded",
    "backfill": "built",
    "prune": "built",
}
Content = list[list[tuple[Any, ...]]]


def on_the_second_day() -> AbstractContextManager[None]:
    """The clock of the drill, from noon on: no midnight but those that a schedule has."""
    noon, begun = datetime.combine(SECOND, datetime.min.time(), UTC) + timedelta(hours=12), time.monotonic()
    return clock.running_on(lambda: noon + timedelta(seconds=time.monotonic() - begun))


def listed(hub: str, day: date) -> list[dict[str, Any]]:
    """The hub's records: on the second day one is gone, two are new, and counters have moved."""
    is_second = day == SECOND
    numbers = [number for number in range(1, MODELS + 2 * is_second) if not (is_second and number == 7)]
    key = COUNTERS[hub]
    return [row | {key: row[key] + number % 3 * is_second} for number in numbers for row in (ROWS[hub](number),)]


def content(data: Path) -> Content:
    """The published tables, without what differs between equal runs."""
    with open_published(data) as con:
        return [con.execute(query).fetchall() for query in TABLES]


class World:
    """One hub's folders: `published` (the first day), `saved` (and pages of the second), `loaded`, `built` (all of it)."""

    def __init__(self, hub: str, folder: Path) -> None:
        self.hub, self.folder = hub, folder
        load_facts()  # read once for all children
        folder.mkdir(parents=True, exist_ok=True)
        self.steps: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        states = {name: folder / name for name in ("published", "saved", "loaded", "built")}
        with self.serving(FIRST) as sandbox:
            self._must("run", "published", sandbox.endpoints, FIRST)
        shutil.copytree(states["published"], states["saved"])
        with self.serving(SECOND) as sandbox:
            self._must("collect", "saved", sandbox.endpoints, SECOND)
            shutil.copytree(states["saved"], states["loaded"])
            self._must("load", "loaded", {}, SECOND)
            shutil.copytree(states["saved"], states["built"])
            self._must("build", "built", {}, SECOND)
        self.before, self.expected = content(states["published"]), content(states["built"])
        assert self.before != self.expected

    def serving(self, day: date, faults: Faults | None = None) -> Sandbox:
        """The hub as it is on a day."""
        records: Any = {self.hub: listed(self.hub, day)}
        return Sandbox(switches=Switches(page_cap=PAGE), faults=faults, **records)

    def words(self, command: str, day: date = SECOND) -> tuple[str, ...]:
        """The command line."""
        more = {
            "collect": (self.hub, "--day", day.isoformat()),
            "run": (self.hub, "--day", day.isoformat()),
            "load": (self.hub, "--day", day.isoformat()),
            "backfill": ("pages",),
            "prune": ("--keep-days", "1"),
        }
        return (command, *more.get(command, ()))

    def environment(self, data: Path, endpoints: Mapping[str, str]) -> dict[str, str]:
        """What a command finds; impatient, and without the report, which takes longer than all else."""
        quick = {"READ_TIMEOUT": "1", "DEADLINE": "2", "PATIENCE": "1.5", "REPORT": "no", "MEMORY_LIMIT": "512MB"}
        return {"HUBWATCH_DATA": str(data)} | {f"HUBWATCH_{name}": value for name, value in quick.items()} | dict(endpoints)

    def start_of(self, command: str, data: Path) -> None:
        """Put the folder that this command begins with at `data`."""
        shutil.copytree(self.folder / STATES[command], data)

    def steps_of(self, command: str) -> int:
        """How many steps the command takes undisturbed."""
        if command not in self.steps:
            counted = self.folder / f"{command}.steps"
            with self.serving(SECOND) as sandbox:
                self.start_of(command, self.folder / command)
                environment = self.environment(self.folder / command, sandbox.endpoints)
                ended = Running(self.words(command), environment, self.folder, at_step(0, lambda: None, counted)).ended()
            assert ended.code == 0, ended.errors
            self.steps[command], self.seconds[command] = int(counted.read_text()), ended.seconds
            shutil.rmtree(self.folder / command)
        return self.steps[command]

    def seconds_of(self, command: str) -> float:
        """Processor seconds that the command takes undisturbed."""
        self.steps_of(command)
        return self.seconds[command]

    def _must(self, command: str, state: str, endpoints: Mapping[str, str], day: date) -> Ended:
        ended = Running(self.words(command, day), self.environment(self.folder / state, endpoints), self.folder).ended()
        assert ended.code == 0, ended.errors
        return ended
