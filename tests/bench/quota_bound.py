"""How near a full sweep comes to the time that the hub's quota allows, beside a walk by one cursor.

    python -m tests.bench.quota_bound [--pages 600] [--latency 1.0] [--scale 10]

The stand-in answers each page after `latency` seconds and allows 500, 1,000 and 2,500 requests in 5 minutes, all divided by `scale`.
Prints, for each quota: seconds, seconds over the quota-bound time, seconds of a walk by one cursor (pages times latency, or the
quota-bound time where that is longer), and how many answers were 429. Another argument injects faults, as `hubwatch sandbox` takes them.
"""

import argparse
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hubwatch.collect import collect
from hubwatch.pages import Sweep
from hubwatch.sandbox import Faults, Quota, Sandbox, Switches
from hubwatch.settings import Settings

PAGE = 10  # records: what is measured is requests


def listed(count: int) -> list[dict[str, Any]]:
    """Models created ever faster, as on the hub: an hour apart at first, seconds apart in the end."""
    records, at = [], datetime(2022, 3, 3, tzinfo=UTC)
    for number in range(count):
        at += timedelta(seconds=3600 * (1 - number / count) + 5)
        stamp = f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
        records.append(
            {"_id": f"{int(at.timestamp()):08x}{number:016x}", "id": f"o/m{number}", "createdAt": stamp, "tags": []}
            | {"downloads": 1, "downloadsAllTime": 2, "likes": 0}
        )
    return records


def measured(pages: int, latency: float, quota: Quota, faults: list[str]) -> tuple[float, int, int, bool]:
    """Seconds of a full sweep, its requests, how many answers were 429, and whether it is complete."""
    slow = Faults.parse([*faults, f"huggingface:delay={latency}@1+"])
    with (
        Sandbox(huggingface=listed(pages * PAGE), switches=Switches(page_cap=PAGE), quota=quota, faults=slow, max_seconds=3600) as hub,
        tempfile.TemporaryDirectory() as folder,
    ):
        began = time.monotonic()
        got = collect(Settings.from_environment(Path(folder), hub.endpoints), Sweep("huggingface", date.today()))
        seconds = time.monotonic() - began
        return seconds, got.requests, sum(request.status == 429 for request in hub.requests), got.complete


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pages", type=int, default=600)
    options.add_argument("--latency", type=float, default=1.0)
    options.add_argument("--scale", type=int, default=10, help="divides the quota and its window")
    options.add_argument("--fault", action="append", default=[], help="such as huggingface:503@20")
    wanted = options.parse_args()
    for requests in (500, 1000, 2500):
        quota = Quota(requests // wanted.scale, 300 // wanted.scale)
        seconds, asked, refused, complete = measured(wanted.pages, wanted.latency, quota, wanted.fault)
        bound = wanted.pages * quota.seconds / quota.requests
        one = max(bound, wanted.pages * wanted.latency)
        sys.stdout.write(
            f"{requests} in 5 minutes: {seconds:.1f} s for {asked} requests, {seconds / bound:.2f} x quota-bound ({bound:.1f} s); "
            f"one cursor {one:.1f} s; {refused} answers 429; {'complete' if complete else 'INCOMPLETE'}\n"
        )


if __name__ == "__main__":
    main()
