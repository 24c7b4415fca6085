"""Published snapshots: days, units, provenance, what is refused, what is rejected, what stays as it is."""

import gzip
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from hubwatch import pipeline, statistics
from hubwatch.archives import backfill
from hubwatch.archives.day import ArchiveDay, Wanted
from hubwatch.archives.files import archive_files
from hubwatch.archives.load import load_archive, load_links
from hubwatch.archives.mapping import read_mapping, ready_mappings
from hubwatch.clock import today
from hubwatch.errors import DayFailure, UsageError
from hubwatch.facts.reader import load_facts
from hubwatch.maintenance.agreement import agreements
from hubwatch.maintenance.verification import NOTICES, verify
from hubwatch.settings import Settings
from hubwatch.store import publishing
from hubwatch.store import warehouse as store
from tests.conftest import settings_for, with_warehouse
from tests.kept import keep, record

PLAIN = """name = "plain"
title = "a plain table"
hub = { column = "site" }
day = { column = "on" }
model_id = "repo"
[counters]
downloads_30d = { column = "downloads", window = "30d" }
likes = "likes"
"""
Rows = list[tuple[object, ...]]


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = store.open_warehouse(with_warehouse(tmp_path / "data"))
    yield opened
    opened.close()


def bring(con: duckdb.DuckDBPyConnection, source: Path | str, mapping: Path | str, wanted: Wanted | None = None) -> list[ArchiveDay]:
    found = archive_files(str(source), settings_for(Path("unused")))
    return load_archive(con, read_mapping(str(mapping)), found, load_facts(), wanted or Wanted(), lambda line: None)


def mapping(tmp_path: Path, text: str = PLAIN) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    return path


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(("repo,site,on,downloads,likes", *lines)) + "\n")
    return path


def observed(con: duckdb.DuckDBPyConnection) -> Rows:
    query = (
        "select hub, model_id, day::varchar, source, superseded, downloads_30d, downloads_total, likes from all_observations order by all"
    )
    return con.execute(query).fetchall()


def test_every_ready_mapping_is_read_and_named_as_its_file() -> None:
    assert {"economies", "hub-stats", "hub-weekly", "model-pulse", "osir"} <= {*ready_mappings()}
    assert [read_mapping(name).name for name in ready_mappings()] == ready_mappings()


@pytest.mark.parametrize(
    ("counters", "told"),
    [
        ('downloads_30d = "downloads"', 'column downloads does not say its window; declare window = "30d" or window = "total"'),
        ('downloads_total = ["downloads"]', "column downloads does not say its window"),
        ('downloads_30d = "count"', "column count does not say its window"),
        ('downloads = "downloads"', "counters.downloads: its window is not declared"),
        ('downloads_30d = { column = "downloads", window = "total" }', 'counts over "total"; map it to downloads_total'),
        ('downloads_30d = "downloadsAllTime"', 'counts over "total"; map it to downloads_total'),
        ('downloads_30d = { column = "downloadsAllTime", window = "30d" }', 'is named like window "total" but declared "30d"'),
        ('downloads_30d = { column = "downloads", unit_column = "metric" }', "unit_column needs units"),
        ('downloads_30d = { column = "downloads", window = "7d" }', "'30d' or 'total'"),
        ('likes = { column = "likes", window = "30d" }', "likes have no window"),
        (
            'downloads_30d = { column = "downloads", window = "30d" }\ndownloads_total = { column = "downloads", window = "total" }',
            "column downloads cannot be both downloads_30d and downloads_total",
        ),
        (
            'downloads_30d = { column = "downloads", unit_column = "u", units = ["a", "b"] }\n'
            'downloads_total = { column = "downloads", unit_column = "u", units = ["b"] }',
            "column downloads cannot be both downloads_30d and downloads_total",
        ),
    ],
)
def test_a_downloads_column_without_a_certain_window_is_refused_in_one_line(tmp_path: Path, counters: str, told: str) -> None:
    path = mapping(tmp_path, PLAIN[: PLAIN.index("[counters]")] + "[counters]\n" + counters)
    with pytest.raises(UsageError) as refused:
        read_mapping(str(path))
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('day = { file_name = "(" }', "file_name is no regular expression"),
        ('day = { given = true }\ndelimiter = "||"', "delimiter: String should have at most 1 character"),
    ],
)
def test_a_mapping_that_cannot_be_followed_is_refused_before_any_file_is_read(tmp_path: Path, change: str, told: str) -> None:
    path = mapping(tmp_path, PLAIN.replace('day = { column = "on" }', change))
    with pytest.raises(UsageError, match=re.escape(told)):
        read_mapping(str(path))


def test_a_folder_named_as_a_mapping_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read_mapping(str(tmp_path / "folder.toml"))


