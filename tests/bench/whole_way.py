"""The full pipeline over a whole hub, day after day: `python -m tests.bench.whole_way [N] [--days 1,2,3,10,30] [--data DIR]`.

N made-up Hugging Face listings [3,000,000], served by a process of its own. From day to day, as on the hub: rolling counters move
a little around what they were on the listing's first day, totals grow by a thirtieth of that; one listing in 200 changes its
attributes, one in 1,000 is new, one in 5,000 is removed.
Each stage of each measured day runs in a process of its own with default settings: wall seconds, processor seconds, peak
memory, and the growth of what is on disk. The days between measured ones are not collected and loaded: they are written into
the warehouse by the same rule (`fill`), so that the warehouse holds as many days as it says, all of one history; the `measure`
after them makes their flags as well and is reported apart (`catch-up`). Readers (claims, status, verify --quick) are measured at the end.
"""

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.processes import cost_of, tell_peak

if TYPE_CHECKING:
    from hubwatch.sandbox.server import Sandbox

FIRST = date(2026, 8, 1)
STAGES = ("collect", "load", "classify", "link", "measure", "publish", "report")
READERS = ("claims", "shares", "status", "verify")
COMPILED = "import hubwatch.pipeline, hubwatch.report, hubwatch.archives, hubwatch.maintenance"  # once, before anything is measured


