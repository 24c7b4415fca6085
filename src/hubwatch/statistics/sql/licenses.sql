-- name: licenses
-- title: Licenses of models by origin
-- definition: A row is a group of the models listed on the day and a class of license: permissive, copyleft,
--   responsible_use, non_commercial, custom, or unknown where the hub gives no license or its name is not in the reviewed
--   list. value is the number of models; share is over the group's models (denominator, of which labelled have a known license); the bounds let the group's unknown licenses all
--   or none be of this class. Over several hubs a model is counted once. Licenses as last observed.
-- unit: models; share of the group's models, 0..1
-- window: models listed on the day
-- parameters: hub, day, by=country|kind|organization|region|family|namespace|hub|task, country, policy
with
-- include scope
,
-- include listed
,
classes as (
  select "group", license_class, count(*) as value from counted where not outside group by all
),
whole as (
  select "group" as owner, sum(value) as inside, coalesce(sum(value) filter (license_class = 'unknown'), 0) as unlabelled from classes group by all
)
select coalesce("group", 'unknown') as "group", license_class, value, value / inside as share,
  case when license_class = 'unknown' then 0 else value end / inside as share_low,
  (value + case when license_class = 'unknown' then 0 else unlabelled end) / inside as share_high, value as models, inside as denominator, 1 - unlabelled / inside as labelled
from classes join whole on owner is not distinct from "group"
order by inside desc, owner is null, owner, value desc, license_class
