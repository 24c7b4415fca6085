-- name: openness
-- title: How freely models can be had
-- definition: A row is a group of the models listed on the day, a way of access (open: nobody is asked; gated: on request or terms must be
--   accepted first, by hand or automatically; unknown: the hub does not report it) and a class of license. value is the number of models; share is over
--   the group's models (denominator, of which labelled have both known); the bounds allow for every model of the group of which access or license
--   is not known and that could be of this row. share_free is the group's part that is open and under a permissive license, share_free_high what it is at most. Access and license are
--   what the listing states, not what was tried. A model is counted once, by its original.
-- unit: models; share of the group's models, 0..1
-- window: models listed on the day
-- splits: license_class
-- whole: each row
-- needs: attributes
-- unlabelled: left out
-- parameters: hub name, day date, source name, by dimensions = country, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
judged as (
  select part_1, part_2, license_class, case when gated is null then 'unknown' when lower(gated) in ('false', 'no', '0') then 'open' else 'gated' end as access
  from parts.listed('scope', {question}) where not outside
),
groups as (
  select part_1, part_2, access, license_class, count(*) as value from judged group by all
),
whole as (
  select part_1 as whole_1, part_2 as whole_2, sum(value) as inside, sum(value) filter (access = 'unknown' or license_class = 'unknown') as loose,
    coalesce(sum(value) filter (access = 'open' and license_class = 'permissive'), 0) as free,
    coalesce(sum(value) filter ((access = 'unknown' or license_class = 'unknown') and access in ('open', 'unknown')
      and license_class in ('permissive', 'unknown')), 0) as may_be_free
  from groups group by all
),
bounded as (
  select g.*, coalesce((select sum(o.value) from groups o where o.part_1 is not distinct from g.part_1 and o.part_2 is not distinct from g.part_2
      and (o.access = 'unknown' or o.license_class = 'unknown') and o.access in (g.access, 'unknown') and o.license_class in (g.license_class, 'unknown')), 0) as loose_here,
    access <> 'unknown' and license_class <> 'unknown' as is_known
  from groups g
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  access, license_class, value, parts.share(value, inside) as share, parts.share_low(value, is_known, inside, 0) as share_low,
  parts.share_high(value, is_known, loose_here, inside, 0) as share_high,
  parts.share(free, inside) as share_free, parts.share(free + may_be_free, inside) as share_free_high, value as models, inside::bigint as denominator,
  1 - coalesce(loose, 0) / inside as labelled
from bounded join whole on whole_1 is not distinct from part_1 and whole_2 is not distinct from part_2
order by inside desc, not parts.is_labelled(in_by, part_1, part_2), "group", value desc, access, license_class
