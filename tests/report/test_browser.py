"""The site in a real browser: three widths, both schemes, print, without scripts; nothing fetched, nothing cut, a reader's tour."""

import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.report.browser import CHROMIUM, Page, chromium
from tests.report.sites import site_of

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")]

PAGES = ("index", "time", "shares", "origins", "hubs", "releases", "derivatives", "licenses", "claims", "warnings", "methodology", "dictionary", "data",
         "models", "organizations", "families", "models/qwen-qwen3-8b", "organizations/alibaba", "families/qwen",
         "shares/huggingface-downloads-30d-by-kind-osai")  # fmt: skip
_IN_VIEW = """(() => {
  const wide = innerWidth, out = [];
  const hidden = (one) => one.closest('.hidden, .skip, [hidden]') || !one.getClientRects().length;
  for (const one of document.querySelectorAll('main *, header *, footer *')) {
    if (hidden(one) || one.closest('thead') && wide < 640) continue;
    const box = one.getBoundingClientRect();
    const scrolls = one.closest('.wide, pre');
    if (box.width && (box.right > wide + 1 || box.left < -1) && !(scrolls && scrolls !== one))
      out.push(one.tagName + '.' + one.className + ' ' + Math.round(box.left) + '..' + Math.round(box.right));
  }
  for (const svg of document.querySelectorAll('.chart svg')) {
    if (hidden(svg)) continue;
    const frame = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (box.width && (box.right > frame.right + 2 || box.left < frame.left - 2 || box.bottom > frame.bottom + 2)) out.push('text ' + text.textContent);
    }
  }
  return [document.documentElement.scrollWidth > wide ? 'page ' + document.documentElement.scrollWidth : '', ...out].filter(Boolean).slice(0, 8);
})()"""
_CHARTS_DRAWN = "[...document.querySelectorAll('.chart')].filter((one) => one.clientWidth && !one.classList.contains('alive')).length === 0"


@pytest.fixture
def site(demo: Path) -> Path:
    """The demo's site."""
    return demo / "hubwatch-data/demo/report"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as opened:
        yield opened


def open_page(page: Page, folder: Path, name: str, width: int, scheme: str = "light", media: str = "") -> None:
    page.said.clear()
    page.asked.clear()
    page.size(width)
    page.media(scheme, media)
    page.go(f"{folder.as_uri()}/{name}.html")
    page.wait(_CHARTS_DRAWN)


def asked_elsewhere(page: Page) -> list[str]:
    return [address for address in page.asked if not address.startswith(("file:", "data:", "blob:"))]


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_quiet_and_asks_nobody(site: Path, page: Page, name: str, width: int, scheme: str) -> None:
    open_page(page, site, name, width, scheme)
    assert page.said == []
    assert asked_elsewhere(page) == []
    assert page.run(_IN_VIEW) == []
    assert page.run("document.querySelectorAll('h1').length") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", "time", "models/qwen-qwen3-8b"])
def test_a_wide_screen_is_filled_sensibly(site: Path, page: Page, name: str, scheme: str) -> None:
    open_page(page, site, name, 2560, scheme)
    assert page.said == []
    assert page.run(_IN_VIEW) == []
    assert page.run("document.querySelector('main').clientWidth") < 1500


@pytest.mark.parametrize("name", ["index", "time", "origins", "warnings", "models/qwen-qwen3-8b"])
def test_print_cuts_nothing_and_keeps_the_caveats(site: Path, page: Page, name: str) -> None:
    open_page(page, site, name, 700, media="print")
    cut = """[...document.querySelectorAll('.wide')].filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
        .map((one) => one.getAttribute('aria-label') + ' ' + one.scrollWidth)"""
    bare = """[...document.querySelectorAll('.chart')].filter((one) => one.clientWidth
        && ![...one.querySelectorAll('.still svg')].some((svg) => svg.getClientRects().length)).length"""
    assert page.run(cut) == []
    assert page.run(bare) == 0
    assert page.run("document.querySelector('.extent-note').getClientRects().length") > 0
    assert page.pdf().startswith(b"%PDF")


