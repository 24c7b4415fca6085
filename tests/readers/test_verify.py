"""A referee's tour: a saved record against the database it came from, against a copy, and against one in which something changed."""

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

import hubwatch
from hubwatch.readers import Database, read_record, verify
from tests.readers.conftest import publish_days

QUESTION: dict[str, Any] = {"hub": "huggingface", "by": "country"}


@pytest.fixture(scope="module")
def record(published: Path) -> dict[str, Any]:
    """The record as a referee gets it."""
    return dict(json.loads(hubwatch.open(published).cite("download-share", "CN", **QUESTION).to_json()))


def changed(published: Path, folder: Path, *statements: str) -> Database:
    """A copy of the published file in which somebody changed something."""
    shutil.copy(published / "hubwatch.duckdb", folder / "copy.duckdb")
    (folder / "copy.duckdb").chmod(0o644)
    with duckdb.connect(str(folder / "copy.duckdb")) as con:
        for statement in statements:
            con.execute(statement)
    return hubwatch.open(folder / "copy.duckdb")


def test_a_record_holds_everything_a_referee_needs(record: dict[str, Any], published: Path) -> None:
    assert record["hubwatch_version"] == hubwatch.__version__
    assert len(record["file_sha256"]) == 64
    assert record["facts_version"] in hubwatch.open(published).cite("download-share", **QUESTION).to_text()
    assert f"--data {published}" in record["rerun"]
    row = duckdb.connect(str(published / "hubwatch.duckdb"), read_only=True).execute(record["query"]).fetchall()
    assert [(one[0], one[1]) for one in row] == [("CN", 700)]


def test_what_is_printed_names_no_folder_of_ours(published: Path) -> None:
    cited = hubwatch.open(published).cite("download-share", **QUESTION)
    for reference in (cited.to_bibtex(), cited.to_csl()):
        assert str(published.parent) not in reference
        assert "Re-run on a copy of the database: hubwatch cite download-share " in reference
        assert " --data FOLDER" in reference


def test_a_copy_of_the_file_gives_the_figure(published: Path, tmp_path: Path, record: dict[str, Any]) -> None:
    assert verify(changed(published, tmp_path), record).told() == ["The figure stands: this database gives it, with the same id."]


def test_another_count_of_the_same_day_is_said_as_data_and_value(tmp_path: Path, record: dict[str, Any]) -> None:
    found = verify(hubwatch.open(publish_days(tmp_path, qwen=600)), record)
    assert not found.stands
    assert [change.partition(":")[0] for change in found.changes] == ["data", "value", "value", "value"]
    assert "value: numerator 700 in the record, 600 here" in found.changes


def test_a_fact_that_changed_is_named_by_its_table(published: Path, tmp_path: Path, record: dict[str, Any]) -> None:
    aside = verify(changed(published, tmp_path, "update facts.licenses set class = 'copyleft'"), record)
    assert (aside.stands, [change.split(" (")[0] for change in aside.changes]) == (True, ["facts: licenses"])
    (tmp_path / "other").mkdir()
    moved = (
        "update facts.organizations set country = 'US' where organization = 'Alibaba'",
        "update origins set country = 'US' where namespace = 'Qwen'",
    )
    found = verify(changed(published, tmp_path / "other", *moved), record)
    assert not found.stands
    assert "organizations" in found.changes[0]
    assert found.changes[-1].startswith("value: there is no group 'CN'")


def test_rows_that_were_changed_by_hand_are_found_out_where_every_version_is_the_same(
    published: Path, tmp_path: Path, record: dict[str, Any]
) -> None:
    found = verify(changed(published, tmp_path, "update store.counters set downloads_30d = downloads_30d + 1"), record)
    assert [one.partition(":")[0] for one in found.changes] == ["value", "value", "value", "versions"]
    assert found.changes[-1].endswith("rows of this file were changed after they were loaded (`hubwatch verify` names their day)")


def test_an_edited_record_is_found_out(published: Path, record: dict[str, Any]) -> None:
    db = hubwatch.open(published)
    sentence = [said.replace("70.0%", "90.0%") for said in record["sentences"]]
    rows = [row | {"value": 900} if row["group"] == "CN" else row for row in record["rows"]]
    for edited in ({"numerator": 600}, {"sentences": sentence}, {"rows": rows}, {"id": "hubwatch-0"}, {"labelled": 0.5}):
        found = verify(db, record | edited)
        assert (found.stands, found.changes[0][:6]) == (False, "value:"), edited
        assert [one.partition(":")[0] for one in found.changes[1:]] in ([], ["versions"]), edited


def test_a_day_that_the_database_lacks_is_said_as_data(published: Path, record: dict[str, Any]) -> None:
    found = verify(hubwatch.open(published), record | {"question": record["question"] | {"day": "2025-01-01"}})
    assert (found.stands, found.changes[0].startswith("data: huggingface was not observed on 2025-01-01")) == (False, True)


def test_a_file_that_is_no_record_says_how_to_make_one(tmp_path: Path) -> None:
    for text in ("{}", "[1]", "not json"):
        (tmp_path / "record.json").write_text(text)
        with pytest.raises(hubwatch.HubwatchError, match="--format json"):
            read_record(tmp_path / "record.json")
