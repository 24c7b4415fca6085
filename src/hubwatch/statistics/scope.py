"""Which hub and day a question is about, settled before the query runs and said in its answer."""

from datetime import date

import duckdb
from pydantic import BaseModel, ConfigDict

from hubwatch.settings import is_loopback, is_the_hubs_own
from hubwatch.statistics.definitions import StatisticsError

COUNTERS = ("downloads_30d", "downloads_total", "likes")


class ObservedDay(BaseModel):
    """A hub's day that a result rests on, with how complete its sweep was."""

    model_config = ConfigDict(frozen=True)
    hub: str
    day: date
    sweep: str
    complete: bool
    records: int | None
    listed_total: int | None
    content_hash: str | None
    endpoint: str | None = None


def observed_hubs(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Hubs with at least one loaded day, in order."""
    return [hub for (hub,) in con.execute("select distinct hub from days order by hub").fetchall()]


def choose_hub(con: duckdb.DuckDBPyConnection, metric: str, hubs: list[str], wanted: date | None) -> tuple[str, list[str]]:
    """The only hub that gives this counter, and what to say of the others; more than one is for the reader to choose."""
    giving = [hub for hub in hubs if metric in counters_given(con, observed_day(con, hub, _known(con, hub, wanted)))]
    if len(giving) > 1:
        raise StatisticsError(
            f"{metric} is counted differently by each hub and is never added: say --hub {' or --hub '.join(giving)}, "
            "or count --metric models"
        )
    if not giving:
        raise StatisticsError(f"no observed hub gives {metric}: use --metric models, or another counter")
    return giving[0], [f"{hub} gives no {metric} and is not included" for hub in hubs if hub != giving[0]]


def observed_day(con: duckdb.DuckDBPyConnection, hub: str, wanted: date | None, avoid_flagged: bool = False) -> ObservedDay:
    """The wanted day of a hub, or by default its last complete full one (else its last complete, else its last)."""
    found = con.execute(  # a file published by an earlier version may lack some of these
        """select columns(lambda name: list_contains($fields, name)) from days where hub = $hub
           and ($wanted is null or day = $wanted) and (not $avoid or day not in
             (select day from flags where hub = $hub and model_id = ''))
           order by complete and sweep = 'full' desc, complete desc, day desc limit 1""",
        {"hub": hub, "wanted": wanted, "avoid": avoid_flagged and wanted is None, "fields": list(ObservedDay.model_fields)},
    )
    names, days = [column[0] for column in found.description or ()], found.fetchall()
    if days:
        return ObservedDay(**dict(zip(names, days[0], strict=True)))
    if hub not in observed_hubs(con):
        observed = ", ".join(observed_hubs(con)) or "none (run hubwatch run)"
        raise StatisticsError(f"hub {hub!r} was never observed; observed: {observed}")
    near = con.execute("select day from days where hub = ? order by abs(day - coalesce(?, day)), day limit 3", [hub, wanted]).fetchall()
    raise StatisticsError(f"{hub} was not observed on {wanted}; nearest days: {', '.join(str(day) for (day,) in sorted(near))}")


def counters_given(con: duckdb.DuckDBPyConnection, at: ObservedDay) -> set[str]:
    """The counters that at least one listing of the hub has on the day, and `models`, which every hub gives."""
    counts = con.execute(
        "select count(downloads_30d), count(downloads_total), count(likes) from observations where hub = ? and day = ?",
        [at.hub, at.day],
    ).fetchall()[0]
    return {"models"} | {name for name, count in zip(COUNTERS, counts, strict=True) if count}


def _known(con: duckdb.DuckDBPyConnection, hub: str, wanted: date | None) -> date | None:
    """The wanted day if the hub was observed then, else none: a hub is judged by its own days."""
    found = con.execute("select 1 from days where hub = ? and day = ?", [hub, wanted]).fetchall()
    return wanted if found else None


def doubts(con: duckdb.DuckDBPyConnection, at: ObservedDay) -> list[str]:
    """What a reader must know of the day: a sweep that is not whole or not of the hub itself, and the day's own flags."""
    said = []
    if not at.complete:
        said.append(f"{at.hub} {at.day}: the sweep is incomplete ({at.records} records)")
    elif at.sweep != "full":
        said.append(f"{at.hub} {at.day}: a {at.sweep} sweep, not the whole hub")
    if at.endpoint and not is_the_hubs_own(at.hub, at.endpoint):
        who = "a local stand-in" if is_loopback(at.endpoint) else at.endpoint
        said.append(f"{at.hub} {at.day}: collected from {who}, not from the hub itself")
    rows = con.execute("select flag, detail from flags where hub = ? and day = ? and model_id = '' order by 1", [at.hub, at.day])
    return said + [f"{at.hub} {at.day}: {flag} ({detail})" for flag, detail in rows.fetchall()]
