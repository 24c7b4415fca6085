"""The past: kept pages again, a hub's creation window, and a snapshot from a dataset repository."""

import base64
import hashlib
import json
import shlex
import sys
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import duckdb
import httpx
import pytest

from hubwatch import pipeline
from hubwatch.archives import backfill
from hubwatch.archives.day import Wanted
from hubwatch.archives.files import archive_files
from hubwatch.archives.mapping import read_mapping
from hubwatch.cli import app as cli
from hubwatch.clock import today
from hubwatch.errors import HubFailure, UsageError
from hubwatch.outcomes import KeptResult, RunResult
from hubwatch.pages.kept import kept_sweeps
from hubwatch.pages.sweep import Sweep
from hubwatch.settings import Settings
from hubwatch.store import locks, publishing
from tests.conftest import settings_for
from tests.kept import keep, record

FIRST = date(2026, 1, 1)
SAID: list[str] = []


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path / "data")


def days_of_pages(settings: Settings) -> None:
    """Five days with changing models, a head sweep, rejects, a half day, a day that fails."""
    for number in range(5):
        names = "abcdef"[number % 2 :]
        records = [
            record(f"o/{name}", downloads=number, likes=number % 3, tags=[f"license:{'mit' if number < 3 else 'gpl-3.0'}"])
            for name in names
        ]
        bad = [record("no-owner")] if number == 1 else []
        filler = [record(f"o/z{other}") for other in range(30)]
        keep(settings.data, FIRST + timedelta(days=number), records + bad, filler, finished=number != 2)
    keep(settings.data, FIRST + timedelta(days=3), [record("o/a", downloads=99, tags=["license:apache-2.0"]), record("o/h")], sweep="head")
    keep(settings.data, FIRST + timedelta(days=5), [{"id": "changed"}] * 20)


def export(settings: Settings, folder: Path, skip: tuple[str, ...] = ("runs",)) -> dict[str, bytes]:
    """Every table and view that analysts see, as CSV in order: name -> bytes."""
    folder.mkdir(exist_ok=True)
    with duckdb.connect(settings.data / "hubwatch.duckdb", read_only=True) as con:
        names = con.execute(
            """select schema_name || '.' || name from (select schema_name, table_name as name from duckdb_tables() where not internal
                 union all select schema_name, view_name from duckdb_views() where not internal)
               where schema_name in ('main', 'store') and name not in ('migrations') order by 1"""
        ).fetchall()
        for (name,) in names:
            if name.removeprefix("main.") not in skip:
                con.execute(f"copy (select * from {name} order by all) to '{folder / name}.csv'")
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}


def reload(settings: Settings, **asked: object) -> list[KeptResult]:
    return pipeline.build(settings, kept_sweeps(settings.data, **asked), False, SAID.append).loaded  # type: ignore[arg-type]


def test_pages_loaded_again_give_byte_equal_exports(settings: Settings, tmp_path: Path) -> None:
    days_of_pages(settings)
    reload(settings)
    before = export(settings, tmp_path / "before")
    assert len(before) > 15
    assert before["main.observations.csv"].count(b"\n") > 100
    done = reload(settings)
    assert export(settings, tmp_path / "after") == before
    assert [(one.day.day, one.sweep, one.failed) for one in done] == [
        *((day, "full", False) for day in (1, 2, 3, 4)),
        (4, "head", False),
        (5, "full", False),
        (6, "full", True),
    ]
    assert "cannot be read" in done[-1].message


def test_pages_loaded_into_a_new_database_give_the_same_tables(settings: Settings, tmp_path: Path) -> None:
    days_of_pages(settings)
    kept = kept_sweeps(settings.data)
    pipeline.load_all(settings, [kept[number] for number in (3, 0, 5, 1, 2, 4)])
    pipeline.load_all(settings, kept[:3])
    with pipeline.warehouse(settings) as con:
        pipeline.judge(con, settings)
    pipeline.publish(settings)
    (tmp_path / "anew").mkdir()
    (tmp_path / "anew/pages").symlink_to(settings.data / "pages")
    anew = settings_for(tmp_path / "anew")
    reload(anew)
    queries = [
        "select * exclude (listing_key) from listings order by all",
        "select * exclude (listing_key) from observations order by all",
        "select * from all_observations order by all",
        "select * exclude (loaded_at) from sweeps order by all",
        "from rejects order by all",
        "from flags order by all",
    ]
    for query in queries:
        with publishing.open_published(settings.data) as one, publishing.open_published(anew.data) as other:
            assert one.execute(query).fetchall() == other.execute(query).fetchall(), query


