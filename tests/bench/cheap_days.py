"""What a day of `head` and `new` sees of Hugging Face, on real figures: `python -m tests.bench.cheap_days [--floor 1000]`.

The figures are those of tests/shared.py, observed at the hub by others:

- monthly observations of every model of about 32 organizations (OSIR-LMTS, 2024-11 to 2025-06): which share of downloads, of
  changed listings, of what counters moved by and of newly seen listings a head down to the floor has;
- one reading of 2,283 models (eval-card-registry, 2026-05): which share of the listings whose attributes changed in the last
  90 days a head, or creation in the 21 days before, would show; how large a record is once it is saved;
- release dates of 40 models that were made public after their creation: how many within the 21 days of `new`;
- how downloads are concentrated on the whole hub (Model Pulse, September 2026, as printed): how many listings a head has.
"""

import argparse
import math
import sys
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
import zstandard

from hubwatch.sandbox.jsonl import read_jsonl
from hubwatch.sandbox.wire import encode
from tests.shared import shared

# Model Pulse, September 2026, as its report prints them: listings from the top, and their share of a month's downloads.
CONCENTRATION = ((10, 0.220), (100, 0.472), (1000, 0.786), (31_200, 0.963))  # the last is the top 1 % of 3.12 million
MONTH = 101.3e6 * 30  # downloads


def head_of(points: tuple[tuple[int, float], ...], total: float, floor: int) -> tuple[int, float]:
    """How many listings have `floor` downloads or more, and their share: what is below rank r falls as a power of r beyond the last points."""
    (near, high), (far, low) = ((rank, 1 - share) for rank, share in points[-2:])
    power = math.log(high / low) / math.log(far / near)
    rank = far * (power * low * total / far / floor) ** (1 / (1 + power))
    return round(rank), 1 - low * (rank / far) ** -power


def most_in_head(points: tuple[tuple[int, float], ...], total: float, floor: int) -> int:
    """The most listings that can have `floor` downloads, whatever the shape beyond the last point."""
    rank, share = points[-1]
    return rank + int((1 - share) * total / floor)


MONTHS = """
with read as (select model_id, snapshot as day, min(downloads) as downloads, min(likes) as likes from read_parquet($file)
    where hub = 'huggingface' group by all),
  days as (select day, lag(day) over (order by day) as before from (select distinct day from read)),
  pairs as (select days.day, now.downloads, was.downloads as downloads_before, now.likes - was.likes as liked
    from days join read as now on now.day = days.day left join read as was on was.model_id = now.model_id and was.day = days.before
    where days.before is not null)
select day, count(*) as listings, count(*) filter (downloads >= $floor) as head,
  sum(downloads) filter (downloads >= $floor) / sum(downloads) as downloads,
  count(*) filter (downloads <> downloads_before and downloads >= $floor) / count(*) filter (downloads <> downloads_before) as changed,
  sum(abs(downloads - downloads_before)) filter (downloads >= $floor) / sum(abs(downloads - downloads_before)) as moved,
  sum(greatest(liked, 0)) filter (downloads >= $floor) / sum(greatest(liked, 0)) as liked,
  count(*) filter (downloads_before is null and downloads >= $floor) / count(*) filter (downloads_before is null) as newly_seen
from pairs group by day order by day
"""
CHANGES = """
with read as (select downloads, "createdAt"::timestamp as created_at, "lastModified"::timestamp as modified_at
    from read_json($file, columns = {downloads: 'bigint', "createdAt": 'varchar', "lastModified": 'varchar'})),
  last as (select max(modified_at) as reading from read)
select count(*) as changed, count(*) filter (downloads >= $floor or created_at >= reading - interval 21 day) as seen
from read, last where modified_at >= reading - interval 90 day
"""
RELEASES = """
select count(*) as dated, count(*) filter (actual_release_date - hf_created_at <= 21) as within, max(actual_release_date - hf_created_at) as longest
from read_csv($file, comment = '#', header = true, types = {hf_created_at: 'date', actual_release_date: 'date'}) where actual_release_date is not null
"""


def rows(query: str, file: str, **more: object) -> list[dict[str, Any]]:
    """What the query gives over one of the shared files."""
    with duckdb.connect() as con:
        answer = con.execute(query, {"file": str(shared(file))} | more)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def saved_bytes() -> Iterator[tuple[str, int, float]]:
    """For each hub of which real records are here: how many, and bytes a record in pages as they are saved."""
    packed = zstandard.ZstdCompressor(level=1)
    real = list(read_jsonl(shared("real/huggingface/expand_rows.jsonl.gz")))
    pages = [encode(real[start : start + 1000]) for start in range(0, len(real), 1000)]
    yield "huggingface", len(real), sum(len(packed.compress(page)) for page in pages) / len(real)
    page = shared("real/modelscope/site_listing_page.json").read_bytes()
    yield "modelscope", 10, len(packed.compress(page)) / 10


def told(floor: int) -> Iterator[str]:
    """Every figure in a line of its own."""
    months = rows(MONTHS, "real/osir/observations.parquet", floor=floor)
    for name in ("downloads", "moved", "liked", "changed", "newly_seen"):
        shares = [month[name] for month in months]
        yield f"{name}: {min(shares):.2%} to {max(shares):.2%} in {len(months)} months; head of {months[-1]['head']} of {months[-1]['listings']}"
    (changes,) = rows(CHANGES, "real/huggingface/expand_rows.jsonl.gz", floor=floor)
    yield f"attributes changed in 90 days: {changes['changed']} listings, {changes['seen']} of them in head or new"
    (releases,) = rows(RELEASES, "real/orgs/release_date_corrections.csv")
    yield f"made public after creation: {releases['within']} of {releases['dated']} within 21 days, the longest after {releases['longest']}"
    count, share = head_of(CONCENTRATION, MONTH, floor)
    most = most_in_head(CONCENTRATION, MONTH, floor)
    yield f"whole hub, September 2026: about {count:,} listings at {floor} downloads or more (at most {most:,}), {share:.1%} of downloads"
    for hub, records, size in saved_bytes():
        yield f"saved: {size:.0f} bytes a record ({hub}, {records} records)"


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--floor", type=int, default=1000)
    try:
        sys.stdout.write("\n".join(told(asked.parse_args().floor)) + "\n")
    except pytest.skip.Exception as absent:
        sys.exit(str(absent))
