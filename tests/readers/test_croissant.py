"""MLCommons' own reader of Croissant finds nothing wrong with an export, and reads as many rows as were written.

It brings 540 MB, so it has an environment of its own: `make croissant` makes it and runs this; elsewhere this is skipped.
"""

import json
import subprocess
from pathlib import Path

import pytest

import hubwatch
from hubwatch.readers import describe, export_tables
from tests.conftest import ROOT

PYTHON = ROOT / ".venv-croissant" / "bin" / "python"
needed = pytest.mark.skipif(not PYTHON.exists(), reason="mlcroissant is not installed; `make croissant` installs it")


def read(folder: Path) -> tuple[list[str], dict[str, int]]:
    """What the reader complains of, and how many rows each record set has."""
    script = ROOT / "tests" / "readers" / "read_croissant.py"
    done = subprocess.run([PYTHON, script, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return said["complaints"], said["rows"]


@needed
@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_croissants_own_reader_reads_every_row_of_the_demos_export(demo: Path, tmp_path: Path, form: str) -> None:
    with hubwatch.open(demo / "hubwatch-data/demo") as db:
        done = export_tables(db, tmp_path / "out", form)
        describe(db, tmp_path / "out", done, form, {})
    complaints, rows = read(tmp_path / "out")
    assert complaints == []
    assert rows == {one.name: one.rows for one in done.resources}


@needed
def test_a_fault_of_the_description_is_found(published: Path, tmp_path: Path) -> None:
    with hubwatch.open(published) as db:
        done = export_tables(db, tmp_path / "out", "csv", ("days",))
        describe(db, tmp_path / "out", done, "csv", {})
    path = tmp_path / "out/croissant.json"
    path.write_text(path.read_text("utf-8").replace('"column": "hub"', '"column": "no_such_column"'), "utf-8")
    with pytest.raises(AssertionError, match="no_such_column"):
        read(tmp_path / "out")
