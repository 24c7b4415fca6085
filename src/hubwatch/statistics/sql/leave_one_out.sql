-- name: leave_one_out
-- title: What a share owes to a single model or organization
-- definition: A row is a group and that one of its parts (by default one model) whose absence would change the group's share
--   most: without it, value and denominator both lose its counter. part_value is what the part has in the group; change is
--   share_without minus share; decisive marks a change of more than two points. Bounds of the share as of download_share.
-- unit: share of the counter's sum, 0..1
-- window: as of download_share
-- parameters: hub, day, by=country|kind|organization|region|family|namespace, part=model|organization|namespace, metric=downloads_30d|downloads_total|likes|models, country, policy, without_flagged
with
-- include scope
,
-- include counted
,
-- On one hub a model is counted by number, and named at the end.
parts as (
  select "group", case when $part = 'model' and list_unique($hubs) = 1 then listing_key end as number,
    case when $part = 'model' then case when list_unique($hubs) > 1 then model_id end when $part = 'namespace' then hub || ':' || namespace
      else coalesce(organization, hub || ':' || namespace) end as name,
    sum(value) as weight
  from counted where not outside and value is not null group by all
),
groups as (select "group", sum(weight) as value from parts group by all),
whole as (
  select sum(value) as inside, coalesce(sum(value) filter ("group" is null), 0) as unlabelled,
    (select coalesce(sum(value), 0) from counted where outside) as outside from groups
),
-- A model that moves the share most is among the group's largest; an organization or namespace may have most of its own elsewhere.
bars as (select "group", case when $part = 'model' then list_min(max(weight, 50)) else 0 end as bar from parts group by all),
largest as (
  select parts."group", number, parts.name, coalesce(model_id, parts.name) as part, weight
  from parts join bars on bars."group" is not distinct from parts."group" and weight >= bar left join store.listing on listing_key = number
  where weight > 0
  qualify $part <> 'model' or row_number() over (partition by parts."group" order by weight desc, part) <= 50
),
totals as (
  select part, sum(parts.weight) as total from parts
  join (select distinct number, name, part from largest) l on l.number is not distinct from parts.number and l.name is not distinct from parts.name
  group by part
),
measured as (
  select largest."group", value, part, weight, value / nullif(inside, 0) as share,
    case when largest."group" is null then 0 else value end / nullif(inside + outside, 0) as share_low,
    (value + outside + case when largest."group" is null then 0 else unlabelled end) / nullif(inside + outside, 0) as share_high,
    (value - weight) / nullif(inside - total, 0) as share_without
  from largest join totals using (part) join groups on groups."group" is not distinct from largest."group", whole
)
select coalesce("group", 'unknown') as "group", value, share, share_low, share_high, part, weight as part_value,
  share_without, round(share_without - share, 12) as change, abs(share_without - share) > 0.02 as decisive
from measured
qualify row_number() over (partition by "group" order by abs(share_without - share) desc nulls last, weight desc, part) = 1
order by value desc, "group" is null, "group"
