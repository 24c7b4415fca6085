-- name: hub_coverage
-- title: Where each origin's models are
-- definition: A row is a group of models and the set of hubs that list an original of them; value is the number of
--   models and share is over the group's models (denominator). place says it in words: chinese_hubs_only (each is a site for
--   readers in China), HUB_only (one hub, and not Chinese), international_hubs_only (several, none Chinese), or both (some Chinese, some not). mirrored counts those that also have a re-upload by another body on a further
--   hub. The bounds let all or none of the models of unknown group here be this group's, or all of those elsewhere. A model
--   whose other listing the linker did not recognise looks like two; one of which re-uploads alone are listed is where these are. Hubs are those observed by the day.
-- unit: models; share of the group's models, 0..1
-- window: models listed on the day
-- parameters: day, by=country|kind|organization|region|family, country, policy
with
-- include scope
,
-- include labels
,
-- include standing
,
hub_bits as (select hub, 1 << (row_number() over (order by hub) - 1)::int as bit from scope),
standing as (
  select listing_key, hub, model_id, namespace, model_key, coalesce(is_mirror, false) as is_mirror, bit
  from store.listing join scope using (hub) join hub_bits using (hub) left join store.departures using (hub, last_listed_on)
  left join (select hub, model_id, model_key, is_mirror from model_listings where tier <> 'single') using (hub, model_id)
  where
    -- include stands
),
grouped as (
  select listing_key, is_mirror, bit, model_key, country,
    -- include group
  from standing as listing
  cross join (select null as license, null as license_class, null as task)
  left join origin using (hub, namespace)
  left join families using (hub, model_id)
  left join regions using (country)
),
-- A model's group and country are those of its first labelled original, whoever re-uploads it. Most models are a single listing: their model_key is left empty.
placed as (
  select "group", bit as bits, bit as all_bits from grouped where model_key is null and ($country is null or country = $country)
  union all
  select said."group", bits, all_bits from (
  select arg_min({'group': "group", 'country': country}, (is_mirror::bigint * 2 + ("group" is null)::int) * 1000000000000 + bit * 10000000000 + listing_key) as said,
    coalesce(bit_or(bit) filter (not is_mirror), bit_or(bit)) as bits, bit_or(bit) as all_bits
  from grouped where model_key is not null group by model_key) where $country is null or said.country = $country
),
named as (
  select bits, list(hub order by hub) as hubs, bool_and(is_chinese) as is_chinese, bool_or(is_chinese) as has_chinese
  from (select distinct bits from placed), hub_bits join hubs as known using (hub) where bits & bit > 0 group by bits
),
counts as (
  select "group", bits, count(*) as value, count(*) filter (all_bits <> bits) as mirrored, sum(count(*)) over (partition by "group") as inside
  from placed group by "group", bits
),
unlabelled as (select bits, value as here, inside as loose from counts where "group" is null)
select coalesce("group", 'unknown') as "group", hubs,
  case when is_chinese then 'chinese_hubs_only' when has_chinese then 'both' when len(hubs) = 1 then hubs[1] || '_only'
    else 'international_hubs_only' end as place,
  value, value / inside as share,
  value / (inside + case when "group" is null then 0 else coalesce((select any_value(loose) from unlabelled), 0) - coalesce(here, 0) end) as share_low,
  (value + case when "group" is null then 0 else coalesce(here, 0) end) / (inside + case when "group" is null then 0 else coalesce(here, 0) end) as share_high,
  value as models, inside as denominator, mirrored
from counts join named using (bits) left join unlabelled using (bits)
order by inside desc, "group" is null, "group", value desc, hubs
