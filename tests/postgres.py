"""A real Postgres for tests: on 127.0.0.1, one for all the tests of a file. Tests that ask for it skip where its programs are absent."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _as_a_user() -> list[str]:
    """Postgres runs as no root: what to put before its commands."""
    if os.getuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("Postgres does not run as root, and setpriv is not installed")
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


class Postgres:
    """A server whose user `hubwatch` needs no password from this machine. May be killed, stopped and started again."""

    def __init__(self, folder: Path) -> None:
        debian = os.pathsep.join(map(str, Path("/usr/lib/postgresql").glob("*/bin")))
        pytest.importorskip("psycopg", reason="psycopg is not installed (the extra `many`)")
        found = [shutil.which(name) or shutil.which(name, path=debian) for name in ("initdb", "postgres")]
        if None in found:
            pytest.skip("Postgres is not installed (its programs initdb and postgres)")
        self._programs, self._user, self.folder = [str(one) for one in found], _as_a_user(), folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            os.chown(folder, 65534, 65534)
        made = [*self._user, self._programs[0], "-D", str(folder / "db"), "-U", "hubwatch", "-A", "trust", "--no-sync", "-E", "UTF8"]
        subprocess.run([*made, "--locale=C"], check=True, capture_output=True, cwd=folder)

    @property
    def conninfo(self) -> str:
        return f"dbname=postgres host=127.0.0.1 port={self.port} user=hubwatch"

    def start(self) -> None:
        own = ["-c", "fsync=off", "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=8MB"]
        command = [*self._user, self._programs[1], "-D", str(self.folder / "db"), "-p", str(self.port), *own]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
        import psycopg

        while True:
            try:
                psycopg.connect(self.conninfo).close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, "Postgres ended"
                time.sleep(0.02)

    def stop(self) -> None:
        """End at once, as a restart for an update does; sessions are cut off."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=20)
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
