"""The whole way against the stand-ins, through real sockets and real processes."""

import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from hubwatch import pipeline, statistics
from hubwatch.clock import today
from hubwatch.collect.plan import asked_sweep
from hubwatch.errors import UsageError
from hubwatch.hubs import is_the_hubs_own
from hubwatch.outcomes import HubResult
from hubwatch.pages.kept import SweepPages, SweepState, kept_sweeps
from hubwatch.pages.sweep import Sweep
from hubwatch.sandbox.faults import Faults
from hubwatch.sandbox.quota import Quota
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from hubwatch.settings import Settings
from hubwatch.store import locks, publishing
from tests.conftest import settings_for
from tests.kept import keep, record

DAY = date(2026, 5, 20)


def rows(count: int) -> list[dict[str, Any]]:
    """Models created an hour apart, in order, with falling downloads."""
    first = datetime(2025, 1, 1, tzinfo=UTC)
    made = []
    for number in range(count):
        at = first + timedelta(hours=number)
        made.append(
            record(
                f"owner{number % 7}/m{number}",
                _id=f"{int(at.timestamp()):08x}{number:016x}",
                createdAt=f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
                downloads=10 * (count - number),
                downloadsAllTime=100 * (count - number),
            )
        )
    return made


def run(
    data: Path, sandbox: Sandbox, kind: str = "full", day: date = DAY, settings: dict[str, object] | None = None, **more: Any
) -> HubResult:
    sweep = Sweep("huggingface", day, kind, **more)
    return pipeline.run(settings_for(data, sandbox.url, **(settings or {})), [sweep]).hubs["huggingface"]


def collect(data: Path, sandbox: Sandbox, settings: dict[str, object] | None = None) -> HubResult:
    """The sweep's first stage alone, for what ends with it."""
    return pipeline.collect_all(settings_for(data, sandbox.url, **(settings or {})), [Sweep("huggingface", DAY)])["huggingface"]


def published(data: Path, query: str) -> list[tuple[Any, ...]]:
    with publishing.open_published(data) as con:
        return con.execute(query).fetchall()


def asked(sandbox: Sandbox) -> list[str]:
    return [f"{request.path}?{request.query}" for request in sandbox.requests if request.path == "/api/models"]


def test_a_full_sweep_gives_exactly_the_hubs_rows(tmp_path: Path) -> None:
    listed = rows(2345)
    with Sandbox(huggingface=listed) as sandbox:
        got = run(tmp_path, sandbox)
    assert (got.complete, got.records, got.rejected, got.requests, got.retries) == (True, 2345, 0, 3, 0)
    assert published(tmp_path, "select model_id, downloads_30d, downloads_total, likes from observations order by model_id") == sorted(
        (row["id"], row["downloads"], row["downloadsAllTime"], row["likes"]) for row in listed
    )
    assert published(tmp_path, "select sweep, complete, records, rejected from days") == [("full", True, 2345, 0)]


def test_a_finished_sweep_asks_for_nothing_more_and_changes_nothing(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(30)) as sandbox:
        run(tmp_path, sandbox)
        before = published(tmp_path, "select * exclude (loaded_at) from days")
        count = len(sandbox.requests)
        assert run(tmp_path, sandbox).complete
        assert len(sandbox.requests) == count
    assert published(tmp_path, "select * exclude (loaded_at) from days") == before


def test_a_limited_sweep_holds_no_more_than_asked_and_goes_on_without_the_limit(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(2500)) as sandbox:
        got = run(tmp_path, sandbox, limit=1200)
        assert (got.complete, got.as_asked, got.records) == (False, True, 1200)
        got = run(tmp_path, sandbox)
        assert (got.complete, got.records) == (True, 2500)
        assert max(Counter(asked(sandbox)).values()) == 1


def test_a_head_sweep_ends_at_its_floor_and_makes_nothing_gone(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(300), switches=Switches(page_cap=50)) as sandbox:
        run(tmp_path, sandbox)
        got = run(tmp_path, sandbox, "head", DAY + timedelta(days=1), floor=2000)
        assert (got.complete, got.requests) == (True, 3)
    assert published(tmp_path, "select min(downloads_30d) <= 2000, count(*) from observations where day = '2026-05-21'") == [(True, 150)]
    assert published(tmp_path, "select count(gone_on) from listings") == [(0,)]


