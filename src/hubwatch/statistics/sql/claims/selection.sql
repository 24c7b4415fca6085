-- What a claim singles out among what one source observed on a day: one model, or a family's models of a name, beside everything else.
-- A row is a group: 'it' is what the claim speaks of, other families by name, null where the family is not known. With tasks, a listing
-- of another task is outside; one whose task is not known stays in.
with seen as (
  select listing.model_id, listing.name, family,
    case $metric when 'downloads_30d' then downloads_30d when 'downloads_total' then downloads_total when 'likes' then likes else 1 end as value
  from store.counters
  join store.listing using (listing_key)
  left join (select hub, model_id, family from model_listings where $family is not null) as linked
    on linked.hub = listing.hub and linked.model_id = listing.model_id
  left join store.attributes as attribute
    on $tasks is not null and attribute.listing_key = counters.listing_key
    and attribute.valid_from <= $day and coalesce(attribute.valid_to > $day, true)
  where listing.hub = $hub and counters.day = $day and counters.source = $source
    and ($tasks is null or task is null or list_contains($tasks, task))
)
select case when $model is not null then if(model_id = $model, 'it', 'other models')
    when family = $family and $pattern is not null and not regexp_matches(name, $pattern, 'i') then 'other ' || family
    when family = $family then 'it' else family end as "group",
  sum(value)::bigint as value, count(value) as models
from seen group by all order by value desc nulls last, "group"
