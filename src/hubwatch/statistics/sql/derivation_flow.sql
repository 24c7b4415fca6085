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
ids as materialized (
  from parts.named_ids('scope')
),
links as materialized (
  from parts.built_on('scope', 'ids')
),
ends as materialized (
  from parts.ends_of('scope', 'links', 'ids', {unfiltered})
),
made as materialized (
  from parts.made_from('links', 'ends', 'base', in_by)
),
makers as materialized (
  select listing_key, relation, outside, relation = 'merge' as is_merge, base_1, base_2, part_1 as maker_1, part_2 as maker_2
  from parts.listed_among('scope', 'made', {question}) join made using (listing_key)
),
cells as (
  select base_1, base_2, maker_1, maker_2, count(*) as value, count(*) filter (relation = 'finetune') as finetune, count(*) filter (relation = 'adapter') as adapter,
    count(*) filter (relation = 'quantized') as quantized, count(*) filter (relation not in ('finetune', 'adapter', 'quantized')) as relation_unknown,
    parts.is_labelled(in_by, base_1, base_2) and parts.is_labelled(in_by, maker_1, maker_2) as is_known
  from makers where not is_merge and not outside group by all
),
merged as (
  select base_1, base_2, maker_1, maker_2, count(*) as merges from (
    select distinct listing_key, part_1 as base_1, part_2 as base_2, maker_1, maker_2
    from links join makers using (listing_key) left join ends on ends.key = base_key
    where is_merge and not makers.outside
  ) group by all
),
whole as (
  select (select count(*) from makers where not is_merge and outside) as beyond, coalesce(sum(value), 0) as inside,
    coalesce(sum(value) filter (not is_known), 0) as loose
  from cells
),
joined as (
  select coalesce(c.base_1, m.base_1) as base_1, coalesce(c.base_2, m.base_2) as base_2, coalesce(c.maker_1, m.maker_1) as maker_1,
    coalesce(c.maker_2, m.maker_2) as maker_2, coalesce(value, 0) as value, coalesce(merges, 0) as merges,
    coalesce(finetune, 0) as finetune, coalesce(adapter, 0) as adapter, coalesce(quantized, 0) as quantized, coalesce(relation_unknown, 0) as relation_unknown
  from cells c full join merged m on m.base_1 is not distinct from c.base_1 and m.base_2 is not distinct from c.base_2
    and m.maker_1 is not distinct from c.maker_1 and m.maker_2 is not distinct from c.maker_2
),
open_parts as (
  select base_1, base_2, maker_1, maker_2, value from cells where not is_known
),
-- (Of one dimension the second half is null on both sides.)
bounded as (
  select joined.*, parts.is_labelled(in_by, base_1, base_2) and parts.is_labelled(in_by, maker_1, maker_2) as is_known,
    sum(value) over (partition by base_1, base_2) as of_base,
    coalesce((select sum(value) from open_parts o where (o.base_1 is null or o.base_1 = joined.base_1) and (o.base_2 is null or o.base_2 = joined.base_2)
      and (o.maker_1 is null or o.maker_1 = joined.maker_1) and (o.maker_2 is null or o.maker_2 = joined.maker_2)), 0) as loose_here
  from joined
),
named as (
  select *, parts.group_name(in_by, base_1, base_2) as base, parts.group_name(in_by, maker_1, maker_2) as maker from bounded
)
select maker || ' on ' || base as "group", '' as part_1, '' as part_2, base, maker, value, parts.share(value, inside) as share,
  parts.share_low(value, is_known, inside, beyond) as share_low, parts.share_high(value, is_known, loose_here, inside, beyond) as share_high,
  value as models, inside::bigint as denominator, 1 - loose / nullif(inside, 0) as labelled, value / nullif(of_base, 0) as share_of_base, merges, finetune, adapter, quantized,
  relation_unknown
from named cross join whole
order by value desc, not is_known, merges desc, "group"
