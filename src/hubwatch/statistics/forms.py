"""What a count of models counts beside models proper: adapters, conversions, merges and fine-tunes, and which part they are."""

from dataclasses import replace
from typing import Any

import duckdb

from hubwatch.statistics.days import ObservedDay
from hubwatch.statistics.definitions import Definition, filters_of
from hubwatch.statistics.tabular import percent
from hubwatch.statistics.versions import remembered

_NAMED = {"adapter": "adapters", "quantized": "quantized conversions", "merge": "merges", "finetune": "fine-tunes"}
_SAMPLE = 50_000  # listings whose form is looked at; of more, every so many-th


def forms_told(
    con: duckdb.DuckDBPyConnection, statistic: Definition, observed: list[ObservedDay], values: dict[str, Any], sample: int = _SAMPLE
) -> str | None:
    """What to say where models, releases or listings are counted and others than models proper count, too; None where none do.

    None as well where the question asks for a form, for originals or derivatives, or tells them apart itself.
    """
    if not _counts_models(statistic, values) or not observed:
        return None
    asked = {"hubs": [at.hub for at in observed], "days": [at.day for at in observed], "sources": [at.sweep for at in observed]}
    of_source = "metric" in statistic.declared
    every = _step(con, observed, sample)
    bare = replace(statistic, fixed=statistic.fixed | {"attributes": False})  # those of the filters alone are needed
    sql = _FORMS.format(filters=filters_of(bare, values), every=every, observed=_OF_SOURCE if of_source else "first_seen_on <= day")
    try:
        counts: dict[str, int] = dict(remembered(con, (sql, str(asked)), lambda: con.execute(sql, asked).fetchall()))
    except duckdb.CatalogException:  # a file of which not all is made yet
        return None
    whole, others = sum(counts.values()), {form: count for form, count in counts.items() if form != "model" and count}
    if not others:
        return None
    part = {form: f"{percent(count / whole)} {_NAMED[form]}" for form, count in others.items()}
    told = ", ".join(part[form] for form in sorted(others, key=lambda form: (-others[form], form)))
    what = "observed listings" if of_source else "listings seen up to the day"
    of = f"of the {what} about" if every > 1 else f"{sum(others.values()):,} of {whole:,} {what},"
    return f"adapters, conversions and other derivatives count as models: {of} {told}; --form model leaves them out"


def _counts_models(statistic: Definition, values: dict[str, Any]) -> bool:
    """Whether the figures are counts of models, and the question leaves their form open."""
    metric = values.get("metric") if "metric" in statistic.declared else statistic.counters[0] if len(statistic.counters) == 1 else None
    is_told_apart = "relation" in str(values.get("by") or "").split(",")
    return metric == "models" and "form" in statistic.declared and not values.get("form") and not values.get("only") and not is_told_apart


def _step(con: duckdb.DuckDBPyConnection, observed: list[ObservedDay], sample: int) -> int:
    """1 where every listing is looked at; else of how many one is."""
    count = con.execute("select count(*) from store.listing where hub in (select unnest($hubs))", {"hubs": [at.hub for at in observed]})
    return max(1, int(count.fetchall()[0][0]) // sample)


_OF_SOURCE = "listing_key in (select listing_key from store.counters join scope using (day, source))"
_FORMS = """
with scope as materialized (
  select hub, max(day) as day, max_by(source, day) as source, '' as metric, 1 as hubs
  from (select unnest($hubs) as hub, unnest($days) as day, unnest($sources) as source) group by hub
),
asked as materialized (
  select listing.*, scope.hubs, scope.day, scope.source, scope.metric from store.listing join scope using (hub)
  where listing_key % {every} = 0 and {observed}
),
kept as materialized (
  select listing_key, day from (from parts.described_on('asked', {filters})) where not outside
)
select parts.form_of(repo_kind, base_relation, hub_type, library, name) as form, count(*)
from kept join store.listing using (listing_key) join store.attributes using (listing_key)
where valid_from <= day and coalesce(valid_to, date '9999-12-31') > day and repo_kind = 'model'
group by form"""
