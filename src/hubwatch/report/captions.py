"""Title and subtitle of a chart that leaves its page as a picture: what it shows, of what, and what that rests on."""

import re
import textwrap
from unicodedata import east_asian_width

from hubwatch.report.colours import INK, SOFT
from hubwatch.report.strokes import FONTS, escaped

_SIZE = re.compile(r'<svg[^>]*? width="([\d.]+)" height="([\d.]+)"')
_LARGE, _SMALL, _MARGIN = 14, 11, 8
_LETTER = {_LARGE: 0.64, _SMALL: 0.56}  # of the font's size: how wide a letter is in the widest of the fonts, the large ones bold


def captioned(svg: str, caption: tuple[str, ...]) -> str:
    """The drawing below its caption: the first line is its title, the others are set small below it, broken where they are long."""
    size = _SIZE.search(svg)
    if size is None or not caption:
        return svg
    width, height = float(size[1]), float(size[2])
    lines = [(said, _LARGE, INK, "600") for said in _broken(caption[0], width, _LARGE)]
    lines += [(said, _SMALL, SOFT, "400") for line in caption[1:] for said in _broken(line, width, _SMALL)]
    texts, y = [], _MARGIN
    for said, font, ink, weight in lines:
        y += round(font * 1.35)
        texts.append(f'<text x="{_MARGIN}" y="{y}" font-size="{font}" font-weight="{weight}" fill="{ink}">{escaped(said)}</text>')
    top = y + _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height + top:g}" viewBox="0 0 {width:g} {height + top:g}">'
        f'<rect width="{width:g}" height="{height + top:g}" fill="white"/><g class="caption" font-family="{FONTS}">{"".join(texts)}</g>'
        f'<g transform="translate(0 {top})">{svg[svg.index(">") + 1 : svg.rindex("</svg>")]}</g></svg>'
    )


def _broken(line: str, width: float, font: int) -> list[str]:
    room = max(20, int((width - 2 * _MARGIN) / (font * _LETTER[font])))
    wide = sum(east_asian_width(letter) in "WF" for letter in line)  # twice as wide as a Latin letter
    return textwrap.wrap(line, room * len(line) // (len(line) + wide)) if wide else textwrap.wrap(line, room)
