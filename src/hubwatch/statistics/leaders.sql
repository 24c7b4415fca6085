-- name: leaders
-- title: The leaders and how their ranks changed
-- definition: A row is one of the first models (or organizations, ...) of a hub by a counter on the day, with its share of
--   the whole and its rank on an earlier day (by default the observed day nearest 30 days before, if within 15). rank_change
--   is places gained; empty when it was not observed then. Equal counters share a rank. The unlabelled are not ranked but
--   are part of the denominator.
-- unit: the counter's unit; rank 1 is first; share 0..1
-- window: as of download_share; rank change between since and the day
-- parameters: hub, day, since=observed, by=model|organization|namespace|family|country|kind, metric=downloads_30d|downloads_total|likes|models, top=20, country, policy, without_flagged
with
-- include scope
,
-- include counted
,
sums as (
  select day, "group", sum(value)::bigint as value, count(value) as models from counted where not outside and value is not null group by all
),
ranked as (
  select *, rank() over (partition by day order by value desc) as rank from sums where "group" is not null
),
whole as (select day, sum(value) as inside from sums group by day)
select n.rank, p.rank as previous_rank, p.rank - n.rank as rank_change, n."group", n.value, p.value as previous_value,
  n.value / nullif(inside, 0) as share, n.models
from ranked as n
join whole on whole.day = n.day
left join ranked as p on p."group" = n."group" and p.day = $since
where n.day = $day and n.rank <= $top
order by n.rank, n."group"
