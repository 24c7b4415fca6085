"""`hubwatch build`: whatever is saved and not loaded, by what the pages hold."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hubwatch import pipeline
from hubwatch.clock import today
from hubwatch.errors import UsageError
from hubwatch.maintenance.verification import verify
from hubwatch.pages.kept import SweepPages
from hubwatch.settings import Settings
from hubwatch.store import publishing
from hubwatch.store import warehouse as store
from tests.conftest import settings_for
from tests.kept import AT, keep, record
from tests.store.test_damage import flip
from tests.store.test_publishing import nobody

DAY = date(2026, 1, 5)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path / "data")


def built(settings: Settings, **more: Any) -> list[tuple[int, int, bool]]:
    """Day, records and whether it failed, of what a build loaded."""
    return [(one.day.day, one.records, one.failed) for one in pipeline.build(settings, **more).loaded]


def published(settings: Settings) -> list[tuple[int, int]]:
    with publishing.open_published(settings.data) as con:
        return con.execute("select day(day), count(*) from observations group by all order by all").fetchall()


def day(settings: Settings, number: int, models: str = "abcd", **more: Any) -> SweepPages:
    return keep(settings.data, date(2026, 1, number), [record(f"o/{name}") for name in models], **more)


@pytest.mark.parametrize("years", [-10, 0, 10])
def test_a_build_loads_what_is_saved_whatever_the_times_of_its_files_and_pages_are(settings: Settings, years: int) -> None:
    first = day(settings, 5)
    assert built(settings) == [(5, 4, False)]
    second = day(settings, 6, "abc")
    for path in [*first.folder.iterdir(), *second.folder.iterdir()]:
        os.utime(path, (1.7e9 + years * 3e7, 1.7e9 + years * 3e7))
    assert built(settings) == [(6, 3, False)]
    assert built(settings) == []
    assert published(settings) == [(5, 4), (6, 3)]


def test_days_that_are_loaded_again_let_another_build_in_between(settings: Settings) -> None:
    kept = [day(settings, number) for number in (5, 6, 7)]
    assert built(settings, kept=kept[:2]) == [(5, 4, False), (6, 4, False)]
    waiting = settings.model_copy(update={"lock_wait": 60.0})
    order: list[str] = []
    others = [threading.Thread(target=lambda: order.append(f"another build: {built(waiting)}"))]

    def tell(line: str) -> None:
        order.append(line)
        if len(order) == 1:
            others[0].start()  # while this one has the lock

    assert built(settings, kept=kept[:2], tell=tell, turn=0) == [(5, 4, False), (6, 4, False)]
    others[0].join()
    assert [line[:6] for line in order] == ["1 of 2", "anothe", "2 of 2"]
    assert order[1] == "another build: [(7, 4, False)]"
    assert published(settings) == [(5, 4), (6, 4), (7, 4)]


def test_a_sweep_that_went_on_is_loaded_again(settings: Settings) -> None:
    day(settings, 5, "ab", finished=False)
    assert built(settings) == [(5, 2, False)]
    assert built(settings) == []
    day(settings, 5, "cde")  # behind the pages there are
    assert built(settings) == [(5, 5, False)]
    assert built(settings) == []


def test_a_day_that_cannot_be_believed_fails_once_and_is_named_until_it_is_given_up(settings: Settings) -> None:
    day(settings, 4)
    keep(settings.data, DAY, [{"id": f"o/{number}"} for number in range(5)])
    first = pipeline.build(settings)
    assert [(one.day.day, one.failed) for one in first.loaded] == [(4, False), (5, True)]
    assert first.shortfall.startswith("huggingface 2026-01-05 full: failed: ")
    day(settings, 6)
    second = pipeline.build(settings)
    assert [(one.day.day, one.failed) for one in second.loaded] == [(6, False)]
    assert second.shortfall == ""
    assert [line.startswith("huggingface 2026-01-05 full: huggingface 2026-01-05: ") for line in second.refused] == [True]
    assert published(settings) == [(4, 4), (6, 4)]
    assert [one.day.day for one in pipeline.build(settings, accept_shrink=True).loaded] == [5]
    with pipeline.warehouse(settings) as con:
        con.execute("update store.loaded set rules = 'an earlier version' where fault is not null")
    assert built(settings) == [(5, 0, True)]
    with pipeline.warehouse(settings) as con:
        con.execute("insert into store.dropped by name select 'huggingface' as hub, ?::date as day, 'full' as source", [DAY])
    assert pipeline.build(settings).refused == []
    with pipeline.reading(settings) as con:
        assert [one.fault for one in verify(con, settings.data)] == []


def test_damaged_pages_fail_once_and_are_loaded_when_they_are_restored(settings: Settings) -> None:
    day(settings, 4)
    pages = keep(settings.data, DAY, *([record(f"o/{number}")] for number in range(5)))
    (segment,) = pages.segments()
    whole = segment.read_bytes()
    broken = bytearray(whole)
    broken[len(broken) // 2] ^= 8
    segment.write_bytes(broken)
    assert built(settings) == [(4, 4, False), (5, 0, True)]
    assert built(settings) == []
    segment.write_bytes(whole)
    assert built(settings) == [(5, 5, False)]


@pytest.mark.parametrize("seed", range(int(os.environ.get("HUBWATCH_FLIPS", "5"))))
def test_a_flipped_bit_of_saved_pages_never_changes_what_is_published(settings: Settings, seed: int) -> None:
    chance = random.Random(seed)
    day(settings, 4)
    pages = keep(settings.data, DAY, *([record(f"o/{number}-{other}", downloads=number * 7) for other in range(20)] for number in range(5)))
    state = pages.state()
    assert state is not None
    state.pages = pages.count()
    pages.save_state(state)
    pipeline.build(settings)
    expected = rows_of(settings)
    shutil.rmtree(settings.data / "locks")
    for name in ("warehouse.duckdb", "hubwatch.duckdb"):
        (settings.data / name).unlink()
    files = sorted(path for path in (settings.data / "pages").rglob("*") if path.is_file() and "2026-01-05" in str(path))
    path = files[0] if chance.random() < 0.3 else files[-1]
    body = bytearray(path.read_bytes())
    body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    path.write_bytes(body)
    result = pipeline.build(settings)
    held = rows_of(settings)
    assert {row for row in held if row[1] != "full"} <= set(expected)
    if any(one.failed for one in result.loaded):
        assert held == [row for row in expected if row[0] != "2026-01-05"]
    elif result.shortfall == "":
        assert held == expected


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two published days, and pages of a third."""
    settings = settings_for(tmp_path_factory.mktemp("flipped") / "data")
    for number in (4, 5, 6):
        records = [record(f"o/{name}-{name * 7919}", downloads=name * number, likes=name) for name in range(3000)]
        keep(settings.data, date(2026, 1, number), records)
        if number < 6:
            pipeline.build(settings)
    return settings.data


