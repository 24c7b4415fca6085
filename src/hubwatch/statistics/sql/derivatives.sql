-- name: derivatives
-- title: Models made from other models
-- definition: A row is a group of base models. value is the number of derivations: pairs of a listing and a listing it says
--   it is made from (a merge of three counts three times); share is over all derivations of the hubs; a base that the hub does
--   not list itself counts by its namespace; one whose group is not known is in unknown, and the bounds let all or none of
--   those be this group's. derived is the
--   number of different listings derived directly; descendants those whose chain of bases ends in this group,
--   where from a merge on it follows the first base that the merge names; bases the models built on. The rest counts derivations by
--   relation, relation_unknown all that are none of the four. By the listings' own word: a base nobody names is not counted.
-- unit: derivations; share of derivations, 0..1
-- window: derived listings listed on the day
-- parameters: hub, day, by=family|organization|country|kind|region|namespace|model|hub, policy
with
-- include scope
,
-- include labels
,
-- include standing
,
links as (
  select hub, model_id, base_model_id, relation, root_model_id from derivations
  join listings using (hub, model_id)
  join scope using (hub)
  where
    -- include stands
),
ends as (
  select *, split_part(model_id, '/', 1) as namespace from (
    select hub, base_model_id as model_id from links union select hub, root_model_id from links)
),
grouped as (
  select hub, model_id,
    -- include group
    from ends as listing
  cross join (select null as license, null as license_class, null as task)
  left join origin using (hub, namespace)
  left join (select hub, model_id, any_value(family) as family from (
      from families
      union all select hub, base_model_id, base_family from derivations
      union all select hub, root_model_id, root_family from derivations) group by hub, model_id) as families using (hub, model_id)
  left join regions using (country)
),
direct as (
  select "group", count(*) as value, count(distinct (hub, links.model_id)) as derived, count(distinct (hub, base_model_id)) as bases,
    count(*) filter (relation = 'finetune') as finetune, count(*) filter (relation = 'adapter') as adapter,
    count(*) filter (relation = 'merge') as merge, count(*) filter (relation = 'quantized') as quantized,
    count(*) filter (coalesce(relation, 'unknown') not in ('finetune', 'adapter', 'merge', 'quantized')) as relation_unknown
  from (select distinct hub, model_id, base_model_id, relation from links) as links
  join grouped using (hub) where grouped.model_id = base_model_id group by all
),
chains as (
  select "group" as owner, count(distinct (hub, links.model_id)) as descendants
  from links join grouped using (hub) where grouped.model_id = root_model_id group by all
),
whole as (select sum(value) as inside, coalesce(sum(value) filter ("group" is null), 0) as unlabelled from direct)
select coalesce("group", 'unknown') as "group", value, value / inside as share,
  case when "group" is null then 0 else value end / inside as share_low,
  (value + case when "group" is null then 0 else unlabelled end) / inside as share_high, derived as models,
  coalesce(descendants, 0) as descendants, bases, finetune, adapter, merge, quantized, relation_unknown
from direct left join chains on owner is not distinct from "group", whole
order by value desc, "group" is null, "group"
