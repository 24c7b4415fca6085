-- name: velocity
-- title: Downloads a day since creation
-- definition: A row is a listing observed on the day on one hub: its downloads of all time (downloads) over its age in days, fractions
--   counted and at least one, from its creation, as reported by the hub, to the end of the day. The first ones are shown. A repository that
--   was created long before it was published, or that counts the downloads of another id, is slower or faster here than it was;
--   one with a time that its hub gives where it has none (data/placeholder_times.csv) is left out.
-- unit: downloads a day
-- window: from creation to the day
-- whole: none
-- hubs: one
-- needs: created_at
-- parameters: hub name, day date, source name, metric choice = downloads_total, top count = 20, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
aged as (
  select hub, model_id, organization, country, created_at, value as downloads,
    greatest(1, epoch(day + interval 1 day - created_at) / 86400) as age_days
  from parts.counted('scope', {question})
  where not outside and value is not null and created_at < day + interval 1 day
    and (hub, date_trunc('second', created_at)) not in (select (hub, moment::timestamp) from facts.placeholder_times)
),
-- (First the few, then their places: numbering millions of rows sorts them all.)
fastest as (
  from aged order by downloads / age_days desc, model_id limit in_top
)
select row_number() over (order by downloads / age_days desc, model_id) as place, hub, model_id, coalesce(organization, 'unknown') as organization,
  coalesce(country, 'unknown') as country, created_at, downloads, round(age_days, 2)::double as age_days, round(downloads / age_days, 2)::double as downloads_a_day
from fastest order by place
