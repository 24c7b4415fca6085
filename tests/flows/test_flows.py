"""The flows without a server: parameters are checked, tasks are the pipeline's functions, deployments fit their flows."""

import fcntl
import importlib
import inspect
import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from hubwatch import pipeline
from hubwatch.archives.backfill import asked_archive
from hubwatch.archives.day import Wanted
from hubwatch.collect.plan import asked_sweep
from hubwatch.errors import UsageError
from hubwatch.load.pending import not_yet_loaded
from hubwatch.outcomes import shortfall
from hubwatch.pages.kept import SweepPages, kept_sweeps
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from hubwatch.settings import Settings
from hubwatch.statistics.recent_days import day_figures
from hubwatch.store import locks, publishing
from tests.conftest import settings_for
from tests.kept import keep, record

# Prefect's own: importing it meets deprecations of its dependencies.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:prefect.*")

ROOT = Path(__file__).parents[2]
DAY = date(2026, 1, 5)


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Module flows/collect.py as `python flows/daily.py` imports it, with a Prefect home of its own."""
    pytest.importorskip("prefect", reason="Prefect is an extra: pip install hubwatch[prefect]")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        patch.setenv("DO_NOT_TRACK", "1")
        patch.syspath_prepend(str(ROOT / "flows"))
        yield importlib.import_module("collect")
        for name in ("collect", "runs"):
            sys.modules.pop(name, None)


def records(count: int) -> list[dict[str, Any]]:
    return [record(f"org/model-{number}", _id=f"{0x65000000 + number:08x}{number:016x}") for number in range(count)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"hub": "github"},
        {"hub": "huggingface", "sweep": "all"},
        {"hub": "huggingface", "limit": 0},
        {"hub": "huggingface", "day": "soon"},
        {},
    ],
)
def test_a_collector_refuses_parameters_that_make_no_sense(flows: ModuleType, wrong: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"hub|sweep|limit|day"):
        flows.collect.validate_parameters(_bound(flows.collect, wrong))


def test_a_day_given_as_text_becomes_a_date(flows: ModuleType) -> None:
    checked = flows.collect.validate_parameters(_bound(flows.collect, {"hub": "huggingface", "day": "2026-01-05"}))
    assert checked["day"] == DAY


def test_every_deployment_names_a_flow_and_parameters_that_it_takes(flows: ModuleType) -> None:
    plan = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
    for deployment in plan["deployments"]:
        file, name = deployment["entrypoint"].split(":")
        assert file == "flows/collect.py"
        flow = getattr(flows, name)
        flow.validate_parameters(_bound(flow, deployment.get("parameters", {})))
        assert deployment["work_pool"] == {"name": "hubwatch"}
        assert deployment["concurrency_limit"]["limit"] == 1
        assert "hubwatch" in deployment["tags"]
        assert deployment["description"]
        assert {schedule["timezone"] for schedule in deployment["schedules"]} == {"UTC"}


def test_every_hub_has_a_collector_and_the_builder_comes_after_all_daily_ones() -> None:
    plan = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    collectors = [deployment for deployment in plan if deployment["entrypoint"].endswith(":collect")]
    hours = {each["name"]: [int(schedule["cron"].split()[1]) for schedule in each["schedules"]] for each in plan}
    assert {deployment["parameters"]["hub"] for deployment in collectors} == {"huggingface", "modelscope", "wisemodel"}
    for first, again in (hours[deployment["name"]] for deployment in collectors):
        assert first < again < hours["build"][0]


def test_no_deployment_holds_a_path_of_one_machine() -> None:
    plan = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
    assert "pull" not in plan
    assert not [word for deployment in plan["deployments"] for word in str(deployment).split("'") if word.startswith(("/", "~"))]


def test_the_tasks_collect_and_build_without_a_server(flows: ModuleType, tmp_path: Path) -> None:
    with Sandbox(huggingface=records(5)) as hub:
        settings = settings_for(tmp_path, hub.url)
        collected = flows.collect_sweep.fn(settings, asked_sweep("huggingface", day=DAY))
    built = flows.build_kept.fn(settings)
    assert (collected.complete, collected.records) == (True, 5)
    assert [(kept.hub, kept.day, kept.sweep, kept.complete, kept.records) for kept in built.loaded] == [
        ("huggingface", DAY, "full", True, 5)
    ]
    _backdate(*kept_sweeps(tmp_path))
    assert _not_yet_loaded(settings) == []


def test_the_task_profiles_judges_by_the_hubs_own_word_and_asks_once(flows: ModuleType, tmp_path: Path) -> None:
    with Sandbox(huggingface=[record("abc/m")], switches=Switches(organizations={"abc": {"fullname": "Universität Mannheim"}})) as hub:
        settings = settings_for(tmp_path, hub.url)
        pipeline.run(settings, [asked_sweep("huggingface")])
        assert flows.ask_for_profiles.fn(settings, 5) == "1 namespace requested, 1 profile saved"
        assert flows.ask_for_profiles.fn(settings, 5) == "0 namespaces requested, 0 profiles saved"
    with publishing.open_published(tmp_path) as con:
        found = con.execute("select country, kind, known_by from origins where policy = 'six-tigers'").fetchall()
    assert found == [("DE", "academic", "profile")]


def test_a_backfill_takes_an_archive_of_every_hub_that_rows_are_kept_of(flows: ModuleType, tmp_path: Path) -> None:
    from prefect.logging import disable_run_logger

    wanted = {"source": "archive", "hub": "modelscope.ai", "day": "2026-01-05"}
    assert flows.backfill.validate_parameters(_bound(flows.backfill, wanted))["day"] == DAY
    (tmp_path / "a.csv").write_text("hub,model_id,day,likes\nmodelscope,o/a,2026-01-05,1\nmodelscope.ai,o/a,2026-01-05,2\n")
    (tmp_path / "bad.csv").write_text("hub,model_id,day,likes\nmodelscope.ai,o/a,2026-01-06,many\n")
    settings = settings_for(tmp_path / "data")
    with disable_run_logger():
        source, mapping = asked_archive(str(tmp_path / "a.csv"), "hubwatch-export")
        assert flows.bring_in.fn(settings, source, mapping, Wanted("modelscope.ai")) == ""
        failed = flows.bring_in.fn(settings, str(tmp_path / "bad.csv"), mapping, Wanted())
    assert failed.startswith("modelscope.ai 2026-01-06 failed")
    assert "rows cannot be read, most: likes" in failed
    assert "\n" not in failed
    with publishing.open_published(settings.data) as con:
        assert con.execute("select hub, model_id, day, likes from observations").fetchall() == [("modelscope.ai", "o/a", DAY, 2)]


def test_a_build_loads_only_what_changed_since_it_was_loaded(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    old, new = keep(tmp_path, date(2026, 1, 1), records(3)), keep(tmp_path, date(2026, 1, 2), records(4))
    assert _not_yet_loaded(settings) == [1, 2]
    pipeline.load_all(settings, [old, new])
    _backdate(old, new)
    assert _not_yet_loaded(settings) == []
    for saved in (old, new):  # a copy with other times
        saved.save_state(saved.state() or pytest.fail("the sweep has a state"))
    assert _not_yet_loaded(settings) == []
    state = new.state() or pytest.fail("the sweep has a state")
    state.note("looked at again")
    new.save_state(state)
    assert _not_yet_loaded(settings) == [2]


def test_a_sweep_still_going_is_loaded_as_incomplete_and_said_and_completed_later(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    going = keep(tmp_path, DAY, records(3), finished=False)
    segment = going.segments()[-1]
    whole = segment.read_bytes()
    segment.write_bytes(whole + whole[:50])  # a page is being written right now
    loaded = pipeline.load_all(settings, [going])["huggingface"]
    assert shortfall(loaded) == "incomplete: the sweep has not ended; collect again to go on"
    assert (loaded.complete, loaded.records) == (False, 3)
    assert segment.read_bytes() == whole + whole[:50], "the collector's file was touched under its hands"
    segment.write_bytes(whole)
    state = going.state() or pytest.fail("the sweep has a state")
    state.finished_at = state.started_at
    going.save_state(state)
    assert _not_yet_loaded(settings) == [DAY.day]
    assert shortfall(pipeline.load_all(settings, [going])["huggingface"]) == ""


def test_one_sweep_that_cannot_be_believed_is_named_and_the_others_are_published(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    keep(tmp_path, date(2026, 1, 1), [{"id": "no/counters"}])
    keep(tmp_path, date(2026, 1, 2), records(4))
    built = pipeline.build(settings)
    assert built.shortfall.startswith("huggingface 2026-01-01 full: failed: huggingface 2026-01-01: 1 of 1 records cannot be read")
    assert [kept.failed for kept in built.loaded] == [True, False]
    assert Path(built.published).exists()


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(UsageError, match="owners"):
        asked_sweep("huggingface", "owners")
    with pytest.raises(UsageError, match="owners"):
        asked_sweep("huggingface", "full", owners=("Qwen",))
    with pytest.raises(UsageError, match="window"):
        asked_sweep("huggingface", "window", since=DAY, until=DAY)
    for day in (date(2999, 1, 1), date(1969, 12, 31)):
        with pytest.raises(UsageError, match=r"is in the future|is before any hub"):
            asked_sweep("huggingface", day=day)
    assert asked_sweep("hf", "window", since=DAY, until=date(2026, 1, 6)).hub == "huggingface"
    for hub in ("", "modelscope.ai", "gitee"):
        with pytest.raises(UsageError, match=r"is not a hub;.* ?hubs are huggingface, modelscope, wisemodel"):
            asked_sweep(hub, "window", since=DAY, until=date(2026, 1, 6))
    for archive, mapping in ((None, "osir"), ("a.parquet", None), (None, None)):
        with pytest.raises(UsageError, match="an archive needs both"):
            asked_archive(archive, mapping)
    with pytest.raises(UsageError, match="sweep everything is not known"):
        asked_sweep("huggingface", "everything")


def test_the_day_table_says_not_said_where_the_hub_says_nothing(tmp_path: Path) -> None:
    kept = [keep(tmp_path, date(2026, 1, 1), records(2)), keep(tmp_path, DAY, records(3), finished=False)]
    pipeline.load_all(settings_for(tmp_path), kept)
    publishing.publish(tmp_path)
    newest, oldest = day_figures(tmp_path)
    assert (newest["day"], newest["complete"], newest["records"], newest["first_seen"]) == ("2026-01-05", "no", 3, 1)
    assert (oldest["day"], oldest["complete"], oldest["downloads_30d"], oldest["message"]) == ("2026-01-01", "yes", 20, "")
    assert day_figures(tmp_path, days=1) == [newest]


def test_who_waits_for_a_lock_gets_it_when_its_holder_is_done(tmp_path: Path) -> None:
    taken, told = threading.Event(), []

    def hold() -> None:
        with locks.locked(tmp_path, "warehouse"):
            taken.set()
            time.sleep(0.3)
            told.append("first")

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait()
    with locks.locked(tmp_path, "warehouse", wait=30):
        told.append("second")
    holder.join()
    assert told == ["first", "second"]


def test_a_lease_is_abandoned_only_when_its_process_is_gone(tmp_path: Path) -> None:
    with locks.held(tmp_path, "alive"):
        assert locks.abandoned(tmp_path) == []
        left = tmp_path / "locks" / "runs" / "killed.lease"
        left.write_text("{}")  # what a killed process leaves: the file without its lock
        assert locks.abandoned(tmp_path) == ["killed"]
        with open(left) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert locks.abandoned(tmp_path) == []
        locks.settle(tmp_path, "killed")
    assert locks.abandoned(tmp_path) == []
    assert list((tmp_path / "locks" / "runs").iterdir()) == []


def _bound(flow: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The flow's parameters with their defaults, as Prefect hands them to the check."""
    bound = inspect.signature(flow.fn).bind_partial(**given)
    bound.apply_defaults()
    return dict(bound.arguments)


def _not_yet_loaded(settings: Settings) -> list[int]:
    with pipeline.warehouse(settings) as con:
        return [pages.day.day for pages in not_yet_loaded(con, kept_sweeps(settings.data))]


def _backdate(*kept: SweepPages) -> None:
    """Let the pages be an hour old."""
    for pages in kept:
        for path in pages.folder.iterdir():
            os.utime(path, (path.stat().st_atime - 3600, path.stat().st_mtime - 3600))
