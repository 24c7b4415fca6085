"""A file of typed counters is loaded in one pass: the tables are as if each day had been read row by row."""

from datetime import date
from pathlib import Path

import duckdb

from hubwatch import pipeline
from hubwatch.archives.day import Wanted
from hubwatch.archives.files import archive_files
from hubwatch.archives.load import load_archive
from hubwatch.archives.many import _drop_doubles
from hubwatch.archives.mapping import read_mapping
from hubwatch.facts.reader import load_facts
from hubwatch.maintenance.verification import verify
from hubwatch.settings import Settings
from tests.archives.test_archive import mapping
from tests.conftest import settings_for
from tests.kept import keep, record

PULSE = """name = "pulse"
title = "counters of every day"
extent = "whole"
hub = { value = "huggingface" }
day = { column = "day" }
[counters]
downloads_30d = { column = "dl30", window = "30d" }
downloads_total = { column = "dl_all", window = "total" }
likes = "likes"
"""
ROWS = """select 'o/m' || n as id, date '2025-01-01' + d::int as day, (n * 10 + d)::bigint as dl30,
    case when d > 0 then (n * 100 + d)::bigint end as dl_all, (n % 7)::int as likes from range(60) a(n), range(3) b(d) where n > d
  union all select 'o/m9', date '2025-01-02', 500, 500, 1
  union all select 'O/M8', date '2025-01-03', 3, 3, 1
  union all select 'bert-base-uncased', date '2025-01-03', 11, 11, 1
  union all select 'no owner', date '2025-01-03', 3, 3, 1
  union all select 'o/low', date '2025-01-03', -1, 3, 1
  union all select 'https://huggingface.co/o/linked', date '2025-01-03', 8, 3, 1"""


def load(settings: Settings, source: Path, how: Path) -> list[tuple[object, ...]]:
    with pipeline.warehouse(settings) as con:
        lines: list[str] = []
        days = load_archive(con, read_mapping(str(how)), archive_files(str(source), settings), load_facts(), Wanted(), lines.append)
        assert not [found for found in verify(con, settings.data) if found.fault == "values"]
    return [(day.day, day.outcome, day.records, day.rejected, day.duplicates, day.counters) for day in days]


def tables(settings: Settings) -> list[list[tuple[object, ...]]]:
    with pipeline.warehouse(settings) as con:
        return [
            con.execute(query).fetchall()
            for query in (
                "select * from all_observations order by all",
                "select * exclude (loaded_at, message) from sweeps order by hub, day, source",
                "select * exclude (listing_key) from store.listing order by all",
                "select hub, day, source, reason from rejects order by all",
                "select distinct hub, day, until from store.unmeasured order by all",
            )
        ]


def test_days_loaded_at_once_give_the_tables_of_days_read_row_by_row(tmp_path: Path) -> None:
    how = mapping(tmp_path, PULSE)
    for kind in ("parquet", "csv"):
        duckdb.sql(f"copy (from ({ROWS}) order by day, id) to '{tmp_path}/a.{kind}'")
    typed, text = settings_for(tmp_path / "typed"), settings_for(tmp_path / "text")
    for settings, kind in ((typed, "parquet"), (text, "csv")):
        pipeline.load_all(settings, [keep(settings.data, date(2025, 1, 2), [record("o/m1"), record("o/only-here")])])
        loaded = load(settings, tmp_path / f"a.{kind}", how)
        assert loaded == [
            (date(2025, 1, 1), "loaded", 59, 0, 0, {"downloads_30d": 59, "likes": 59}),
            (date(2025, 1, 2), "loaded", 58, 0, 1, {"downloads_30d": 58, "downloads_total": 58, "likes": 58}),
            (date(2025, 1, 3), "loaded", 60, 2, 1, {"downloads_30d": 59, "downloads_total": 60, "likes": 60}),
        ]
    assert tables(typed)[:3] == tables(text)[:3]
    assert tables(typed)[4] == tables(text)[4]


def test_a_file_whose_days_are_held_is_not_read_again_and_later_files_load(tmp_path: Path) -> None:
    how, settings = mapping(tmp_path, PULSE), settings_for(tmp_path / "data")
    duckdb.sql(f"copy (select 'o/a' as id, date '2025-01-01' as day, 5 as dl30, 7 as dl_all, 1 as likes) to '{tmp_path}/1.parquet'")
    load(settings, tmp_path / "1.parquet", how)
    duckdb.sql(f"copy (select 'o/a' as id, date '2025-02-01' as day, 6 as dl30, 8 as dl_all, 1 as likes) to '{tmp_path}/2.parquet'")
    assert [row[1] for row in load(settings, tmp_path / "[12].parquet", how)] == ["held", "loaded"]
    with pipeline.warehouse(settings) as con:
        assert con.execute("select first_seen_on::varchar, last_seen_on::varchar from store.listing").fetchall() == [
            ("2025-01-01", "2025-02-01")
        ]


def test_a_day_of_two_files_is_one_day(tmp_path: Path) -> None:
    how, settings = mapping(tmp_path, PULSE), settings_for(tmp_path / "data")
    for part in (1, 2):
        duckdb.sql(
            f"copy (select 'o/{part}' as id, date '2025-01-01' as day, 5 as dl30, 7 as dl_all, 1 as likes) to '{tmp_path}/{part}.parquet'"
        )
    assert [row[:3] for row in load(settings, tmp_path / "*.parquet", how)] == [(date(2025, 1, 1), "loaded", 2)]


def test_rows_that_came_twice_are_found_however_many_days_a_file_has() -> None:
    with duckdb.connect() as con:
        con.execute("""create table many as select listing_key, date '1969-09-01' + number::integer as day, 5::bigint as downloads_30d,
                         9::bigint as downloads_total, listing_key::bigint as likes
                       from range(50) a(listing_key), range(400) b(number) where hash(listing_key, number) % 3 > 0""")
        con.execute("insert into many select * replace (6 as downloads_total) from many where hash(listing_key, day) % 997 = 0")
        expected = con.execute(
            "select day, count(*) - count(distinct listing_key) from many group by 1 having count(distinct listing_key) < count(*)"
        )
        doubles = dict(expected.fetchall())
        assert len(doubles) > 5
        before = con.execute("select count(*) from many").fetchall()[0][0]
        assert _drop_doubles(con) == doubles
        assert con.execute("select count(*), min(downloads_total) from many").fetchall() == [(before - sum(doubles.values()), 9)]
