-- Whose models others are built on: the group of what a listing is made from.

-- A row a base or root (`in_links`: base_key, root_key; `in_ids` tells whose keys they are): its group, of the labels of the scope's day; one that its hub
-- does not list counts by its namespace. Filters, where there are any, are of these.
create or replace macro parts.ends_of(in_scope, in_links, in_ids, {question}) as table
  with
  ends as materialized (
    select base_key as key from query_table(in_links) union select root_key from query_table(in_links)
  ),
  listed_ends as (
    select listing.*, scope.hubs, scope.day, scope.source, scope.metric
    from store.listing join query_table(in_scope) scope on scope.hub = listing.hub semi join ends on key = listing_key
  ),
  unlisted as (
    select key, hub, model_id, split_part(model_id, '/', 1) as namespace from query_table(in_ids) semi join ends using (key)
    where key < 0 and in_task is null and in_library is null and in_license_class is null and in_created_since is null
      and in_created_until is null and in_only is null and in_form is null and (in_models is null or model_id in (select unnest(in_models)))
  )
  select listing_key as key, part_1, part_2, outside from parts.described_on('listed_ends', {question})
  union all
  select key,
    parts.dimension(in_by_1, origin.country, kind, organization, region, family, namespace, hub, model_id,
      null, null, null, null, null::bigint, null::timestamp, null) as part_1,
    parts.dimension(in_by_2, origin.country, kind, organization, region, family, namespace, hub, model_id,
      null, null, null, null, null::bigint, null::timestamp, null) as part_2,
    (in_country is not null and origin.country is null) or (in_kind is not null and kind is null)
      or (in_organization is not null and organization is null) as outside
  from unlisted
  left join (
    select hub, namespace, organization, country, nullif(kind, 'unknown') as kind
    from origins join query_table(in_scope) using (hub)
    where policy = in_policy and coalesce(valid_from <= day, true) and coalesce(day < valid_to, true)
  ) origin using (hub, namespace)
  left join (
    select hub, model_id, any_value(family) as family from (
      select hub, base_model_id as model_id, base_family as family from derivations
      union all select hub, root_model_id, root_family from derivations
    ) where parts.asks(in_by, ['family']) or in_family is not null group by hub, model_id
  ) link using (hub, model_id)
  left join (select country, min(region) as region from facts.country_groups group by country) regions on regions.country = origin.country
  where (in_country is null or origin.country is null or origin.country = in_country)
    and (in_kind is null or kind is null or kind = in_kind)
    and (in_organization is null or organization is null or organization = in_organization)
    and (in_namespace is null or lower(namespace) = lower(in_namespace))
    and (in_family is null or lower(family) = lower(in_family))
    and (in_leave_out is null or not (list_contains(in_leave_out, namespace)
      or coalesce(list_contains(in_leave_out, organization), false)));

-- A row a listing that names a base: how it is made, and the first and last of the keys of its bases and roots. One that names several bases is a merge,
-- whatever it says.
create or replace macro parts.relations_of(in_links) as table
  select listing_key, min(base_key) as first_base, max(base_key) as last_base, min(root_key) as first_root, max(root_key) as last_root,
    case when first_base <> last_base or bool_or(relation = 'merge') then 'merge' else coalesce(min(relation), 'unknown') end as relation
  from query_table(in_links) group by listing_key;

-- A row a listing that names a base: the group of what it is made from (of its bases, or with in_end = 'root' of the ends of their chains).
-- Several that are of one group are that group; where they differ it is `several`, of no group alone; where one is not known the group is not,
-- but for the one of two dimensions in which all agree.
-- Listings are many and ends few: only where a listing has several ends are these compared.
create or replace macro parts.made_from(in_links, in_ends, in_end, in_by) as table
  with
  made as materialized (
    select listing_key, relation, case when in_end = 'root' then first_root else first_base end as first_key,
      case when in_end = 'root' then last_root else last_base end as last_key
    from parts.relations_of(in_links)
  ),
  compared as (
    select listing_key, count(part_1) = count(*) and min(part_1) = max(part_1) as is_one_1, count(part_2) = count(*) and min(part_2) = max(part_2) as is_one_2,
      bool_and(coalesce(parts.is_labelled(in_by, part_1, part_2), false))
        and (min(part_1) <> max(part_1) or parts.is_double(in_by) and min(part_2) <> max(part_2)) as is_several
    from query_table(in_links) semi join (select listing_key from made where first_key <> last_key) several using (listing_key)
    left join query_table(in_ends) ends on ends.key = case when in_end = 'root' then root_key else base_key end
    group by listing_key
  )
  select made.listing_key, relation, coalesce(is_several, false) as is_several,
    case when is_several then 'several' when coalesce(is_one_1, true) then part_1 end as base_1,
    case when not parts.is_double(in_by) then null when is_several then 'several' when coalesce(is_one_2, true) then part_2 end as base_2
  from made left join query_table(in_ends) ends on ends.key = first_key
  left join compared on compared.listing_key = made.listing_key;

