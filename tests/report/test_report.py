"""The report's figures, sentences and addresses: the same as the statistics', whole under any name, and only rewritten when changed."""

import json
import re
import shutil
import struct
import xml.etree.ElementTree as ElementTree
import zlib
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hubwatch.report import write_single, write_site
from hubwatch.report.asking import QUESTIONS
from hubwatch.report.charts import bars, lines
from hubwatch.report.colours import _FIXED, colour
from hubwatch.report.entities import addresses, safe_url
from hubwatch.report.panels import thinned
from hubwatch.report.pixels import packed
from hubwatch.report.site import Site
from hubwatch.report.words import clean, slug
from hubwatch.statistics import load_claims, run
from tests.report.sites import WORLDS, published, site_of, world
from tests.statistics.world_of import empty


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the small world."""
    return site_of("sound", tmp_path_factory)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of an empty database, beside a file, in a folder whose manifest names that file."""
    folder = tmp_path_factory.mktemp("nothing") / "site"
    outside = folder.parent / "outside.txt"
    outside.write_text("mine")
    folder.mkdir()
    (folder / ".manifest.json").write_text(json.dumps({"../outside.txt": "x", str(outside): "y"}))
    return write_site(empty(), folder, claims=ONE).parent


def rows(folder: Path, figure: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / f"data/{figure}.json").read_text())["rows"]
    return found


def test_a_figures_data_are_the_statistics_rows_in_all_three_forms(site: Path) -> None:
    result = run(world(), "download_share", hub="huggingface", by="country", metric="downloads_30d")
    expected = result.records()
    assert rows(site, "downloads-by-huggingface-country") == expected
    assert (site / "data/downloads-by-huggingface-country.csv").read_text() == result.to_csv()
    stored = duckdb.execute(f"from '{site}/data/downloads-by-huggingface-country.parquet'")
    columns = [name for name, *_ in stored.description]
    assert [dict(zip(columns, row, strict=True)) for row in stored.fetchall()] == expected


def test_every_page_has_its_json_and_every_address_in_it_exists(site: Path) -> None:
    for page in site.glob("*.html"):
        said = json.loads(page.with_suffix(".json").read_text())
        assert said["version"] == 1
        for figure in said.get("figures", []):
            for form in ("page", "csv", "json", "parquet", "svg", "png"):
                assert form not in figure or (site / figure[form]).stat().st_size > 0, (figure["slug"], form)
            page_of, _, anchor = figure["address"].partition("#")
            assert f'id="{anchor}"' in (site / page_of).read_text()


def test_every_local_link_leads_to_a_file_and_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        for target in re.findall(r'(?:href|src)="([^"]*)"', text):
            if not target.startswith(("https://", "http://", "#")):
                assert (page.parent / target.partition("#")[0]).resolve().exists(), (page, target)
        assert not re.findall(r'(?:src|srcset|data|poster)="https?:', text)
        assert not re.findall(r"<link[^>]+https?:", text)
        assert "@import" not in text


def test_a_finding_states_value_bounds_and_extent(site: Path) -> None:
    page = (site / "index.html").read_text()
    assert "China: 80.0% of downloads in 30 days on Hugging Face" in page or "80.0%" in page
    found = json.loads((site / "index.json").read_text())["findings"]
    assert any("Chinese Big Tech 60.0% (at least 60.0%, at most 65.0%)" in " ".join(one["sentences"]) for one in found)


def test_an_unchanged_database_rewrites_nothing(site: Path, tmp_path: Path) -> None:
    shutil.copytree(site, tmp_path, dirs_exist_ok=True)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file() and path.name != ".manifest.json"}
    with duckdb.connect(str(site.with_suffix(".duckdb")), read_only=True) as con:
        again = Site(con, tmp_path, claims=load_claims()[: WORLDS["sound"][2]])
        again.build()
    assert again.history.computed == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file() and path.name != ".manifest.json"} == before


FEW = tuple(one for one in QUESTIONS if one.slug in ("downloads-by-origin", "leading-models"))
ONE = load_claims()[:1]


