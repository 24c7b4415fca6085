-- name: concentration
-- title: How concentrated a counter is
-- definition: Each row is a measure over the bodies (organizations, by default) that share one counter on one hub and day; a namespace
--   whose organization is unknown counts as a body of its own. hhi is the sum of squared shares (1: one body has it all);
--   gini is the inequality over bodies with at least one listing, zeros included (0: all equal); top_1, top_3, top_10, top_100 are
--   the shares of the largest ones; half is the number of bodies that together hold half. low and high bound the value
--   whoever the unlabelled are: each its own body, or all of them the largest one (no bound is given for gini, half,
--   or within one country).
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
    case when "group" is null and list_unique($hubs) > 1 then hub end as own_hub, sum(value) as value, count(*) as models
  from counted where not outside and value is not null group by all
),
whole as (
  select sum(value) as inside, coalesce(sum(value) filter (unlabelled), 0) as loose, count(*) as n, sum(models) as models,
    coalesce(max(value) filter (not unlabelled), 0) as largest from bodies
),
-- Which of two equal bodies comes first changes no measure. (A count with a filter over a frame takes a minute, a sum does not.)
ranked as (
  select value / nullif(inside, 0) as share, unlabelled, count(*) over first_ones as rank,
    sum((not unlabelled)::int) over first_ones as labelled_rank, sum(value) over first_ones / nullif(inside, 0) as cumulated,
    loose / nullif(inside, 0) as s_loose, largest / nullif(inside, 0) as s_largest, n
  from bodies, whole
  window first_ones as (order by value desc rows between unbounded preceding and current row)
),
measures as (
  select 1 as place, 'hhi' as measure, sum(share * share) as value, coalesce(sum(share * share) filter (not unlabelled), 0) as low,
    coalesce(sum(share * share) filter (not unlabelled), 0) - any_value(s_largest ** 2) + any_value((s_largest + s_loose) ** 2) as high from ranked
  union all
  select 2, 'gini', (2 * sum((n + 1 - rank) * share) / any_value(n)) - (any_value(n) + 1) / any_value(n), null, null from ranked
  union all
  select 2 + k, 'top_' || k, sum(share) filter (rank <= k),
    coalesce(sum(share) filter (not unlabelled and labelled_rank <= k), 0),
    least(1, coalesce(sum(share) filter (not unlabelled and labelled_rank <= k), 0) + any_value(s_loose))
  from ranked, (select unnest([1, 3, 10, 100]) as k) group by k
  union all
  select 999, 'half', min(rank) filter (cumulated >= 0.5), null, null from ranked
)
select measure, round(measures.value, 12)::double as value, case when $country is null then round(low, 12) end as low,
  case when $country is null then round(high, 12) end as high, n as bodies, models from measures, whole where inside > 0 order by place
