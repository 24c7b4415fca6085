"""Tables on a terminal: no figure and no word is cut, however narrow it is."""

import io
import re

import pytest
from rich.console import Console

from hubwatch.statistics import as_table

COLUMNS = ("organization", "country", "kind", "parent", "namespaces", "models")
ROWS: tuple[tuple[object, ...], ...] = (
    ("Alibaba", "CN", "big_tech", None, 9, 1610),
    ("Shanghai AI Laboratory 上海人工智能实验室", "CN", "research_institute", "Some Long Parent Company", 6, 705),
    ("Beijing Academy of Artificial Intelligence", "CN", "research_institute", None, 13, 12_345_678),
)


def printed(width: int) -> list[str]:
    out = io.StringIO()
    Console(width=width, file=out).print(as_table(COLUMNS, ROWS, width))
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("width", range(30, 150, 2))
def test_every_figure_and_every_letter_is_there_at_any_width(width: int) -> None:
    lines = printed(width)
    text = "\n".join(lines)
    assert {"1,610", "705", "12,345,678", "models"} <= set(re.split(r"\s+", text))
    for row in ROWS:
        for cell in row:
            for letter in str(cell or ""):
                assert letter in text
    for word in ("Alibaba", "CN"):
        assert word in text


def test_a_table_is_as_wide_as_its_words_where_there_is_room() -> None:
    assert printed(200)[2].startswith("Alibaba                                      CN        big_tech")
    assert "research_institute" in "\n".join(printed(120))
