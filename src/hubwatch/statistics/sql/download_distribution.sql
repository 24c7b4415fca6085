-- name: download_distribution
-- title: How downloads are spread over models
-- definition: Each row is a part of one hub's listings observed on the day, by their counter: those below 1, 10, 100, 200, 1,000, 10,000, 100,000 and
--   1,000,000, and the top 0.1, 1, 10 and 50 percent of listings (rounded up). share_of_models is the part's listings over all with a
--   counter (listings of listings_total); share is its value, the sum of the counter, over the sum of all (denominator). uncounted
--   are the listings whose counter the hub does not report; they are in no part. With a filter by origin the unlabelled are in no
--   part, either.
-- unit: share of the counter's sum, 0..1; value in the counter's unit
-- window: as of download_share
-- whole: none
-- hubs: one
-- parameters: hub name, day date, source name, metric choice = downloads_30d|downloads_total|likes, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
-- Most listings have the same few small values.
equals as materialized (
  select value::hugeint as value, count(*) as listings from parts.counted('scope', {question}) where not outside group by all
),
whole as materialized (
  select coalesce(sum(listings) filter (value is not null), 0)::bigint as listings, sum(value * listings) as inside,
    coalesce(sum(listings) filter (value is null), 0)::bigint as uncounted
  from equals
),
ranked as (
  select value, equals.listings, sum(equals.listings) over (order by value desc) - equals.listings as before from equals where value is not null
),
limits as (
  select unnest([1, 10, 100, 200, 1000, 10000, 100000, 1000000]) as below, unnest(range(1, 9)) as place
),
tops as (
  select unnest([0.1, 1, 10, 50]) as percent, unnest(['0.1%', '1%', '10%', '50%']) as told, unnest(range(11, 15)) as place
),
parts_of as (
  select place, 'below ' || format('{:,}', below) as part, coalesce(sum(listings) filter (value < below), 0)::bigint as listings,
    coalesce(sum(value * listings) filter (value < below), 0) as value
  from ranked cross join limits group by place, below
  union all
  select place, 'top ' || told, ceil(any_value(whole.listings) * percent / 100)::bigint,
    sum(greatest(0, least(ranked.listings, ceil(whole.listings * percent / 100) - before)) * value)::hugeint
  from ranked cross join tops cross join whole group by place, told, percent
)
select part, parts_of.listings, parts_of.listings / nullif(whole.listings, 0) as share_of_models, value, value / nullif(inside, 0) as share,
  whole.listings as listings_total, inside as denominator, uncounted
from parts_of cross join whole where whole.listings > 0 order by place
