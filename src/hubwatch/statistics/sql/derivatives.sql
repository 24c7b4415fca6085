-- name: derivatives
-- title: Models made from other models
-- definition: A row is a group of base models. value is the number of derivations: pairs of a listing and a listing it says
--   it is made from (a merge of three counts three times); share is over all derivations of the hubs; a base that the hub does
--   not list itself counts by its namespace; one whose group is not known is in unknown, and the bounds let all or none of
--   those be this group's. models is the number of different listings derived directly, each once (one that is on two hubs is two listings);
--   descendants those whose chain of bases ends in this group, where from a merge on it follows the first base that the merge names; bases the models
--   built on. The rest counts derivations by relation: merge also all of a listing that names several bases, relation_unknown all that are none of
--   the four. By the listings' own statements on the day, a renamed base by the id it had last by then: a base that no listing names is not counted.
--   Filters are of the base models.
-- unit: derivations; share of derivations, 0..1
-- window: derived listings listed on the day
-- whole: rows; models overlap
-- parameters: hub name, day date, source name, by dimensions = family, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
ids as materialized (
  from parts.named_ids('scope')
),
links as materialized (
  from parts.built_on('scope', 'ids')
),
grouped as materialized (
  from parts.ends_of('scope', 'links', 'ids', {question})
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
order by value desc, not parts.is_labelled(in_by, part_1, part_2), "group"
