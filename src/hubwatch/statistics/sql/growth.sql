-- name: growth
-- title: Growth between two days
-- definition: A row is a group of one hub's listings. value and previous_value are its sums of the counter on the day and on
--   since (by default the nearest to 30 days before of a whole sweep of the same kind), each by the names, labels and licenses of that
--   day; 0 where that day's source lists nothing of the group and would. value_constant and previous_constant are of a constant panel that is
--   fixed on since: the namespaces observed on it, whether or not they are still there, with all that they list on the day, and renamed repositories that
--   were there. In it a renamed or relabelled repository counts as what it is now. flow_30d is, for downloads_total,
--   a derived 30-day figure: the increase of the repositories observed on both days, times 30 over the days between; a flagged
--   spike is replaced by the next observed value, and one whose counter fell otherwise is left out of it and counted in falls. models counts a
--   model once, whatever its listings; flagged counts the listings flagged on either day. rule_change is the day between on which the hub changed what it
--   counts as a download, 30 days and more before since for a rolling counter: what changed then may be the rule; empty where there is none.
-- unit: the counter's unit; change_rate is the change over previous_value; flow_30d: downloads in 30 days, derived
-- window: from since to the day
-- whole: none
-- days: two
-- hubs: one
-- parameters: hub name, day date, source name, since date, by dimensions = country, metric choice = downloads_30d|downloads_total|likes|models, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
since as materialized (
  from parts.earlier('scope', in_since, in_days, in_tolerance)
),
moved as materialized (
  from parts.moved('scope', 'since')
),
doubted as materialized (
  from parts.doubted('scope', 'since', 'moved', in_metric)
),
doubles as materialized (
  from parts.doubles('scope', in_by)
),
-- The few listings that are not described alike on both days, or are one model with others of this hub.
span as materialized (
  select scope.hub, since.day as first_day, scope.day as last_day from scope cross join since
),
redescribed as materialized (
  from parts.redescribed('span', {question})
),
special as (
  select listing_key from redescribed union select listing_key from doubles
),
described_twice as materialized (
  from parts.described_twice('special', 'scope', 'since', {question})
),
again as materialized (
  from parts.again('scope', 'since', 'doubles', 'described_twice', 'doubted', in_metric, in_without_flagged)
),
relabelled as materialized (
  select listing_key, b.listing_key is not null as fits_before, b.part_1, b.part_2, b.outside, b.namespace
  from redescribed left join (from described_twice semi join scope using (day)) n using (listing_key)
  left join (from described_twice semi join since using (day)) b using (listing_key)
  where (n.listing_key is null) <> (b.listing_key is null) or n.part_1 is distinct from b.part_1 or n.part_2 is distinct from b.part_2
    or n.outside is distinct from b.outside
),
repaired as materialized (
  select r.* from parts.repaired('scope', 'since') r cross join scope where metric = 'downloads_total'
),
fixed_now as (
  select listing_key, downloads_total from repaired semi join scope using (day)
),
fixed_before as (
  select coalesce(moved.listing_key, repaired.listing_key) as listing_key, downloads_total
  from repaired semi join since using (day) left join moved on former_key = repaired.listing_key
),
-- What was of another group then, or was left out by the filters, has a row for each day. `step`: the increase since, spikes repaired.
sides as (
  select s.* replace (case when relabelled.listing_key is null then before end as before, is_before and relabelled.listing_key is null as is_before),
    coalesce(fixed_now.downloads_total, now) - coalesce(fixed_before.downloads_total, joined_before) as step
  from parts.sides('scope', 'since', 'moved', 'doubted', 'again', {question}) s
  left join fixed_now on fixed_now.listing_key = s.listing_key
  left join fixed_before on fixed_before.listing_key = s.listing_key
  left join relabelled on relabelled.listing_key = s.listing_key
  union all by name
  select relabelled.listing_key, namespace, part_1, part_2, outside,
    parts.counter(case when in_metric is not null then in_metric else metric end, downloads_30d, downloads_total, likes) as before,
    false as is_now, true as is_before, doubted.listing_key is not null as is_flagged, false as is_again
  from relabelled join store.counters c using (listing_key) join since using (day, source)
  cross join (select metric from scope) left join doubted using (listing_key)
  where fits_before and listing_key not in (select listing_key from again where is_left_out and not is_now)
    and (not in_without_flagged or doubted.listing_key is null)
),
counter as (
  -- Who is not in a selection may yet be on the hub, unless both days are of the same one.
  select metric, (select parts.extent_of(extent, source) = 'whole' and (complete or starts_with(source, 'archive'))
      or starts_with(source, 'archive') and source = (select source from since)
    from sweeps where (hub, day, source) in (select (hub, day, source) from scope)) or metric = 'models' as knows_now,
    (select tells_all from since) or metric = 'models' as knew_before,
    (select days_between from since) as days
  from scope
),
portions as (
  select namespace, listing_key in (select listing_key from moved) as is_moved, part_1, part_2, sum(now) as now, sum(before) as before, sum(joined_before) as joined_before,
    count(*) filter (is_now) as seen_now, count(*) filter (is_before) as seen_before,
    count(now) filter (not is_again) as counted, sum(step) filter (step >= 0) as rise, count(*) filter (step < 0) as falls,
    count(*) filter (is_flagged) as flagged
  from sides where not outside group by all
),
panel as (
  select namespace, is_moved, is_moved or sum(sum(seen_before)) over (partition by namespace) > 0 as constant from portions group by namespace, is_moved
),
groups as (
  select part_1, part_2, case when sum(seen_now) = 0 and any_value(knows_now) then 0 else sum(now) end as value,
    case when sum(seen_before) = 0 and any_value(knew_before) then 0 else sum(before) end as previous_value,
    sum(now) filter (constant) as value_constant, sum(joined_before) filter (constant) as previous_constant,
    sum(counted)::bigint as models, case when any_value(metric) = 'downloads_total' then sum(rise) * 30 / any_value(days) end as flow_30d,
    case when any_value(metric) in ('downloads_total', 'likes') then sum(falls)::bigint end as falls, sum(flagged)::bigint as flagged
  from portions join panel using (namespace, is_moved) cross join counter group by part_1, part_2
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  previous_value, value, value - previous_value as change,
  (value - previous_value) / nullif(previous_value, 0) as change_rate, previous_constant, value_constant,
  (value_constant - previous_constant) / nullif(previous_constant, 0) as change_rate_constant, flow_30d, falls, models, flagged,
  (select max(changed_on) from parts.rule_changes('scope') cross join since where changed_on > since.day - reach
    and changed_on <= (select day from scope)) as rule_change
from groups
order by value desc nulls last, not parts.is_labelled(in_by, part_1, part_2), "group"
