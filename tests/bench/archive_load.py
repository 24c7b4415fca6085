"""Load synthetic months of Model Pulse's schema, beside DuckDB's bare `create table as` of the same files, then ask what is asked of it.

python -m tests.bench.archive_load [--listings N] [--months N] [--days N] [--share X] [--folder DIR] [--before DIR]     default 200000 1 25 0.4

A file a month, as many days of each as it has. The first month has a share X of the listings and the last one all; from month to month
the head moves. Each step is a process of its own: processor seconds, wall seconds and peak memory, and what the data folder holds after it.
`--before`: a checkout of an earlier version, whose load of the same files is measured after the bare one.
A further day and 67 rows of one past day are loaded last, into the whole. In a folder that is named, months that are there are not
made again. The whole archive and more is `--listings 1600000 --months 27 --days 31 --share 0.75`: 1.15 billion rows, some four
hours, and 40 GB of disk.
"""

import argparse
import calendar
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb

from hubwatch.facts import data_dir
from tests.bench.processes import cost_of

FIRST = date(2024, 7, 1)
_MODELS = """create table models as select ['Qwen', 'meta-llama', 'google', 'someone', 'u' || (i % 5000)][i % 5 + 1]
    || '/model-' || i || '-' || hash(i) % 1000 as id,
  pow(10, 6.5 * pow((hash(i, 1) % 100000) / 100000.0, 6))::bigint as rate from range({listings}) t(i) order by id"""
_DAY = """select id, date '{day}' as day, (rate * 30 * (0.9 + (hash(id, {number}) % 200) / 1000.0))::bigint as dl30,
    (rate * (200 + {number}) + hash(id) % 1000)::bigint as dl_all, (rate // 50 + {number} // 10)::bigint as likes
  from models where hash(id, 2) % 10000 < {share}"""
_BARE = """import duckdb, sys
con = duckdb.connect(sys.argv[2])
con.execute("set threads = 2; set memory_limit = '1GB'; set preserve_insertion_order = false")
con.execute(f"create table t as select * from '{sys.argv[1]}'")
"""
_WITHIN = """import sys
from pathlib import Path
from hubwatch import pipeline
from hubwatch.settings import Settings
settings = Settings.from_environment(Path(sys.argv[2]))
"""
_LOAD = """
from hubwatch.archives import Wanted, read_mapping
from hubwatch.archives.files import archive_files
from hubwatch.archives.load import load_archive
from hubwatch.facts import load_facts
with pipeline.warehouse(settings) as con:
    days = load_archive(con, read_mapping("model-pulse"), archive_files(sys.argv[1], settings), load_facts(), Wanted(), lambda line: None)
assert {day.outcome for day in days} == {"loaded"}
"""
_STAGE = """
with pipeline.warehouse(settings) as con:
    pipeline.STAGE(con, settings)
"""
_PUBLISH = "pipeline.publish(settings)\n"
_ASK = """import contextlib, os
from hubwatch.__main__ import main
sys.argv = ["hubwatch", *sys.argv[3:], "--data", sys.argv[2], "--format", "csv"]
with open(os.devnull, "w") as nothing, contextlib.suppress(SystemExit), contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
    main()
"""
QUESTIONS = {
    "a share of one day": ("stats", "download-share", "--hub", "huggingface", "--by", "origin"),
    "the daily series by origin": ("stats", "download-share-series", "--hub", "huggingface", "--by", "origin", "--since", "2024-07-01"),
    "status": ("status",),
}


