-- name: hub_coverage
-- title: Where each origin's models are
-- definition: A row is a group of models and the set of hubs that list an original of them; value is the number of
--   models and share is over the group's models. place says it in words: chinese_hubs_only (ModelScope or WiseModel and not
--   Hugging Face), huggingface_only, or both. mirrored counts those that also have a re-upload by another body on a further
--   hub. A model whose other listing the linker did not recognise looks like two. Hubs are those observed by the day.
-- unit: models; share of the group's models, 0..1
-- window: models listed on the day
-- parameters: day, by=country|kind|organization|region|family, country, policy
with
-- include scope
,
-- include labels
,
standing as (
  select hub, model_id, namespace, coalesce(model_key, hub || ':' || model_id) as model_key, coalesce(is_mirror, false) as is_mirror
  from listings join scope using (hub) left join model_listings using (hub, model_id)
  where first_seen_on <= day and (gone_on is null or gone_on > day)
),
grouped as (
  select listing.*,
    -- include group
    , $country is not null and country is null as outside
  from standing as listing
  cross join (select null as license, null as license_class, null as task)
  left join origin using (hub, namespace)
  left join families using (hub, model_id)
  left join regions using (country)
  where $country is null or country = $country or country is null
),
placed as (
  select model_key, first("group" order by is_mirror, "group" is null, hub, model_id) as "group",
    coalesce(list_sort(list(distinct hub) filter (not is_mirror)), list_sort(list(distinct hub))) as hubs, list(distinct hub) as all_hubs
  from grouped where not outside group by model_key
),
counts as (select "group", hubs, count(*) as value, count(*) filter (len(all_hubs) > len(hubs)) as mirrored from placed group by all)
select coalesce("group", 'unknown') as "group", hubs,
  case when not list_contains(hubs, 'huggingface') then 'chinese_hubs_only' when len(hubs) = 1 then 'huggingface_only' else 'both' end as place,
  value, value / sum(value) over (partition by "group") as share, value as models, mirrored
from counts
order by sum(value) over (partition by "group") desc, "group" is null, "group", value desc, hubs
