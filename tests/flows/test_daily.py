"""`python flows/daily.py`: the whole way as a flow, without a server."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hubwatch.sandbox.sample import latest_records
from hubwatch.sandbox.server import Sandbox
from hubwatch.store import publishing
from tests.flows.standing import ROOT, quiet_environment

pytestmark = pytest.mark.slow


def test_the_daily_flow_publishes_what_came_and_names_the_hub_that_failed(tmp_path: Path) -> None:
    pytest.importorskip("prefect", reason="Prefect is an extra: pip install hubwatch[prefect]")
    nobody = {"MODELSCOPE_ENDPOINT": "http://127.0.0.1:9", "HUBWATCH_ATTEMPTS": "1"}
    records: dict[str, Any] = {hub: listed[:100] for hub, listed in latest_records().items()}
    with Sandbox(**records) as hubs:
        environment = quiet_environment(tmp_path, HUBWATCH_DATA=str(tmp_path / "data"), **(hubs.endpoints | nobody))
        ended = subprocess.run(
            [sys.executable, str(ROOT / "flows" / "daily.py")], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
    assert ended.returncode == 1, ended.stderr
    (told,) = [line for line in ended.stderr.splitlines() if line.startswith("hubwatch: ")]
    assert "modelscope: " in told
    assert "127.0.0.1:9" in told
    assert "leaked" not in ended.stderr  # DuckDB's complaint about what Prefect's threads hold when the process ends
    with publishing.open_published(tmp_path / "data") as con:
        found = con.execute("select hub, complete from days order by hub").fetchall()
    assert found == [("huggingface", True), ("wisemodel", True)]
    assert (tmp_path / "data" / "report" / "index.html").is_file()
