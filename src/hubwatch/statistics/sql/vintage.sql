-- name: vintage
-- title: Share of downloads that goes to new models
-- definition: A row is a group of one hub's listings observed on the day (by default all of the hub). value is the sum of the counter over those
--   created in the last months months (12 unless asked) before the day, as reported by the hub; share is over the group's sum (denominator, of
--   which labelled have a known creation date); the bounds let all or none of the rest be as new. models counts the new listings, a model once. A
--   repository with a time that its hub gives where it has none (data/placeholder_times.csv) has no known date. Creation may precede
--   publication.
-- unit: share of the group's sum of the counter, 0..1; value in the counter's unit
-- window: as of download_share; created within months months of the day
-- whole: each row
-- hubs: one
-- needs: created_at
-- unlabelled: left out
-- parameters: hub name, day date, source name, by dimensions = hub, months count = 12, metric choice = downloads_30d|downloads_total|likes, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
aged as (
  select part_1, part_2, value, is_again,
    case when (hub, date_trunc('second', created_at)) in (select (hub, moment::timestamp) from facts.placeholder_times) then null
      else created_at >= day - to_months(in_months::int) end as is_new
  from parts.counted('scope', {question}) where not outside
),
groups as (
  select part_1, part_2, coalesce(sum(value) filter (is_new), 0) as value, sum(value) as inside, coalesce(sum(value) filter (is_new is null), 0) as loose,
    count(value) filter (is_new and not is_again) as models, count(*) - count(value) as uncounted
  from aged group by all
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2, value,
  parts.share(value, inside) as share, parts.share_low(value, true, inside, 0) as share_low, parts.share_high(value, true, loose, inside, 0) as share_high,
  models, uncounted, inside as denominator, 1 - loose / nullif(inside, 0) as labelled, in_months as months
from groups where inside is not null
order by inside desc, not parts.is_labelled(in_by, part_1, part_2), "group"
