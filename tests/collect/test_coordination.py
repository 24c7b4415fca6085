"""Collectors on several machines, with a real Postgres and a real S3 server: one sweep, one collector; one quota, however many ask."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hubwatch import pipeline
from hubwatch.collect.coordination import Coordination, Said
from hubwatch.errors import Busy, Overtaken, StorageFault
from hubwatch.net import Announced
from hubwatch.outcomes import HubResult
from hubwatch.pages.kept import SweepPages
from hubwatch.pages.sweep import Sweep
from hubwatch.sandbox import latest_records
from hubwatch.sandbox.faults import Faults
from hubwatch.sandbox.quota import Quota
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from hubwatch.settings import Settings
from tests.conftest import ROOT, settings_for, with_warehouse
from tests.servers import S3, Postgres, serving_postgres, serving_s3
from tests.test_killed import TABLES
from tests.test_pipeline import DAY, asked, published, rows


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    pytest.importorskip("psycopg", reason="psycopg is not installed (the extra `many`)")
    with serving_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    pytest.importorskip("obstore", reason="obstore is not installed (the extra `many`)")
    with serving_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def variables(postgres: Postgres, s3: S3, tmp_path: Path) -> dict[str, str]:
    """What machines that work together have set."""
    return {
        "HUBWATCH_WAREHOUSE": f"ducklake:postgres:{postgres.conninfo}",
        "HUBWATCH_PAGES": f"s3://shared/{tmp_path.name}",
        "HUBWATCH_PAGES_EVERY": "0.05",
    } | s3.variables


def machine(data: Path, sandbox: Sandbox, variables: dict[str, str], **more: object) -> Settings:
    return settings_for(data, sandbox.url, **variables, **more)


def collected(settings: Settings, **more: Any) -> HubResult:
    return pipeline.collect_all(settings, [Sweep("huggingface", DAY, **more)])["huggingface"]


Started = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def started() -> Iterator[Started]:
    """Starts `hubwatch collect` as a process, which ends with the test at the latest."""
    with contextlib.ExitStack() as left:

        def start(data: Path, sandbox: Sandbox, variables: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
            clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUBWATCH_", "AWS_"))}
            own = {"HF_ENDPOINT": sandbox.url, "HUBWATCH_DATA": str(data), "PYTHONPATH": str(ROOT / "src")}
            command = [sys.executable, "-m", "hubwatch", "collect", *arguments]
            one = subprocess.Popen(command, env=clean | own | variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            left.callback(one.communicate)
            left.callback(one.kill)
            return one

        yield start


def wait_for(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def facts(data: Path) -> list[str]:
    return [one.url for one in SweepPages(data, "huggingface", DAY, "full").facts()]


def test_of_two_machines_one_has_the_sweep_and_the_other_goes_on_when_that_one_dies(
    tmp_path: Path, variables: dict[str, str], started: Started
) -> None:
    slow_at_first = Faults.parse(["huggingface:delay=0.2@1-10"])
    with Sandbox(huggingface=rows(700), switches=Switches(page_cap=20), faults=slow_at_first) as sandbox:
        first = started(tmp_path / "a", sandbox, variables, "huggingface", "--day", DAY.isoformat())
        wait_for(lambda: len(sandbox.requests) > 5)
        first.send_signal(signal.SIGSTOP)  # it has the sweep however slow the others are
        refused = collected(machine(tmp_path / "b", sandbox, variables))
        assert (refused.failed, refused.busy, refused.requests) == (True, True, 0)
        assert f"is collected by process {first.pid} on " in refused.message
        waiting: list[HubResult] = []
        thread = threading.Thread(
            target=lambda: waiting.append(collected(machine(tmp_path / "b", sandbox, variables, HUBWATCH_LOCK_WAIT=60)))
        )
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        first.send_signal(signal.SIGKILL)
        first.communicate()
        thread.join()
        lost = len(facts(tmp_path / "a")) - len(set(facts(tmp_path / "a")) & set(facts(tmp_path / "b")))
        assert [(one.as_asked, one.records) for one in waiting] == [(True, 700)]
        assert len(set(facts(tmp_path / "b"))) == len(facts(tmp_path / "b")) == 35
        again = Counter(asked(sandbox))
        assert sum(again.values()) - len(again) <= 2 + lost  # the page under way, and the one before it, which was about to be saved


def test_a_collector_that_was_cut_off_and_replaced_writes_nothing_more(postgres: Postgres, tmp_path: Path) -> None:
    pages = SweepPages(tmp_path, "huggingface", DAY, "replaced")
    old, new = Coordination(postgres.conninfo, pages), Coordination(postgres.conninfo, pages)
    old.take(0)
    old.confirm()
    with pytest.raises(Busy, match=r"huggingface 2026-05-20 replaced is collected by process .* wait for it or end it"):
        new.take(0)
    postgres.stop()  # every session ends
    postgres.start()
    new.take(0)
    assert new.epoch == old.epoch + 1
    for deed in (old.confirm, lambda: old.turn("bucket", 0, True)):
        with pytest.raises(Overtaken, match="another machine has gone on with this sweep"):
            deed()
    new.confirm()
    new.close()
    old.close()


def test_a_day_of_three_collectors_and_a_builder_ends_as_one_of_a_single_machine(
    tmp_path: Path, variables: dict[str, str], postgres: Postgres, s3: S3, started: Started
) -> None:
    slow = Faults.parse([f"{hub}:delay={delay}" for hub, delay in (("huggingface", 0.03), ("modelscope", 0.2), ("wisemodel", 0.2))])
    listed: dict[str, Any] = {name: list(records) for name, records in latest_records().items()} | {"huggingface": rows(1200)}
    day = ("--day", DAY.isoformat())
    with Sandbox(**listed, switches=Switches(page_cap=20), faults=slow) as sandbox:
        where = variables | sandbox.endpoints
        first = started(tmp_path / "one", sandbox, where, "huggingface", *day)
        others = [started(tmp_path / hub, sandbox, where, hub, *day) for hub in ("modelscope", "wisemodel")]
        wait_for(lambda: len(asked(sandbox)) > 10)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        second = started(tmp_path / "two", sandbox, where, "huggingface", *day)
        wait_for(lambda: len(asked(sandbox)) > 25)
        s3.stop()
        postgres.stop()
        time.sleep(0.5)
        postgres.start()
        s3.start()
        for collector in (second, *others):
            _, errors = collector.communicate(timeout=90)
            assert collector.returncode == 0, errors
        collected_once = Counter(asked(sandbox))
        assert collected_once.total() - len(collected_once) <= 10  # of the last moments of the killed one
        pipeline.run(
            Settings.from_environment(with_warehouse(tmp_path / "single"), sandbox.endpoints | QUIET), [Sweep(hub, DAY) for hub in listed]
        )
    where.pop("HUBWATCH_WAREHOUSE")  # the lake itself is tested elsewhere
    built = pipeline.build(Settings.from_environment(with_warehouse(tmp_path / "builder"), where | QUIET))
    assert [(one.hub, one.complete) for one in built.loaded] == [(hub, True) for hub in sorted(listed)]
    for query in TABLES:
        assert sorted(map(repr, published(tmp_path / "builder", query))) == sorted(map(repr, published(tmp_path / "single", query)))


QUIET = {"HUBWATCH_REPORT": "no"}


def test_a_restart_of_postgres_in_the_midst_of_a_sweep_costs_nothing(tmp_path: Path, postgres: Postgres, variables: dict[str, str]) -> None:
    with Sandbox(huggingface=rows(1000), switches=Switches(page_cap=20), faults=Faults.parse(["huggingface:delay=0.02"])) as sandbox:

        def restart() -> None:
            wait_for(lambda: len(sandbox.requests) > 10)
            postgres.stop()
            time.sleep(0.5)
            postgres.start()

        thread = threading.Thread(target=restart)
        thread.start()
        got = collected(machine(tmp_path / "a", sandbox, variables, HUBWATCH_ATTEMPTS=50))
        thread.join()
        assert (got.as_asked, got.records) == (True, 1000), got.message
        assert len(asked(sandbox)) == len(set(asked(sandbox)))


QUOTA = Quota(requests=60, seconds=4)


def test_three_workers_keep_to_one_quota_and_use_it_up(tmp_path: Path, variables: dict[str, str], started: Started) -> None:
    windows = Sandbox(huggingface=rows(70), switches=Switches(page_cap=1), quota=QUOTA)
    began = time.time()
    with windows as sandbox:
        workers = [
            started(tmp_path / str(number), sandbox, variables, "huggingface", "--day", f"{DAY + timedelta(days=number)}")
            for number in range(3)
        ]
        for worker in workers:
            _, errors = worker.communicate(timeout=60)
            assert worker.returncode == 0, errors
        assert {request.status for request in sandbox.requests} == {200}  # none was refused
        in_window = Counter(int((request.at - began) // QUOTA.seconds) for request in sandbox.requests)
    assert in_window.total() == 3 * 71
    *full, _ = [in_window[number] for number in sorted(in_window)]
    assert len(full) >= 3
    assert all(0.9 * QUOTA.requests <= count <= QUOTA.requests for count in full[1:])  # in the first they begin one by one


def test_turns_are_apart_as_the_rate_asks_whoever_takes_them(postgres: Postgres, tmp_path: Path) -> None:
    one, other = (Coordination(postgres.conninfo, SweepPages(tmp_path, "huggingface", DAY, name)) for name in ("one", "other"))
    one.take(0)
    other.take(0)
    pauses = [who.turn("apart", 0.5, False).pause for who in (one, other, one, other)]
    assert pauses == pytest.approx([0, 0.5, 1.0, 1.5], abs=0.2)
    spent = Said(Announced(left=0, resets=60, quota=100, seconds=60), time.monotonic(), turn=0)
    assert other.turn("spent", 1, True, spent).pause == pytest.approx(60, abs=0.2)
    assert one.turn("spent", 1, True).pause == pytest.approx(60.6, abs=0.2)  # in the next window, spread evenly
    one.close()
    other.close()


def test_turns_that_are_under_way_count_against_what_an_answer_says_is_left(postgres: Postgres, tmp_path: Path) -> None:
    who = Coordination(postgres.conninfo, SweepPages(tmp_path, "huggingface", DAY, "under-way"))
    who.take(0)
    first, *_ = [who.turn("under-way", 0, True) for _ in range(3)]
    after_the_first = Said(Announced(left=4, resets=60, quota=5, seconds=60), time.monotonic(), first.number)
    pauses = [who.turn("under-way", 0, True, said).pause for said in (after_the_first, None, None)]
    assert pauses == pytest.approx([0, 0, 60], abs=0.5)  # five were sent then, though no answer has said so yet
    who.close()


def test_what_an_earlier_version_made_in_postgres_is_completed(postgres: Postgres, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(f"{postgres.conninfo} dbname=template1", autocommit=True) as owner:
        owner.execute("create database earlier")
    there = re.sub(r"dbname=\w+", "dbname=earlier", postgres.conninfo)
    with psycopg.connect(there, autocommit=True) as owner:
        owner.execute("create schema hubwatch")
        owner.execute("create table hubwatch.turns (bucket text primary key, next_at float8 not null default 0, resets_at float8)")
        owner.execute("alter table hubwatch.turns add column remaining integer, add column quota integer, add column seconds integer")
        owner.execute("insert into hubwatch.turns (bucket) values ('known')")
    who = Coordination(there, SweepPages(tmp_path, "huggingface", DAY, "full"))
    who.take(0)
    assert [who.turn("known", 0, True).number for _ in range(2)] == [1, 2]
    who.close()


def test_a_collector_needs_no_more_rights_than_documented(postgres: Postgres, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "many-machines.md").read_text("utf-8")
    grants = [line.strip() for line in page.splitlines() if line.strip().startswith("grant ") and "to collector;" in line]
    assert len(grants) == 2
    maker = Coordination(postgres.conninfo, SweepPages(tmp_path, "huggingface", DAY, "made"))
    maker.take(0)
    import psycopg

    with psycopg.connect(postgres.conninfo, autocommit=True) as owner:
        owner.execute("create role collector login")
        for grant in grants:
            owner.execute(grant)
    one = Coordination(postgres.conninfo.replace("user=hubwatch", "user=collector"), SweepPages(tmp_path, "huggingface", DAY, "rights"))
    one.take(0)
    assert one.turn("rights", 0, True).pause == 0
    one.confirm()
    one.close()
    maker.close()


def test_postgres_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    away = Coordination("dbname=x host=127.0.0.1 port=9 user=u password=s3cret", SweepPages(tmp_path, "huggingface", DAY, "full"))
    with pytest.raises(StorageFault, match=r"Postgres on 127.0.0.1 cannot say who collects huggingface .*; check that it runs") as raised:
        away.confirm()
    assert "s3cret" not in str(raised.value)
