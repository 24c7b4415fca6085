"""A figure's files: its rows as CSV, JSON and Parquet, its chart as SVG and PNG."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from markupsafe import Markup

from hubwatch.report.captions import captioned
from hubwatch.report.charts import Chart
from hubwatch.report.figures import Figure
from hubwatch.report.rendering import script_json
from hubwatch.report.writing import SiteFolder
from hubwatch.store import connect, literal

_PIXELS = 2  # how a PNG is made from its SVG: one that was made otherwise is made again
_WRITER_MEMORY = "128MB"


class FigureFiles:
    """Writes the files of figures into the site's folder, each as often as it is asked for, made once.

    What no page waits for (Parquet, PNG) is made on a thread of its own; all of it is there once the `with` block ends.
    """

    def __init__(self, out: SiteFolder) -> None:
        self.out = out
        self._beside = ThreadPoolExecutor(1)
        self._under_way: list[Future[None]] = []
        self.writer = connect(Path(":memory:"), _WRITER_MEMORY)  # of Parquet: the published file's own connection touches no other file
        self._drawings: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._beside.shutdown(cancel_futures=kind is not None)
        if kind is None:
            for one in self._under_way:
                one.result()

    def beside(self, name: str, made_from: str, content: Callable[[], str | bytes]) -> None:
        """Make this file on the other thread, unless an earlier build made it from the same."""
        if not self.out.keep(name, made_from):
            self._under_way.append(self._beside.submit(self._make, name, made_from, content))

    def _make(self, name: str, made_from: str, content: Callable[[], str | bytes]) -> None:
        self.out.write(name, content())
        self.out.made(name, made_from)

    def write(self, figure: Figure) -> None:
        """The figure's data as CSV, JSON and Parquet; its pictures were made for its page."""
        name = f"data/{figure.slug}"
        self.out.write(f"{name}.csv", figure.csv())
        content = figure.as_json()
        self.out.write(f"{name}.json", content)
        made_from, columns = self.out.digest(f"{name}.json"), figure.column_types()
        self.beside(f"{name}.parquet", made_from, lambda: self._parquet(columns, f"{name}.json"))

    def _parquet(self, types: dict[str, str], source: str) -> bytes:
        fields = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        target = self.out.folder / ".figure.parquet.part"
        columns = f"{{'rows': {literal(f'STRUCT({fields})[]')}}}"
        path = self.out.folder / source
        most = max(1 << 20, path.stat().st_size)  # a buffer of twice this is taken at once
        self.writer.execute(
            f"copy (select unnest(rows, recursive := true) from read_json({literal(str(path))}, columns = {columns}, maximum_object_size = {most}))"
            f" to {literal(str(target))} (format parquet, compression zstd)"
        )
        made = target.read_bytes()
        target.unlink()
        return made

    def drawings(self, figure: Figure) -> dict[str, Any] | None:
        """The figure's chart for a page: both layouts as SVG, the specification for the live one; made once for all its pages."""
        if figure.chart and figure.slug not in self._drawings:
            self._drawings[figure.slug] = self._draw(figure, figure.chart)
        return self._drawings.get(figure.slug)

    def _draw(self, figure: Figure, chart: Chart) -> dict[str, Any]:
        wide, narrow, stored = chart.svg(), chart.svg(True), f"pictures/{figure.slug}.svg"
        self.out.write(stored, captioned(wide, figure.caption))
        if not chart.is_small:
            self.out.write(f"pictures/{figure.slug}-narrow.svg", captioned(narrow, figure.caption))
            self._png(f"pictures/{figure.slug}.png", stored, chart)
        return {
            "wide": Markup(chart.inline(wide, False, figure.anchor)),
            "narrow": Markup(chart.inline(narrow, True, figure.anchor)),
            "spec": script_json(chart.for_browser()),
        }

    def _png(self, name: str, source: str, chart: Chart) -> None:
        made_from = f"{self.out.digest(source)} {_PIXELS}"
        self.beside(name, made_from, lambda: chart.png(self.out.read(source)))


def files_of(figure: Figure) -> dict[str, Any]:
    data, picture = f"data/{figure.slug}", f"pictures/{figure.slug}"
    said: dict[str, Any] = {
        "slug": figure.slug,
        "title": figure.heading,
        "extent": figure.extent,
        "basis": figure.basis,
        "address": f"{figure.page}.html#{figure.anchor}",
    }
    said |= {"page": f"figures/{figure.slug}.html"} if "/" not in figure.slug else {}
    said |= {"csv": f"{data}.csv", "json": f"{data}.json", "parquet": f"{data}.parquet"}
    if figure.chart:
        said |= {"svg": f"{picture}.svg"} | ({} if figure.chart.is_small else {"png": f"{picture}.png"})
    return said | ({"citation": vars(figure.citation)} if figure.citation else {})
