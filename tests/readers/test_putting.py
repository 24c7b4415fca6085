"""A version of an export on a hub and in a repository: data card, what changed, nothing unasked, no token anywhere."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml
from huggingface_hub import DatasetCard

import hubwatch
from hubwatch.errors import HubFailure, UsageError
from hubwatch.readers import Put, place, put_version
from tests.conftest import hubwatch as command
from tests.conftest import settings_for
from tests.readers.conftest import publish_days
from tests.readers.datasets_hub import TOKEN, DatasetsHub

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of the hub's own client
REPO, TO = "someone/figures", "hf://datasets/someone/figures"
ONLY = ("latest", "origins", "observations", "download_share")


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file of the same days, with another count and another label."""
    data = publish_days(tmp_path_factory.mktemp("later") / "data", qwen=600)
    with duckdb.connect(str(data / "hubwatch.duckdb")) as con:
        con.execute("update origins set organization = 'Alibaba Cloud' where namespace = 'Qwen'")
        con.execute("update origins set organization = 'X', country = 'US', kind = 'company' where namespace = 'who-is-this-xyz'")
    return data


@pytest.fixture
def hub() -> Iterator[DatasetsHub]:
    with DatasetsHub() as served:
        yield served


def put(data: Path, hub: DatasetsHub, token: str = TOKEN, private: bool = False, dry_run: bool = False) -> Put:
    settings = settings_for(data, hub.endpoint, HF_TOKEN=token)
    with hubwatch.open(data) as db:
        return put_version(db, place(TO, settings, private), only=ONLY, dry_run=dry_run)


def section(changes: str, heading: str) -> list[str]:
    return changes.partition(f"### {heading}\n\n")[2].partition("\n\n#")[0].splitlines()


def test_a_first_version_has_files_card_and_says_that_it_is_the_first(published: Path, hub: DatasetsHub) -> None:
    done = put(published, hub)
    files = hub.files(REPO)
    assert done.address == f"{hub.endpoint}/datasets/{REPO}/tree/{hub.commits[REPO][-1].oid}"
    assert {*done.sizes} == {*files} - {".gitattributes"}
    assert {name: len(body) for name, body in files.items() if name in done.sizes} == done.sizes
    assert {"main/latest.parquet", "statistics/download_share.parquet", "LICENSE.md", "SHA256SUMS"} <= {*files}
    assert hub.commits[REPO][-1].title == "Version 1 (data to 2026-03-02)"
    assert "The first version: 4 files" in files["CHANGES.md"].decode()
    assert not hub.private[REPO]
    assert "PUT" in {one.split()[0] for one in hub.asked}


def test_the_card_is_what_the_hub_reads(published: Path, hub: DatasetsHub) -> None:
    put(published, hub)
    text = hub.files(REPO)["README.md"].decode()
    card = vars(DatasetCard(text).data)
    assert (card["license"], card["license_name"], card["license_link"]) == ("other", "apache-2.0-and-terms-of-sources", "LICENSE.md")
    assert card["size_categories"] == ["n<1K"]
    assert card["tags"] == ["hubwatch", "model-hubs", "downloads", "huggingface"]
    configs = yaml.safe_load(text.split("---")[1])["configs"]
    assert configs[0] == {"config_name": "latest", "data_files": "main/latest.parquet", "default": True}
    assert configs[-1]["config_name"] == "download_share"
    assert sorted(one["data_files"] for one in configs) == sorted(name for name in hub.files(REPO) if name.endswith(".parquet"))
    assert "| `main/latest.parquet` | 3 |" in text


