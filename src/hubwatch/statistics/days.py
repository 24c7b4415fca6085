"""Which hub and day a question is about, settled before the query runs and said in its answer."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from hubwatch.clock import today
from hubwatch.errors import NoSuchChoice, StatisticsError, counted
from hubwatch.hubs import is_the_hubs_own
from hubwatch.net import is_loopback
from hubwatch.spelling import meant, nearest
from hubwatch.store import EXTENT, PRECEDENCE

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
    extent: str = "selection"
    extent_note: str | None = None
    health: str | None = None
    health_note: str | None = None
    rejected: int | None = None
    part_read: int | None = None
    others: tuple[str, ...] = ()

    @property
    def is_fit(self) -> bool:
        """Whether its counters may stand beside other days': of a day not yet measured nothing is known against it."""
        return self.health not in UNFIT


# Whole days that no series, growth or constant panel runs over; after a stall the counters of a day are right, its flow is not.
UNFIT = ("partial", "stalled", "rolled_back", "dipped")
UNFIT_FOR_FLOWS = (*UNFIT, "catch_up")

# A day's leading source; with $source that one, wherever it was observed.
_DAYS = f"""(select * exclude (others), coalesce(others, []) as others from (
  select hub, day, source as sweep, complete, records, listed_total, content_hash, endpoint, {EXTENT} as extent, extent_note, health,
    health_note, rejected, part_read, list_filter(list(source order by source) over (partition by hub, day), lambda one: one <> source) as others,
    row_number() over (partition by hub, day order by {PRECEDENCE}) as turn
  from sweeps) where turn = 1 and $source is null or sweep = $source)"""
_OBSERVED = "* exclude (turn)"


def _observed(con: duckdb.DuckDBPyConnection, rest: str, values: dict[str, Any], source: str | None = None) -> list[ObservedDay]:
    found = con.execute(f"select {_OBSERVED} from {_DAYS} {rest}", values | {"source": source})
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


_NOT_UNFIT = f"coalesce(health, 'ok') not in {UNFIT}"
_IS_WHOLE = "extent = 'whole' and (complete or starts_with(sweep, 'archive:'))"
_IS_FULL = "complete and sweep = 'full'"  # all that there was to see, though it may be a selection: the sample's
_NOT_AHEAD = "day <= current_date + 1"  # a clock that was wrong leaves days to come


def observed_day(
    con: duckdb.DuckDBPyConnection, hub: str, wanted: date | None, avoid_flagged: bool = False, source: str | None = None
) -> ObservedDay:
    """The wanted day of a hub from its leading source, or from `source`.

    Without a wanted day: the last whole one whose health allows it, else the last complete full sweep (of a selection), else the last
    complete one, else the last.
    """
    days = _observed(
        con,
        f"""where hub = $hub and ($wanted is null or day = $wanted)
           and (not $avoid or day not in (select day from flags where hub = $hub and model_id = ''))
           order by {_NOT_AHEAD} desc, {_NOT_UNFIT} desc, {_IS_WHOLE} desc, {_IS_FULL} desc, complete desc, day desc limit 1""",
        {"hub": hub, "wanted": wanted, "avoid": avoid_flagged and wanted is None},
        source,
    )
    if days:
        return days[0]
    if hub not in observed_hubs(con):
        observed = ", ".join(observed_hubs(con)) or "none (run hubwatch run)"
        raise StatisticsError(f"hub {hub!r} was never observed; observed: {observed}")
    if source is not None:
        held = con.execute(
            "select distinct source from sweeps where hub = $hub and ($day is null or day = $day) order by 1", {"hub": hub, "day": wanted}
        ).fetchall()
        if held:
            raise StatisticsError(
                f"{hub} has no day of {source}{f' on {wanted}' if wanted else ''}; it has {', '.join(s for (s,) in held)}"
            )
    if wanted is None:
        raise StatisticsError(f"every observed day of {hub} is flagged (hubwatch flags --hub {hub}): name one with --day")
    near = con.execute("select day from days where hub = ? order by abs(day - coalesce(?, day)), day limit 3", [hub, wanted]).fetchall()
    raise StatisticsError(f"{hub} was not observed on {wanted}; nearest days: {', '.join(str(day) for (day,) in sorted(near))}")


