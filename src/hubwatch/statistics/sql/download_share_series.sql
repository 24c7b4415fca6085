-- name: download_share_series
-- title: Share of downloads over time
-- definition: download_share for every day from since to the day on one hub that was observed by a complete full sweep or is
--   of an archive (sweep says which: their extents differ); other sweeps see a part of the hub and are left out. value and
--   share are over all listings of the day: a panel that grows. value_constant and share_constant are over a constant panel, fixed on the first
--   of these days: the namespaces observed on it, as far as the filters leave them in, with all that they list later, and repositories that were there
--   and have another id since. Who vanishes stays in it with nothing; later days change nothing of it. Where the two tell different stories,
--   the difference is the panel. Labels, licenses and tasks of a day are those that held on it, also for filters. flagged counts the day's flagged observations in value,
--   flagged_value their part of it; without_flagged leaves them out of every day. With every week or month a row is the medians, each column
--   its own, over that period's days (days says how many; a group that a day lacks has a share of 0 on it) and day is the period's first:
--   a Monday, or the first of the month; sweep is the last day's. A period without such a day has no row.
--   rule_since is the day since which the hub counts as a download what it counts then (data/counting_rules.csv): days of another rule_since are
--   another series. rule_change is the day of a change within what the row counts, so that it mixes two rules: one of the last 30 days of a rolling
--   counter, or within the row's period. Both are empty where no change is known before, and of counters other than downloads.
-- unit: share of the counter's sum, 0..1
-- window: as of download_share, day by day
-- whole: last day
-- days: all
-- hubs: one
-- parameters: hub name, day date, source name, since date, by dimensions = country, every choice = day|week|month, metric choice = downloads_30d|downloads_total|likes|models, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
observed as materialized (
  from parts.whole_days('scope', in_source, in_since, in_day)
),
series as materialized (
  from parts.series('scope', 'observed', {question})
),
-- A period's days; by day each is one of its own.
periods as materialized (
  select day, source, case when in_every = 'day' then day else date_trunc(in_every, day)::date end as period,
    count(*) over (partition by case when in_every = 'day' then day else date_trunc(in_every, day)::date end) as days
  from observed where day in (select day from series)
),
shared as (
  select period, day, source, days, part_1, part_2, is_known, value, parts.share(value, inside) as share,
    parts.share_low(value, is_known, inside, beyond) as share_low, parts.share_high(value, is_known, loose, inside, beyond) as share_high, models, inside,
    value_constant, value_constant / nullif(inside_constant, 0) as share_constant, flagged, flagged_value
  from series join periods using (day, source)
),
-- On the days that lack a group it has nothing, and at most what is not labelled.
absent as (
  select p.period, p.day, p.source, p.days, g.part_1, g.part_2, g.is_known, 0 as value, parts.share(0, inside) as share,
    parts.share_low(0, g.is_known, inside, beyond) as share_low, parts.share_high(0, g.is_known, loose, inside, beyond) as share_high, 0 as models, inside,
    0 as value_constant, 0 / nullif(inside_constant, 0) as share_constant, 0 as flagged, 0 as flagged_value
  from periods p
  join (select distinct period, part_1, part_2, is_known from shared) g using (period)
  join (select day, any_value(inside) as inside, any_value(beyond) as beyond, any_value(loose_all) as loose, any_value(inside_constant) as inside_constant
    from series group by day) w on w.day = p.day
  anti join series s on s.day = p.day and s.part_1 is not distinct from g.part_1 and s.part_2 is not distinct from g.part_2
  where in_every <> 'day'
),
medians as (
  select period as day, arg_max(source, shared.day) as source, part_1, part_2, is_known, any_value(days) as days,
    round(median(value))::hugeint as value, median(share) as share, median(share_low) as share_low, median(share_high) as share_high,
    round(median(models))::bigint as models, round(median(inside))::hugeint as inside, round(median(value_constant))::hugeint as value_constant,
    median(share_constant) as share_constant, round(median(flagged))::bigint as flagged, round(median(flagged_value))::hugeint as flagged_value
  from (from shared union all by name from absent) as shared where in_every <> 'day' group by all
),
told as (
  select day, source, part_1, part_2, is_known, days, value, share, share_low, share_high, models, inside, value_constant, share_constant, flagged, flagged_value
  from shared where in_every = 'day'
  union all by name
  from medians
),
ruled as (
  select period as day, max(changed_on) as rule_since, max(changed_on) filter (changed_on > begins - reach) as rule_change
  from (select period, min(day) as begins, max(day) as ends from periods group by period) join parts.rule_changes('scope') on changed_on <= ends
  group by period
)
select day, source as sweep, parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  value, share, share_low, share_high, models, inside as denominator, value_constant, share_constant, flagged, flagged_value, days,
  rule_since, rule_change
from told left join ruled using (day)
order by day, value desc nulls last, not is_known, "group"
