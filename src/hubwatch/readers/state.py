"""What a version of an export holds in figures: rows, totals, shares and checksums. The next version is compared with it."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from hubwatch.errors import StatisticsError, UsageError
from hubwatch.readers.database import Answer, Database
from hubwatch.readers.export import Exported
from hubwatch.store import literal, open_for_export
from hubwatch.version import VERSION

FILE = "version.json"
_COUNTERS = ("listings", "downloads_30d", "downloads_total", "likes")
_HEADLINES = ("origin", "country")  # what shares are by
_LEAST = 0.001  # a smaller share is no headline


class Total(BaseModel):
    """A counter's sum over what one extent of a hub held on its last day."""

    model_config = ConfigDict(frozen=True)
    hub: str
    extent: str
    counter: str
    day: str
    value: int


class Share(BaseModel):
    """A headline figure: one group's share with its bounds; `of` is day, extent, health where it is not ok, counter and policy."""

    model_config = ConfigDict(frozen=True)
    figure: str
    group: str
    of: str
    share: float
    low: float
    high: float


class State(BaseModel):
    """One version in figures, as `version.json` holds it; `files` has a hash over each file's rows, in whatever order."""

    model_config = ConfigDict(frozen=True)
    number: int
    last_day: str
    hubwatch_version: str = VERSION
    facts_version: str
    database_sha256: str
    format: str
    files: dict[str, str]
    rows: dict[str, int]
    totals: tuple[Total, ...]
    shares: tuple[Share, ...]

    @property
    def title(self) -> str:
        return f"Version {self.number} (data to {self.last_day})"

    def to_json(self) -> str:
        return self.model_dump_json(indent=2) + "\n"

    def is_that_of(self, other: "State") -> bool:
        """Whether both have the same files, made by the same version."""
        return (self.files, self.hubwatch_version, self.format) == (other.files, other.hubwatch_version, other.format)


def read_state(path: Path, where: str) -> State:
    """The state of a version that was put somewhere; `UsageError` where it is not one."""
    try:
        return State.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValueError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise UsageError(f"{where}: {FILE} is not that of an export ({first}); name another place, or restore that file") from None


def state_of(db: Database, folder: Path, exported: Exported, form: str, number: int) -> State:
    """The state of what was just exported into the folder."""
    days = db.sql("select max(day)::varchar as day from days").rows
    return State(
        number=number,
        last_day=days[0]["day"] or "none",
        facts_version=db.facts_version,
        database_sha256=db.sha256,
        format=form,
        files=_contents(db, folder, [one.path for one in exported.resources]),
        rows={one.name: one.rows for one in exported.resources},
        totals=tuple(_totals(db)),
        shares=tuple(_shares(db)),
    )


def rows_of(path: Path) -> str:
    """The rows of a file of an export, as a relation in SQL: of CSV every column as text."""
    read = {
        "parquet": "read_parquet({})",
        "csv": "read_csv({}, header = true, all_varchar = true, nullstr = '', allow_quoted_nulls = false, max_line_size = 268435456)",
        "jsonl": "read_json({}, format = 'newline_delimited', maximum_object_size = 268435456)",
    }
    return read[path.suffix[1:]].format(literal(str(path)))


def _contents(db: Database, folder: Path, paths: list[str]) -> dict[str, str]:
    with open_for_export(db.path, db.memory_limit) as con:
        asked = {path: f"select coalesce(sum(hash(t)), 0)::varchar from {rows_of(folder / path)} t" for path in paths}
        return {path: str(con.execute(query).fetchall()[0][0]) for path, query in asked.items()}


def _totals(db: Database) -> list[Total]:
    found = db.sql(
        """with last as (select hub, extent, max(day) as day from days group by hub, extent)
           select hub, extent, day::varchar as day, count(*) as listings, sum(downloads_30d) as downloads_30d,
             sum(downloads_total) as downloads_total, sum(likes) as likes
           from last join observations using (hub, day) group by all order by hub, extent"""
    )
    of = [(row, counter) for row in found for counter in _COUNTERS if row[counter] is not None]
    return [
        Total(hub=row["hub"], extent=row["extent"] or "not known", counter=counter, day=row["day"], value=int(row[counter]))
        for row, counter in of
    ]


def _shares(db: Database) -> list[Share]:
    """Each hub's shares of downloads; of a hub that reports none there are none."""
    made = []
    for row in db.sql("select distinct hub from days order by hub"):
        for by in _HEADLINES:
            try:
                answer = db.stats("download-share", hub=row["hub"], by=by)
            except StatisticsError:
                continue
            figure = f"{answer.context.heading}, {row['hub']}, by {by}"
            made += [_share(figure, answer, one) for one in answer if (one["share"] or 0) >= _LEAST]
    return made


def _share(figure: str, answer: Answer, row: dict[str, Any]) -> Share:
    at, asked = answer.context.observed[0], answer.context.parameters
    parts = (str(at.day), at.extent, "" if at.health in (None, "ok") else at.health, asked.get("metric"), asked.get("policy"))
    numbers = {name: round(float(row[column]), 6) for name, column in (("share", "share"), ("low", "share_low"), ("high", "share_high"))}
    return Share(figure=figure, group=str(row["group"]), of=", ".join(str(part) for part in parts if part), **numbers)