@pytest.mark.parametrize("seed", range(int(os.environ.get("HUBWATCH_FLIPS", "3"))))
def test_a_flipped_bit_of_the_warehouse_stops_the_next_build_or_changes_nothing(two_days: Path, settings: Settings, seed: int) -> None:
    shutil.copytree(two_days, settings.data, dirs_exist_ok=True)
    flip(settings.data / "warehouse.duckdb", random.Random(seed))
    before, held = (settings.data / "hubwatch.duckdb").read_bytes(), rows_of(settings)
    try:
        pipeline.build(settings)
    except pipeline.FAILURES:
        assert (settings.data / "hubwatch.duckdb").read_bytes() == before
    else:
        assert [row for row in rows_of(settings) if row[0] != "2026-01-06"] == held
        assert len({row for row in rows_of(settings) if row[0] == "2026-01-06"}) == 3001


def rows_of(settings: Settings) -> list[tuple[object, ...]]:
    query = """select day::varchar as day, model_id, downloads_30d, downloads_total, likes from observations
      union all by name select day::varchar as day, sweep as model_id, records as downloads_30d, listed_total as downloads_total, null as likes
      from days where complete order by all"""
    with publishing.open_published(settings.data) as con:
        return con.execute(query).fetchall()


def test_a_build_without_pages_and_without_a_warehouse_publishes_nothing(tmp_path: Path) -> None:
    settings = Settings.from_environment(tmp_path, {})
    with pytest.raises(UsageError, match=r"no saved pages and no warehouse in .*; run `hubwatch collect` first"):
        pipeline.build(settings)
    assert not (settings.data / "hubwatch.duckdb").exists()


