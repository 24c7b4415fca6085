"""Sites that tests look at, each built once a session on disk, whichever of the workers asks first."""

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from hubwatch.report import write_site
from hubwatch.statistics import load_claims
from tests.statistics.test_every_form import doubtful_world
from tests.statistics.world_of import WORLD, build

HOSTILE = (
    "<script>window.hit=1</script>",
    '"><img src=x onerror=window.hit=1>',
    "../../../etc/passwd",
    "\x1b[31mred",
    "=HYPERLINK(1)",
    "x" * 10**6,
)


def world() -> duckdb.DuckDBPyConnection:
    """The small world with its models named, on whole and healthy days that may stand in a series, and a change of a counting rule."""
    con = named(doubtful_world())
    con.execute("update sweeps set complete = true, health = 'ok', health_note = null, extent = 'whole', extent_note = null")
    con.execute("insert into facts.counting_rules(hub, valid_from, rule) values ('huggingface', '2025-06-10', 'and params.json')")
    return con


def hostile_world() -> duckdb.DuckDBPyConnection:
    """The small world in which hubs list names that are made to do harm."""
    con = named(build(WORLD))
    for at, name in enumerate(HOSTILE, 1):
        con.execute(
            """update models set name = ?
               where model_key in (select model_key from model_listings join store.listing using (hub, model_id) where listing_key = ?)""",
            [name, at],
        )
        con.execute("update store.listing set model_id = namespace || '/' || ?, name = ? where listing_key = ?", [name, name, at])
        con.execute("update store.attributes set title = ?, license = ? where listing_key = ?", [name, name, at])
    con.execute("update origins set organization = ?, source = 'javascript:alert(1)' where namespace = 'Qwen'", [HOSTILE[0]])
    con.execute("delete from model_listings")
    return con


def named(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    con.execute(
        "insert into models by name select model_key, any_value(split_part(model_id, '/', 2)) as name from model_listings group by all"
    )
    return con


# Each with how many models have pages and how many claims are checked.
WORLDS: dict[str, tuple[Callable[[], duckdb.DuckDBPyConnection], int, int]] = {
    "sound": (world, 100, 8),
    "doubtful": (doubtful_world, 2, 1),
    "hostile": (hostile_world, 100, 1),
}


def site_of(name: str, factory: pytest.TempPathFactory) -> Path:
    """The folder of the world's site; tests only read it."""
    room = factory.getbasetemp()
    room = (room.parent if "PYTEST_XDIST_WORKER" in os.environ else room) / "sites"
    room.mkdir(exist_ok=True)
    with FileLock(room / f"{name}.lock"):
        if not (room / f"{name}.done").exists():
            made, most, claims = WORLDS[name]
            with published(made(), room / f"{name}.duckdb") as con:
                write_site(con, room / name, most=most, claims=load_claims()[:claims])
            (room / f"{name}.done").touch()
    return room / name


def published(con: duckdb.DuckDBPyConnection, file: Path) -> duckdb.DuckDBPyConnection:
    """The database as a file that is opened as readers open it: what is known of its versions is found once."""
    con.execute(f"attach '{file}' as published; copy from database memory to published; detach published")
    return duckdb.connect(str(file), read_only=True, config={"threads": 2})
