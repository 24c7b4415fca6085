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
    assert target.stat().st_mode & 0o777 == 0o644
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
        with pytest.raises(failures.StoreFault, match=rf"{name} is not a hubwatch database \(it holds main.mine\); move it away"):
            act(tmp_path)
    assert (tmp_path / name).read_bytes() == before
    assert not list(tmp_path.glob("*.tmp")) + list(tmp_path.glob(".*.tmp"))


def test_a_damaged_file_is_told_by_its_name_with_the_cure_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "blocks"  # "lock" in a path is no lock
    folder.mkdir()
    (folder / "warehouse.duckdb").write_bytes(b"no database" * 1000)
    (folder / "hubwatch.duckdb").write_bytes(b"no database" * 1000)
    for use in (store.open_warehouse, publishing.publish):
        with pytest.raises(failures.StoreFault, match=r"blocks/warehouse.duckdb cannot be opened.*hubwatch build"):
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
    assert told(met.value).endswith("`hubwatch publish` replaces it by a whole one")
    publishing.publish(tmp_path)
    assert published_days(tmp_path) == [0, 1]


def test_a_block_that_does_not_bear_its_checksum_is_told_with_the_cure_where_the_file_is_opened(tmp_path: Path) -> None:
    load_days(tmp_path, 0)
    body = bytearray((tmp_path / "warehouse.duckdb").read_bytes())
    for at in range(3 * 4096, len(body), 4096):
        body[at] ^= 0xFF
    (tmp_path / "warehouse.duckdb").write_bytes(body)
    with pytest.raises(failures.StoreFault, match=r"warehouse.duckdb cannot be opened: .*checksum.*hubwatch build"):
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
        with pytest.raises(failures.StoreFault, match="free some disk space, then `hubwatch publish`") as refused:
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
            with nobody(), pytest.raises(failures.StoreFault, match="Permission denied; check the file permissions"):
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


def storage_version(path: Path) -> str:
    with store.connect(path, read_only=True) as con:
        return str(con.execute("select tags['storage_version'] from duckdb_databases() where path is not null").fetchall()[0][0])


def test_the_published_file_is_of_a_storage_version_that_duckdb_1_2_opens(tmp_path: Path) -> None:
    load_days(tmp_path, 0)
    assert storage_version(publishing.publish(tmp_path)) == "v1.2.0+"


def test_a_warehouse_of_a_later_storage_version_is_rewritten_once_with_all_it_holds(tmp_path: Path) -> None:
    load_days(tmp_path, 0, 1)
    old = tmp_path / "old"
    with duckdb.connect() as con:
        con.execute(f"attach '{tmp_path / 'warehouse.duckdb'}' as a (read_only)")
        con.execute(f"attach '{old}' as b (storage_version 'v1.5.0')")
        con.execute("copy from database a to b")
    os.replace(old, tmp_path / "warehouse.duckdb")
    held = "from {} where not internal order by all"
    wanted = [
        held.format("(select internal, schema_name, view_name, comment, replace(replace(sql, '(', ''), ')', '') from duckdb_views())"),
        held.format("(select internal, schema_name, table_name, column_name, data_type, comment from duckdb_columns())"),
        held.format("(select internal, schema_name, table_name, comment from duckdb_tables())"),
        "from all_observations order by all",
    ]
    with store.connect(tmp_path / "warehouse.duckdb", read_only=True) as con:
        before = [con.execute(query).fetchall() for query in wanted]
    target = publishing.publish(tmp_path)
    for path in (target, tmp_path / "warehouse.duckdb"):
        assert storage_version(path) == "v1.2.0+"
        with store.connect(path, read_only=True) as con:
            assert [con.execute(query).fetchall() for query in wanted] == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hubwatch.duckdb", "warehouse.duckdb"]


def test_free_blocks_are_not_published_for_ever(tmp_path: Path) -> None:
    load_days(tmp_path, 0)
    with contextlib.closing(store.open_warehouse(tmp_path)) as con:
        con.execute("create table ballast as select range, hash(range) as h from range(2000000)")
        con.execute("checkpoint")
        con.execute("create table behind as select hash(range) as h from range(100000)")
        con.execute("checkpoint")
        con.execute("drop table ballast")
    assert (tmp_path / "warehouse.duckdb").stat().st_size > 8e6
    assert publishing.publish(tmp_path).stat().st_size < 4e6


