-- include labels
,
doubted as (
  select distinct hub, model_id, day from flags where $without_flagged and model_id <> '' and starts_with(flag, $metric)
),
-- A count over several hubs passes over a listing when another one observed on its day stands for the same model (the original before
-- its mirrors, then the first hub in the alphabet). Likes on two hubs are different people's: only mirrors' are left out.
repeated as (
  select hub, model_id, is_mirror or $metric <> 'likes' as left_out from (
    select scope.hub, listing.model_id, is_mirror,
      row_number() over (partition by model_key order by is_mirror, scope.hub, listing.model_id) as turn,
      row_number() over (partition by model_key order by doubted.hub is not null, likes is null, is_mirror, scope.hub, listing.model_id) as liked_turn
    from model_listings
    join store.listing using (hub, model_id)
    join scope using (hub)
    join store.counters seen on seen.listing_key = listing.listing_key and seen.day = scope.day and seen.source = scope.source
    left join doubted on doubted.hub = scope.hub and doubted.model_id = listing.model_id and doubted.day = scope.day
    where list_unique($hubs) > 1 and $by <> 'hub' and tier <> 'single'
  ) where if(left_out, turn, liked_turn) > 1
),
-- One row for each listing that the day's leading sweep observed (another sweep of the day has another extent): its group
-- (null: unlabelled), its counter (null: the hub does not
-- say), whether it stays outside because its country is unknown and the question is about one country, and whether its model
-- is counted already by another hub's listing.
counted as (
  select listing_key, listing.hub, listing.model_id, listing.namespace, counters.day, organization, country,
    -- include group
    ,
    case $metric when 'downloads_30d' then downloads_30d when 'downloads_total' then downloads_total
      when 'likes' then likes else 1 end as value,
    $country is not null and country is null as outside, repeated.hub is not null as is_again
  from store.counters
  join store.listing using (listing_key)
  join scope on scope.hub = listing.hub and scope.day = counters.day and scope.source = counters.source
  left join origin on origin.hub = listing.hub and origin.namespace = listing.namespace
  left join families on families.hub = listing.hub and families.model_id = listing.model_id
  left join attributes on attributes.listing_key = listing.listing_key
  left join terms using (license)
  left join regions using (country)
  left join repeated on repeated.hub = listing.hub and repeated.model_id = listing.model_id
  anti join doubted on doubted.hub = listing.hub and doubted.model_id = listing.model_id and doubted.day = counters.day
  where ($country is null or country = $country or country is null) and not coalesce(left_out, false)
)
