"""Charts as Vega-Lite, made by altair: drawn here as SVG for readers without scripts, and by the browser for the others.

A chart is laid out twice, for wide and for narrow pages: nothing is scaled down until it cannot be read, or cut.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import altair as alt
import vl_convert

from hubwatch.report.colours import GREY, INK, LINE, SOFT, apart, colour
from hubwatch.report.pixels import packed
from hubwatch.report.quick import RULED, quick_bars, quick_lines
from hubwatch.statistics import percent

WIDE, NARROW = 660, 300
_THEME = {INK: "var(--ink)", SOFT: "var(--soft)", LINE: "var(--line)"}
Row = dict[str, Any]
Draw = Callable[[dict[str, Any]], str]


@dataclass(frozen=True)
class Chart:
    """Rows, and the same drawing of them for a wide and a narrow page; `name` and `description` are for screen readers."""

    name: str
    description: str
    rows: tuple[Row, ...]
    wide: dict[str, Any]
    narrow: dict[str, Any]
    quick: Callable[[tuple[Row, ...], int], str] | None = None

    def for_browser(self) -> dict[str, Any]:
        """The rows, with what of them the specification names, and both layouts."""
        text = json.dumps(self.wide)
        named = {
            key for key in {key for row in self.rows for key in row} if f'"{key}"' in text or f'"{key}:' in text or f"datum.{key}" in text
        }
        rows = [{key: cell for key, cell in row.items() if key in named} for row in self.rows]
        return {"rows": rows, "wide": self.wide, "narrow": self.narrow}

    def key(self) -> str:
        """Equal for charts that look the same."""
        content = json.dumps([self.name, self.for_browser()], sort_keys=True, default=str)
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def svg(self, narrow: bool = False, draw: Draw = vl_convert.vegalite_to_svg) -> str:
        """The drawing as a file of its own, on white. A quick one is a single line: a site has hundreds, Vega takes its time."""
        if self.quick:
            return self.quick(self.rows, NARROW if narrow else WIDE)
        svg = draw({**self._whole(self.narrow if narrow else self.wide), "background": "white"})
        return svg.replace(f'font-family="{_MEASURED}"', f'font-family="{_FONTS}"')

    def png(self, svg: str) -> bytes:
        """The drawing in pixels; a font that is not on this machine would leave its words out, so that any will do."""
        made: bytes = vl_convert.svg_to_png(svg.replace(f'font-family="{_FONTS}"', f'font-family="{_MEASURED}, sans-serif"'), scale=2)
        return packed(made)

    def inline(self, svg: str, narrow: bool, mark: str) -> str:
        """The drawing as part of a page: in the page's colours, with a name and a description, hidden from no reader."""
        return themed(svg, self.name, self.description, f"{mark}-{'narrow' if narrow else 'wide'}")

    def _whole(self, spec: dict[str, Any]) -> dict[str, Any]:
        width = NARROW if spec is self.narrow else WIDE
        return {**spec, "width": width, "datasets": {"rows": list(self.rows)}, "config": {**spec.get("config", {}), **_CONFIG}}