def test_only_the_days_asked_for_are_loaded_again(settings: Settings) -> None:
    days_of_pages(settings)
    done = reload(settings, first=FIRST + timedelta(days=1), last=FIRST + timedelta(days=2))
    assert [one.day.day for one in done] == [2, 3]


# --- windows ---


class Hub:
    """Models in creation order behind `GET /api/models`; takes a keyset cursor of any making, or only its own, and can break."""

    def __init__(self, takes_cursors: bool = True, created: int = 60) -> None:
        self.takes_cursors, self.asked, self.breaks_at = takes_cursors, list[str](), 10**9
        self.models = []
        for number in range(created):
            at = datetime(2025, 1, 1) + timedelta(days=number)
            seconds = int((at - datetime(1970, 1, 1)).total_seconds())
            key = f"{seconds:08x}{number:016x}"
            self.models.append(record(f"o/m{number:03}", _id=key, createdAt=f"{at.isoformat()}.000Z", downloads=number))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if len(self.asked) > self.breaks_at:
            return httpx.Response(500, json={"error": "broken"})
        asked = parse_qs(urlsplit(str(request.url)).query)
        newest = asked["direction"] == ["-1"]
        models = sorted(self.models, key=lambda model: str(model["_id"]), reverse=newest)
        cursor = asked.get("cursor", [""])[0]
        if cursor.startswith("after-"):
            at = [model["_id"] for model in models].index(cursor.removeprefix("after-")) + 1
        elif cursor and self.takes_cursors:
            after = json.loads(base64.b64decode(cursor))["_id"]["$gt"]
            at = sum(str(model["_id"]) <= after for model in models)
        else:
            at = 0
        page = models[at : at + min(10, int(asked["limit"][0]))]
        headers = {}
        if at + len(page) < len(models):
            follow = httpx.URL(request.url).copy_set_param("cursor", f"after-{page[-1]['_id']}")
            headers["Link"] = f'<{follow}>; rel="next"'
        return httpx.Response(200, json=page, headers=headers)


def window(settings: Settings, hub: Hub, since: date, until: date, day: date | None = None) -> RunResult:
    sweep = backfill.window_sweep(settings, "huggingface", since, until, day)
    return pipeline.run(settings, [sweep], transport=httpx.MockTransport(hub))


@pytest.mark.parametrize("takes_cursors", [True, False])
def test_a_window_holds_exactly_what_was_created_in_it_and_says_it_is_of_now(settings: Settings, takes_cursors: bool) -> None:
    hub = Hub(takes_cursors)
    result = window(settings, hub, date(2025, 1, 20), date(2025, 2, 3), FIRST)
    assert result.hubs["huggingface"].complete
    with publishing.open_published(settings.data) as con:
        rows = con.execute(
            "select model_id, created_at::date, downloads_30d, day, source from observations join listings using (hub, model_id) order by 1"
        ).fetchall()
        assert [(row[0], row[1]) for row in rows] == [
            (f"o/m{number:03}", date(2025, 1, 1) + timedelta(days=number)) for number in range(19, 33)
        ]
        assert {row[2:] for row in rows} == {(number, FIRST, "window-2025-01-20-2025-02-03") for number in range(19, 33)}
        message = con.execute("select message from sweeps").fetchall()[0][0]
    assert "counters as of 2026-01-01" in message
    assert ("started from the newest" in message) == (not takes_cursors)
    assert len(hub.asked) <= (5 if takes_cursors else 8)


