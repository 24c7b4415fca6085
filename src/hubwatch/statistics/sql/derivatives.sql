-- name: derivatives
-- title: Models made from other models
-- definition: A row is a group of base models. value is the number of derivations: pairs of a listing and a listing it says
--   it is made from (a merge of three counts three times); share is over all derivations of the hubs; a base that the hub does
--   not list itself counts by its namespace; one whose group is not known is in unknown, and the bounds let all or none of
--   those be this group's. derived is in models, the
--   number of different listings derived directly; descendants those whose chain of bases ends in this group,
--   where from a merge on it follows the first base that the merge names; bases the models built on. The rest counts derivations by
--   relation, relation_unknown all that are none of the four. By the listings' own word on the day: a base nobody names is not counted.
--   Filters are of the base models.
-- unit: derivations; share of derivations, 0..1
-- window: derived listings listed on the day
-- whole: rows; models overlap
-- parameters: hub name, day date, source name, by dimensions = family, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
links as materialized (
  from parts.built_on('scope')
),
ends as (
  select hub, base_model_id as model_id from links union select hub, root_model_id from links
),
unlisted as (
  select hub, model_id, split_part(model_id, '/', 1) as namespace from ends anti join store.listing using (hub, model_id)
  where in_task is null and in_library is null and in_license_class is null and in_created_since is null
    and in_created_until is null and in_only is null and (in_models is null or model_id in (select unnest(in_models)))
),
grouped as materialized (
  select hub, model_id, part_1, part_2, outside from ends join (from parts.described('scope', {question})) d using (hub, model_id)
  union all
  select hub, model_id,
    parts.dimension(split_part(in_by, ',', 1), origin.country, kind, organization, region, family, namespace, hub, model_id,
      null, null, null, null, null::bigint, null::timestamp, null) as part_1,
    case when parts.is_double(in_by) then
      parts.dimension(split_part(in_by, ',', 2), origin.country, kind, organization, region, family, namespace, hub, model_id,
        null, null, null, null, null::bigint, null::timestamp, null) end as part_2,
    (in_country is not null and origin.country is null) or (in_kind is not null and kind is null)
      or (in_organization is not null and organization is null) as outside
  from unlisted
  left join (
    select hub, namespace, organization, country, nullif(kind, 'unknown') as kind
    from origins join scope using (hub)
    where policy = in_policy and coalesce(valid_from <= day, true) and coalesce(day < valid_to, true)
  ) origin using (hub, namespace)
  left join (
    select hub, model_id, any_value(family) as family from (
      select hub, base_model_id as model_id, base_family as family from derivations
      union all select hub, root_model_id, root_family from derivations
    ) group by hub, model_id
  ) link using (hub, model_id)
  left join (select country, min(region) as region from facts.country_groups group by country) regions on regions.country = origin.country
  where (in_country is null or origin.country is null or origin.country = in_country)
    and (in_kind is null or kind is null or kind = in_kind)
    and (in_organization is null or organization is null or organization = in_organization)
    and (in_namespace is null or lower(namespace) = lower(in_namespace))
    and (in_family is null or lower(family) = lower(in_family))
    and (in_leave_out is null or not (list_contains(in_leave_out, namespace)
      or coalesce(list_contains(in_leave_out, organization), false)))
),
direct as (
  select part_1, part_2, outside, count(*) as value, count(distinct (hub, links.model_id)) as derived, count(distinct (hub, base_model_id)) as bases,
    count(*) filter (relation = 'finetune') as finetune, count(*) filter (relation = 'adapter') as adapter,
    count(*) filter (relation = 'merge') as merge, count(*) filter (relation = 'quantized') as quantized,
    count(*) filter (coalesce(relation, 'unknown') not in ('finetune', 'adapter', 'merge', 'quantized')) as relation_unknown
  from (select distinct hub, model_id, base_model_id, relation from links) as links
  join grouped using (hub) where grouped.model_id = base_model_id group by all
),
chains as (
  select part_1 as owner_1, part_2 as owner_2, count(distinct (hub, links.model_id)) as descendants
  from links join grouped using (hub) where grouped.model_id = root_model_id and not outside group by all
),
whole as (
  select coalesce(sum(value) filter (not outside), 0) as inside, coalesce(sum(value) filter (outside), 0) as beyond,
    coalesce(sum(value) filter (not outside and not parts.is_labelled(in_by, part_1, part_2)), 0) as loose from direct
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  value, parts.share(value, inside) as share,
  parts.share_low(value, parts.is_labelled(in_by, part_1, part_2), inside, beyond) as share_low,
  parts.share_high(value, parts.is_labelled(in_by, part_1, part_2), loose, inside, beyond) as share_high, derived as models,
  coalesce(descendants, 0) as descendants, bases, finetune, adapter, merge, quantized, relation_unknown
from direct left join chains on owner_1 is not distinct from part_1 and owner_2 is not distinct from part_2, whole
where not outside
order by value desc, not parts.is_labelled(in_by, part_1, part_2), "group"