def records_on(count: int, day: int) -> Iterator[bytes]:
    """The hub's records on a day (1 is the first): yesterday's, moved a little, and some new ones behind them, as they were made."""
    from hubwatch.sandbox.synthetic import huggingface_records

    new, longest = count // 1000, 400  # days
    moves = random.Random(day)
    factors = [moves.uniform(0.97, 1.04) for _ in range(4096)]
    every = huggingface_records(count + new * longest, 1)  # a record's creation rests on how many there are
    for number, record in enumerate(itertools.islice(every, count + new * (day - 1))):
        if number % 5000 < day - 1:  # removed on an earlier day
            continue
        start = record.index(b'"downloads":') + 12
        end = record.index(b',"likes"', start)
        month, total = (int(text) for text in record[start:end].split(b',"downloadsAllTime":'))
        age = day - 1 - max(0, (number - count) // new + 1)
        counters = b'%d,"downloadsAllTime":%d' % (month * (factors[number % 4096] if age else 1), total + month * age // 30)
        changed = (number - day) // 200 if number % 200 < day else 0
        rest = record[end:].replace(b'"gated":false', b'"gated":"auto"', 1) if changed % 2 else record[end:]
        yield record[:start] + counters + rest


def hub_on(count: int, day: int) -> "Sandbox":
    """The hub as it is on a day, to be entered."""
    from hubwatch.sandbox.quota import Quota
    from hubwatch.sandbox.server import Sandbox
    from hubwatch.sandbox.switches import Switches

    return Sandbox(huggingface=records_on(count, day), switches=Switches(compress=False), quota=Quota(10**9, 300))


def serve(count: int, day: int) -> None:
    """Serve the hub of a day until the parent closes our standard input."""
    with hub_on(count, day) as sandbox:
        sys.stdout.write(sandbox.url + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def do(stage: str, data: Path, day: date, environment: Mapping[str, str] | None = None) -> None:
    """One stage, or what one reader does, in this process; `environment`: other than this process's."""
    from hubwatch import maintenance, pipeline, report, statistics, store
    from hubwatch.pages import Sweep, kept_sweeps
    from hubwatch.settings import Settings

    settings = Settings.from_environment(data, environment)
    if stage == "collect":
        assert pipeline.collect(settings, Sweep("huggingface", day)).complete is not None
    elif stage == "load":
        results = pipeline.load_all(settings, kept_sweeps(data, "huggingface", day, day))
        assert not results["huggingface"].failed, results
    elif stage in ("classify", "link", "measure"):
        with pipeline.warehouse(settings) as con:
            getattr(pipeline, stage)(con, settings)
    elif stage == "publish":
        pipeline.publish(settings.model_copy(update={"report": False}))
    elif stage == "verify":
        with pipeline.warehouse(settings) as con:
            maintenance.verify(con, settings.data, quick=True)
    elif stage == "status":
        maintenance.status(data, day, 2)
    else:
        with store.open_published(data, settings.memory_beside_report if stage == "report" else settings.memory_limit) as con:
            if stage == "report":
                report.write_site(con, data / "report")
            elif stage == "claims":
                statistics.check_claims(con)
            else:
                for by in ("country", "organization"):
                    statistics.run(con, "download_share", hub="huggingface", metric="downloads_30d", by=by)


def fill(data: Path, first: date, last: date) -> None:
    """Write the days from `first` to `last` into the warehouse, with the listings of the day before; no page is kept of them.

    Counters follow from those of each listing's first day, as `records_on` has them: a day that is collected afterwards goes on from there.
    """
    from hubwatch import pipeline, store
    from hubwatch.settings import Settings

    with pipeline.warehouse(Settings.from_environment(data)) as con:
        con.execute(
            """create temp table first_counters as select listing_key, day as first_day, downloads_30d as month, downloads_total as total
               from store.counters join store.listing using (listing_key) where day = first_seen_on"""
        )
        day = first
        while day <= last:
            con.execute("set variable day = ?::date", [day])
            with store.transaction(con):
                con.execute(
                    """insert into store.counters by name select * exclude (first_day, month, total) replace (getvariable('day') as day,
                         (month * (0.97 + hash(listing_key, getvariable('day')) % 70 / 1000.0))::bigint as downloads_30d,
                         total + month * (getvariable('day') - first_day) // 30 as downloads_total)
                       from (select c.*, first_day, month, total from store.counters c join first_counters using (listing_key)
                         where day = getvariable('day') - 1)"""
                )
                con.execute(
                    """insert into sweeps by name select * replace (getvariable('day') as day, content_hash || getvariable('day') as content_hash,
                         now()::timestamp as loaded_at) from sweeps where day = getvariable('day') - 1"""
                )
                con.execute(
                    """update store.listing set last_seen_on = getvariable('day'), last_listed_on = getvariable('day')
                       where last_seen_on = getvariable('day') - 1"""
                )
            day += timedelta(days=1)


def judged(data: Path) -> dict[str, int]:
    """How many days the published file holds of each health: `ok` alone, or the benchmark's history is none that a hub would tell."""
    from hubwatch import store

    with store.open_published(data) as con:
        return dict(con.execute("select health, count(*) from days group by health order by health").fetchall())


def on_disk(data: Path) -> int:
    """Megabytes of a data folder."""
    return sum(path.stat().st_size for path in data.rglob("*") if path.is_file()) // 10**6


Line = tuple[int, str, float, float, float, int]


def whole_way(
    count: int,
    days: list[int],
    data: Path,
    tell: Callable[[Line], object],
    environment: dict[str, str] | None = None,
    stages: tuple[str, ...] = STAGES,
    readers: tuple[str, ...] = READERS,
) -> list[Line]:
    """Measure these stages on each of these days and the readers after the last: day, stage, wall s, processor s, peak MB, MB grown."""
    lines: list[Line] = []

    def step(day: int, stage: str, *args: str, endpoint: str = "") -> None:
        before = on_disk(data)
        cost = cost_of("-m", "tests.bench.whole_way", *args, environment={**(environment or {}), "HF_ENDPOINT": endpoint})
        line = (day, stage, *cost, on_disk(data) - before)
        lines.append(line)
        tell(line)

    for position, day in enumerate(days):
        on = FIRST + timedelta(days=day - 1)
        held = days[position - 1] if position else 0
        if day > held + 1:
            step(day - 1, "fill", "fill", str(data), str(FIRST + timedelta(days=held)), str(on - timedelta(days=1)))
            step(day - 1, "catch-up", "measure", str(data), str(on))
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.whole_way", "serve", str(count), str(day)],
            **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True},  # type: ignore[call-overload]
        )
        url = server.stdout.readline().strip()
        step(day, "collect", "collect", str(data), str(on), endpoint=url)
        server.communicate("")
        for stage in stages[1:]:
            step(day, stage, stage, str(data), str(on))
    for reader in readers:
        step(days[-1], reader, reader, str(data), str(FIRST + timedelta(days=days[-1] - 1)))
    return lines


def show(line: Line) -> None:
    """One line of the table, as soon as it is known."""
    day, stage, wall, processor, memory, grown = line
    sys.stdout.write(f"day {day:>3}  {stage:10}{wall:9.1f}{processor:9.1f}{memory:9.0f}{grown:9}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["fill"]:
        fill(Path(sys.argv[2]), date.fromisoformat(sys.argv[3]), date.fromisoformat(sys.argv[4]))
        tell_peak()
    elif sys.argv[1:2] and sys.argv[1] in STAGES + READERS:
        do(sys.argv[1], Path(sys.argv[2]), date.fromisoformat(sys.argv[3]))
        tell_peak()
    else:
        asked = argparse.ArgumentParser(description=__doc__)
        asked.add_argument("count", nargs="?", type=int, default=3_000_000)
        asked.add_argument("--days", default="1,2,3,10,30")
        asked.add_argument("--data", type=Path)
        options = asked.parse_args()
        subprocess.run([sys.executable, "-c", COMPILED], check=True)
        sys.stdout.write(f"{options.count:,} listings\n{'':18}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}{'disk MB':>9}\n")
        with tempfile.TemporaryDirectory(prefix="hubwatch-bench-") as folder:
            data = options.data or Path(folder)
            whole_way(options.count, [int(text) for text in options.days.split(",")], data, show)
            sys.stdout.write(f"days held, by health: {judged(data)}\n")