def days_of(months: int, days: int) -> list[list[date]]:
    """The days of each month, at most so many."""
    firsts = [date(FIRST.year + (FIRST.month - 1 + month) // 12, (FIRST.month - 1 + month) % 12 + 1, 1) for month in range(months)]
    return [[first + timedelta(n) for n in range(min(days, calendar.monthrange(first.year, first.month)[1]))] for first in firsts]


def generate(folder: Path, listings: int, months: int, days: int, share: float) -> int:
    """Write a file a month, and in `later/` one of a further day and one of 67 rows; returns the rows of the months."""
    (folder / "later").mkdir(exist_ok=True)
    every = days_of(months, days)
    with duckdb.connect() as con:
        con.execute("set memory_limit = '2GB'")
        con.execute(_MODELS.format(listings=listings))
        for month, dates in enumerate(every):
            upto = 1.0 if month == months - 1 else share + (1 - share) * month / months
            _write(con, folder / f"{dates[0]:%Y-%m}.parquet", dates, upto)
        _write(con, folder / "later/day.parquet", [every[-1][-1] + timedelta(1)], 1.0)
        _write(con, folder / "later/small.parquet", [FIRST - timedelta(1)], 67 / listings)
    return int(duckdb.execute(f"select count(*) from '{folder}/*.parquet'").fetchall()[0][0])


def _write(con: duckdb.DuckDBPyConnection, target: Path, dates: list[date], share: float) -> None:
    if not target.exists():
        every = " union all ".join(_DAY.format(day=day, number=(day - FIRST).days, share=share * 10_000) for day in dates)
        con.execute(f"copy ({every}) to '{target}.tmp' (format parquet, compression zstd)")
        Path(f"{target}.tmp").rename(target)


def measured(code: str, *arguments: Path | str, source: Path | None = None) -> dict[str, float]:
    """Processor and wall seconds, and peak memory, of a process of its own, which imports hubwatch from `source` if that is given."""
    cost = cost_of(
        "-c",
        f"import atexit\nfrom tests.bench.processes import tell_peak\natexit.register(tell_peak)\n{code}",
        *map(str, arguments),
        environment={"PYTHONPATH": f"{source}{os.pathsep}{Path.cwd()}"} if source else None,
    )
    return {"processor_s": round(cost.processor, 2), "wall_s": round(cost.wall, 2), "peak_gb": round(cost.memory / 1000, 2)}


def steps(folder: Path, before: Path | None) -> Iterator[tuple[str, dict[str, float]]]:
    """Each step's name and cost, in order."""
    data, later = folder / "data", folder / "later"
    yield "bare", measured(_BARE, folder / "*.parquet", folder / "bare.duckdb")
    (folder / "bare.duckdb").unlink()
    if before is not None:
        (folder / "before.toml").write_text((data_dir() / "mappings/model-pulse.toml").read_text().partition("[publication]")[0])
        load = _LOAD.replace('"model-pulse"', repr(str(folder / "before.toml")))
        yield "load, version before", measured(_WITHIN + load, folder / "*.parquet", folder / "before", source=before / "src")
        shutil.rmtree(folder / "before")
    yield "load", measured(_WITHIN + _LOAD, folder / "*.parquet", data)
    for stage in ("classify", "link", "measure"):
        yield stage, measured(_WITHIN + _STAGE.replace("STAGE", stage), "", data)
    yield "publish", measured(_WITHIN + _PUBLISH, "", data)
    for question, arguments in QUESTIONS.items():
        yield question, measured(_WITHIN + _ASK, "", data, *arguments)
    yield "a further day: load", measured(_WITHIN + _LOAD, later / "day.parquet", data)
    yield "a further day: measure", measured(_WITHIN + _STAGE.replace("STAGE", "measure"), "", data)
    yield "a further day: publish", measured(_WITHIN + _PUBLISH, "", data)
    yield "67 rows of one past day", measured(_WITHIN + _LOAD, later / "small.parquet", data)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--listings", type=int, default=200_000)
    asked.add_argument("--months", type=int, default=1)
    asked.add_argument("--days", type=int, default=25, help="of each month, at most")
    asked.add_argument("--share", type=float, default=0.4, help="of the listings, in the first month")
    asked.add_argument("--folder", type=Path, help="to keep what is made in")
    asked.add_argument("--before", type=Path, help="a checkout of the version to compare with")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="hubwatch-bench-") as name:
        folder = options.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        rows = generate(folder, options.listings, options.months, options.days, options.share)
        sys.stdout.write(f"{rows:,} rows\n")
        seen: dict[str, dict[str, float]] = {}
        for step, cost in steps(folder, options.before):
            seen[step] = cost
            held = sum(path.stat().st_size for path in (folder / "data").rglob("*") if path.is_file()) if (folder / "data").exists() else 0
            sys.stdout.write(f"{step:28} {json.dumps(cost)} {held / 1e9:.2f} GB held\n")
            sys.stdout.flush()
            if step == "load":
                told = {
                    "load_of_bare": seen["load"]["processor_s"] / seen["bare"]["processor_s"],
                    **({"load_of_before": cost["processor_s"] / seen["load, version before"]["processor_s"]} if options.before else {}),
                    "microseconds_a_row": cost["processor_s"] / rows * 1e6,
                    "bytes_a_row": (folder / "data/warehouse.duckdb").stat().st_size / rows,
                }
                sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
