"""A year of days in one go: `python -m tests.bench.year [--days 365] [--listings 3000] [--data DIR]`.

The schedule of prefect.yaml, on a clock of its own, against local hubs whose records change as those of real hubs do: of a hundred thousand
listings 85 are new and 20 removed a day, 500 change their description, most counters move. On some days a hub is down or sends
records without a counter. Every sweep that was due must be published as complete, or be named as failed on its day; `verify` must find
nothing but what was named. Prints seconds of processor, memory and disk as the year goes.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from hubwatch import clock, maintenance, pipeline
from hubwatch.collect import asked_sweep
from hubwatch.pages import kept_sweeps
from hubwatch.sandbox import Faults, Sandbox
from hubwatch.settings import Settings
from hubwatch.store import open_published
from tests.conftest import ROOT
from tests.sandbox.sandbox_rows import huggingface_row, modelscope_row, wisemodel_row

START = date(2026, 1, 1)
SHARES = {"huggingface": 0.75, "modelscope": 0.22, "wisemodel": 0.03}  # of the listings
DOWN, KEYLESS = 0.02, 0.004  # of the days of a hub
Key = tuple[str, date, str]


@dataclass
class Listing:
    """One model of a hub, from the day it is created to the day it is removed."""

    number: int
    created: date
    removed: date


def listings_of(count: int, days: int, chance: random.Random) -> list[Listing]:
    """Models created ever faster in the three years before the start, then 0.085 % of them a day; one in 5,000 goes each day."""
    end = START + timedelta(days=days + 1)
    created = [START - timedelta(days=1 + int(1095 * (1 - (number / count) ** 0.5))) for number in range(count)]
    owed = 0.0
    for day in range(days):
        owed += count * 0.00085
        created += [START + timedelta(days=day)] * int(owed)
        owed -= int(owed)
    found = []
    for number, on in enumerate(created):
        lived = int(chance.expovariate(1 / 5000))
        found.append(Listing(number, on, min(end, max(START, on) + timedelta(days=1 + lived))))
    return found


def record_of(hub: str, one: Listing, day: date) -> dict[str, Any]:
    """What the hub says of a model on a day."""
    own = random.Random(one.number)
    size = int(3 / (1.000001 - own.random()) ** 1.35)
    age = (day - one.created).days
    total, month = size * (age + 1) // 30, int(size * (0.97 + (one.number * 31 + day.toordinal()) % 70 / 1000))
    changes = (day.toordinal() + one.number) // 200  # its description, every 200 days
    at = datetime.combine(one.created, datetime.min.time(), UTC) + timedelta(seconds=one.number % 80_000)
    if hub == "huggingface":
        stamp = f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
        return huggingface_row(one.number) | {
            "_id": f"{int(at.timestamp()):08x}{one.number:016x}",
            "createdAt": stamp,
            "lastModified": stamp,
            "downloads": month,
            "downloadsAllTime": total + month,
            "likes": size // 900,
            "pipeline_tag": ("text-generation", "translation")[changes % 2],
        }
    if hub == "modelscope":
        times = {"CreatedTime": int(at.timestamp()), "LastUpdatedTime": int(at.timestamp()) + changes * 60}
        return modelscope_row(one.number) | times | {"Downloads": total, "Stars": size // 900 + changes % 2}
    return wisemodel_row(one.number) | {"created_at": at.isoformat(), "star_count": size // 900, "last_activity_at": at.isoformat()}


@dataclass(frozen=True)
class Slot:
    """A deployment of prefect.yaml: what it runs, with what, and when."""

    flow: str
    parameters: Mapping[str, Any]
    hour: int
    day_of_month: str
    weekday: str

    def is_due(self, day: date) -> bool:
        return self.day_of_month in ("*", str(day.day)) and self.weekday in ("*", str(day.isoweekday() % 7))


def slots() -> list[Slot]:
    """The schedule of prefect.yaml, the earliest hour first."""
    found = []
    for one in yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]:
        _, hour, day_of_month, _, weekday = one["schedules"][0]["cron"].split()
        found.append(Slot(one["entrypoint"].rpartition(":")[2], one.get("parameters", {}), int(hour), day_of_month, weekday))
    return sorted(found, key=lambda slot: slot.hour)


@dataclass
class Year:
    """The simulated time, what was due, and what was named as failed."""

    settings: Settings
    worlds: dict[str, list[Listing]]
    chance: random.Random
    at: datetime
    due: set[Key] = field(default_factory=set)
    named: dict[Key, str] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)

    def day(self, day: date) -> None:
        """Everything that is due on a day."""
        faults = [f"{hub}:503" for hub in self.worlds if self.chance.random() < DOWN]
        faults += [f"{hub}:missing-key" for hub in self.worlds if self.chance.random() < KEYLESS and f"{hub}:503" not in faults]
        today = {
            hub: [record_of(hub, one, day) for one in listings if one.created <= day < one.removed] for hub, listings in self.worlds.items()
        }
        with Sandbox(faults=Faults.parse(faults) if faults else None, **today) as sandbox:  # type: ignore[arg-type]
            settings = Settings.from_environment(self.settings.data, VARIABLES | sandbox.endpoints)
            for slot in slots():
                if slot.is_due(day):
                    self.at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=slot.hour)
                    began = time.process_time()
                    self.run(slot, settings, day)
                    self.spent[slot.flow] = self.spent.get(slot.flow, 0.0) + time.process_time() - began

    def run(self, slot: Slot, settings: Settings, day: date) -> None:
        """What a deployment does."""
        if slot.flow == "collect":
            sweep = asked_sweep(slot.parameters["hub"], slot.parameters["sweep"], floor=slot.parameters.get("floor", 1000))
            assert sweep.day == day
            key = (sweep.hub, day, sweep.name)
            self.due.add(key)
            (result,) = pipeline.collect_all(settings, [sweep]).values()
            if result.failed or not result.complete:
                self.named[key] = result.message
        elif slot.flow == "build":
            for one in pipeline.build(settings).loaded:
                if one.failed or not one.complete:
                    self.named[one.hub, one.day, one.sweep] = one.message
        elif slot.flow == "backfill":
            pipeline.build(settings, kept_sweeps(settings.data))
        elif slot.flow == "prune":
            maintenance.prune(settings.data, day, slot.parameters["keep_days"], False)
        elif slot.flow == "profiles":
            try:
                pipeline.ask_profiles(settings, slot.parameters["budget"])
            except pipeline.FAILURES as failure:
                self.named["profiles", day, "profiles"] = str(failure)

    def lost(self) -> list[Key]:
        """What was due, is not published as complete, and was not named."""
        with open_published(self.settings.data) as con:
            held = set(con.execute("select hub, day, source from sweeps where complete").fetchall())
        return sorted(self.due - held - self.named.keys())


VARIABLES = {"HUBWATCH_REPORT": "no", "HUBWATCH_PATIENCE": "0.3", "HUBWATCH_ATTEMPTS": "2", "HUBWATCH_READ_TIMEOUT": "2"}


def resident() -> float:
    """Megabytes of memory that this process holds now, local hubs included."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def megabytes(path: Path) -> float:
    """Of a file, or of all files in a folder."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(one.stat().st_size for one in files if one.is_file()) / 1e6


def simulated(days: int, listings: int, data: Path, every: int, seed: int = 0) -> Iterator[str]:
    """A year's lines, one for each `every` days, then what is lost and what verify finds."""
    chance = random.Random(seed)
    worlds = {hub: listings_of(int(listings * share), days, chance) for hub, share in SHARES.items()}
    year = Year(Settings.from_environment(data, VARIABLES), worlds, chance, datetime.combine(START, datetime.min.time(), UTC))
    yield f"{'day':>4} {'collect s':>10} {'build s':>8} {'others s':>9} {'memory MB':>10} {'pages MB':>9} {'database MB':>12}  (a day; sizes at its end)"
    with clock.running_on(lambda: year.at):
        for number in range(days):
            day = START + timedelta(days=number)
            year.day(day)
            if (number + 1) % every == 0:
                spent = [year.spent.pop(name, 0.0) / every for name in ("collect", "build")]
                others = sum(year.spent.values()) / every
                year.spent.clear()
                sizes = megabytes(data / "pages"), megabytes(data / "warehouse.duckdb")
                yield f"{number + 1:>4} {spent[0]:>10.2f} {spent[1]:>8.2f} {others:>9.2f} {resident():>10.0f} {sizes[0]:>9.1f} {sizes[1]:>12.1f}"
        began = time.process_time()
        with pipeline.reading(year.settings) as con:
            found = [one for one in maintenance.verify(con, data) if one.fault not in maintenance.NOTICES]
        unnamed = [one.told() for one in found if not any(one.hub == hub and one.day == day for hub, day, _ in year.named)]
        stale = [hub.told() for hub in maintenance.status(data, day, 8) if hub.stale]
    yield f"{len(year.due)} sweeps due, {len(year.named)} named as failed or incomplete, {len(year.lost())} lost: {year.lost()[:5]}"
    yield f"verify: {len(found)} problems, {len(unnamed)} of days that were not named, {time.process_time() - began:.1f} s; stale: {stale}"
    yield from unnamed[:10]


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--days", type=int, default=365)
    asked.add_argument("--listings", type=int, default=3000)
    asked.add_argument("--every", type=int, default=15, help="days a line")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--data", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="hubwatch-year-") as folder:
        for line in simulated(options.days, options.listings, options.data or Path(folder), options.every, options.seed):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
