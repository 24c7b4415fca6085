-- name: concentration
-- title: How concentrated a counter is
-- definition: Each row is a measure over the publishers (organizations, by default) that share one counter on one hub and day; a namespace
--   whose organization is unknown counts as a publisher of its own. hhi is the sum of squared shares (1: one has it all);
--   gini is the inequality over publishers with at least one listing, zeros included (0: all equal); top_1, top_3, top_10, top_50, top_100, top_200, top_1000
--   are the shares of the largest ones; half is the number of publishers that together hold half. low and high bound the value
--   whoever the unlabelled are: each listing its own publisher, or all of them the largest one, and whatever rejected records have of the counter: no
--   publisher's alone, or all the largest one's (no bound is given for gini, half, or with a filter by origin). denominator is the counter's sum over all publishers, of which labelled are of known ones.
--   Over several hubs, by model, a model is one whatever its listings.
-- unit: 0..1; half: publishers
-- window: as of download_share
-- whole: last row
-- parameters: hub name, day date, source name, by dimensions = organization, metric choice = downloads_30d|downloads_total|likes|models, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
counted as materialized (
  select value, is_again, hubs, parts.is_labelled(in_by, part_1, part_2) as is_known, hub, namespace, model_id,
    case when parts.is_labelled(in_by, part_1, part_2) then parts.group_name(in_by, part_1, part_2) end as label
  from parts.counted('scope', {question}) where not outside and value is not null
),
publishers as materialized (
  select date '0001-01-01' as day, coalesce(label, namespace) as name, not is_known as unlabelled, case when not is_known and hubs > 1 then hub end as own_hub,
    sum(value) as value, count(*) filter (not is_again) as models
  from counted group by all
),
singles as materialized (
  select date '0001-01-01' as day, value from counted where not is_known
),
rejected as materialized (
  select date '0001-01-01' as day, amount from parts.rejected('scope')
)
select '' as part_1, '' as part_2, measure, value, case when not parts.asks_origin(in_country, in_kind, in_organization) then low end as low,
  case when not parts.asks_origin(in_country, in_kind, in_organization) then high end as high, n as bodies, models, inside as denominator, labelled
from parts.concentrated('publishers', 'singles', 'rejected') order by place
