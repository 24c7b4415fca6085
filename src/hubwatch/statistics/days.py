"""Which hub and day a question is about, settled before the query runs and said in its answer."""

from datetime import date
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from hubwatch.errors import StatisticsError
from hubwatch.settings import is_loopback, is_the_hubs_own

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


_OBSERVED = "columns(lambda name: list_contains($fields, name))"  # a file published by an earlier version may lack some


def _observed(con: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any]) -> list[ObservedDay]:
    found = con.execute(sql, values | {"fields": list(ObservedDay.model_fields)})
    names = [column[0] for column in found.description or ()]
    return [ObservedDay(**dict(zip(names, row, strict=True))) for row in found.fetchall()]


def observed_hubs(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Hubs with at least one loaded day, in order."""
    return [hub for (hub,) in con.execute("select distinct hub from days order by hub").fetchall()]


def choose_hub(
    con: duckdb.DuckDBPyConnection, metric: str, hubs: list[str], wanted: date | None, metrics: tuple[str, ...]
) -> tuple[str, list[str]]:
    """The only hub that gives this counter, and what to say of the others; more than one is for the reader to choose."""
    given = {hub: counters_given(con, observed_day(con, hub, _known(con, hub, wanted))) for hub in hubs}
    giving = [hub for hub in hubs if metric in given[hub]]
    if len(giving) > 1:
        instead = ", or count --metric models" if "models" in metrics else ""
        raise StatisticsError(
            f"{metric} is counted differently by each hub and is never added: say --hub {' or --hub '.join(giving)}{instead}"
        )
    if not giving:
        others = " or ".join(f"--metric {name}" for name in metrics if name in set().union(*given.values()))
        raise StatisticsError(f"no observed hub gives {metric}{f': use {others}' if others else ''}")
    return giving[0], [f"{hub} gives no {metric} and is not included" for hub in hubs if hub != giving[0]]


def only_hub_with_downloads(con: duckdb.DuckDBPyConnection, hubs: list[str], wanted: date | None) -> str:
    """The only hub that counts downloads in whatever window; of several the reader chooses one."""
    giving = [
        hub for hub in hubs if {"downloads_30d", "downloads_total"} & counters_given(con, observed_day(con, hub, _known(con, hub, wanted)))
    ]
    if len(giving) != 1:
        choices = " or --hub ".join(giving)
        raise StatisticsError(
            f"each hub counts downloads its own way and they are never added: say --hub {choices}"
            if giving
            else "no observed hub counts downloads"
        )
    return giving[0]


def observed_day(con: duckdb.DuckDBPyConnection, hub: str, wanted: date | None, avoid_flagged: bool = False) -> ObservedDay:
    """The wanted day of a hub, or by default its last complete full one (else its last complete, else its last)."""
    days = _observed(
        con,
        f"""select {_OBSERVED} from days where hub = $hub
           and ($wanted is null or day = $wanted) and (not $avoid or day not in
             (select day from flags where hub = $hub and model_id = ''))
           order by complete and sweep = 'full' desc, complete desc, day desc limit 1""",
        {"hub": hub, "wanted": wanted, "avoid": avoid_flagged and wanted is None},
    )
    if days:
        return days[0]
    if hub not in observed_hubs(con):
        observed = ", ".join(observed_hubs(con)) or "none (run hubwatch run)"
        raise StatisticsError(f"hub {hub!r} was never observed; observed: {observed}")
    if wanted is None:
        raise StatisticsError(f"every observed day of {hub} is flagged (hubwatch flags --hub {hub}): name one with --day")
    near = con.execute("select day from days where hub = ? order by abs(day - coalesce(?, day)), day limit 3", [hub, wanted]).fetchall()
    raise StatisticsError(f"{hub} was not observed on {wanted}; nearest days: {', '.join(str(day) for (day,) in sorted(near))}")


def last_day_by(con: duckdb.DuckDBPyConnection, hub: str, day: date) -> ObservedDay | None:
    """The hub's last observed day up to this one, of a complete full sweep where there is one."""
    days = _observed(
        con,
        f"""select {_OBSERVED} from days where hub = $hub and day <= $day order by complete and sweep = 'full' desc, day desc limit 1""",
        {"hub": hub, "day": day},
    )
    return days[0] if days else None


def same_extent(one: ObservedDay, other: ObservedDay) -> bool:
    """Whether two days are known to list the same part of a hub: complete full sweeps, one complete window, or one archive.

    Nothing in the tables says down to which floor a head sweep went, since when a new one, or of whom one of owners.
    """
    named = one.sweep == "full" or one.sweep.startswith("window-")
    return one.sweep == other.sweep and (one.sweep.startswith("archive") or (named and one.complete and other.complete))


_COMPARABLE = "sweep = $sweep and (complete and $complete or starts_with(sweep, 'archive'))"


def day_before(con: duckdb.DuckDBPyConnection, now: ObservedDay, within: float | None = None) -> date | None:
    """The observed day nearest to 30 days before: a whole sweep of the same kind, else (unless `within` so many days) any."""
    rows = con.execute(
        f"""select day from days where hub = $hub and day < $day
             and ($within is null or {_COMPARABLE} and abs($day - day - 30) <= $within)
           order by {_COMPARABLE} desc, complete and sweep = 'full' desc, abs($day - day - 30), day limit 1""",
        {"hub": now.hub, "day": now.day, "sweep": now.sweep, "complete": now.complete, "within": within},
    ).fetchall()
    return rows[0][0] if rows else None


def whole_days(con: duckdb.DuckDBPyConnection, hub: str, since: date | None, until: date | None) -> list[ObservedDay]:
    """The hub's days of complete full sweeps and of archives, in order: a day of another sweep has another extent."""
    return _observed(
        con,
        f"""select {_OBSERVED} from days where hub = $hub and (complete and sweep = 'full' or starts_with(sweep, 'archive'))
           and day between coalesce($since, day) and coalesce($until, day) order by day""",
        {"hub": hub, "since": since, "until": until},
    )


def counters_given(con: duckdb.DuckDBPyConnection, at: ObservedDay) -> set[str]:
    """The counters that at least one listing of the hub has on the day, and `models`, which every hub gives."""
    counts = con.execute(
        "select count(downloads_30d), count(downloads_total), count(likes) from observations where hub = ? and day = ?",
        [at.hub, at.day],
    ).fetchall()[0]
    return {"models"} | {name for name, count in zip(COUNTERS, counts, strict=True) if count}


def counts_only_totals(con: duckdb.DuckDBPyConnection, at: ObservedDay) -> bool:
    """Whether a listing of the day has a cumulative counter and no rolling one."""
    wanted = "select 1 from observations where hub = ? and day = ? and downloads_30d is null and downloads_total is not null limit 1"
    return bool(con.execute(wanted, [at.hub, at.day]).fetchall())


def _known(con: duckdb.DuckDBPyConnection, hub: str, wanted: date | None) -> date | None:
    """The wanted day if the hub was observed then, else none: a hub is judged by its own days."""
    found = con.execute("select 1 from days where hub = ? and day = ?", [hub, wanted]).fetchall()
    return wanted if found else None


def doubts(con: duckdb.DuckDBPyConnection, at: ObservedDay) -> list[str]:
    """What a reader must know of the day: a sweep that is not whole or not of the hub itself, and the day's own flags."""
    said = []
    if at.sweep.startswith("archive"):
        said.append(f"{at.hub} {at.day}: {at.sweep} is a published snapshot, not the whole hub")
    elif not at.complete:
        said.append(f"{at.hub} {at.day}: the sweep is incomplete ({at.records} records)")
    elif at.sweep != "full":
        said.append(f"{at.hub} {at.day}: a {at.sweep} sweep, not the whole hub")
    if at.endpoint and not is_the_hubs_own(at.hub, at.endpoint):
        who = "a local stand-in" if is_loopback(at.endpoint) else at.endpoint
        said.append(f"{at.hub} {at.day}: collected from {who}, not from the hub itself")
    rows = con.execute("select flag, detail from flags where hub = ? and day = ? and model_id = '' order by 1", [at.hub, at.day])
    return said + [f"{at.hub} {at.day}: {flag} ({detail})" for flag, detail in rows.fetchall()]
