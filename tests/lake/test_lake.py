"""A lake on a real PostgreSQL and a real S3 server: whole publications, earlier versions, kills and cuts, rights, upkeep."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from hubwatch import pipeline, statistics, store
from hubwatch.errors import HubwatchError, StoreFault, UsageError
from tests.conftest import ROOT, hubwatch
from tests.lake.conftest import ARCHIVE, Lake, Published, copied, drop, opened, publish
from tests.lake.same import shares, tables
from tests.servers import KEYS, Postgres

SECRET = KEYS["AWS_SECRET_ACCESS_KEY"]


def test_a_publication_holds_what_changed_and_earlier_ones_stay(published: Published) -> None:
    lake, data, first = published.lake, published.data, published.snapshot
    assert publish(lake, data) == first  # nothing changed: no further snapshot
    files = sorted(lake.files.rglob("counters/**/*.parquet"))
    with opened(lake) as still:
        before = shares(still)
        drop(data, ARCHIVE[0])
        second = publish(lake, data)
        assert shares(still) == before  # what is open stays as it is
    assert second > first
    added = set(lake.files.rglob("counters/**/*.parquet")) - set(files)
    assert {path.parent.name for path in added} <= {f"day={ARCHIVE[0]}"}  # no other day is written again
    days = "select count(*) from days where day = date '2024-11-14'"
    with opened(lake) as now, closing(store.read_warehouse(data)) as here, opened(lake, str(first)) as then:
        assert (now.execute(days).fetchall(), then.execute(days).fetchall()) == ([(0,)], [(1,)])
        assert shares(then) == before
        assert tables(now, "lake") == tables(here, "warehouse")
        cited = statistics.cite(then, "download-share", "CN", hub="huggingface", by="country")
    assert (cited.snapshot, cited.file) == (first, None)
    assert cited.rerun.endswith(f"--group CN --as-of {first}")
    with opened(lake, time.strftime("%Y-%m-%d", time.gmtime())) as today:
        assert store.snapshot_of(today) == second
    for asked, said in (("2020-01-01", "the lake holds snapshots"), ("99999", "the lake holds snapshots"), ("x", "neither the number")):
        with pytest.raises(UsageError, match=said), opened(lake, asked):
            pass


def test_a_hub_has_one_builder_until_another_takes_it_over(published: Published, tmp_path: Path) -> None:
    lake, data = published.lake, published.data
    other, empty = copied(data, tmp_path / "other"), tmp_path / "empty"
    (other / "lake-builder").unlink()
    days = "select count(*) from days where day = date '2024-11-14'"
    drop(data, ARCHIVE[0])
    publish(lake, data)
    with pytest.raises(StoreFault, match="huggingface is published to the lake by another builder, and 2024-11-14 archive:"):
        publish(lake, other)
    publish(lake, other, take_over=True)
    with opened(lake) as con:
        assert con.execute(days).fetchall() == [(1,)]
        assert con.execute("select count(distinct builder) from store.lake_hubs").fetchall() == [(2,)]
    empty.mkdir()
    shutil.copy(other / "lake-builder", empty)
    with pytest.raises(StoreFault, match=r"the lake holds huggingface 2024-11-14 archive:.*--drop-days"):
        publish(lake, empty)


def test_of_two_publications_from_one_version_the_second_writes_nothing(published: Published, tmp_path: Path) -> None:
    lake, data = published.lake, published.data
    late = tmp_path / "late"
    late.mkdir()
    shutil.copy(data / "warehouse.duckdb", late)
    drop(data, ARCHIVE[0])
    settings = lake.settings(late)
    assert settings.lake is not None
    with closing(store.open_warehouse(late)) as con, store.attached(con, settings.lake):
        base = store.version_of(con)
        publish(lake, data)
        snapshot = lake.version()
        with pytest.raises(store.Moved):
            store.commit(con, "late", base)
    assert lake.version() == snapshot


def test_two_transactions_at_once_conflict_and_only_one_is_committed(published: Published) -> None:
    lake, data = published.lake, published.data
    settings = lake.settings(data)
    assert settings.lake is not None
    with duckdb.connect() as one, duckdb.connect() as other, store.attached(one, settings.lake), store.attached(other, settings.lake):
        for con in (one, other):
            con.execute("begin")
            con.execute("update lake.store.lake set version = version + 1")
            con.execute("insert into lake.profiles by name select 'wisemodel' as hub, 'x' as namespace")
        one.execute("commit")
        with pytest.raises(duckdb.Error) as failed:
            other.execute("commit")
        assert store.is_conflict(failed.value)
        assert one.execute("select count(*) from lake.profiles where namespace = 'x'").fetchall() == [(1,)]


def test_a_publisher_killed_while_it_commits_leaves_the_last_snapshot(published: Published) -> None:
    lake, data = published.lake, published.data
    with opened(lake) as con:
        before = tables(con, "lake")
    snapshot, files = lake.version(), set(lake.files.rglob("*.parquet"))
    drop(data, ARCHIVE[0])
    drop(data, ARCHIVE[1])
    command = [sys.executable, "-m", "hubwatch", "publish", "--data", str(data)]
    variables = os.environ | lake.variables | {"PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, env=variables) as process:
        while process.poll() is None and not set(lake.files.rglob("*.parquet")) - files:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL  # in the midst: the first of its files is there
    assert lake.version() == snapshot
    with opened(lake) as con:
        assert tables(con, "lake") == before
    assert publish(lake, data) > snapshot
    with opened(lake) as there, closing(store.read_warehouse(data)) as here:
        assert tables(there, "lake") == tables(here, "warehouse")


def test_a_publication_waits_for_a_catalog_that_restarts(published: Published, postgres: Postgres) -> None:
    lake, data = published.lake, published.data
    drop(data, ARCHIVE[0])
    postgres.stop()
    back = threading.Timer(1.5, postgres.start)
    back.start()
    try:
        assert publish(lake, data) == lake.version()
    finally:
        back.join()
    with opened(lake) as con:
        assert con.execute("select count(*) from days where day = date '2024-11-14'").fetchall() == [(0,)]


def test_a_reader_needs_no_right_to_write_and_no_query_leaves_the_lake(published: Published) -> None:
    lake, data = published.lake, published.data
    lake.postgres.ask(
        """do $$ begin if not exists (select 1 from pg_roles where rolname = 'reader') then create role reader login; end if; end $$;
           grant select on all tables in schema public to reader""",
        lake.database,
    )
    address = lake.variables["HUBWATCH_WAREHOUSE"].replace("user=hubwatch", "user=reader")
    variables = {name: value for name, value in lake.variables.items() if name != "HUBWATCH_WAREHOUSE_DATA"} | {
        "HUBWATCH_WAREHOUSE": address
    }
    told = hubwatch(data, "cite", "download-share", "--hub", "huggingface", "--by", "country", "--group", "CN", **variables)
    assert (told.returncode, told.stderr) == (0, "")
    assert f"Snapshot: {lake.version()} of the lake" in told.stdout
    refused = hubwatch(data, "sql", "copy (select 1) to 's3://bucket/x.csv'", **variables)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "only what reads is run here" in refused.stderr
    with opened(Lake(variables, lake.postgres, lake.database, lake.files)) as con:
        for query in (
            "from read_text('/etc/passwd')",
            "delete from lake.sweeps",
            "attach '/tmp/other.duckdb' as other",
            "from read_parquet('s3://other/*.parquet')",
            "set enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(query)
        assert SECRET not in str(con.execute("from duckdb_secrets()").fetchall())


def test_no_secret_is_printed_or_kept(published: Published) -> None:
    lake, data = published.lake, published.data
    wrong = lake.variables | {"AWS_SECRET_ACCESS_KEY": "wrong-and-secret", "PGPASSWORD": "also-secret"}
    said = hubwatch(data, "stats", "download-share", "--hub", "huggingface", **wrong)
    assert said.returncode == 1
    assert said.stderr.startswith("hubwatch: ")
    assert not {"wrong-and-secret", "also-secret", SECRET} & set(said.stderr.replace("'", " ").split())
    kept = [path for path in (*data.rglob("*"), *lake.files.rglob("*")) if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert kept == []
    assert SECRET not in lake.postgres.ask("select * from ducklake_metadata", lake.database)


def test_old_snapshots_expire_but_for_the_last_of_each_month(published: Published) -> None:
    lake, data, first = published.lake, published.data, published.snapshot
    settings = lake.settings(data)
    drop(data, ARCHIVE[0])
    second = publish(lake, data)
    drop(data, ARCHIVE[1])
    third = publish(lake, data)
    for snapshot, at in ((first, "2026-01-10"), (second, "2026-01-20"), (third, "2026-02-20")):
        lake.postgres.ask(f"update ducklake_snapshot set snapshot_time = '{at}' where snapshot_id = {snapshot}", lake.database)
    lake.postgres.ask(f"update ducklake_snapshot set snapshot_time = '2025-12-01' where snapshot_id < {first}", lake.database)
    with opened(lake) as con:
        before = shares(con)
    assert pipeline.maintain(settings, 30, dry_run=True) == {"snapshots_would_expire": first + 1}
    assert pipeline.maintain(settings, 30)["snapshots_expired"] == first + 1
    with opened(lake) as con, opened(lake, str(second)) as kept, opened(lake, "2026-02-01") as on:
        assert store.snapshot_of(con) == third
        assert shares(con) == before
        assert store.snapshot_of(on) == store.snapshot_of(kept) == second
    with pytest.raises(UsageError), opened(lake, str(first)):
        pass
    assert publish(lake, data) >= third


def test_what_works_on_files_says_so_on_a_lake(published: Published) -> None:
    lake, data = published.lake, published.data
    said = hubwatch(data, "export", "out", **lake.variables)
    assert said.returncode == 2
    assert "migrate file" in said.stderr
    done = hubwatch(data, "sql", "select count(*) as days from days", "--format", "csv", **lake.variables)
    assert done.stdout.splitlines()[0] == "days"


def test_an_empty_or_foreign_lake_is_told(lake: Lake, data: Path) -> None:
    with pytest.raises(HubwatchError, match="a builder makes it"), opened(lake):
        pass
    settings = lake.settings(data)
    assert settings.lake is not None
    with duckdb.connect() as con, store.attached(con, settings.lake):
        con.execute("create table lake.other (a integer)")
    with pytest.raises(StoreFault, match="is not of hubwatch"):
        publish(lake, data)
