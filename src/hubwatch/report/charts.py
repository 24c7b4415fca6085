"""Charts: rows, drawn as SVG for readers without scripts and for pictures, and specified for the browser, which draws them live."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import vl_convert

from hubwatch.report import stills
from hubwatch.report.colours import INK, LINE, SOFT, apart, colour
from hubwatch.report.live import NARROW, WIDE, bars_spec, lines_spec, months_spec, stack_spec
from hubwatch.report.pixels import packed
from hubwatch.report.stills import RULED
from hubwatch.report.strokes import FONTS, escaped
from hubwatch.statistics import percent

_THEME = {INK: "var(--ink)", SOFT: "var(--soft)", LINE: "var(--line)"}
Row = dict[str, Any]


@dataclass(frozen=True)
class Chart:
    """Rows, and the same drawing of them for a wide and a narrow page; `name` and `description` are for screen readers."""

    name: str
    description: str
    rows: tuple[Row, ...]
    wide: dict[str, Any]
    narrow: dict[str, Any]
    still: Callable[[tuple[Row, ...], int], str]
    """Draws the rows this wide."""
    is_small: bool = False
    """One of hundreds: the browser makes its PNG, and its page is all that says what it is of."""

    def for_browser(self) -> dict[str, Any]:
        """The rows, with what of them the specification names, and both layouts."""
        text = json.dumps(self.wide)
        named = {
            key for key in {key for row in self.rows for key in row} if f'"{key}"' in text or f'"{key}:' in text or f"datum.{key}" in text
        }
        rows = [{key: cell for key, cell in row.items() if key in named} for row in self.rows]
        return {"rows": rows, "wide": self.wide, "narrow": self.narrow}

    def svg(self, narrow: bool = False) -> str:
        """The drawing as a file of its own, on white."""
        return self.still(self.rows, NARROW if narrow else WIDE)

    def png(self, svg: str) -> bytes:
        """The drawing in pixels; a font that is not on this machine would leave its words out, so that any will do."""
        made: bytes = vl_convert.svg_to_png(svg.replace(f'font-family="{FONTS}"', 'font-family="Arial, sans-serif"'), scale=2)
        return packed(made)

    def inline(self, svg: str, narrow: bool, mark: str) -> str:
        """The drawing as part of a page: in the page's colours, with a name and a description, hidden from no reader."""
        return themed(svg, self.name, self.description, f"{mark}-{'narrow' if narrow else 'wide'}")


def themed(svg: str, name: str, description: str, mark: str) -> str:
    """An SVG with the page's colours, named and described for screen readers; its parts are hidden from them."""
    for fixed, variable in _THEME.items():
        svg = svg.replace(f'"{fixed}"', f'"{variable}"')
    svg = re.sub(r'(<svg[^>]*>)<rect width="[\d.]+" height="[\d.]+" fill="white"/>', r"\1", svg, count=1)
    titled = f'<title id="{mark}-t">{escaped(name)}</title><desc id="{mark}-d">{escaped(description)}</desc>'
    head = rf'\1 class="drawn" role="img" aria-labelledby="{mark}-t {mark}-d">'
    return re.sub(r"(<svg[^>]*?)>", lambda found: found.expand(head) + titled, svg, count=1)


def bars(name: str, rows: list[Row], title: str, is_small: bool = False) -> Chart | None:
    """A bar a group with a line from the least to the most it can be. Rows: label, group, share, low, high."""
    if not rows:
        return None
    shown = tuple({**row, "colour": colour(str(row["group"])), "told": _told(row), "figure": percent(row["share"])} for row in rows)
    most = max([row["high"] for row in rows if row["group"] != "unknown"] + [row["share"] for row in rows] + [1e-9])
    labels = [str(row["label"]) for row in rows]
    wide, narrow = (bars_spec(labels, most, title, slim) for slim in (False, True))
    told = "; ".join(f"{row['label']} {_told(row)}" for row in rows[:6])
    return Chart(name, f"Bars, largest first. {told}.", shown, wide, narrow, partial(stills.bars, title=title), is_small)


def _told(row: Row) -> str:
    """A share and, where they differ from it as it is written, its bounds."""
    share, low, high = (percent(row[name]) for name in ("share", "low", "high"))
    return share if low == high == share else f"{share} ({low} to {high})"


