"""A ready archive in one step: what it costs is told before, a copy on disk serves, files load one by one and go on where they stopped."""

import subprocess
from datetime import date
from pathlib import Path

import duckdb
import pytest

from hubwatch.archives.backfill import backfill_published
from hubwatch.archives.clones import cloned
from hubwatch.archives.copies import Commit, days_of_copies
from hubwatch.archives.day import Wanted
from hubwatch.archives.mapping import read_mapping
from hubwatch.errors import HubFailure, UsageError
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
    assert lines[0].startswith(
        "model-pulse: hf://datasets/modelpulse/model-pulse-data/series/*.parquet (Apache-2.0); files series/*.parquet, revision main, the newest; "
        "extent whole (models with 10 downloads in 30 days, 50 in all, or a like); 28 monthly files"
    )
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


def repository(folder: Path) -> Path:
    """A git repository with a crawl of each hub."""
    for hub, column in (("HuggingFace", "downloads_last_month"), ("ModelScope", "total_downloads")):
        crawl = folder / f"oslm-crawler/data/2026-05-03/{hub}/raw-models-info.jsonl"
        crawl.parent.mkdir(parents=True)
        crawl.write_text(f'{{"repo": "Qwen", "model_name": "a", "{column}": 5, "likes": 1, "date_crawl": "2026-05-01"}}\n')
    own = ("-c", "user.name=a", "-c", "user.email=a@a.example")
    for words in (("init", "-q"), ("add", "."), (*own, "commit", "-q", "-m", "a crawl")):
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)
    return folder


def test_an_archive_in_a_git_repository_is_cloned_in_all_its_parts_in_one_step(tmp_path: Path) -> None:
    address = repository(tmp_path / "published").as_uri()
    settings = settings_for(tmp_path / "data")
    folder = cloned(address, settings.data)
    assert cloned(address, settings.data) == folder  # brought up to date
    days = backfill_published(settings, read_mapping("osir"), str(folder), Wanted(), lambda line: None)
    assert [(day.hub, day.day, day.outcome, day.counters) for day in days] == [
        ("huggingface", date(2026, 5, 1), "loaded", {"downloads_30d": 1, "likes": 1}),
        ("modelscope", date(2026, 5, 1), "loaded", {"downloads_total": 1, "likes": 1}),
    ]


def test_a_repository_that_cannot_be_cloned_is_told_in_one_line_and_a_dry_run_asks_for_nothing(tmp_path: Path) -> None:
    address = (tmp_path / "none").as_uri()
    with pytest.raises(
        HubFailure, match=r"none: .* does not appear to be a git repository; re-run the command, or pass a clone with --from FOLDER$"
    ):
        cloned(address, tmp_path)
    lines: list[str] = []
    assert backfill_published(settings_for(tmp_path / "data"), read_mapping("osir"), None, Wanted(dry_run=True), lines.append) == []
    assert [line.partition(":")[0] for line in lines] == ["osir-huggingface", "osir-modelscope"]
    assert lines[0].endswith("run it without --dry-run, which clones it with git, or with --from FOLDER for a clone")


def test_attributes_are_of_the_archives_last_day_alone(tmp_path: Path) -> None:
    series = tmp_path / "copy/series"
    month(series, 1)
    described = """copy (select 'o/m' || n as id, {total}::bigint as dl_all, 0 as dl30, 'text-generation' as pipeline_tag, 'mit' as license,
        ['o/base'] as base_ids, 'finetune' as base_relation, 7000000000 as params, timestamptz '2024-05-06 07:08:09+00' as created_at
        from range(3) a(n)) to '{path}'"""
    told: list[str] = []
    settings, how = settings_for(tmp_path / "data"), read_mapping("model-pulse")
    duckdb.sql(described.format(total=4, path=tmp_path / "copy/models.parquet"))
    days = backfill_published(settings, how, str(tmp_path / "copy"), Wanted(dry_run=True), told.append)
    assert [day.source for day in days] == ["archive:model-pulse"] * 2
    assert "models.parquet is not of 2025-01-02 (0% of its totals are that day's); a later run loads them" in told[-1]
    duckdb.sql(described.format(total=5, path=tmp_path / "copy/models.parquet"))
    days = backfill_published(settings, how, str(tmp_path / "copy"), Wanted(), lambda line: None)
    assert [(day.source, str(day.day), day.outcome) for day in days] == [
        ("archive:model-pulse", "2025-01-01", "loaded"),
        ("archive:model-pulse", "2025-01-02", "loaded"),
        ("archive:model-pulse-models", "2025-01-02", "loaded"),
    ]
    with duckdb.connect(settings.data / "hubwatch.duckdb", read_only=True) as con:
        assert con.execute(
            "select day, source, count(*), sum(downloads_30d)::int, count(license), any_value(task) from labelled group by all order by all"
        ).fetchall() == [
            (date(2025, 1, 1), "archive:model-pulse", 3, 3, 0, None),
            (date(2025, 1, 2), "archive:model-pulse", 3, 3, 3, "text-generation"),
        ]
        assert con.execute("select distinct base_models, parameters, created_at::date from listings").fetchall() == [
            (["o/base"], 7_000_000_000, date(2024, 5, 6))
        ]


def test_the_columns_of_the_annotated_weeks_are_read(tmp_path: Path) -> None:
    duckdb.sql(
        f"""copy (select 'o/m' || n as model, timestamp '2025-03-05' as time, 7::double as "downloadsAllTime", timestamp '2024-01-02' as created,
            'China' as org_country_single from range(2) a(n)) to '{tmp_path}/all_downloads_with_annotations.parquet'"""
    )
    days = backfill_published(settings_for(tmp_path / "data"), read_mapping("economies"), str(tmp_path), Wanted(dry_run=True), print)
    assert [(day.day, day.outcome, day.records, day.counters) for day in days] == [
        (date(2025, 3, 5), "would load", 2, {"downloads_total": 2})
    ]


def test_a_copy_on_disk_of_an_archive_whose_files_do_not_tell_their_day_wants_one_file_and_its_day(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the files of hub-weekly do not say which day .* --mapping hub-weekly --day YYYY-MM-DD"):
        backfill_published(settings_for(tmp_path), read_mapping("hub-weekly"), str(tmp_path), Wanted(), print)


def test_the_day_of_a_copied_file_is_that_of_the_commit_with_its_content() -> None:
    commits = [Commit(f"c{day}", date(2025, 1, day)) for day in range(1, 29)]
    asked: list[str] = []

    def content_at(commit: str) -> str:
        asked.append(commit)
        return f"h{commit[1:]}" if commit != "c27" else "h7"

    copies = [
        ("models/2025-01-01/models.parquet", "h7"),  # the last commit of its week
        ("models/2025-01-08/models.parquet", "h12"),  # two days before its end
        ("models/2025-01-15/models.parquet", "h7"),  # a repeated one
        ("models/2025-01-22/models.parquet", None),  # without a hash
        ("models/2025-03-05/models.parquet", "h3"),  # of no commit near it
    ]
    assert days_of_copies(copies, commits, content_at) == {
        "models/2025-01-01/models.parquet": date(2025, 1, 7),
        "models/2025-01-08/models.parquet": date(2025, 1, 12),
        "models/2025-01-15/models.parquet": date(2025, 1, 7),
    }
    assert asked == ["c7", "c14", "c13", "c12"]
