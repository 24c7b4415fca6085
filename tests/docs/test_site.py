"""The site of docs/: every link leads somewhere, every page is in the navigation, and no page asks another host for anything."""

import logging
import re
import shutil
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from tests.conftest import ROOT

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of mkdocs and its theme
OUTSIDE = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^"'\s>]+""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder)))
    return folder


def test_every_page_is_built_and_in_the_navigation(site: Path) -> None:
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} | {"index", "contributing", "changelog", "notebook"}
    assert {path.stem for path in site.glob("*.html")} - {"404"} == pages
    front = (site / "index.html").read_text("utf-8")
    assert {page for page in pages - {"index"} if f'href="{page}.html"' not in front} == set()


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    asked = {path.name: OUTSIDE.findall(path.read_text("utf-8")) for path in site.rglob("*.html")}
    assert {name: found for name, found in asked.items() if found} == {}
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"url\([\"']?(?:https?:)?//[^)]*|@import[^;]*//[^;]*", styles) == []
    assert [
        path.name for path in site.rglob("*.html") if 'class="mermaid"' in path.read_text("utf-8")
    ] == []  # the theme would fetch a renderer


def test_links_to_the_roots_pages_and_to_the_repository_lead_there(site: Path) -> None:
    assert 'href="contributing.html"' in (site / "faq.html").read_text("utf-8")
    assert 'href="cookbook.html"' in (site / "index.html").read_text("utf-8")
    assert "/blob/main/data/sample/README.md" in (site / "index.html").read_text("utf-8")


def test_a_link_that_leads_nowhere_stops_the_build(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    (tmp_path / "docs" / "faq.md").write_text(
        "# Questions\n\n[none](no-such-page.md) and [no part](methodology.md#no-such-part)\n", "utf-8"
    )
    config = load_config(str(ROOT / "mkdocs.yml"), docs_dir=str(tmp_path / "docs"), site_dir=str(tmp_path / "site"))
    with caplog.at_level(logging.INFO, "mkdocs"), pytest.raises(Abort):
        build(config)
    assert "no-such-page.md" in caplog.text
    assert "#no-such-part" in caplog.text
