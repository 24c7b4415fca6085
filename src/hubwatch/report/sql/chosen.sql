-- The most downloaded listings of each hub's named days: hub, day, counter, how many. By key, and from the least counter that can be
-- among them upwards: a whole hub is too much to sort.
with counted as not materialized (
  select a.hub, a.day, a.counter, listing_key, case a.counter when 'downloads_30d' then downloads_30d else downloads_total end as value
  from asked a join store.counters c on c.day = a.day
  join (select listing_key, hub as listed_on from store.listing) using (listing_key)
  where not superseded and listed_on = a.hub
),
bars as (
  select hub, day, list_min(max(value, $most)) as bar from counted group by all
)
select first_ones.hub, day, counter, first_ones.model_id, listing_key, coalesce(model_key, first_ones.hub || ':' || first_ones.model_id) as model_key,
  value, rank() over (partition by first_ones.hub, day order by value desc) as rank
from (
  select counted.*, model_id from counted join bars on bars.hub = counted.hub and bars.day = counted.day and value >= bar
  join (select listing_key, model_id from store.listing) using (listing_key)
) first_ones
left join model_listings ml on ml.hub = first_ones.hub and ml.model_id = first_ones.model_id
qualify row_number() over (partition by first_ones.hub, day order by value desc, first_ones.model_id) <= $most
