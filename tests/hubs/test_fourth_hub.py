"""A fourth hub is a folder and a name in `HUBS`: with these alone it is asked, loaded, linked, measured and published."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
MODELS = [
    {
        "id": number,
        "owner": "Qwen" if number < 30 else f"person-{number}",
        "name": f"Model-{number}-7B",
        "created_at": 1_700_000_000 + 86_400 * number,
        "updated_at": 1_760_000_000,
        "download_count": 1000 - number,
        "visibility": "public",
    }
    for number in range(50)
]


class StandIn(BaseHTTPRequestHandler):
    """Lists `MODELS` page by page, as the hub does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path != "/server/model":
            self._send(404, b"not found")
            return
        asked = {name: int(values[0]) for name, values in parse_qs(address.query).items() if values[0].isdigit()}
        start = (asked["page_num"] - 1) * asked["count_per_page"]
        models = MODELS[start : start + asked["count_per_page"]]
        self._send(200, json.dumps({"code": 200, "msg": "", "data": {"total": len(MODELS), "models": models}}).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), StandIn) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def hubwatch(data: Path, endpoint: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"MODELERS_ENDPOINT": endpoint, "HUBWATCH_DATA": str(data), "HUBWATCH_REPORT": "no"}
    command = [sys.executable, "-m", "tests.hubs.modelers", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


def rows(data: Path, endpoint: str, sql: str) -> Any:
    done = hubwatch(data, endpoint, "sql", sql, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_fourth_hub_goes_the_whole_way_by_its_folder_and_its_name(tmp_path: Path, endpoint: str) -> None:
    done = hubwatch(tmp_path, endpoint, "run", "modelers", "--day", "2026-01-05", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert {name: (hub["complete"], hub["records"]) for name, hub in said["hubs"].items()} == {"modelers": (True, 50)}
    assert rows(
        tmp_path,
        endpoint,
        """select model_id, url, downloads_30d, downloads_total, likes, parameters, task from listings join observations using (hub, model_id)
           where model_id = 'Qwen/Model-7-7B'""",
    ) == [
        {
            "model_id": "Qwen/Model-7-7B",
            "url": "https://modelers.cn/models/Qwen/Model-7-7B",
            **{"downloads_30d": None, "downloads_total": 993, "likes": None, "parameters": None, "task": None},
        }
    ]
    assert rows(tmp_path, endpoint, "select hub, title_zh, rank, is_chinese from hubs where hub = 'modelers'") == [
        {"hub": "modelers", "title_zh": "魔乐社区", "rank": 5, "is_chinese": True}
    ]
    shares = hubwatch(
        tmp_path,
        endpoint,
        "stats",
        "download-share",
        "--hub",
        "modelers",
        "--by",
        "namespace",
        "--metric",
        "downloads_total",
        "--format",
        "json",
    )
    assert shares.returncode == 0, shares.stderr
    found = {row["group"]: row["value"] for row in json.loads(shares.stdout)["rows"]}
    assert found["Qwen"] == sum(1000 - number for number in range(30))
    places = hubwatch(tmp_path, endpoint, "stats", "hub-coverage", "--format", "json")
    assert places.returncode == 0, places.stderr
    assert {row["place"] for row in json.loads(places.stdout)["rows"]} == {"chinese_hubs_only"}


def test_a_fourth_hub_is_known_to_every_command(tmp_path: Path, endpoint: str) -> None:
    looked = hubwatch(tmp_path, endpoint, "doctor", "modelers")
    assert "modelers at http://127.0.0.1" in looked.stdout
    assert "20 records have owner, name, created_at, download_count as expected" in looked.stdout
    assert "modelers" in hubwatch(tmp_path, endpoint, "run", "--help").stdout
    refused = hubwatch(tmp_path, endpoint, "run", "modeler")
    assert refused.returncode == 1
    assert "hubs are huggingface, modelscope, wisemodel, modelers" in refused.stderr
    assert hubwatch(tmp_path, endpoint, "run", "modelers", "--limit", "20", "--day", "2026-01-05").returncode == 0
    assert "modelers" in hubwatch(tmp_path, endpoint, "status").stdout