def test_bars_on_a_telephone_are_as_long_as_their_figures_say(site: Path, page: Page) -> None:
    open_page(page, site, "index", 360)
    shares = [
        row["share"]
        for row in json.loads((site / "data/downloads-by-origin-huggingface.json").read_text())["rows"]
        if row["group"] != "unknown"
    ]
    bars = page.run("""[...document.querySelectorAll('#downloads-by-origin-huggingface .live .mark-rect path')].map((bar) => {
        const box = bar.getBoundingClientRect(); return [box.left, box.right]; })""")
    lengths = [right - left for left, right in bars]
    assert len({round(left) for left, _ in bars}) == 1
    assert max(right for _, right in bars) < 340
    for length, share in list(zip(lengths, shares, strict=False))[1:4]:
        assert length / lengths[0] == pytest.approx(share / shares[0], abs=0.02)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", "time", "claims", "data", "models", "models/qwen-qwen3-8b", "organizations/alibaba"])
def test_axe_finds_nothing_serious(site: Path, page: Page, name: str, scheme: str) -> None:
    found = find_spec("axe_core_python")
    if found is None or not found.submodule_search_locations:
        pytest.skip("axe-core-python is not installed (make .venv/.installed)")
    open_page(page, site, name, 1280, scheme)
    page.run(Path(found.submodule_search_locations[0], "axe.min.js").read_text() + "; true")
    violations: list[dict[str, Any]] = page.run(
        "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.map((one) => ({id: one.id, impact: one.impact,"
        " at: one.nodes.slice(0, 3).map((node) => node.target.join(' ') + ': ' + node.failureSummary)})))"
    )
    assert [one for one in violations if one["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["time", "licenses", "models/qwen-qwen3-8b"])
def test_without_scripts_every_table_and_picture_is_there(site: Path, page: Page, name: str, width: int) -> None:
    page.scripts(False)
    try:
        page.size(width)
        page.media()
        page.go(f"{site.as_uri()}/{name}.html")
    finally:
        page.scripts(True)
    assert page.run(_IN_VIEW) == []
    assert page.run("[...document.querySelectorAll('tbody tr')].every((row) => row.getClientRects().length > 0)")
    shown = "one.querySelectorAll('.drawn')[innerWidth < 640 ? 1 : 0].getClientRects().length > 0"
    assert page.run(f"[...document.querySelectorAll('.chart')].every((one) => {shown})")
    assert page.run("[...document.querySelectorAll('figure')].every((one) => one.getClientRects().length > 0)")


def test_a_readers_tour(site: Path, page: Page) -> None:
    """Open the index, find Qwen, see its history, take the CSV, cite."""
    open_page(page, site, "index", 1280)
    assert page.run("document.querySelector('.extent-note').textContent").startswith("These are figures of samples, not of whole hubs.")
    page.run("document.getElementById('find').focus()")
    page.call("Input.insertText", text="qwen3-8b")
    first = page.wait("document.querySelector('#found a')?.textContent")
    assert "Qwen3-8B" in first
    page.run("document.querySelector('#found a').click()")
    page.wait("location.pathname.endsWith('/models/qwen-qwen3-8b.html') && document.readyState === 'complete'")
    page.wait(_CHARTS_DRAWN)
    figure = "document.querySelector('.figure')"
    assert page.run(f"{figure}.querySelector('h2').textContent").startswith("Downloads in 30 days, Hugging Face")
    assert re.fullmatch(r"Observed on 16 August 2026, [\d,]+ days ago", page.run(f"{figure}.querySelector('.basis').textContent"))
    assert page.run(f"{figure}.querySelectorAll('.live svg .mark-line path, .live svg path').length") > 0
    csv = page.run(f"[...{figure}.querySelectorAll('.tools a')].find((one) => one.textContent === 'CSV').getAttribute('href')")
    lines = (site / "models" / csv).read_text().splitlines()
    assert lines[0] == "day,downloads_30d,likes,source"
    assert "2026-08-16,16415367,1297,head" in lines
    page.run(f"{figure}.querySelector('details.cite summary').click()")
    sentence = page.run(f"{figure}.querySelector('details.cite pre').innerText")
    assert "16,415,367 downloads in 30 days" in sentence
    assert page.run(f"{figure}.querySelector('details.cite .copy button').textContent") == "Copy"
    assert page.run(f"[...{figure}.querySelectorAll('details.cite pre')].some((one) => one.textContent.startsWith('@misc{{hubwatch-'))")


def test_a_table_sorts_filters_and_opens_from_the_keyboard(site: Path, page: Page) -> None:
    open_page(page, site, "models", 1280)
    column = "[...document.querySelectorAll('table.data tbody tr:not(.out)')].map((row) => row.cells[0].textContent)"
    page.run("document.querySelector('table.data thead button').focus()")
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    assert page.run("document.querySelector('table.data thead th').getAttribute('aria-sort')") == "ascending"
    assert page.run(f"{column}[0].toLowerCase() <= {column}[1].toLowerCase()")
    page.run("document.querySelector('.controls input').focus()")
    page.call("Input.insertText", text="deepseek r1")
    found = page.run(column)
    assert found
    assert all("r1" in name.lower() for name in found[:1])


def test_a_chooser_shows_one_figure_at_a_time_and_an_address_opens_its_own(site: Path, page: Page) -> None:
    open_page(page, site, "index", 1280)
    shown = "[...document.querySelectorAll('.figure[data-family=downloads-by-origin]')].filter((one) => !one.hidden).map((one) => one.id)"
    assert page.run(shown) == ["downloads-by-origin-huggingface"]
    page.run("""(() => { const one = document.querySelector('#downloads-by-origin-huggingface select');
        one.value = 'ModelScope'; one.dispatchEvent(new Event('change')); })()""")
    assert page.run(shown) == ["downloads-by-origin-modelscope"]
    page.wait(_CHARTS_DRAWN)
    page.run("location.hash = '#downloads-by-origin-huggingface'")
    page.wait(f"{shown}[0] === 'downloads-by-origin-huggingface'")


def test_a_switch_leads_from_address_to_address_with_and_without_scripts(site: Path, page: Page) -> None:
    open_page(page, site, "shares", 360)
    assert page.run(_IN_VIEW) == []
    chosen = "[...document.querySelectorAll('.switch strong')].map((one) => one.textContent)"
    assert page.run(chosen) == ["Hugging Face", "downloads in 30 days", "origin", "The article's lists"]
    click = "[...document.querySelectorAll('.switch a')].find((one) => one.textContent === '{}').click()"
    for scripts, label in ((True, "kind"), (False, "European Open AI Index")):
        page.run(click.format(label))
        page.wait(f"{chosen}.includes('{label}') && document.readyState === 'complete'")
        page.scripts(scripts)
    page.scripts(True)
    assert page.run("location.pathname").endswith("/shares/huggingface-downloads-30d-by-kind-osai.html")
    assert page.run(chosen) == ["Hugging Face", "downloads in 30 days", "kind", "European Open AI Index"]
    shown = json.loads((site / "data/shares/huggingface-downloads-30d-by-kind-osai.json").read_text())
    assert (shown["policy"], shown["by"]) == ("osai", "kind")
    assert f"{shown['rows'][0]['value']:,}" in page.run("document.querySelector('.figure tbody tr').innerText")


def test_hostile_names_do_nothing_in_a_browser(page: Page, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = site_of("hostile", tmp_path_factory)
    for path in [folder / "index.html", folder / "origins.html", folder / "models.html", *sorted(folder.glob("models/*.html"))]:
        open_page(page, folder, str(path.relative_to(folder)).removesuffix(".html"), 360)
        assert page.run("window.hit") is None
        assert page.said == []
        assert asked_elsewhere(page) == []
        assert page.run(_IN_VIEW) == []