def lines(name: str, rows: list[Row], title: str, form: str = "%", is_small: bool = False, rules: Iterable[date] = ()) -> Chart | None:
    """A line a group over days with a band between its bounds. Rows: day, label, group, value, low, high; dashed where `dash`.

    `rules`: the days since which what is counted is counted otherwise: an upright dashed line, where the days drawn include them.
    """
    if len({row["day"] for row in rows}) < 2:
        return None
    groups = tuple(dict.fromkeys((str(row["label"]), str(row["group"])) for row in rows))
    days = sorted({row["day"] for row in rows})
    marks = sorted({day for day in rules if days[0] <= day <= days[-1]})
    late = tuple((day - days[0]) * 2 > days[-1] - days[0] for day in marks)
    ends = "; ".join(f"{label}: {_end(rows, label, form)}" for label, _ in groups[:6])
    shown = tuple({"dash": "no", **row, "day": str(row["day"]), "colour": colour(str(row["group"]))} for row in rows)
    shown += tuple({"rule": str(day), "told": RULED, "number": number} for number, day in enumerate(marks))
    broken = "".join(f" {RULED.capitalize()} on {day}." for day in marks)
    described = f"Lines over {len(days)} days, {days[0]} to {days[-1]}. {ends}.{broken}"
    tones = list(zip((label for label, _ in groups), apart(group for _, group in groups), strict=True))
    wide, narrow = (lines_spec(tones, title, form, len(days) <= 15, late, slim) for slim in (False, True))
    still = partial(stills.lines, groups=tones, title=title, form=form, is_small=is_small)
    return Chart(name, described, shown, wide, narrow, still, is_small)


def _end(rows: list[Row], label: str, form: str) -> str:
    values = [row["value"] for row in rows if row["label"] == label and row["value"] is not None and row.get("dash") != "yes"]
    if not values:
        return "no value"
    first, last = (percent(value) if form == "%" else f"{value:,.4g}" for value in (values[0], values[-1]))
    return f"from {first} to {last}"


def stack(name: str, rows: list[Row], title: str) -> Chart | None:
    """A bar of parts for each label, all of the same length. Rows: label, part, part_code, share."""
    if not rows:
        return None
    parts = sorted({(str(row["part"]), str(row["part_code"])): None for row in rows}, key=lambda part: _place(part[1]))
    labels = list(dict.fromkeys(str(row["label"]) for row in rows))
    tones = list(zip((part for part, _ in parts), apart(code for _, code in parts), strict=True))
    wide, narrow = (stack_spec(tones, labels, title, slim) for slim in (False, True))
    order = {part: at for at, (part, _) in enumerate(parts)}
    shown = tuple({**row, "position": order[str(row["part"])]} for row in rows)
    told = "; ".join(f"{row['label']}, {row['part']}: {percent(row['share'])}" for row in rows[:8])
    return Chart(name, f"Bars of parts, each bar 100 %. {told}.", shown, wide, narrow, partial(stills.stack, parts=tones, title=title))


_ORDER = (
    "permissive", "copyleft", "responsible_use", "custom", "non_commercial",
    "below 1B", "1B to 5B", "5B to 10B", "10B to 50B", "50B to 100B", "100B to 250B", "250B and more",
)  # fmt: skip


def _place(code: str) -> int:
    """Where a part stands in a bar: classes in their own order, others as they come, the unknown last."""
    return _ORDER.index(code) if code in _ORDER else 99 if code == "unknown" else 50


def months(name: str, rows: list[Row], title: str) -> Chart | None:
    """Bars a month, of parts that are groups. Rows: month, label, group, value."""
    if len({row["month"] for row in rows}) < 2:
        return None
    groups = list(dict.fromkeys((str(row["label"]), str(row["group"])) for row in rows))
    tones = [(label, colour(group)) for label, group in groups]
    wide, narrow = (months_spec(tones, title, slim) for slim in (False, True))
    shown = tuple({**row, "month": str(row["month"])} for row in rows)
    each = sorted({str(row["month"])[:7] for row in rows})
    return Chart(
        name,
        f"Bars for each month from {each[0]} to {each[-1]}, by group.",
        shown,
        wide,
        narrow,
        partial(stills.months, groups=tones, title=title),
    )


__all__ = ["Chart", "bars", "lines", "months", "stack", "themed"]
