"""Records from files, made-up records, and a sandbox that serves until told to stop."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from hubwatch.sandbox.jsonl import read_jsonl
from hubwatch.sandbox.server import Sandbox, serve
from hubwatch.sandbox.synthetic import huggingface_records
from tests.sandbox.sandbox_rows import huggingface_rows, modelscope_rows, wisemodel_rows

LINES = b'{"id":"a/b","n":1}\n\n{"id":"c/d","n":NaN}\nnot json\n{"id":"e/f","n":1,"n":2}\n[1]\n{"id":"g/h","n":1e999}\n'


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_lines_are_read_as_dicts_and_bad_ones_as_bytes_when_asked(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(LINES) if name.endswith(".gz") else LINES)
    assert list(read_jsonl(path, keep_bad=True)) == [
        {"id": "a/b", "n": 1},
        b'{"id":"c/d","n":NaN}',
        b"not json",
        b'{"id":"e/f","n":1,"n":2}',
        b"[1]",
        b'{"id":"g/h","n":1e999}',
    ]


def test_a_bad_line_is_an_error_with_file_and_line_unless_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(LINES)
    with pytest.raises(ValueError, match=r"rows\.jsonl, line 3: NaN is no JSON"):
        list(read_jsonl(path))


def test_made_up_records_are_the_same_for_the_same_seed() -> None:
    assert list(huggingface_records(50, seed=1)) == list(huggingface_records(50, seed=1))
    assert list(huggingface_records(50, seed=1)) != list(huggingface_records(50, seed=2))


def test_made_up_records_ascend_by_id_which_is_their_creation_second() -> None:
    records = [json.loads(raw) for raw in huggingface_records(3000)]
    raws = list(huggingface_records(3000))
    assert all(earlier["_id"] < later["_id"] for earlier, later in pairwise(records))
    assert len({record["id"] for record in records}) == 3000
    assert records[0]["createdAt"] == "2022-03-02T23:29:04.000Z"
    assert [record["createdAt"] for record in records] == sorted(record["createdAt"] for record in records)
    assert int(records[77]["_id"][:8], 16) == int(datetime.fromisoformat(records[77]["createdAt"]).timestamp())
    assert 700 < sum(map(len, raws)) / len(raws) < 860
    assert all(record["downloadsAllTime"] >= record["downloads"] >= 0 for record in records)


def test_made_up_records_are_served_as_they_are_in_creation_order() -> None:
    raws = list(huggingface_records(2500))
    with Sandbox(huggingface=iter(raws)) as sandbox, httpx.Client() as client:
        answer = client.get(f"{sandbox.url}/api/models?sort=createdAt&direction=1&limit=1000&expand[]=downloads")
        bodies = [answer.content]
        while "next" in answer.links:
            answer = client.get(answer.links["next"]["url"])
            bodies.append(answer.content)
    assert bodies == [b"[" + b",".join(raws[start : start + 1000]) + b"]" for start in (0, 1000, 2000)]


def test_each_hub_has_a_port_of_its_own_and_its_variable() -> None:
    with Sandbox(huggingface=huggingface_rows(1), modelscope=modelscope_rows(1), wisemodel=wisemodel_rows(1)) as sandbox:
        endpoints = sandbox.endpoints
        statuses = [
            httpx.get(endpoints[name] + path).status_code
            for name, path in (
                ("HF_ENDPOINT", "/api/models"),
                ("MODELSCOPE_ENDPOINT", "/openapi/v1/models"),
                ("WISEMODEL_ENDPOINT", "/api/v4/projects"),
                ("WISEMODEL_ENDPOINT", "/api/models"),
            )
        ]
    assert len(set(endpoints.values())) == 3
    assert statuses == [200, 200, 200, 404]


def test_a_hub_without_records_is_not_served() -> None:
    with Sandbox(wisemodel=wisemodel_rows(1)) as sandbox:
        assert list(sandbox.endpoints) == ["WISEMODEL_ENDPOINT"]
    with pytest.raises(ValueError, match="at least one hub"):
        Sandbox()


def test_a_request_that_is_no_http_leaves_the_stand_in_serving() -> None:

    with Sandbox(huggingface=huggingface_rows(1)) as sandbox:
        host, _, port = sandbox.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=5) as raw:
            raw.sendall(b"PUT /api/models HTTP/1.1\r\nHost: x\r\nContent-Length: lots\r\n\r\n")
            assert b" 400 " in raw.recv(1000)
        assert httpx.get(f"{sandbox.url}/api/models").status_code == 200


def test_many_clients_at_once_get_whole_answers_while_records_are_replaced() -> None:
    sizes: set[int] = set()
    with Sandbox(huggingface=huggingface_rows(40)) as sandbox:

        def ask() -> None:
            with httpx.Client() as client:
                for _ in range(15):
                    sizes.add(len(client.get(f"{sandbox.url}/api/models?expand[]=likes").json()))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for count in (40, 60, 40, 60):
            sandbox.set_records("huggingface", huggingface_rows(count))
        for thread in threads:
            thread.join()
        assert len(sandbox.requests) == 60
    assert sizes <= {40, 60}


def test_serve_announces_and_ends_when_the_sandbox_does() -> None:
    announced: list[Mapping[str, str]] = []
    before = signal.getsignal(signal.SIGTERM)
    serve(Sandbox(huggingface=huggingface_rows(1), max_seconds=0.3), announced.append)
    assert [list(variables) for variables in announced] == [["HF_ENDPOINT"]]
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    script = """if True:
        from hubwatch.sandbox import Sandbox, serve
        serve(Sandbox(huggingface=[], max_seconds=30), lambda told: print(told["HF_ENDPOINT"], flush=True))
    """
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=dict(os.environ), text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/api/models").json() == []
        process.send_signal(number)
        assert process.wait(10) == 0