def test_a_model_whose_creation_the_hub_does_not_tell_is_left_out_of_a_window_and_counted(settings: Settings) -> None:
    hub = Hub()
    hub.models[3]["createdAt"] = None
    result = window(settings, hub, date(2025, 1, 1), date(2025, 1, 8), FIRST)
    assert result.hubs["huggingface"].records == 6
    assert "1 model without a creation time skipped: it may not be in the window" in result.hubs["huggingface"].message


def test_windows_stand_side_by_side_and_below_a_sweep_of_the_whole_hub(settings: Settings) -> None:
    hub = Hub()
    window(settings, hub, date(2025, 1, 1), date(2025, 1, 8), FIRST)
    window(settings, hub, date(2025, 1, 5), date(2025, 1, 11), FIRST)
    keep(settings.data, FIRST, [record("o/m004", downloads=1234), record("o/full")])
    pipeline.load_all(settings, kept_sweeps(settings.data))
    with pipeline.warehouse(settings) as con:
        rows = con.execute(
            "select model_id, source, superseded from all_observations where model_id in ('o/m004', 'o/m001') order by all"
        ).fetchall()
        assert rows == [
            ("o/m001", "window-2025-01-01-2025-01-08", False),
            ("o/m004", "full", False),
            ("o/m004", "window-2025-01-01-2025-01-08", True),
            ("o/m004", "window-2025-01-05-2025-01-11", True),
        ]
        assert con.execute("select sweep from days").fetchall() == [("full",)]
        assert con.execute("select count(*) from listings where gone_on is not null").fetchall() == [(0,)]


def test_a_window_that_broke_goes_on_with_its_own_day_and_asks_for_nothing_twice(settings: Settings) -> None:
    hub = Hub()
    hub.breaks_at = 3
    since, until, yesterday = date(2025, 1, 1), date(2025, 2, 20), today() - timedelta(days=1)
    broken = window(settings, hub, since, until, yesterday)
    assert not broken.hubs["huggingface"].as_asked
    hub.breaks_at, first = 10**9, list(hub.asked[:3])
    assert backfill.window_sweep(settings, "huggingface", since, until, None).day == yesterday
    again = window(settings, hub, since, until)
    assert (again.day, again.hubs["huggingface"].complete, again.hubs["huggingface"].records) == (yesterday, True, 50)
    assert not set(first) & set(hub.asked[first.__len__() + 3 :])
    assert backfill.window_sweep(settings, "huggingface", since, until, None).day == today()


def test_a_window_begun_anew_while_the_hub_is_busy_leaves_the_others_pages_alone(settings: Settings) -> None:
    kept = keep(settings.data, FIRST, [record("o/a")], sweep="window-2025-01-01-2025-01-08")
    asked = ("--since", "2025-01-01", "--until", "2025-01-08", "--day", str(FIRST), "--fresh", "--data", str(settings.data))
    with locks.locked(settings.data, "sweep-huggingface"):
        assert hubwatch("backfill", "window", "huggingface", *asked) == 1
    assert kept.state() is not None


def test_a_window_that_ends_before_it_begins_is_refused(settings: Settings) -> None:
    with pytest.raises(UsageError, match=r"--since 2025-02-01 is not before --until 2025-02-01"):
        backfill.window_sweep(settings, "huggingface", date(2025, 2, 1), date(2025, 2, 1), None)


def test_a_sweep_is_kept_under_its_kind_and_a_window_under_its_bounds() -> None:
    assert Sweep("huggingface", FIRST, "head").name == "head"
    bounds = {"since": datetime(2025, 1, 1), "until": datetime(2025, 2, 1)}
    assert Sweep("huggingface", FIRST, "window", **bounds).name == "window-2025-01-01-2025-02-01"  # type: ignore[arg-type]
    assert Sweep("huggingface", FIRST, "new", **bounds).name == "new"  # type: ignore[arg-type]


# --- hf:// ---


