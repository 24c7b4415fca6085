-- name: leaders
-- title: The leaders and how their ranks changed
-- definition: A row is one of the first models (or organizations, ...) of a hub by a counter on the day, with its share of
--   the whole and its rank on an earlier day (by default the nearest to 30 days before, if within 15, of a whole
--   sweep of the same kind). rank_change is places gained; empty when it was not observed then, under whatever id; names and labels
--   are those of the day. A model is counted once, whatever its listings. Equal counters share a rank. The
--   unlabelled are not ranked but are part of the denominator; the bounds let all or none of them be this one's.
-- unit: the counter's unit; rank 1 is first; share 0..1
-- window: as of download_share; rank change between since and the day
-- whole: first ones
-- days: two or one
-- hubs: one
-- parameters: hub name, day date, source name, since date, by dimensions = model, metric choice = downloads_30d|downloads_total|likes|models, top count = 20, policy policy, filters
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
doubles_described as materialized (
  from parts.described_twice('doubles', 'scope', 'since', {question})
),
again as materialized (
  from parts.again('scope', 'since', 'doubles', 'doubles_described', 'doubted', in_metric, in_without_flagged)
),
sides as (
  from parts.sides('scope', 'since', 'moved', 'doubted', 'again', {question})
),
-- Models are counted by number, and named at the end.
sums as (
  select case when in_by = 'model' then listing_key end as model, case when in_by <> 'model' then part_1 end as part_1, part_2, outside,
    in_by = 'model' or parts.is_labelled(in_by, part_1, part_2) as is_known,
    sum(now) as value, sum(joined_before) as previous_value, count(now) filter (not is_again) as models
  from sides group by all
),
named as (
  from sums where not outside and is_known
),
whole as (
  select sum(value) filter (not outside) as inside, coalesce(sum(value) filter (not outside and not is_known and part_1 is null and part_2 is null), 0) as loose,
    coalesce(sum(value) filter (outside), 0) + (select coalesce(sum(amount), 0) from parts.rejected('scope')) as beyond
  from sums
),
half_labelled as (
  select part_1, part_2, value from sums where not outside and not is_known
),
half as (
  from parts.half_known('half_labelled', in_by)
),
-- All that may be among the first, and where they stood among all.
first_ones as (
  select model, part_1, part_2, value, previous_value, models, rank() over (order by value desc) as rank from named
  where value >= (select list_min(max(value, in_top)) from named)
),
earlier as (
  select model, part_1, part_2, rank() over (order by previous_value desc) as previous_rank from named
  where previous_value >= (select min(previous_value) from first_ones)
)
select rank, previous_rank, previous_rank - rank as rank_change,
  coalesce(model_id, parts.group_name(in_by, n.part_1, n.part_2)) as "group", coalesce(model_id, n.part_1) as part_1, n.part_2,
  n.value, previous_value, parts.share(n.value, inside) as share, parts.share_low(n.value, true, inside, beyond) as share_low,
  case when in_by = 'model' then parts.share(n.value, inside)
    else parts.share_high(n.value, true, loose + coalesce(a.value, 0) + coalesce(b.value, 0), inside, beyond) end as share_high, models
from first_ones as n
cross join whole
left join earlier on earlier.model is not distinct from n.model
  and earlier.part_1 is not distinct from n.part_1 and earlier.part_2 is not distinct from n.part_2
left join half a on a.part_2 is null and a.part_1 = n.part_1
left join half b on b.part_1 is null and b.part_2 = n.part_2
left join store.listing on listing_key = n.model
where rank <= in_top
order by rank, "group"
