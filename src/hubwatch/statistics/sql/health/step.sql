-- What became of a source's counters from one of its days ($before) to the next ($day), in figures that the rules of health read.
-- From: store.counters, store.unread, larger (listing_key, rate a day: the largest counters whose standing still is no chance).
-- A listing counts where both days have it: what a new one comes with was not downloaded on the day.
with
earlier as (
  select listing_key, downloads_30d as b30, downloads_total as bt from store.counters
  where day = $before and source = $source and listing_key between $first and $last and listing_key in (select listing_key from hub_keys)
),
now as (
  select listing_key, downloads_30d as n30, downloads_total as nt from store.counters
  where day = $day and source = $source and listing_key between $first and $last and listing_key in (select listing_key from hub_keys)
),
unread as (
  select listing_key from store.unread join store.listing using (hub, model_id) where hub = $hub and day = $day and source = $source
),
pair as (
  select *, bt >= 1000 and bt % 100 = 0 as rounded,  -- a display such as 11k stands still for days
    case when nt is not null and bt is not null then nt = bt else n30 = b30 end as stands
  from earlier join now using (listing_key) left join larger using (listing_key)
)
select count(*) as shared,
  count(rate) filter (not coalesce(rounded, false) and stands is not null) as larger,
  count(rate) filter (not coalesce(rounded, false) and stands) as frozen,
  count(*) filter (coalesce(b30, bt) >= 100 and stands is not null) as compared,
  count(*) filter (coalesce(b30, bt) >= 100 and stands) as unchanged,
  count(*) filter (bt >= 100 and nt is not null) as counted,
  count(*) filter (bt >= 100 and if(rounded, nt < bt * 0.995, nt < bt)) as fell,
  coalesce(sum(nt - bt) filter (nt > bt), 0)::double as flow,
  (coalesce(sum(b30) filter (nt is not null and bt is not null), 0) * ($day - $before))::double as usual,  -- thirty times: whole numbers add up alike
  count(rate) filter (b30 > 0 and n30 is not null) as rolling,
  count(rate) filter (b30 > 0 and n30 < b30 * (0.9 - ($day - $before) / 30)) as sunk,
  count(rate) filter (b30 > 0 and n30 < b30 * 0.75) as fell_quarter,
  count(rate) filter (b30 > 0 and n30 > b30 * 1.1) as rose_tenth,
  count(rate) filter (b30 > 0 and n30 > b30 * 1.33) as rose_third,
  coalesce(sum(n30), 0)::double as sum_30d,
  coalesce(sum(nt), 0)::double as sum_total,
  (coalesce(sum(b30) filter (n30 is null), 0) + (select coalesce(sum(b30), 0) from earlier semi join unread using (listing_key)))::double as unread_30d,
  (coalesce(sum(bt) filter (nt is null), 0) + (select coalesce(sum(bt), 0) from earlier semi join unread using (listing_key)))::double as unread_total
from pair
