-- name: concentration
-- title: How concentrated a counter is
-- definition: Each row is a measure over the publishers (organizations, by default) that share one counter on one hub and day; a namespace
--   whose organization is unknown counts as a publisher of its own. hhi is the sum of squared shares (1: one has it all);
--   gini is the inequality over publishers with at least one listing, zeros included (0: all equal); top_1, top_3, top_10, top_100, top_1000
--   are the shares of the largest ones; half is the number of publishers that together hold half. low and high bound the value
--   whoever the unlabelled are: each listing its own publisher, or all of them the largest one (no bound is given for gini, half,
--   or with a filter by origin). denominator is the counter's sum over all publishers, of which labelled are of known ones.
--   Over several hubs, by model, a model is one whatever its listings.
-- unit: 0..1; half: publishers
-- window: as of download_share
-- whole: first row
-- parameters: hub name, day date, source name, by dimensions = organization, metric choice = downloads_30d|downloads_total|likes|models, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
counted as (
  select value, is_again, hubs, parts.is_labelled(in_by, part_1, part_2) as is_known, hub, namespace, model_id,
    case when parts.is_labelled(in_by, part_1, part_2) then parts.group_name(in_by, part_1, part_2) end as label
  from parts.counted('scope', {question}) where not outside and value is not null
),
publishers as (
  select coalesce(label, namespace) as name, not is_known as unlabelled, case when not is_known and hubs > 1 then hub end as own_hub,
    sum(value) as value, count(*) filter (not is_again) as models
  from counted group by all
),
whole as (
  select sum(value) as inside, coalesce(sum(value) filter (unlabelled), 0) as loose, count(*) as n, sum(models) as models,
    coalesce(max(value) filter (not unlabelled), 0) as largest from publishers
),
-- Publishers with an equal value are one row: that many ranks from `before` on. Most share their value with many.
equals as (
  select value, unlabelled, count(*) as publishers from publishers group by all
),
-- The least concentrated that is possible: each unlabelled listing a publisher of its own.
singles as (
  select value, count(*) as publishers from (
    select value from publishers where not unlabelled
    union all select value from counted where not is_known
  ) group by value
),
-- (A count with a filter over a frame takes a minute, a sum does not.)
ranked as (
  select value / nullif(inside, 0) as share, unlabelled, publishers, sum(publishers) over earlier - publishers as before,
    sum(case when unlabelled then 0 else publishers end) over earlier - publishers as labelled_before,
    (sum(publishers * value) over earlier - publishers * value) / nullif(inside, 0) as held_before,
    loose / nullif(inside, 0) as s_loose, largest / nullif(inside, 0) as s_largest, n
  from equals, whole
  window earlier as (order by value desc, unlabelled rows between unbounded preceding and current row)
),
ranked_singles as (
  select value / nullif(inside, 0) as share, publishers,
    sum(publishers) over (order by value desc rows between unbounded preceding and current row) - publishers as before
  from singles, whole
),
depths as (
  select unnest([1, 3, 10, 100, 1000]) as k, unnest([3, 4, 5, 6, 7]) as place
),
lows as (
  select 1 as place, sum(publishers * share * share) as low from ranked_singles
  union all
  select place, sum(greatest(0, least(publishers, k - before)) * share) from ranked_singles, depths group by place
),
measures as (
  select 1 as place, 'hhi' as measure, sum(publishers * share * share) as value,
    coalesce(sum(publishers * share * share) filter (not unlabelled), 0) - any_value(s_largest ** 2) + any_value((s_largest + s_loose) ** 2) as high
  from ranked
  union all
  select 2, 'gini', (2 * sum(publishers * (n - before - (publishers - 1) / 2) * share) / any_value(n)) - (any_value(n) + 1) / any_value(n), null
  from ranked
  union all
  select place, 'top_' || k, sum(greatest(0, least(publishers, k - before)) * share),
    least(1, coalesce(sum(greatest(0, least(publishers, k - labelled_before)) * share) filter (not unlabelled), 0) + any_value(s_loose))
  from ranked, depths group by k, place
  union all
  select 999, 'half', max(before + ceil(round((0.5 - held_before) / share, 9))) filter (held_before < 0.5 and share > 0), null from ranked
)
select '' as part_1, '' as part_2, measure, round(measures.value, 12)::double as value,
  case when parts.asks_origin(in_country, in_kind, in_organization) then null else round(low, 12) end as low,
  case when parts.asks_origin(in_country, in_kind, in_organization) then null else round(high, 12) end as high, n as bodies, models,
  inside as denominator, 1 - loose / inside as labelled
from measures left join lows using (place), whole where inside > 0 order by place