def source_day(con: duckdb.DuckDBPyConnection, hub: str, day: date, source: str) -> ObservedDay:
    """What is known of the day as this source observed it."""
    return _observed(con, "where hub = $hub and day = $day", {"hub": hub, "day": day}, source)[0]


def known_source(con: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """The source by its name, an archive's also without `archive:`; an unknown one is answered with those there are."""
    known = [source for (source,) in con.execute("select distinct source from sweeps order by 1").fetchall()]
    for name in (wanted, f"archive:{wanted}"):
        if found := meant(name, known, is_id=True):
            return found
    short = {name.removeprefix("archive:"): name for name in known}
    near = [short[name] for name in nearest(wanted.removeprefix("archive:"), short, limit=2)]
    cure = f"; did you mean {' or '.join(near)}?" if near else ""
    raise NoSuchChoice(f"there is no source {wanted!r}{cure} (sources: {', '.join(known) or 'none'})")


def last_day_by(con: duckdb.DuckDBPyConnection, hub: str, day: date) -> ObservedDay | None:
    """The hub's last observed day up to this one, of a whole source where there is one."""
    days = _observed(
        con,
        f"where hub = $hub and day <= $day order by {_NOT_UNFIT} desc, {_IS_WHOLE} desc, {_IS_FULL} desc, day desc limit 1",
        {"hub": hub, "day": day},
    )
    return days[0] if days else None


def same_extent(one: ObservedDay, other: ObservedDay) -> bool:
    """Whether two days are known to list the same part of a hub: the whole of it, one complete window, or one archive.

    Nothing in the tables says that two head sweeps, two new ones or two of owners were asked for the same part.
    """
    if one.extent == other.extent == "whole" and all(at.complete or at.sweep.startswith("archive") for at in (one, other)):
        return True
    named = one.sweep == "full" or one.sweep.startswith("window-")
    return one.sweep == other.sweep and (one.sweep.startswith("archive") or (named and one.complete and other.complete))


_COMPARABLE = f"""(sweep = $sweep and (complete and $complete or starts_with(sweep, 'archive'))
  or $extent = 'whole' and {_IS_WHOLE})"""


def day_before(con: duckdb.DuckDBPyConnection, now: ObservedDay, within: float | None = None) -> ObservedDay | None:
    """The observed day nearest to 30 days before: of the same extent and fit to compare, else (unless `within` so many days) any.

    Of a day's sources that one which the day `now` rests on, where the day has it.
    """
    values = {"hub": now.hub, "day": now.day, "sweep": now.sweep, "complete": now.complete, "extent": now.extent, "within": within}
    rest = f"""where hub = $hub and day < $day and ($within is null or {_COMPARABLE} and abs($day - day - 30) <= $within)
           order by {_COMPARABLE} desc, {_NOT_UNFIT} desc, {_IS_WHOLE} desc, abs($day - day - 30), day limit 1"""
    own = _observed(con, rest, values, now.sweep)
    led = _observed(con, rest, values)
    if own and led and own[0].day != led[0].day:
        nearer = sorted(
            [own[0], led[0]], key=lambda at: (not at.is_fit, not same_extent(at, now), abs((now.day - at.day).days - 30), at.day)
        )
        return nearer[0]
    return next(iter([*own, *led]), None)


def same_source_on(con: duckdb.DuckDBPyConnection, now: ObservedDay, day: date) -> ObservedDay:
    """The day from the source that `now` rests on, else from its leading one."""
    found = _observed(con, "where hub = $hub and day = $day", {"hub": now.hub, "day": day}, now.sweep)
    return found[0] if found else observed_day(con, now.hub, day)


class Series(BaseModel):
    """The days that a series rests on, in order, and what a reader must know of those it leaves out."""

    days: list[ObservedDay]
    notes: list[str]


def series_days(
    con: duckdb.DuckDBPyConnection, hub: str, since: date | None, until: date | None, source: str | None = None, sound: bool = False
) -> Series:
    """The hub's days that may stand in one series, in order: of one extent, each from its leading source, and fit; `sound`: healthy.

    Whole days if there are any, whatever source they are from; else head days; else those of the one selection with most days.
    """
    days = _observed(
        con,
        f"""where hub = $hub and (complete or starts_with(sweep, 'archive:')) and {_NOT_AHEAD}
           and day between coalesce($since, day) and coalesce($until, day) order by day""",
        {"hub": hub, "since": since, "until": until},
        source,
    )
    kind = next((extent for extent in ("whole", "head") if any(at.extent == extent for at in days)), None)
    if source is None and kind is not None:
        chosen = [at for at in days if at.extent == kind]
    elif source is None:
        named = Counter(at.sweep for at in days if at.extent == "selection")
        most = max(named, key=lambda name: (named[name], name), default=None)
        chosen = [at for at in days if at.sweep == most]
    else:
        chosen = days
    fit = [at for at in chosen if at.is_fit and not (sound and at.health not in (None, "ok"))]
    notes = []
    if left_out := [at for at in days if at not in chosen]:
        counts = ", ".join(f"{name} ({counted(count, 'day')})" for name, count in sorted(Counter(at.sweep for at in left_out).items()))
        notes.append(f"{hub}: days of another extent are left out, --source asks for them: {counts}")
    if unfit := [at for at in chosen if at not in fit]:
        told = ", ".join(f"{at.day} ({at.health})" for at in unfit[:5]) + (f" and {len(unfit) - 5} more" if len(unfit) > 5 else "")
        notes.append(f"{hub}: {counted(len(unfit), 'day')} left out for health: {told}")
    marked = [at for at in fit if at.health not in (None, "ok")]
    if marked:
        notes.append(f"{hub}: {', '.join(f'{at.day} is {at.health}' for at in marked[:5])}: what is counted on it was partly due before")
    return Series(days=fit, notes=notes)


ROLLING = 30  # days that downloads_30d counts: so long it holds downloads counted by the rule before


def counted_anew(con: duckdb.DuckDBPyConnection, hub: str, first: date, last: date, metric: str) -> list[tuple[date, str]]:
    """The days on which the hub changed what it counts as a download, each with the new rule, that figures of these days rest on."""
    if not metric.startswith("downloads"):
        return []
    if not con.execute("select 1 from duckdb_tables() where schema_name = 'facts' and table_name = 'counting_rules'").fetchall():
        return []  # published by an earlier hubwatch
    since = first - timedelta(days=ROLLING if metric == "downloads_30d" else 0)
    return con.execute(
        "select distinct valid_from, rule from facts.counting_rules where hub = ? and valid_from > ? and valid_from <= ? order by all",
        [hub, since, last],
    ).fetchall()


def rule_changes(con: duckdb.DuckDBPyConnection, hub: str, first: date, last: date, metric: str) -> list[str]:
    """What a reader must know of changes of what a hub counts as a download (data/counting_rules.csv) that figures of these days rest on."""
    rows = counted_anew(con, hub, first, last, metric)
    alike = f"the 30 days to {last} mix both rules" if first == last else "figures before and after are not alike"
    return [f"{hub}: what counts as a download changed on {day} ({rule}): {alike}" for day, rule in rows]


_COUNTERS_OF = """from store.counters join store.listing using (listing_key)
  where hub = $hub and day = $day and source = $source"""


def counters_given(con: duckdb.DuckDBPyConnection, at: ObservedDay) -> set[str]:
    """The counters that at least one listing has on the day in its source, and `models`, which every hub gives."""
    asked = {"hub": at.hub, "day": at.day, "source": at.sweep}
    sql = "select given_30d, given_total, given_likes from sweeps where hub = $hub and day = $day and source = $source and given_likes is not null"
    found = con.execute(sql, asked).fetchall()
    if not found:  # loaded by an earlier hubwatch
        found = con.execute(f"select count(downloads_30d), count(downloads_total), count(likes) {_COUNTERS_OF}", asked).fetchall()
    counts = found[0]
    return {"models"} | {name for name, count in zip(COUNTERS, counts, strict=True) if count}


def attributes_missing(con: duckdb.DuckDBPyConnection, at: ObservedDay, needed: tuple[str, ...]) -> list[str]:
    """Which of these attributes no listing of the hub has on the day."""
    sql = "with one as (select $hub as hub, $day::date as day) from parts.having_needed('one', $needs::varchar[])"
    return [name for name in needed if not con.execute(sql, {"hub": at.hub, "day": at.day, "needs": [name]}).fetchall()]


def counts_only_totals(con: duckdb.DuckDBPyConnection, at: ObservedDay) -> bool:
    """Whether a listing of the day has a cumulative counter and no rolling one."""
    wanted = f"select 1 {_COUNTERS_OF} and downloads_30d is null and downloads_total is not null limit 1"
    return bool(con.execute(wanted, {"hub": at.hub, "day": at.day, "source": at.sweep}).fetchall())


def _known(con: duckdb.DuckDBPyConnection, hub: str, wanted: date | None) -> date | None:
    """The wanted day if the hub was observed then, else none: a hub is judged by its own days."""
    found = con.execute("select 1 from days where hub = ? and day = ?", [hub, wanted]).fetchall()
    return wanted if found else None


def doubts(con: duckdb.DuckDBPyConnection, at: ObservedDay) -> list[str]:
    """What a reader must know of the day: how much of the hub its source covers, its health, what else is held, its flags."""
    day = f"{at.hub} {at.day}"
    said = [f"{day}: {extent}"] if (extent := _extent_in_words(at)) else []
    if at.day > today() + timedelta(days=1):
        said.append(f"{day}: the day is in the future; a clock was wrong (`hubwatch drop-day` removes it)")
    if at.health == "partial" and not at.complete and not at.sweep.startswith("archive"):
        pass  # told already
    elif at.health not in (None, "ok"):
        said.append(f"{day}: {at.health} ({at.health_note})")
    elif at.health_note:
        said.append(f"{day}: {at.health_note}")
    if whole := (at.rejected or 0) - (at.part_read or 0):
        said.append(
            f"{day}: {whole} records were rejected (table rejects): no row counts them, the bounds allow for what can be read of their counters"
        )
    if at.part_read:
        said.append(f"{day}: {counted(at.part_read, 'listing')} without what could not be read (table rejects)")
    if at.others:
        said.append(f"{day}: also held from {', '.join(at.others)} (--source)")
    if at.endpoint and not is_the_hubs_own(at.hub, at.endpoint):
        said.append(f"{day}: replayed from {'a local test server' if is_loopback(at.endpoint) else at.endpoint}")
    rows = con.execute(
        """select flag, detail from flags where hub = ? and day = ? and model_id = '' and not list_contains(?::varchar[], flag) order by 1""",
        [at.hub, at.day, [f"day_{health}" for health in UNFIT_FOR_FLOWS]],
    )
    return said + [f"{day}: {flag} ({detail})" for flag, detail in rows.fetchall()]


def _extent_in_words(at: ObservedDay) -> str | None:
    note = f" ({at.extent_note})" if at.extent_note else ""
    if at.sweep.startswith("archive"):
        what = "published snapshot"
        if at.extent == "whole":
            return f"{at.sweep} is a {what} of the whole hub{note}"
        return f"{at.sweep} is a {what}, not the whole hub: {at.extent}{note}"
    if not at.complete:
        return f"the sweep is incomplete ({counted(at.records or 0, 'record')})"
    if at.extent == "whole":
        return None
    return f"a {at.sweep} sweep, not the whole hub{note}" if at.sweep != "full" else f"not the whole hub: {at.extent}{note}"
