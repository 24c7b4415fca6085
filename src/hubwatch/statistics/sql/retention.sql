-- name: retention
-- title: What is left of a month's releases
-- definition: A row is a month and an age: the listings created in that month on one hub (as the hub reports it) that hubwatch ever observed, by
--   whatever source, and how many of them were observed so many months later (listed), and had a counter of at_least [1] or more then (value; without_flagged: and no flag on it). The
--   later day is the whole day nearest to the month's last day so many months on, at most seven days away (0 months on: not before the month ends);
--   without one there is no row. share is of the month's listings (denominator), listed_share too. On a hub without whole days all is of the
--   listings of its head days or of one selection. Filters are of what held on the last day. What was removed before the first observation is not known: survival of months
--   before hubwatch's first whole day is that of what had survived until then. A time that a hub gives where it has none
--   (data/placeholder_times.csv) is no month's.
-- unit: share of the month's listings, 0..1
-- window: 0, 1, 2, 3, 6, 12, 18 and 24 months after the month's last day
-- whole: none
-- days: all
-- hubs: one
-- needs: attributes
-- parameters: hub name, day date, source name, since date, at_least number = 1, metric choice = downloads_30d|downloads_total|likes, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
observed as materialized (
  from parts.whole_days('scope', in_source, null::date, in_day)
),
length as materialized (
  select max(day) as last_day, bool_and(parts.extent_of(extent, source) = 'whole') as is_whole from observed join sweeps using (hub, day, source)
),
ended as materialized (
  select scope.hub, hubs, last_day as day, source, metric from scope cross join length
),
-- Of a part of the hub, what else was seen says nothing: it may still be listed where that part does not reach.
ever_listed as materialized (
  select distinct listing_key from store.counters semi join observed using (day, source) where not (select is_whole from length)
),
cohorts as materialized (
  select listing_key, date_trunc('month', created_at)::date as month from parts.described('ended', {question})
  where not outside and created_at is not null and first_seen_on <= day and ((select is_whole from length) or listing_key in (from ever_listed))
    and (hub, date_trunc('second', created_at)) not in (select (hub, moment::timestamp) from facts.placeholder_times)
    and (in_since is null or created_at >= date_trunc('month', in_since))
),
sizes as (
  select month, count(*) as listings from cohorts group by month
),
ages as (
  select unnest([0, 1, 2, 3, 6, 12, 18, 24]) as months
),
looks as materialized (
  select month, months, day, source, metric from sizes cross join ages cross join observed
  where abs(day - last_day(month + to_months(months::int))) <= 7 and (months > 0 or day >= last_day(month))
  qualify row_number() over (partition by month, months order by abs(day - last_day(month + to_months(months::int))), day) = 1
),
doubted as materialized (
  from parts.flagged('scope', in_metric) where in_without_flagged
),
seen as (
  select month, months, looks.day, count(*) as listed,
    count(*) filter (parts.counter(metric, downloads_30d, downloads_total, likes) >= in_at_least and doubted.listing_key is null) as value
  from looks join cohorts using (month) join store.counters c on c.listing_key = cohorts.listing_key and c.day = looks.day and c.source = looks.source
  left join doubted on doubted.listing_key = c.listing_key and doubted.day = c.day
  group by all
)
select month, months, looks.day, coalesce(value, 0) as value, coalesce(value, 0) / listings as share, coalesce(listed, 0) as listed,
  coalesce(listed, 0) / listings as listed_share, listings as denominator
from looks join sizes using (month) left join seen using (month, months)
order by month, months
