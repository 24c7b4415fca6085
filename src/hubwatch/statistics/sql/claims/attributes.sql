-- Attributes of the listings that a claim names, as they held on the day: of one model, or of a namespace's models of a name.
select count(*) as models,
  if(count(distinct attribute.license) = 1, min(attribute.license), string_agg(distinct attribute.license, ', ' order by attribute.license)) as license,
  min(attribute.created_at)::date as created_on, min(attribute.parameters) as min_parameters, max(attribute.parameters) as max_parameters,
  any_value(attribute.parameters) as parameters, any_value(attribute.task) as task, any_value(attribute.gated) as gated
from store.listing
join store.attributes as attribute using (listing_key)
where hub = $hub and coalesce(model_id = $model, true) and coalesce(namespace = $namespace, true)
  and coalesce(regexp_matches(name, $pattern, 'i'), true) and first_seen_on <= $day
  and attribute.valid_from <= $day and coalesce(attribute.valid_to > $day, true)