def test_a_vanished_page_goes_and_a_foreign_file_stays(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    shutil.copytree(site, folder)
    (folder / "own.txt").write_text("mine")
    assert (folder / "models/deepseek-ai-deepseek-r1.html").exists()
    con = world()
    con.execute(
        "delete from store.counters where listing_key in (select listing_key from store.listing where model_id = 'deepseek-ai/DeepSeek-R1')"
    )
    with published(con, tmp_path / "world.duckdb") as changed:
        write_site(changed, folder, questions=FEW, claims=ONE)
    assert not (folder / "models/deepseek-ai-deepseek-r1.html").exists()
    assert (folder / "own.txt").read_text() == "mine"


def test_a_manifest_that_names_files_outside_the_folder_removes_none(nothing: Path) -> None:
    assert (nothing.parent / "outside.txt").read_text() == "mine"


def test_a_site_of_nothing_says_so(nothing: Path) -> None:
    assert "Nothing was observed yet" in (nothing / "index.html").read_text(encoding="utf-8")


def test_the_single_page_needs_no_other_file_and_no_script(site: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(site.with_suffix(".duckdb")), read_only=True) as con:
        page = write_single(con, tmp_path / "deep" / "one.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["'](?!#)""", page)
    assert page.count("<svg") >= 6
    assert "80.00%" in page
    captions = re.findall(r"<figcaption>.*?</figcaption>", page, re.DOTALL)
    assert [one for one in captions if not re.search(r"[Oo]bserved [\d,]+ days ago", one)] == []
    assert list(tmp_path.rglob("*.*")) == [tmp_path / "deep" / "one.html"]


def test_hostile_names_are_inert_in_pages_addresses_and_json(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = site_of("hostile", tmp_path_factory)
    assert {path.stem for path in folder.parent.iterdir()} <= {*WORLDS}
    for page in (*folder.rglob("*.html"), *folder.rglob("*.svg"), *folder.rglob("*.xml")):
        text = page.read_text()
        assert not re.search(r"""<script>window|<img src=x|href="javascript:|\x1b""", text), page
        assert len(text) < 3_000_000
    assert max(len(path.name) for path in folder.rglob("*")) < 200
    assert "<" not in (folder / "assets/search.js").read_text()


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "data:text/html,x", "//evil.example/x", "file:///etc/passwd", "not a url", "http://[", "https://"]
)
def test_only_the_web_is_linked(text: str) -> None:
    assert safe_url(text) == ""


def test_an_address_in_a_link_has_no_sign_that_ends_it() -> None:
    assert safe_url('https://huggingface.co/a/"><script>') == "https://huggingface.co/a/%22%3E%3Cscript%3E"


def test_slugs_are_stable_unique_and_never_paths() -> None:
    assert slug("Qwen/Qwen3-8B") == "qwen-qwen3-8b"
    assert re.fullmatch(r"etc-passwd-[0-9a-f]{8}", slug("../../etc/passwd"))
    assert re.fullmatch(r"x-[0-9a-f]{8}", slug("智谱"))
    assert slug("智谱") != slug("零一万物")
    found = addresses("model", ["huggingface:a/b", "modelscope:A/B", "huggingface:a-b"])
    assert len(set(found.values())) == 3
    assert found["huggingface:a-b"] == "a-b"


def test_text_from_a_hub_is_one_safe_line() -> None:
    assert clean("a\x1b[31m\u202eb\n c") == "a\ufffd[31m\ufffdb c"
    assert len(clean("x" * 10**6)) == 160


def test_bars_begin_at_zero_and_the_longest_has_room_for_its_figure() -> None:
    found = [
        {"label": "China", "group": "CN", "share": 0.772, "low": 0.772, "high": 0.775},
        {"label": "US", "group": "US", "share": 0.213, "low": 0.213, "high": 0.215},
    ]
    chart = bars("Shares", found, "share")
    assert chart
    for narrow, width in ((False, 660), (True, 300)):
        svg = chart.svg(narrow)
        assert re.search(rf'<svg[^>]* width="{width}"', svg)
        lengths = [float(long) for long in re.findall(r'width="([\d.]+)" height="16.0"', svg)]
        assert lengths[0] / lengths[1] == pytest.approx(0.772 / 0.213, rel=0.01)
        assert lengths[0] < width - 40


def test_a_chart_has_a_name_and_a_description_and_the_pages_colours() -> None:
    days = [
        {"day": date(2026, 1, at), "label": "China", "group": "CN", "value": at / 10, "low": at / 10, "high": at / 9} for at in (1, 2, 3)
    ]
    chart = lines('Shares "of" <all>', days, "share")
    assert chart
    inline = chart.inline(chart.svg(), False, "x")
    assert 'role="img" aria-labelledby="x-wide-t x-wide-d"' in inline
    assert '<title id="x-wide-t">Shares "of" &lt;all&gt;</title>' in inline
    assert "from 10.0% to 30.0%" in inline
    assert "var(--ink)" in inline


def test_a_picture_is_packed_again_without_losing_a_pixel() -> None:
    drawn = b"".join(bytes([0, *(at % 7 for at in range(40))]) for _ in range(30))
    head = struct.pack(">IIBBBBB", 10, 30, 8, 6, 0, 0, 0)
    half = zlib.compress(drawn, 0)
    chunks = ((b"IHDR", head), (b"IDAT", half[:100]), (b"IDAT", half[100:]), (b"IEND", b""))
    hasty = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)) for kind, content in chunks
    )
    small = packed(hasty)
    assert len(small) < len(hasty) / 4
    start = small.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", small[start - 8 : start - 4])
    assert zlib.decompress(small[start : start + length]) == drawn
    assert small[8:33] == hasty[8:33]
    assert small.endswith(hasty[-12:])


