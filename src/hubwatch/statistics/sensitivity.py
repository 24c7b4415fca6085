"""How much a share depends on labels: under each policy, with contested labels flipped, weighted by confidence."""

from datetime import date
from pathlib import Path

import duckdb

from hubwatch.errors import StatisticsError
from hubwatch.facts import POLICIES
from hubwatch.statistics.days import COUNTERS, ObservedDay, counters_given, observed_day
from hubwatch.statistics.values import choice_of

COLUMNS = ("scenario", "group", "value", "share", "difference")
DIMENSIONS = ("country", "kind")
METRICS = (*COUNTERS, "models")
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
    by, metric = choice_of("by", DIMENSIONS, by), choice_of("metric", METRICS, metric)
    at = observed_day(con, hub, day, source=source)
    if metric not in counters_given(con, at):
        raise StatisticsError(f"{at.hub} does not report {metric} on {at.day}: choose another --metric")
    asked = {"hub": at.hub, "day": at.day, "source": at.sweep, "metric": metric, "by": by, "policy": policy}
    return at, con.execute((_SQL / "scenarios.sql").read_text("utf-8"), asked).fetchall()
