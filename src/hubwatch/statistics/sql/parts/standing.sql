-- Whether a listing that was seen after the day stood on it, the days from the last complete full sweep on tell: it may have
-- gone and returned.
last_full as (
  select hub, max(sweeps.day) as day
  from sweeps join scope using (hub) where complete and sweeps.source = 'full' and sweeps.day <= scope.day group by hub
),
telling as (
  select distinct sweeps.hub, sweeps.day, scope.day as until from sweeps join scope using (hub) left join last_full using (hub)
  where sweeps.day between coalesce(last_full.day, date '0001-01-01') and scope.day
),
returned as (
  select distinct listing_key from store.counters join telling using (day) join store.listing using (listing_key)
  where listing.hub = telling.hub and last_seen_on > until
  union
  select listing_key from store.unread join telling using (hub, day) join store.listing using (hub, model_id) where last_seen_on > until
)