class Datasets(BaseHTTPRequestHandler):
    """A dataset repository as the hub serves one: its tree, its files' commits, its files."""

    repo = "o/d"
    files: dict[str, bytes]
    fetched: list[str]
    commit = "c" * 40
    history: list[tuple[str, str, bytes]]  # commits of models.parquet: id, time, content; the newest first

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def _answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "X-Repo-Commit": self.commit, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _listed(self, path: str) -> dict[str, object]:
        commit = {"id": self.commit, "title": "a day", "date": "2025-03-05T00:50:00.000Z"}
        oid = hashlib.sha1(self.files[path]).hexdigest()
        return {"type": "file", "path": path, "size": len(self.files[path]), "oid": oid, "lastCommit": commit}

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if path.removeprefix(f"/api/datasets/{self.repo}").split("/")[:2] in ([""], ["", "revision"], ["", "tree"]):
            tree = [self._listed(name) for name in self.files]
            whole = {"id": self.repo, "sha": self.commit, "siblings": [{"rfilename": name} for name in self.files]}
            self._answer(json.dumps(tree if "/tree/" in path else whole).encode(), Content_Type="application/json")
        elif path == f"/api/datasets/{self.repo}/commits/main":
            said = [
                {"id": own, "authors": [], "date": time, "title": "Upload models.parquet", "message": ""} for own, time, _ in self.history
            ]
            self._answer(json.dumps(said).encode(), Content_Type="application/json")
        elif path.startswith(f"/datasets/{self.repo}/resolve/"):
            name = path.split("/", 6)[6]
            if name not in self.files:
                self._answer(b"", 404, X_Error_Code="EntryNotFound")
                return
            if self.command == "GET":
                self.fetched.append(name)
            self._answer(self.files[name], ETag=f'"{hashlib.sha256(self.files[name]).hexdigest()}"')
        else:
            self._answer(b"{}", 404)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if not self.path.startswith(f"/api/datasets/{self.repo}/paths-info/"):
            self._answer(b"{}", 404, X_Error_Code="RepoNotFound")
            return
        paths = json.loads(sent)["paths"] if sent.startswith("{") else parse_qs(sent)["paths"]
        then = next((body for own, _, body in self.history if self.path.endswith(own)), None)
        found = [self._listed(path) | ({"oid": hashlib.sha1(then).hexdigest()} if then else {}) for path in paths if path in self.files]
        self._answer(json.dumps(found).encode(), Content_Type="application/json")


@pytest.fixture
def datasets(tmp_path: Path) -> Iterator[tuple[type[Datasets], str]]:
    handler: type[Datasets] = type("Served", (Datasets,), {"files": {}, "fetched": [], "history": []})
    for name, count in (("models.parquet", 2), ("weeks/2025-01-01/models.parquet", 1), ("weeks/2025-01-08/models.parquet", 3)):
        path = tmp_path / "made.parquet"
        duckdb.execute(f"copy (select 'o/m' || n as id, n as downloads, 0 as likes from range({count}) t(n)) to '{path}' (format parquet)")
        handler.files[name] = path.read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


def test_a_file_of_a_dataset_revision_is_fetched_once_and_counts_for_the_day_of_its_commit(
    datasets: tuple[type[Datasets], str], tmp_path: Path
) -> None:
    served, url = datasets
    settings = settings_for(tmp_path / "data", url)
    for outcome in ("loaded", "held"):
        days = backfill.backfill_archive(
            settings, "hf://datasets/o/d@main/models.parquet", read_mapping("hub-stats"), Wanted(), SAID.append
        )
        assert [(day.day, day.outcome) for day in days] == [(date(2025, 3, 5), outcome)]
    assert served.fetched == ["models.parquet"]
    with publishing.open_published(settings.data) as con:
        assert con.execute("select model_id, day, downloads_30d, source from observations order by 1").fetchall() == [
            ("o/m0", date(2025, 3, 5), 0, "archive:hub-stats"),
            ("o/m1", date(2025, 3, 5), 1, "archive:hub-stats"),
        ]


