-- name: growth
-- title: Growth between two days
-- definition: A row is a group of one hub's listings. value and previous_value are its sums of the counter on the day and on
--   since (by default the nearest to 30 days before of a whole sweep of the same kind); value_constant and previous_constant sum only
--   listings of namespaces observed on both days, a constant panel beside the growing one. flow_30d is, for downloads_total,
--   a derived 30-day figure: the increase of the listings observed on both days, times 30 over the days between; a listing
--   whose counter fell is left out of it and counted in falls.
-- unit: the counter's unit; change_rate is the change over previous_value; flow_30d: downloads in 30 days, derived
-- window: from since to the day
-- parameters: hub, day, since=observed, by=country|kind|organization|region|family|namespace|model|hub|license|license_class|task, metric=downloads_30d|downloads_total|likes|models, country, policy, without_flagged
with
-- include scope
,
-- include sides
,
parts as (
  select namespace, "group", sum(now) as now, sum(before) as before, count(now) as models, count(before) as earlier_models,
    sum(now - before) filter (now >= before) as rise, count(*) filter (now < before) as falls
  from sides where not outside group by all
),
panel as (select namespace, sum(models) > 0 and sum(earlier_models) > 0 as constant from parts group by namespace),
groups as (
  select "group", sum(now) as value, sum(before) as previous_value,
    sum(now) filter (constant) as value_constant, sum(before) filter (constant) as previous_constant,
    sum(models)::bigint as models, case when $metric = 'downloads_total' then sum(rise) * 30 / ($day - $since) end as flow_30d,
    case when $metric in ('downloads_total', 'likes') then sum(falls)::bigint end as falls
  from parts join panel using (namespace) group by "group"
)
select coalesce("group", 'unknown') as "group", previous_value, value, value - previous_value as change,
  (value - previous_value) / nullif(previous_value, 0) as change_rate, previous_constant, value_constant,
  (value_constant - previous_constant) / nullif(previous_constant, 0) as change_rate_constant, flow_30d, falls, models
from groups
order by value desc nulls last, "group" is null, "group"
