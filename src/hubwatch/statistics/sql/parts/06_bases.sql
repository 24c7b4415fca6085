-- What is made from what, as it was said on the scope's day: by today's derivations where the listing says today what it said then,
-- else by what it said then. Only listings that stand on the day say anything. A base that was renamed has the id it had last by the day.
create or replace macro parts.built_on(in_scope) as table
  with recursive
  -- Of all others nothing can be said: they name no base today, nor said anything else on the day.
  standing as materialized (
    select listing_key, hub, model_id, valid_to is null as is_current, coalesce(base_models, []) as base_models, base_relation
    from (
      from store.attributes where len(base_models) > 0 or valid_to is not null
        or listing_key in (select listing_key from derivations join store.listing using (hub, model_id))
    ) join store.listing using (listing_key) join query_table(in_scope) scope using (hub)
    semi join (from parts.standing(in_scope)) using (listing_key)
    where valid_from <= scope.day and (valid_to is null or valid_to > scope.day)
  ),
  -- Hubs of which later days are held: there today's chains may lead elsewhere. Each listing's first base goes on, as far as it was
  -- seen by the day.
  past as (
    select hub, day from query_table(in_scope) scope where exists (from sweeps where sweeps.hub = scope.hub and sweeps.day > scope.day)
  ),
  named as (
    select hub, model_id, unnest(base_models) as base, generate_subscripts(base_models, 1) as turn
    from store.attributes a join store.listing using (listing_key) join past using (hub)
    where len(base_models) > 0 and valid_from <= day and (valid_to is null or valid_to > day)
  ),
  changed as materialized (
    select s.* from standing s join store.attributes now using (listing_key)
    where now.valid_to is null and not is_current
      and (s.base_models <> coalesce(now.base_models, []) or s.base_relation is distinct from now.base_relation)
    union
    select s.* from standing s semi join (
      select hub, model_id from named semi join store.other_ids o on o.hub = named.hub and o.named = base
    ) using (hub, model_id)
  ),
  spelled as (
    select distinct listing_key, hub, model_id, coalesce(base_relation, 'unknown') as relation, unnest(base_models) as base_model_id from changed
  ),
  keyed as materialized (
    select hub, named.model_id as said, arg_max(known.model_id, ids.place) as listed_as
    from store.repositories own join store.listing named using (listing_key) join query_table(in_scope) scope using (hub)
    join store.repositories ids using (repository) join store.listing known on known.listing_key = ids.listing_key
    where known.first_seen_on <= scope.day
      and not (own.is_last and own.listing_key <> ids.listing_key and named.first_seen_on <= scope.day)  -- of two that are listed to the end neither is the later one
    group by all
  ),
  -- By the hub's own key; else by a reviewed rename, where what it leads to was listed by the day.
  ids_then as materialized (
    from keyed
    union all
    select o.hub, o.named, coalesce(keyed.listed_as, o.listed_as) from store.other_ids o join store.listing known on known.hub = o.hub and known.model_id = o.listed_as
    join query_table(in_scope) scope on scope.hub = o.hub and first_seen_on <= scope.day
    left join keyed on keyed.hub = o.hub and keyed.said = o.listed_as
    where (o.hub, o.named) not in (select (hub, said) from keyed)
  ),
  pointers as materialized (
    select named.hub, model_id, arg_min(coalesce(listed_as, base), turn) as base from named left join ids_then on ids_then.hub = named.hub and said = base
    where coalesce(listed_as, base) not in ('', model_id) group by named.hub, model_id
  ),
  steps as (
    select hub, model_id, base as reached from pointers
    union
    select steps.hub, steps.model_id, pointers.base from steps join pointers on pointers.hub = steps.hub and pointers.model_id = reached
  ),
  -- A circle of bases ends at its first listing in order.
  roots as (
    select steps.hub, steps.model_id, coalesce(min(reached) filter (goes_on.model_id is null), min(reached) filter (circle.model_id is not null)) as root
    from steps left join pointers goes_on on goes_on.hub = steps.hub and goes_on.model_id = reached
    left join (select hub, model_id from steps where model_id = reached) circle on circle.hub = steps.hub and circle.model_id = reached
    group by steps.hub, steps.model_id
  ),
  links as (
    select listing_key, hub, model_id, derivations.base_model_id, derivations.relation, derivations.root_model_id
    from standing join derivations using (hub, model_id) where listing_key not in (select listing_key from changed)
    union all
    select listing_key, hub, model_id, base_model_id, relation, base_model_id from spelled
  ),
  renamed as (
    select links.* replace (coalesce(base.listed_as, base_model_id) as base_model_id, coalesce(root.listed_as, root_model_id) as root_model_id)
    from links left join ids_then base on base.hub = links.hub and base.said = base_model_id
    left join ids_then root on root.hub = links.hub and root.said = root_model_id
  )
  select distinct listing_key, renamed.hub, renamed.model_id, base_model_id, relation,
    case when past.hub is not null then coalesce(root, base_model_id) else root_model_id end as root_model_id
  from renamed left join past on past.hub = renamed.hub
  left join roots on roots.hub = renamed.hub and roots.model_id = base_model_id
  where base_model_id not in ('', renamed.model_id);
