-- What was observed of the chosen models' listings, day by day.
select o.hub, o.model_id, o.day, o.downloads_30d, o.downloads_total, o.likes, o.source
from observations o where o.listing_key in (select listing_key from chosen_listings)
order by o.hub, o.model_id, o.day
