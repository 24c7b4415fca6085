"""How much a share depends on labels: under each policy, with contested labels flipped, weighted by confidence."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from hubwatch.errors import StatisticsError, WrongQuestion
from hubwatch.facts import POLICIES
from hubwatch.statistics.days import ObservedDay, counters_given, observed_day

COLUMNS = ("scenario", "group", "value", "share", "difference")
DIMENSIONS = ("country", "kind")
WORTH_TELLING = 0.01  # part of the denominator
UNSURE = 0.75  # a label held with less confidence is contested without anybody's word
_SQL = Path(__file__).parent / "sql" / "sensitivity"


def sensitivity(
    con: duckdb.DuckDBPyConnection,
    hub: str,
    by: str = "country",
    metric: str = "downloads_30d",
    day: date | None = None,
    policy: str = POLICIES[0],
    source: str | None = None,
) -> tuple[ObservedDay, list[tuple[str, str, int, float, float]]]:
    """The day it rests on, and rows of COLUMNS: one scenario after the other, those first that move most.

    A scenario shows the groups it moves by 0.05 points or more. Shares and differences are parts of all, 0..1.
    """
    if by not in DIMENSIONS:
        raise WrongQuestion(f"sensitivity goes by {' or '.join(DIMENSIONS)}, not by {by!r}")
    at = observed_day(con, hub, day, source=source)
    if metric not in counters_given(con, at):
        raise StatisticsError(f"{at.hub} does not report {metric} on {at.day}: choose another --metric")
    asked = {"hub": at.hub, "day": at.day, "source": at.sweep, "metric": metric, "by": by, "policy": policy}
    return at, con.execute((_SQL / "scenarios.sql").read_text("utf-8"), asked).fetchall()


def contested_label(
    con: duckdb.DuckDBPyConnection,
    at: ObservedDay,
    by: str,
    metric: str,
    policy: str,
    whole: int | None,
    unlabelled: float | None,
    groups: Mapping[str, int],
) -> str | None:
    """What to say, with the alternative figure, where one contested label weighs more than all that have none; None where none does.

    `groups` are the values of the rows: their label is left and the other one joined by what is contested.
    """
    names = (by,) if by in DIMENSIONS else DIMENSIONS if by == "origin" else ()
    if not names or not whole or not con.execute("from duckdb_tables() where table_name = 'judgements'").fetchall():
        return None
    asked = {"hub": at.hub, "day": at.day, "source": at.sweep, "metric": metric, "policy": policy, "unsure": UNSURE}
    sql = (_SQL / "heaviest.sql").read_text("utf-8")
    found = [(name, *row) for name in names for row in con.execute(sql, asked | {"by": name}).fetchall() if row[5]]
    if not found:
        return None
    name, organization, label, other, said_by, confidence, value = max(found, key=lambda row: int(row[6]))
    if value / whole <= (unlabelled or 0) or value / whole < WORTH_TELLING:
        return None
    why = f"{said_by} says {other}" if other else f"confidence {confidence:.2f}"
    moved = _moved(groups, label, other, value, whole) if by == name else ""
    return (
        f"the label {label} of {organization} is contested ({why}) and carries {value / whole:.1%} of the denominator, more than the unlabelled"
        f"{moved}: hubwatch orgs sensitivity --by {name} shows every alternative"
    )


def _moved(groups: Mapping[str, int], label: str, other: str | None, value: int, whole: int) -> str:
    """The alternative figure: the shares with the contested part under the other label, or without one."""
    instead = other or "unknown"
    before = {name: groups.get(name, 0) for name in (label, instead)}
    after = {label: max(0, before[label] - value), instead: before[instead] + value}
    told = " and ".join(f"{name} {after[name] / whole:.1%} instead of {before[name] / whole:.1%}" for name in (label, instead))
    return f"; {f'as {other}' if other else 'without it'}, {told}"
