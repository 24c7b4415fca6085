"""Pages that several machines share in object storage, on a real S3 server: what comes back, what a kill costs, what damage does."""

import contextlib
import dataclasses
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubwatch import pipeline
from hubwatch.errors import Overtaken, StorageFault, UsageError
from hubwatch.maintenance.upkeep import prune, status
from hubwatch.outcomes import HubResult
from hubwatch.pages.kept import SweepPages, kept_beside, kept_sweeps, pruned_sweeps
from hubwatch.pages.objects import Objects
from hubwatch.pages.segments import Page, PageFacts
from hubwatch.pages.shared import Shared
from hubwatch.pages.storing import Writing, remove, replace_stored
from hubwatch.pages.sweep import Sweep
from hubwatch.sandbox.faults import Faults
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from hubwatch.settings import Settings
from tests.conftest import ROOT, settings_for
from tests.hubs.test_wisemodel import licensed, looked_up
from tests.hubs.test_wisemodel import settings as wisemodel_settings
from tests.kept import AT, keep, record
from tests.servers import KEYS, S3, serving_s3
from tests.test_killed import STOPPED
from tests.test_pipeline import DAY, asked, published, rows


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    pytest.importorskip("obstore", reason="obstore is not installed (the extra `many`)")
    with serving_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def storage(s3: S3, tmp_path: Path) -> str:
    """An address of the test's own."""
    return f"s3://shared/{tmp_path.name}"


def machine(folder: Path, sandbox: Sandbox | None, storage: str, **more: object) -> Settings:
    """A machine with a data folder of its own that shares its pages."""
    url = sandbox.url if sandbox else "http://127.0.0.1:9"
    return settings_for(folder, url, HUBWATCH_PAGES=storage, HUBWATCH_PAGES_EVERY=0.05, **more)


def collected(settings: Settings, **more: Any) -> HubResult:
    return pipeline.collect_all(settings, [Sweep("huggingface", DAY, **more)])["huggingface"]


def facts(data: Path, sweep: str = "full") -> list[str]:
    """The addresses of the pages that are here."""
    return [one.url for one in SweepPages(data, "huggingface", DAY, sweep).facts()]


def stored(storage: str, kind: str = "pages") -> list[str]:
    """The names of the objects with pages, or of the manifests."""
    return sorted(entry.key for entry in Objects(storage).list(kind))


def bytes_of(storage: str, key: str) -> bytes:
    found = Objects(storage).get(key)
    assert found is not None
    return found[0]


def page(name: str) -> Page:
    body = f'[{{"id": "o/{name}"}}]'.encode()
    return Page(PageFacts(f"http://hub/{name}", 200, AT, 1, len(body), f"http://hub/{name}+1"), body)


def shared(data: Path, storage: str) -> Shared:
    return Shared(data, storage)


def fetched(data: Path, storage: str) -> dict[tuple[str, date, str], str]:
    return pipeline.fetch(machine(data, None, storage))


def test_another_machine_has_the_pages_as_they_came(tmp_path: Path, storage: str) -> None:
    with Sandbox(huggingface=rows(150), switches=Switches(page_cap=2)) as sandbox:
        got = collected(machine(tmp_path / "a", sandbox, storage))
        assert (got.as_asked, got.complete) == (True, True)
    built = pipeline.build(machine(tmp_path / "b", None, storage))
    assert [(one.complete, one.records) for one in built.loaded] == [(True, 150)]
    a, b = (kept_sweeps(tmp_path / name)[0] for name in "ab")
    assert [path.read_bytes() for path in a.segments()] == [path.read_bytes() for path in b.segments()]
    assert a.fingerprint() == b.fingerprint()
    secret = KEYS["AWS_SECRET_ACCESS_KEY"].encode()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert b"".join(bytes_of(storage, key) for key in stored(storage)) == b"".join(path.read_bytes() for path in a.segments())


def test_pages_appended_little_by_little_make_few_objects(tmp_path: Path, storage: str) -> None:
    pages = keep(tmp_path / "a", DAY, [record("o/1")], finished=False)
    writing = Writing(shared(tmp_path / "a", storage), pages)
    for number in range(200):
        pages.append(page(str(number)))
        if number % 70 == 0:
            writing.send()
    writing.send()
    writing.send()
    assert (len(pages.segments()), len(stored(storage)), len(stored(storage, "sweeps"))) == (4, 4, 1)
    assert fetched(tmp_path / "b", storage) == {}
    assert facts(tmp_path / "b") == facts(tmp_path / "a")


