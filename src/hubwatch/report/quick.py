"""Lines over days and bars as small SVGs of our own: a site has hundreds, and Vega takes its time."""

import re
from datetime import date
from typing import Any
from unicodedata import east_asian_width

from hubwatch.report.colours import INK, LINE

RULED = "counting rule changed"
Row = dict[str, Any]


def quick_lines(rows: tuple[Row, ...], width: int) -> str:
    """One line with its band over days, as a small SVG. Bands and axes begin at zero."""
    ruled = [row["rule"] for row in rows if "rule" in row]
    top, left, bottom = 8 + 14 * len(ruled), 54, 26  # what is said of changes stands above the drawing
    height = 172 + top
    rows = tuple(row for row in rows if "rule" not in row)
    first, last = (date.fromisoformat(end(row["day"] for row in rows)) for end in (min, max))
    span, most = max((last - first).days, 1), max(row["high"] for row in rows) or 1

    def across(day: str) -> float:
        return left + (date.fromisoformat(day) - first).days / span * (width - left - 12)

    def at(row: Row, column: str) -> str:
        return f"{across(row['day']):.1f},{top + (1 - row[column] / most) * (height - bottom - top):.1f}"

    tone = rows[0]["colour"]
    band = " ".join([*(at(row, "high") for row in rows), *(at(row, "low") for row in reversed(rows))])
    line = " ".join(at(row, "value") for row in rows)
    dots = "".join('<circle r="2.6" cx="{}" cy="{}"/>'.format(*at(row, "value").split(",")) for row in rows) if len(rows) <= 15 else ""
    ticks = "".join(_tick(part, most, width, (top, height - bottom), left) for part in (0.0, 0.5, 1.0))
    ends = f'<text x="{left}" y="{height - 6}">{first}</text><text x="{width - 12}" y="{height - 6}" text-anchor="end">{last}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="white"/><g font-family="system-ui, sans-serif" font-size="11" fill="{INK}">{ticks}{ends}</g>'
        f'<polygon points="{band}" fill="{tone}" opacity="0.18"/><polyline points="{line}" fill="none" stroke="{tone}" stroke-width="2.2"/>'
        f'<g fill="{tone}">{dots}</g>{"".join(_rule(across(day), height - bottom, number) for number, day in enumerate(ruled))}</svg>'
    )


def _rule(x: float, bottom: int, number: int) -> str:
    """An upright dashed line where the hub changed what it counts; each text stands below the one before."""
    y = 10 + 14 * number
    anchor, dx = ("end", -4) if x > 180 else ("start", 4)  # where the text, of some 115, fits into the narrow drawing
    return (
        f'<g font-family="system-ui, sans-serif" font-size="11"><line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 8}" y2="{bottom}" stroke="{INK}" '
        f'stroke-dasharray="4 3"/><text x="{x + dx:.1f}" y="{y}" text-anchor="{anchor}" fill="{INK}">{RULED}</text></g>'
    )


def _tick(part: float, most: float, width: int, plot: tuple[int, int], left: int) -> str:
    y, value = plot[0] + (1 - part) * (plot[1] - plot[0]), part * most
    told = f"{value:.1%}" if most <= 1 else short(value)
    return (
        f'<line x1="{left}" x2="{width - 12}" y1="{y:.1f}" y2="{y:.1f}" stroke="{LINE}"/>'
        f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{told}</text>'
    )


def short(value: float) -> str:
    """1.2M, 34k."""
    for least, sign in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if value >= least:
            return f"{value / least:.3g}{sign}"
    return f"{value:.3g}"


_ROW, _GAP = 27, 6


def quick_bars(rows: tuple[Row, ...], width: int) -> str:
    """A bar a group with a line from the least to the most it can be, as a small SVG: the layout of `charts.bars`."""
    narrow = width < 500
    left, letter = (118, 6.6) if narrow else (188, 6.6)
    room = 62 if narrow else 190  # of the figure behind the longest bar
    most = max([row["high"] for row in rows if row["group"] != "unknown"] + [row["share"] for row in rows] + [1e-9])
    height, plot = _ROW * len(rows) + 8, width - left - room

    def across(share: float) -> float:
        return left + share / float(most) * plot

    drawn = []
    for number, row in enumerate(rows):
        middle = 4 + _ROW * number + _ROW / 2
        bounded = row["group"] != "unknown" and row["high"] > row["low"]
        end = across(max(row["share"], row["high"]) if bounded else row["share"])
        parts = _two_lines(str(row["label"])) if narrow else [str(row["label"])]
        for turn, part in enumerate(parts):
            y = middle + 4 + (turn * 12 - 6 if len(parts) > 1 else 0)
            name = _cut(part, int((left - 8) / letter))
            drawn.append(f'<text x="{left - _GAP}" y="{y:.1f}" text-anchor="end" font-size="{11 if narrow else 12}">{_xml(name)}</text>')
        drawn.append(
            f'<rect x="{left}" y="{middle - 8:.1f}" width="{across(row["share"]) - left:.1f}" height="16" fill="{row["colour"]}"/>'
        )
        if bounded:
            low, high = across(row["low"]), across(row["high"])
            drawn.append(f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle:.1f}" y2="{middle:.1f}" stroke="{INK}" stroke-width="1.6"/>')
        drawn.append(f'<text x="{end + _GAP:.1f}" y="{middle + 4:.1f}">{_xml(row["figure" if narrow else "told"])}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="white"/><g font-family="system-ui, sans-serif" font-size="12" fill="{INK}">'
        f"{''.join(drawn)}"
        f'<line x1="{left}" x2="{left}" y1="2" y2="{height - 2}" stroke="{LINE}"/></g></svg>'
    )


def _two_lines(text: str) -> list[str]:
    """A long name in two, broken at the last blank that leaves a first line of at most 17 letters."""
    found = re.match(r"(.{6,17}) (.*)", text) if len(text) > 17 else None
    return [found[1], found[2]] if found else [text]


def _cut(text: str, letters: int) -> str:
    """A name as long as there is room for; wide letters count twice."""
    wide = [2 if east_asian_width(letter) in "WF" else 1 for letter in text]
    if sum(wide) <= letters:
        return text
    kept = next(at for at in range(len(text), -1, -1) if sum(wide[:at]) <= letters - 1)
    return text[:kept].rstrip() + "\u2026"


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