def test_a_new_sweep_enters_the_walk_by_a_cursor_of_our_own(tmp_path: Path) -> None:
    since = datetime(2025, 1, 10)
    with Sandbox(huggingface=rows(300), switches=Switches(page_cap=50)) as sandbox:
        got = run(tmp_path, sandbox, "new", since=since)
        assert got.requests == 3  # a look whether the cursor is taken, and two pages
    expected = [row["id"] for row in rows(300) if row["createdAt"] >= "2025-01-10"]
    assert [row[0] for row in published(tmp_path, "select model_id from listings order by created_at")] == expected


def test_an_owners_sweep_lists_those_namespaces_alone(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(100)) as sandbox:
        got = run(tmp_path, sandbox, "owners", owners=("owner2", "owner5", "nobody"))
    assert got.complete
    assert got.message.split("; ")[1:] == ["huggingface lists no model of nobody: is that the name as the hub writes it?"]
    assert published(tmp_path, "select distinct namespace from listings order by 1") == [("owner2",), ("owner5",)]


def test_a_field_that_the_hub_does_not_know_is_dropped_and_said(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(10), switches=Switches(withheld=frozenset({"downloadsAllTime", "gated"}))) as sandbox:
        got = run(tmp_path, sandbox)
    assert got.complete
    assert "refused 2 fields, no longer requested: downloadsAllTime, gated" in got.message
    assert published(tmp_path, "select count(downloads_30d), count(downloads_total) from observations") == [(10, 0)]


@pytest.mark.parametrize(
    "fault",
    [
        *("truncated", "cut-short", "reset", "stall", "html", "html-403", "html-503", "500", "502", "503", "504", "429=1"),
        *("429-granular", "retry-after=1", "retry-after-date=1", "empty", "link-self", "soft-error"),
    ],
)
def test_a_passing_fault_is_asked_again_and_the_day_is_whole(tmp_path: Path, fault: str) -> None:
    with Sandbox(huggingface=rows(40), switches=Switches(page_cap=10), faults=Faults.parse([f"huggingface:{fault}@2"])) as sandbox:
        got = collect(tmp_path, sandbox, {"HUBWATCH_READ_TIMEOUT": 1})
    assert (got.complete, got.records, got.retries) == (True, 40, 1)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("silent", "silent for"),
        ("truncated", "not whole JSON"),
        ("html", "web page"),
        ("503", "503"),
        ("429-granular", "beside the window"),
        ("retry-after-absurd", "429"),
        ("link-self", "came before"),
        ("link-back", "came before"),
        ("endless=200", "larger than"),
        ("gzip-bomb=200", "larger than"),
        ("redirect", "not followed"),
        ("empty", "not whole JSON"),
    ],
)
def test_a_lasting_fault_fails_the_day_with_its_name_and_keeps_the_pages_before(tmp_path: Path, fault: str, told: str) -> None:
    quick: dict[str, object] = {"HUBWATCH_READ_TIMEOUT": 0.5, "HUBWATCH_ATTEMPTS": 2}
    with Sandbox(huggingface=rows(40), switches=Switches(page_cap=10), faults=Faults.parse([f"huggingface:{fault}@3+"])) as sandbox:
        got = collect(tmp_path, sandbox, quick)
    assert got.failed
    assert told in got.message
    (kept,) = kept_sweeps(tmp_path)
    state = kept.state()
    assert state is not None
    assert (state.complete, sum(facts.records for facts in kept.facts())) == (False, 20)
    with Sandbox(huggingface=rows(40), switches=Switches(page_cap=10)) as healed:
        got = collect(tmp_path, healed)
        assert (got.complete, got.records, got.requests) == (True, 40, 3)  # the last page is full: is there more behind it?


