"""The report page: stands alone, says what it rests on, and shows the same figures as the statistics."""

import re
from pathlib import Path

from hubwatch.report import write_report
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


def test_a_page_of_nothing_says_so(tmp_path: Path) -> None:
    assert "nothing observed yet" in write_report(empty(), tmp_path).read_text(encoding="utf-8")


def test_names_from_hubs_are_escaped(tmp_path: Path) -> None:
    con = build(WORLD)
    con.execute("update origins set organization = '<script>alert(1)</script>' where namespace = 'Qwen'")
    page = write_report(con, tmp_path).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script" in page
