"""Flipped bits: nothing damaged is ever published, and the printed cure brings everything back.

`HUBWATCH_FLIPS=100 pytest tests/store/test_damage.py tests/test_build.py` flips more of them than an ordinary run does.
"""

import contextlib
import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

from hubwatch import errors as failures
from hubwatch.store import publishing, whole
from hubwatch.store import warehouse as store
from tests.store.test_days import load, said

FLIPS = int(os.environ.get("HUBWATCH_FLIPS", "36"))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two published days of 3,000 listings in a row."""
    data = tmp_path_factory.mktemp("published")
    chance = random.Random(7)
    for day in (0, 1):
        with contextlib.closing(store.open_warehouse(data)) as con:
            load(
                con,
                day,
                {f"model-{number}-{chance.random()}": (chance.choice(["mit", "gpl"]), chance.randrange(10**9)) for number in range(1500)},
            )
        publishing.publish(data)
    return data


def content(path: Path) -> list[object]:
    with store.connect(path, read_only=True) as con:
        return said(con)


def flip(path: Path, chance: random.Random) -> None:
    """One bit other than it was written, in a byte that holds something."""
    body = bytearray(path.read_bytes())
    at = chance.choice([at for at in (chance.randrange(len(body)) for _ in range(400)) if body[at]])
    body[at] ^= 1 << chance.randrange(8)
    path.write_bytes(body)


@pytest.mark.parametrize("seed", range(FLIPS))
def test_a_flipped_bit_of_the_warehouse_never_reaches_the_published_file(published: Path, tmp_path: Path, seed: int) -> None:
    data = Path(shutil.copytree(published, tmp_path / "data"))
    flip(data / "warehouse.duckdb", random.Random(seed))
    before = (data / "hubwatch.duckdb").read_bytes()
    expected = content(published / "hubwatch.duckdb")
    refused = None
    try:
        publishing.publish(data)
    except (failures.StoreFault, duckdb.Error) as error:
        refused = failures.told(error)
    if refused:
        assert "then `hubwatch build`" in refused
        assert (data / "hubwatch.duckdb").read_bytes() == before
    assert content(data / "hubwatch.duckdb") == expected
    assert not list(data.glob("*.tmp")) + list(data.glob(".*.tmp"))


@pytest.mark.parametrize("seed", range(FLIPS if "HUBWATCH_FLIPS" in os.environ else FLIPS // 3))
def test_a_published_file_with_a_flipped_bit_is_replaced_and_the_generation_before_it_stays(
    published: Path, tmp_path: Path, seed: int
) -> None:
    data = Path(shutil.copytree(published, tmp_path / "data"))
    before = (data / publishing.PREVIOUS).read_bytes()
    flip(data / "hubwatch.duckdb", random.Random(seed))
    expected = content(published / "hubwatch.duckdb")
    publishing.publish(data)
    assert content(data / "hubwatch.duckdb") == expected
    kept = (data / publishing.PREVIOUS).read_bytes()
    assert kept == before or content(data / publishing.PREVIOUS) == expected


def test_the_generation_before_is_kept_and_opens(published: Path) -> None:
    with store.connect(published / publishing.PREVIOUS, read_only=True) as con:
        assert con.execute("select count(distinct day) from observations").fetchall() == [(1,)]


def test_every_block_with_rows_is_read_before_a_copy_is_believed(published: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(published / "warehouse.duckdb", tmp_path))
    body = bytearray(path.read_bytes())
    with store.connect(path, read_only=True) as con:
        whole.read_whole(con)
        used = {
            block for (block,) in con.execute("select block_id from pragma_storage_info('store.counters') where block_id >= 0").fetchall()
        }
    assert used
    for block in used:
        at = 3 * 4096 + block * 2**18 + 4096
        damaged = bytearray(body)
        damaged[at] ^= 4
        path.write_bytes(damaged)
        with store.connect(path, read_only=True) as con, pytest.raises(duckdb.Error, match="checksum") as met:
            whole.read_whole(con)
        assert whole.is_damage(met.value)


def test_the_cure_for_a_damaged_warehouse_works(published: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(published, tmp_path / "data"))
    body = bytearray((data / "warehouse.duckdb").read_bytes())
    for at in range(3 * 4096, len(body), 4096):
        body[at] ^= 0xFF
    (data / "warehouse.duckdb").write_bytes(body)
    with pytest.raises(failures.StoreFault) as met:
        publishing.publish(data)
    (cure,) = re.findall(r"`(rm .*?)`", failures.told(met.value))
    subprocess.run(cure, shell=True, check=True, cwd=data)
    publishing.publish(data)
    assert content(data / "warehouse.duckdb") == content(data / "hubwatch.duckdb") == content(published / "hubwatch.duckdb")
