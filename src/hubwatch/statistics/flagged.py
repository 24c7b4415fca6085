"""What of a figure's sum is flagged, or is no adoption at all: how many observations, and which part of it they are."""

from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from hubwatch.errors import counted
from hubwatch.statistics.days import COUNTERS, ObservedDay
from hubwatch.statistics.definitions import FILTER_NAMES, Definition, filters_of
from hubwatch.statistics.tabular import percent

_TOLD = 0.01  # part of a sum from which on automated tests are told
_NAMED = 5  # namespaces named one by one


class Flagged(BaseModel):
    """Flagged observations on the days that a figure rests on; `value` and `part` are theirs in the sum of the last of these `days`."""

    model_config = ConfigDict(frozen=True)
    observations: int
    value: int
    part: float | None
    days: int = 1
    periods: int = 1  # in each of which a listing counts

    def told(self, left_out: bool, cure: bool = True) -> str:
        """In words: what is in the sum, or was left out of it; with the option that leaves it out, where there is a command line."""
        if not self.observations:
            return "no observation in the sum"
        what = counted(self.observations, "flagged observation")
        of = f"{self.value:,}" + (f" on the last of {self.days} days" if self.days > 1 else "")
        if self.part is not None:
            of += f", {percent(self.part)} of {'its' if self.days > 1 else 'the'} sum"
        of += " with them" if left_out and self.part is not None else ""
        of += f"; a listing counts once in each of {self.periods} periods" if self.periods > 1 else ""
        if left_out:
            return f"{what} left out ({of})"
        them = "it" if self.observations == 1 else "them"
        return f"{what} in the sum ({of})" + (f": --without-flagged leaves {them} out" if cure else "")


def flagged_part(
    con: duckdb.DuckDBPyConnection, statistic: Definition, observed: list[ObservedDay], values: dict[str, Any]
) -> Flagged | None:
    """What of the counters of these days is flagged, of what the filters leave in; None where no counter is summed."""
    metric = _summed(values)
    if metric is None or not observed:
        return None
    asked = _days(observed)
    if not con.execute(_ANY_FLAG, {"days": asked["days"], "metric": metric}).fetchall():
        return Flagged(observations=0, value=0, part=0.0)
    found = con.execute(_FLAGGED.format(metric=metric, filters=filters_of(statistic, values)), asked | {"metric": metric}).fetchall()
    count, value = found[0]
    if not count:
        return Flagged(observations=0, value=0, part=0.0)
    whole = _whole(con, statistic, observed, values, metric)
    days = len({at.day for at in observed}) if len({at.hub for at in observed}) == 1 else 1
    return Flagged(observations=count, value=int(value or 0), part=float(value or 0) / whole if whole else None, days=days)


def tests_told(con: duckdb.DuckDBPyConnection, statistic: Definition, observed: list[ObservedDay], values: dict[str, Any]) -> str | None:
    """What to say where namespaces made for automated tests have more than 1 % of a sum; None where they have not."""
    metric = _summed(values)
    if metric is None or not observed or "leave_out" not in values or not _knows_purpose(con):
        return None
    if not con.execute("select 1 from origins where purpose = 'testing' limit 1").fetchall():
        return None
    asked = _days(observed) | {"policy": values.get("policy")}
    rows = con.execute(_TESTS.format(metric=metric, filters=filters_of(statistic, values)), asked).fetchall()
    amount = sum(value for _, value in rows)
    whole = _whole(con, statistic, observed, values, metric) if amount else None
    if not whole or amount / whole <= _TOLD:
        return None
    names = [name for name, _ in rows[:_NAMED]]
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    cure = " ".join(f"--leave-out {name}" for name in names)
    return (
        f"namespaces made for automated tests have {percent(amount / whole)} of the sum ({amount:,}), which is no adoption: "
        f"{', '.join(names)}{more}; {cure} leaves them out"
    )


def _summed(values: dict[str, Any]) -> str | None:
    """The counter that a question sums."""
    metric = values.get("metric", "downloads_30d" if "at_least" in values else None)
    return metric if metric in COUNTERS else None


def _days(observed: list[ObservedDay]) -> dict[str, Any]:
    """The days as parameters of the queries below."""
    return {"hubs": [at.hub for at in observed], "days": [at.day for at in observed], "sources": [at.sweep for at in observed]}


def _whole(
    con: duckdb.DuckDBPyConnection, statistic: Definition, observed: list[ObservedDay], values: dict[str, Any], metric: str
) -> float:
    """The sum of the counter on the last of each hub's days, of what the filters leave in."""
    narrowed = any(values.get(name) for name in FILTER_NAMES if name != "without_flagged")
    sql = (_WHOLE if narrowed else _WHOLE_DAY).format(metric=metric, filters=filters_of(statistic, values))
    return float(con.execute(sql, _days(observed)).fetchall()[0][0] or 0)


def _knows_purpose(con: duckdb.DuckDBPyConnection) -> bool:
    """False for a file that an earlier hubwatch published."""
    return any(row[0] == "purpose" for row in con.execute("describe origins").fetchall())


_SCOPE = """scope as materialized (
  select *, '' as metric, 1 as hubs, day = max(day) over (partition by hub) as is_last
  from (select unnest($hubs) as hub, unnest($days) as day, unnest($sources) as source)
)"""
_ANY_FLAG = "select 1 from flags where model_id <> '' and starts_with(flag, $metric) and list_contains($days, day) limit 1"
_FLAGGED = f"""
with {_SCOPE},
doubted as (select distinct hub, model_id, day from flags where model_id <> '' and starts_with(flag, $metric) and list_contains($days, day)),
asked as materialized (
  select listing.*, scope.hubs, scope.day, scope.source, scope.metric
  from store.listing join doubted using (hub, model_id) join scope on scope.hub = doubted.hub and scope.day = doubted.day
)
select count(*), sum({{metric}}) filter (is_last)
from (from parts.described_on('asked', {{filters}})) join store.counters using (listing_key, day, source) join scope using (hub, day, source)
where not outside and {{metric}} is not null"""
_TESTS = f"""
with {_SCOPE},
asked as materialized (
  select listing.*, scope.hubs, scope.day, scope.source, scope.metric from store.listing join scope using (hub)
  where is_last and (hub, namespace) in (select (hub, namespace) from origins where policy = $policy and purpose = 'testing')
)
select namespace, sum({{metric}}) as amount
from (from parts.described_on('asked', {{filters}})) join store.counters using (listing_key, day, source)
where not outside group by namespace having amount > 0 order by amount desc, namespace"""
_WHOLE = f"""
with {_SCOPE},
last_days as materialized (from scope where is_last)
select sum({{metric}}) from (from parts.described('last_days', {{filters}})) join store.counters using (listing_key, day, source)
where not outside"""
_WHOLE_DAY = f"""
with {_SCOPE}
select sum({{metric}}) from store.counters join (from scope where is_last) using (day, source) join store.listing using (hub, listing_key)"""