def test_one_day_is_no_line() -> None:
    assert lines("x", [{"day": date(2026, 1, 1), "label": "a", "group": "a", "value": 1, "low": 1, "high": 1}], "share") is None


def _seen_by_deuteranopes(colour: str) -> tuple[float, float, float]:
    """The colour in CIELAB as deuteranopes see it (Machado et al. 2009, severity 1)."""
    values = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values)
    r = 0.367322 * red + 0.860646 * green - 0.227968 * blue
    g = 0.280085 * red + 0.672501 * green + 0.047413 * blue
    b = -0.011820 * red + 0.042940 * green + 0.968881 * blue
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    x, y, z = (max(one, 0.0) ** (1 / 3) if one > 0.008856 else 7.787 * one + 16 / 116 for one in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize(
    "together",
    [
        ("CN", "US", "FR", "DE", "unknown"),
        ("permissive", "copyleft", "responsible_use", "non_commercial", "custom", "unknown"),
        ("chinese_hubs_only", "huggingface_only", "both"),
        ("big_tech", "ai_tiger", "company", "academic", "unknown"),
        ("huggingface", "modelscope", "wisemodel"),
    ],
)
def test_deuteranopes_can_tell_the_groups_that_meet_in_a_chart(together: tuple[str, ...]) -> None:
    seen = {group: _seen_by_deuteranopes(colour(group)) for group in together}
    for one in together:
        for other in together:
            if one < other:
                assert sum((a - b) ** 2 for a, b in zip(seen[one], seen[other], strict=True)) ** 0.5 > 10, (one, other)


def test_a_group_has_one_colour_everywhere() -> None:
    assert colour("CN") == colour("china") == _FIXED["CN"]
    assert colour("a group nobody fixed") == colour("a group nobody fixed")


def test_a_long_history_shows_recent_days_all_older_ones_by_week_and_month() -> None:
    days = [date.fromordinal(date(2025, 1, 1).toordinal() + at) for at in range(365)]
    shown = thinned(days)
    assert shown[-14:] == days[-14:]
    assert {(day.year, day.month) for day in shown} == {(2025, month) for month in range(1, 13)}
    assert len(shown) < 45
    assert thinned(days[:45]) == days[:45]


def test_a_badge_states_counter_rank_and_day(site: Path) -> None:
    badge = (site / "badges/deepseek-ai-deepseek-r1.svg").read_text()
    assert "500 downloads in 30 days, #1 on Hugging Face, 2025-06-30" in badge or "downloads in 30 days" in badge


def test_the_feed_is_atom(site: Path) -> None:
    root = ElementTree.fromstring((site / "feed.xml").read_text())
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
