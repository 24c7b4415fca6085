-- Listings that state a chosen listing as their base: how many by relation, and the most downloaded ones.
with told as (
  select d.hub, d.base_model_id, d.model_id, d.relation, n.value
  from derivations d
  join (select distinct hub, model_id from chosen_listings) c on c.hub = d.hub and c.model_id = d.base_model_id
  left join newest n on n.hub = d.hub and n.model_id = d.model_id)
select hub, base_model_id, relation, count(*) as derivatives,
  list({'model_id': model_id, 'value': value} order by value desc nulls last, model_id)[:10] as leading
from told group by all order by hub, base_model_id, derivatives desc, relation
