-- include labels
,
-- Listings that stand on the day, once per model where several hubs are counted (the original before its mirrors).
standing as (
  select listings.*, day, coalesce(model_key, hub || ':' || model_id) as model_key, coalesce(is_mirror, false) as is_mirror
  from listings join scope using (hub) left join model_listings using (hub, model_id)
  where first_seen_on <= day and (gone_on is null or gone_on > day)
),
listed as (
  select * from standing
  qualify list_unique($hubs) = 1 or $by = 'hub' or row_number() over (partition by model_key order by is_mirror, hub, model_id) = 1
),
counted as (
  select listing.*, organization, country,
    -- include group
    ,
    coalesce(license_class, 'unknown') as license_class, $country is not null and country is null as outside
  from listed as listing
  left join origin using (hub, namespace)
  left join families using (hub, model_id)
  left join terms using (license)
  left join regions using (country)
  where $country is null or country = $country or country is null
)
