"""Whether a database still gives a cited figure and, if not, what changed: data, facts, definition, version or value."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubwatch.errors import StatisticsError, UsageError
from hubwatch.readers.database import Database
from hubwatch.statistics import Citation

_NEEDED = ("id", "statistic", "question", "rows", "data_version", "facts")
_ALTERED = (
    "versions: those of data, facts and definition are the record's, so that either the record was edited, or rows of this file were changed"
    " after they were loaded (`hubwatch verify` names their day)"
)
_FIGURES = ("numerator", "denominator", "labelled", "models")


@dataclass(frozen=True)
class Verification:
    """What comparing a record with a database found. `stands`: the same figure comes out, whatever else changed."""

    stands: bool
    changes: tuple[str, ...]

    def told(self) -> list[str]:
        """A line for the outcome, and one for each change."""
        if self.stands:
            first = (
                "The figure stands: this database gives it, with the same id." if not self.changes else "The figure stands; changed since:"
            )
        else:
            first = "This database does not give the figure; changed:"
        return [first, *(f"  {change}" for change in self.changes)]


def read_record(path: Path) -> dict[str, Any]:
    """A record as `cite --format json` prints it; `UsageError` for anything else."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a record: {error}; save one with hubwatch cite ... --format json") from None
    missing = [key for key in _NEEDED if not isinstance(record, dict) or key not in record]
    if missing:
        raise UsageError(f"{path} is not a record (it lacks {', '.join(missing)}); save one with hubwatch cite ... --format json")
    return dict(record)


def verify(db: Database, record: dict[str, Any]) -> Verification:
    """The record's question asked again, and everything the record states compared with the answer."""
    try:
        answer = db.stats(record["statistic"], **record["question"])
    except StatisticsError as error:
        return Verification(False, (f"data: {error}",))
    said = json.loads(answer.citation.to_json())
    rested = [*_data(record, said), *_facts(record, said), *_definition(record, said), *_version(record, said)]
    try:
        now = answer.cite(record.get("group"))
    except StatisticsError as error:
        return Verification(False, (*rested, f"value: {error}"))
    said = json.loads(now.to_json())
    values = _values(record, said)
    if values and not rested:
        values.append(_ALTERED)
    values = values or _words(record, now, unchanged=not rested)
    return Verification(not values, (*rested, *values))


def _data(record: dict[str, Any], said: dict[str, Any]) -> list[str]:
    """The observed days that are not the record's."""
    if record["data_version"] == said["data_version"]:
        return []
    held = set(said["data_version"].split())
    lost = [one for one in record["data_version"].split() if one not in held]
    return [f"data: the record rests on {', '.join(lost) or record['data_version']}; this database has {said['data_version']}"]


def _facts(record: dict[str, Any], said: dict[str, Any]) -> list[str]:
    then, now = record["facts"], said["facts"]
    differ = sorted(table for table in {*then, *now} if then.get(table) != now.get(table))
    return [f"facts: {', '.join(differ)} (version {record.get('facts_version')} then, {said['facts_version']} now)"] if differ else []


def _definition(record: dict[str, Any], said: dict[str, Any]) -> list[str]:
    then, now = record.get("definition_version"), said["definition_version"]
    return [] if then == now else [f"definition: of {record['statistic']} (version {then} then, {now} now)"]


def _version(record: dict[str, Any], said: dict[str, Any]) -> list[str]:
    then, now = record.get("hubwatch_version"), said["hubwatch_version"]
    return [] if then == now else [f"version: hubwatch {then} then, {now} now"]


def _values(record: dict[str, Any], said: dict[str, Any]) -> list[str]:
    """The figures that are not the record's."""
    differ = [
        f"value: {name} {_told(record.get(name))} in the record, {_told(said.get(name))} here"
        for name in _FIGURES
        if record.get(name) != said.get(name)
    ]
    then, now = _cited(record), _cited(said)
    if then != now and not differ:
        pairs = [(one, other) for one, other in zip(then, now, strict=False) if one != other]
        if not pairs:
            return [f"value: {len(then)} rows in the record, {len(now)} here"]
        column = next((name for name in pairs[0][0] if pairs[0][0][name] != pairs[0][1].get(name)), "columns")
        return [f"value: {column} {_told(pairs[0][0].get(column))} in the record, {_told(pairs[0][1].get(column))} here"]
    return differ


def _words(record: dict[str, Any], now: Citation, unchanged: bool) -> list[str]:
    """What the record says in words, where nothing that it rests on changed: an edited record."""
    if not unchanged:
        return []
    if list(record.get("sentences", []))[:-1] != list(now.sentences)[:-1]:
        return [f"value: the record's sentence is not that of its figures, which is: {now.sentences[0]}"]
    return [] if record["id"] == now.id else [f"value: the record's id {record['id']} is not that of its figures, {now.id}"]


def _cited(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that the record is of: its group's, or all."""
    rows: list[dict[str, Any]] = record["rows"]
    group = record.get("group")
    if group is None:
        return rows
    return [row for row in rows if str(next((row[key] for key in ("group", *row) if key in row), None)) == group]


def _told(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
