-- What is made from what, as it was said on the scope's day: by today's derivations where the listing says today what it said then,
-- else by what it said then. Only listings that stand on the day say anything.
create or replace macro parts.built_on(in_scope) as table
  with
  standing as materialized (
    select listing_key, hub, model_id, valid_to is null as is_current, coalesce(base_models, []) as base_models, base_relation
    from store.listing join query_table(in_scope) scope using (hub) semi join (from parts.standing(in_scope)) using (listing_key)
    join store.attributes a using (listing_key)
    where valid_from <= scope.day and (valid_to is null or valid_to > scope.day)
  ),
  changed as materialized (
    select s.* from standing s join store.attributes now using (listing_key)
    where now.valid_to is null and not is_current
      and (s.base_models <> coalesce(now.base_models, []) or s.base_relation is distinct from now.base_relation)
  ),
  spelled as (
    select distinct listing_key, hub, model_id, coalesce(base_relation, 'unknown') as relation, unnest(base_models) as base_model_id from changed
  )
  select listing_key, hub, model_id, derivations.base_model_id, derivations.relation, derivations.root_model_id
  from standing join derivations using (hub, model_id) where listing_key not in (select listing_key from changed)
  union all
  select listing_key, spelled.hub, spelled.model_id, spelled.base_model_id, spelled.relation, coalesce(root, spelled.base_model_id)
  from spelled left join (
    select hub, model_id, min_by(root_model_id, base_model_id) as root from derivations group by all
  ) roots on roots.hub = spelled.hub and roots.model_id = spelled.base_model_id;
