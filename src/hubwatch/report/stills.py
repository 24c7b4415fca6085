"""Charts as they stand in pages without scripts, in print and in pictures: a page has two of each, a site thousands."""

from datetime import date
from typing import Any

from hubwatch.report import words
from hubwatch.report.colours import INK
from hubwatch.report.strokes import (
    SMALL,
    Plot,
    below,
    box,
    day_ticks,
    drawing,
    is_narrow,
    legend,
    level_axis,
    long,
    months_between,
    named,
    rounded,
    shares_told,
    stroke,
    text,
    told_day,
    upright_axis,
)

RULED = "counting rule changed"
Row = dict[str, Any]
Parts = list[tuple[str, str]]  # each a name and its colour
_ROW, _BAR = 27, 16  # a bar and the room that it stands in


def lines(rows: tuple[Row, ...], width: int, groups: Parts, title: str, form: str, is_small: bool = False) -> str:
    """A line a group over days with its band; dashed ones without. Upright dashed lines where the hub changed what it counts."""
    ruled = [date.fromisoformat(row["rule"]) for row in rows if "rule" in row]
    rows = tuple(row for row in rows if "rule" not in row)
    highest, ticks = rounded(max([row[end] for row in rows for end in ("high", "value") if row[end] is not None], default=0) or 1)
    told = shares_told(ticks) if form == "%" else [words.short(tick) for tick in ticks]
    left = (4 if is_small else 22) + max(long(said, SMALL) for said in told) + 8
    top = 8 + 14 * len(ruled)  # what is said of changes stands above the plot
    plot = Plot(left, top, width - 12, top + (140 if is_small else 220 if is_narrow(width) else 280))
    days = sorted({date.fromisoformat(row["day"]) for row in rows})
    first, span = days[0], max((days[-1] - days[0]).days, 1)

    def across(day: date) -> float:
        return plot.along((day - first).days / span)

    made = [upright_axis(plot, highest, ticks, told, "" if is_small else title)]
    made += [below(plot, across(day), told_day(day)) for day in day_ticks(first, days[-1], 3 if is_narrow(width) else 6)]
    for name, colour in groups:
        own = [row for row in rows if row["label"] == name]
        for dash in ("no", "yes"):
            points = [
                (across(date.fromisoformat(row["day"])), *(plot.up(row[end] / highest) for end in ("value", "low", "high")))
                for row in own
                if row.get("dash", "no") == dash and None not in (row["value"], row["low"], row["high"])
            ]
            made.append(_line(points, colour, dash == "yes", len(days) <= 15))
    made += [_rule(across(day), plot, 10 + 14 * at) for at, day in enumerate(ruled)]
    signs, more = legend(groups, 8 if is_narrow(width) else left, plot.bottom + 26, width - 8, is_line=True) if len(groups) > 1 else ("", 0)
    return drawing(width, plot.bottom + 24 + more, *made, signs)


def _line(points: list[tuple[float, ...]], colour: str, is_dashed: bool, has_dots: bool) -> str:
    """Points across, with value, least and most."""
    band = " ".join([*(f"{x:.1f},{high:.1f}" for x, _, _, high in points), *(f"{x:.1f},{low:.1f}" for x, _, low, _ in reversed(points))])
    made = (
        ""
        if is_dashed or all(low == high for _, _, low, high in points)
        else f'<polygon points="{band}" fill="{colour}" fill-opacity="0.18"/>'
    )
    dashes = ' stroke-dasharray="5 4"' if is_dashed else ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
    made += f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.2"{dashes}/>' if points else ""
    dots = "".join(f'<circle r="2.6" cx="{x:.1f}" cy="{y:.1f}"/>' for x, y, _, _ in points) if has_dots else ""
    return made + (f'<g fill="{colour}">{dots}</g>' if dots else "")


def _rule(x: float, plot: Plot, y: float) -> str:
    """An upright dashed line; its text on the side that has more room, below the one before."""
    anchor, dx = ("end", -4) if x > (plot.left + plot.right) / 2 else ("start", 4)
    return stroke(x, y - 8, x, plot.bottom, INK, ' stroke-dasharray="4 3"') + text(x + dx, y, RULED, anchor, SMALL)


