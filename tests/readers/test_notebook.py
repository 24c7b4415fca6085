"""The notebook of docs/ runs from its first cell to its last, in Jupyter's own kernel, on a small world."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::RuntimeWarning")  # of Jupyter's libraries
def test_the_notebook_runs_and_shows_what_it_says(published: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "docs" / "notebook.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    assert [cell for cell in notebook.cells if cell.get("outputs")] == []  # figures that a reader would take for today's
    environment = os.environ | {"HUBWATCH_DATA": str(published), "PYTHONPATH": str(ROOT / "src")}
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute(env=environment)
    shown = [cell.get("outputs", []) for cell in notebook.cells if cell.cell_type == "code"]
    html = ["".join(one.data.get("text/html", "") for one in outputs if "data" in one) for outputs in shown]
    assert "<td>2026-03-02</td>" in html[0]
    assert "<td>CN</td><td>700</td><td>70.00%</td>" in html[1]
    assert "      CN   70.0%  between 70.0% and 80.0%" in shown[2][0].text
    assert "Chinese Big Tech" in html[3]
    assert html[4].count("Chinese Big Tech") == 2  # on each of the two days
    assert "image/svg+xml" in shown[5][0].data
    assert "CN has 70.0%" in shown[6][0].text