-- A row a listing and group that one of its bases (or roots) is of, where these are of several groups.
create or replace macro parts.shared_by(in_links, in_ends, in_made, in_end) as table
  select distinct listing_key, part_1, part_2
  from query_table(in_links) links semi join (select listing_key from query_table(in_made) where is_several) using (listing_key)
  join query_table(in_ends) ends on ends.key = case when in_end = 'root' then root_key else base_key end;

-- The derivations of each group of bases (`in_ids`: of `parts.named_ids`, `in_links`: of `parts.built_on`), with the share of all and its bounds.
create or replace macro parts.derivations(in_scope, in_ids, in_links, {question}) as table
with
links as not materialized (
  from query_table(in_links)
),
grouped as materialized (
  from parts.ends_of(in_scope, in_links, in_ids, {question})
),
several as materialized (
  select listing_key from links group by listing_key having count(*) > 1
),
-- A listing that names one base counts once for it; only of those that name several are pairs of listing and group told apart.
by_base as (
  select base_key, count(*) as value, count(*) filter (several.listing_key is null) as alone,
    count(*) filter (several.listing_key is null and relation = 'finetune') as finetune, count(*) filter (several.listing_key is null and relation = 'adapter') as adapter,
    count(*) filter (several.listing_key is not null or relation = 'merge') as merge, count(*) filter (several.listing_key is null and relation = 'quantized') as quantized,
    count(*) filter (several.listing_key is null and coalesce(relation, 'unknown') not in ('finetune', 'adapter', 'merge', 'quantized')) as relation_unknown
  from links left join several using (listing_key) group by base_key
),
together as (
  select part_1, part_2, outside, count(*) as together from (
    select distinct listing_key, part_1, part_2, outside from links semi join several using (listing_key) join grouped on grouped.key = base_key
  ) group by all
),
direct as (
  select grouped.part_1, grouped.part_2, grouped.outside, sum(value)::bigint as value, (sum(alone) + coalesce(any_value(together), 0))::bigint as derived, count(*) as bases,
    sum(finetune)::bigint as finetune, sum(adapter)::bigint as adapter, sum(merge)::bigint as merge, sum(quantized)::bigint as quantized,
    sum(relation_unknown)::bigint as relation_unknown
  from by_base join grouped on grouped.key = base_key
  left join together t on t.part_1 is not distinct from grouped.part_1 and t.part_2 is not distinct from grouped.part_2 and t.outside = grouped.outside
  group by all
),
descended as (
  select root_key, count(*) as alone from links anti join several using (listing_key) group by root_key
),
chains as (
  select part_1 as owner_1, part_2 as owner_2, sum(alone)::bigint as descendants from (
    select part_1, part_2, alone from descended join grouped on grouped.key = root_key where not outside
    union all
    select part_1, part_2, count(*) from (
      select distinct listing_key, part_1, part_2 from links semi join several using (listing_key) join grouped on grouped.key = root_key where not outside
    ) group by all
  ) group by all
),
whole as (
  select coalesce(sum(value) filter (not outside), 0) as inside, coalesce(sum(value) filter (outside), 0) as beyond,
    coalesce(sum(value) filter (not outside and part_1 is null and part_2 is null), 0) as loose from direct
),
within as (
  from direct where not outside
),
half as (
  from parts.half_known('within', in_by)
),
known as (
  select within.*, inside, beyond, loose + coalesce(a.value, 0) + coalesce(b.value, 0) as loose
  from within cross join whole
  left join half a on a.part_2 is null and a.part_1 = within.part_1
  left join half b on b.part_1 is null and b.part_2 = within.part_2
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  value, parts.share(value, inside) as share,
  parts.share_low(value, parts.is_labelled(in_by, part_1, part_2), inside, beyond) as share_low,
  parts.share_high(value, parts.is_labelled(in_by, part_1, part_2), loose, inside, beyond) as share_high, derived as models,
  coalesce(descendants, 0) as descendants, bases, finetune, adapter, merge, quantized, relation_unknown
from known left join chains on owner_1 is not distinct from part_1 and owner_2 is not distinct from part_2
order by value desc, not parts.is_labelled(in_by, part_1, part_2), "group";