def test_a_column_that_names_its_window_or_a_declared_plain_one_is_taken(tmp_path: Path) -> None:
    head = PLAIN[: PLAIN.index("[counters]")] + "[counters]\n"
    named = read_mapping(str(mapping(tmp_path, head + 'downloads_total = "downloads_all_time"\ndownloads_30d = "downloads_last_month"')))
    assert sorted(named.counters) == ["downloads_30d", "downloads_total"]
    plain = read_mapping(str(mapping(tmp_path, head + 'downloads = { column = "downloads", window = "total" }')))
    assert list(plain.counters) == ["downloads_total"]


def test_rows_become_observations_of_their_day_with_the_archive_as_source(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv", "o/a,HuggingFace,2025-01-02,5,1", "o/a,huggingface,20250103,6,", "o/b,modelscope,2025-01-02T23:30:00-05:00,7,0"
    )
    days = bring(con, path, mapping(tmp_path))
    assert [(day.hub, str(day.day), day.outcome, day.counters) for day in days] == [
        ("huggingface", "2025-01-02", "loaded", {"downloads_30d": 1, "likes": 1}),
        ("huggingface", "2025-01-03", "loaded", {"downloads_30d": 1}),
        ("modelscope", "2025-01-03", "loaded", {"downloads_30d": 1, "likes": 1}),
    ]
    assert observed(con) == [
        ("huggingface", "o/a", "2025-01-02", "archive:plain", False, 5, None, 1),
        ("huggingface", "o/a", "2025-01-03", "archive:plain", False, 6, None, None),
        ("modelscope", "o/b", "2025-01-03", "archive:plain", False, 7, None, 0),
    ]
    assert con.execute("select distinct complete, message from days").fetchall() == [(False, "a published snapshot, not a sweep")]
    assert con.execute("select count(*) from store.attributes").fetchall() == [(0,)]


GOOD = [f"o/m{number},huggingface,2025-01-02,{number},0" for number in range(60)]


