"""The command line's promises: one plain line an error, the cure in it, exit codes 0, 1, 2."""

import json
import os
import re
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from hubwatch import __version__, statistics
from hubwatch.cli.running import show_run
from hubwatch.clock import today
from hubwatch.outcomes import HubResult, RunResult
from hubwatch.sandbox.server import Sandbox
from hubwatch.store import publishing
from tests.conftest import ROOT, hubwatch
from tests.kept import keep, record


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "--day", "tomorrow"], "--day tomorrow is not a date; write it as YYYY-MM-DD"),
        (["run", "--sweep", "half"], "sweep half is not known; sweeps are full, head, new, owners"),
        (["run", "--sweep", "owners"], "--sweep owners needs at least one --owner"),
        (["run", "--owner", ""], "--sweep owners needs at least one --owner"),
        (["run", "--owner", ".."], "'..' is no owner's name"),
        (["run", "--owner", "a/../b"], "'a/../b' is no owner's name"),
        (["run", "--owner", "a" * 300], "is no owner's name"),
        (["run", "--day", ""], "--day '' is not a date"),
        (["run", "--sweep", "new", "--since", ""], "--since '' is not a date"),
        (["run", "--day", "2999-01-01"], "2999-01-01 is in the future"),
        (["run", "huggingface", "--day", "0001-01-01", "--sweep", "new"], "0001-01-01 is before any hub"),
        (["run", "--sweep", "new", "--since", "0001-01-01"], "0001-01-01 is before any hub"),
        (["backfill", "window", "huggingface", "--since", "0001-01-01", "--until", "2026-01-01"], "0001-01-01 is before any hub"),
        (["run", "--data", ""], "--data '' is not a folder"),
        (["demo", "--data", ""], "--data '' is not a folder"),
        (["load", "--day", ""], "--day '' is not a date"),
        (["backfill", "pages", "--from", ""], "--from '' is not a date"),
        (["stats", "releases", "--day", ""], "--day '' is not a date"),
        (["orgs", "unknown", "--day", ""], "--day '' is not a date"),
        (["flags", "--day", ""], "--day '' is not a date"),
        (["stats", "releases", "--policy", ""], "--policy '' is empty"),
        (["cite", "releases", "--set", "by="], "--by '' is empty"),
        (["orgs", "explain", ""], "NAME must not be empty"),
        (["prune", "--keep-days", "999999999"], "--keep-days"),
        *(([command], "hubwatch-data does not exist; run `hubwatch run` first") for command in ("status", "prune", "classify", "publish")),
        *(
            ([*command.split(), "--data", place], "/dev/null is a file; name a folder with --data")
            for command in ("status", "measure", "run", "doctor", "stats releases", "backfill pages", "demo")
            for place in ("/dev/null", "/dev/null/below")
        ),
        (["run", "--since", "2026-01-01"], "since 2026-01-01 belongs to the sweep new, not to full; add --sweep new"),
        (["run", "--limit", "0"], "--limit"),
        (["run", "--nonsense"], "No such option: --nonsense"),
        (["models", "Qwen/Qwen3-8B"], "hubwatch models takes explain; see hubwatch models --help"),
        (["stats", "download-share", "--format", "xml"], "--format xml is not known"),
        (["load", "huggingface"], "run `hubwatch collect`"),
        (["stats", "leaders", "--set", "by=kind", "--by", "country"], "--set by is given as --by, too"),
        (["backfill", "window", "huggingface", "--since", "2026-02-01", "--until", "2026-01-01"], "--until"),
        (["backfill", "pages", "--from", "2026-02-01", "--to", "2026-01-01"], "is after --to"),
        (["backfill", "window", "--nonsense"], "(see hubwatch backfill window --help)"),
    ],
)
def test_wrong_usage_is_one_line_with_the_cure_and_exit_2(tmp_path: Path, arguments: list[str], told: str) -> None:
    done = hubwatch(tmp_path, *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert told in done.stderr
    assert not (tmp_path / "hubwatch-data").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "github"], "'github' is not a hub; hubs are huggingface, modelscope, wisemodel"),
        (["collect", "hugingface"], "'hugingface' is not a hub; did you mean huggingface?"),
        (["doctor", ""], "'' is not a hub"),
        (["stats", "releases", "--set", "hub=nohub"], "'nohub' is not a hub"),
        (["orgs", "list", "--policy", "tigers"], "--policy tigers is not known; did you mean six-tigers?"),
        (["backfill", "archive", "model-puls"], "did you mean model-pulse or "),
    ],
)
def test_an_unknown_name_is_one_line_with_those_like_it_and_exit_1(tmp_path: Path, arguments: list[str], told: str) -> None:
    done = hubwatch(tmp_path, *arguments)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.stderr
    assert told in done.stderr
    assert not (tmp_path / "hubwatch-data").exists()