def test_weekly_copies_of_a_listing_are_loaded_in_one_step_each_for_the_day_of_the_commit_it_is_of(
    datasets: tuple[type[Datasets], str], tmp_path: Path
) -> None:
    served, url = datasets
    first = served.files["weeks/2025-01-01/models.parquet"]
    served.history = [("b" * 40, "2025-01-10T00:40:00.000Z", b"of no week"), ("a" * 40, "2025-01-05T00:40:00.000Z", first)]
    address = "hf://datasets/o/d/weeks/*/models.parquet"
    how = read_mapping("hub-weekly")
    assert how.publication is not None
    how = how.model_copy(
        update={
            "day": how.day.model_copy(update={"copied_from": "hf://datasets/o/d/models.parquet"}),
            "publication": how.publication.model_copy(update={"address": address}),
        }
    )
    days = backfill.backfill_published(settings_for(tmp_path / "data", url), how, None, Wanted(), SAID.append)
    assert [(day.day, day.outcome, day.records) for day in days] == [(date(2025, 1, 5), "loaded", 1), (None, "failed", 0)]
    assert not list((tmp_path / "data" / "archives").rglob("*.parquet*"))  # a week is held once, in the tables
    assert not list((tmp_path / "data" / "archives").rglob("blobs/*"))
    again = backfill.backfill_published(settings_for(tmp_path / "data", url), how, None, Wanted(), SAID.append)
    assert [day.outcome for day in again] == ["held", "failed"]
    assert days[1].message == (
        "weeks/2025-01-08/models.parquet: no commit of hf://datasets/o/d/models.parquet near its date has its content, "
        "so that its day is not known; name it with --day"
    )
    assert served.fetched == ["weeks/2025-01-01/models.parquet"]


