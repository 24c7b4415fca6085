"""Putting the analysts' file in place: readers keep theirs, and nobody's file is harmed."""

import contextlib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import zstandard

from hubwatch import errors as failures
from hubwatch.errors import told
from hubwatch.store import publishing
from hubwatch.store import warehouse as store
from tests.store.test_days import FIRST, load


def test_readers_keep_what_they_opened_while_a_new_file_is_put_in_place(tmp_path: Path) -> None:
    con = store.open_warehouse(tmp_path)
    load(con, 0, {"a": ("mit", 1)})
    con.close()
    target = publishing.publish(tmp_path)
    assert target.stat().st_mode & 0o777 == 0o444
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


def damage_inside(path: Path) -> None:
    """Every block but the database's beginning is other than it was written."""
    os.chmod(path, 0o644)
    body = bytearray(path.read_bytes())
    for at in range(3 * 4096 + 2**18, len(body), 4096):
        body[at] ^= 0xFF
    path.write_bytes(body)


def test_publishing_replaces_a_published_file_that_is_damaged_further_inside(tmp_path: Path) -> None:
    load_days(tmp_path, 0, 1)
    publishing.publish(tmp_path)
    damage_inside(tmp_path / "hubwatch.duckdb")
    with pytest.raises(duckdb.Error) as met, publishing.open_published(tmp_path) as con:
        con.execute("from sweeps").fetchall()
    assert told(met.value).endswith("`hubwatch publish` puts a whole one in its place")
    publishing.publish(tmp_path)
    assert published_days(tmp_path) == [0, 1]


def test_a_block_that_does_not_bear_its_checksum_is_told_with_the_cure_where_the_file_is_opened(tmp_path: Path) -> None:
    load_days(tmp_path, 0)
    body = bytearray((tmp_path / "warehouse.duckdb").read_bytes())
    for at in range(3 * 4096, len(body), 4096):
        body[at] ^= 0xFF
    (tmp_path / "warehouse.duckdb").write_bytes(body)
    with pytest.raises(failures.StoreFault, match=r"warehouse.duckdb cannot be opened: .*checksum.*hubwatch backfill pages"):
        store.open_warehouse(tmp_path)


def test_publishing_brings_the_warehouse_of_an_earlier_version_to_this_ones_schema(tmp_path: Path) -> None:
    packed = (Path(__file__).parent / "upgrades" / "v1.duckdb.zst").read_bytes()
    (tmp_path / "warehouse.duckdb").write_bytes(zstandard.ZstdDecompressor().stream_reader(packed).read())
    publishing.publish(tmp_path)
    with publishing.open_published(tmp_path) as con:
        assert con.execute("select max(version) from store.migrations").fetchall() == [(store.MIGRATIONS[-1][0],)]
        con.execute("from listings").fetchall()


def test_what_is_published_is_read_within_the_memory_that_is_allowed(tmp_path: Path) -> None:
    load_days(tmp_path, 0)
    publishing.publish(tmp_path)
    with publishing.open_published(tmp_path, "300MB") as con:
        assert con.execute("select parse_formatted_bytes(current_setting('memory_limit')) between 299e6 and 300e6").fetchall() == [(True,)]


def published_days(data: Path) -> list[int]:
    with publishing.open_published(data) as con:
        return [(day - FIRST).days for (day,) in con.execute("select day from sweeps order by day").fetchall()]


def load_days(data: Path, *days: int) -> None:
    with contextlib.closing(store.open_warehouse(data)) as con:
        for day in days:
            load(con, day, {"a": ("mit", 1)})


def test_days_that_a_new_warehouse_lacks_stay_published_until_it_is_restored_or_they_are_given_up(tmp_path: Path) -> None:
    load_days(tmp_path, 0, 1)
    publishing.publish(tmp_path)
    (tmp_path / "warehouse.duckdb").unlink()
    load_days(tmp_path, 1, 2)
    with pytest.raises(failures.StoreFault, match=f"holds huggingface {FIRST} full, which warehouse.duckdb lacks") as refused:
        publishing.publish(tmp_path)
    assert published_days(tmp_path) == [0, 1]
    (cure,) = re.findall("(install .*?),", str(refused.value))
    os.rename(tmp_path / "warehouse.duckdb", tmp_path / "later")
    subprocess.run(shlex.split(cure), check=True)
    load_days(tmp_path, 2)
    publishing.publish(tmp_path)
    assert published_days(tmp_path) == [0, 1, 2]
    os.replace(tmp_path / "later", tmp_path / "warehouse.duckdb")
    publishing.publish(tmp_path, drop_days=True)
    assert published_days(tmp_path) == [1, 2]


def test_what_could_not_be_written_back_into_the_warehouse_is_never_to_be_removed(tmp_path: Path) -> None:
    load_days(tmp_path, 0)
    with contextlib.closing(store.open_warehouse(tmp_path)) as con:  # while it is open, closing another leaves the .wal in place
        load(con, 1, {"a": ("mit", 1)})
        assert Path(f"{tmp_path / 'warehouse.duckdb'}.wal").exists()
        with pytest.raises(failures.StoreFault, match="make room there, then `hubwatch publish`") as refused:
            publishing.publish(tmp_path)
    assert "remove" not in str(refused.value)
    publishing.publish(tmp_path)
    assert published_days(tmp_path) == [0, 1]


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """Without root's right to read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_published_file_that_may_not_be_read_is_neither_replaced_nor_said_to_be_broken() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        load_days(data, 0)
        target = publishing.publish(data)
        target.chmod(0)
        data.chmod(0o777)
        (data / "warehouse.duckdb").chmod(0o666)
        for use in (publishing.open_published, publishing.publish):
            with nobody(), pytest.raises(failures.StoreFault, match="Permission denied; give yourself the right to"):
                use(data)
        assert target.stat().st_mode & 0o777 == 0


@pytest.mark.parametrize("warehouse", [True, False])
def test_a_published_file_of_an_earlier_version_is_told_with_the_cure_which_helps(tmp_path: Path, warehouse: bool) -> None:
    packed = (Path(__file__).parent / "upgrades" / "v1.duckdb.zst").read_bytes()
    unpacked = zstandard.ZstdDecompressor().stream_reader(packed).read()
    for name in ("hubwatch.duckdb", "warehouse.duckdb")[: 1 + warehouse]:
        (tmp_path / name).write_bytes(unpacked)
    with pytest.raises(failures.StoreFault, match=r"of an earlier hubwatch \(schema 1.*`hubwatch publish` renews it") as refused:
        publishing.open_published(tmp_path)
    cures = re.findall("(install .*?),", str(refused.value))
    assert len(cures) == (not warehouse)
    for cure in cures:
        subprocess.run(shlex.split(cure), check=True)
    publishing.publish(tmp_path)
    assert published_days(tmp_path) != []


def test_a_published_file_of_a_later_version_is_not_read_by_guesswork(tmp_path: Path) -> None:
    load_days(tmp_path, 0)
    with contextlib.closing(store.open_warehouse(tmp_path)) as con:
        con.execute("insert into store.migrations values (99, now(), 'later')")
    os.rename(tmp_path / "warehouse.duckdb", tmp_path / "hubwatch.duckdb")
    with pytest.raises(failures.StoreFault, match=r"later hubwatch .schema 99, .*upgrade"):
        publishing.open_published(tmp_path)
