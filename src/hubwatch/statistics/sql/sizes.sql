-- name: sizes
-- title: Sizes of models by origin
-- definition: A row is a group of the models listed on the day and a class of size by number of parameters (lower bound
--   included); unknown where the hub does not say. value is the number of models; share is over the group's models (denominator, of which
--   labelled have a known size); the bounds let the group's models of unknown size all or none be of this class. median_parameters,
--   smallest_parameters and largest_parameters are over the group's models whose size is known; a quarter of these has at most lower_quartile
--   parameters, a quarter at least upper_quartile, a tenth at least top_tenth. A model is counted once.
-- unit: models; share of the group's models, 0..1; parameters
-- window: models listed on the day
-- splits: size_class
-- whole: each row
-- needs: attributes
-- unlabelled: left out
-- parameters: hub name, day date, source name, by dimensions = country, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
sized as (
  select part_1, part_2, parameters, parts.size_class(parameters) as size_class from parts.listed('scope', {question}) where not outside
),
classes as (
  select part_1, part_2, size_class, count(*) as value, coalesce(min(parameters), 1e18) as smallest from sized group by all
),
whole as (
  select part_1 as owner_1, part_2 as owner_2, count(*) as inside, count(*) - count(parameters) as loose,
    median(parameters)::hugeint as median_parameters, min(parameters) as smallest_parameters, max(parameters) as largest_parameters,
    quantile_disc(parameters, [0.25, 0.75, 0.9]) as quantiles
  from sized group by all
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  size_class, value, parts.share(value, inside) as share, parts.share_low(value, size_class <> 'unknown', inside, 0) as share_low,
  parts.share_high(value, size_class <> 'unknown', loose, inside, 0) as share_high, value as models, inside as denominator, 1 - loose / inside as labelled,
  median_parameters, smallest_parameters, largest_parameters,
  quantiles[1] as lower_quartile, quantiles[2] as upper_quartile, quantiles[3] as top_tenth
from classes join whole on owner_1 is not distinct from part_1 and owner_2 is not distinct from part_2
order by inside desc, not parts.is_labelled(in_by, part_1, part_2), "group", smallest