def test_a_manifest_that_storage_lost_while_it_was_cut_off_is_put_again(tmp_path: Path, storage: str) -> None:
    pages = keep(tmp_path / "a", DAY, [record("o/1")], finished=False)
    there = shared(tmp_path / "a", storage)
    writing = Writing(there, pages)
    for number in range(3):
        writing.send()
        pages.append(page(str(number)))
    there.objects.delete(stored(storage, "sweeps"))
    writing.send()
    assert fetched(tmp_path / "b", storage) == {}
    assert len(facts(tmp_path / "b")) == 4
    assert facts(tmp_path / "b") == facts(tmp_path / "a")


def test_a_collector_killed_again_and_again_goes_on_elsewhere_and_asks_for_nothing_that_was_sent(
    tmp_path: Path, storage: str, s3: S3
) -> None:
    chance = random.Random(11)
    lost = 0
    with Sandbox(huggingface=rows(1500), switches=Switches(page_cap=20), faults=Faults.parse(["huggingface:delay=0.02"])) as sandbox:
        for kill in range(3):
            data = tmp_path / f"killed{kill}"
            child = process(data, sandbox, storage, s3)
            before = len(sandbox.requests)
            while len(sandbox.requests) < before + chance.randrange(8, 16) and child.poll() is None:
                time.sleep(0.001)
            time.sleep(chance.random() * 0.1)
            child.send_signal(signal.SIGKILL)
            child.communicate()
            fetched(tmp_path / f"seen{kill}", storage)
            lost += len(facts(data)) - len(facts(tmp_path / f"seen{kill}"))
        got = collected(machine(tmp_path / "last", sandbox, storage))
        assert (got.as_asked, got.complete, got.records) == (True, True, 1500)
        assert len(facts(tmp_path / "last")) == len(set(facts(tmp_path / "last"))) == 75
        assert lost <= 3 * 10  # pages of the last moments before each kill: here they are sent twenty times a second
        assert len(asked(sandbox)) <= 75 + lost + 2 * 3  # and what was under way


