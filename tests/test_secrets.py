"""No token in anything that a run leaves or prints: pages, databases, logs, the site, an export."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from hubwatch.hubs import HUBS
from hubwatch.sandbox.faults import Faults
from hubwatch.sandbox.server import Sandbox
from tests.conftest import hubwatch
from tests.sandbox.sandbox_rows import huggingface_rows, modelscope_rows, wisemodel_rows

SECRETS = {hub.token_variable: f"{name}-secret-0123456789" for name, hub in HUBS.items()} | {
    "AWS_ACCESS_KEY_ID": "aws-secret-0123456789",
    "AWS_SECRET_ACCESS_KEY": "aws-secret-9876543210",
}


def values_of(database: Path) -> bytes:
    """Every value of every table: on disk they are compressed."""
    with duckdb.connect(database, read_only=True) as con:
        tables = con.execute('select format(\'"{}"."{}"\', schema_name, table_name) from duckdb_tables() where not internal').fetchall()
        rows = [con.execute(f"select to_json(t) from {table} t").fetchall() for (table,) in tables]
    return str(rows).encode()


def content(path: Path) -> bytes:
    """What a file says, unpacked."""
    if path.suffix == ".duckdb":
        return values_of(path) + path.read_bytes()
    raw = path.read_bytes()
    if path.suffix == ".zst":
        with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as frames:
            return frames.read()
    return raw


@pytest.mark.slow
def test_no_token_is_in_anything_that_runs_leave_or_print(tmp_path: Path) -> None:
    hubs: dict[str, Any] = {"huggingface": huggingface_rows(8), "modelscope": modelscope_rows(8), "wisemodel": wisemodel_rows(8)}
    said = []
    quick = {"HUBWATCH_ATTEMPTS": "2", "HUBWATCH_PATIENCE": "3"}
    for faults, report in (("huggingface:expired-token", "modelscope:expired-token", "wisemodel:500"), "no"), ((), "yes"):
        with Sandbox(**hubs, faults=Faults.parse(faults), max_seconds=300) as sandbox:
            asked = {**sandbox.endpoints, **quick, **SECRETS, "HUBWATCH_REPORT": report}
            said.append(hubwatch(tmp_path, "--debug", "run", **asked))
            said.append(hubwatch(tmp_path, "--debug", "doctor", **asked))
            sent = {request.hub for request in sandbox.requests for secret in SECRETS.values() if secret in str(request.headers)}
            assert "huggingface" in sent  # else nothing could leak
    said.append(hubwatch(tmp_path, "export", "out", **SECRETS))
    assert [one.returncode for one in said[:1] + said[2:3] + said[4:]] == [1, 0, 0], [one.stderr[-300:] for one in said]
    files = {path: content(path) for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.suffix for path in files} >= {".duckdb", ".zst", ".html", ".json"}
    texts = {str(path.relative_to(tmp_path)): body for path, body in files.items()}
    texts |= {f"output {at}": (one.stdout + one.stderr).encode() for at, one in enumerate(said)}
    assert [(where, name) for where, text in texts.items() for name, secret in SECRETS.items() if secret.encode() in text] == []
