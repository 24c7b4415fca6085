"""Pictures of charts have their words, whatever fonts a machine has."""

import pytest
import vl_convert

from hubwatch.report.charts import Chart
from hubwatch.report.strokes import FONTS

WITHOUT = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><rect width="200" height="40" fill="white"/></svg>'


def with_words(fonts: str) -> str:
    return WITHOUT.replace("</svg>", f'<text x="5" y="25" font-size="14" font-family="{fonts}">Chinese Big Tech</text></svg>')


def test_a_picture_in_pixels_has_the_words_of_the_drawing() -> None:
    blank = vl_convert.svg_to_png(WITHOUT, scale=2)
    if vl_convert.svg_to_png(with_words("sans-serif"), scale=2) == blank:
        pytest.skip("this machine has no font at all")
    assert Chart("name", "description", (), {}, {}, lambda rows, width: "").png(with_words(FONTS)) != blank
