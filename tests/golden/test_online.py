"""The command that computes publishers' printed figures anew, on a small copy of the archive's layout whose figures are known."""

import contextlib
import csv
import io
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest

from hubwatch.archives import read_mapping
from hubwatch.settings import Settings
from hubwatch.statistics import definitions
from tests.conftest import with_warehouse
from tests.golden import online

# Model o/mN has 1,000 N downloads a day in both counters; o/m40 is created on 11 March, and o/m3 and o/m39 name a base.
_SERIES = """copy (
  select 'o/m' || n as id, day, 30000 * n as dl30,
    (if(n = 40, 0, 5000) + 1000 * n * (day - if(n = 40, date '2025-03-11', date '2025-03-01')))::bigint as dl_all,
    1::bigint as likes
  from range(1, 41) a(n), (select unnest([date '{month}-01', '{month}-11', '{month}-21'])::date as day)
  where n < 40 or day > date '2025-03-11' order by id, day
) to '{path}'"""
_MODELS = """copy (
  select 'o/m' || n as id, 'o' as author, 'text-generation' as pipeline_tag, 'transformers' as library_name,
    if(n = 40, timestamp '2025-03-11', timestamp '2024-01-01') as created_at, if(n in (3, 39), 'quantized', null) as base_relation, n = 3 as is_gguf
  from range(1, 41) a(n)
) to '{path}'"""
_MARCH = "2025-03-01,2025-04-01"
_FIGURES = f"""figure,publisher,since,until,statistic,options,measured,value,unit,tolerance,reason,source
month,p,{_MARCH},publisher_month,,sum(downloads),25020000,downloads,0%,exact,s
derived,p,{_MARCH},publisher_month,,100 * sum(downloads) filter (base_relation is not null) / sum(downloads),5.2,%,0.01,rounded,s
rolling,p,2024-07-01,2024-08-01,publisher_month,,sum(downloads),1,downloads,1%,rounded,s
flow,p,{_MARCH},download_flow,by=hub every=month,sum(value) / 31,780000,downloads,0%,new on its second day,s
first,p,2025-04-01,2025-04-01,concentration,by=model metric=downloads_30d,100 * max(value) filter (measure = 'top_1'),4.9,%,0.1,rounded,s
first three,p,2025-04-01,2025-04-01,concentration,by=model metric=downloads_30d,100 * max(value) filter (measure = 'top_3'),20,%,0.5,rounded,s
later,p,2026-09-01,2026-10-01,publisher_month,,sum(downloads),1,downloads,1%,rounded,s
bases,p,2025-04-01,2025-04-01,derived_share,by=hub metric=downloads_30d,100 * max(share_derived),43,%,1,rounded,s
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("golden")
    (made / "copy/series").mkdir(parents=True)
    for month in ("2025-03", "2025-04"):
        duckdb.execute(_SERIES.format(month=month, path=made / f"copy/series/{month}.parquet"))
    duckdb.execute(_MODELS.format(path=made / "copy/models.parquet"))
    (made / "figures.csv").write_text(_FIGURES)
    with_warehouse(made / "data")
    return made


@pytest.fixture(scope="module")
def answered(folder: Path) -> tuple[int, list[dict[str, str]], list[str]]:
    """What the command gives of the copy: exit code, table, what it told."""
    told: list[str] = []
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = _asked(folder, "copy", told.append)
    return code, list(csv.DictReader(io.StringIO(out.getvalue()))), told


def test_each_figure_fits_differs_or_cannot_be_measured(answered: tuple[int, list[dict[str, str]], list[str]]) -> None:
    code, rows, told = answered
    assert code == 1
    assert [(row["figure"], row["printed"], row["ours"], row["verdict"], row["why"]) for row in rows] == [
        ("month", "25,020,000 downloads", "25,020,000 downloads", "fits", "exact"),
        ("derived", "5.2 %", "5.2 %", "fits", "rounded"),
        ("rolling", "1 downloads", "", "cannot be measured", "no sound day within 7 days of 2024-08-01"),
        ("flow", "780,000 downloads", "780,000 downloads", "fits", "new on its second day"),
        ("first", "4.9 %", "4.9 %", "fits", "rounded"),
        ("first three", "20.0 %", "14.3 %", "differs", "rounded"),
        ("later", "1 downloads", "", "cannot be measured", "no sound day within 7 days of 2026-09-01"),
        (
            "bases",
            "43.0 %",
            "",
            "cannot be measured",
            "no listing of 2025-04-01 has base models: `hubwatch backfill archive hub-stats` brings a day's in",
        ),
    ]
    assert "2 files, 238 rows" in told[0]
    assert told[-1] == "8 figures: 4 fits, 1 differs, 3 cannot be measured"


@pytest.mark.usefixtures("answered")
def test_every_printed_figure_can_be_asked(folder: Path) -> None:
    """Of the small copy's month: what is asked of it is there, whatever comes out."""
    settings, said = Settings.from_environment(folder / "data", {}), set()
    with duckdb.connect(folder / "data/hubwatch.duckdb", read_only=True) as con:
        online.with_models(con, settings, read_mapping("model-pulse"), str(folder / "copy"))
        figures = {(one.statistic, one.measured): one for one in online.read_figures(online.HERE / "printed.csv")}
        for figure in figures.values():
            try:
                online.measure(con, replace(figure, since=date(2025, 3, 1), until=date(2025, 4, 1)), None)
            except online.NotMeasured as error:
                said.add((figure.figure, str(error)[:35]))
    nobody = "nothing that it is about was observ"
    assert said == {
        ("share to derivatives by the listings of the day", "no listing of 2025-04-01 has base m"),
        ("share of China in a year", nobody),
        ("share of the United States in a year", nobody),
        ("Qwen of text and image-text generation", nobody),
        ("created in 2022 or earlier", nobody),
    }


