"""Which models have pages, and what the database knows of them: a handful of queries for all pages together."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import duckdb

from hubwatch.report.panels import Panel
from hubwatch.report.shares import POLICY
from hubwatch.statistics import ROLLING, counted_anew, observed_day
from hubwatch.store import substitute

Row = dict[str, Any]


@dataclass
class Known:
    """What is known of the chosen models, by model key or listing (hub, model_id)."""

    days: dict[tuple[str, date], str]
    """The hub days on which models were chosen, with the counter they were chosen by."""
    ranks: dict[str, list[Row]] = field(default_factory=dict)
    listings: dict[str, list[Row]] = field(default_factory=dict)
    observed: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    derived: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    flags: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    origins: dict[str, list[Row]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    rules: dict[str, list[date]] = field(default_factory=dict)
    """The days on which each hub changed what it counts as a download."""

    def rules_between(self, hub: str, first: date, last: date, counter: str) -> list[date]:
        """Those changes that counters of these days rest on."""
        since = first - timedelta(ROLLING if counter == "downloads_30d" else 0)
        return [day for day in self.rules.get(hub, []) if since < day <= last]


def choose(con: duckdb.DuckDBPyConnection, metrics: dict[str, str], panels: list[Panel], most: int) -> Known:
    """The `most` downloaded models of each hub on its leading day and on the last day of each panel, and everything known of them."""
    days = {(hub, observed_day(con, hub, None).day): metric for hub, metric in metrics.items()}
    for panel in panels:
        if panel.hub in metrics and panel.days:
            days.setdefault((panel.hub, panel.days[-1]), metrics[panel.hub])
    asked = ", ".join(f"('{hub}', '{day}'::date, '{metric}')" for (hub, day), metric in days.items()) or "(null, null, null)"
    con.execute(f"create or replace temp table asked as from (values {asked}) t(hub, day, counter)")
    con.execute("create or replace temp table chosen as " + _sql("chosen", most=most))
    con.execute("create or replace temp table chosen_listings as " + _sql("listings", policy=POLICY))
    # A hub without a download counter: its models that another hub has, too, are already in; nothing is most downloaded there.
    known = Known(days)
    known.rules = {hub: sorted({day for day, _ in counted_anew(con, hub, date.min, date.max, "downloads_total")}) for hub, _ in days}
    known.ranks = _by(
        _rows(con, "select hub, day, counter, model_id, model_key, value, rank from chosen order by day desc, hub, rank"), _key
    )
    known.listings = _by(
        _rows(con, "select * exclude (listing_key) from chosen_listings order by model_key, is_mirror, hub, model_id"), _key
    )
    known.observed = _by(_rows(con, _sql("observed")), _listing)
    con.execute(
        """create or replace temp table newest as
           with told as (
             select distinct hub, model_id from derivations
             semi join (select hub, model_id as base_model_id from chosen_listings) using (hub, base_model_id)
           )
           select l.hub, l.model_id, case a.counter when 'downloads_30d' then downloads_30d else downloads_total end as value
           from (select listing_key, hub, model_id from store.listing semi join told using (hub, model_id)) l
           join asked a on a.hub = l.hub join store.counters c on c.listing_key = l.listing_key and c.day = a.day
           where not superseded
           qualify row_number() over (partition by l.hub, l.model_id order by a.day desc) = 1"""
    )
    known.derived = _by(_rows(con, _sql("derived")), lambda row: (row["hub"], row["base_model_id"]))
    flags = """select f.hub, f.model_id, f.day, f.flag, f.detail from flags f
               join (select distinct hub, model_id from chosen_listings) c on c.hub = f.hub and c.model_id = f.model_id
               order by f.day desc, f.flag"""
    known.flags = _by(_rows(con, flags), _listing)
    origins = """select organization, hub, namespace, policy, valid_from, valid_to, country, kind, confidence, known_by, source from origins
                 where organization in (select organization from chosen_listings) order by organization, hub, namespace, policy"""
    known.origins = _by(_rows(con, origins), lambda row: row["organization"])
    known.names = dict(con.execute("select model_key, name from models where model_key in (select model_key from chosen)").fetchall())
    return known


def _key(row: Row) -> str:
    return str(row["model_key"])


def _listing(row: Row) -> tuple[str, str]:
    return row["hub"], row["model_id"]


def _by(rows: list[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return dict(found)


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _sql(name: str, **values: str | int) -> str:
    return substitute(files("hubwatch.report").joinpath(f"sql/{name}.sql").read_text("utf-8"), values)
