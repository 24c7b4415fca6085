"""The package as it is installed: what the wheel holds, and that it works from there and without the extra for charts."""

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import hubwatch
from tests.conftest import ROOT
from tests.readers.conftest import publish_days

WITHOUT_CHARTS = "import sys; sys.modules['altair'] = sys.modules['vl_convert'] = None; from hubwatch.__main__ import main; main()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(path)


def installed(
    folder: Path, *words: str, root: Path, code: str = "from hubwatch.__main__ import main; main()"
) -> subprocess.CompletedProcess[str]:
    """The command from an unpacked wheel, nothing of the checkout in reach."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HUBWATCH_", "PYTHONPATH"))}
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r}); {code}", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_holds_the_package_its_facts_and_what_prefect_deploys(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = {name.removeprefix("hubwatch/") for name in packed.namelist() if name.startswith("hubwatch/")}
    source = {str(path.relative_to(ROOT / "src/hubwatch")) for path in (ROOT / "src/hubwatch").rglob("*") if path.is_file()}
    facts = {f"data/{path.relative_to(ROOT / 'data')}" for path in (ROOT / "data").rglob("*") if path.is_file()}
    flows = {f"deployment/flows/{path.name}" for path in (ROOT / "flows").glob("*.py")}
    expected = {name for name in source | facts | flows if "__pycache__" not in name} | {"deployment/prefect.yaml"}
    assert names == expected


def test_the_wheel_says_who_made_it_what_it_needs_and_where_to_turn(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        said = Parser().parsestr(packed.read(f"hubwatch-{hubwatch.__version__}.dist-info/METADATA").decode())
    assert (said["Version"], said["License-Expression"], said["Requires-Python"]) == (hubwatch.__version__, "Apache-2.0", ">=3.11")
    assert said["Author"] == "The hubwatch contributors"
    assert [line.split(",")[0] for line in said.get_all("Project-URL", [])] == ["Homepage", "Documentation", "Changelog", "Issues"]
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13)} <= set(said.get_all("Classifier", []))
    always = [line for line in said.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert [line for line in always if line.startswith(("altair", "vl-convert", "prefect"))] == []
    assert {"charts", "prefect"} <= set(said.get_all("Provides-Extra", []))


def test_the_wheel_works_from_where_it_is_and_writes_what_prefect_deploys(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    done = installed(tmp_path, "plan", "huggingface", "--flows", "deploy", root=tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "deploy them: cd deploy && prefect --no-prompt deploy --all"
    for path in (ROOT / "flows").glob("*.py"):
        assert (tmp_path / "deploy/flows" / path.name).read_text("utf-8") == path.read_text("utf-8")
    assert "entrypoint: flows/collect.py:collect" in (tmp_path / "deploy/prefect.yaml").read_text("utf-8")
    again = installed(tmp_path, "plan", "huggingface", "--flows", "deploy", root=tmp_path / "site")
    assert (again.returncode, again.stderr) == (2, "hubwatch: deploy is not empty; name a new folder\n")


def test_without_charts_everything_but_the_report_works_and_the_report_says_what_to_install(tmp_path: Path) -> None:
    data = publish_days(tmp_path / "data")
    install = "no report: its charts need two more packages; pip install altair vl-convert-python, then run hubwatch report"
    for words, code, said in (
        (("report",), 1, f"hubwatch: {install}\n"),
        (("publish",), 0, f"{install}\n"),
    ):
        done = installed(tmp_path, *words, "--data", str(data), root=ROOT / "src", code=WITHOUT_CHARTS)
        assert (done.returncode, done.stderr) == (code, said), words
    assert not (data / "report").exists()
