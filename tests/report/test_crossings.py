"""Who passed whom, on days of which each has the shares with their bounds."""

from datetime import date
from typing import Any

from hubwatch.report.crossings import crossings
from hubwatch.report.panels import Panel
from hubwatch.report.words import Names

DAYS = tuple(date(2026, month, 1) for month in (1, 2, 3, 4))


def held(*days: dict[str, tuple[float, float, float]]) -> dict[str, Any]:
    """The history of these days: of each group its share, the least and the most that it can be."""
    told = {
        day.isoformat(): {
            "rows": [{"group": name, "share": share, "share_low": low, "share_high": high} for name, (share, low, high) in groups.items()],
            "labelled": 1.0, "models": 3, "flagged_part": None, "notes": [],
        }
        for day, groups in zip(DAYS, days, strict=False)
    }  # fmt: skip
    return {"asked": {"by": "origin", "metric": "downloads_30d"}, "days": told, "rules": []}


PANEL = Panel("huggingface", "full", "whole", DAYS, 4)
BEHIND = {"US Big Tech": (0.5, 0.5, 0.6), "Chinese Big Tech": (0.4, 0.4, 0.5)}
NEAR = {"Chinese Big Tech": (0.46, 0.46, 0.56), "US Big Tech": (0.44, 0.44, 0.54)}
AHEAD = {"Chinese Big Tech": (0.6, 0.6, 0.62), "US Big Tech": (0.38, 0.38, 0.4)}


def test_one_is_ahead_from_the_day_on_which_it_stays_so_and_surely_where_the_bounds_part() -> None:
    figure = crossings(PANEL, held(BEHIND, NEAR, AHEAD, AHEAD), Names())
    assert figure
    assert figure.rows == (("Chinese Big Tech", "US Big Tech", 0.6, 0.38, DAYS[1], DAYS[0], DAYS[2]),)


def test_a_group_that_falls_back_has_not_passed_and_bounds_that_overlap_make_nothing_sure() -> None:
    figure = crossings(PANEL, held(AHEAD, BEHIND, NEAR, NEAR), Names())
    assert figure
    assert figure.rows == (("Chinese Big Tech", "US Big Tech", 0.46, 0.44, DAYS[2], DAYS[1], None),)


def test_nobody_passed_where_the_order_stayed_and_a_group_that_was_not_there_may_be_what_has_no_label() -> None:
    assert crossings(PANEL, held(AHEAD, AHEAD, AHEAD), Names()) is None
    new = {"Chinese Big Tech": (0.6, 0.6, 0.62), "unknown": (0.7, 0.0, 0.7)}
    assert crossings(PANEL, held(new, AHEAD, AHEAD), Names()) is None
    assert crossings(PANEL, held({**BEHIND, "unknown": (0.1, 0.0, 0.1)}, AHEAD, AHEAD), Names())


def test_groups_that_are_level_on_the_last_day_have_not_passed_each_other() -> None:
    level = {"Chinese Big Tech": (0.5, 0.5, 0.5), "US Big Tech": (0.5, 0.5, 0.5)}
    assert crossings(PANEL, held(BEHIND, AHEAD, level), Names()) is None
