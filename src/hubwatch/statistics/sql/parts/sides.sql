-- include labels
,
doubted as (
  select listing_key, day from flags join store.listing using (hub, model_id)
  where $without_flagged and model_id <> '' and starts_with(flag, $metric)
),
told as (
  select listing_key, day, case $metric when 'downloads_30d' then downloads_30d when 'downloads_total' then downloads_total
    when 'likes' then likes else 1 end as value
  from store.counters semi join scope using (day, source) anti join doubted using (listing_key, day)
  where day in ($day, $since)
),
-- A join: grouping the two days by listing takes four times as long.
pair as (
  select listing_key, now, before from (select listing_key, value as now from told where day = $day)
  full join (select listing_key, value as before from told where day = $since) using (listing_key)
),
-- One row for each listing of the hub observed on either day: its group (null: unlabelled), its counter on both days (null: not
-- observed, or the hub does not say), and whether it stays outside because its country is unknown and one is asked about.
sides as (
  select listing_key, listing.namespace, now, before,
    -- include group
    , $country is not null and country is null as outside
  from pair
  join store.listing using (listing_key)
  join (select distinct hub from scope) asked on asked.hub = listing.hub
  left join (from origin where $country is not null or $by in ('country', 'kind', 'organization', 'region')) as origin
    on origin.hub = listing.hub and origin.namespace = listing.namespace
  left join families on families.hub = listing.hub and families.model_id = listing.model_id
  left join attributes using (listing_key)
  left join terms using (license)
  left join regions using (country)
  where $country is null or country = $country or country is null
)