def bars(rows: tuple[Row, ...], width: int, title: str) -> str:
    """A bar a group with a line from the least to the most that it can be."""
    slim = is_narrow(width)
    left, room = (118, 62) if slim else (204, 190)  # of the names, and of the figure behind the longest bar
    most = max([row["high"] for row in rows if row["group"] != "unknown"] + [row["share"] for row in rows] + [1e-9])
    plot = Plot(left, 4, width - room, 4 + _ROW * len(rows))
    made = []
    for at, row in enumerate(rows):
        middle = plot.top + _ROW * (at + 0.5)
        is_bounded = row["group"] != "unknown" and row["high"] > row["low"]
        end = plot.along((max(row["share"], row["high"]) if is_bounded else row["share"]) / most)
        made.append(named(str(row["label"]), left - 6, middle, left - 10, slim))
        made.append(box(left, middle - _BAR / 2, plot.along(row["share"] / most) - left, _BAR, row["colour"]))
        if is_bounded:
            made.append(stroke(plot.along(row["low"] / most), middle, plot.along(row["high"] / most), middle, INK, ' stroke-width="1.6"'))
        made.append(text(end + 6, middle + 4, row["figure" if slim else "told"]))
    _, ticks = rounded(most, 3 if slim else 5)
    ticks = [tick for tick in ticks if tick <= most]
    axis = level_axis(plot, most, ticks, shares_told(ticks), title)
    return drawing(width, plot.bottom + 36, axis, *made)


def stack(rows: tuple[Row, ...], width: int, parts: Parts, title: str) -> str:
    """A bar of parts for each label, all of the same length."""
    slim = is_narrow(width)
    labels = list(dict.fromkeys(str(row["label"]) for row in rows))
    left = 118 if slim else min(260, max(120, 7 * max(map(len, labels)))) + 12
    plot = Plot(left, 4, width - 12, 4 + _ROW * len(labels))
    ticks = [0.0, 0.5, 1.0] if slim else [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    made = [level_axis(plot, 1, ticks, shares_told(ticks), title)]
    for at, label in enumerate(labels):
        middle, before = plot.top + _ROW * (at + 0.5), 0.0
        shares = {row["part"]: row["share"] for row in rows if str(row["label"]) == label}
        made.append(named(label, left - 6, middle, left - 10, slim))
        for part, colour in parts:
            wide = plot.along(before + shares.get(part, 0.0)) - plot.along(before)
            made.append(box(plot.along(before), middle - _BAR / 2, wide - 0.6, _BAR, colour) if wide > 0 else "")
            before += shares.get(part, 0.0)
    signs, more = legend(parts, 8 if slim else left, plot.bottom + 40, width - 8)
    return drawing(width, plot.bottom + 40 + more, *made, signs)


def months(rows: tuple[Row, ...], width: int, groups: Parts, title: str) -> str:
    """A bar a month, of parts that are groups."""
    sums: dict[tuple[str, str], float] = {}
    for row in rows:
        key = (row["month"][:7], row["label"])
        sums[key] = sums.get(key, 0) + (row["value"] or 0)
    each = months_between(*(date.fromisoformat(f"{end(month for month, _ in sums)}-01") for end in (min, max)))
    whole = {f"{day:%Y-%m}": sum(sums.get((f"{day:%Y-%m}", name), 0) for name, _ in groups) for day in each}
    highest, ticks = rounded(max(whole.values()) or 1)
    told = [words.short(tick) for tick in ticks]
    left = 22 + max(long(said, SMALL) for said in told) + 8
    plot = Plot(left, 8, width - 12, 8 + (220 if is_narrow(width) else 260))
    made, room = [upright_axis(plot, highest, ticks, told, title)], (plot.right - plot.left) / len(each)
    shown = {*day_ticks(each[0], each[-1], 3 if is_narrow(width) else 8)}
    for at, day in enumerate(each):
        x, before = plot.left + room * at, 0.0
        for name, colour in groups:
            value = sums.get((f"{day:%Y-%m}", name), 0)
            y = plot.up((before + value) / highest)
            made.append(box(x + room * 0.1, y, room * 0.8, plot.up(before / highest) - y, colour) if value else "")
            before += value
        made.append(below(plot, x + room / 2, f"{day:%b %Y}") if day in shown else "")
    signs, more = legend(groups, 8 if is_narrow(width) else left, plot.bottom + 26, width - 8)
    return drawing(width, plot.bottom + 26 + more, *made, signs)
