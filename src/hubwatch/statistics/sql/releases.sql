-- name: releases
-- title: Models released each month
-- definition: A row is a calendar month (UTC) and a group; value is the number of models whose listing was created in that
--   month by the hub's word, among all listings seen up to the day, gone ones included (of a renamed one the last id); share is over the month's
--   releases (denominator, of which labelled have a known group), the unlabelled being the group unknown. Over several hubs a model counts once, at its earliest original
--   listing. value_constant and share_constant count only namespaces that already had a listing before since
--   (empty without it): a constant panel beside the growing one. What was deleted before hubwatch first looked is missing.
--   A repository with a time that its hub gives where it has none (data/placeholder_times.csv) is of no month.
-- unit: models; share of the month's models, 0..1
-- window: calendar month of creation, from since (default: the first) up to the day
-- parameters: hub, day, by=kind|country|organization|region|family|namespace|hub|license|license_class|task, country, policy, since
with
-- include scope
,
-- Former ids: listings whose repository was seen to a later day under another one, which was there by the day. What is seen to the end has none.
ends as (select hub, max(last_seen_on) as last_day from store.listing group by hub),
ended as (
  select hub, hub_key, model_id, listing_key, first_seen_on, last_seen_on from listings join scope using (hub) join ends using (hub)
  where hub_key is not null and first_seen_on <= day and last_seen_on < last_day
),
renamed as (
  select ended.listing_key from ended join listings later using (hub, hub_key) join scope using (hub)
  where later.first_seen_on <= day
    and (later.last_seen_on, later.first_seen_on, later.model_id) > (ended.last_seen_on, ended.first_seen_on, ended.model_id)
),
-- include labels
,
created as (
  select hub, model_id, namespace, created_at, listing_key, license, task from listings join scope using (hub) anti join renamed using (listing_key)
  where first_seen_on <= day and created_at < day + interval 1 day
    and (hub, date_trunc('second', created_at)) not in (select (hub, moment::timestamp) from facts.placeholder_times)  -- older than that
),
-- Over several hubs a model has listings to choose from; those that stand alone need no choice.
copies as (
  select hub, model_id, model_key, is_mirror from model_listings where list_unique($hubs) > 1 and $by <> 'hub' and tier <> 'single'
),
once as (
  select created.* from created anti join copies using (hub, model_id)
  union all
  select created.* from created join copies using (hub, model_id)
  qualify row_number() over (partition by model_key order by is_mirror, created_at, hub, model_id) = 1
),
settled as (select hub, namespace, min(created_at) < $since as settled from created where $since is not null group by all),
counted as (
  select date_trunc('month', created_at)::date as month, settled,
    -- include group
    ,
    $country is not null and country is null as outside
  from once as listing
  left join origin using (hub, namespace)
  left join families using (hub, model_id)
  left join terms using (license)
  left join regions using (country)
  left join settled using (hub, namespace)
  where created_at >= coalesce($since, date '0001-01-01') and ($country is null or country = $country or country is null)
),
groups as (
  select month, "group", count(*) as value, case when $since is not null then count(*) filter (settled) end as value_constant from counted where not outside group by all
),
whole as (
  select month, count(*) filter (not outside) as inside, count(*) filter (outside) as outside,
    count(*) filter (not outside and "group" is null) as unlabelled, count(*) filter (not outside and settled) as inside_constant
  from counted group by month
)
select month, coalesce("group", 'unknown') as "group", value, value / inside as share,
  case when "group" is null then 0 else value end / (inside + outside) as share_low,
  (value + outside + case when "group" is null then 0 else unlabelled end) / (inside + outside) as share_high,
  value as models, inside as denominator, 1 - unlabelled / inside as labelled, value_constant, value_constant / nullif(inside_constant, 0) as share_constant
from groups join whole using (month)
order by month, value desc, "group" is null, "group"
