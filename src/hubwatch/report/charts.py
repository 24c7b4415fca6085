"""Charts of results as SVG text, drawn offline: nothing is fetched, by us or by the reader's browser."""

import re
from typing import Any

import altair as alt
import vl_convert

from hubwatch.statistics import Result, percent

_ROWS = 10
_MONTHS = 24
_WIDTH = 620
_BLUE, _GREY, _DARK_GREY, _INK = "#2f6690", "#b8bec4", "#6b7680", "#1f2933"
_PALETTE = ["#2f6690", "#c8553d", "#588157", "#e9c46a", "#7b5ea7", "#81c3d7"]


def chart(result: Result, kind: str) -> str:
    """The SVG of a result: `bars` with bounds, `months` or `stack`; empty when there is nothing to draw."""
    draw = {"bars": _bars, "months": _months, "stack": _stack}[kind]
    drawn = draw(result)
    if drawn is None:
        return ""
    themed = drawn.configure(font="sans-serif", padding={"left": 24, "right": 24, "top": 5, "bottom": 5}).configure_view(stroke=None).configure_axis(
        labelColor=_INK, titleColor=_INK, gridColor="#e6e9ec", domainColor=_GREY, labelFontSize=12, titleFontSize=12, labelLimit=200
    ).configure_legend(labelFontSize=12, titleFontSize=12)  # fmt: skip
    svg: str = vl_convert.vegalite_to_svg(themed.to_dict())
    # The width and height stay as the drawing's own proportions; the page decides the size.
    return re.sub(r'(<svg[^>]*?) width="[\d.]+" height="[\d.]+"', r'\1 role="img"', svg, count=1)


def _bars(result: Result) -> Any:
    """Bars with their bounds; altair's charts have no common public type."""
    rows = [row for row in result.records() if row["share"] is not None][:_ROWS]
    if not rows:
        return None
    table = _inline([{key: row[key] for key in ("group", "share", "share_low", "share_high")} | {"told": _told(row)} for row in rows])
    order = [str(row["group"]) for row in rows]
    y = alt.Y("group:N", sort=order, title=None)
    labelled = alt.condition("datum.group == 'unknown'", alt.value(_GREY), alt.value(_BLUE))
    base = alt.Chart(table, width=_WIDTH, height={"step": 26})
    bars = base.mark_bar(height=16).encode(x=alt.X("share:Q", title="share", axis=alt.Axis(format="%", tickCount=5)), y=y, color=labelled)
    bounds = base.transform_filter("datum.group != 'unknown'").mark_rule(color=_INK, strokeWidth=1.5)
    bounds = bounds.encode(x="share_low:Q", x2="share_high:Q", y=y)
    text = base.mark_text(align="left", dx=6, fontSize=12, color=_INK)
    figures = text.encode(x="share_high:Q", y=y, text="told:N")
    return bars + bounds + figures


def _told(row: dict[str, Any]) -> str:
    """A share and, where they differ from it as it is written, its bounds."""
    share, low, high = (percent(row[name]) for name in ("share", "share_low", "share_high"))
    return share if low == high else f"{share} ({low} to {high})"


def _months(result: Result) -> Any:
    rows = result.records()
    months = sorted({str(row["month"]) for row in rows})[-_MONTHS:]
    largest = _largest(result)
    values = [
        {"month": str(row["month"]), "group": row["group"] if row["group"] in largest else "others", "value": row["value"]}
        for row in rows
        if str(row["month"]) in months
    ]
    if not values:
        return None
    order = [*largest, "others"]
    return (
        alt.Chart(_inline(values), width=_WIDTH, height=240)
        .mark_bar()
        .encode(
            x=alt.X("yearmonth(month):T", title=None, axis=alt.Axis(format="%Y-%m", tickCount=8, labelFlush=False)),
            y=alt.Y("sum(value):Q", title="models", axis=alt.Axis(format="~s", tickCount=5)),
            color=alt.Color("group:N", title=None, scale=_colours(order)),
        )
    )


def _stack(result: Result) -> Any:
    largest = _largest(result, _ROWS - 2)
    values = [{key: row[key] for key in ("group", "license_class", "share")} for row in result.records() if row["group"] in largest]
    if not values:
        return None
    return (
        alt.Chart(_inline(values), width=_WIDTH, height={"step": 26})
        .mark_bar(height=16)
        .encode(
            x=alt.X("share:Q", title="share of the group's models", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("group:N", sort=largest, title=None),
            color=alt.Color("license_class:N", title=None, scale=_colours(sorted({str(row["license_class"]) for row in values}))),
        )
    )


def _colours(names: list[str]) -> alt.Scale:
    """A colour for each name, greys of their own for what is not known and for what is not told apart."""
    colours, greys = iter(_PALETTE), {"unknown": _GREY, "others": _DARK_GREY}
    return alt.Scale(domain=names, range=[greys.get(name) or next(colours, _INK) for name in names])


def _largest(result: Result, count: int = 5) -> list[str]:
    """The groups with the largest sum of value, largest first."""
    sums: dict[str, int] = {}
    for row in result.records():
        if isinstance(row["value"], int):
            sums[str(row["group"])] = sums.get(str(row["group"]), 0) + row["value"]
    return sorted(sums, key=lambda group: (-sums[group], group))[:count]


def _inline(values: list[dict[str, Any]]) -> Any:
    return alt.Data(values=values)  # type: ignore[no-untyped-call]
