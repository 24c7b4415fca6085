-- name: leave_one_out
-- title: What a share owes to a single model or organization
-- definition: A row is a group and that one of its parts (by default one model) whose absence would change the group's share
--   most: without it, value and denominator both lose its counter. part_value is what the part has in the group; change is
--   share_without minus share, share_without 0 where nothing is left; decisive marks a change of more than two points. A group
--   whose counters are all 0 has a row without a part. Over several hubs a model is one whatever its listings. Bounds as of download_share.
-- unit: share of the counter's sum, 0..1
-- window: as of download_share
-- whole: rows
-- parameters: hub name, day date, source name, by dimensions = country, part choice = model|organization|namespace, metric choice = downloads_30d|downloads_total|likes|models, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
counted as (
  from parts.counted('scope', {question})
),
-- On one hub a model is counted by number, and named at the end; over several, by the model of its listings.
parts_of as (
  select part_1, part_2, case when in_part = 'model' and hubs = 1 then counted.listing_key end as number,
    case when in_part = 'model' then case when hubs > 1 then coalesce(model_name, model_id) end
      when in_part = 'namespace' then hub || ':' || namespace else coalesce(organization, hub || ':' || namespace) end as name,
    sum(value) as weight
  from counted left join (
    select listing_key, substr(model_key, strpos(model_key, ':') + 1) as model_name from parts.linked(in_by) where in_part = 'model'
  ) named on named.listing_key = counted.listing_key and hubs > 1
  where not outside and value is not null group by all
),
groups as materialized (
  select part_1, part_2, sum(weight) as value from parts_of group by all
),
whole as (
  select sum(value) as inside, coalesce(sum(value) filter (part_1 is null and part_2 is null), 0) as loose,
    (select coalesce(sum(value), 0) from counted where outside) + (select coalesce(sum(amount), 0) from parts.rejected('scope')) as beyond from groups
),
half as (
  from parts.half_known('groups', in_by)
),
-- A model that moves the share most is among the group's largest; an organization or namespace may have most of its own elsewhere.
bars as (
  select part_1, part_2, case when in_part = 'model' then list_min(max(weight, 50)) else 0 end as bar from parts_of group by all
),
largest as (
  select p.part_1, p.part_2, number, p.name, coalesce(model_id, p.name) as part, weight
  from parts_of p join bars on bars.part_1 is not distinct from p.part_1 and bars.part_2 is not distinct from p.part_2 and weight >= bar
  left join store.listing on listing_key = number
  where weight > 0
  qualify in_part <> 'model' or row_number() over (partition by p.part_1, p.part_2 order by weight desc, part) <= 50
),
totals as (
  select part, sum(p.weight) as total from parts_of p
  join (select distinct number, name, part from largest) l on l.number is not distinct from p.number and l.name is not distinct from p.name
  group by part
),
measured as (
  select groups.part_1, groups.part_2, groups.value, part, weight, parts.is_labelled(in_by, groups.part_1, groups.part_2) as is_known,
    case when part is not null then case when inside = total then 0 else (groups.value - weight) / (inside - total) end end as share_without,
    inside, beyond, loose + coalesce(a.value, 0) + coalesce(b.value, 0) as loose
  from groups left join half a on a.part_2 is null and a.part_1 = groups.part_1 left join half b on b.part_1 is null and b.part_2 = groups.part_2
  left join (from largest join totals using (part)) l
    on l.part_1 is not distinct from groups.part_1 and l.part_2 is not distinct from groups.part_2, whole
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  value, parts.share(value, inside) as share, parts.share_low(value, is_known, inside, beyond) as share_low,
  parts.share_high(value, is_known, loose, inside, beyond) as share_high, part, weight as part_value,
  share_without, round(share_without - parts.share(value, inside), 12) as change, abs(share_without - parts.share(value, inside)) > 0.02 as decisive
from measured
qualify row_number() over (partition by part_1, part_2 order by abs(share_without - parts.share(value, inside)) desc nulls last, weight desc, part) = 1
order by value desc, not is_known, "group"
