-- name: monthly_downloads
-- title: Downloads in 30 days, also of a hub that only counts totals
-- definition: A row is a group of listings of one hub (and, with split, a task within it). value is the downloads of 30 days: the
--   hub's own rolling figure where it gives one; else derived, the increase of the cumulative counter of the same repository since the observed
--   day since (by default the nearest to 30 days before, within tolerance days, a whole sweep of the same kind), times 30 over the days between unless scaled is false. derived is
--   the part of value that is so derived. A total that is flagged as a spike is replaced by the next observed one, which it cannot have been above;
--   a counter that fell otherwise or was not observed then is no figure: uncounted. models counts the listings of value, flagged those flagged on either day,
--   flagged_value their part of it. Listings below at_least are left out. Bounds as of download_share. Hubs are never added: they count differently.
-- unit: downloads in 30 days; share of their sum, 0..1
-- window: the 30 days before the day; derived: from since to the day
-- whole: rows
-- days: two or one
-- hubs: one
-- counters: downloads_30d|downloads_total
-- parameters: hub name, day date, source name, since date, by dimensions = country, split choice = none|task, at_least number = 0, tolerance count = 15, scaled switch = true, policy policy, filters
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
repaired as materialized (
  from parts.repaired('scope', 'since')
),
earlier as (
  select coalesce(moved.listing_key, c.listing_key) as listing_key, coalesce(r.downloads_total, c.downloads_total) as total_before, days_between
  from store.counters c join since on since.day = c.day and since.source = c.source
  left join moved on former_key = c.listing_key
  left join repaired r on r.listing_key = c.listing_key and r.day = c.day
),
doubted as materialized (
  select distinct f.hub, f.model_id from flags f
  where f.model_id <> '' and starts_with(flag, 'downloads') and f.day in (select day from scope union all select day from since)
),
doubted_keys as (
  select listing_key from doubted join store.listing using (hub, model_id)
),
joined_doubts as (
  select listing_key from doubted_keys
  union select moved.listing_key from moved semi join doubted_keys on doubted_keys.listing_key = former_key
),
flows as (
  select d.part_1, d.part_2, d.outside, case when in_split = 'task' then coalesce(task, 'unknown') end as part,
    downloads_30d is null as is_derived, joined_doubts.listing_key is not null as is_flagged,
    coalesce(downloads_30d, case when coalesce(r.downloads_total, c.downloads_total) >= total_before
      then round((coalesce(r.downloads_total, c.downloads_total) - total_before) * case when in_scaled then 30 / days_between else 1 end) end)::hugeint as value
  from store.counters c join scope on scope.day = c.day and scope.source = c.source
  join (from parts.described('scope', {question})) d on d.listing_key = c.listing_key
  left join repaired r on r.listing_key = c.listing_key and r.day = c.day
  left join earlier on earlier.listing_key = c.listing_key
  left join joined_doubts on joined_doubts.listing_key = c.listing_key
  where not in_without_flagged or joined_doubts.listing_key is null
),
counted as (
  from flows where value is null or value >= in_at_least
),
groups as (
  select part_1, part_2, part, sum(value) as value, count(value) as models, count(*) - count(value) as uncounted,
    coalesce(sum(value) filter (is_derived), 0) as derived, count(value) filter (is_flagged) as flagged,
    coalesce(sum(value) filter (is_flagged), 0) as flagged_value
  from counted where not outside group by all
),
whole as (
  select coalesce(sum(value) filter (not outside), 0) as inside, coalesce(sum(value) filter (outside), 0)
      + (select coalesce(sum(amount), 0) from parts.rejected('scope') where (select metric from scope) = 'downloads_30d') as beyond,
    coalesce(sum(value) filter (not outside and part_1 is null and part_2 is null), 0) as loose
  from counted
),
half as (
  from parts.half_known('groups', in_by)
),
known as (
  select groups.*, inside, beyond, loose + coalesce(a.value, 0) + coalesce(b.value, 0) as loose,
    parts.is_labelled(in_by, groups.part_1, groups.part_2) as is_known
  from groups cross join whole
  left join half a on a.part_2 is null and a.part_1 = groups.part_1
  left join half b on b.part_1 is null and b.part_2 = groups.part_2
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  part, value, parts.share(value, inside) as share, parts.share_low(value, is_known, inside, beyond) as share_low,
  parts.share_high(value, is_known, loose, inside, beyond) as share_high, models, uncounted, derived, flagged, flagged_value
from known
order by sum(value) over (partition by part_1, part_2) desc nulls last, not is_known, "group", value desc nulls last, part
