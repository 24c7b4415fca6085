-- name: concentration
-- title: How concentrated a counter is
-- definition: Each row is a measure over the bodies (organizations, by default) that share one counter on one hub and day; a namespace
--   whose organization is unknown counts as a body of its own. hhi is the sum of squared shares (1: one body has it all);
--   gini is the inequality over bodies with at least one listing, zeros included (0: all equal); top_1, top_3, top_10, top_100 are
--   the shares of the largest ones; half is the number of bodies that together hold half. low and high bound the value
--   whoever the unlabelled are: each its own body, or all of them the largest one (no bound is given for gini, half,
--   or within one country). denominator is the counter's sum over all bodies, of which labelled are of known ones.
-- unit: 0..1; half: bodies
-- window: as of download_share
-- parameters: hub, day, by=organization|namespace|model|country|kind|family, metric=downloads_30d|downloads_total|likes|models, country, policy, without_flagged
with
-- include scope
,
-- include counted
,
bodies as (
  select coalesce("group", namespace) as name, "group" is null as unlabelled,
    case when "group" is null and list_unique($hubs) > 1 then hub end as own_hub, sum(value) as value, count(*) filter (not is_again) as models
  from counted where not outside and value is not null group by all
),
whole as (
  select sum(value) as inside, coalesce(sum(value) filter (unlabelled), 0) as loose, count(*) as n, sum(models) as models,
    coalesce(max(value) filter (not unlabelled), 0) as largest from bodies
),
-- Bodies with an equal value are one row: that many ranks from `before` on. Most bodies share their value with many.
equals as (
  select value, unlabelled, count(*) as bodies from bodies group by all
),
-- (A count with a filter over a frame takes a minute, a sum does not.)
ranked as (
  select value / nullif(inside, 0) as share, unlabelled, bodies, sum(bodies) over earlier - bodies as before,
    sum(if(unlabelled, 0, bodies)) over earlier - bodies as labelled_before,
    (sum(bodies * value) over earlier - bodies * value) / nullif(inside, 0) as held_before,
    loose / nullif(inside, 0) as s_loose, largest / nullif(inside, 0) as s_largest, n
  from equals, whole
  window earlier as (order by value desc, unlabelled rows between unbounded preceding and current row)
),
measures as (
  select 1 as place, 'hhi' as measure, sum(bodies * share * share) as value,
    coalesce(sum(bodies * share * share) filter (not unlabelled), 0) as low,
    coalesce(sum(bodies * share * share) filter (not unlabelled), 0) - any_value(s_largest ** 2) + any_value((s_largest + s_loose) ** 2) as high
  from ranked
  union all
  select 2, 'gini', (2 * sum(bodies * (n - before - (bodies - 1) / 2) * share) / any_value(n)) - (any_value(n) + 1) / any_value(n), null, null
  from ranked
  union all
  select 2 + k, 'top_' || k, sum(greatest(0, least(bodies, k - before)) * share),
    coalesce(sum(greatest(0, least(bodies, k - labelled_before)) * share) filter (not unlabelled), 0),
    least(1, coalesce(sum(greatest(0, least(bodies, k - labelled_before)) * share) filter (not unlabelled), 0) + any_value(s_loose))
  from ranked, (select unnest([1, 3, 10, 100]) as k) group by k
  union all
  select 999, 'half', max(before + ceil(round((0.5 - held_before) / share, 9))) filter (held_before < 0.5 and share > 0), null, null from ranked
)
select measure, round(measures.value, 12)::double as value, case when $country is null then round(low, 12) end as low,
  case when $country is null then round(high, 12) end as high, n as bodies, models,
  inside as denominator, 1 - loose / inside as labelled from measures, whole where inside > 0 order by place
