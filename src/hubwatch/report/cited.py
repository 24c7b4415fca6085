"""How to cite a figure that is no statistic's own table: a series of days, a model's history."""

import hashlib
import json
from datetime import date

from hubwatch.report.figures import Citation
from hubwatch.statistics import Cell, latex
from hubwatch.version import VERSION


def cited(title: str, sentence: str, day: date, columns: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...]) -> Citation:
    """The sentence, and the figure as a BibTeX entry and a CSL-JSON item; the same rows under the same title have the same id."""
    content = json.dumps([title, columns, rows], default=str)
    key = "hubwatch-" + hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    bibtex = "".join(
        f"  {name} = {{{value}}},\n"
        for name, value in (
            ("title", "{" + latex(title) + "}"), ("author", "{hubwatch}"), ("year", str(day.year)), ("month", str(day.month)),
            ("version", latex(f"hubwatch {VERSION}")), ("note", latex(sentence)),
        )
    )  # fmt: skip
    item = {
        "id": key, "type": "dataset", "title": title, "author": [{"literal": "hubwatch"}], "version": f"hubwatch {VERSION}", "note": sentence,
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
    }  # fmt: skip
    return Citation(sentence, f"@misc{{{key},\n{bibtex}}}\n", json.dumps([item], ensure_ascii=False, indent=2), key)
