-- include labels
,
-- include standing
,
-- Over several hubs a model has listings to choose from; those that stand alone need no choice.
copies as (
  select hub, model_id, model_key, is_mirror from model_listings where list_unique($hubs) > 1 and $by <> 'hub' and tier <> 'single'
),
standing as (
  select listings.*, scope.day from listings join scope using (hub)
  where
    -- include stands
),
-- Listings that stand on the day, once per model where several hubs are counted (the original before its mirrors).
listed as (
  select * from standing anti join copies using (hub, model_id)
  union all
  select standing.* from standing join copies using (hub, model_id)
  qualify row_number() over (partition by model_key order by is_mirror, hub, model_id) = 1
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
