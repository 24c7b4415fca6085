"""What of a figure's sum is flagged: how many observations, and which part of it they are."""

from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from hubwatch.statistics.days import COUNTERS, ObservedDay
from hubwatch.statistics.tabular import counted, percent


class Flagged(BaseModel):
    """Flagged observations on the days that a figure rests on; `value` and `part` are theirs in the sum of the last of these days."""

    model_config = ConfigDict(frozen=True)
    observations: int
    value: int
    part: float | None

    def told(self, left_out: bool) -> str:
        """In words: what is in the sum, or was left out of it."""
        if not self.observations:
            return "no observation in the sum"
        what = counted(self.observations, "flagged observation")
        of = f"{self.value:,}, {percent(self.part)} of the sum" if self.part is not None else f"{self.value:,}"
        if left_out:
            return f"{what} left out ({of}{' with them' if self.part is not None else ''})"
        return f"{what} in the sum ({of}): --without-flagged leaves them out"


def flagged_part(con: duckdb.DuckDBPyConnection, observed: list[ObservedDay], values: dict[str, Any]) -> Flagged | None:
    """What of the counters of these days is flagged, within the country asked for; None where no counter is summed."""
    metric = values.get("metric", "downloads_30d" if "at_least" in values else None)
    if metric not in COUNTERS or not observed:
        return None
    scope = {"hubs": [at.hub for at in observed], "days": [at.day for at in observed], "sources": [at.sweep for at in observed]}
    last = max(at.day for at in observed)
    asked = scope | {"metric": metric, "country": values.get("country"), "policy": values.get("policy")}
    count, value = con.execute(_FLAGGED.format(metric=metric), asked | {"last": last}).fetchall()[0]
    if not count:
        return Flagged(observations=0, value=0, part=0.0)
    whole = con.execute(_WHOLE.format(metric=metric), {k: v for k, v in asked.items() if k != "metric"} | {"last": last}).fetchall()[0][0]
    return Flagged(observations=count, value=int(value or 0), part=float(value or 0) / float(whole) if whole else None)


_WITHIN = (
    """($country is null or (hub, namespace) in (select (hub, namespace) from origins where policy = $policy and country = $country))"""
)
_FLAGGED = f"""
with scope as (select unnest($hubs) as hub, unnest($days) as day, unnest($sources) as source),
doubted as (select distinct hub, model_id, day from flags where model_id <> '' and starts_with(flag, $metric) and list_contains($days, day)),
keys as (select listing_key, hub, day from doubted join store.listing using (hub, model_id) where {_WITHIN})
select count(*), sum({{metric}}) filter (day = $last)
from keys join scope using (hub, day) join store.counters using (listing_key, day, source) where {{metric}} is not null"""
_WHOLE = f"""
with scope as (select unnest($hubs) as hub, unnest($days) as day, unnest($sources) as source)
select sum({{metric}}) from store.counters join scope using (day, source) join store.listing using (hub, listing_key)
where day = $last and {_WITHIN}"""
