-- Doubtful days of one hub: a sweep that is not complete, a full one that lists far fewer than the complete one before
-- (others list what they are asked for, each time anew), and a day on which the hub did not count (of the thousand largest
-- counters of the observed day before, nearly all are unchanged).
with
this as (select * from days where hub = $hub and day = $day),
whole_before as (
  select day, records from days where hub = $hub and day < $day and complete and sweep = 'full' order by day desc limit 1
),
previous as (
  select listing_key, coalesce(downloads_30d, downloads_total) as counter
  from store.counters join store.listing using (listing_key)
  where hub = $hub and day = list_max($before) and not superseded and coalesce(downloads_30d, downloads_total) >= 100
  order by counter desc limit 1000
),
compared as (
  select count(*) as listings, count(*) filter (counter = coalesce(downloads_30d, downloads_total)) as unchanged
  from store.counters c join previous using (listing_key) where c.day = $day and not superseded
)
select $hub as hub, '' as model_id, $day as day, 'day_partial' as flag,
  case when not complete then format('the sweep is incomplete: {} records', this.records)
    else format('{} records, {} on {}', this.records, whole_before.records, whole_before.day) end as detail
from this left join whole_before on true
where not starts_with(this.sweep, 'archive') and (not complete or sweep = 'full' and this.records < 0.9 * whole_before.records)  -- an archive is no sweep
union all
select $hub, '', $day, 'day_unchanged', format('{} of {} large counters are as on {}', unchanged, listings, list_max($before))
from compared where listings >= 20 and unchanged >= 0.95 * listings