def process(data: Path, sandbox: Sandbox, storage: str, s3: S3, **more: str) -> subprocess.Popen[str]:
    """A collector in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUBWATCH_", "AWS_"))}
    own = {"HF_ENDPOINT": sandbox.url, "HUBWATCH_DATA": str(data), "PYTHONPATH": str(ROOT / "src")}
    where = {"HUBWATCH_PAGES": storage, "HUBWATCH_PAGES_EVERY": "0.05"} | s3.variables | more
    command = [sys.executable, "-m", "hubwatch", "collect", "huggingface", "--day", DAY.isoformat()]
    return subprocess.Popen(command, env=clean | own | where, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Dying(Objects):
    """Storage whose user is killed before its nth change."""

    def __init__(self, url: str, changes: int) -> None:
        super().__init__(url)
        self.left = changes

    def _count(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1

    def put(self, key: str, body: bytes) -> str:
        self._count()
        return super().put(key, body)

    def delete(self, keys: Collection[str]) -> None:
        for key in keys:
            self._count()
            super().delete([key])


class Killed(BaseException):
    pass


@pytest.mark.parametrize("killed_after", range(6))
def test_a_kill_between_any_two_requests_leaves_a_whole_sweep_and_the_next_run_sends_the_rest(
    tmp_path: Path, storage: str, killed_after: int
) -> None:
    pages = keep(tmp_path / "a", DAY, [record("o/1")], finished=False)
    Writing(shared(tmp_path / "a", storage), pages).send()
    pages.append(page("2"))
    dying = shared(tmp_path / "a", storage)
    dying.objects = Dying(dying.objects.url, killed_after)
    writing = Writing(dying, pages)
    with contextlib.suppress(Killed):
        writing.send()
        pages.append(page("3"))
        writing.send()
    assert fetched(tmp_path / "b", storage) == {}
    have = facts(tmp_path / "a")
    assert facts(tmp_path / "b") == have[: {0: 1, 1: 1, 2: 2, 3: 2, 4: 2, 5: 3}[killed_after]]
    fetched(tmp_path / "a", storage)
    Writing(shared(tmp_path / "a", storage), SweepPages(tmp_path / "a", "huggingface", DAY, "full")).send()
    fetched(tmp_path / "b", storage)
    assert facts(tmp_path / "b") == facts(tmp_path / "a") == have


def test_a_page_that_a_killed_process_was_writing_is_never_sent(tmp_path: Path, storage: str) -> None:
    pages = keep(tmp_path / "a", DAY, [record("o/1")], finished=False)
    (segment,) = pages.segments()
    whole = segment.read_bytes()
    segment.write_bytes(whole + whole[:50])
    Writing(shared(tmp_path / "a", storage), SweepPages(tmp_path / "a", "huggingface", DAY, "full")).send()
    assert [bytes_of(storage, key) for key in stored(storage)] == [whole]


def test_what_a_dead_process_left_on_its_machine_is_sent_by_the_next_collect_there(tmp_path: Path, storage: str) -> None:
    keep(tmp_path / "a", DAY - timedelta(days=1), [record("o/1")], [record("o/2")], sweep="head")
    with Sandbox(huggingface=rows(10)) as sandbox:
        assert collected(machine(tmp_path / "a", sandbox, storage)).as_asked
    fetched(tmp_path / "b", storage)
    assert [(one.day, one.sweep, one.count()) for one in kept_sweeps(tmp_path / "b")] == [
        (DAY - timedelta(days=1), "head", 2),
        (DAY, "full", 1),
    ]


def test_a_collector_goes_on_while_storage_is_away_and_sends_later(tmp_path: Path, storage: str, s3: S3) -> None:
    with Sandbox(huggingface=rows(1500), switches=Switches(page_cap=20), faults=Faults.parse(["huggingface:delay=0.03"])) as sandbox:

        def outage() -> None:
            wait_for(lambda: stored(storage, "sweeps"))
            s3.stop()
            time.sleep(1)
            s3.start()

        away = threading.Thread(target=outage)
        away.start()
        got = collected(machine(tmp_path / "a", sandbox, storage))
        away.join()
        assert (got.as_asked, got.requests) == (True, 76)
    fetched(tmp_path / "b", storage)
    assert facts(tmp_path / "b") == facts(tmp_path / "a")


def wait_for(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_pages_that_storage_did_not_take_are_told_and_make_the_command_fail(tmp_path: Path, storage: str) -> None:
    with Sandbox(huggingface=rows(10)) as sandbox:
        got = collected(machine(tmp_path / "a", sandbox, "s3://elsewhere", HUBWATCH_PATIENCE=0.2))
        assert (got.complete, got.failed, got.as_asked) == (True, False, False)
        assert "not all of its pages are in s3://elsewhere yet" in got.message
        assert "NoSuchBucket" in got.message
        assert "the next collect here sends them" in got.message
        again = collected(machine(tmp_path / "a", sandbox, storage))
        assert (again.as_asked, "sent" in again.message) == (True, False)
    fetched(tmp_path / "b", storage)
    assert facts(tmp_path / "b") == facts(tmp_path / "a")


def flip(storage: str, key: str) -> None:
    body = bytearray(bytes_of(storage, key))
    body[len(body) // 2] ^= 1
    Objects(storage).put(key, bytes(body))


def lose(storage: str, key: str) -> None:
    Objects(storage).delete([key])


@pytest.mark.parametrize(
    ("damage", "kind", "told"),
    [
        (flip, "pages", "does not match its checksum"),
        (lose, "pages", "is missing"),
        (flip, "sweeps", "(is not readable|does not match)"),
    ],
)
def test_from_a_damaged_or_missing_object_nothing_is_loaded(
    tmp_path: Path, storage: str, damage: Callable[[str, str], None], kind: str, told: str
) -> None:
    for sweep in ("full", "head"):
        Writing(shared(tmp_path / "a", storage), keep(tmp_path / "a", DAY, [record("o/1")], [record("o/2")], sweep=sweep)).send()
    victim = next(key for key in stored(storage, kind) if "/full/" in key)
    damage(storage, victim)
    built = pipeline.build(machine(tmp_path / "b", None, storage))
    assert {one.sweep: (one.failed, one.records) for one in built.loaded} == {"full": (True, 0), "head": (False, 2)}
    (message,) = (one.message for one in built.loaded if one.failed)
    assert re.search(f"{victim} {told}.*; a machine whose pages/huggingface/{DAY}/full is whole sends it anew", message)
    assert published(tmp_path / "b", "select source from sweeps") == [("head",)]
    assert [one.sweep for one in kept_sweeps(tmp_path / "b")] == ["head"]

    (tmp_path / "a/pages/huggingface" / DAY.isoformat() / "full/shared.json").unlink()  # the cure
    with Sandbox(huggingface=rows(1)) as sandbox:
        collected(machine(tmp_path / "a", sandbox, storage), kind="new")
    assert fetched(tmp_path / "b", storage) == {}
    assert facts(tmp_path / "b") == facts(tmp_path / "a")


def test_of_two_machines_at_one_sweep_the_one_before_stops_and_nothing_is_mixed(tmp_path: Path, storage: str) -> None:
    before, after = shared(tmp_path / "a", storage), shared(tmp_path / "b", storage)
    old = keep(tmp_path / "a", DAY, [record("o/1")], finished=False)
    writing = Writing(before, old)
    writing.send()
    fetched(tmp_path / "b", storage)
    old.append(page("of-a"))
    new = SweepPages(tmp_path / "b", "huggingface", DAY, "full")
    new.append(page("of-b"))
    Writing(after, new).send()
    with pytest.raises(Overtaken, match="another machine has gone on with this sweep"):
        writing.send()
    with pytest.raises(Overtaken):
        Writing(before, old).send()
    fetched(tmp_path / "a", storage)
    assert facts(tmp_path / "a") == ["http://hub/0", "http://hub/of-b"]
    assert facts(tmp_path / "a", "full~1") == ["http://hub/0", "http://hub/of-a"]


def test_a_collector_that_lost_its_sweep_stops_asking(tmp_path: Path, storage: str) -> None:
    with Sandbox(huggingface=rows(3000), switches=Switches(page_cap=10), faults=Faults.parse(["huggingface:delay=0.02"])) as sandbox:

        def take_over() -> None:
            wait_for(lambda: stored(storage, "sweeps"))
            fetched(tmp_path / "b", storage)
            other = SweepPages(tmp_path / "b", "huggingface", DAY, "full")
            other.append(page("of-b"))
            Writing(shared(tmp_path / "b", storage), other).send()

        thread = threading.Thread(target=take_over)
        thread.start()
        got = collected(machine(tmp_path / "a", sandbox, storage))
        thread.join()
    assert (got.failed, got.busy) == (True, True)
    assert "another machine has gone on with this sweep" in got.message
    assert len(sandbox.requests) < 200


def test_a_collector_that_is_stopped_sends_what_it_has(tmp_path: Path, storage: str, s3: S3) -> None:
    with Sandbox(huggingface=rows(1500), switches=Switches(page_cap=10), faults=Faults.parse(["huggingface:delay=0.05"])) as sandbox:
        child = process(tmp_path / "a", sandbox, storage, s3, HUBWATCH_PAGES_EVERY="600")
        wait_for(lambda: len(sandbox.requests) > 30)
        child.send_signal(signal.SIGTERM)
        _, errors = child.communicate(timeout=30)
    assert (child.returncode, errors.splitlines()[-1]) == (1, STOPPED)
    fetched(tmp_path / "b", storage)
    assert len(facts(tmp_path / "a")) >= 29
    assert facts(tmp_path / "b") == facts(tmp_path / "a")


def test_what_earlier_sweeps_elsewhere_know_is_not_asked_for_again(tmp_path: Path, storage: str) -> None:
    hub = licensed(3)
    for number, name in enumerate("ab"):
        day = DAY + timedelta(days=number)
        settings = wisemodel_settings(tmp_path / name, HUBWATCH_PAGES=storage, HUBWATCH_PAGES_EVERY="0.05")
        sweep = Sweep("wisemodel", day, license_budget=2)
        got = pipeline.collect_all(settings, [sweep], transport=httpx.MockTransport(hub))["wisemodel"]
        assert got.as_asked, got.message
    assert sorted(looked_up(hub)) == [1, 2, 3]  # each once
    assert [(one.day, one.sweep) for one in kept_sweeps(tmp_path / "b", "wisemodel")] == [(DAY, "full"), (day, "full")]


def test_a_machine_that_returns_fetches_what_others_added(tmp_path: Path, storage: str) -> None:
    with Sandbox(huggingface=rows(40), switches=Switches(page_cap=10)) as sandbox:
        assert collected(machine(tmp_path / "a", sandbox, storage), limit=10).as_asked
        assert collected(machine(tmp_path / "b", sandbox, storage)).complete
        again = collected(machine(tmp_path / "a", sandbox, storage))
        assert (again.complete, again.records) == (True, 40)
        assert len({one for one in asked(sandbox) if "cursor" in one}) == len([one for one in asked(sandbox) if "cursor" in one]) == 3
    assert facts(tmp_path / "a") == facts(tmp_path / "b")
    assert [one.sweep for one in kept_sweeps(tmp_path / "a", aside=True)] == []


def test_pages_that_a_fresh_sweep_replaces_are_set_aside_in_storage_too(tmp_path: Path, storage: str) -> None:
    with Sandbox(huggingface=rows(20), switches=Switches(page_cap=10)) as sandbox:
        collected(machine(tmp_path / "a", sandbox, storage))
        collected(machine(tmp_path / "a", sandbox, storage), fresh=True)
    fetched(tmp_path / "b", storage)
    assert [(one.sweep, one.count()) for one in kept_sweeps(tmp_path / "b")] == [("full", 2)]
    assert [key[2] for key in shared(tmp_path / "b", storage).entries()] == ["full", "full~1"]
    assert {key.split("/")[-1].split("-")[0] for key in stored(storage)} == {"000001", "000002"}  # nothing was deleted


def test_a_fresh_sweep_that_was_killed_before_anything_was_sent_still_takes_the_old_ones_place(tmp_path: Path, storage: str) -> None:
    Writing(shared(tmp_path / "a", storage), keep(tmp_path / "a", DAY, [record("o/1")])).send()
    old = SweepPages(tmp_path / "a", "huggingface", DAY, "full")
    old.set_aside()
    replace_stored(old)
    keep(tmp_path / "a", DAY, [record("o/2")], [record("o/3")], finished=False)
    fetched(tmp_path / "a", storage)
    Writing(shared(tmp_path / "a", storage), SweepPages(tmp_path / "a", "huggingface", DAY, "full")).send()
    fetched(tmp_path / "b", storage)
    assert facts(tmp_path / "b") == ["http://hub/0", "http://hub/1"]
    assert [key[2] for key in shared(tmp_path / "b", storage).entries()] == ["full", "full~1"]


class Forgetful(Objects):
    """Storage whose answer to the nth manifest gets lost on the way."""

    def __init__(self, url: str, lost: int) -> None:
        super().__init__(url)
        self.left = lost

    def put(self, key: str, body: bytes) -> str:
        tag = super().put(key, body)
        self.left -= key.startswith("sweeps/")
        if self.left == 0 and key.startswith("sweeps/"):
            raise StorageFault("no answer")
        return tag


@pytest.mark.parametrize("lost", [1, 2])
def test_an_answer_that_got_lost_doubles_nothing(tmp_path: Path, storage: str, lost: int) -> None:
    pages = keep(tmp_path / "a", DAY, [record("o/1")], finished=False)
    here = shared(tmp_path / "a", storage)
    here.objects = Forgetful(storage, lost)
    writing = Writing(here, pages)
    for name in ("2", "3", "4"):
        with contextlib.suppress(StorageFault):
            writing.send()
        pages.append(page(name))
    writing.send()
    assert fetched(tmp_path / "b", storage) == {}
    assert facts(tmp_path / "b") == facts(tmp_path / "a")
    assert sum(len(bytes_of(storage, key)) for key in stored(storage)) == pages.segments()[0].stat().st_size


def test_pruned_pages_go_from_storage_and_from_every_machine(tmp_path: Path, storage: str) -> None:
    days = [DAY, DAY + timedelta(days=1)]
    for day in days:
        Writing(shared(tmp_path / "a", storage), keep(tmp_path / "a", day, [record("o/1")], [record("o/2")])).send()
    builder = machine(tmp_path / "b", None, storage)
    pipeline.build(builder)
    gone = prune(builder.data, days[1] + timedelta(days=5), 1, False, storage=builder.pages)
    assert [(one.day, one.sweep) for one in gone] == [(DAY, "full")]  # the other is the last full one of its month
    assert [key.split("/")[2] for key in stored(storage)] == [days[1].isoformat()]
    for name in "ac":  # one that has the pages, one that never had
        assert fetched(tmp_path / name, storage) == {}
        assert [one.day for one in kept_sweeps(tmp_path / name)] == [days[1]]
        assert pruned_sweeps(tmp_path / name) == {("huggingface", DAY, "full")}
    assert prune(builder.data, days[1] + timedelta(days=5), 1, False, storage=builder.pages) == []


def test_a_collector_drops_its_copy_of_what_was_pruned_elsewhere_and_sends_it_no_more(tmp_path: Path, storage: str) -> None:
    before = DAY - timedelta(days=1)
    Writing(shared(tmp_path / "a", storage), keep(tmp_path / "a", before, [record("o/1")])).send()
    remove(shared(tmp_path / "b", storage), ("huggingface", before, "full"))
    with Sandbox(huggingface=rows(10)) as sandbox:
        assert collected(machine(tmp_path / "a", sandbox, storage)).as_asked
    assert [one.day for one in kept_sweeps(tmp_path / "a")] == [DAY]
    assert {key.split("/")[2] for key in stored(storage)} == {DAY.isoformat()}


def test_a_machine_that_only_collects_drops_its_copies_of_what_storage_has(tmp_path: Path, storage: str) -> None:
    Writing(shared(tmp_path / "a", storage), keep(tmp_path / "a", DAY, [record("o/1")])).send()
    keep(tmp_path / "a", DAY, [record("o/2")], sweep="head")
    collector = machine(tmp_path / "a", None, storage)
    gone = prune(collector.data, DAY + timedelta(days=9), 1, False, storage=collector.pages)
    assert [one.sweep for one in gone] == ["full"]
    assert [one.sweep for one in kept_sweeps(collector.data)] == ["head"]  # nobody else has it
    assert pruned_sweeps(collector.data) == set()
    assert len(stored(storage)) == 1


def test_a_dropped_day_does_not_come_back_from_storage(tmp_path: Path, storage: str) -> None:
    Writing(shared(tmp_path / "a", storage), keep(tmp_path / "a", DAY, [record("o/1")])).send()
    builder = machine(tmp_path / "b", None, storage)
    pipeline.build(builder)
    pipeline.drop_day(builder, "huggingface", DAY, None, True)
    assert pipeline.build(builder).loaded == []
    fetched(tmp_path / "a", storage)
    assert [(one.sweep, one.count()) for one in kept_sweeps(tmp_path / "a", aside=True)] == [("full~1", 1)]
    assert kept_sweeps(tmp_path / "a") == []
    assert [key[2] for key in shared(tmp_path / "b", storage).entries()] == ["full", "full~1"]


def test_machines_that_fetch_at_once_into_one_folder_do_not_disturb_one_another(tmp_path: Path, storage: str) -> None:
    for day in range(6):
        kept = keep(tmp_path / "a", DAY + timedelta(days=day), *([record(f"o/{number}")] for number in range(70)))
        Writing(shared(tmp_path / "a", storage), kept).send()
    with ThreadPoolExecutor(4) as fetching:
        assert list(fetching.map(lambda _: fetched(tmp_path / "b", storage), range(8))) == [{}] * 8
    assert [one.fingerprint() for one in kept_sweeps(tmp_path / "b")] == [one.fingerprint() for one in kept_sweeps(tmp_path / "a")]
    assert list((tmp_path / "b/pages/.incoming").iterdir()) == []


def test_pages_of_profiles_are_shared_too_in_one_object_for_many(tmp_path: Path, storage: str) -> None:
    profiles = SweepPages(tmp_path / "a", "huggingface", DAY, "profiles")
    for name in ("Qwen", "a/b", "c"):
        profiles.append(dataclasses.replace(page(name), partition=name))
    Writing(shared(tmp_path / "a", storage), profiles).send()
    assert fetched(tmp_path / "b", storage) == {}
    (there,) = kept_beside(tmp_path / "b", "huggingface", "profiles")
    assert there.partitions() == ["Qwen", "a/b", "c"]
    assert len(stored(storage)) == 1


def test_status_needs_no_pages(tmp_path: Path, storage: str) -> None:
    Writing(shared(tmp_path / "a", storage), keep(tmp_path / "a", DAY, [record("o/1")])).send()
    settings = machine(tmp_path / "b", None, storage)
    with pipeline.known_sweeps(settings) as kept:
        (known,) = [one for one in status(settings.data, DAY, 2, kept) if one.hub == "huggingface"]
    assert (known.days, known.next) == (1, f"hubwatch backfill pages --hub huggingface --from {DAY} --to {DAY}")
    assert not (settings.data / "pages").exists()
    flip(storage, *stored(storage, "sweeps"))
    with pipeline.known_sweeps(settings) as kept:
        assert [one.next for one in status(settings.data, DAY, 2, kept) if one.hub == "huggingface"] == ["hubwatch verify"]


def test_nothing_secret_is_in_the_errors_of_storage(tmp_path: Path, storage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-s3cret")
    with pytest.raises(StorageFault, match=r"SignatureDoesNotMatch.*; check the keys") as refused:
        fetched(tmp_path, storage)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_pages_leave_the_machine_over_https_only(tmp_path: Path, storage: str, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "http://storage.example.org")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    with pytest.raises(UsageError, match=f"{variable} is not usable: .* over https only"):
        fetched(tmp_path, storage)
