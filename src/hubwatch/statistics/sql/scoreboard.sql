-- name: scoreboard
-- title: Organizations over several indicators
-- definition: A row is an organization (or other labelled group) of one hub. Each of four indicators (downloads, likes, models, derivations of its
--   models) is divided by the largest value that any group has; score is the mean of the four, rank is dense by score. The
--   unlabelled are not ranked. The way of scoring is OSIR-LMTS's as its figures show it (x over the maximum).
-- unit: score 0..1; rank 1 is first
-- window: as of download_share for the metric; likes, models and derivations as of the day
-- parameters: hub, day, by=organization|kind|country|family|namespace, metric=downloads_30d|downloads_total, country, policy, without_flagged
with
-- include scope
,
-- include counted
,
-- include standing
,
made as (
  select hub, model_id from store.listing join scope using (hub) left join store.departures using (hub, last_listed_on)
  semi join derivations using (hub, model_id)
  where
    -- include stands
),
derived as (
  select "group", count(*) as value from derivations d semi join made using (hub, model_id)
  join counted on counted.hub = d.hub and counted.model_id = d.base_model_id
  where not outside group by all
),
liked as (
  select "group", sum(c.likes) as likes from store.counters c join counted using (listing_key, day)
  where not superseded and not outside and "group" is not null group by all
),
indicators as (
  select "group", 'downloads' as indicator, sum(value) as value from counted where not outside and "group" is not null group by "group"
  union all select "group", 'models', count(*) from counted where not outside and "group" is not null group by "group"
  union all select "group", 'likes', likes from liked
  union all select c."group", 'derivations', coalesce(any_value(derived.value), 0) from counted c left join derived using ("group")
    where not outside and c."group" is not null group by c."group"
),
-- include scores
