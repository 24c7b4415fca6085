-- name: concentration_series
-- title: How concentrated a counter is over time
-- definition: concentration of one hub on the last day of each month, or of each week or on every day, from since to the day, that
--   was observed by a complete full sweep or is of an archive (sweep says which: their extents differ). Each row is a measure of such a day: hhi,
--   gini, half, top_1, top_3, top_10, top_50, top_100, top_200 and top_1000, over publishers (by model: over listings, whatever is known of their origin). Labels,
--   licenses and tasks of a day are those that held on it. models counts a model once, whatever its listings. low and high bound the value as in concentration. A period without such a day has no row.
-- unit: 0..1; half: publishers
-- window: as of download_share, day by day
-- whole: last row
-- days: all
-- hubs: one
-- parameters: hub name, day date, source name, since date, by dimensions = organization, every choice = month|week|day, metric choice = downloads_30d|downloads_total|likes, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
held as materialized (
  from parts.whole_days('scope', in_source, in_since, in_day)
),
-- A period's last day stands for it: its counter is of the 30 days before, or of all time.
observed as materialized (
  from held qualify row_number() over (partition by case when in_every = 'day' then day else date_trunc(in_every, day)::date end order by day desc) = 1
),
span as materialized (
  select min(day) as first_day, max(day) as last_day, any_value(metric) as metric, any_value(hub) as hub from observed
),
described as materialized (
  select listing_key, since, until, namespace, part_1, part_2, parts.is_labelled(in_by, part_1, part_2) as is_known,
    parts.group_name(in_by, part_1, part_2) as label, outside
  from parts.described_over('scope', 'span', {question})
),
doubted as materialized (
  select listing_key, f.day from parts.flagged('scope', in_metric) f semi join observed on observed.day = f.day where in_without_flagged
),
counted as materialized (
  select c.listing_key, c.day, case when is_known then label else namespace end as name, is_known, outside,
    parts.counter(metric, downloads_30d, downloads_total, likes) as value
  from store.counters c join observed using (day, source) join described using (listing_key)
  where (since is null or c.day >= since and c.day < until) and (c.listing_key, c.day) not in (select (listing_key, day) from doubted)
    and parts.counter(metric, downloads_30d, downloads_total, likes) is not null
),
-- The few listings whose model another one of the day counts.
again as materialized (
  select listing_key, day from counted join parts.linked(in_by) linked using (listing_key) semi join span on span.hub = linked.hub
  qualify row_number() over (partition by day, model_key order by is_mirror, linked_id) > 1
),
publishers as materialized (
  select day, name, not is_known as unlabelled, sum(value) as value, count(*) filter (again.listing_key is null) as models
  from counted left join again using (listing_key, day) where not outside group by day, name, is_known
),
singles as materialized (
  select day, value from counted where not is_known and not outside
),
rejected as materialized (
  from parts.rejected('observed')
)
select day, source as sweep, '' as part_1, '' as part_2, measure, value,
  case when not parts.asks_origin(in_country, in_kind, in_organization) then low end as low,
  case when not parts.asks_origin(in_country, in_kind, in_organization) then high end as high, n as bodies, models, inside as denominator, labelled
from parts.concentrated('publishers', 'singles', 'rejected') join observed using (day) order by day, place
