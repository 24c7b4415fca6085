"""A site is not made again from what it was made from."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hubwatch.clock import running_on
from hubwatch.report.made_from import made_from
from hubwatch.report.writing import SiteFolder
from tests.report.sites import published
from tests.statistics.world_of import empty


def built(folder: Path, source: str | None) -> None:
    made = SiteFolder(folder)
    made.begin()
    made.write("index.html", "first")
    made.write("models/one.html", "second")
    made.close(source)


def test_a_finished_site_stands_for_what_it_was_made_from_alone(tmp_path: Path) -> None:
    assert not SiteFolder(tmp_path).stands("a")
    built(tmp_path, "a")
    assert SiteFolder(tmp_path).stands("a")
    assert not SiteFolder(tmp_path).stands("b")
    built(tmp_path, None)
    assert not SiteFolder(tmp_path).stands("a")


@pytest.mark.parametrize("name", ["models/one.html", ".manifest.json"])
def test_a_site_that_lacks_a_file_is_made_again(tmp_path: Path, name: str) -> None:
    built(tmp_path, "a")
    (tmp_path / name).unlink()
    assert not SiteFolder(tmp_path).stands("a")


def test_a_build_that_was_broken_off_leaves_no_site_that_stands(tmp_path: Path) -> None:
    built(tmp_path, "a")
    broken = SiteFolder(tmp_path)
    broken.begin()
    broken.write("index.html", "of another day")
    assert not SiteFolder(tmp_path).stands("a")


def test_another_file_day_or_number_of_models_is_another_source(tmp_path: Path) -> None:
    with published(empty(), tmp_path / "a.duckdb") as con:
        first = made_from(con, 100)
        assert first == made_from(con, 100) is not None
        assert first != made_from(con, 99)
        with running_on(lambda: datetime.now(UTC) + timedelta(days=1)):
            assert first != made_from(con, 100)
    changed = empty()
    assert made_from(changed, 100) is None  # whoever made it may still write to it
    changed.execute("insert into sweeps (hub, day, source) values ('huggingface', '2026-11-01', 'full')")
    with published(changed, tmp_path / "b.duckdb") as con:
        assert made_from(con, 100) != first