@pytest.fixture(scope="module")
def one_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one day of one hub was run."""
    folder = tmp_path_factory.mktemp("one-day")
    with Sandbox(huggingface=[record("a/b")]) as sandbox:
        assert hubwatch(folder, "run", "huggingface", "--day", "2026-01-02", **sandbox.endpoints).returncode == 0
    return folder


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nosuch"], 1, "there is no statistic 'nosuch'"),
        (["releases", "--by", "colour"], 1, "there is no by 'colour'"),
        (["download-share", "--metric", "stars"], 1, "there is no metric 'stars'"),
        (["download-share", "--policy", "mine"], 1, "there is no policy 'mine'"),
        (["download-share", "--hub", "huggingface", "--day", "2020-01-01"], 1, "2020-01-01"),
        (["download-share", "--set", "colour=red"], 2, "download_share takes no colour; it takes hub"),
    ],
)
def test_an_unknown_name_or_day_exits_1_and_a_parameter_that_a_statistic_lacks_is_wrong_usage(
    one_day: Path, arguments: list[str], code: int, told: str
) -> None:
    done = hubwatch(one_day, "stats", *arguments)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (code, "", 1)
    assert told in done.stderr


def test_reading_before_the_first_run_says_what_to_do(tmp_path: Path) -> None:
    done = hubwatch(tmp_path, "stats", "download-share")
    assert done.returncode == 1
    assert "run `hubwatch run`" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_size_that_is_none_is_refused_by_its_variable(tmp_path: Path) -> None:
    done = hubwatch(tmp_path, "status", HUBWATCH_MEMORY_LIMIT="much")
    assert (done.returncode, done.stderr) == (
        2,
        "hubwatch: HUBWATCH_MEMORY_LIMIT='much' is not usable: is no size such as 1GB or 512MB; correct or unset it\n",
    )


def test_verify_takes_no_wrong_folder_for_a_sound_one(tmp_path: Path) -> None:
    done = hubwatch(tmp_path, "verify", "--data", "elsewhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert "elsewhere; run `hubwatch run`, or point --data at where it is" in done.stderr


def test_loading_a_day_that_was_not_collected_names_those_that_were(tmp_path: Path) -> None:
    with Sandbox(huggingface=[record("a/b")]) as sandbox:
        assert hubwatch(tmp_path, "collect", "huggingface", "--day", "2026-01-02", **sandbox.endpoints).returncode == 0
    done = hubwatch(tmp_path, "load", "huggingface", "--day", "2026-01-03")
    assert done.returncode == 2
    assert "no kept pages of huggingface for 2026-01-03; the last kept are huggingface 2026-01-02 full" in done.stderr


def test_a_day_on_which_nothing_was_observed_is_not_a_day_without_doubts(tmp_path: Path) -> None:
    with Sandbox(huggingface=[record("a/b")]) as sandbox:
        assert hubwatch(tmp_path, "run", "huggingface", "--day", "2026-01-02", **sandbox.endpoints).returncode == 0
    assert hubwatch(tmp_path, "flags", "--day", "2026-01-02").returncode == 0
    done = hubwatch(tmp_path, "flags", "--day", "2026-01-03")
    assert (done.returncode, done.stderr) == (1, "hubwatch: no hub was observed on 2026-01-03; leave --day out for all days\n")


def test_rows_on_a_terminal_are_a_table_where_it_is_wide_enough_else_a_block_each(capsys: pytest.CaptureFixture[str]) -> None:
    columns, rows = ("hub", "records", "detail", "empty"), [("huggingface", 1234, "x" * 40, None), ("modelscope", 7, None, None)]
    for width in (80, 40):
        Console(width=width).print(statistics.as_table(columns, rows, width))
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].split() == ["hub", "records", "detail"]
        assert [line.split() for line in lines if line.startswith("modelscope")] == [["modelscope", "7"]]
    Console(width=20).print(statistics.as_table(columns, rows, 20))
    assert capsys.readouterr().out.split()[:6] == ["hub", "huggingface", "records", "1,234", "detail", "x" * 11]


def test_figures_are_never_broken_however_narrow_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    downloads = 663165214000
    with Sandbox(huggingface=[record("Qwen/b", downloads=downloads), record("who-is-this-xyz/b", downloads=1)]) as sandbox:
        hubwatch(tmp_path, "run", "huggingface", **sandbox.endpoints)
    with publishing.open_published(tmp_path / "hubwatch-data") as con:
        result = statistics.run(con, "download_share", hub="huggingface", by="organization")
    for width in (30, 60, 80, 100):
        Console(width=width).print(result.to_table(width=width))
        told = capsys.readouterr().out
        assert "663,165,214,000" in told
        assert any("group" in line and "share_range" in line for line in told.splitlines()) == (width >= 80), told


def test_an_unreachable_hub_fails_with_its_name_and_no_traceback(tmp_path: Path) -> None:
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "HUBWATCH_ATTEMPTS": "2"}
    done = hubwatch(tmp_path, "run", "huggingface", "--json", **nowhere)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("hubwatch: huggingface: failed")
    got = json.loads(done.stdout)
    assert got["hubs"]["huggingface"]["complete"] is False
    assert got["hubs"]["huggingface"]["requests"] == 2


def test_the_json_of_a_run_has_the_promised_shape(tmp_path: Path) -> None:
    with Sandbox(huggingface=[record("a/b")]) as sandbox:
        done = hubwatch(tmp_path, "run", "huggingface", "--json", "--day", "2026-01-02", **sandbox.endpoints)
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert set(got) == {"day", "hubs", "published"}
    assert got["day"] == "2026-01-02"
    assert set(got["hubs"]["huggingface"]) == {"complete", "records", "rejected", "requests", "retries", "message"}
    assert Path(got["published"]).exists()


def test_on_request_every_event_is_a_line_of_json(tmp_path: Path) -> None:
    with Sandbox(huggingface=[record("a/b")]) as sandbox:
        done = hubwatch(tmp_path, "run", "huggingface", **sandbox.endpoints, HUBWATCH_LOG="json")
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(one["event"], one.get("stage"), one.get("status")) for one in told] == [
        ("progress", None, None),
        *(("run", stage, "done") for stage in ("collect", "load", "classify", "link", "measure", "publish")),
    ]
    assert (told[0]["hub"], told[0]["records"], told[0]["ended"]) == ("huggingface", 1, True)
    assert told[1]["requests"] == 1
    refused = hubwatch(tmp_path, "status", HUBWATCH_LOG="xml")
    assert (refused.returncode, refused.stderr.count("HUBWATCH_LOG")) == (2, 1)


def test_a_share_in_json_has_the_promised_columns(tmp_path: Path) -> None:
    with Sandbox(huggingface=[record("Qwen/b"), record("who-is-this-xyz/b")]) as sandbox:
        hubwatch(tmp_path, "run", "huggingface", **sandbox.endpoints)
    done = hubwatch(tmp_path, "stats", "download_share", "--by", "country", "--hub", "huggingface", "--format", "json")
    rows = json.loads(done.stdout)["rows"]
    assert [(row["group"], row["value"], row["share"], row["share_low"], row["share_high"], row["models"]) for row in rows] == [
        ("CN", 10, 0.5, 0.5, 1.0, 1),
        ("unknown", 10, 0.5, 0.0, 0.5, 1),
    ]


def test_the_version_is_told(tmp_path: Path) -> None:
    done = hubwatch(tmp_path, "--version")
    assert (done.returncode, done.stdout.strip()) == (0, __version__)


def test_a_traceback_comes_with_debug_alone(tmp_path: Path) -> None:
    assert "Traceback" in hubwatch(tmp_path, "--debug", "run", "github").stderr


def test_every_stage_tells_what_it_did_in_json(tmp_path: Path) -> None:
    with Sandbox(huggingface=[record("Qwen/b"), record("who-is-this-xyz/b")]) as sandbox:
        assert hubwatch(tmp_path, "run", "huggingface", **sandbox.endpoints).returncode == 0
    told = {stage: json.loads(hubwatch(tmp_path, stage, "--json").stdout) for stage in ("classify", "link", "measure", "publish")}
    assert told["classify"] == {"stage": "classify", "namespaces": 2}
    assert told["link"] == {"stage": "link", "listings": 2, "models": 2, "on_several_hubs": 0, "mirrors": 0, "derivations": 0}
    assert told["measure"].keys() == {"stage", "statistics", "flags"}
    assert told["publish"] == {"stage": "publish", "published": str(tmp_path / "hubwatch-data/hubwatch.duckdb")}
    assert hubwatch(tmp_path, "link").stdout.startswith("link: done, 2 listings, 2 models, ")
    assert hubwatch(tmp_path, "link", "--format", "csv").stdout == (
        "stage,listings,models,on_several_hubs,mirrors,derivations\nlink,2,2,0,0,0\n"
    )
    assert (
        hubwatch(tmp_path, "link", "--format", "xml").stderr == "hubwatch: --format xml is not known; it is table, json, csv or markdown\n"
    )


def test_a_run_is_told_in_words_as_json_or_as_a_row_for_each_hub(capsys: pytest.CaptureFixture[str]) -> None:
    hubs = {
        "huggingface": HubResult(complete=True, records=1234, requests=2, retries=1),
        "modelscope": HubResult(failed=True, message="no"),
    }
    result = RunResult(day=date(2026, 1, 2), hubs=hubs, published="/here/hubwatch.duckdb")
    show_run(result, "table")
    assert capsys.readouterr().out.splitlines() == [
        "huggingface: complete, 1,234 records, 0 rejected, 2 requests (1 retry)",
        "modelscope: failed, 0 records, 0 rejected, 0 requests (0 retries): no",
        "published /here/hubwatch.duckdb",
    ]
    show_run(result, "csv")
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "day,hub,complete,records,rejected,requests,retries,message",
        "2026-01-02,huggingface,True,1234,0,2,1,",
        "2026-01-02,modelscope,False,0,0,0,0,no",
    ]
    assert told.err == "published /here/hubwatch.duckdb\n"


def in_shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A line of shell in which `hubwatch` is ours."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    ours = f'hubwatch() {{ {shlex.quote(sys.executable)} -m hubwatch "$@"; }}; {line}'
    return subprocess.run(["sh", "-c", ours], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_output_that_cannot_be_written_is_an_error_of_one_line_and_output_that_nobody_wants_is_none(tmp_path: Path) -> None:
    full = in_shell(tmp_path, "hubwatch stats > /dev/full")
    assert (full.returncode, full.stderr) == (
        1,
        "hubwatch: [Errno 28] No space left on device; make room there; the same command then goes on\n",
    )
    closed = in_shell(tmp_path, "mkdir kept; hubwatch prune --data kept >&-")
    assert (closed.returncode, closed.stderr) == (0, "freed 0 bytes of 0 sweeps\n")


def test_an_interrupt_while_modules_are_still_imported_ends_in_one_line(tmp_path: Path) -> None:
    press = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where these tests run in the background
class Pressed:
    def find_spec(self, name, *_):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Pressed())
from hubwatch.__main__ import main
sys.argv = ["hubwatch", "--version"]
main()
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", press], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "hubwatch: stopped before anything was begun\n")


def test_the_line_for_cron_publishes_what_is_whole_and_ends_with_the_code_of_what_is_not(tmp_path: Path) -> None:
    (line,) = re.findall(r"^    0 6 \* \* \*  (hubwatch --quiet build)$", (ROOT / "docs/scheduling.md").read_text("utf-8"), re.MULTILINE)
    data = tmp_path / "hubwatch-data"
    keep(data, today(), [record("a/b")])
    keep(data, today(), [], hub="modelscope", finished=False)
    done = in_shell(tmp_path, line)
    assert done.returncode == 1
    assert f"hubwatch: modelscope {today()} full: incomplete" in done.stderr
    with publishing.open_published(data) as con:
        assert con.execute("select hub, complete from days order by hub").fetchall() == [("huggingface", True), ("modelscope", False)]
    (data / "pages/modelscope").rename(data / "away")
    assert in_shell(tmp_path, line).returncode == 0
