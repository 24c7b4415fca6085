"""Collect and load beside the floor and two peers, in one run: `make bench`, or `python -m tests.bench.collect_and_load 200000`.

The stand-in serves made-up records (about 760 bytes each, pages of 1000, not compressed) from a process of its own.
Each contender is a process of its own; reported are wall seconds, CPU seconds, peak memory, and the ratio of wall seconds
to the floor: the same bytes downloaded with httpx by following the links, not parsed, not kept. It takes a quarter of an
hour, most of it the peers'.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hubwatch.clock import today
from tests.bench.processes import Cost, cost_of, tell_peak

SIZES = (200_000, 2_500_000)
COMPILED = "import dlt.sources.rest_api, duckdb, httpx, huggingface_hub, hubwatch.pipeline"  # once, before anything is measured


def serve(count: int) -> None:
    """Serve `count` records until the parent closes our standard input."""
    from hubwatch.sandbox.quota import Quota
    from hubwatch.sandbox.server import Sandbox
    from hubwatch.sandbox.switches import Switches
    from hubwatch.sandbox.synthetic import huggingface_records

    with Sandbox(huggingface=huggingface_records(count, 1), switches=Switches(compress=False), quota=Quota(10**9, 300)) as sandbox:
        sys.stdout.write(sandbox.url + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def floor(url: str, folder: Path) -> int:
    import httpx

    from hubwatch.hubs.huggingface.fields import FIELDS

    query = "&".join(["limit=1000", "sort=createdAt", "direction=1", *(f"expand[]={name}" for name in FIELDS)])
    link: str | None = f"{url}/api/models?{query}"
    size = 0
    with httpx.Client() as client:
        while link:
            answer = client.get(link)
            size += len(answer.content)
            link = answer.links.get("next", {}).get("url")
    return size


def hubwatch(url: str, folder: Path) -> int:
    from hubwatch import pipeline
    from hubwatch.pages.kept import kept_sweeps
    from hubwatch.pages.sweep import Sweep
    from hubwatch.settings import Settings

    settings = Settings.from_environment(folder, {"HF_ENDPOINT": url})
    began = time.perf_counter()
    pipeline.collect(settings, Sweep("huggingface", today()))
    sys.stderr.write(f"    of this, collect {time.perf_counter() - began:.1f} s\n")
    return pipeline.load_all(settings, kept_sweeps(folder))["huggingface"].records


def list_models(url: str, folder: Path) -> int:
    from huggingface_hub import HfApi

    from hubwatch.hubs.huggingface.fields import FIELDS

    fields: Any = list(FIELDS)
    listed = enumerate(HfApi(endpoint=url).list_models(sort="created_at", expand=fields), 1)  # never all of them in memory
    return max((number for number, _ in listed), default=0)


def dlt(url: str, folder: Path) -> int:
    import dlt
    from dlt.sources.rest_api import rest_api_source

    from hubwatch.hubs.huggingface.fields import FIELDS

    source = rest_api_source(
        {
            "client": {"base_url": url, "paginator": "header_link"},
            "resources": [
                {
                    "name": "models",
                    "max_table_nesting": 0,
                    "endpoint": {
                        "path": "api/models",
                        "params": {"limit": 1000, "sort": "createdAt", "direction": 1, "expand": ",".join(FIELDS)},
                    },
                }
            ],
        }
    )
    line = dlt.pipeline("bench", destination=dlt.destinations.duckdb(str(folder / "dlt.duckdb")), pipelines_dir=str(folder / "dlt"))
    line.run(source, loader_file_format="jsonl")
    trace: Any = line.last_trace
    return int(trace.last_normalize_info.row_counts["models"])


CONTENDERS: dict[str, Callable[[str, Path], int]] = {"floor": floor, "hubwatch": hubwatch, "list_models": list_models, "dlt": dlt}
QUIET = {"HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", "RUNTIME__DLTHUB_TELEMETRY": "false"}


def measure(name: str, url: str) -> Cost:
    """What one contender costs in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return cost_of("-m", __spec__.name, name, url, folder, environment=QUIET)


def compare(count: int) -> None:
    """Print a table of all contenders at this size."""
    server = subprocess.Popen(
        [sys.executable, "-m", __spec__.name, "serve", str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    sys.stdout.write(f"\n{count:,} records\n{'':14}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}{'x floor':>9}\n")
    subprocess.run([sys.executable, "-c", COMPILED], check=True)
    measure("floor", url)  # warms the server
    base = 0.0
    for name in CONTENDERS:
        wall, cpu, memory = measure(name, url)
        base = base or wall
        sys.stdout.write(f"{name:14}{wall:9.1f}{cpu:9.1f}{memory:9.0f}{wall / base:9.1f}\n")
        sys.stdout.flush()
    server.communicate("")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    elif len(sys.argv) == 4:
        CONTENDERS[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
        tell_peak()
    else:
        for wanted in [int(text) for text in sys.argv[1:]] or SIZES:
            compare(wanted)
