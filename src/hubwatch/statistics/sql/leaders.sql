-- name: leaders
-- title: The leaders and how their ranks changed
-- definition: A row is one of the first models (or organizations, ...) of a hub by a counter on the day, with its share of
--   the whole and its rank on an earlier day (by default the nearest to 30 days before, if within 15, of a whole
--   sweep of the same kind). rank_change is places gained; empty when it was not observed then. Equal counters share a rank. The
--   unlabelled are not ranked but are part of the denominator; the bounds let all or none of them be this one's.
-- unit: the counter's unit; rank 1 is first; share 0..1
-- window: as of download_share; rank change between since and the day
-- parameters: hub, day, since=observed|none, by=model|organization|namespace|family|country|kind, metric=downloads_30d|downloads_total|likes|models, top=20, country, policy, without_flagged
with
-- include scope
,
-- include sides
,
-- Models are counted by number, and named at the end.
sums as (
  select case when $by = 'model' then listing_key end as model, case when $by <> 'model' then "group" end as body, outside,
    sum(now) as value, sum(before) as previous_value, count(now) as models
  from sides group by all
),
named as (from sums where not outside and (model is not null or body is not null)),
whole as (
  select sum(value) filter (not outside) as inside,
    coalesce(sum(value) filter (not outside and model is null and body is null), 0) as unlabelled,
    coalesce(sum(value) filter (outside), 0) as outside
  from sums
),
-- All that may be among the first, and where they stood among all.
first_ones as (
  select model, body, value, previous_value, models, rank() over (order by value desc) as rank from named
  where value >= (select list_min(max(value, $top::bigint)) from named)
),
earlier as (
  select model, body, rank() over (order by previous_value desc) as previous_rank from named
  where previous_value >= (select min(previous_value) from first_ones)
)
select rank, previous_rank, previous_rank - rank as rank_change, coalesce(model_id, n.body) as "group", value, previous_value,
  value / nullif(inside, 0) as share, value / nullif(inside + whole.outside, 0) as share_low,
  case when $by = 'model' then value / nullif(inside, 0) else (value + unlabelled + whole.outside) / nullif(inside + whole.outside, 0) end as share_high, models
from first_ones as n
cross join whole
left join earlier on earlier.model is not distinct from n.model and earlier.body is not distinct from n.body
left join store.listing on listing_key = n.model
where rank <= $top
order by rank, "group"
