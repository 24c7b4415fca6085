"""Real servers for the tests of the lake: one PostgreSQL and one S3 server a session, on this machine; where they are missing the tests skip."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from hubwatch import pipeline, statistics, store
from hubwatch.sandbox.demo import run_demo
from hubwatch.settings import Settings

KEY, SECRET = "builder", "not-a-secret-of-anybody"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def program(name: str) -> str:
    """A program on the path, beside this Python, or of Debian's PostgreSQL; without it the test skips."""
    places = [str(Path(sys.executable).parent), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        pytest.skip(f"there is no {name}; .ci/run installs postgresql, requirements-lake.lock brings rclone")
    return found


@pytest.fixture(scope="session", autouse=True)
def lake_is_there() -> None:
    """Skip where DuckLake's extension is not: it exists for another DuckDB than the one most tests run on."""
    try:
        import duckdb_extensions  # noqa: F401
    except ImportError:
        pytest.skip(f"DuckLake has no extension for DuckDB {duckdb.__version__} here; `make test` runs these in .venv-lake")


@dataclass(frozen=True)
class Postgres:
    folder: Path
    port: int
    user: tuple[str, ...]

    def run(self, name: str, *arguments: str) -> None:
        subprocess.run([*self.user, program(name), *arguments], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def control(self, action: str, *arguments: str) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-o", options, "-l", f"{self.folder}/log", "-w", *arguments, action)

    def ask(self, database: str, sql: str) -> str:
        command = [program("psql"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "owner", "-Atc", sql, database]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


@pytest.fixture(scope="session")
def postgres(lake_is_there: None) -> Iterator[Postgres]:
    """PostgreSQL, as a user that is not root, who may not start it."""
    program("initdb")
    folder = Path(tempfile.mkdtemp(prefix="hubwatch-pg-"))
    user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
        user = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
    server = Postgres(folder, free_port(), user)
    try:
        server.run("initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "owner", "--no-sync")
        server.control("start")
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.control("stop", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Storage:
    folder: Path
    endpoint: str


@pytest.fixture(scope="session")
def storage(lake_is_there: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """An S3 server whose buckets are folders."""
    folder, port = tmp_path_factory.mktemp("s3"), free_port()
    (folder / "bucket").mkdir()
    command = [program("rclone"), "serve", "s3", "--auth-key", f"{KEY},{SECRET}", "--addr", f"127.0.0.1:{port}", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield Storage(folder, f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(timeout=20)


@dataclass(frozen=True)
class Lake:
    """An empty lake: the variables that name it, its database and the folder of its files."""

    variables: dict[str, str]
    postgres: Postgres
    database: str
    files: Path

    def settings(self, data: Path) -> Settings:
        return Settings.from_environment(data, self.variables)

    def version(self) -> int:
        """The number of the catalog's last snapshot."""
        return int(self.postgres.ask(self.database, "select max(snapshot_id) from ducklake_snapshot"))


def lake_in(postgres: Postgres, storage: Storage, files: str, like: str | None = None) -> Lake:
    """A lake in a new database: an empty one, or a copy of another's catalog, which begins with that one's files."""
    name = f"lake_{uuid.uuid4().hex[:12]}"
    template = ("-T", like) if like else ()
    postgres.run("createdb", "-h", "127.0.0.1", "-p", str(postgres.port), "-U", "owner", *template, name)
    variables = {
        "HUBWATCH_WAREHOUSE": f"ducklake:postgres:dbname={name} host=127.0.0.1 port={postgres.port} user=owner",
        "HUBWATCH_WAREHOUSE_DATA": f"s3://bucket/{files}",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_ENDPOINT_URL": storage.endpoint,
        "HUBWATCH_REPORT": "no",
    }
    return Lake(variables, postgres, name, storage.folder / "bucket" / files)


@pytest.fixture
def lake(postgres: Postgres, storage: Storage) -> Lake:
    """An empty lake."""
    return lake_in(postgres, storage, uuid.uuid4().hex)


ARCHIVE = ("2024-11-14", "2024-12-12")  # days of the demo that come from an archive


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, lake_is_there: None) -> Path:
    """The data folder of the demo, for reading only."""
    room = tmp_path_factory.getbasetemp()
    folder = (room.parent if "PYTEST_XDIST_WORKER" in os.environ else room) / "demo-of-lake"
    with FileLock(f"{folder}.lock"):  # made once for all workers
        if not (folder / "hubwatch.duckdb").exists():
            run_demo(folder, lambda line: None)
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """The warehouse of the demo in a folder of its own."""
    return copied(made, tmp_path / "data")


def copied(made: Path, folder: Path) -> Path:
    folder.mkdir()
    for path in (made / "warehouse.duckdb", made / "hubwatch.duckdb", made / "lake-builder"):
        if path.exists():
            shutil.copy(path, folder)
    return folder


@dataclass(frozen=True)
class Published:
    """The demo in a lake: the builder's folder, and the snapshot that holds it."""

    lake: Lake
    data: Path
    snapshot: int


@pytest.fixture(scope="session")
def template(made: Path, postgres: Postgres, storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Published:
    lake = lake_in(postgres, storage, "demo")
    data = copied(made, tmp_path_factory.mktemp("builder") / "data")
    pipeline.migrate(lake.settings(data), "lake")
    return Published(lake, data, lake.version())


@pytest.fixture
def published(template: Published, postgres: Postgres, storage: Storage, tmp_path: Path) -> Published:
    """A copy of it, to change."""
    lake = lake_in(postgres, storage, "demo", template.lake.database)
    return Published(lake, copied(template.data, tmp_path / "data"), template.snapshot)


@contextmanager
def opened(lake: Lake, as_of: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = lake.settings(Path("unused"))
    assert settings.lake is not None
    with closing(store.open_lake(settings.lake, "1GB", as_of, statistics.make_macros)) as con:
        yield con


def publish(lake: Lake, data: Path, take_over: bool = False, drop_days: bool = False) -> int:
    """One publication to the lake alone; the snapshot that holds it."""
    settings = lake.settings(data)
    assert settings.lake is not None
    return store.share_with_lake(settings, settings.lake, lambda con: pipeline.judge(con, settings), take_over, drop_days).snapshot


def drop(data: Path, day: str) -> None:
    """Take an archive's day out of the warehouse."""
    with closing(store.open_warehouse(data)) as con, store.transaction(con):
        ((source,),) = con.execute("select source from sweeps where hub = 'huggingface' and day = ?::date", [day]).fetchall()
        store.remove_day(con, "huggingface", date.fromisoformat(day), source)
        store.settle_departures(con, "huggingface")