def test_without_the_publishers_attributes_its_own_definition_cannot_be_measured(folder: Path) -> None:
    shutil.copytree(folder / "copy/series", folder / "series only/series", dirs_exist_ok=True)
    settings, [month, *_] = Settings.from_environment(folder / "data", {}), online.read_figures(folder / "figures.csv")
    with duckdb.connect() as con:
        lacking = online.with_models(con, settings, read_mapping("model-pulse"), str(folder / "series only"))
        assert lacking == "the copy holds no models.parquet, which states attributes and days of creation"
        with pytest.raises(online.NotMeasured, match=r"the copy holds no models\.parquet"):
            online.measure(con, month, lacking)


def test_where_the_archive_cannot_be_had_one_line_names_the_cure(folder: Path) -> None:
    told: list[str] = []
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), BaseHTTPRequestHandler
    )  # it serves nothing; where nobody listens, retries take half a minute
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    code = _asked(folder, f"http://127.0.0.1:{server.server_port}", told.append)
    server.shutdown()
    serving.join()
    server.server_close()
    assert code == 2
    assert told[-1].endswith("or give a copy of the archive on disk with --from DIR, or a mirror with --from URL")
    assert len(told) == 2


def test_every_printed_figure_names_a_definition_that_exists_and_its_source() -> None:
    figures = online.read_figures(online.HERE / "printed.csv")
    assert len({(one.figure, one.since, one.until, one.statistic) for one in figures}) == len(figures) > 30
    names = {one.name for one in definitions()} | {"publisher_month"}
    assert [one.figure for one in figures if one.statistic not in names or one.allowed <= 0 or not (one.reason and one.source)] == []


def _asked(folder: Path, source: str, tell: Callable[[str], None]) -> int:
    copy = source if "://" in source else str(folder / source)
    given = ["--data", str(folder / "data"), "--from", copy, "--figures", str(folder / "figures.csv"), "--format", "csv"]
    return online.main(given, tell)
