"""Putting the analysts' file in place: readers keep theirs, and nobody's file is harmed."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from hubwatch import failures, publishing, store
from tests.test_replace import load


def test_readers_keep_what_they_opened_while_a_new_file_is_put_in_place(tmp_path: Path) -> None:
    con = store.open_warehouse(tmp_path)
    load(con, 0, {"a": ("mit", 1)})
    con.close()
    target = publishing.publish(tmp_path)
    reader = """
import duckdb, sys
con = duckdb.connect(sys.argv[1], read_only=True)
count = lambda: con.execute("select count(*) from observations").fetchall()[0][0]
print(count(), flush=True); sys.stdin.readline(); print(count(), flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", reader, target], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "1\n"
    con = store.open_warehouse(tmp_path)
    load(con, 1, {"a": ("mit", 1)})
    con.close()
    publishing.publish(tmp_path)
    held, _ = child.communicate("\n", timeout=30)
    assert held == "1\n"
    with store.connect(target, read_only=True) as fresh:
        assert fresh.execute("select count(*) from observations").fetchall() == [(2,)]


def test_a_wal_beside_the_published_file_stops_the_publish(tmp_path: Path) -> None:
    store.open_warehouse(tmp_path).close()
    publishing.publish(tmp_path)
    Path(f"{tmp_path / 'hubwatch.duckdb'}.wal").write_bytes(b"x")
    with pytest.raises(failures.StoreFault, match="wal exists"):
        publishing.publish(tmp_path)


@pytest.mark.parametrize("name", ["warehouse.duckdb", "hubwatch.duckdb"])
def test_a_database_of_somebody_else_is_neither_read_nor_written_nor_replaced(tmp_path: Path, name: str) -> None:
    store.open_warehouse(tmp_path).close()
    (tmp_path / name).unlink(missing_ok=True)
    with duckdb.connect(tmp_path / name) as theirs:
        theirs.execute("create table mine as select 42 as answer")
    before = (tmp_path / name).read_bytes()
    use = store.open_warehouse if name == "warehouse.duckdb" else publishing.open_published
    for act in (use, publishing.publish):
        with pytest.raises(failures.StoreFault, match=rf"{name} is no database of hubwatch \(it holds main.mine\); move it away"):
            act(tmp_path)
    assert (tmp_path / name).read_bytes() == before
    assert not list(tmp_path.glob("*.tmp")) + list(tmp_path.glob(".*.tmp"))


def test_a_damaged_file_is_told_by_its_name_with_the_cure_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "blocks"  # "lock" in a path is no lock
    folder.mkdir()
    (folder / "warehouse.duckdb").write_bytes(b"no database" * 1000)
    (folder / "hubwatch.duckdb").write_bytes(b"no database" * 1000)
    for use in (store.open_warehouse, publishing.publish):
        with pytest.raises(failures.StoreFault, match=r"blocks/warehouse.duckdb cannot be opened.*hubwatch backfill pages"):
            use(folder)
    with pytest.raises(failures.StoreFault, match=r"blocks/hubwatch.duckdb cannot be opened.*hubwatch publish"):
        publishing.open_published(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["hubwatch.duckdb", "warehouse.duckdb"]


def test_publishing_replaces_a_damaged_published_file(tmp_path: Path) -> None:
    store.open_warehouse(tmp_path).close()
    (tmp_path / "hubwatch.duckdb").write_bytes(b"no database" * 1000)
    publishing.publish(tmp_path)
    with publishing.open_published(tmp_path) as con:
        assert con.execute("select count(*) from listings").fetchall() == [(0,)]
