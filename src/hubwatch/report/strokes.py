"""What drawings are put together from: texts, ticks, axes, legends, the frame around them. Lengths are in pixels."""

import itertools
import re
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10
from unicodedata import east_asian_width

from hubwatch.report.colours import INK, LINE, SOFT

FONTS = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', sans-serif"
SMALL = 11  # the size of texts at axes; names and figures have the usual one
_USUAL = 12
_LETTER = 0.6  # of the font's size: how wide a letter is in the widest of the fonts
_NARROW = 500


@dataclass(frozen=True)
class Plot:
    """The part of a drawing in which values stand."""

    left: float
    top: float
    right: float
    bottom: float

    def up(self, part: float) -> float:
        """Where a part of the largest value stands, from below."""
        return self.bottom - part * (self.bottom - self.top)

    def along(self, part: float) -> float:
        """Where a part of the largest value stands, from the left."""
        return self.left + part * (self.right - self.left)


def is_narrow(width: int) -> bool:
    return width < _NARROW


def drawing(width: int, height: float, *parts: str) -> str:
    """The parts as a picture on white."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" viewBox="0 0 {width} {height:.0f}">'
        f'<rect width="{width}" height="{height:.0f}" fill="white"/>'
        f'<g font-family="{FONTS}" font-size="{_USUAL}" fill="{INK}">{"".join(parts)}</g></svg>'
    )


def text(x: float, y: float, said: str, anchor: str = "start", size: int = _USUAL, fill: str = "", more: str = "") -> str:
    own = (f' text-anchor="{anchor}"' if anchor != "start" else "") + (f' font-size="{size}"' if size != _USUAL else "")
    own += (f' fill="{fill}"' if fill else "") + more
    return f'<text x="{x:.1f}" y="{y:.1f}"{own}>{escaped(said)}</text>'


def stroke(x1: float, y1: float, x2: float, y2: float, colour: str = LINE, more: str = "") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{more}/>'


def box(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" fill="{fill}"/>'


def escaped(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def long(said: str, size: int = _USUAL) -> float:
    """How much room a text may need."""
    return size * sum(1.0 if east_asian_width(letter) in "WF" else _LETTER for letter in said)


def cut(said: str, room: float, size: int = _USUAL) -> str:
    """A text as long as there is room for."""
    if long(said, size) <= room:
        return said
    fitting = (at for at in range(min(len(said), 80), -1, -1) if long(said[:at], size) + size * _LETTER <= room)
    return said[: next(fitting, 0)].rstrip() + "\u2026"


def two_lines(said: str) -> list[str]:
    """A name in two, broken at the last blank that leaves a first line of 6 to 17 letters."""
    found = re.match(r"(.{6,17}) (.*)", said)
    return [found[1], found[2]] if found else [said]


def named(said: str, right: float, middle: float, room: float, is_slim: bool) -> str:
    """A name to the left of a bar, where there is little room on two lines."""
    parts, size = (two_lines(said) if long(said, SMALL) > room else [said], SMALL) if is_slim else ([said], _USUAL)
    shift = 4 - 6 * (len(parts) - 1)
    return "".join(text(right, middle + shift + 12 * at, cut(part, room, size), "end", size) for at, part in enumerate(parts))


def step_of(most: float, count: int) -> float:
    """A round step of which about `count` reach `most`."""
    rough = most / count
    power = 10.0 ** floor(log10(rough))
    return power * next((factor for factor, least in ((10, 50**0.5), (5, 10**0.5), (2, 2**0.5)) if rough / power >= least), 1)


def rounded(most: float, count: int = 5) -> tuple[float, list[float]]:
    """A round number that is at least `most`, and round numbers from zero up to it."""
    fine, step = step_of(most, 10), step_of(most, count)
    highest = ceil(most / fine - 1e-9) * fine
    return highest, [round(step * at, 12) for at in range(int(highest / step + 1e-9) + 1)]


def shares_told(ticks: list[float]) -> list[str]:
    digits = next((digits for digits in (0, 1) if all(abs(round(tick, digits + 2) - tick) < 1e-9 for tick in ticks)), 2)
    return [f"{tick:.{digits}%}" for tick in ticks]


def upright_axis(plot: Plot, highest: float, ticks: list[float], told: list[str], title: str) -> str:
    """Lines across the plot with their values at its left, and the axis's title."""
    made = []
    for tick, said in zip(ticks, told, strict=True):
        y = plot.up(tick / highest)
        made += [stroke(plot.left, y, plot.right, y), text(plot.left - 6, y + 4, said, "end", SMALL)]
    if title:
        middle = (plot.top + plot.bottom) / 2
        made.append(
            text(12, middle, cut(title, plot.bottom - plot.top, SMALL), "middle", SMALL, SOFT, f' transform="rotate(-90 12 {middle:.1f})"')
        )
    return "".join(made)


def level_axis(plot: Plot, highest: float, ticks: list[float], told: list[str], title: str) -> str:
    """Upright lines through the plot with their values below it, and the axis's title."""
    made = []
    for tick, said in zip(ticks, told, strict=True):
        x = plot.along(tick / highest)
        made += [stroke(x, plot.top, x, plot.bottom), below(plot, x, said)]
    if title:
        made.append(text((plot.left + plot.right) / 2, plot.bottom + 30, cut(title, plot.right, SMALL), "middle", SMALL, SOFT))
    return "".join(made)


def below(plot: Plot, x: float, said: str) -> str:
    """A text below the plot, shifted where it would leave the drawing."""
    half = long(said, SMALL) / 2
    anchor = "end" if x + half > plot.right + 8 else "start" if x - half < 2 else "middle"
    return text(x, plot.bottom + 15, said, anchor, SMALL)


def legend(parts: list[tuple[str, str]], left: float, top: float, right: float, is_line: bool = False) -> tuple[str, float]:
    """A sign and a name for each part, from left to right on as many lines as that takes, and how high they are."""
    made, x, y = [], left, top
    for name, colour in parts:
        said = cut(name, min(290, right - left - 16))
        if x > left and x + 16 + long(said) > right:
            x, y = left, y + 18
        sign = stroke(x, y + 8, x + 12, y + 8, colour, ' stroke-width="3"') if is_line else box(x, y + 3, 10, 10, colour)
        made += [sign, text(x + 16, y + 12, said)]
        x += 16 + long(said) + 16
    return "".join(made), y + 20 - top


def day_ticks(first: date, last: date, most: int) -> list[date]:
    """Days in even steps, months or years from one to the next, at most so many."""
    for step in (1, 2, 7, 14):
        if (last - first).days // step < most:
            return [date.fromordinal(at) for at in range(first.toordinal(), last.toordinal() + 1, step)]
    months = [date(year, month, 1) for year in range(first.year, last.year + 1) for month in range(1, 13)]
    within = [day for day in months if first <= day <= last]
    for step in (1, 2, 3, 6, 12, 24, 60, 120):
        found = [day for day in within if ((day.year * 12 + day.month - 1) % step) == 0]
        if len(found) <= most:
            return found or [first, last]
    return [first, last]


def told_day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def months_between(first: date, last: date) -> list[date]:
    """The first day of each month from one to the other."""
    return list(
        itertools.takewhile(
            lambda day: day <= last, (date(first.year + at // 12, at % 12 + 1, 1) for at in itertools.count(first.month - 1))
        )
    )