# Drawn with one font, whose widths those of the page's are near: looking for every name in a list of fonts takes five times as long.
_MEASURED, _FONTS = "Arial", "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', sans-serif"
_SIZES = {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": 400}
_CONFIG = {
    "font": _MEASURED,
    "view": {"stroke": None},
    "axis": {"labelColor": INK, "titleColor": SOFT, "gridColor": LINE, "domainColor": LINE, "tickColor": LINE, **_SIZES},
    "legend": {"labelColor": INK, "titleColor": SOFT, "labelFontSize": 12},
    "text": {"color": INK},
    "rule": {"color": INK},
}


def themed(svg: str, name: str, description: str, mark: str) -> str:
    """An SVG with the page's colours, named and described for screen readers; its parts are hidden from them."""
    svg = re.sub(r'\s(?:role|aria-[a-z]+)="[^"]*"', "", svg)
    for fixed, variable in _THEME.items():
        svg = svg.replace(f'"{fixed}"', f'"{variable}"')
    svg = re.sub(r'(<svg[^>]*>)<rect width="[\d.]+" height="[\d.]+" fill="white"/>', r"\1", svg, count=1)
    titled = f'<title id="{mark}-t">{_xml(name)}</title><desc id="{mark}-d">{_xml(description)}</desc>'
    svg = svg.replace(' class="marks"', "", 1)
    head = rf'\1 class="drawn" role="img" aria-labelledby="{mark}-t {mark}-d">'
    svg = re.sub(r"(<svg[^>]*?)>", lambda found: found.expand(head) + titled, svg, count=1)
    return svg.replace("clip0", f"{mark}-clip0").replace("gradient_", f"{mark}-gradient_")


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _spec(chart: Any) -> dict[str, Any]:
    """altair's chart as Vega-Lite over the rows, without width and colours of the surroundings: those are the page's."""
    spec: dict[str, Any] = chart.properties(data=alt.NamedData(name="rows")).to_dict(validate=False)
    spec.pop("datasets", None)
    spec.pop("config", None)
    return spec


def bars(name: str, rows: list[Row], title: str, quick: bool = False) -> Chart | None:
    """A bar a group with a line from the least to the most it can be. Rows: label, group, share, low, high."""
    if not rows:
        return None
    shown = tuple({**row, "colour": colour(str(row["group"])), "told": _told(row), "figure": percent(row["share"])} for row in rows)
    most = max([row["high"] for row in rows if row["group"] != "unknown"] + [row["share"] for row in rows] + [1e-9])

    def drawn(narrow: bool) -> dict[str, Any]:
        room = 62 if narrow else 175
        plot = (NARROW if narrow else WIDE) - (120 if narrow else 190)
        values, form = _ticks(most)
        text = _bars_spec(title, narrow)
        filled = ((_MOST, round(most * plot / (plot - room), 6)), (_VALUES, values), (_FORM, form), (_HEIGHT, 27 * len(shown)))
        for mark, value in (*filled, (_SORT, [str(row["label"]) for row in rows])):  # names last: one may look like a mark
            text = text.replace(json.dumps(mark), json.dumps(value))
        spec: dict[str, Any] = json.loads(text)
        return spec

    told = "; ".join(f"{row['label']} {_told(row)}" for row in rows[:6])
    return Chart(name, f"Bars, largest first. {told}.", shown, drawn(False), drawn(True), quick_bars if quick else None)


# In a specification made once, what each chart of its kind fills in.
_SORT, _MOST, _VALUES, _FORM, _HEIGHT = ["@labels"], 1111111.25, [2222222.5], "@form", 3333333


@cache
def _bars_spec(title: str, narrow: bool) -> str:
    """The specification of bars with marks in place of what differs from one to the next: altair takes its time."""
    scale = alt.Scale(domain=[0, _MOST], nice=False)
    y = alt.Y("label:N", sort=_SORT, title=None, axis=_names(112 if narrow else 180))
    x = alt.X("share:Q", title=title, scale=scale, axis=alt.Axis(format=_FORM, values=_VALUES, grid=True))
    base = alt.Chart().encode(y=y, tooltip=[alt.Tooltip("label:N", title="group"), alt.Tooltip("told:N", title="share")])
    bar = base.mark_bar(height=16).encode(x=x, color=alt.Color("colour:N", scale=None))
    known = base.transform_filter("datum.group != 'unknown' && datum.high > datum.low")
    bound = known.mark_rule(strokeWidth=1.6).encode(x="low:Q", x2="high:Q")
    text = base.mark_text(align="left", dx=6, fontSize=12).encode(x=alt.X("end:Q"), text="figure:N" if narrow else "told:N")
    text = text.transform_calculate(end="datum.group == 'unknown' ? datum.share : max(datum.share, datum.high)")
    return json.dumps({**_spec((bar + bound + text).properties(height=_HEIGHT)), "autosize": _FIT})


def _ticks(most: float) -> tuple[list[float], str]:
    """Round shares up to the largest bar, at most the whole, and how to write them."""
    step = next((one for one in (0.2, 0.1, 0.05, 0.02, 0.01, 0.005) if most / one >= 3), 0.002)
    return [round(step * at, 4) for at in range(int(min(most * 1.15, 1.0) / step + 1e-9) + 1)], "%" if step >= 0.01 else ".1%"


_FIT = {"type": "fit-x", "contains": "padding"}


def _legend(columns: int) -> alt.Legend:
    return alt.Legend(orient="bottom", columns=columns, title=None, labelLimit=250)


# A long name on two lines, broken at a blank in its middle, where a page is narrow.
_TWO_LINES = "length(datum.label) > 17 ? split(replace(datum.label, regexp('^(.{6,17}) '), '$1\\n'), '\\n') : datum.label"


def _names(limit: int) -> alt.Axis:
    broken: dict[str, Any] = {"labelExpr": _TWO_LINES, "labelLineHeight": 12} if limit < _NARROW_NAMES else {}
    return alt.Axis(labelLimit=limit, labelFontSize=11 if broken else 12, ticks=False, domain=False, labelPadding=6, **broken)


_NARROW_NAMES = 120


def _told(row: Row) -> str:
    """A share and, where they differ from it as it is written, its bounds."""
    share, low, high = (percent(row[name]) for name in ("share", "low", "high"))
    return share if low == high == share else f"{share} ({low} to {high})"


def lines(name: str, rows: list[Row], title: str, form: str = "%", quick: bool = False, rules: Iterable[date] = ()) -> Chart | None:
    """A line a group over days with a band between its bounds. Rows: day, label, group, value, low, high; dashed where `dash`.

    `rules`: the days since which what is counted is counted otherwise: an upright dashed line, where the days drawn include them.
    """
    if len({row["day"] for row in rows}) < 2:
        return None
    groups = tuple(dict.fromkeys((str(row["label"]), str(row["group"])) for row in rows))
    days = sorted({row["day"] for row in rows})
    marks = sorted({day for day in rules if days[0] <= day <= days[-1]})
    late = tuple((day - days[0]) * 2 > days[-1] - days[0] for day in marks)
    wide, narrow = (_lines_filled(slim, groups, title, form, len(days) <= 15, late) for slim in (False, True))
    ends = "; ".join(f"{label}: {_end(rows, label, form)}" for label, _ in groups[:6])
    shown = tuple({"dash": "no", **row, "day": str(row["day"]), "colour": colour(str(row["group"]))} for row in rows)
    shown += tuple({"rule": str(day), "told": RULED, "number": number} for number, day in enumerate(marks))
    broken = "".join(f" {RULED.capitalize()} on {day}." for day in marks)
    described = f"Lines over {len(days)} days, {days[0]} to {days[-1]}. {ends}.{broken}"
    return Chart(name, described, shown, wide, narrow, quick_lines if quick else None)


_LABELS, _COLOURS = ["@groups"], ["@colours"]


def _lines_filled(
    narrow: bool, groups: tuple[tuple[str, str], ...], title: str, form: str, few: bool, late: tuple[bool, ...]
) -> dict[str, Any]:
    """The specification of lines of these groups."""
    text = _lines_spec(narrow, len(groups) > 1, title, form, few, late)
    text = text.replace(json.dumps(_COLOURS), json.dumps(apart(group for _, group in groups)))
    spec: dict[str, Any] = json.loads(text.replace(json.dumps(_LABELS), json.dumps([label for label, _ in groups])))
    return spec


@cache
def _lines_spec(narrow: bool, several: bool, title: str, form: str, few: bool, late: tuple[bool, ...]) -> str:
    """The specification of lines with marks in place of the groups."""
    scale = alt.Scale(domain=_LABELS, range=_COLOURS)
    x = alt.X(
        "day:T",
        title=None,
        axis=alt.Axis(format="%-d %b %Y", labelOverlap=True, labelFlush=True, tickCount=3 if narrow else 6, grid=False),
    )
    legend = alt.Legend(
        orient="bottom",
        columns=1 if narrow else 3,
        symbolType="stroke",
        symbolStrokeWidth=3,
        symbolOpacity=1,
        title=None,
        labelLimit=250,
    )
    tone = alt.Color("label:N", scale=scale, legend=legend if several else None)
    tips = [alt.Tooltip("day:T", title="day", format="%-d %B %Y"), alt.Tooltip("label:N", title="group")]
    tips += [alt.Tooltip("value:Q", format=_format(form)), alt.Tooltip("low:Q", format=_format(form), title="at least")]
    tips += [alt.Tooltip("high:Q", format=_format(form), title="at most")]
    dashes = alt.StrokeDash("dash:N", legend=None, scale=alt.Scale(domain=["no", "yes"], range=[[1, 0], [5, 4]]))
    y = alt.Y("value:Q", title=title, axis=alt.Axis(format="~s" if form == "," else form, tickCount=5), scale=alt.Scale(zero=True))
    base = alt.Chart().encode(x=x, color=tone)
    base = base.transform_filter("isValid(datum.label)") if late else base
    band = (
        base.transform_filter("datum.dash !== 'yes'").mark_area(opacity=0.18, line=False).encode(y=alt.Y("low:Q", title=title), y2="high:Q")
    )
    line = base.mark_line(strokeWidth=2.2, point={"size": 34} if few else False).encode(y=y, tooltip=tips, strokeDash=dashes)
    hover = base.mark_point(size=220, opacity=0, filled=True).encode(y=y, tooltip=tips)
    layers = band + line + hover
    if late:
        at = (
            alt.Chart()
            .transform_filter("isValid(datum.rule)")
            .encode(x="rule:T", tooltip=["told:N", alt.Tooltip("rule:T", format="%-d %B %Y")])
        )
        layers += at.mark_rule(strokeDash=[4, 3], strokeWidth=1.4)
        # Each text stands above the drawing, on the side that has more room, below the one before.
        for number, is_late in enumerate(late):
            one, low = at.transform_filter(f"datum.number === {number}").encode(text="told:N"), -5 - 14 * (len(late) - 1 - number)
            if is_late:
                layers += one.mark_text(align="right", dx=-4, y=low, fontSize=11)
            else:
                layers += one.mark_text(align="left", dx=4, y=low, fontSize=11)
    return json.dumps({**_spec(layers.properties(height=220 if narrow else 280)), "autosize": _FIT})


def _format(form: str) -> str:
    return ".1%" if form == "%" else ",.4~g" if form == "g" else ",.0f"


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
    labels = len({row["label"] for row in rows})
    scale = alt.Scale(domain=[part for part, _ in parts], range=apart(code for _, code in parts))
    room = min(260, max(120, 7 * max(len(str(row["label"])) for row in rows)))

    def drawn(narrow: bool) -> dict[str, Any]:
        chart = alt.Chart().mark_bar(height=16, stroke="white", strokeWidth=0.6).encode(
            x=alt.X("share:Q", title=title, stack=True, axis=alt.Axis(format="%", tickCount=4), scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("label:N", sort=list(dict.fromkeys(str(row["label"]) for row in rows)), title=None, axis=_names(112 if narrow else room)),
            color=alt.Color("part:N", scale=scale, sort=[part for part, _ in parts], legend=_legend(1 if narrow else 4)),
            order=alt.Order("position:Q"),
            tooltip=[alt.Tooltip("label:N", title="group"), "part:N", alt.Tooltip("share:Q", format=".1%"), alt.Tooltip("value:Q", format=",")],
        )  # fmt: skip
        return {**_spec(chart.properties(height=27 * labels)), "autosize": _FIT}

    order = {part: at for at, (part, _) in enumerate(parts)}
    shown = tuple({**row, "position": order[str(row["part"])]} for row in rows)
    told = "; ".join(f"{row['label']}, {row['part']}: {percent(row['share'])}" for row in rows[:8])
    return Chart(name, f"Bars of parts, each bar 100 %. {told}.", shown, drawn(False), drawn(True))


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
    scale = alt.Scale(domain=[label for label, _ in groups], range=[colour(group) for _, group in groups])

    def drawn(narrow: bool) -> dict[str, Any]:
        chart = alt.Chart().mark_bar().encode(
            x=alt.X("yearmonth(month):T", title=None, axis=alt.Axis(format="%b %Y", tickCount=3 if narrow else 8, labelOverlap=True, grid=False)),
            y=alt.Y("sum(value):Q", title=title, axis=alt.Axis(format="~s", tickCount=5)),
            color=alt.Color("label:N", scale=scale, legend=_legend(2 if narrow else 4)),
            tooltip=[alt.Tooltip("yearmonth(month):T", format="%B %Y", title="month"), alt.Tooltip("label:N", title="group"),
                     alt.Tooltip("sum(value):Q", format=",", title=title)],
        )  # fmt: skip
        return {**_spec(chart.properties(height=220 if narrow else 260)), "autosize": _FIT}

    shown = tuple({**row, "month": str(row["month"])} for row in rows)
    each = sorted({str(row["month"])[:7] for row in rows})
    return Chart(name, f"Bars for each month from {each[0]} to {each[-1]}, by group.", shown, drawn(False), drawn(True))


__all__ = ["GREY", "Chart", "bars", "lines", "months", "stack", "themed"]
