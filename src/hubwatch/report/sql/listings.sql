-- Every listing of the chosen models, with what its hub states of it and who stands behind it under the default policy.
with wanted as materialized (
  select listing_key from chosen
  union
  select listing_key from store.listing
  semi join (select hub, model_id from model_listings where model_key in (select model_key from chosen)) using (hub, model_id)
)
select coalesce(ml.model_key, l.hub || ':' || l.model_id) as model_key, l.hub, l.model_id, l.namespace, l.name, l.title, l.created_at, l.license,
  l.task, l.library, l.parameters, l.base_models, l.gated, l.url, l.first_seen_on, l.last_seen_on, l.gone_on, l.listing_key, ml.tier, ml.evidence,
  coalesce(ml.is_mirror, false) as is_mirror, ml.family, o.organization, o.country, o.kind, o.confidence, o.known_by, o.source
from (from listings where listing_key in (select listing_key from wanted)) l
left join model_listings ml on ml.hub = l.hub and ml.model_id = l.model_id
left join (from origins where policy = $policy
  qualify row_number() over (partition by hub, namespace order by valid_to desc nulls first, valid_from desc) = 1) o
  on o.hub = l.hub and o.namespace = l.namespace
order by model_key, is_mirror, l.hub, l.model_id
