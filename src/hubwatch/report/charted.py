"""What charts draw of an answer: its largest groups, and the parts of each."""

from typing import Any

from hubwatch.report import charts, words
from hubwatch.report.asking import Answer
from hubwatch.report.basis import is_whole
from hubwatch.report.charts import Chart
from hubwatch.statistics import Result

_BARS = 10


def chart_of(answer: Answer, by: str, names: words.Names, name: str) -> Chart | None:
    """The chart that the question asks for, where there is something to draw."""
    result, kind = answer.result, answer.question.chart
    assert result is not None
    rows = result.records()
    if kind == "bars":
        return charts.bars(name, bar_rows(rows, by, names), f"share of {counted(result)}")
    if kind in ("license_class", "size_class"):
        return charts.stack(name, _parts(rows, kind, by, names), "share of the group's models")
    if kind == "places" and not all(is_whole(at) for at in result.context.observed):
        return None  # samples differ: what one lacks may well be on its hub
    if kind == "places":
        return charts.stack(name, _parts(rows, "place", by, names), "share of the group's models")
    if kind == "months" and all(is_whole(at) for at in result.context.observed):
        return charts.months(name, _months(rows, by, names), "models")
    return None


def counted(result: Result) -> str:
    metric, statistic = str(result.context.parameters.get("metric") or ""), result.context.statistic
    known = {"derivatives": "derivations", "monthly_downloads": "downloads in 30 days", "download_flow": "downloads in the period"}
    return known.get(statistic) or words.COUNTERS.get(metric, "models")


def bar_rows(rows: list[dict[str, Any]], by: str, names: words.Names) -> list[dict[str, Any]]:
    """The rows of a chart of bars: the largest groups, the unlabelled last."""
    told = [row for row in rows if isinstance(row.get("share"), float) and isinstance(row.get("share_low"), float)]
    known = [row for row in told if row["group"] != "unknown"][:_BARS] + [row for row in told if row["group"] == "unknown"]
    return [
        {"label": names.group(by, row["group"]), "group": words.clean(row["group"]), "share": row["share"], "low": row["share_low"], "high": row["share_high"]}
        for row in known
    ]  # fmt: skip


def _parts(rows: list[dict[str, Any]], part: str, by: str, names: words.Names) -> list[dict[str, Any]]:
    """The parts of the largest groups. Equal parts of a group (sets of hubs at one place) are added."""
    size: dict[str, int] = {}
    for row in rows:
        size[str(row["group"])] = size.get(str(row["group"]), 0) + int(row["value"] or 0)
    largest = sorted(size, key=lambda group: (-size[group], group))[:_BARS]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        group, code = str(row["group"]), str(row.get(part))
        if group in largest and isinstance(row.get("share"), float):
            one = found.setdefault(
                (group, code),
                {
                    "label": names.group(by, group),
                    "part": names.group(part, code),
                    "part_code": words.clean(code),
                    "share": 0.0,
                    "value": 0,
                },
            )
            one["share"] += row["share"]
            one["value"] += row["value"]
    return [one for (group, _), one in sorted(found.items(), key=lambda item: (largest.index(item[0][0]), item[0][1]))]


def _months(rows: list[dict[str, Any]], by: str, names: words.Names, last: int = 24) -> list[dict[str, Any]]:
    each = sorted({row["month"] for row in rows})[-last:]
    size: dict[str, int] = {}
    for row in rows:
        if row["month"] in each:
            size[str(row["group"])] = size.get(str(row["group"]), 0) + int(row["value"] or 0)
    largest = [group for group in sorted(size, key=lambda group: (-size[group], group)) if group != "unknown"][:5]
    drawn = []
    for row in rows:
        if row["month"] in each:
            group = str(row["group"])
            group = group if group in (*largest, "unknown") else "others"
            drawn.append({"month": row["month"], "label": names.group(by, group), "group": words.clean(group), "value": row["value"]})
    return drawn
