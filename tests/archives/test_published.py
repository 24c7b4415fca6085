"""A ready archive in one step: what it costs is told before, a copy on disk serves, files load one by one and go on where they stopped."""

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from hubwatch.archives.backfill import backfill_published
from hubwatch.archives.day import Wanted
from hubwatch.archives.mapping import read_mapping
from hubwatch.errors import UsageError
from hubwatch.settings import Settings
from tests.conftest import settings_for


def month(folder: Path, number: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    duckdb.sql(
        f"""copy (select 'o/m' || n as id, date '2025-0{number}-01' + d::int as day, n::bigint as dl30, 5::bigint as dl_all, 1::bigint as likes
              from range(3) a(n), range(2) b(d)) to '{folder}/2025-0{number}.parquet'"""
    )


@pytest.mark.parametrize("mirror", [None, "http://127.0.0.1:9"])
def test_a_dry_run_tells_address_license_and_cost_and_requests_nothing(tmp_path: Path, mirror: str | None) -> None:
    lines: list[str] = []
    settings = Settings.from_environment(tmp_path / "data", {})
    assert backfill_published(settings, read_mapping("model-pulse"), mirror, Wanted(dry_run=True), lines.append) == []
    assert "hf://datasets/modelpulse/model-pulse-data/series/*.parquet (Apache-2.0)" in lines[0]
    assert not settings.data.exists()


def test_a_mirror_that_is_no_address_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^--from http://mirror:x: it is not an http\(s\) address of a host, .*; correct it$"):
        backfill_published(settings_for(tmp_path / "data"), read_mapping("model-pulse"), "http://mirror:x", Wanted(), print)


def test_a_copy_on_disk_is_loaded_month_by_month_and_a_broken_month_stops_no_other(tmp_path: Path) -> None:
    settings, how = settings_for(tmp_path / "data"), read_mapping("model-pulse")
    for number in (1, 2):
        month(tmp_path / "copy/series", number)
    (tmp_path / "copy/series/2025-03.parquet").write_bytes(b"PAR1 torn")
    days = backfill_published(settings, how, str(tmp_path / "copy"), Wanted(), lambda line: None)
    assert [(day.day, day.outcome, day.records) for day in days] == [
        *((date(2025, number, day), "loaded", 3) for number in (1, 2) for day in (1, 2)),
        (None, "failed", 0),
    ]
    month(tmp_path / "copy/series", 3)
    again = backfill_published(settings, how, str(tmp_path / "copy"), Wanted(), lambda line: None)
    assert [day.outcome for day in again] == ["held"] * 4 + ["loaded"] * 2
    with duckdb.connect(settings.data / "hubwatch.duckdb", read_only=True) as con:
        assert con.execute("select count(*), sum(downloads_30d)::int, any_value(source) from observations").fetchall() == [
            (18, 18, "archive:model-pulse")
        ]


def test_a_folder_without_the_archives_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no series"):
        backfill_published(settings_for(tmp_path / "data"), read_mapping("model-pulse"), str(tmp_path), Wanted(), lambda line: None)


@pytest.mark.parametrize(
    ("hub", "column", "folder"), [("huggingface", "downloads_last_month", "HuggingFace"), ("modelscope", "total_downloads", "ModelScope")]
)
def test_raw_crawls_are_read_as_published_each_as_one_day(tmp_path: Path, hub: str, column: str, folder: str) -> None:
    for month in ("2026-05", "2026-06"):
        crawl = tmp_path / f"clone/oslm-crawler/data/{month}-03/{folder}/raw-models-info.jsonl"
        crawl.parent.mkdir(parents=True)
        crawl.write_text(
            "".join(
                f'{{"repo": "Qwen", "model_name": "{name}", "{column}": 5, "likes": 1, "descendants": 2, "date_crawl": "{month}-{day}"}}\n'
                for name, day in (("a", "01"), ("b", "02"), ("c", "02"))
            )
        )
    days = backfill_published(
        settings_for(tmp_path / "data"), read_mapping(f"osir-{hub}"), str(tmp_path / "clone"), Wanted(), lambda line: None
    )
    assert [(day.hub, day.day, day.outcome, day.records, sum(day.counters.values())) for day in days] == [
        (hub, date(2026, 5, 2), "loaded", 3, 6),
        (hub, date(2026, 6, 2), "loaded", 3, 6),
    ]


@pytest.mark.parametrize("copy", [None, "http://127.0.0.1:9"])
def test_an_archive_in_a_git_repository_is_cloned_first(tmp_path: Path, copy: str | None) -> None:
    clone = r"run `git clone --depth 1 https://github\.com/brucecui0120/OSIR-LMTS FOLDER`, then the command with --from FOLDER"
    with pytest.raises(UsageError, match=f"^osir-huggingface is not on the hub; {clone}$"):
        backfill_published(settings_for(tmp_path), read_mapping("osir-huggingface"), copy, Wanted(), print)
    lines: list[str] = []
    assert backfill_published(settings_for(tmp_path), read_mapping("osir-modelscope"), copy, Wanted(dry_run=True), lines.append) == []
    assert re.search(clone, lines[0])


def test_an_archive_whose_parts_have_mappings_of_their_own_names_them(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="as published it is osir-huggingface and osir-modelscope"):
        backfill_published(settings_for(tmp_path), read_mapping("osir"), None, Wanted(), print)


def test_an_archive_whose_files_do_not_tell_their_day_wants_one_file_and_its_day(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the files of hub-weekly do not say which day .* --mapping hub-weekly --day YYYY-MM-DD"):
        backfill_published(settings_for(tmp_path), read_mapping("hub-weekly"), None, Wanted(), print)
