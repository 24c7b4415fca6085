-- name: releases
-- title: Models released each month
-- definition: A row is a calendar month (UTC) and a group; value is the number of models whose listing was created in that
--   month as reported by the hub, among all listings seen up to the day, removed ones included (of a renamed one the last id); share is over the month's
--   releases (denominator, of which labelled have a known group), the unlabelled being the group unknown. A model counts once, at its earliest original
--   listing. A month without a release between others has 0 (by namespace or model it has no row). is_partial marks a month that since or the day cuts. value_constant and share_constant count only namespaces that already had a listing before since
--   (empty without it): a constant panel alongside the growing one. What was deleted before hubwatch first looked is missing.
--   A repository with a time that its hub gives where it has none (data/placeholder_times.csv) is of no month.
-- unit: models; share of the month's models, 0..1
-- window: calendar month of creation, from since (default: the first) up to the day
-- whole: each row
-- needs: attributes
-- parameters: hub name, day date, source name, since date, by dimensions = kind, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
once as materialized (
  from parts.released('scope', {question})
),
counted as (
  select date_trunc('month', created_at)::date as month, settled, part_1, part_2, outside
  from once
  where in_since is null or created_at >= in_since
),
groups as (
  select month, part_1, part_2, count(*) as value, count(*) filter (settled) as value_constant from counted where not outside group by all
),
months as (
  select unnest(generate_series(min(month)::timestamp, max(month)::timestamp, interval 1 month))::date as month from counted
),
whole as (
  select month, count(*) filter (not outside) as inside, count(*) filter (not outside and part_1 is null and part_2 is null) as lost, count(*) filter (outside) as beyond,
    count(*) filter (not outside and not parts.is_labelled(in_by, part_1, part_2)) as loose, count(*) filter (not outside and settled) as inside_constant
  from counted group by month
),
filled as (
  from groups
  union all
  select month, part_1, part_2, 0, 0
  from months cross join (select distinct part_1, part_2 from groups) g
  where not parts.asks(in_by, ['namespace', 'model'])
    and (month, coalesce(part_1, ''), coalesce(part_2, '')) not in (select (month, coalesce(part_1, ''), coalesce(part_2, '')) from groups)
),
half as (
  from groups where parts.is_double(in_by) and (part_1 is null) <> (part_2 is null)
),
known as (
  select filled.*, parts.is_labelled(in_by, filled.part_1, filled.part_2) as is_known, coalesce(inside, 0) as inside, coalesce(beyond, 0) as beyond,
    coalesce(loose, 0) as loose, coalesce(lost, 0) + coalesce(a.value, 0) + coalesce(b.value, 0) as maybe, coalesce(inside_constant, 0) as inside_constant
  from filled left join whole using (month)
  left join half a on a.month = filled.month and a.part_2 is null and a.part_1 = filled.part_1
  left join half b on b.month = filled.month and b.part_1 is null and b.part_2 = filled.part_2
)
select month, parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  value, parts.share(value, inside) as share, parts.share_low(value, is_known, inside, beyond) as share_low,
  parts.share_high(value, is_known, maybe, inside, beyond) as share_high,
  value as models, inside as denominator, 1 - loose / nullif(inside, 0) as labelled,
  (in_since is not null and month < in_since) or month + interval 1 month > (select min(day) from scope) + interval 1 day as is_partial,
  case when in_since is not null then value_constant end as value_constant,
  case when in_since is not null then value_constant / nullif(inside_constant, 0) end as share_constant
from known
order by month, value desc, not is_known, "group"
