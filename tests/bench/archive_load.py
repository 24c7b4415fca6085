"""Load synthetic months of Model Pulse's schema, beside DuckDB's bare `create table as` of the same files: processor time, memory, bytes a row.

python -m tests.bench.archive_load [--listings N] [--months N] [--days N]     default 200000 1 25

A file a month, days of each. Of several months the first has four in ten of the listings and the last one all. The whole
archive is `--listings 1600000 --months 27 --days 28`: 0.85 billion rows, an hour, and 30 GB of disk.
"""

import argparse
import json
import sys
import tempfile
from datetime import date
from pathlib import Path

import duckdb

from tests.bench.processes import cost_of

FIRST = date(2024, 7, 1)
_MODELS = """create table models as select ['Qwen', 'meta-llama', 'google', 'someone', 'u' || (i % 5000)][i % 5 + 1]
    || '/model-' || i || '-' || hash(i) % 1000 as id,
  pow(10, 6.5 * pow((hash(i, 1) % 100000) / 100000.0, 6))::bigint as rate from range({listings}) t(i)"""
_MONTH = """copy (select id, date '{first}' + (k - {before})::int as day, (rate * 30 * (0.9 + (hash(id, k) % 200) / 1000.0))::bigint as dl30,
    (rate * (200 + k) + hash(id) % 1000)::bigint as dl_all, (rate // 50 + k // 10)::bigint as likes
  from models, range({before}, {before} + {days}) d(k) where hash(id, 2) % 10000 < {share} order by day, id)
  to '{target}' (format parquet, compression zstd)"""
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


def generate(folder: Path, listings: int, months: int, days: int) -> int:
    """Write a file a month; returns their rows."""
    with duckdb.connect() as con:
        con.execute("set memory_limit = '2GB'")
        con.execute(_MODELS.format(listings=listings))
        for month in range(months):
            first = date(FIRST.year + (FIRST.month - 1 + month) // 12, (FIRST.month - 1 + month) % 12 + 1, 1)
            share = 10_000 if month == months - 1 else 4_000 + 6_000 * month // months
            con.execute(
                _MONTH.format(first=first, before=month * 30, days=min(days, 28), share=share, target=folder / f"{first:%Y-%m}.parquet")
            )
        return int(con.execute(f"select count(*) from '{folder}/*.parquet'").fetchall()[0][0])


def measured(code: str, *arguments: Path) -> dict[str, float]:
    """Processor seconds and peak memory of a process of its own."""
    cost = cost_of("-c", f"{code}from tests.bench.processes import tell_peak\ntell_peak()\n", *map(str, arguments))
    return {"processor_s": cost.processor, "peak_gb": cost.memory / 1000}


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--listings", type=int, default=200_000)
    asked.add_argument("--months", type=int, default=1)
    asked.add_argument("--days", type=int, default=25, help="of each month, 28 at most")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="hubwatch-bench-") as name:
        folder = Path(name)
        rows = generate(folder, options.listings, options.months, options.days)
        bare = measured(_BARE, folder / "*.parquet", folder / "bare.duckdb")
        (folder / "bare.duckdb").unlink()
        load = measured(_LOAD, folder / "*.parquet", folder / "data")
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