def test_rows_that_cannot_be_read_are_rejected_with_place_and_reason(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    bad = ["no owner,huggingface,2025-01-02,1,1", "o/x,huggingface,2025-01-02,-29,1", "o/y,huggingface,2025-01-02,1,many"]
    lost = ["o/z,gitee,2025-01-02,1,1", "o/z,huggingface,last week,1,1", "o/z,huggingface,2025-01-02,1,1,one,too,many"]
    days = bring(con, table(tmp_path / "a.csv", *GOOD, *bad, *lost), mapping(tmp_path))
    assert [(day.outcome, day.records, day.rejected) for day in days] == [("loaded", 62, 3)]
    assert con.execute("select part_read, rejected_30d, rejected_likes from sweeps").fetchall() == [(2, 1, 1)]
    name = str(tmp_path / "a.csv")
    rows = con.execute("select hub, day::varchar, position, reason from rejects order by all").fetchall()
    day = "2025-01-02"
    assert rows == [
        ("huggingface", day, f"{name} row 61", "model id is not owner/name"),
        ("huggingface", day, f"{name} row 62", 'downloads_30d "-29" is not an integer'),
        ("huggingface", day, f"{name} row 63", 'likes "many" is not an integer'),
        ("huggingface", None, f"{name} row 65", 'day "last week" is not a date'),
        (None, day, f"{name} row 64", 'hub "gitee" is not known'),
        (None, None, f"{name} line 67", "expected number of columns: 5 found: 8"),
    ]
    assert con.execute("select record from rejects where position like '% row 62'").fetchall()[0][0].count("-29") == 1
    bring(con, name, mapping(tmp_path), Wanted(overwrite=True))
    assert con.execute("select hub, day::varchar, position, reason from rejects order by all").fetchall() == rows


def test_a_day_with_too_many_unreadable_rows_fails_and_the_others_load(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", *GOOD, "o/a,huggingface,2025-01-03,x,1", "o/b,huggingface,2025-01-03,1,1")
    days = bring(con, path, mapping(tmp_path))
    assert [(str(day.day), day.outcome) for day in days] == [("2025-01-02", "loaded"), ("2025-01-03", "failed")]
    assert 'downloads_30d "x" is not an integer' in days[1].message
    assert con.execute("select day::varchar from days").fetchall() == [("2025-01-02",)]


def test_a_day_of_which_more_than_five_in_a_hundred_rows_came_twice_fails_and_shows_two(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = [f"o/m{number},huggingface,2025-01-02,{number},1" for number in range(95)]
    few, many = tmp_path / "few.csv", tmp_path / "many.csv"
    (day,) = bring(con, table(few, *rows, *rows[:5]), mapping(tmp_path))
    assert (day.outcome, day.records, day.duplicates) == ("loaded", 95, 5)
    (day,) = bring(con, table(many, *rows, *rows[:5], "o/m7,huggingface,2025-01-02,300,1"), mapping(tmp_path), Wanted(overwrite=True))
    assert day.outcome == "failed"
    assert f"6 rows are of listings that other rows have: o/m0 is in {many} row 1 (0) and {many} row 96 (0)" in day.message
    assert len(observed(con)) == 95


def test_a_snapshot_whose_rows_have_no_day_is_refused_whole(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(DayFailure, match=r"1 of 1 rows have no known hub and day \(day \"soon\" is not a date\)"):
        bring(con, table(tmp_path / "a.csv", "o/a,huggingface,soon,1,1"), mapping(tmp_path))
    (tmp_path / "b.csv").write_text("id,site,on,downloads,likes\no/a,huggingface,2025-01-01,1,1\n")
    with pytest.raises(DayFailure, match="no column repo for model_id; it has id, site"):
        bring(con, tmp_path / "b.csv", mapping(tmp_path))
    assert con.execute("select count(*) from sweeps").fetchall() == [(0,)]


def test_of_several_rows_of_a_listing_the_highest_counter_counts_and_the_others_are_counted(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = table(tmp_path / "a.csv", *(f"o/a,huggingface,2025-01-02,{downloads},1" for downloads in (160, 369, 160)), *GOOD)
    assert [(day.records, day.duplicates) for day in bring(con, path, mapping(tmp_path))] == [(61, 2)]
    assert [row[5] for row in observed(con) if row[1] == "o/a"] == [369]


def test_a_held_day_stays_as_it_is_unless_overwritten_and_a_stopped_backfill_goes_on(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = table(tmp_path / "a.csv", "o/a,huggingface,2025-01-02,1,1")
    bring(con, path, mapping(tmp_path))
    table(path, "o/a,huggingface,2025-01-02,9,1", "o/a,huggingface,2025-01-03,2,1")
    dry = bring(con, path, mapping(tmp_path), Wanted(dry_run=True))
    assert [day.outcome for day in dry] == ["would stay as held", "would load"]
    assert [day.outcome for day in bring(con, path, mapping(tmp_path))] == ["held", "loaded"]
    assert [row[5] for row in observed(con)] == [1, 2]
    assert [day.outcome for day in bring(con, path, mapping(tmp_path), Wanted(dry_run=True, overwrite=True))] == ["would replace"] * 2
    bring(con, path, mapping(tmp_path), Wanted(overwrite=True, day=date(2025, 1, 2)))
    assert [row[5] for row in observed(con)] == [9, 2]


def test_where_a_sweep_knows_the_day_too_both_stay_visible_and_the_sweep_is_shown(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data")
    pipeline.load_all(settings, [keep(settings.data, date(2025, 1, 2), [record("o/a", downloads=77)])])
    path = table(tmp_path / "a.csv", "o/a,huggingface,2025-01-02,5,1", "o/b,huggingface,2025-01-02,6,1")
    with pipeline.warehouse(settings) as con:
        bring(con, path, mapping(tmp_path))
        assert [(row[1], row[3], row[4], row[5]) for row in observed(con)] == [
            ("o/a", "archive:plain", True, 5),
            ("o/a", "full", False, 77),
            ("o/b", "archive:plain", False, 6),
        ]
        assert con.execute("select sweep, complete from days").fetchall() == [("full", True)]
        assert con.execute("select license from listings where model_id = 'o/a'").fetchall() == [("mit",)]


def test_an_archive_is_compared_with_the_sweep_of_its_day_and_that_is_no_problem(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data")
    records = [record("o/a", downloads=5, likes=1), record("o/b", downloads=8, likes=2), record("o/z", downloads=3)]
    pipeline.load_all(settings, [keep(settings.data, date(2025, 1, 2), records)])
    path = table(tmp_path / "a.csv", "o/a,huggingface,2025-01-02,5,1", "o/b,huggingface,2025-01-02,6,", "o/c,huggingface,2025-01-03,6,1")
    with pipeline.warehouse(settings) as con:
        bring(con, path, mapping(tmp_path))
        told = (
            "2 listings in it and in the sweep full (of 2 and 3); downloads_30d: 50.0% the same, their sum is 0.846 of the sweep's; "
            "likes of 1: 100.0% the same, their sum is 1.000 of the sweep's"
        )
        assert list(agreements(con)) == [("huggingface", date(2025, 1, 2), "archive:plain", told)]
        assert [one.fault for one in verify(con, settings.data) if one.fault in NOTICES] == ["agreement"]


def test_an_attribute_that_a_snapshot_does_not_speak_of_goes_on_as_it_was(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data")
    pipeline.load_all(settings, [keep(settings.data, date(2025, 1, 2), [record("o/a")])])
    (tmp_path / "a.csv").write_text("repo,site,on,downloads,likes,lic\no/a,huggingface,2025-01-05,5,1,apache-2.0\n")
    with pipeline.warehouse(settings) as con:
        bring(con, tmp_path / "a.csv", mapping(tmp_path, PLAIN + '[attributes]\nlicense_raw = "lic"\n'))
        assert con.execute("select license, task, library from listings").fetchall() == [("apache-2.0", "text-generation", "transformers")]


def test_five_rows_in_a_hundred_that_cannot_be_read_fail_no_day(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    lines = [f"o/m{number},huggingface,2025-01-02,{'many' if number < 5 else 1},1" for number in range(100)]
    (day,) = bring(con, table(tmp_path / "some.csv", *lines), mapping(tmp_path))
    assert (day.outcome, day.records, day.rejected) == ("loaded", 100, 5)


def test_a_pass_read_half_on_each_of_two_days_counts_for_the_first(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    source = tmp_path / "some.csv"
    source.write_text("repo,site,on,crawl\no/a,huggingface,2025-01-03,x\no/b,huggingface,2025-01-02,x\n")
    days = 'name = "plain"\ntitle = "t"\nhub = { column = "site" }\nday = { column = "on", pass_column = "crawl" }\nmodel_id = "repo"\n'
    bring(con, source, mapping(tmp_path, days))
    assert con.execute("select day::varchar, count(*) from all_observations group by all").fetchall() == [("2025-01-02", 2)]


def test_json_lines_are_read_line_by_line_and_broken_ones_rejected(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    lines = [json.dumps({"repo": f"o/m{n}", "site": "huggingface", "on": "2025-01-02", "downloads": n, "base": ["o/x"]}) for n in range(60)]
    path = tmp_path / "a.jsonl"
    path.write_bytes("\n".join([*lines, "", '{"repo": cut', "[1]"]).encode() + b'\n{"repo": "o/\xff"}\n')
    text = PLAIN.replace('likes = "likes"\n', '[attributes]\nbase_models = "base"\n')
    assert [(day.records, day.outcome) for day in bring(con, path, mapping(tmp_path, text))] == [(60, "loaded")]
    assert con.execute("select distinct base_models from listings").fetchall() == [(["o/x"],)]
    assert con.execute("select replace(position, ?, ''), reason from rejects order by 1", [f"{path} "]).fetchall() == [
        ("line 64", 'is not UTF-8; where the file is in another encoding, say so in the mapping, as encoding = "gb18030"'),
        ("row 61", "not a JSON object"),
        ("row 62", "not a JSON object"),
    ]


@pytest.mark.parametrize("name", ["a.csv.gz", "a.tsv.zst", "a.jsonl.gz", "a.ndjson.zst", "a.csv"])
def test_packed_and_marked_files_are_read_as_they_are(con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str) -> None:
    row = {"repo": "o/模型", "site": "huggingface", "on": "2025-01-02", "downloads": 5, "likes": 1}
    delimiter = "\t" if ".tsv" in name else ","
    text = json.dumps(row) if "json" in name else delimiter.join(row) + "\r\n" + delimiter.join(map(str, row.values())) + "\r\n"
    body = ("" if "json" in name else "\ufeff").encode() + text.encode()
    packers: dict[str, Any] = {".gz": gzip.compress, ".zst": zstandard.compress}
    packed = packers.get(Path(name).suffix, bytes)(body)
    (tmp_path / name).write_bytes(packed)
    bring(con, tmp_path / name, mapping(tmp_path))
    assert [(row[1], row[5], row[7]) for row in observed(con)] == [("o/模型", 5, 1)]


def test_units_that_rows_name_are_kept_apart_and_complete_each_other(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = (
        PLAIN[: PLAIN.index("[counters]")]
        + """[counters]
downloads_30d = { column = "downloads", unit_column = "likes", units = ["monthly"] }
downloads_total = { column = "downloads", unit_column = "likes", units = ["total", "all"] }
"""
    )
    rows = [
        "o/a,huggingface,2025-01-02,5,monthly",
        "o/a,huggingface,2025-01-02,50,total",
        *(f"o/b{n},huggingface,2025-01-02,7,all" for n in range(40)),
    ]
    days = bring(con, table(tmp_path / "a.csv", *rows, "o/c,huggingface,2025-01-02,7,weekly"), mapping(tmp_path, text))
    assert [(day.records, day.rejected, day.duplicates) for day in days] == [(41, 1, 0)]
    assert [row[5:7] for row in observed(con) if row[1] in ("o/a", "o/b1")] == [(5, 50), (None, 7)]
    assert con.execute("select reason from rejects").fetchall() == [('unit likes "weekly" is not declared',)]


def test_a_pass_that_took_days_counts_for_the_day_on_which_most_was_read(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    duckdb.execute(
        f"""copy (select 'huggingface' as hub, 'o/m' || n as model_id, date '2025-09-10' as snapshot,
              date '2025-09-08' + case when n < 5 then 0 when n < 20 then 3 else 8 end as crawled_on, 'downloads_30d' as metric,
              n as downloads, 1 as likes from range(30) t(n)
            union all select 'huggingface', 'o/m1', date '2025-09-10', date '2025-09-16', 'downloads_30d', 0, 1)
            to '{tmp_path}/a.parquet' (format parquet)"""
    )
    days = bring(con, tmp_path / "a.parquet", "osir")
    assert [(str(day.day), day.records, day.duplicates, day.message) for day in days] == [
        ("2025-09-11", 30, 1, "read from 2025-09-08 to 2025-09-16")
    ]
    assert con.execute("select downloads_30d from observations where model_id = 'o/m1'").fetchall() == [
        (0,)
    ]  # the last read, not the highest


def hub_stats(path: Path, columns: str) -> Path:
    duckdb.execute(f"copy (select {columns}) to '{path}' (format parquet)")
    return path


def test_hub_stats_rows_of_every_era_are_read_as_the_hubs_own_records(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    old = "'o/a' as id, timestamp '2024-01-02 03:04:05' as \"createdAt\", '2024-02-02T03:04:05.000Z' as \"lastModified\", 5 as downloads, 2 as likes"
    hub_stats(tmp_path / "old.parquet", old + ", ['license:mit', 'base_model:finetune:o/b'] as tags, 'text-generation' as pipeline_tag")
    bring(con, tmp_path / "old.parquet", "hub-stats", Wanted(day=date(2024, 8, 1)))
    new = (
        old
        + """, 70 as "downloadsAllTime", '["license:apache-2.0"]' as tags, '{"total": 8}' as safetensors, '{}' as "cardData",
      {relation: 'adapter', models: [{_id: '1', id: 'o/c'}]} as "baseModels", 'abc' as _id"""
    )
    hub_stats(tmp_path / "new.parquet", new)
    bring(con, tmp_path / "new.parquet", "hub-weekly", Wanted(day=date(2025, 8, 1)))
    assert [row[2:4] + row[5:] for row in observed(con)] == [
        ("2024-08-01", "archive:hub-stats", 5, None, 2),
        ("2025-08-01", "archive:hub-weekly", 5, 70, 2),
    ]
    said = "select valid_from::varchar, license, task, parameters, base_models, base_relation, created_at::varchar, gated from store.attributes order by 1"
    assert con.execute(said).fetchall() == [
        ("2024-08-01", "mit", "text-generation", None, ["o/b"], "finetune", "2024-01-02 03:04:05", None),
        ("2025-08-01", "apache-2.0", "text-generation", 8, ["o/c"], "adapter", "2024-01-02 03:04:05", None),
    ]


def test_a_day_that_the_files_cannot_tell_must_be_given(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = hub_stats(tmp_path / "models.parquet", "'o/a' as id, 1 as downloads, 1 as likes")
    for name in ("hub-stats", "hub-weekly"):
        with pytest.raises(UsageError, match="give it with --day"):
            bring(con, path, name)


def test_a_corrupt_file_fails_its_day_and_the_other_files_load(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = PLAIN.replace('hub = { column = "site" }', 'hub = { value = "huggingface" }').replace(
        'day = { column = "on" }', "day = { file_name = '(\\d{4}-\\d{2}-\\d{2})\\.parquet$' }"
    )
    for day in ("2025-01-01", "2025-01-02", "2025-01-03"):
        duckdb.execute(f"copy (select 'o/a' as repo, 1 as downloads, 1 as likes) to '{tmp_path}/s-{day}.parquet' (format parquet)")
    (tmp_path / "s-2025-01-02.parquet").write_bytes(b"PAR1 torn")
    days = bring(con, tmp_path / "s-*.parquet", mapping(tmp_path, text))
    assert [day.outcome for day in days] == ["loaded", "failed", "loaded"]
    assert [row[2] for row in observed(con)] == ["2025-01-01", "2025-01-03"]


def test_an_archives_day_that_was_killed_before_it_was_published_is_published_by_the_next_run(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data")
    path, how = table(tmp_path / "a.csv", "o/a,huggingface,2025-01-02,5,1"), read_mapping(str(mapping(tmp_path)))
    with pipeline.warehouse(settings) as opened:
        bring(opened, path, mapping(tmp_path))
    assert not (settings.data / "hubwatch.duckdb").exists()
    assert [day.outcome for day in backfill.backfill_archive(settings, str(path), how, Wanted(), lambda line: None)] == ["held"]
    with publishing.open_published(settings.data) as published:
        assert published.execute("select model_id, downloads_30d from observations").fetchall() == [("o/a", 5)]
        assert published.execute("select distinct namespace from origins").fetchall() == [("o",)]
    written = (settings.data / "hubwatch.duckdb").stat().st_mtime_ns
    backfill.backfill_archive(settings, str(path), how, Wanted(), lambda line: None)
    assert (settings.data / "hubwatch.duckdb").stat().st_mtime_ns == written


@pytest.mark.parametrize("column", ["downloads_30d", "likes"])
def test_a_counter_of_an_archive_that_was_changed_afterwards_is_named_also_below_a_sweep(tmp_path: Path, column: str) -> None:
    settings = settings_for(tmp_path / "data")
    pipeline.load_all(settings, [keep(settings.data, date(2025, 1, 2), [record("o/a")])])
    with pipeline.warehouse(settings) as opened:
        bring(opened, table(tmp_path / "a.csv", "o/a,huggingface,2025-01-02,5,1", "o/b,huggingface,2025-01-02,6,2"), mapping(tmp_path))
    pipeline.publish(settings)
    with pipeline.warehouse(settings) as opened:
        assert [one.fault for one in verify(opened, settings.data)] == ["agreement"]
        opened.execute(f"update store.counters set {column} = 77 where source = 'archive:plain' and superseded")
        [found] = [one for one in verify(opened, settings.data) if one.fault not in NOTICES]
    assert (found.hub, str(found.day), found.source, found.fault) == ("huggingface", "2025-01-02", "archive:plain", "values")
    assert "--mapping plain --hub huggingface --day 2025-01-02 --overwrite`" in found.detail


GIVEN = PLAIN.replace('{ column = "site" }', '{ value = "huggingface" }').replace('{ column = "on" }', "{ given = true }")


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_file_is_read_whose_name_looks_like_a_pattern_that_another_file_bears(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, form: str
) -> None:
    for name, model_id in (("part1", "o/other"), ("part[1]", "o/meant")):
        target = (tmp_path / f"{name}.{form}").as_posix()
        how = "format json" if form == "jsonl" else f"format {form}"
        duckdb.sql(f"copy (select '{model_id}' as repo, 5 as downloads, 1 as likes) to '{target}' ({how})")
    bring(con, tmp_path / f"part[1].{form}", mapping(tmp_path, GIVEN), Wanted(day=date(2025, 1, 2)))
    assert observed(con) == [("huggingface", "o/meant", "2025-01-02", "archive:plain", False, 5, None, 1)]


def test_lines_that_are_no_rows_count_as_rejects_of_the_day_that_the_whole_file_is_of(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("repo,downloads,likes\n" + "".join(f"o/m{number},1,1\n" for number in range(40)) + "o/short,2\n")
    [day] = bring(con, path, mapping(tmp_path, GIVEN), Wanted(day=date(2025, 1, 2)))
    assert (day.records, day.rejected) == (40, 1)
    assert con.execute("select hub, day::varchar, record from rejects").fetchall() == [("huggingface", "2025-01-02", "o/short,2")]
    assert con.execute("select rejected from days").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", b'[{"repo": "o/a", "downloads": 1, "likes"', "a.json: is not valid JSON (Input data was truncated); download it again"),
        ("a.jsonl", b"", "a.jsonl: the file is empty; download it again"),
        ("a.csv", b"repo,downloads,likes\no/\x00,1,1\n\x00", "a.csv: is not text; say its encoding in the mapping"),
        ("a.parquet", b"PAR1", "too small to be a Parquet file; download it again"),
        ("a.parquet", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a pointer of Git LFS, not the file; get it with"),
        ("a.csv", b"<!DOCTYPE html><title>Sign in</title>", "is a page or document, not Parquet, CSV"),
        ("a.csv.zip", b"PK\x03\x04 torn", "a.csv.zip cannot be read: File is not a zip file; download it again"),
        ("a.pdf", b"any", "a.pdf: not Parquet, CSV, JSON, JSON Lines or Excel"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_told_with_its_own_cure(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    [day] = bring(con, path, mapping(tmp_path, GIVEN), Wanted(day=date(2025, 1, 2)))
    assert day.outcome == "failed"
    assert told in day.message
    assert "LINE 1" not in day.message


def test_our_own_export_comes_back_as_it_was(tmp_path: Path) -> None:
    settings, other = settings_for(tmp_path / "data"), settings_for(tmp_path / "other")
    for day in (1, 2):
        kept = [
            record("o/a", downloads=day, tags=["license:mit" if day == 1 else "license:gpl-3.0"]),
            record("o/b", safetensors={"total": 5}),
        ]
        pipeline.load_all(settings, [keep(settings.data, date(2025, 1, day), kept)])
    said = """select hub, model_id, day, downloads_30d, downloads_total, likes from observations order by all"""
    history = """select model_id, valid_from, valid_to, a.* exclude (listing_key, valid_from, valid_to)
                 from store.attributes a join store.listing using (listing_key) order by all"""
    with pipeline.warehouse(settings) as con:
        con.execute(
            f"""copy (select o.*, a.* exclude (listing_key, valid_from, valid_to) from all_observations o join store.listing using (hub, model_id)
              left join store.attributes a on a.listing_key = listing.listing_key and a.valid_from <= o.day and (a.valid_to is null or a.valid_to > o.day))
              to '{tmp_path}/export.csv'"""
        )
        before = con.execute(said).fetchall(), con.execute(history).fetchall()
    with pipeline.warehouse(other) as con:
        bring(con, tmp_path / "export.csv", "hubwatch-export")
        assert (con.execute(said).fetchall(), con.execute(history).fetchall()) == before
        assert len(before[1]) == 3


def test_a_dry_run_leaves_no_trace(tmp_path: Path) -> None:
    settings = Settings.from_environment(tmp_path / "data", {})
    path = table(tmp_path / "a.csv", "o/a,huggingface,2025-01-02,5,1")
    days = backfill.backfill_archive(settings, str(path), read_mapping(str(mapping(tmp_path))), Wanted(dry_run=True), lambda line: None)
    assert [(day.outcome, day.records) for day in days] == [("would load", 1)]
    assert not settings.data.exists()


def test_model_links_of_a_saved_page_become_listings_without_counters(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data")
    pipeline.load_all(settings, [keep(settings.data, date(2025, 1, 2), [record("o/a")])])
    with pipeline.warehouse(settings) as con:
        pages = {"page.html": ["o/a", "o/new", "o/a"]}
        got = load_links(con, "huggingface", pages, date(2025, 1, 3), load_facts(), Wanted(), lambda line: None)
        assert (got.records, got.duplicates, got.source) == (2, 1, "archive:saved-pages")
        assert con.execute("select model_id, repo_kind, license from listings order by 1").fetchall() == [
            ("o/a", "model", "mit"),
            ("o/new", "model", None),
        ]
        with pytest.raises(DayFailure, match="no link to a model"):
            load_links(con, "huggingface", {"empty.html": []}, date(2025, 1, 3), load_facts(), Wanted(), lambda line: None)


def test_a_source_that_is_no_file_we_read_is_a_usage_error(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data")
    for source, told in [
        ("https://x/y.csv", "only files of this machine"),
        (str(tmp_path), "is a folder"),
        (str(tmp_path / "no*.csv"), "no such file"),
    ]:
        with pytest.raises(UsageError, match=told):
            archive_files(source, settings)


def test_eight_months_of_a_published_panel_stand_beside_a_live_day_with_their_units(tmp_path: Path, shared: Path) -> None:
    settings = settings_for(tmp_path / "data")
    osir = shared / "real/osir/observations.parquet"
    live = date(2025, 6, 20)
    pipeline.load_all(
        settings, [keep(settings.data, live, [record("Qwen/Qwen2.5-7B-Instruct", downloads=900_000), record("google/bert", downloads=5)])]
    )
    days = backfill.backfill_archive(settings, str(osir), read_mapping("osir"), Wanted(), lambda line: None)
    assert [(day.hub, day.outcome) for day in days] == [("huggingface", "loaded")] * 8 + [("modelscope", "loaded")] * 8
    truth = duckdb.execute(
        f"select hub, crawled_on, sum(downloads), count(distinct model_id) from '{osir}' where hub = 'huggingface' group by all order by all"
    ).fetchall()
    with publishing.open_published(settings.data) as con:
        sums = con.execute(
            """select hub, day, sum(downloads_30d), count(*) from observations where hub = 'huggingface' and source = 'archive:osir'
               group by all order by all"""
        ).fetchall()
        assert sums == truth
        assert con.execute(
            "select hub, count(downloads_30d) > 0, count(downloads_total) > 0 from observations where source = 'archive:osir' group by 1 order by 1"
        ).fetchall() == [
            ("huggingface", True, False),
            ("modelscope", False, True),
        ]
        series = statistics.run(con, "download_share_series", hub="huggingface", by="namespace", since=date(2024, 1, 1)).records()
        assert {str(row["day"]) for row in series} == {str(live)}  # a selection of models is no part of a whole hub's series
        of_panel = "archive:osir"
        panel = statistics.run(con, "download_share_series", hub="huggingface", by="namespace", source=of_panel).records()
        assert sorted({date.fromisoformat(str(row["day"])) for row in panel}) == [day for _, day, _, _ in truth]
        growth = statistics.run(con, "growth", hub="modelscope", by="namespace", metric="downloads_total").records()
        assert {row["group"]: row["value"] for row in growth}["Qwen"] == 38_323_776
        assert all(row["flow_30d"] is not None for row in growth if row["group"] == "Qwen")
        assert con.execute("select hub, day, sweep, complete from days where complete").fetchall() == [("huggingface", live, "full", True)]


@pytest.mark.parametrize("by", ["kind", "country", "namespace"])
def test_a_reader_sums_any_counter_of_any_day_by_any_origin_in_plain_duckdb(tmp_path: Path, shared: Path, by: str) -> None:
    settings = settings_for(tmp_path / "data")
    osir = shared / "real/osir/observations.parquet"
    days = backfill.backfill_archive(settings, str(osir), read_mapping("osir"), Wanted(hub="huggingface"), lambda line: None)
    with duckdb.connect(settings.data / "hubwatch.duckdb", read_only=True) as con:
        for day in days:
            for counter in ("likes", "downloads_30d", "downloads_total"):
                found = con.execute(
                    f"""select {by}, sum({counter}) as value, count(*) as models from observations join listings using (hub, model_id)
                        join origins using (hub, namespace) where hub = 'huggingface' and day = ? and policy = 'six-tigers'
                          and coalesce(valid_from <= day, true) and coalesce(valid_to > day, true)
                        group by 1 order by 2 desc""",
                    [day.day],
                ).fetchall()
                assert sum(models for *_, models in found) == day.records


def test_a_number_that_may_be_a_thousand_is_refused_and_a_decimal_column_says_what_it_counts(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    plain = [f"o/m{number},huggingface,2026-01-01,{number}.0,{number}.00" for number in range(40)]
    source = table(tmp_path / "a.csv", *plain, "o/x,huggingface,2026-01-01,1.000,1")
    told = 'row 41 has downloads_30d "1.000"; say in the mapping how numbers are written, where it is 1000: thousands = "."'
    told += ', or where it is 1.000: decimal = "."'
    with pytest.raises(DayFailure, match=re.escape(told)):
        bring(con, source, mapping(tmp_path))
    assert observed(con) == []
    bring(con, source, mapping(tmp_path, PLAIN.replace("hub =", 'decimal = "."\nhub =')))
    assert [row[5] for row in observed(con) if row[1] == "o/x"] == [1]
    grouped = table(tmp_path / "c.csv", "o/x,huggingface,2026-01-01,1.000,1")
    bring(con, grouped, mapping(tmp_path, PLAIN.replace("hub =", 'thousands = "."\nhub =')), Wanted(overwrite=True))
    assert [row[5] for row in observed(con)] == [1000]
    [day] = bring(con, source, mapping(tmp_path, PLAIN.replace("hub =", 'thousands = "."\nhub =')), Wanted(overwrite=True))
    assert "40 of 41 rows cannot be read, most: " in day.message
    path = tmp_path / "b.parquet"
    con.execute(
        f"copy (select 'o/d' as repo, 'huggingface' as site, '2026-01-02' as \"on\", 1000::decimal(18, 3) as downloads, 2 as likes) to '{path}'"
    )
    bring(con, path, mapping(tmp_path))
    assert observed(con)[0] == ("huggingface", "o/d", "2026-01-02", "archive:plain", False, 1000, None, 2)


@pytest.mark.parametrize(("ahead", "told"), [(2, "is in the future"), (-400_000, "is before any hub")])
def test_a_day_on_which_nobody_can_have_read_counters_is_not_loaded(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, ahead: int, told: str
) -> None:
    day = today() + timedelta(days=ahead)
    (outcome,) = bring(con, table(tmp_path / "a.csv", f"o/m,huggingface,{day},1,1"), mapping(tmp_path))
    assert outcome.outcome == "failed"
    assert told in outcome.message
    given = mapping(tmp_path, PLAIN.replace('day = { column = "on" }', "day = { given = true }"))
    with pytest.raises(UsageError, match=f"{day} is "):
        bring(con, tmp_path / "a.csv", given, Wanted(day=day))
    assert observed(con) == []


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("a.csv.gz", b"not packed", "a.csv.gz cannot be read: .*; download it again"),
        ("a.csv.zst", b"not packed", "a.csv.zst cannot be read: .*; download it again"),
        ("a.csv", b"", "a.csv: the file is empty; download it again"),
        (
            "a.csv",
            b"repo,site,on,repo,downloads,likes\no/m,huggingface,2025-01-02,o/n,1,1\n",
            "its header has repo more than once; give each column",
        ),
    ],
)
def test_a_file_that_is_no_table_is_named_with_the_cure(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, body: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(DayFailure, match=told):
        bring(con, tmp_path / name, mapping(tmp_path))
