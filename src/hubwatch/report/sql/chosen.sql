-- The most downloaded listings of each hub's named days: hub, day, counter, how many.
select a.hub, a.day, a.counter, o.model_id, o.listing_key, coalesce(ml.model_key, o.hub || ':' || o.model_id) as model_key,
  case a.counter when 'downloads_30d' then o.downloads_30d else o.downloads_total end as value,
  rank() over (partition by a.hub, a.day order by value desc nulls last) as rank,
from asked a
join observations o on o.hub = a.hub and o.day = a.day
left join model_listings ml on ml.hub = o.hub and ml.model_id = o.model_id
where value is not null
qualify row_number() over (partition by a.hub, a.day order by value desc, o.model_id) <= $most
