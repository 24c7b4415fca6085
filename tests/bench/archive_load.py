"""Load a synthetic month of Model Pulse's schema, beside DuckDB's bare `create table as` of the same file: processor time, memory, bytes a row.

python -m tests.bench.archive_load [--listings N] [--days N]
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import duckdb

from tests.bench.processes import cost_of

_MODELS = """create table models as select ['Qwen', 'meta-llama', 'google', 'someone', 'u' || (i % 5000)][i % 5 + 1]
    || '/model-' || i || '-' || hash(i) % 1000 as id,
  pow(10, 6.5 * pow((hash(i, 1) % 100000) / 100000.0, 6))::bigint as rate from range({listings}) t(i)"""
_MONTH = """copy (select id, date '2026-01-01' + k::int as day, (rate * 30 * (0.9 + (hash(id, k) % 200) / 1000.0))::bigint as dl30,
    (rate * (200 + k) + hash(id) % 1000)::bigint as dl_all, (rate // 50 + k // 10)::bigint as likes
  from models, range({days}) d(k) order by day, id) to '{target}' (format parquet, compression zstd)"""
_BARE = """import duckdb, sys
con = duckdb.connect(sys.argv[2])
con.execute("set threads = 2; set memory_limit = '1GB'; set preserve_insertion_order = false")
con.execute(f"create table t as select * from '{sys.argv[1]}'")
"""
_LOAD = """import sys
from pathlib import Path
from hubwatch import pipeline
from hubwatch.archives import Wanted, read_mapping
from hubwatch.archives.files import archive_files
from hubwatch.archives.load import load_archive
from hubwatch.facts import load_facts
from hubwatch.settings import Settings
settings = Settings.from_environment(Path(sys.argv[2]))
with pipeline.warehouse(settings) as con:
    days = load_archive(con, read_mapping("model-pulse"), archive_files(sys.argv[1], settings), load_facts(), Wanted(), lambda line: None)
assert {day.outcome for day in days} == {"loaded"}
"""


def generate(target: Path, listings: int, days: int) -> int:
    """Write a month; returns its rows."""
    with duckdb.connect() as con:
        con.execute("set memory_limit = '2GB'")
        con.execute(_MODELS.format(listings=listings))
        con.execute(_MONTH.format(days=days, target=target))
    return listings * days


def measured(code: str, *arguments: Path) -> dict[str, float]:
    """Processor seconds and peak memory of a process of its own."""
    cost = cost_of("-c", f"{code}from tests.bench.processes import tell_peak\ntell_peak()\n", *map(str, arguments))
    return {"processor_s": cost.processor, "peak_gb": cost.memory / 1000}


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--listings", type=int, default=200_000)
    asked.add_argument("--days", type=int, default=25)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="hubwatch-bench-") as name:
        folder = Path(name)
        rows = generate(folder / "2026-01.parquet", options.listings, options.days)
        bare = measured(_BARE, folder / "2026-01.parquet", folder / "bare.duckdb")
        load = measured(_LOAD, folder / "2026-01.parquet", folder / "data")
        told = {
            "rows": rows,
            "bare": bare,
            "load": load,
            "load_of_bare": load["processor_s"] / bare["processor_s"],
            "microseconds_a_row": load["processor_s"] / rows * 1e6,
            "bytes_a_row": (folder / "data/warehouse.duckdb").stat().st_size / rows,
        }
        sys.stdout.write(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
