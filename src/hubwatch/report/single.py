"""The same figures as one page that stands alone: no script, no other file."""

import tempfile
from datetime import datetime
from pathlib import Path

import duckdb
from markupsafe import Markup

from hubwatch.report import pages
from hubwatch.report.asking import QUESTIONS, answers
from hubwatch.report.figures import figure_of
from hubwatch.report.findings import findings
from hubwatch.report.policies import policies_side_by_side
from hubwatch.report.shares import shares
from hubwatch.report.site import ASSETS, NOTHING, Site


def write_single(con: duckdb.DuckDBPyConnection, file: Path) -> Path:
    """The same figures as one page that stands alone: no script, no other file."""
    with tempfile.TemporaryDirectory() as room:
        site = Site(con, Path(room))
        series = site.series()
        known = shares(con, site.policies)
        answered = list(answers(con, known, QUESTIONS))
        figures = site.over_time(series, known)
        figures += [figure_of(con, one, site.names, {}, {}) for one in answered if one.result and one.result.rows]
        figures += policies_side_by_side(con, known, site.names)
        order = [page for page, *_ in pages.PAGES]
        figures.sort(key=lambda figure: order.index(figure.page))
        missing = [(one.heading, one.refusal or NOTHING) for one in answered if not (one.result and one.result.rows)]
        values = {
            "site": {"title": site.basis.title, "basis": site.basis.sentence, "made": site.basis.made}, "figures": figures, "missing": missing, "root": "",
            "style": Markup(ASSETS.joinpath("style.css").read_text("utf-8")), "findings": findings(answered, series, site.names),
            "drawings": site.files.drawings,
        }  # fmt: skip
        text = site.pages.get_template("single.html").render(values)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{datetime.now():%H%M%S%f}.part")
    part.write_bytes(text.encode("utf-8", "replace"))
    part.replace(file)
    return file
