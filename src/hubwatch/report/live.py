"""Specifications of charts as Vega-Lite, made by altair: what the browser draws with values on hover, in place of the picture.

A chart is laid out twice, for wide and for narrow pages: nothing is scaled down until it cannot be read, or cut.
"""

import json
from functools import cache
from typing import Any

import altair as alt

WIDE, NARROW = 660, 300
Row = dict[str, Any]
Specification = dict[str, Any]

_FIT = {"type": "fit-x", "contains": "padding"}


def _spec(chart: Any) -> dict[str, Any]:
    """altair's chart as Vega-Lite over the rows, without width and colours of the surroundings: those are the page's."""
    spec: dict[str, Any] = chart.properties(data=alt.NamedData(name="rows")).to_dict(validate=False)
    spec.pop("datasets", None)
    spec.pop("config", None)
    return spec


def bars_spec(labels: list[str], most: float, title: str, narrow: bool) -> Specification:
    """Bars of these labels, the longest of which reaches `most`."""
    room = 62 if narrow else 175
    plot = (NARROW if narrow else WIDE) - (120 if narrow else 190)
    values, form = _ticks(most)
    text = _bars_spec(title, narrow)
    filled = ((_MOST, round(most * plot / (plot - room), 6)), (_VALUES, values), (_FORM, form), (_HEIGHT, 27 * len(labels)))
    for mark, value in (*filled, (_SORT, labels)):  # names last: one may look like a mark
        text = text.replace(json.dumps(mark), json.dumps(value))
    spec: Specification = json.loads(text)
    return spec


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


def _legend(columns: int) -> alt.Legend:
    return alt.Legend(orient="bottom", columns=columns, title=None, labelLimit=250)


# A long name on two lines, broken at a blank in its middle, where a page is narrow.
_TWO_LINES = "length(datum.label) > 17 ? split(replace(datum.label, regexp('^(.{6,17}) '), '$1\\n'), '\\n') : datum.label"


def _names(limit: int) -> alt.Axis:
    broken: dict[str, Any] = {"labelExpr": _TWO_LINES, "labelLineHeight": 12} if limit < _NARROW_NAMES else {}
    return alt.Axis(labelLimit=limit, labelFontSize=11 if broken else 12, ticks=False, domain=False, labelPadding=6, **broken)


_NARROW_NAMES = 120


_LABELS, _COLOURS = ["@groups"], ["@colours"]


def lines_spec(groups: list[tuple[str, str]], title: str, form: str, few: bool, late: tuple[bool, ...], narrow: bool) -> Specification:
    """Lines of these groups, each with its colour."""
    text = _lines_spec(narrow, len(groups) > 1, title, form, few, late)
    text = text.replace(json.dumps(_COLOURS), json.dumps([tone for _, tone in groups]))
    spec: Specification = json.loads(text.replace(json.dumps(_LABELS), json.dumps([label for label, _ in groups])))
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


def stack_spec(parts: list[tuple[str, str]], labels: list[str], title: str, narrow: bool) -> Specification:
    """Bars of parts, all of the same length; `parts` with their colours."""
    room = min(260, max(120, 7 * max(map(len, labels))))
    scale = alt.Scale(domain=[part for part, _ in parts], range=[tone for _, tone in parts])
    chart = alt.Chart().mark_bar(height=16, stroke="white", strokeWidth=0.6).encode(
        x=alt.X("share:Q", title=title, stack=True, axis=alt.Axis(format="%", tickCount=4), scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("label:N", sort=labels, title=None, axis=_names(112 if narrow else room)),
        color=alt.Color("part:N", scale=scale, sort=[part for part, _ in parts], legend=_legend(1 if narrow else 4)),
        order=alt.Order("position:Q"),
        tooltip=[alt.Tooltip("label:N", title="group"), "part:N", alt.Tooltip("share:Q", format=".1%"), alt.Tooltip("value:Q", format=",")],
    )  # fmt: skip
    return {**_spec(chart.properties(height=27 * len(labels))), "autosize": _FIT}


def months_spec(groups: list[tuple[str, str]], title: str, narrow: bool) -> Specification:
    """Bars a month, of parts that are groups; `groups` with their colours."""
    scale = alt.Scale(domain=[label for label, _ in groups], range=[tone for _, tone in groups])
    chart = alt.Chart().mark_bar().encode(
        x=alt.X("yearmonth(month):T", title=None, axis=alt.Axis(format="%b %Y", tickCount=3 if narrow else 8, labelOverlap=True, grid=False)),
        y=alt.Y("sum(value):Q", title=title, axis=alt.Axis(format="~s", tickCount=5)),
        color=alt.Color("label:N", scale=scale, legend=_legend(2 if narrow else 4)),
        tooltip=[alt.Tooltip("yearmonth(month):T", format="%B %Y", title="month"), alt.Tooltip("label:N", title="group"),
                 alt.Tooltip("sum(value):Q", format=",", title=title)],
    )  # fmt: skip
    return {**_spec(chart.properties(height=220 if narrow else 260)), "autosize": _FIT}
