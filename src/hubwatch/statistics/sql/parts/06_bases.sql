-- What is made from what. Ids have a key here: bases are few, derivatives millions, and ids are long.

-- Hubs of which later days than the scope's are held: there today's words, and today's chains, may be others.
create or replace macro parts.past(in_scope) as table
  select hub, day from query_table(in_scope) scope where exists (from sweeps where sweeps.hub = scope.hub and sweeps.day > scope.day);

-- Every id that listings of the scope's hubs are said to be made from, and that their chains end in, today and on the day; its key: that of its
-- listing, below zero where the hub has none.
create or replace macro parts.named_ids(in_scope) as table
  with
  said as (
    select hub, base_model_id as model_id from derivations semi join query_table(in_scope) scope using (hub)
    union
    select hub, root_model_id from derivations semi join query_table(in_scope) scope using (hub) where hub not in (select hub from parts.past(in_scope))
    union
    select hub, unnest(base_models) from (
      select listing_key, base_models, valid_from, valid_to from store.attributes where valid_to is not null
    ) join store.listing using (listing_key) join query_table(in_scope) scope using (hub) where valid_from <= scope.day and valid_to > scope.day
    union
    select hub, unnest(base_models) from store.attributes join store.listing using (listing_key) join (from parts.past(in_scope)) past using (hub)
    where valid_from <= past.day and valid_to is null
    union
    select hub, named from store.other_ids semi join query_table(in_scope) scope using (hub)
  )
  select hub, model_id, coalesce(listing_key, -row_number() over ()) as key from said left join store.listing using (hub, model_id) where model_id <> '';

-- The key that a renamed base had last by the day (`key`: as it is named): by the hub's own key for the repository; else by a reviewed rename, where what
-- it leads to was listed by the day.
create or replace macro parts.keys_then(in_scope, in_ids) as table
  with
  repositories_then as materialized (
    select named.listing_key as key, arg_max(known.listing_key, ids.place) as key_then
    from store.repositories own join store.listing named using (listing_key) join query_table(in_scope) scope using (hub)
    join store.repositories ids using (repository) join store.listing known on known.listing_key = ids.listing_key
    where known.first_seen_on <= scope.day
      and not (own.is_last and own.listing_key <> ids.listing_key and named.first_seen_on <= scope.day)  -- of two that are listed to the end neither is the later one
    group by all
  )
  from repositories_then
  union all
  select named.key, coalesce(key_then, known.listing_key) from store.other_ids o join query_table(in_ids) named on named.hub = o.hub and named.model_id = o.named
  join store.listing known on known.hub = o.hub and known.model_id = o.listed_as
  join query_table(in_scope) scope on scope.hub = o.hub and known.first_seen_on <= scope.day
  left join repositories_then r on r.key = known.listing_key
  where named.key not in (select key from repositories_then);

-- What is made from what (`in_ids`: of `parts.named_ids`), as it was said on the scope's day: by today's derivations where the listing says today what it
-- said then, else by what it said then. Only listings that stand on the day say anything.
create or replace macro parts.built_on(in_scope, in_ids) as table
  with recursive
  past as materialized (from parts.past(in_scope)),
  keys_then as materialized (from parts.keys_then(in_scope, in_ids)),
  stating as materialized (
    select listing_key, valid_from, valid_to is null as is_current from store.attributes join (from parts.standing(in_scope)) standing using (listing_key)
    where valid_from <= until and (valid_to is null or valid_to > until)
  ),
  -- Listings that say otherwise today: lists are compared by a hash, which takes a twentieth of the room.
  changed as materialized (
    select listing_key from (
      select listing_key, hash(coalesce(base_models, []), base_relation) as said from store.attributes
      semi join (from stating where not is_current) using (listing_key, valid_from)
    ) then_said join (
      select listing_key, hash(coalesce(base_models, []), base_relation) as said from store.attributes where valid_to is null
    ) today using (listing_key) where then_said.said <> today.said
    union
    select listing_key from (
      select listing_key, hub, unnest(base_models) as model_id from store.attributes semi join stating using (listing_key, valid_from)
      join store.listing using (listing_key) semi join past using (hub)
    ) named semi join store.other_ids o on o.hub = named.hub and o.named = named.model_id
  ),
  said as (
    select listing_key, hub, unnest(base_models) as model_id, coalesce(base_relation, 'unknown') as relation
    from store.attributes semi join (from stating semi join changed using (listing_key)) using (listing_key, valid_from) join store.listing using (listing_key)
  ),
  -- (Where later days are held the root is found below.)
  links as materialized (
    select listing_key, relation, base.key as base_key, case when past.hub is null then base.key end as root_key, true as is_said
    from said join query_table(in_ids) base on base.hub = said.hub and base.model_id = said.model_id left join past on past.hub = said.hub
    union all
    select listing_key, relation, base_key, root_key, false from (
      select d.hub, d.model_id, relation, base.key as base_key, case when past.hub is null then root.key end as root_key
      from derivations d join query_table(in_ids) base on base.hub = d.hub and base.model_id = d.base_model_id
      left join query_table(in_ids) root on root.hub = d.hub and root.model_id = d.root_model_id left join past on past.hub = d.hub
    ) d join (
      select listing_key, hub, model_id from store.listing semi join stating using (listing_key) anti join changed using (listing_key)
    ) listing using (hub, model_id)
  ),
  -- Each base's first base goes on, as far as it was seen by the day.
  going_on as materialized (
    select listing_key, hub, base_models from store.attributes
    semi join (select key as listing_key from query_table(in_ids) union select key_then from keys_then) named using (listing_key)
    join store.listing using (listing_key) join past using (hub)
    where len(base_models) > 0 and valid_from <= day and (valid_to is null or valid_to > day)
  ),
  pointers as materialized (
    select listing_key as key, arg_min(coalesce(key_then, ids.key), turn) as base
    from (select listing_key, hub, unnest(base_models) as model_id, generate_subscripts(base_models, 1) as turn from going_on) named
    join query_table(in_ids) ids on ids.hub = named.hub and ids.model_id = named.model_id
    left join keys_then on keys_then.key = ids.key
    where coalesce(key_then, ids.key) <> listing_key
    group by listing_key
  ),
  steps as (
    select key, base as reached from pointers
    union
    select steps.key, pointers.base from steps join pointers on pointers.key = reached
  ),
  -- A circle of bases ends at its first listing in order.
  circles as (
    select key, model_id from steps join store.listing on listing_key = key where reached = key
  ),
  roots as materialized (
    select steps.key, coalesce(min(reached) filter (goes_on.key is null), arg_min(reached, circles.model_id)) as root
    from steps left join pointers goes_on on goes_on.key = reached left join circles on circles.key = reached
    group by steps.key
  ),
  -- What may be told twice: words as they were said, and what names a renamed base.
  doubled as materialized (
    select listing_key from links where is_said or base_key in (select key from keys_then)
  ),
  renamed as (
    select listing_key, coalesce(base.key_then, base_key) as base_key, relation, coalesce(root.key_then, root_key) as root_key
    from links semi join doubled using (listing_key) left join keys_then base on base.key = base_key left join keys_then root on root.key = root_key
  ),
  once as (
    select distinct * from renamed
    union all
    select listing_key, base_key, relation, coalesce(key_then, root_key) from links anti join doubled using (listing_key) left join keys_then on key = root_key
  )
  select listing_key, base_key, relation, coalesce(root_key, root, base_key) as root_key
  from once left join roots on roots.key = base_key
  where base_key <> listing_key;
