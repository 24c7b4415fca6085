"""The report page: stands alone, says what it rests on, and shows the same figures as the statistics."""

import re
from datetime import date
from itertools import pairwise
from pathlib import Path

from hubwatch.report.charts import chart
from hubwatch.report.page import _table, write_report
from hubwatch.statistics.evaluate import run
from tests.statistics.world_of import WORLD, build, empty


def test_the_page_loads_nothing_and_shows_figures_definitions_and_completeness(tmp_path: Path) -> None:
    con = build(WORLD)
    con.execute("update sweeps set complete = false where hub = 'modelscope' and day = '2025-06-30'")
    page = write_report(con, tmp_path / "report").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["'](?!#)""", page)
    assert "<script" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert "Downloads by country, huggingface" in page
    assert re.search(r"<td>CN</td><td class=n>800</td><td class=n>80.00%</td><td class=n>80.00%</td><td class=n>85.00%</td>", page)
    assert page.count("<svg") >= 5
    assert "wisemodel</th><td>2025-06-30" in page
    assert "modelscope 2025-05-31" in page  # the last complete day, not the incomplete one
    assert "All statistics" in page


def test_an_archive_is_no_incomplete_sweep_on_the_page(tmp_path: Path) -> None:
    con = build(WORLD)
    con.execute("update sweeps set complete = false, source = 'archive:x' where hub = 'wisemodel'")
    page = write_report(con, tmp_path).read_text(encoding="utf-8")
    assert "<td>archive:x</td><td>a snapshot</td>" in page
    assert "incomplete</td>" not in page


def test_a_page_of_nothing_says_so(tmp_path: Path) -> None:
    assert "nothing observed yet" in write_report(empty(), tmp_path).read_text(encoding="utf-8")


def test_names_from_hubs_are_escaped(tmp_path: Path) -> None:
    con = build(WORLD)
    con.execute("update origins set organization = '<script>alert(1)</script>' where namespace = 'Qwen'")
    page = write_report(con, tmp_path).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script" in page


def section(page: str, heading: str) -> str:
    return page.split(f"<h2>{heading}</h2>")[-1].partition("</section>")[0]


def test_a_bar_tells_its_share_and_bounds_and_the_section_its_unit(tmp_path: Path) -> None:
    page = write_report(build(WORLD), tmp_path).read_text(encoding="utf-8")
    countries = section(page, "Downloads by country, huggingface")
    assert ">80.0% (80.0% to 85.0%)</text>" in countries
    assert "Unit: share of the counter" in countries.partition("<figure>")[0]
    assert (
        "Denominator: 1,000 over 6 models; 1 more without a figure. Labelled: 95.0% of the denominator."
        in countries.partition("<figure>")[0]
    )


def test_the_table_of_releases_says_which_month_it_is_of(tmp_path: Path) -> None:
    releases = section(write_report(build(WORLD), tmp_path).read_text(encoding="utf-8"), "Releases each month")
    (month,) = re.findall(r"The last month alone, (\d{4}-\d\d); hubwatch stats gives all", releases)
    assert set(re.findall(r"<td>(\d{4}-\d\d)-01</td>", releases)) == {month}


def test_months_have_room_on_their_axis_and_groups_colours_of_their_own() -> None:
    result = run(build(WORLD), "releases", by="country")
    groups = ("CN", "US", "KR", "RU", "unknown", "FR", "DE")
    months = [date(2024 + number // 12, number % 12 + 1, 1) for number in range(3, 28)]
    values = [dict.fromkeys(result.columns) | {"month": month, "group": group, "value": 9} for month in months for group in groups]
    svg = chart(result.model_copy(update={"rows": tuple(tuple(row.values()) for row in values)}), "months")
    places = [float(place) for place in re.findall(r'text-anchor="middle" transform="translate\(([\d.]+),16\)"[^>]*>\d{4}-\d\d<', svg)]
    assert len(places) == len(re.findall(r">\d{4}-\d\d<", svg)) >= 8
    assert min(after - before for before, after in pairwise(places)) > 60
    bars = set(re.findall(r'aria-roledescription="bar"[^>]*fill="(#\w+)"', svg))
    assert len(bars) == 6  # the five largest groups, and the others


def test_as_many_leaders_are_shown_as_were_asked_for() -> None:
    result = run(build(WORLD), "leaders", hub="huggingface", top=15)
    table = _table(result.model_copy(update={"rows": result.rows[:1] * 16}))
    assert table.count("<tr>") == 1 + 15
    assert "1 more rows" in table
