"""An export is whole: described, checksummed, and it makes the same database again."""

import hashlib
import json
import shutil
from pathlib import Path

import duckdb
import pytest

import hubwatch
from hubwatch import pipeline
from hubwatch.errors import StoreFault
from hubwatch.readers import Exported, describe, export_tables
from hubwatch.sandbox.jsonl import read_jsonl
from hubwatch.statistics.claims import check_claims
from tests.conftest import hubwatch as command
from tests.conftest import settings_for
from tests.kept import keep, record
from tests.readers.conftest import FIRST, publish_days


def faults(folder: Path) -> dict[str, list[str]]:
    """What Frictionless' own validator finds wrong: the kinds of errors, by file."""
    from frictionless import Package

    found = Package(str(folder / "datapackage.json")).validate()
    assert found.errors == []
    return {task.name: [error.type for error in task.errors] for task in found.tasks if not task.valid}


FORMS = ("parquet", "csv", "jsonl")


@pytest.fixture(scope="module")
def exports(published: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Exported]]:
    """The whole database in each format, with its folder; for reading only."""
    made = {}
    with hubwatch.open(published) as db:
        for form in FORMS:
            folder = tmp_path_factory.mktemp("exported") / form
            made[form] = folder, export_tables(db, folder, form)
            describe(db, folder, made[form][1], form, {})
    return made


@pytest.mark.parametrize("form", FORMS)
def test_an_export_makes_the_same_database_again(
    published: Path, exports: dict[str, tuple[Path, Exported]], tmp_path: Path, form: str
) -> None:
    db, (out, done) = hubwatch.open(published), exports[form]
    script = (out / "load.sql").read_text("utf-8")
    for folder in ("main", "store", "facts"):
        script = script.replace(f"('{folder}/", f"('{out}/{folder}/")
    with duckdb.connect(str(tmp_path / "again.duckdb")) as con:
        con.execute(script)
    again = hubwatch.open(tmp_path / "again.duckdb")
    for name in (one.name for one in done.resources if not one.path.startswith("statistics/")):
        table = name.replace("-", ".")
        assert sorted(map(repr, again.sql(f"from {table}"))) == sorted(map(repr, db.sql(f"from {table}"))), table
    question = {"hub": "huggingface", "by": "country"}
    assert again.cite("download-share", "CN", **question).id == db.cite("download-share", "CN", **question).id
    macro = "select * from download_share(hub := 'huggingface', \"by\" := 'country')"
    assert again.sql(macro).rows == db.sql(macro).rows
    meaning = "select comment from duckdb_columns() where table_name = 'listings' and column_name = 'created_at'"
    assert again.sql(meaning).rows == db.sql(meaning).rows


def test_every_file_is_described_and_has_its_checksum(exports: dict[str, tuple[Path, Exported]]) -> None:
    out, _ = exports["parquet"]
    sums = {line.split("  ")[1]: line.split("  ")[0] for line in (out / "SHA256SUMS").read_text().splitlines()}
    files = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} - {"SHA256SUMS"}
    assert {"README.md", "datapackage.json", "croissant.json", "CITATION.cff", ".zenodo.json", "load.sql"} <= files
    assert set(sums) == files
    assert all(hashlib.sha256((out / name).read_bytes()).hexdigest() == digest for name, digest in sums.items())
    package = json.loads((out / "datapackage.json").read_text())
    resources = {one["path"]: one for one in package["resources"]}
    assert {name for name in files if name.endswith(".parquet")} == set(resources)
    for path, one in resources.items():
        columns = duckdb.execute(f"describe from '{out / path}'").fetchall()
        assert [field["name"] for field in one["schema"]["fields"]] == [column[0] for column in columns]
        assert one["bytes"] == (out / path).stat().st_size
    croissant = json.loads((out / "croissant.json").read_text())
    assert {one["@id"] for one in croissant["distribution"]} == set(resources)
    assert [len(one["field"]) for one in croissant["recordSet"]] == [len(one["schema"]["fields"]) for one in package["resources"]]
    readme = (out / "README.md").read_text()
    assert "| huggingface | 2026-01-31 | 2026-03-02 | 2 | full" in readme
    assert "| `statistics/download_share.parquet` | 3 | Share of downloads (huggingface 2026-03-02;" in readme


