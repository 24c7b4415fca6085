-- name: licenses
-- title: Licenses of models by origin
-- definition: A row is a group of the models listed on the day and a class of license: permissive, copyleft,
--   responsible_use, non_commercial, custom, or unknown where the hub gives no license or its name is not in the reviewed
--   list. value is the number of models; share is over the group's models (denominator, of which labelled have a known license);
--   the bounds let the group's unknown licenses all or none be of this class. A model is counted once. Licenses as they were on the day.
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
classes as (
  select part_1, part_2, license_class, count(*) as value from parts.listed('scope', {question}) where not outside group by all
),
whole as (
  select part_1 as owner_1, part_2 as owner_2, sum(value) as inside, coalesce(sum(value) filter (license_class = 'unknown'), 0) as loose
  from classes group by all
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  license_class, value, parts.share(value, inside) as share, parts.share_low(value, license_class <> 'unknown', inside, 0) as share_low,
  parts.share_high(value, license_class <> 'unknown', loose, inside, 0) as share_high, value as models, inside as denominator, 1 - loose / inside as labelled
from classes join whole on owner_1 is not distinct from part_1 and owner_2 is not distinct from part_2
order by inside desc, not parts.is_labelled(in_by, part_1, part_2), "group", value desc, license_class
