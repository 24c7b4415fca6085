-- name: first_hub
-- title: On which hub a model appears first
-- definition: A row is a group and a hub; value counts the models whose originals are on more than one hub and were created
--   first on this one, share is over the group's models on more than one hub (denominator). median_lag_days is the median time from this
--   first listing to the next hub's. Creation dates are the hubs' own word, may precede publication, and their clocks
--   are not one: read lags below a day as none. Mirrors do not count. The bounds let all or
--   none of the models of unknown group first on this hub be this group's, or all of those first elsewhere.
-- unit: models that are on several hubs; share of the group's, 0..1; days
-- window: models listed on the day
-- parameters: day, by=country|kind|organization|region|family, country, policy
with
-- include scope
,
-- include labels
,
-- include standing
,
-- Only models with originals on several hubs are looked at closely.
shared as (select model_key from model_listings where not is_mirror group by model_key having min(hub) <> max(hub)),
originals as (
  select model_key, hub, min_by(model_id, (created_at, model_id)) as model_id, min_by(namespace, (created_at, model_id)) as namespace, min(created_at) as created_at
  from listings join scope using (hub) join (select * from model_listings semi join shared using (model_key)) using (hub, model_id)
  where
    -- include stands
    and not is_mirror and created_at is not null
  group by model_key, hub
),
ordered as (
  select *, row_number() over (partition by model_key order by created_at, hub) as place, lead(created_at) over (partition by model_key order by created_at, hub) as next_at
  from originals qualify count(*) over (partition by model_key) > 1
),
counts as (
  select hub,
    -- include group
    , epoch(next_at - created_at) / 86400 as lag_days
  from ordered as listing
  cross join (select null as license, null as license_class, null as task)
  left join origin using (hub, namespace)
  left join families using (hub, model_id)
  left join regions using (country)
  where place = 1 and ($country is null or country = $country)
),
grouped as (
  select "group", hub, count(*) as value, median(lag_days) as median_lag_days, sum(count(*)) over (partition by "group") as inside
  from counts group by "group", hub
),
unlabelled as (select hub, value as here, inside as loose from grouped where "group" is null)
select coalesce("group", 'unknown') as "group", hub, value, value / inside as share,
  value / (inside + case when "group" is null then 0 else coalesce((select any_value(loose) from unlabelled), 0) - coalesce(here, 0) end) as share_low,
  (value + case when "group" is null then 0 else coalesce(here, 0) end) / (inside + case when "group" is null then 0 else coalesce(here, 0) end) as share_high,
  value as models, inside as denominator, median_lag_days
from grouped left join unlabelled using (hub)
order by inside desc, "group" is null, "group", value desc, hub
