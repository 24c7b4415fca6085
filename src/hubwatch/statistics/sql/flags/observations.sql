-- Doubtful observations of some days of one hub (table `spans`), each against the listing's last observation on one of the observed days
-- before (`before`), its first on one of those after (`after`), and the one 30 days before (`month`). Nothing is repaired.
-- The bounds of all days looked at ($first_day, $last_before, ...) are said as values, so that no other day is read.
-- Displayed counts are rounded (11k, 4.7k): a counter within its own rounding did not fall. Counters may be just below
-- 2^63: they are divided, not multiplied.
-- Of the listings numbered $first to $last alone: every join is by listing, so slices add up to the whole. With $ahead, only
-- the flags that rest on a later day, of the listings in the temporary table `affected`. `rose` is no flag: a later day may make it one.
with
listed as (
  select listing_key, hub, model_id, first_seen_on from store.listing where hub = $hub and listing_key between $first and $last
),
now as (
  select c.*, hub, model_id, first_seen_on, created_at, unit.size as unit
  from store.counters c join listed using (listing_key) join (select day from spans) using (day)
  left join (select listing_key, created_at, valid_from, valid_to from store.attributes where valid_from <= $last_day
    and (valid_to is null or valid_to > $first_day) and listing_key between $first and $last) a
    on a.listing_key = c.listing_key and valid_from <= c.day and (valid_to is null or valid_to > c.day),
    lateral (select case when c.downloads_total >= 1000 and c.downloads_total % 100 = 0 then 10 ** least(
      length(c.downloads_total::varchar) - length(rtrim(c.downloads_total::varchar, '0')), length(c.downloads_total::varchar) - 2) else 0 end as size) unit
  where c.day between $first_day and $last_day and not superseded and c.listing_key between $first and $last
    and (not $ahead or c.listing_key in (from affected))
),
-- Most listings were observed on the day before with every counter that the hub reports: of the days before it only the others' are read.
day_before as (
  select listing_key, s.day, downloads_30d as month_before, downloads_total as total_before, c.day as day_before
  from store.counters c join spans s on c.day = s.last_before
  where c.day between $first_last_before and $last_before and not superseded and listing_key between $first and $last
    and (not $ahead or listing_key in (from affected))
    and (downloads_30d is not null or not reports_rolling) and (downloads_total is not null or not reports_cumulative)
),
lacking as (
  select listing_key, day from store.counters join (select day from spans) using (day) anti join day_before using (listing_key, day)
  where day between $first_day and $last_day and not superseded and listing_key between $first and $last
    and (not $ahead or listing_key in (from affected))
),
earlier as (
  from day_before
  union all
  select c.listing_key, lacking.day, arg_max(downloads_30d, c.day), arg_max(downloads_total, c.day), max(c.day)
  from store.counters c join lacking using (listing_key) join (select day, unnest(before) as then from spans) s on s.day = lacking.day and s.then = c.day
  where c.day between $first_before and $last_before and not superseded and c.listing_key between $first and $last
  group by c.listing_key, lacking.day
),
later as (
  select listing_key, s.day, arg_min(downloads_total, c.day) as total_after
  from store.counters c join (select day, unnest(after) as then from spans) s on s.then = c.day
  where c.day between $first_after and $last_after and not superseded
    and downloads_total is not null and listing_key between $first and $last and (not $ahead or listing_key in (from affected))
  group by listing_key, s.day
),
month as (
  select listing_key, s.day, downloads_total as total_month_ago, s.day - c.day as days from store.counters c join spans s on c.day = s.month
  where c.day between $first_month and $last_month and not superseded and downloads_total is not null and not $ahead
    and listing_key between $first and $last
),
seen as (
  select now.*, month_before, total_before, day_before, total_after, total_month_ago, days,
    -- how much of a fall the rounding of the earlier (to the nearest) and the present display (downwards) can explain
    greatest(unit, case when total_before >= 1000 and total_before % 100 = 0 then 10 ** least(
      length(total_before::varchar) - length(rtrim(total_before::varchar, '0')), length(total_before::varchar) - 2) / 2 else 0 end) as rounding,
    case when day - day_before > 10 then 1000000 else 10000 end as large
  from now left join earlier using (listing_key, day) left join later using (listing_key, day) left join month using (listing_key, day)
),
found as (
  select *, unnest([
    case when downloads_total <= greatest(10, total_before / 1000) and total_before >= 1000 then 'downloads_total_dropped'
      when total_before - downloads_total > rounding then 'downloads_total_fell' end,
    case when downloads_total / 5 >= greatest(total_before, 1) and downloads_total - total_before >= 1000
        and total_after < downloads_total / 5 then 'downloads_total_spiked'
      when downloads_total / 20 >= total_before and total_before >= 1000 and downloads_total >= 100000
        and total_after - downloads_total <= (downloads_total - total_before) / 10 then 'downloads_total_jumped' end,
    case when downloads_total / 5 >= greatest(total_before, 1) and downloads_total - total_before >= 1000 then 'rose' end,
    case when month_before is not null and downloads_30d / 20 >= greatest(month_before, 50) and downloads_30d >= large
        and coalesce(day - created_at::date, 999) > 60 then 'downloads_30d_jumped'
      when month_before / 20 >= downloads_30d and month_before >= large then 'downloads_30d_collapsed' end,
    case when downloads_30d > downloads_total + unit then 'downloads_30d_above_total' end,
    case when downloads_30d >= 1000 and downloads_total >= total_month_ago
        and (downloads_total - total_month_ago) * 30e0 / days not between downloads_30d * 0.5e0 and downloads_30d * 2e0
      then 'downloads_total_unlike_30d' end,
    case when likes >= 100 and coalesce(downloads_30d, downloads_total) < likes / 20
        and (day - created_at::date <= 30 or first_seen_on > day_limit and day - first_seen_on <= 7) then 'likes_without_downloads' end
  ]) as flag
  from seen, (select coalesce(min(day), date '9999-12-31') as day_limit from days where hub = $hub)
)
select listing_key, hub, model_id, day, flag, case
  when starts_with(flag, 'downloads_total') and flag <> 'downloads_total_unlike_30d'
    then format('downloads_total {:,} after {:,} on {}{}', downloads_total, total_before, day_before,
      case when total_after is not null then format(', then {:,}', total_after) else '' end)
  when flag = 'downloads_total_unlike_30d'
    then format('downloads_total grew by {:,} in {} days, downloads_30d is {:,}', downloads_total - total_month_ago, days, downloads_30d)
  when flag = 'downloads_30d_above_total' then format('downloads_30d {:,} is above downloads_total {:,}', downloads_30d, downloads_total)
  when flag = 'likes_without_downloads' then format('{:,} likes with {:,} downloads', likes, coalesce(downloads_30d, downloads_total))
  else format('downloads_30d {:,} after {:,} on {}', downloads_30d, month_before, day_before) end as detail
from found where flag is not null and (not $ahead or flag in
  ('downloads_total_dropped', 'downloads_total_fell', 'downloads_total_spiked', 'downloads_total_jumped'))
