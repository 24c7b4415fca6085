-- name: derivation_flow
-- title: Who builds on whose models
-- definition: A row is a group of bases and a group of makers ("US on CN": made by US publishers from Chinese models). value is the number of
--   listings of these makers, listed on the day, that name one base, of this group; each is counted once. share is over all such listings
--   (denominator, of which labelled have a known base and maker), share_of_base over those made from this base group. Merges are apart: merges is the number of listings that name
--   several bases, or call themselves a merge, with at least one base of this group. The rest of the columns counts value by relation. A base
--   that the hub does not list counts by its namespace. The bounds allow for every listing whose base or maker is not known and that could
--   be of this row. By the listings' own statements on the day; a model on several hubs is counted once. Filters are of the makers' listings.
-- unit: listings; share of listings made from one base, 0..1
-- window: derived listings listed on the day
-- whole: each row
-- parameters: hub name, day date, source name, by dimensions = country, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
links as materialized (
  from parts.built_on('scope')
),
ends as materialized (
  from parts.ends_of('scope', 'links', {unfiltered})
),
made as materialized (
  from parts.made_from('links', 'ends', 'base', in_by)
),
makers as materialized (
  select listing_key, relation, outside, relation = 'merge' as is_merge,
    case when parts.is_labelled(in_by, base_1, base_2) then parts.group_name(in_by, base_1, base_2) end as base,
    case when parts.is_labelled(in_by, part_1, part_2) then parts.group_name(in_by, part_1, part_2) end as maker
  from parts.listed('scope', {question}) join made using (listing_key)
),
cells as (
  select base, maker, count(*) as value, count(*) filter (relation = 'finetune') as finetune, count(*) filter (relation = 'adapter') as adapter,
    count(*) filter (relation = 'quantized') as quantized, count(*) filter (relation not in ('finetune', 'adapter', 'quantized')) as relation_unknown
  from makers where not is_merge and not outside group by all
),
merged as (
  select base, maker, count(*) as merges from (
    select distinct listing_key, case when parts.is_labelled(in_by, part_1, part_2) then parts.group_name(in_by, part_1, part_2) end as base, maker
    from links join makers using (listing_key) left join ends on ends.hub = links.hub and ends.model_id = base_model_id
    where is_merge and not makers.outside
  ) group by all
),
whole as (
  select count(*) filter (not outside) as inside, count(*) filter (outside) as beyond, count(*) filter (not outside and (base is null or maker is null)) as loose
  from makers where not is_merge
),
joined as (
  select coalesce(c.base, m.base) as base, coalesce(c.maker, m.maker) as maker, coalesce(value, 0) as value, coalesce(merges, 0) as merges,
    coalesce(finetune, 0) as finetune, coalesce(adapter, 0) as adapter, coalesce(quantized, 0) as quantized, coalesce(relation_unknown, 0) as relation_unknown
  from cells c full join merged m on m.base is not distinct from c.base and m.maker is not distinct from c.maker
),
open_parts as (
  select base, maker, value from cells where base is null or maker is null
),
bounded as (
  select joined.*, base is not null and maker is not null as is_known, sum(value) over (partition by base) as of_base,
    coalesce((select sum(value) from open_parts o where (o.base is null or o.base = joined.base) and (o.maker is null or o.maker = joined.maker)), 0) as loose_here
  from joined
)
select coalesce(maker, 'unknown') || ' on ' || coalesce(base, 'unknown') as "group", '' as part_1, '' as part_2,
  coalesce(base, 'unknown') as base, coalesce(maker, 'unknown') as maker, value, parts.share(value, inside) as share,
  parts.share_low(value, is_known, inside, beyond) as share_low, parts.share_high(value, is_known, loose_here, inside, beyond) as share_high,
  value as models, inside as denominator, 1 - loose / nullif(inside, 0) as labelled, value / nullif(of_base, 0) as share_of_base, merges, finetune, adapter, quantized,
  relation_unknown
from bounded, whole
order by value desc, not is_known, merges desc, "group"
