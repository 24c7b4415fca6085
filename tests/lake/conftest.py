"""The tests of the lake have one Postgres and one S3 server a session, and the demo in a lake to copy."""

import os
import shutil
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
from tests.servers import S3, Postgres, serving_postgres


@pytest.fixture(scope="session", autouse=True)
def lake_is_there() -> None:
    """Skip where DuckLake's extension is not: it exists for another DuckDB than the one most tests run on."""
    try:
        import duckdb_extensions  # noqa: F401
    except ImportError:
        pytest.skip(f"DuckLake has no extension for DuckDB {duckdb.__version__} here; `make test` runs these in .venv-lake")


@pytest.fixture(scope="session")
def postgres(lake_is_there: None) -> Iterator[Postgres]:
    with serving_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def storage(lake_is_there: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    server = S3(tmp_path_factory.mktemp("s3"))
    server.start()
    yield server
    server.stop()


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
        return int(self.postgres.ask("select max(snapshot_id) from ducklake_snapshot", self.database))


def lake_in(postgres: Postgres, storage: S3, files: str, like: str | None = None) -> Lake:
    """A lake in a new database: an empty one, or a copy of another's catalog, which begins with that one's files."""
    name = f"lake_{uuid.uuid4().hex[:12]}"
    postgres.ask(f"create database {name} template {like or 'template0'}")
    variables = {
        "HUBWATCH_WAREHOUSE": f"ducklake:postgres:{postgres.of(name)}",
        "HUBWATCH_WAREHOUSE_DATA": f"s3://shared/{files}",
        "HUBWATCH_REPORT": "no",
    } | storage.variables
    return Lake(variables, postgres, name, storage.folder / "shared" / files)


@pytest.fixture
def lake(postgres: Postgres, storage: S3) -> Lake:
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
def template(made: Path, postgres: Postgres, storage: S3, tmp_path_factory: pytest.TempPathFactory) -> Published:
    lake = lake_in(postgres, storage, "demo")
    data = copied(made, tmp_path_factory.mktemp("builder") / "data")
    pipeline.migrate(lake.settings(data), "lake")
    return Published(lake, data, lake.version())


@pytest.fixture
def published(template: Published, postgres: Postgres, storage: S3, tmp_path: Path) -> Published:
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