def test_damaged_pages_are_named_where_they_are_with_the_command_that_fetches_them_again(settings: Settings) -> None:
    for on, fix in ((today(), "collect it again with `hubwatch collect huggingface --fresh`"), (DAY, "only a sweep of today can be")):
        kept = keep(settings.data, on, [record("o/a")], [record("o/b")])
        body = bytearray(kept.segments()[0].read_bytes())
        body[18] ^= 0xFF
        kept.segments()[0].write_bytes(body)
        (result,) = pipeline.build(settings, [kept]).loaded
        assert result.failed
        assert str(kept.segments()[0]) in result.message
        assert f"restore it from a backup; {fix}" in result.message


def test_a_finished_sweep_whose_only_page_is_torn_is_damaged_and_not_one_that_was_never_collected(settings: Settings) -> None:
    kept = keep(settings.data, today(), [record("o/a")], finished=False)
    state = kept.state()
    assert state is not None
    state.finished_at, state.pages = AT, 1
    kept.save_state(state)
    os.truncate(kept.segments()[0], 100)
    (result,) = pipeline.build(settings).loaded
    assert result.message.startswith(
        f"huggingface {today()} full: 0 of its 1 pages are whole; restore it from a backup; collect it again with"
    )


def test_build_as_a_command_names_what_failed_and_what_stays_out(settings: Settings) -> None:
    def build(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "hubwatch", *words, "build", "--data", str(settings.data)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"HUBWATCH_REPORT": "false"})

    day(settings, 4)
    keep(settings.data, DAY, [{"id": f"o/{number}"} for number in range(5)])
    first = build()
    assert first.returncode == 1
    assert first.stderr.splitlines()[-1].startswith("hubwatch: huggingface 2026-01-05 full: failed: ")
    second = build("--quiet")
    assert (second.returncode, second.stdout) == (0, "")
    assert second.stderr.startswith("still left out, its saved pages are as they were: huggingface 2026-01-05 full: ")
    assert second.stderr.endswith("; `hubwatch drop-day huggingface 2026-01-05` gives it up\n")


def test_verify_changes_nothing_and_runs_for_a_user_who_may_only_read() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(Path(folder) / "data")
        day(settings, 4)
        pipeline.build(settings)
        Path(folder).chmod(0o755)
        before = {path: path.read_bytes() for path in settings.data.rglob("*") if path.is_file()}
        for path in settings.data.rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        settings.data.chmod(0o555)
        with nobody(), pipeline.reading(settings) as con:
            assert verify(con, settings.data) == []
        assert {path: path.read_bytes() for path in settings.data.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["warehouse.duckdb", "hubwatch.duckdb"])
def test_verify_finds_a_flipped_bit_of_a_database(settings: Settings, name: str) -> None:
    keep(settings.data, DAY, [record(f"o/{number}", downloads=number**3) for number in range(4000)])
    pipeline.build(settings)
    path = settings.data / name
    with store.connect(path, read_only=True) as con:
        (block,) = con.execute("select max(block_id) from pragma_storage_info('store.counters')").fetchall()[0]
    body = bytearray(path.read_bytes())
    body[3 * 4096 + block * 2**18 + 1000] ^= 1
    path.write_bytes(body)
    with pipeline.reading(settings) as con:
        (found,) = verify(con, settings.data, quick=True)
    assert found.fault in ("damage", "not_published")
    assert "checksum" in found.detail
    assert ("hubwatch build" if name == "warehouse.duckdb" else "hubwatch publish") in found.detail


def test_a_flow_whose_prefect_server_is_down_ends_in_one_line(settings: Settings) -> None:
    pytest.importorskip("prefect")
    script = Path(__file__).parents[1] / "flows" / "daily.py"
    away = os.environ | {
        "PREFECT_API_URL": "http://127.0.0.1:9/api",
        "PREFECT_HOME": str(settings.data / "prefect"),
        "HUBWATCH_DATA": str(settings.data),
    }
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, env=away)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("hubwatch: the Prefect server at http://127.0.0.1:9/api does not answer")


def test_the_documented_cron_lines_load_whatever_was_collected_and_name_no_day() -> None:
    text = (Path(__file__).parents[1] / "docs" / "scheduling.md").read_text("utf-8")
    lines = [line.split("hubwatch", 1)[1].split() for line in text.splitlines() if line.startswith("    0 ")]
    assert ["--quiet", "build"] in lines
    assert not [words for words in lines if "load" in words or "--day" in words]
