"""A Prefect server and a process worker of our own for tests: own home, own port on 127.0.0.1, ended by their own ids."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, TypeVar

import httpx

ROOT = Path(__file__).parents[2]
Found = TypeVar("Found")


def quiet_environment(home: Path, **more: str) -> dict[str, str]:
    """The environment for Prefect in `home`: nothing is reported, no proxy, no other server."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]),
        **more,
    }


def wait_for(what: str, found: Callable[[], Found | None], seconds: float, told: Callable[[], str] = str) -> Found:
    """What `found` gives as soon as it is true; an AssertionError naming `what` when it takes longer."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := found():
            return value
        time.sleep(0.3)
    raise AssertionError(f"{what} did not come within {seconds} s\n{told()}")


@contextmanager
def receiving() -> Iterator[tuple[str, list[str]]]:
    """A server that takes notes as a chat takes them, its address and the texts that came."""
    texts: list[str] = []

    class Notes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            texts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Notes) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/notes", texts
        finally:
            server.shutdown()


class Standing:
    """A server, and a worker on its pool `hubwatch`, while the block lasts."""

    def __init__(self, home: Path, endpoints: Mapping[str, str], data: Path) -> None:
        self.home, self.data = home, data
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.environment = quiet_environment(
            home,
            PREFECT_API_URL=f"http://127.0.0.1:{self.port}/api",
            PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS="3",
            PREFECT_WORKER_QUERY_SECONDS="1",
            HUBWATCH_DATA=str(data),
            HUBWATCH_REPORT="no",  # the flow that runs without a server writes one
            **endpoints,
        )
        self.client = httpx.Client(base_url=self.environment["PREFECT_API_URL"], timeout=120, trust_env=False)
        self._running: list[subprocess.Popen[bytes]] = []
        self._worker: subprocess.Popen[bytes] | None = None
        self._logs = 0

    def __enter__(self) -> "Standing":
        self.home.mkdir(parents=True, exist_ok=True)
        self.start_server()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.client.close()
        for process in reversed(self._running):
            self.end(process)

    def start_server(self) -> subprocess.Popen[bytes]:
        server = self._start("server", "start", "--host", "127.0.0.1", "--port", str(self.port), "--no-ui")
        wait_for("the server", lambda: self._is_healthy(server), 150, self.logs)
        return server

    def worker(self) -> subprocess.Popen[bytes]:
        """The worker, from another folder than the one deployed from; a new one where it has ended."""
        if self._worker is None or self._worker.poll() is not None:
            self._worker = self._start("worker", "start", "--pool", "hubwatch", "--type", "process")
        return self._worker

    def run(self, *words: str) -> str:
        """Run a prefect command to its end and return what it said; another exit code than 0 is a failure."""
        ended = subprocess.run(
            [sys.executable, "-m", "prefect", *words], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=240
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def post(self, path: str, **body: Any) -> Any:
        return self._asked("POST", path, json=body)

    def _asked(self, method: str, path: str, **more: Any) -> Any:
        """An answer's JSON; while the server's database is busy it is asked again, as Prefect's own client does."""
        for _ in range(60):
            answer = self.client.request(method, path, **more)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(0.5)
        assert answer.is_success, answer.text
        return answer.json()

    def deployments(self) -> dict[str, dict[str, Any]]:
        return {deployment["name"]: deployment for deployment in self.post("/deployments/filter")}

    def runs(self, deployment: str, *states: str) -> list[dict[str, Any]]:
        """Runs of a deployment in these types of state, or in any."""
        chosen: dict[str, Any] = {"state": {"type": {"any_": list(states)}}} if states else {}
        found = self.post(
            "/flow_runs/filter", flow_runs=chosen, deployments={"name": {"any_": [deployment]}}, sort="EXPECTED_START_TIME_ASC"
        )
        return list(found)

    def start(self, deployment: str) -> str:
        """Start a run by hand; its id."""
        return str(self.post(f"/deployments/{self.deployments()[deployment]['id']}/create_flow_run")["id"])

    def bring_forward(self, deployment: str) -> str:
        """Let the next run that the deployment's cron has scheduled begin now; its id."""
        scheduled = wait_for(f"a scheduled run of {deployment}", lambda: self._by_cron(deployment), 120, self.logs)
        now = datetime.now(UTC).isoformat()
        state = {"type": "SCHEDULED", "name": "Scheduled", "state_details": {"scheduled_time": now}}
        self.post(f"/flow_runs/{scheduled[0]['id']}/set_state", state=state, force=True)
        return str(scheduled[0]["id"])

    def state_of(self, run_id: str) -> dict[str, Any]:
        state: dict[str, Any] = self._asked("GET", f"/flow_runs/{run_id}")["state"]
        return state

    def ended(self, run_id: str, seconds: float = 240) -> dict[str, Any]:
        """The state in which a run ended."""
        final = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
        return wait_for(f"the end of run {run_id}", lambda: self._state_in(run_id, final), seconds, self.logs)

    def logs(self) -> str:
        """The ends of what server, workers and their runs wrote."""
        return "\n".join(f"--- {path.name}\n{path.read_text('utf-8', 'replace')[-3000:]}" for path in sorted(self.home.glob("*.log")))

    def end(self, process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> None:
        """End a process that we started, and, when it does not end by itself, its group."""
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        self._logs += 1
        with open(self.home / f"{self._logs}-{words[0]}.log", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "prefect", *words],
                cwd=self.home,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def _is_healthy(self, server: subprocess.Popen[bytes]) -> bool:
        assert server.poll() is None, self.logs()
        try:
            return self.client.get("/health").is_success
        except httpx.TransportError:
            return False

    def _by_cron(self, deployment: str) -> list[dict[str, Any]]:
        return [run for run in self.runs(deployment, "SCHEDULED") if run["auto_scheduled"]]

    def _state_in(self, run_id: str, wanted: tuple[str, ...]) -> dict[str, Any] | None:
        state = self.state_of(run_id)
        return state if state["type"] in wanted else None
