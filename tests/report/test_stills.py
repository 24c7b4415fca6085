"""Charts as drawings: what is drawn has the place that its value says, every name has room, and nothing leaves the frame."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from hubwatch.report.charts import Chart, bars, lines, months, stack
from hubwatch.report.strokes import SMALL, cut, day_ticks, legend, long, months_between, named, rounded, shares_told, step_of

NAMES = ("Chinese Big Tech", "other companies of a country with a long name", "\u901a\u4e49\u5343\u95ee" * 8, "<b>&\"'", "unknown")


def shares() -> Chart | None:
    found = [{"label": name, "group": name, "share": 0.5 / at, "low": 0.5 / at, "high": 0.5 / at + 0.1} for at, name in enumerate(NAMES, 1)]
    return bars("Shares", found, "share of downloads in 30 days")


def history() -> Chart | None:
    days = [date(2026, 1, 1) + timedelta(9 * at) for at in range(40)]
    found = [
        {"day": day, "label": name, "group": name, "value": at / 10 + 0.001 * number, "low": at / 10, "high": at / 10 + 0.1}
        for at, name in enumerate(NAMES)
        for number, day in enumerate(days)
    ]
    return lines("History", found, "share of downloads in 30 days", rules=[days[2], days[-2]])


def parts() -> Chart | None:
    codes = ("permissive", "custom", "unknown")
    found = [{"label": name, "part": code, "part_code": code, "share": 1 / 3, "value": 1} for name in NAMES for code in codes]
    return stack("Licenses", found, "share of the group's models")


def by_month() -> Chart | None:
    each = [date(2025, month, 1) for month in range(1, 13)]
    return months(
        "Releases", [{"month": month, "label": name, "group": name, "value": 12_345} for month in each for name in NAMES], "models"
    )


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("make", [shares, history, parts, by_month])
def test_every_text_of_a_drawing_stands_within_its_frame(make: Callable[[], Chart | None], narrow: bool) -> None:
    chart = make()
    assert chart
    drawn = ElementTree.fromstring(chart.svg(narrow))
    width, height = float(drawn.get("width", "")), float(drawn.get("height", ""))
    assert width == (300 if narrow else 660)
    texts = list(drawn.iter("{http://www.w3.org/2000/svg}text"))
    assert len(texts) > 8
    for text in texts:
        wide = long(text.text or "", int(text.get("font-size", "12"))) * 0.9  # what is estimated is the most that a font needs
        at, y = float(text.get("x", "")), float(text.get("y", ""))
        left = at - {"end": wide, "middle": wide / 2}.get(text.get("text-anchor", ""), 0)
        assert 0 < y < height, text.text
        if not text.get("transform"):
            assert left > -1, text.text
            assert left + wide < width + 12, text.text


def points(svg: str) -> list[list[tuple[float, float]]]:
    found = re.findall(r'<polyline points="([^"]*)"', svg)
    return [[(float(x), float(y)) for x, y in (one.split(",") for one in path.split())] for path in found]


def test_a_line_stands_where_its_values_and_days_say() -> None:
    days = [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 5)]
    found: list[dict[str, Any]] = [
        {"day": day, "label": "a", "group": "CN", "value": value, "low": value, "high": value}
        for day, value in zip(days, (0.0, 0.2, 0.4), strict=True)
    ]
    chart = lines("x", found, "share")
    assert chart
    [line] = points(chart.svg())
    (x0, y0), (x1, y1), (x2, y2) = line
    assert (x1 - x0) / (x2 - x0) == pytest.approx(1 / 4, abs=0.01)
    assert (y1 - y0) / (y2 - y0) == pytest.approx(1 / 2, abs=0.01)
    zero = re.search(r'y="([\d.]+)" text-anchor="end" font-size="11">0%<', chart.svg())
    assert zero
    assert float(zero[1]) - 4 == pytest.approx(y0, abs=0.1)


def test_a_day_without_a_value_is_not_drawn_and_a_constant_panel_is_dashed() -> None:
    rows: list[dict[str, Any]] = [
        {"day": date(2026, 1, at), "label": "a", "group": "CN", "value": value, "low": value, "high": value}
        for at, value in ((1, 0.1), (2, None), (3, 0.3))
    ]
    rows += [{**row, "dash": "yes"} for row in rows]
    chart = lines("x", rows, "share")
    assert chart
    assert [len(path) for path in points(chart.svg())] == [2, 2]
    assert chart.svg().count('stroke-dasharray="5 4"') == 1


def test_the_parts_of_a_bar_fill_it() -> None:
    chart = parts()
    assert chart
    drawn = [
        (float(x), float(wide)) for x, wide in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="16.0"', chart.svg())
    ]
    first, last = drawn[0], drawn[2]
    assert len(drawn) == 3 * len(NAMES)
    assert last[0] + last[1] - first[0] == pytest.approx(660 - 12 - first[0], abs=1)
    assert first[1] == pytest.approx(last[1], abs=0.2)


def test_months_are_as_high_as_their_sums() -> None:
    rows = [{"month": date(2026, at, 1), "label": name, "group": name, "value": 100 * at} for at in (1, 2) for name in ("a", "b")]
    chart = months("Releases", rows, "models")
    assert chart
    heights = [float(high) for high in re.findall(r'height="([\d.]+)" fill="#', chart.svg())]
    assert len(heights) == 6  # two of the legend
    assert heights[2] / heights[0] == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize(
    ("most", "highest", "ticks"),
    [
        (0.86, 0.9, [0, 0.2, 0.4, 0.6, 0.8]),
        (1.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (7, 7, [0, 1, 2, 3, 4, 5, 6, 7]),
        (0.004, 0.004, None),
    ],
)
def test_an_axis_ends_at_a_round_number(most: float, highest: float, ticks: list[float] | None) -> None:
    found, each = rounded(most)
    assert found == pytest.approx(highest)
    assert ticks is None or each == pytest.approx(ticks)
    assert each[0] == 0
    assert 3 <= len(each) <= 8
    assert len({*shares_told(each)}) == len(each)


def test_a_step_is_one_two_or_five() -> None:
    assert [step_of(most, 5) for most in (5, 9, 25, 60)] == [1, 2, 5, 10]


@pytest.mark.parametrize(
    ("last", "most", "count"),
    [(date(2026, 1, 4), 6, 4), (date(2026, 2, 10), 6, 6), (date(2026, 12, 31), 6, 6), (date(2036, 1, 1), 6, 6), (date(2026, 3, 30), 3, 3)],
)
def test_days_at_an_axis_are_few_and_even(last: date, most: int, count: int) -> None:
    found = day_ticks(date(2026, 1, 1), last, most)
    assert len(found) == count
    assert found[0] >= date(2026, 1, 1)
    assert found[-1] <= last


def test_a_name_has_two_lines_or_is_cut() -> None:
    assert cut("abc", 100) == "abc"
    assert cut("abcdefghij", 50).endswith("\u2026")
    assert long(cut("x" * 10**6, 50)) <= 50
    assert named("Chinese AI tigers", 100, 10, 108, True).count("<text") == 2
    assert named("China", 100, 10, 108, True).count("<text") == 1
    assert long("\u901a", SMALL) > long("a", SMALL)


def test_a_legend_takes_another_line_where_a_name_has_no_room() -> None:
    names = [(f"a name of some length {at}", "#123456") for at in range(5)]
    wide, narrow = legend(names, 0, 0, 660)[1], legend(names, 0, 0, 300)[1]
    assert narrow > wide


def test_months_run_over_the_turn_of_a_year() -> None:
    assert months_between(date(2025, 11, 1), date(2026, 2, 1)) == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