def test_a_day_that_a_lasting_fault_cut_is_published_as_far_as_it_came_and_then_whole(tmp_path: Path) -> None:
    quick: dict[str, object] = {"HUBWATCH_READ_TIMEOUT": 0.5, "HUBWATCH_ATTEMPTS": 2}
    with Sandbox(huggingface=rows(40), switches=Switches(page_cap=10), faults=Faults.parse(["huggingface:503@3+"])) as sandbox:
        assert run(tmp_path, sandbox, settings=quick).failed
    assert published(tmp_path, "select complete, records from days") == [(False, 20)]
    with Sandbox(huggingface=rows(40), switches=Switches(page_cap=10)) as healed:
        assert run(tmp_path, healed).complete
    assert published(tmp_path, "select complete, records from days") == [(True, 40)]


def test_links_to_another_host_are_followed_on_the_endpoint(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(40), switches=Switches(page_cap=10, link_host="https://huggingface.co")) as sandbox:
        got = run(tmp_path, sandbox)
    assert (got.complete, got.records) == (True, 40)
    assert "links point at huggingface.co" in got.message


def test_a_small_rate_window_is_never_run_empty(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(60), switches=Switches(page_cap=10), quota=Quota(4, 1)) as sandbox:
        got = run(tmp_path, sandbox)
        assert got.complete
        assert [request.status for request in sandbox.requests if request.status == 429] == []


def test_one_hub_failing_leaves_the_others_whole_and_is_named(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(20)) as sandbox:
        settings = settings_for(tmp_path, sandbox.url, MODELSCOPE_ENDPOINT="http://127.0.0.1:9")
        result = pipeline.run(settings, [Sweep("huggingface", DAY), Sweep("modelscope", DAY)])
    assert result.hubs["huggingface"].complete
    assert result.hubs["modelscope"].failed
    assert not result.hubs["modelscope"].as_asked
    assert published(tmp_path, "select hub, complete from days") == [("huggingface", True)]


def test_a_fault_that_nobody_thought_of_at_one_hub_is_told_in_one_line_and_leaves_the_others_whole(tmp_path: Path) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/models":
            raise ZeroDivisionError("a fault of our own")
        listed = {"id": 1, "path_with_namespace": "o/m", "created_at": "2025-01-01T00:00:00Z", "last_activity_at": "2025-01-01T00:00:00Z"}
        return httpx.Response(200, json=[] if "id_after" in request.url.params else [listed])

    settings = settings_for(tmp_path)
    sweeps = [Sweep("huggingface", DAY), Sweep("wisemodel", DAY)]
    result = pipeline.run(settings, sweeps, transport=httpx.MockTransport(broken))
    assert result.hubs["wisemodel"].complete
    assert result.hubs["huggingface"].failed
    assert "please report it: ZeroDivisionError: a fault of our own" in result.hubs["huggingface"].message
    assert published(tmp_path, "select hub, complete from days") == [("wisemodel", True)]


def test_the_real_rows_go_the_whole_way_exactly(tmp_path: Path, shared: Path) -> None:
    from hubwatch.sandbox.jsonl import read_jsonl

    real: list[Any] = list(read_jsonl(shared / "real/huggingface/expand_rows.jsonl.gz"))
    with Sandbox(huggingface=real) as sandbox:
        got = run(tmp_path, sandbox)
    assert (got.complete, got.records, got.rejected) == (True, len(real), 0)
    assert published(tmp_path, "select model_id, downloads_30d, downloads_total, likes from observations order by model_id") == sorted(
        (row["id"], row["downloads"], row["downloadsAllTime"], row["likes"]) for row in real
    )


def test_figures_from_a_stand_in_say_that_they_are_not_the_hubs(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(3)) as sandbox:
        run(tmp_path, sandbox)
        assert published(tmp_path, "select endpoint from days") == [(sandbox.url,)]
    with publishing.open_published(tmp_path) as con:
        said = statistics.run(con, "download_share", by="namespace").context.warnings
    assert f"huggingface {DAY}: replayed from a local test server" in said
    own = {"huggingface": "https://huggingface.co", "modelscope": "https://modelscope.cn", "modelscope.ai": "https://www.modelscope.ai"}
    assert [is_the_hubs_own(hub, endpoint) for hub, endpoint in own.items()] == [True, True, True]
    assert not is_the_hubs_own("huggingface", "https://nothuggingface.co")
    assert not is_the_hubs_own("modelscope", "https://www.modelscope.ai")