def test_the_next_version_says_what_changed_and_keeps_what_was_said(published: Path, later: Path, hub: DatasetsHub) -> None:
    first = put(published, hub)
    done = put(later, hub)
    assert done.state.number == 2
    assert section(done.changes, "Rows")[2:] == ["| download_share | 3 | 2 | -1 |"]
    assert "| huggingface | whole | downloads_30d | 1,000 (2026-03-02) | 900 (2026-03-02) | -100 |" in section(done.changes, "Totals")
    assert section(done.changes, "Labels") == [
        "Namespaces that gained a label: 1; lost theirs: 0; have another: 1 (six-tigers).",
        "",
        "- huggingface Qwen: Alibaba (CN, big_tech) -> Alibaba Cloud (CN, big_tech)",
        "- huggingface who-is-this-xyz: none -> X (US, company)",
    ]
    moved = [line.split(" | ")[1:5] for line in section(done.changes, "Headline figures") if "by country" in line]
    assert moved == [
        ["CN", "70.0% (70.0% to 80.0%)", "66.7% (66.7% to 66.7%)", "-3.33"],
        ["US", "20.0% (20.0% to 30.0%)", "33.3% (33.3% to 33.3%)", "+13.33"],
        ["unknown", "10.0% (0.0% to 10.0%)", "none", "-10.00"],
    ]
    assert "| 2026-03-02, whole, downloads_30d, six-tigers |" in done.changes
    told = hub.files(REPO)["CHANGES.md"].decode()
    assert told.startswith("# Changes from version to version\n\n## Version 2 (data to 2026-03-02)\n\nAfter version 1")
    assert told.endswith(first.changes)
    assert "-100" in hub.commits[REPO][-1].description


def test_a_version_that_is_there_is_not_put_again(published: Path, hub: DatasetsHub) -> None:
    put(published, hub)
    assert put(published, hub).address is None
    assert len(hub.commits[REPO]) == 2


def test_a_dry_run_puts_nothing(published: Path, later: Path, hub: DatasetsHub) -> None:
    done = put(published, hub, dry_run=True)
    assert (done.address, done.state.number, hub.commits) == (None, 1, {})
    assert hub.asked == [f"GET /api/datasets/{REPO}"]
    put(published, hub)
    assert "66.7%" in put(later, hub, dry_run=True).changes
    assert len(hub.commits[REPO]) == 2


def test_what_the_new_version_lacks_is_taken_away_and_other_files_stay(published: Path, hub: DatasetsHub) -> None:
    put(published, hub)
    hub.commits[REPO][-1].files["notes.txt"] = b"mine"
    settings = settings_for(published, hub.endpoint, HF_TOKEN=TOKEN)
    with hubwatch.open(published) as db:
        done = put_version(db, place(TO, settings), "csv", ("latest",))
    assert done.stale == ("main/latest.parquet", "main/observations.parquet", "main/origins.parquet", "statistics/download_share.parquet")
    assert not [name for name in hub.files(REPO) if name.endswith(".parquet")]
    assert hub.files(REPO)["notes.txt"] == b"mine"
    assert section(done.changes, "Labels") == ["Not compared: one of the versions has no origins."]


def test_a_dataset_of_somebody_else_is_not_written_over(published: Path, hub: DatasetsHub) -> None:
    put(published, hub)
    del hub.commits[REPO][-1].files["version.json"]
    with pytest.raises(
        UsageError, match=r"holds \.zenodo\.json, CHANGES\.md, CITATION\.cff, which no export put there; name an empty place"
    ):
        put(published, hub)


def test_without_a_token_that_may_write_the_fix_is_said_and_no_token_is(published: Path, hub: DatasetsHub) -> None:
    for token, told in (("hf_another", r"refuses \(401\)"), ("", "there is no token to upload with")):
        with pytest.raises(HubFailure, match=rf"{told}[:;] log in with `hf auth login`, or set HF_TOKEN") as refused:
            put(published, hub, token=token)
        assert "another" not in str(refused.value)
    assert "whoami" not in str(hub.asked)
    assert hub.commits == {}


def test_a_version_put_by_somebody_else_meanwhile_is_not_written_over(published: Path, later: Path, hub: DatasetsHub) -> None:
    put(published, hub)
    there = place(TO, settings_for(later, hub.endpoint, HF_TOKEN=TOKEN))
    there.held()
    hub.commit(REPO, [{"key": "header", "value": {"summary": "theirs", "description": ""}}])
    (later / "figures.csv").write_text("ours")
    with pytest.raises(HubFailure, match=r"changed meanwhile \(412\); run the command again"):
        there.put(later, ["figures.csv"], [], "ours", "")
    assert "figures.csv" not in hub.files(REPO)


