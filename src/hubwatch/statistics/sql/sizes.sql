-- name: sizes
-- title: Sizes of models by origin
-- definition: A row is a group of the models listed on the day and a class of size by number of parameters (lower bound
--   included); unknown where the hub does not say. value is the number of models; share is over the group's models (denominator, of which
--   labelled have a known size); the bounds let the group's models of unknown size all or none be of this class. median_parameters is over the group's
--   models whose size is known. Over several hubs a model is counted once.
-- unit: models; share of the group's models, 0..1; parameters
-- window: models listed on the day
-- parameters: hub, day, by=country|kind|organization|region|family|namespace|hub|task|license_class, country, policy
with
-- include scope
,
-- include listed
,
sized as (
  select "group", parameters,
    -- include size_class
    as size_class
  from counted where not outside
),
classes as (
  select "group", size_class, count(*) as value, coalesce(min(parameters), 1e18) as smallest from sized group by all
),
whole as (
  select "group" as owner, count(*) as inside, count(*) - count(parameters) as unlabelled, median(parameters)::hugeint as median_parameters
  from sized group by all
)
select coalesce("group", 'unknown') as "group", size_class, value, value / inside as share,
  case when size_class = 'unknown' then 0 else value end / inside as share_low,
  (value + case when size_class = 'unknown' then 0 else unlabelled end) / inside as share_high, value as models, inside as denominator, 1 - unlabelled / inside as labelled, median_parameters
from classes join whole on owner is not distinct from "group"
order by inside desc, owner is null, owner, smallest
