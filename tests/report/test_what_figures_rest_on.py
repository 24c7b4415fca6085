"""Every figure on a page and every picture of one says what it rests on: extent, completeness, health, labelled and flagged part, models, age."""

import json
import re
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from hubwatch import statistics
from hubwatch.report import words
from hubwatch.report.basis import told_rules
from hubwatch.report.captions import captioned
from hubwatch.report.charts import lines
from tests.report.sites import site_of
from tests.statistics.test_every_form import NOTE
from tests.statistics.world_of import WORLD, build

DOUBTFUL = {
    "extent": NOTE,
    "completeness": r"\bincomplete\b",
    "health": "counters stalled",
    "number of models": r"\d+ (models?|listings?)\b",
    "age": r"[Oo]bserved [\d,]+ days ago",
}
SOUND = DOUBTFUL | {"extent": "the whole hub", "completeness": r"\bcomplete\b", "health": "counters ok"}
SUMS = ("downloads-by", "likes-by", "what-shares-rest-on", "concentration-")  # of which a part is flagged, and a part labelled
PARTS = {"labelled part": r"[Ll]abelled: ", "flagged part": r"[Ff]lagged: [\d,]+ flagged observation"}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of days that may stand in a series."""
    return site_of("sound", tmp_path_factory)


def figures(site: Path) -> dict[str, dict[str, Any]]:
    """The figures of the main pages by slug."""
    return {one["slug"]: one for page in site.glob("*.json") for one in json.loads(page.read_text()).get("figures", [])}


def texts(site: Path, figure: dict[str, Any]) -> dict[str, str]:
    """What readers see of a figure before they open anything: among others, on a page of its own, as a picture, and in its data."""
    pages = (figure["address"].partition("#")[0], figure["page"])
    found = {}
    for page in pages:
        anchor = figure["slug"].rpartition("/")[2]
        (shown,) = re.findall(rf'<figure id="{anchor}".*?</figcaption>', (site / page).read_text(), re.DOTALL)
        found[page] = _visible(shown)
    if "svg" in figure:
        found[figure["svg"]] = _visible((site / figure["svg"]).read_text())
    said = json.loads((site / figure["json"]).read_text())
    return found | {figure["json"]: f"{said['extent']} {said['basis']}"}


def _visible(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


@pytest.mark.parametrize(("world", "wanted"), [("doubtful", DOUBTFUL), ("sound", SOUND)])
def test_every_figure_of_a_page_and_its_picture_say_what_they_rest_on(
    world: str, wanted: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = site_of(world, tmp_path_factory)
    found = figures(site)
    assert len(found) > 20
    for slug, figure in found.items():
        more = PARTS if slug.startswith(SUMS) else {}
        expected = {what: pattern for what, pattern in wanted.items() if "over-time" not in slug or what not in ("completeness", "health")}
        for place, text in texts(site, figure).items():
            missing = [what for what, pattern in (expected | more).items() if not re.search(pattern, text)]
            assert not missing, f"{slug} in {place} does not say its {', '.join(missing)}: {text}"


def test_pages_of_models_and_organizations_say_the_day_of_their_figures_and_browsers_its_age(sound: Path) -> None:
    pages = [*sound.glob("models/*.html"), *sound.glob("organizations/*.html")]
    captions = [one for page in pages for one in re.findall(r"<figcaption>.*?</figcaption>", page.read_text(), re.DOTALL)]
    assert len(captions) > 5
    told = [re.search(r'data-observed="(\d{4}-\d\d-\d\d)">[^<]*[Oo]bserved on (\d+ \w+ \d{4})<', one) for one in captions]
    assert all(found and words.day(date.fromisoformat(found[1])) == found[2] for found in told)


def test_a_change_of_the_counting_rule_breaks_the_line_and_is_said_above_it(sound: Path) -> None:
    told = "What the hub counts as a download changed on 10 June 2025 (dashed line): figures before and after are not alike."
    shares = figures(sound)["share-over-time-huggingface-full-by-country"]
    assert all(told in text for place, text in texts(sound, shares).items() if not place.endswith(".json"))
    assert told in (sound / "models/qwen-qwen3-8b.html").read_text()
    assert "counting rule changed" in (sound / "models/qwen-qwen3-8b.html").read_text()
    growth = next(one for slug, one in figures(sound).items() if slug.startswith("growth-huggingface"))
    assert all("changed on 10 June 2025: figures" in text for place, text in texts(sound, growth).items() if not place.endswith(".json"))
    assert not any(
        "what the hub counts" in (sound / one["csv"]).read_text() for slug, one in figures(sound).items() if "modelscope" in slug
    )


DAYS = [{"day": date(2026, 1, at), "label": "China", "group": "CN", "value": at / 10, "low": at / 10, "high": at / 9} for at in (1, 2, 3)]


@pytest.mark.parametrize("is_small", [False, True])
def test_a_chart_draws_a_dashed_line_where_the_rule_changed_and_nowhere_else(is_small: bool) -> None:
    within = lines("Shares", DAYS, "share", is_small=is_small, rules=[date(2026, 1, 2)])
    before = lines("Shares", DAYS, "share", is_small=is_small, rules=[date(2025, 12, 24)])
    assert within
    assert before
    assert "counting rule changed" in within.svg()
    assert "Counting rule changed on 2026-01-02." in within.description
    assert "counting rule changed" not in before.svg()
    assert within.svg().count("stroke-dasharray") > before.svg().count("stroke-dasharray")


def test_a_caption_is_put_above_a_drawing() -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="10" viewBox="0 0 300 10"><g>x</g></svg>'
    made = captioned(drawing, ("Shares <of> all", "Hugging Face, 20 May 2026: " + "of a selection " * 10))
    assert "Shares &lt;of&gt; all" in made
    assert made.count("<text ") > 3
    height = float(re.search(r'^<svg [^>]* height="([\d.]+)"', made)[1])  # type: ignore[index]
    lowest = max(float(y) for y in re.findall(r'<text [^>]*y="([\d.]+)"', made))
    assert made.endswith(f'<g transform="translate(0 {height - 10:g})"><g>x</g></g></svg>')
    assert lowest < height - 10
    assert captioned(drawing, ()) == drawing


def test_marks_of_two_changes_stand_each_on_the_side_with_room_and_below_each_other() -> None:
    rules = [date(2026, 1, 2), date(2026, 1, 9)]
    days = [{**DAYS[0], "day": date(2026, 1, day)} for day in range(1, 11)]
    drawn = lines("Shares", days, "share", is_small=True, rules=rules)
    assert drawn
    found = re.findall(r'y="([\d.]+)"(?: text-anchor="(\w+)")?[^>]*>counting', drawn.svg(True))
    assert found == [("10.0", ""), ("24.0", "end")]
    texts = [layer["mark"] for layer in lines("Shares", days, "share", rules=rules).wide["layer"] if layer["mark"]["type"] == "text"]  # type: ignore[union-attr]
    assert [(mark["align"], mark["y"]) for mark in texts] == [("left", -19), ("right", -5)]


def test_a_chart_after_a_change_says_that_its_figures_mix_both_rules() -> None:
    change, before, after = date(2026, 8, 6), date(2026, 7, 1), date(2026, 8, 7)
    said = "What the hub counts as a download changed on 6 August 2026"
    assert told_rules([change], after) == f"{said}: figures of the 30 days after it mix both rules."
    assert told_rules([change], before) == f"{said} (dashed line): figures before and after are not alike."
    assert told_rules([change]) == f"{said}: figures before and after are not alike."
    assert told_rules([], after) == ""


def test_a_page_names_no_option_of_the_command_line_in_what_its_figures_rest_on(sound: Path) -> None:
    found = [said for page in sound.rglob("*.html") for said in re.findall(r'<p class="scope basis">([^<]*)', page.read_text("utf-8"))]
    assert found
    assert not [said for said in found if "--" in said]


def test_a_caption_in_chinese_is_broken_where_its_wide_letters_end() -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100"></svg>'
    told = captioned(drawing, ("通义千问" * 10,))
    assert [len(line) for line in re.findall(r"<text [^>]*>([^<]*)</text>", told)] == [15, 15, 10]


def test_a_sentence_on_growth_over_a_changed_rule_says_so_plainly() -> None:
    con = build(WORLD)
    con.execute("insert into facts.counting_rules(hub, valid_from, rule) values ('huggingface', '2025-06-10', 'and params.json')")
    record = statistics.cite(con, "growth", "CN", hub="huggingface")
    said = "what the hub counts as a download changed on 2025-06-10"
    assert f"{said}: what changed since may be that alone." in record.sentences[0]
    for form in (
        record.to_bibtex(),
        record.to_csl(),
        record.to_text(),
        record.to_json(),
        record.result.to_text(),
        record.result.to_markdown(),
    ):
        assert "changed on 2025-06-10" in " ".join(form.split())
    assert "changed on" not in statistics.cite(con, "growth", "CN", hub="huggingface", metric="likes").sentences[0]
