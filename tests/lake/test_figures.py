"""The figures of a lake: equal to those of the file, also where several builders publish to it, and after it moved back into a file."""

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hubwatch import pipeline, statistics, store
from hubwatch.errors import StoreFault, UsageError
from hubwatch.store.lake_layout import tables_in
from tests.conftest import ROOT
from tests.lake.conftest import Lake, Published, opened, publish
from tests.lake.same import comments, differing, shares, tables
from tests.statistics.random_world import draw, stored


def test_the_demo_says_the_same_in_a_lake_as_in_the_file(template: Published, tmp_path: Path) -> None:
    listed = tmp_path / "listed.csv"
    listed.write_text("system,organization\nQwen3,Alibaba\nLlama 4,Meta\nother,\n")
    with opened(template.lake) as there, closing(store.open_published(template.data)) as here:
        assert differing(here, there) == (34, [])
        assert shares(there) == shares(here)
        ours, theirs = (statistics.run(con, "listed_origin_share", list=str(listed)) for con in (here, there))
        assert (ours.rows, ours.context) == (theirs.rows, theirs.context)
        own = tables(here, "hubwatch")
        assert tables(there, "lake") == own
        assert len(own["store.counters"]) > 15_000
        kept = {one for one in comments(here, "hubwatch") if one[2] is not None}
        assert kept - comments(there, "lake") == set()
        assert here.execute("from labelled order by all").fetchall() == there.execute("from labelled order by all").fetchall()


def test_a_random_world_says_the_same_in_a_lake_as_in_the_file(lake: Lake, tmp_path: Path) -> None:
    with stored(draw(1)) as world:
        store.open_warehouse(tmp_path).close()
        world.execute(f"attach '{tmp_path}/warehouse.duckdb' as own")
        for name in tables_in(world, "memory"):
            world.execute(f"insert into own.{name} by name from memory.{name}")
        world.execute("detach own")
        publish(lake, tmp_path)
        with opened(lake) as there:
            assert differing(world, there) == (34, [])
            assert sorted(there.execute("from flags").fetchall()) == sorted(world.execute("from flags").fetchall())


def test_a_warehouse_comes_back_from_a_lake_as_it_was(template: Published, tmp_path: Path) -> None:
    lake, data = template.lake, template.data
    assert pipeline.migrate(lake.settings(tmp_path / "again"), "file") == tmp_path / "again" / "hubwatch.duckdb"
    left_out = ("main.runs", "store.migrations")  # what was run since, and when the file was made
    with closing(store.open_published(data)) as here, closing(store.open_published(tmp_path / "again")) as again:
        assert tables(again, "hubwatch", left_out) == tables(here, "hubwatch", left_out)
        assert again.execute("from store.listing order by all").fetchall() == here.execute("from store.listing order by all").fetchall()
        assert shares(again) == shares(here)
    with pytest.raises(UsageError, match="the lake holds a warehouse already"):
        pipeline.migrate(lake.settings(data), "lake")
    with pytest.raises(StoreFault, match="holds days already"):
        pipeline.migrate(lake.settings(data), "file")


def build(lake: Lake, pages: list[Path], data: Path) -> None:
    """A builder that collected these hubs, its warehouse built and not yet in the lake."""
    for folder in pages:
        shutil.copytree(folder, data / "pages" / folder.name)
    pipeline.build(lake.settings(data).model_copy(update={"lake": None}))


def test_builders_of_different_hubs_publish_side_by_side_what_one_would(lake: Lake, made: Path, tmp_path: Path) -> None:
    hubs = {name: made / "pages" / name for name in ("huggingface", "modelscope", "wisemodel")}
    one, other, both = (tmp_path / name for name in ("one", "other", "both"))
    build(lake, [hubs["huggingface"]], one)
    build(lake, [hubs["modelscope"], hubs["wisemodel"]], other)
    build(lake, list(hubs.values()), both)
    command = [sys.executable, "-m", "hubwatch", "publish", "--data"]
    variables = os.environ | lake.variables | {"PYTHONPATH": str(ROOT / "src")}
    working = [subprocess.Popen([*command, str(data)], env=variables, stderr=subprocess.PIPE, text=True) for data in (one, other)]
    said = [process.communicate(timeout=120)[1] for process in working]
    assert [process.returncode for process in working] == [0, 0], said
    by_builder = ("main.runs", "store.loaded", "store.migrations", "main.sweeps")
    sweeps = "select * exclude (loaded_at) from sweeps order by all"
    with opened(lake) as there, closing(store.open_published(both)) as here:
        assert tables(there, "lake", by_builder) == tables(here, "hubwatch", by_builder)
        assert there.execute(sweeps).fetchall() == here.execute(sweeps).fetchall()
        assert shares(there) == shares(here)
        assert there.execute("select hub, count(*) from store.loaded group by hub order by hub").fetchall() == [
            ("huggingface", 5), ("modelscope", 3), ("wisemodel", 1),
        ]  # fmt: skip
        assert sorted(there.execute("select count(distinct builder), count(*) from store.lake_hubs").fetchall()) == [(2, 3)]
