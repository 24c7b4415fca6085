-- name: first_hub
-- title: On which hub a model appears first
-- definition: A row is a group and a hub; value counts the models whose originals are on more than one hub and were created
--   first on this one, share is over the group's models on more than one hub (denominator). Models created at the same instant on two hubs
--   are first on none: their row is tied. median_lag_days is the median time from this
--   first listing to the next hub's. Creation dates are as reported by the hubs, may precede publication, and their clocks
--   are not one: read lags below a day as none. Mirrors do not count. The bounds let all or
--   none of the models of unknown group first on this hub be this group's, or all of those first elsewhere.
-- unit: models that are on several hubs; share of the group's, 0..1; days
-- window: models listed on the day
-- splits: hub
-- whole: each row by group
-- needs: created_at
-- days: standing
-- unlabelled: left out
-- parameters: day date, by dimensions = country, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
-- Only models with originals on several hubs are looked at closely.
shared as (
  select model_key from model_listings where not is_mirror group by model_key having min(hub) <> max(hub)
),
originals as (
  select model_key, d.hub, min(created_at) as created_at, min_by({'part_1': part_1, 'part_2': part_2, 'outside': outside}, (created_at, model_id)) as said
  from (select listing_key, model_key from model_listings semi join shared using (model_key) join store.listing using (hub, model_id) where not is_mirror)
  semi join (from parts.standing('scope')) using (listing_key)
  join (from parts.described('scope', {question})) d using (listing_key)
  where created_at is not null
  group by model_key, d.hub
),
ordered as (
  select *, row_number() over following as place, lead(created_at) over following as next_at
  from originals
  window following as (partition by model_key order by created_at, hub)
  qualify count(*) over (partition by model_key) > 1
),
counts as (
  select case when next_at = created_at then 'tied' else hub end as hub, said['part_1'] as part_1, said['part_2'] as part_2,
    epoch(next_at - created_at) / 86400 as lag_days
  from ordered where place = 1 and not said['outside']
),
grouped as (
  select part_1, part_2, hub, count(*) as value, median(lag_days) as median_lag_days, sum(count(*)) over (partition by part_1, part_2) as inside
  from counts group by part_1, part_2, hub
),
placed_counts as (
  select part_1, part_2, hub as place, value from grouped
),
loose as (
  select part_1 as loose_1, part_2 as loose_2, place, here, anywhere from parts.loose_places('placed_counts', in_by)
),
known as (
  select *, parts.is_labelled(in_by, part_1, part_2) as is_known from grouped
  left join loose on place = hub and loose_1 is not distinct from part_1 and loose_2 is not distinct from part_2
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  hub, value, value / inside as share,
  parts.share_low_of_open(value, is_known, inside, anywhere, here) as share_low,
  parts.share_high_of_open(value, is_known, inside, here) as share_high,
  value as models, inside as denominator, median_lag_days
from known
order by inside desc, not is_known, "group", value desc, hub