def test_the_command_puts_a_version_and_cites_its_address(later: Path, hub: DatasetsHub) -> None:
    variables = {"HF_ENDPOINT": hub.endpoint, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    asked = ("export", "--to", TO, "--only", "latest", "--private", "--data", str(later))
    would = command(later, *asked, "--dry-run", **variables)
    assert (would.returncode, hub.commits) == (0, {}), would.stderr
    assert would.stdout.startswith(f"would put version 1 (data to 2026-03-02) at {TO}: ")
    assert "main/latest.parquet  " in would.stdout
    done = command(later, *asked, **variables)
    assert done.returncode == 0, done.stderr
    address = f"{hub.endpoint}/datasets/{REPO}/tree/{hub.commits[REPO][-1].oid}"
    assert done.stdout.splitlines()[-1].endswith(f" at {address}")
    assert hub.private[REPO]
    everything = done.stdout + done.stderr + would.stdout + "".join(str(body) for body in hub.files(REPO).values())
    assert TOKEN not in everything
    record = json.loads(hubwatch.open(later).cite("download-share", "CN", hub="huggingface").to_json())
    assert record["file_address"] == address
    assert f"Published at: {address}" in hubwatch.open(later).cite("download-share", "CN", hub="huggingface").to_text()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository" / "figures"
    folder.mkdir(parents=True)
    for words in (("init", "--quiet"), ("config", "user.name", "Somebody"), ("config", "user.email", "somebody@example.org")):
        subprocess.run(["git", "-C", str(folder.parent), *words], check=True)
    (folder.parent / "README.md").write_text("of the repository")
    return folder


def git(folder: Path, *words: str) -> list[str]:
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True).stdout.splitlines()


def test_a_folder_of_a_repository_gets_a_commit_for_each_version(published: Path, later: Path, repository: Path) -> None:
    settings = settings_for(published)
    with hubwatch.open(published) as db:
        first = put_version(db, place(str(repository), settings), only=(*ONLY, "days"))
        assert put_version(db, place(str(repository), settings), only=(*ONLY, "days")).address is None
    assert str(first.address).startswith(f"{repository}, commit ")
    with hubwatch.open(later) as db:
        second = put_version(db, place(str(repository), settings), only=ONLY)
    assert git(repository, "log", "--format=%s") == ["Version 2 (data to 2026-03-02)", "Version 1 (data to 2026-03-02)"]
    assert second.stale == ("main/days.parquet",)
    assert sorted(git(repository, "ls-files", ".")) == sorted(second.sizes)
    assert [line.split()[-1].split("/")[-1] for line in git(repository, "status", "--porcelain")] == ["README.md"]  # the repository's own
    assert "have another: 1" in (repository / "CHANGES.md").read_text("utf-8")


def test_what_somebody_changed_in_the_folder_is_not_written_over(published: Path, later: Path, repository: Path) -> None:
    settings = settings_for(published)
    with hubwatch.open(published) as db:
        put_version(db, place(str(repository), settings), only=ONLY)
    (repository / "README.md").write_text("mine")
    with hubwatch.open(later) as db, pytest.raises(UsageError, match=r"has uncommitted changes in figures/README\.md; commit them"):
        put_version(db, place(str(repository), settings), only=ONLY)
    assert (repository / "README.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("hf://models/a/b", "is not a place for an export; write hf://datasets/OWNER/NAME"),
        ("s3://bucket/x", "is not a place for an export"),
        ("hf://datasets/only-one", "is not a place for an export"),
        ("nowhere", "is not a folder"),
        (".", "is not a git repository; run `git init` in it"),
    ],
)
def test_other_places_are_refused_with_what_can_be_named(tmp_path: Path, to: str, said: str) -> None:
    os_folder = os.getcwd()
    os.chdir(tmp_path)
    try:
        with pytest.raises(UsageError, match=said.replace("(", r"\(")):
            place(to, settings_for(tmp_path / "data"))
    finally:
        os.chdir(os_folder)


def test_the_command_wants_a_folder_or_a_place(published: Path, tmp_path: Path) -> None:
    for words in (("out", "--to", TO), ("out", "--private")):
        done = command(tmp_path, "export", *words, "--data", str(published))
        assert done.returncode == 2, words
        assert "--to" in done.stderr