def test_what_a_link_in_place_of_the_published_file_points_to_is_replaced(tmp_path: Path) -> None:
    data, shown = tmp_path / "data", tmp_path / "shown"
    shown.mkdir()
    load_days(data, 0)
    (data / "hubwatch.duckdb").symlink_to(shown / "models.duckdb")
    for day in (1, 2):
        publishing.publish(data)
        assert (data / "hubwatch.duckdb").is_symlink()
        with store.connect(shown / "models.duckdb", read_only=True) as con:
            assert con.execute("select count(*) from sweeps").fetchall() == [(day,)]
        load_days(data, day)
    assert sorted(path.name for path in shown.iterdir()) == ["hubwatch.previous.duckdb", "models.duckdb"]


def test_a_link_into_nowhere_and_a_folder_in_place_of_the_published_file_are_told(tmp_path: Path) -> None:
    load_days(tmp_path, 0)
    (tmp_path / "hubwatch.duckdb").symlink_to(tmp_path / "away" / "models.duckdb")
    with pytest.raises(failures.StoreFault, match=r"hubwatch.duckdb points into a folder that cannot hold it \(.*away/models.duckdb"):
        publishing.publish(tmp_path)
    (tmp_path / "hubwatch.duckdb").unlink()
    (tmp_path / "hubwatch.duckdb").mkdir()
    with pytest.raises(failures.StoreFault, match=r"hubwatch\.duckdb is a folder"):
        publishing.publish(tmp_path)


def test_a_mounted_published_file_is_told_with_the_cure(tmp_path: Path) -> None:
    load_days(tmp_path, 0)
    publishing.publish(tmp_path)
    target, other = tmp_path / "hubwatch.duckdb", tmp_path / "other"
    other.write_bytes(target.read_bytes())
    if subprocess.run(["mount", "--bind", other, target], capture_output=True, check=False).returncode:
        pytest.skip("mounting needs rights that this user does not have")
    try:
        with pytest.raises(failures.StoreFault, match=r"is a mount point and cannot be replaced.*mount its folder"):
            publishing.publish(tmp_path)
    finally:
        subprocess.run(["umount", target], check=True)


@pytest.mark.parametrize(
    "strange",
    [
        "create or replace view days as select content as hub from read_text('{secret}')",
        "create or replace view listings as select a.range as model_id from range(100000000000) a",
        "create view mine as from read_text('{secret}')",
        "create macro list_position(a, b) as 1",
        "create table slow (a integer, b integer generated always as (a + 1) virtual)",
    ],
)
def test_a_published_file_that_would_run_what_others_wrote_is_refused(tmp_path: Path, strange: str) -> None:
    (tmp_path / "secret").write_text("secret")
    load_days(tmp_path, 0)
    target = publishing.publish(tmp_path)
    with duckdb.connect(target) as con:
        con.execute(strange.format(secret=tmp_path / "secret"))
    with pytest.raises(failures.StoreFault, match=r"which this version of hubwatch did not make.*do not trust"):
        publishing.open_published(tmp_path)


@pytest.mark.parametrize(
    "query", ["from read_text('{secret}')", "copy (select 1) to '{secret}'", "attach '{secret}.db'", "set threads = 1"]
)
def test_no_query_over_the_published_file_touches_another_file_or_a_setting(tmp_path: Path, query: str) -> None:
    (tmp_path / "secret").write_text("secret")
    load_days(tmp_path, 0)
    publishing.publish(tmp_path)
    with publishing.open_published(tmp_path) as con, pytest.raises(duckdb.Error, match=r"disabled by configuration|locked"):
        con.execute(query.format(secret=tmp_path / "secret"))
    assert (tmp_path / "secret").read_text() == "secret"


def test_the_published_file_is_opened_twice_in_one_process_whatever_the_time_zone(tmp_path: Path) -> None:
    load_days(tmp_path, 0)
    publishing.publish(tmp_path)
    script = """
import sys
from pathlib import Path
from hubwatch.store import open_published
opened = [open_published(Path(sys.argv[1])) for _ in range(2)]
print([con.execute("select current_setting('timezone'), make_timestamptz(0)::varchar").fetchall() for con in opened])
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | {"TZ": "Asia/Tokyo"}).stdout
    assert printed.strip() == str([[("UTC", "1970-01-01 00:00:00+00")]] * 2)


def test_a_reader_without_a_writable_folder_may_still_spill_to_disk() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        load_days(data, 0)
        publishing.publish(data)
        data.chmod(0o555)
        with nobody(), publishing.open_published(data, "256MB") as con:
            con.execute("create temp table wide as select range, hash(range)::varchar || repeat('x', 90) as h from range(4000000)")
            assert con.execute("select count(*) from wide").fetchall() == [(4_000_000,)]
