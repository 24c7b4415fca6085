"""Figures that publishers printed of the past, computed anew from the archive they were made of, each beside its printed value.

python -m tests.golden.online [--data DIR] [--from DIR|URL] [--figures CSV]

Exit code 0: all that could be measured fits; 1: a figure differs, or none could be measured; 2: the archive could not be had.
"""

import argparse
import contextlib
import csv
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from hubwatch import statistics, store
from hubwatch.archives import Mapping, Tell, Wanted, backfill_published, read_mapping
from hubwatch.archives.files import is_mirror, published_files
from hubwatch.cli.output import FORMATS, show_rows, warn
from hubwatch.errors import HubwatchError, UsageError
from hubwatch.settings import Settings

HERE = Path(__file__).parent
DATA = Path("hubwatch-data/golden-online")
MODELS = "models.parquet"  # the publisher's attributes of each model, as of its last build
FAR = 7  # days that a sound day may lie from where a figure begins or ends
GAP = 45  # days without a sound one; the archive's own longest gap is 36
_COLUMNS = ("figure", "publisher", "since", "until", "printed", "tolerance", "ours", "verdict", "why", "source")
_MODELS = """create temp table described as
select id as model_id, any_value(author) as author, any_value(pipeline_tag) as pipeline_tag, any_value(library_name) as library_name,
  any_value(created_at)::date as created_on, any_value(base_relation) as base_relation, bool_or(is_gguf) as is_gguf
from read_parquet(?) group by id"""
_SOUND = """select day from days where hub = 'huggingface' and source = 'archive:model-pulse' and health = 'ok' order by day"""

_BASES = """select 1 from store.attributes join store.listing using (listing_key)
where hub = 'huggingface' and len(base_models) > 0 and valid_from <= ? and (valid_to is null or valid_to > ?) limit 1"""


@dataclass(frozen=True)
class Figure:
    """A figure as printed, and how it is computed: an expression over the rows of a statistic, or of the publisher's own definition."""

    figure: str
    publisher: str
    since: date
    until: date
    statistic: str
    options: dict[str, str]
    measured: str
    value: float
    unit: str
    tolerance: str
    reason: str
    source: str

    @property
    def allowed(self) -> float:
        """How far from the printed value a figure fits, in its unit."""
        share = self.tolerance.removesuffix("%")
        return float(share) * abs(self.value) / 100 if share != self.tolerance else float(share)


class NotMeasured(Exception):
    """Why a figure cannot be computed from what is at hand."""


def read_figures(path: Path) -> list[Figure]:
    """The figures of a CSV file, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Figure(
                **{name: row[name] for name in ("figure", "publisher", "statistic", "measured", "unit", "tolerance", "reason", "source")},
                since=date.fromisoformat(row["since"]),
                until=date.fromisoformat(row["until"]),
                options=dict(option.split("=", 1) for option in row["options"].split()),
                value=float(row["value"]),
            )
            for row in csv.DictReader(file)
        ]


def cost(mapping: Mapping, copy: str | None, settings: Settings) -> str:
    """Rows, bytes and minutes: as the archive's mapping states them, or of a copy on disk as they are counted."""
    where = mapping.publication
    assert where is not None
    if copy is None or is_mirror(copy):
        return (
            f"{where.address} ({where.license}) is downloaded{f' from {copy}' if copy else ''}: {where.rows}; download {where.download}; "
            f"warehouse and published file {where.disk} each; {where.minutes}"
        )
    files = [file.fetch() for file in published_files(mapping, copy, settings)]
    rows = 0
    for path in files:
        with contextlib.suppress(duckdb.Error):  # told when it is loaded
            rows += duckdb.execute("select sum(num_rows) from parquet_file_metadata(?)", [str(path)]).fetchall()[0][0]
    size = sum(path.stat().st_size for path in files) / 1e6
    return (
        f"{copy} is read: {len(files)} files, {rows:,} rows, {size:,.1f} MB; of the whole archive, {where.rows}, it takes {where.minutes}"
    )


def with_models(con: duckdb.DuckDBPyConnection, settings: Settings, mapping: Mapping, copy: str | None) -> str | None:
    """Make the table `described` of the publisher's attributes; why not, where there are none."""
    where = mapping.publication
    assert where is not None
    beside = where.model_copy(update={"address": f"{where.address.partition('/series/')[0]}/{MODELS}", "files": MODELS})
    try:
        [file] = published_files(mapping.model_copy(update={"publication": beside}), copy, settings)
        con.execute(_MODELS, [str(file.fetch())])
    except UsageError:
        return f"the copy holds no {MODELS}, which states attributes and days of creation"
    except (HubwatchError, duckdb.Error) as error:
        return f"{MODELS} cannot be read: {str(error).splitlines()[0]}"
    return None


