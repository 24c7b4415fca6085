"""Every command that the README shows is run, as a user would run it: in an empty folder, with nothing but a demo before."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hubwatch import open as opened
from hubwatch.sandbox.sample import latest_records
from hubwatch.sandbox.server import Sandbox
from hubwatch.store import publishing
from tests.conftest import ROOT, hubwatch

README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL) for line in block.splitlines() if line]
SQL = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def folder(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo was run, to work in."""
    made = tmp_path_factory.mktemp("user") / "folder"
    shutil.copytree(demo, made)
    assert "database: hubwatch-data/demo/hubwatch.duckdb" in (made / "said.txt").read_text()
    assert (made / "hubwatch-data/demo/report/index.html").stat().st_size > 10_000
    return made


@pytest.fixture(scope="module")
def hubs() -> Iterator[dict[str, str]]:
    served: dict[str, Any] = latest_records()
    for model in served["modelscope"]:  # the sample's sources do not tell these times, which the hubs always do
        model |= {"CreatedTime": 1700000000, "LastUpdatedTime": 1700000000}
    for project in served["wisemodel"]:
        project |= {"created_at": "2024-01-01T00:00:00Z", "last_activity_at": "2024-01-01T00:00:00Z"}
    with Sandbox(**served) as sandbox:
        yield sandbox.endpoints


def shares(text: str) -> list[tuple[str, float]]:
    """Group and share of the rows of a printed table, in order."""
    return [(found[1], float(found[2])) for line in text.splitlines() if (found := re.match(r"(\w+) +[\d,]+ +([\d.]+)%", line))]


def test_the_output_that_the_readme_shows_is_what_comes(folder: Path) -> None:
    table, sentence = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    asked = ("download-share", "--hub", "huggingface", "--by", "country", "--data", "hubwatch-data/demo")
    printed = hubwatch(folder, "stats", *asked).stdout
    assert printed.splitlines()[:3] == table.splitlines()[:3]
    assert [(group, round(share)) for group, share in shares(printed)[:3]] == [(group, round(share)) for group, share in shares(table)]
    assert {line.split(":")[0] for line in table.splitlines()[7:]} <= {line.split(":")[0] for line in printed.splitlines()}
    said = hubwatch(folder, "cite", *asked, "--group", "CN").stdout.splitlines()[0]
    assert re.sub(r"[\d,.]+", "N", said) == re.sub(r"[\d,.]+", "N", sentence.strip())


def test_the_readme_shows_commands_at_all() -> None:
    assert len(COMMANDS) >= 20
    assert all(command.startswith("hubwatch ") for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_does_its_work(folder: Path, hubs: dict[str, str], command: str) -> None:
    done = hubwatch(folder, *shlex.split(command)[1:], **hubs)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.strip()


def test_the_sql_of_the_readme_gives_rows(folder: Path) -> None:
    with publishing.open_published(folder / "hubwatch-data" / "demo") as con:
        rows = con.execute(SQL[0]).fetchall()
    assert {"big_tech", "ai_tiger", "company"} <= {row[0] for row in rows}


def test_the_python_of_the_readme_prints_a_share_and_rows(folder: Path) -> None:
    code = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, rows = done.stdout.splitlines()
    assert first.startswith("CN Share of downloads, huggingface on 2026-05-20")
    assert "Chinese Big Tech" in rows


def test_the_demo_holds_three_hubs_over_several_days(folder: Path) -> None:
    with publishing.open_published(folder / "hubwatch-data" / "demo") as con:
        listed = dict(con.execute("select hub, count(*) from listings group by hub").fetchall())
        days = dict(con.execute("select hub, count(*) from days group by hub").fetchall())
        shared = con.execute("select count(*) from models where len(hubs) > 1").fetchall()[0][0]
    assert listed["huggingface"] >= 1500
    assert set(listed) == {"huggingface", "modelscope", "wisemodel"}
    assert days["huggingface"] >= 3
    assert shared > 50


def test_a_demo_never_empties_a_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    done = hubwatch(tmp_path, "demo", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "holds something else than a demo" in done.stderr
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_models_explain_says_which_listings_are_one_model_and_why(folder: Path) -> None:
    told = hubwatch(folder, "models", "explain", "Qwen/Qwen3-8B", "--data", "hubwatch-data/demo", "--format", "csv")
    assert told.returncode == 0, told.stderr
    first, header, *rows = told.stdout.splitlines()
    assert first.startswith("huggingface:Qwen/Qwen3-8B: Qwen3-8B by Alibaba, on huggingface, modelscope; first created on huggingface, ")
    assert header.split(",") == ["hub", "model_id", "tier", "evidence", "is_mirror", "family"]
    assert [row.split(",")[:3] for row in rows] == [
        ["huggingface", "Qwen/Qwen3-8B", "same_id"],
        ["modelscope", "Qwen/Qwen3-8B", "same_id"],
    ]
    listings = json.loads(hubwatch(folder, "models", "explain", "Qwen/Qwen3-8B", "--data", "hubwatch-data/demo", "--json").stdout)[0][
        "listings"
    ]
    assert listings[1]["evidence"] == "equal id as huggingface:Qwen/Qwen3-8B; both namespaces are of Alibaba"
    unknown = hubwatch(folder, "models", "explain", "qwen/qwen3-8b", "--data", "hubwatch-data/demo")
    assert (unknown.returncode, unknown.stderr) == (1, "hubwatch: no hub lists qwen/qwen3-8b here; did you mean Qwen/Qwen3-8B?\n")


def test_the_mapping_that_the_readme_shows_reads_an_archive(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(re.findall(r"```toml\n(.*?)```", README, re.DOTALL)[0], "utf-8")
    (tmp_path / "figures.csv").write_text(
        "day,model_id,downloads,likes,created_at\n2026-01-01,a/b,5,,2025-01-01\n2026-01-01,a/c,,3,\n", "utf-8"
    )
    done = hubwatch(folder, "backfill", "archive", str(tmp_path / "figures.csv"), "--mapping", str(tmp_path / "my.toml"), "--data", "own")
    assert done.returncode == 0, done.stderr
    assert (
        "huggingface 2026-01-01 loaded: 2 listings, 0 rejected, 0 duplicates; downloads_30d (rolling 30 days) of 1, likes of 1"
        in done.stderr
    )


def test_the_export_that_the_readme_shows_is_valid_and_loads_again_to_the_same_figures(folder: Path) -> None:
    from frictionless import Package

    out = folder / "hubwatch-export"
    if not out.exists():
        hubwatch(folder, "export", "hubwatch-export", "--format", "csv", "--data", "hubwatch-data/demo")
    found = Package(str(out / "datapackage.json")).validate()
    assert (found.valid, len(found.tasks) > 60) == (True, True)
    script = re.sub(r"\('(main|store|facts)/", rf"('{out}/\1/", (out / "load.sql").read_text("utf-8"))
    with duckdb.connect(str(out.parent / "again.duckdb")) as con:
        con.execute(script)
    asked: dict[str, Any] = {"hub": "huggingface", "by": "country"}
    with opened(folder / "hubwatch-data/demo") as ours, opened(folder / "again.duckdb") as again:
        assert again.cite("download-share", "CN", **asked).id == ours.cite("download-share", "CN", **asked).id
