-- name: derived_share
-- title: Share of downloads that goes to derivatives
-- definition: A row is a group of one hub's listings observed on the day (by default all of the hub) and a relation to what they are made from:
--   finetune, adapter, quantized, merge (also all that name several bases), other, unknown (made from another model, the hub does not say how),
--   or original (they name no base). value is the sum of the counter; share is over the group's sum (denominator); share_derived is the share of all
--   relations but original together. labelled is the part of the denominator whose relation is known; the bounds of a relation let all or none of those made from another model in a way
--   that is not known be of it. By the listings' own statements on the day: one that names no base counts as an original.
-- unit: share of the group's sum of the counter, 0..1; value in the counter's unit
-- window: as of download_share
-- splits: relation
-- whole: each row
-- hubs: one
-- unlabelled: left out
-- parameters: hub name, day date, source name, by dimensions = hub, metric choice = downloads_30d|downloads_total|likes, policy policy, filters
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
made as materialized (
  select listing_key, case when relation in ('merge', 'finetune', 'adapter', 'quantized', 'unknown') then relation else 'other' end as relation
  from parts.relations_of('links')
),
related as (
  select part_1, part_2, coalesce(relation, 'original') as relation, value, is_again, is_flagged
  from parts.counted('scope', {question}) left join made using (listing_key) where not outside
),
groups as (
  select part_1, part_2, relation, sum(value) as value, count(value) filter (not is_again) as models, count(*) - count(value) as uncounted,
    count(value) filter (is_flagged) as flagged, coalesce(sum(value) filter (is_flagged), 0) as flagged_value
  from related group by all
),
whole as (
  select part_1 as whole_1, part_2 as whole_2, sum(value) as inside, coalesce(sum(value) filter (relation <> 'original'), 0) as derived,
    coalesce(sum(value) filter (relation = 'unknown'), 0) as loose
  from groups group by all
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  relation, value, parts.share(value, inside) as share,
  parts.share_low(value, relation <> 'unknown', inside, 0) as share_low,
  parts.share_high(value, relation not in ('original', 'unknown'), loose, inside, 0) as share_high,
  parts.share(derived, inside) as share_derived, models, uncounted, inside as denominator, 1 - loose / nullif(inside, 0) as labelled, flagged, flagged_value
from groups join whole on part_1 is not distinct from whole_1 and part_2 is not distinct from whole_2
order by inside desc nulls last, not parts.is_labelled(in_by, part_1, part_2), "group", relation <> 'original', value desc nulls last, relation