def measure(con: duckdb.DuckDBPyConnection, figure: Figure, lacking: str | None) -> float:
    """The figure as the data have it, in the unit of the printed one."""
    by_publisher = figure.statistic == "publisher_month"
    if by_publisher and lacking:
        raise NotMeasured(lacking)
    is_rolling = by_publisher and figure.since < date(2025, 3, 1)  # read at the month's end only
    first, last = _covered(con, figure.until if is_rolling else figure.since, figure.until)
    values: dict[str, object] = {}
    if by_publisher:
        rows = (HERE / "publisher_month.sql").read_text("utf-8")
        values = {"since": figure.since, "until": figure.until}
    else:
        if figure.statistic == "derived_share" and not con.execute(_BASES, [last, last]).fetchall():
            raise NotMeasured(f"no listing of {last} has base models: `hubwatch backfill archive hub-stats` brings a day's in")
        takes_since = "since" in statistics.definition(figure.statistic).declared
        asked = figure.options | ({"since": str(first)} if takes_since else {})
        try:
            result = statistics.run(con, figure.statistic, hub="huggingface", day=last, **asked)
        except HubwatchError as error:
            raise NotMeasured(str(error)) from error
        if not result.rows:
            raise NotMeasured("; ".join(result.context.warnings))
        rows = result.context.sql
    found = con.execute(f"select ({figure.measured})::double from ({rows})", values).fetchall()[0][0]
    if found is None:
        raise NotMeasured("nothing that it is about was observed")
    return float(found)


def _covered(con: duckdb.DuckDBPyConnection, since: date, until: date) -> tuple[date, date]:
    """The sound days nearest to where a figure begins and ends; `NotMeasured` where they are far, or others between them."""
    sound: list[date] = [day for (day,) in con.execute(_SOUND).fetchall()]
    first, last = (min(sound, key=lambda day: abs(day - edge), default=date.min) for edge in (since, until))
    for edge, day in ((since, first), (until, last)):
        if abs(day - edge) > timedelta(FAR):
            raise NotMeasured(f"no sound day within {FAR} days of {edge}")
    for before, after in itertools.pairwise(day for day in sound if first <= day <= last):
        if after - before > timedelta(GAP):
            raise NotMeasured(f"no sound day between {before} and {after}")
    return first, last


def compared(con: duckdb.DuckDBPyConnection, figures: Sequence[Figure], lacking: str | None) -> list[tuple[object, ...]]:
    """A row for each figure, as `_COLUMNS` names them."""
    rows: list[tuple[object, ...]] = []
    for figure in figures:
        ours: str | None = None
        try:
            found = measure(con, figure, lacking)
            ours = _told(found, figure.unit)
            verdict, why = ("fits" if abs(found - figure.value) <= figure.allowed else "differs"), figure.reason
        except NotMeasured as error:
            verdict, why = "cannot be measured", str(error)
        printed = _told(figure.value, figure.unit)
        span = (figure.figure, figure.publisher, str(figure.since), str(figure.until))
        rows.append((*span, printed, _tolerated(figure), ours, verdict, why, figure.source))
    return rows


def _told(value: float, unit: str) -> str:
    return f"{value:.1f} %" if unit == "%" else f"{round(value):,} {unit}"


def _tolerated(figure: Figure) -> str:
    return f"{figure.tolerance} points" if figure.unit == "%" else figure.tolerance.replace("%", " %")


def main(arguments: Sequence[str] | None = None, tell: Tell = warn) -> int:
    """Load, compute, print the table; the exit code."""
    asked = argparse.ArgumentParser(prog="python -m tests.golden.online", description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--data", type=Path, default=DATA, metavar="DIR", help=f"where the database is built, and kept [default: {DATA}]")
    asked.add_argument("--from", dest="copy", metavar="DIR|URL", help="a copy of the archive on disk, or a mirror of the hub")
    asked.add_argument("--figures", type=Path, default=HERE / "printed.csv", metavar="CSV", help="the printed figures")
    asked.add_argument("--format", choices=FORMATS, default="table", help="of what is printed [default: table]")
    options = asked.parse_args(arguments)
    mapping, settings = read_mapping("model-pulse"), Settings.from_environment(options.data)
    figures = read_figures(options.figures)
    try:
        tell(cost(mapping, options.copy, settings))
        days = backfill_published(settings, mapping, options.copy, Wanted(), tell)
    except HubwatchError as error:
        tell(f"{error}; or give a copy of the archive on disk with --from DIR, or a mirror with --from URL")
        return 2
    for day in days:
        if day.outcome == "failed":
            tell(day.told())
    with store.connect(options.data / "hubwatch.duckdb", settings.memory_limit, read_only=True) as con:
        rows = compared(con, figures, with_models(con, settings, mapping, options.copy))
    show_rows(_COLUMNS, rows, options.format)
    verdicts = [str(row[_COLUMNS.index("verdict")]) for row in rows]
    said = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in ("fits", "differs", "cannot be measured"))
    tell(f"{len(rows)} figures: {said}")
    return 0 if "fits" in verdicts and "differs" not in verdicts else 1


if __name__ == "__main__":
    sys.exit(main())
