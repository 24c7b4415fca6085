-- name: release_calendar
-- title: Models released each day
-- definition: A row is a day (UTC) and a group (by default the hub); value is the number of models whose listing was created on that day as
--   reported by the hub, among all listings seen up to the day asked, removed ones included; share is over the day's releases (denominator, of
--   which labelled have a known group), the unlabelled being the group unknown. A model counts once, at its earliest original listing. A day without a
--   release has no row. is_partial marks a day that a hub was observed in the midst of, or not any more. What was deleted before hubwatch first looked is missing. A repository with a time that its hub
--   gives where it has none (data/placeholder_times.csv) is of no day.
-- unit: models; share of the day's models, 0..1
-- window: day of creation, from since (default: the last 365 days) up to the day
-- whole: each row
-- needs: attributes
-- parameters: hub name, day date, source name, since date, by dimensions = hub, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
-- (In a table of its own: DuckDB 2.0.0 fails to bind a condition on the date that it moves into this query where form is asked for.)
released as materialized (
  from parts.released('scope', {question})
),
counted as (
  select created_at::date as created_on, part_1, part_2, outside from released
  where created_at >= case when in_since is not null then in_since else (select max(day) from scope) - 364 end
),
groups as (
  select created_on, part_1, part_2, count(*) as value from counted where not outside group by all
),
whole as (
  select created_on, count(*) filter (not outside) as inside, count(*) filter (outside) as beyond,
    count(*) filter (not outside and not parts.is_labelled(in_by, part_1, part_2)) as loose,
    count(*) filter (not outside and part_1 is null and part_2 is null) as lost
  from counted group by created_on
),
half as (
  from groups where parts.is_double(in_by) and (part_1 is null) <> (part_2 is null)
),
known as (
  select groups.*, inside, beyond, loose, parts.is_labelled(in_by, groups.part_1, groups.part_2) as is_known,
    lost + coalesce(a.value, 0) + coalesce(b.value, 0) as maybe
  from groups join whole using (created_on)
  left join half a on a.created_on = groups.created_on and a.part_2 is null and a.part_1 = groups.part_1
  left join half b on b.created_on = groups.created_on and b.part_1 is null and b.part_2 = groups.part_2
)
select created_on, parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  value, parts.share(value, inside) as share, parts.share_low(value, is_known, inside, beyond) as share_low,
  parts.share_high(value, is_known, maybe, inside, beyond) as share_high, value as models, inside as denominator, 1 - loose / nullif(inside, 0) as labelled,
  created_on >= (select min(day) from scope) as is_partial
from known
order by created_on, value desc, not is_known, "group"