def test_settings_name_the_variable_that_is_wrong(tmp_path: Path) -> None:
    from hubwatch.errors import UsageError

    with pytest.raises(UsageError, match="HF_ENDPOINT='nonsense' is not usable"):
        Settings.from_environment(tmp_path, {"HF_ENDPOINT": "nonsense"})
    with pytest.raises(UsageError, match="HUBWATCH_MODELSCOPE_RATE='fast'"):
        Settings.from_environment(tmp_path, {"HUBWATCH_MODELSCOPE_RATE": "fast"})
    with pytest.raises(UsageError, match="HUBWATCH_DEADLINE='-1'"):
        Settings.from_environment(tmp_path, {"HUBWATCH_DEADLINE": "-1"})


def test_the_published_file_opens_for_readers_alone(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(3)) as sandbox:
        run(tmp_path, sandbox)
    with duckdb.connect(str(tmp_path / "hubwatch.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from observations").fetchall() == [(3,)]
    assert oct((tmp_path / "hubwatch.duckdb").stat().st_mode)[-3:] == "644"


def test_a_fresh_sweep_of_a_busy_hub_leaves_the_others_pages_alone(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(30)) as sandbox, locks.locked(tmp_path, "sweep-huggingface"):
        kept = SweepPages(tmp_path, "huggingface", DAY, "full")
        kept.save_state(SweepState(hub="huggingface", day=DAY, sweep="full", endpoint=sandbox.url, started_at=datetime(2026, 5, 20)))
        result = pipeline.collect_all(settings_for(tmp_path, sandbox.url), [Sweep("huggingface", DAY, fresh=True)])["huggingface"]
        assert result.busy
        assert kept.state() is not None
    with Sandbox(huggingface=rows(30)) as sandbox:
        result = pipeline.collect_all(settings_for(tmp_path, sandbox.url), [Sweep("huggingface", DAY, fresh=True)])["huggingface"]
    assert (result.complete, result.records) == (True, 30)
    assert "set aside in pages/huggingface/2026-05-20/full~1" in result.message


def test_a_new_sweep_from_another_day_on_is_refused_rather_than_taken_for_the_one_kept(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(300)) as sandbox:
        assert run(tmp_path, sandbox, "new", since=datetime(2025, 1, 12)).complete
        held = published(tmp_path, "select count(*) from listings")
        other = run(tmp_path, sandbox, "new", since=datetime(2025, 1, 2))
    assert other.failed
    assert "begun for what was created since 2025-01-12, now it is 2025-01-02; use --fresh" in other.message
    assert published(tmp_path, "select count(*) from listings") == held


def test_an_owner_broken_off_leaves_the_owners_sweep_incomplete_until_it_is_whole(tmp_path: Path) -> None:
    listed = [
        record(f"{owner}/m{number}", _id=f"{number:08x}{place:016x}") for place, owner in enumerate("ab") for number in range(1, 1501)
    ]
    with Sandbox(huggingface=listed, faults=Faults.parse(["huggingface:503@page2"])) as sandbox:
        assert run(tmp_path, sandbox, "owners", owners=("a",), settings={"HUBWATCH_ATTEMPTS": 1}).failed
    with Sandbox(huggingface=listed) as sandbox:
        second = run(tmp_path, sandbox, "owners", owners=("b",))
        assert not second.complete
        assert "not all of the owners asked for today is kept (owner-a)" in second.message
        assert run(tmp_path, sandbox, "owners", owners=("a",)).complete
    assert published(tmp_path, "select complete from sweeps") == [(True,)]


def test_what_failed_to_load_is_said_whatever_was_loaded_after_it(tmp_path: Path) -> None:
    keep(tmp_path, DAY, [*({"id": number} for number in range(9)), record("a/m")])
    keep(tmp_path, DAY, [record("a/m")], sweep="owners")
    result = pipeline.load_all(settings_for(tmp_path, "http://127.0.0.1:9"), kept_sweeps(tmp_path))["huggingface"]
    assert result.failed
    assert "cannot be read" in result.message


def test_a_segment_that_is_gone_is_not_forgotten_by_collecting_again(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(150), switches=Switches(page_cap=1)) as sandbox:
        settings = settings_for(tmp_path, sandbox.url)
        assert pipeline.collect_all(settings, [Sweep("huggingface", DAY)])["huggingface"].complete
        (pages,) = kept_sweeps(tmp_path)
        pages.segments()[1].unlink()
        pipeline.collect_all(settings, [Sweep("huggingface", DAY)])
    result = pipeline.load_all(settings, kept_sweeps(tmp_path))["huggingface"]
    assert result.failed
    assert "86 of its 150 pages are whole" in result.message


class InterruptedPages(SweepPages):
    """Pages in the midst of whose loading Ctrl-C is pressed; DuckDB makes this of it."""

    def still(self, folder: Path) -> SweepPages:
        raise RuntimeError("Query interrupted")


def test_an_interrupt_while_a_hub_is_loaded_stops_the_way_rather_than_go_on_with_the_next(tmp_path: Path) -> None:
    keep(tmp_path, DAY, [record("a/m")])
    later = keep(tmp_path, DAY + timedelta(days=1), [record("a/m")])
    settings = settings_for(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        pipeline.load_all(settings, [InterruptedPages(tmp_path, "huggingface", DAY, "full"), later])
    with pipeline.warehouse(settings) as con:
        assert con.execute("select count(*) from sweeps").fetchall() == [(0,)]
        assert con.execute("select stage, status from runs").fetchall() == []
    with pipeline.warehouse(settings) as con:
        assert con.execute("select stage, status, message from runs").fetchall() == [("load", "failed", "KeyboardInterrupt")]


class InterruptedConnection:
    """A connection on which Ctrl-C is pressed in the midst of a statement."""

    def __init__(self, con: duckdb.DuckDBPyConnection, statement: str) -> None:
        self._con, self._statement = con, statement

    def execute(self, query: str, *more: Any) -> duckdb.DuckDBPyConnection:
        if query.lower().startswith(self._statement):
            raise RuntimeError("Query interrupted")
        return self._con.execute(query, *more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


@pytest.mark.parametrize(
    ("stage", "statement"),
    [
        (pipeline.classify, "create schema if not exists facts"),
        (pipeline.classify, "delete from origins"),
        (pipeline.link, "delete from models"),
        (pipeline.measure, "delete from statistics"),
    ],
)
def test_an_interrupt_in_the_midst_of_a_stage_is_one_and_leaves_no_transaction_open(tmp_path: Path, stage: Any, statement: str) -> None:
    settings = Settings.from_environment(tmp_path, {})
    with pipeline.warehouse(settings) as con:
        with pytest.raises(KeyboardInterrupt):
            stage(InterruptedConnection(con, statement), settings)
        con.execute("begin")
        con.execute("rollback")
        stage(con, settings)


def test_a_sweep_that_is_told_to_stop_keeps_its_last_page_and_goes_on_behind_it(tmp_path: Path) -> None:
    stop = threading.Event()
    with Sandbox(huggingface=rows(300), switches=Switches(page_cap=50)) as sandbox:
        settings, sweep = settings_for(tmp_path, sandbox.url), Sweep("huggingface", DAY)
        stopped = pipeline.collect(settings, sweep, lambda at: stop.set() if at.pages == 2 else None, stop)
        assert (stopped.complete, stopped.records) == (False, 100)
        assert pipeline.collect(settings, sweep).complete
    assert [page.facts.records for page in SweepPages(tmp_path, "huggingface", DAY, "full").read()] == [50] * 6


def test_tomorrow_may_be_collected_for_and_the_day_after_not() -> None:
    assert asked_sweep("huggingface", day=today() + timedelta(days=1)).kind == "full"
    with pytest.raises(UsageError, match="is in the future"):
        asked_sweep("huggingface", day=today() + timedelta(days=2))


def test_where_a_limit_is_reached_exactly_nothing_is_said_of_owners_whose_turn_did_not_come(tmp_path: Path) -> None:
    with Sandbox(huggingface=rows(70)) as sandbox:
        got = run(tmp_path, sandbox, "owners", owners=("owner2", "owner5"), limit=10)
    assert got.records == 10
    assert "owner5" not in got.message