def test_a_pattern_finds_files_of_a_dataset_and_a_missing_one_is_said(datasets: tuple[type[Datasets], str], tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data", datasets[1])
    found = archive_files("hf://datasets/o/d/weeks/*/models.parquet", settings)
    assert [file.name for file in found] == [f"weeks/2025-01-0{day}/models.parquet" for day in (1, 8)]
    for source, told in (
        ("hf://datasets/o/d/none.parquet", "none.parquet is not in o/d at main"),
        ("hf://datasets/o/d/*.csv", "no file of o/d at main has such a name"),
        ("hf://models/o/d/x.parquet", "write it as hf://datasets"),
    ):
        with pytest.raises(UsageError, match=told):
            archive_files(source, settings)
    with pytest.raises(HubFailure, match="re-run the command to resume"):
        archive_files("hf://datasets/o/other/x.parquet", settings)


def test_the_commands_of_docs_history_lead_from_an_empty_folder_to_a_series_and_a_citation(
    datasets: tuple[type[Datasets], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served, url = datasets
    served.repo, served.files = "modelpulse/model-pulse-data", {}
    for month, days in (("2024-07", 1), ("2026-09", 2)):
        path = tmp_path / "made.parquet"
        rows = f"""select o || '/m' as id, date '{month}-01' + d::int as day, n * (10 + d) as dl30, null::bigint as dl_all, 1 as likes
          from range({days}) a(d), (values ('Qwen', 10), ('meta-llama', 20)) b(o, n)"""
        duckdb.execute(f"copy ({rows}) to '{path}' (format parquet)")
        served.files[f"series/{month}.parquet"] = path.read_bytes()
    monkeypatch.setenv("HF_ENDPOINT", url)
    monkeypatch.setenv("HUBWATCH_DATA", str(tmp_path / "data"))
    text = (Path(__file__).parents[2] / "docs/history.md").read_text("utf-8")
    lines = [shlex.split(line) for line in text.splitlines() if line.startswith("    hubwatch ")][:4]
    said = []
    for line in lines:
        assert hubwatch(*line[1:]) == 0, line
        said.append(capsys.readouterr())
    assert (said[0].out, said[0].err.count("\n"), "no rows" in said[0].err) == ("", 1, False)
    assert served.fetched == ["series/2024-07.parquet", "series/2026-09.parquet"]
    assert [row.split(",")[:5] for row in said[2].out.splitlines()[1:3]] == [
        ["2024-07-01", "archive:model-pulse", "US Big Tech", "200", "0.6666666666666666"],
        ["2024-07-01", "archive:model-pulse", "Chinese Big Tech", "100", "0.3333333333333333"],
    ]
    assert "Chinese Big Tech has 33.3%" in said[3].out


# --- the command line ---


def hubwatch(*arguments: str) -> int | None:
    """Run a command as the terminal does; its exit code."""
    before, sys.argv = sys.argv, ["hubwatch", *arguments]
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        sys.argv = before


def test_commands_of_the_past_and_upkeep_say_what_they_did_by_exit_code_and_json(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days_of_pages(settings)
    where = ("--data", str(settings.data))
    assert hubwatch("backfill", "pages", "--to", "2026-01-05", "--json", *where) == 0
    assert [one["records"] for one in json.loads(capsys.readouterr().out)] == [
        36,
        36,
        36,
        35,
        2,
        36,
    ]  # a record whose id can be read is a listing
    assert hubwatch("backfill", "pages", *where) == 1
    told = capsys.readouterr()
    assert told.err.splitlines()[-1].startswith("hubwatch: huggingface 2026-01-06 full: failed")
    assert hubwatch("verify", "--json", *where) == 1
    assert [(one["day"], one["fault"]) for one in json.loads(capsys.readouterr().out)] == [
        ("2026-01-03", "incomplete"),
        ("2026-01-06", "not_loaded"),
    ]
    assert hubwatch("verify", *where) == 1
    loads = f"`hubwatch backfill pages --hub huggingface --from 2026-01-06 --to 2026-01-06 --data {settings.data}`"
    assert loads in capsys.readouterr().out  # a cure is for the folder that was asked about
    assert hubwatch("prune", "--keep-days", "1", "--json", *where) == 0
    assert [one["day"] for one in json.loads(capsys.readouterr().out)] == [f"2026-01-0{day}" for day in (1, 2, 3, 4, 4, 5)]
    assert hubwatch("status", "--json", *where) == 1
    assert {one["hub"]: one["stale"] for one in json.loads(capsys.readouterr().out)} == {
        "huggingface": True,
        "modelscope": False,
        "wisemodel": False,
    }
    assert hubwatch("status", "--stale-days", "100000", *where) == 0
    capsys.readouterr()
    (tmp_path / "a.csv").write_text("x\n")
    for arguments, code, cure in (
        (("archive", str(tmp_path / "a.csv")), 2, "> mine.toml` drafts one; ready ones are economies, hub-stats"),
        (("archive", str(tmp_path / "a.csv"), "--mapping", "nope"), 2, "neither a file (.toml) nor one of economies, hub-stats"),
        (("window", "huggingface", "--since", "2025-01-02", "--until", "2025-01-01"), 2, "is not before"),
        (("window", "gitee", "--since", "2025-01-01", "--until", "2025-01-02"), 1, "is not a hub"),
        (("pages", "--from", "2030-01-01"), 2, "no kept pages"),
    ):
        assert hubwatch("backfill", *arguments, *where) == code
        assert cure in capsys.readouterr().err


def test_a_saved_page_brings_in_the_models_it_links_to(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "saved.html"
    page.write_text(
        '<html><body><p>models</p><a href="/models/o/a">a</a><a href="https://wisemodel.cn/models/o/b/intro">b</a></body></html>'
    )
    asked = ("backfill", "archive", "--hub", "wisemodel", "--day", "2026-01-02", str(page), "--data", str(settings.data))
    assert hubwatch(*asked) == 0
    with publishing.open_published(settings.data) as con:
        rows = con.execute(
            "select hub, model_id, repo_kind, downloads_30d, downloads_total, likes, source from observations join listings using (hub, model_id) order by 2"
        )
        assert rows.fetchall() == [("wisemodel", name, "model", None, None, None, "archive:saved-pages") for name in ("o/a", "o/b")]
    assert hubwatch(*asked[:2], *asked[4:]) == 2
    assert "say which hub the page is of" in capsys.readouterr().err