def test_a_cell_of_a_csv_is_never_a_formula(tmp_path: Path) -> None:
    names = ["=cmd()", "+1", "-x", "@sum", "'quoted"]
    keep(tmp_path, FIRST, [record(f"Qwen/{at}", pipeline_tag=name) for at, name in enumerate(names)])
    pipeline.build(settings_for(tmp_path))
    db = hubwatch.open(tmp_path)
    export_tables(db, tmp_path / "out", "csv", ("listings",))
    cells = (tmp_path / "out/main/listings.csv").read_text().split(",")
    assert {f"'{name}" for name in names} <= set(cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    printed = command(tmp_path, "sql", "select task from listings", "--format", "csv", "--data", str(tmp_path)).stdout
    assert {f"'{name}" for name in names[:4]} <= set(printed.split())


def test_parts_can_be_named(published: Path, tmp_path: Path) -> None:
    db = hubwatch.open(published)
    done = export_tables(db, tmp_path / "some", "jsonl", ("days", "download-share"))
    describe(db, tmp_path / "some", done, "jsonl", {})
    assert [one.path for one in done.resources] == ["main/days.jsonl", "statistics/download_share.jsonl"]
    assert [dict(row)["value"] for row in read_jsonl(tmp_path / "some/statistics/download_share.jsonl") if isinstance(row, dict)] == [
        700,
        200,
        100,
    ]
    assert not (tmp_path / "some/load.sql").exists()
    with pytest.raises(hubwatch.HubwatchError, match="is not empty"):
        export_tables(db, tmp_path / "some")
    with pytest.raises(hubwatch.HubwatchError, match="did you mean observations"):
        export_tables(db, tmp_path / "none", only=("observation",))


def test_two_exports_of_the_same_data_have_the_same_tables(published: Path, tmp_path: Path) -> None:
    other = hubwatch.open(publish_days(tmp_path / "data"))
    first = export_tables(hubwatch.open(published), tmp_path / "a", "csv", ("origins", "observations"))
    again = export_tables(other, tmp_path / "b", "csv", ("origins", "observations"))
    rows = [sorted((tmp_path / folder / one.path).read_text().splitlines()) for folder in "ab" for one in first.resources]
    assert rows[:2] == rows[2:]
    assert [one.rows for one in first.resources] == [one.rows for one in again.resources]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_frictionless_finds_every_row_as_described(exports: dict[str, tuple[Path, Exported]], form: str) -> None:
    out, done = exports[form]
    assert faults(out) == {}
    described = {one["name"] for one in json.loads((out / "datapackage.json").read_text())["resources"]}
    assert described == {one.name for one in done.resources if one.rows or form == "csv"}  # it reads no JSON Lines without lines


def test_licenses_of_code_hubs_and_archives_are_stated_apart(published: Path, tmp_path: Path) -> None:
    shutil.copytree(published, tmp_path / "data")
    with duckdb.connect(str(tmp_path / "data/hubwatch.duckdb")) as con:
        con.execute("insert into sweeps by name select * replace ('archive:model-pulse' as source) from sweeps limit 1")
        con.execute("insert into sweeps by name select * replace ('archive:mine' as source) from sweeps limit 1")
    with hubwatch.open(tmp_path / "data") as db:
        done = export_tables(db, tmp_path / "out", "csv", ("days",))
        describe(db, tmp_path / "out", done, "csv", {})
    table = (tmp_path / "out/README.md").read_text("utf-8").partition("## Licenses\n\n")[2].splitlines()[2:6]
    assert table == [
        "| hubwatch's code, definitions and reviewed facts (`facts/`) | Apache-2.0 |",
        "| what huggingface reports: ids, attributes, counters | the terms of huggingface; figures as such are facts |",
        "| the imported archive mine (source `archive:mine`) | as its publisher states |",
        "| the imported archive model-pulse (source `archive:model-pulse`) | https://huggingface.co/datasets/modelpulse/model-pulse-data (Apache-2.0) |",
    ]
    package = json.loads((tmp_path / "out/datapackage.json").read_text("utf-8"))
    assert [one["name"] for one in package["licenses"]] == ["Apache-2.0", "other", "other", "other"]


def test_frictionless_finds_a_cell_of_another_type_and_a_file_that_changed(published: Path, tmp_path: Path) -> None:
    with hubwatch.open(published) as db:
        done = export_tables(db, tmp_path / "out", "csv", ("days", "observations"))
        describe(db, tmp_path / "out", done, "csv", {})
    path = tmp_path / "out/main/observations.csv"
    path.write_text(path.read_text("utf-8").replace(",700,", ",many,"), "utf-8")
    assert faults(tmp_path / "out") == {"observations": ["type-error", "hash-count", "byte-count"]}


def test_a_file_that_another_version_published_gives_its_tables_and_no_export_without_its_statistics(
    published: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(published, data)
    with duckdb.connect(str(data / "hubwatch.duckdb")) as con:
        con.execute("create or replace macro parts.version() as 'another'")
    with hubwatch.open(data) as db:
        with pytest.raises(StoreFault, match="re-run `hubwatch publish` to renew them"):
            export_tables(db, tmp_path / "all")
        with pytest.raises(
            StoreFault, match="re-run `hubwatch publish` to renew them"
        ):  # and no claim is judged by what could not be asked
            check_claims(db.con)
        assert [one.name for one in export_tables(db, tmp_path / "days", only=("days",)).resources] == ["days"]
