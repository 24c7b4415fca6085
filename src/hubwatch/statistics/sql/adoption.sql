-- name: adoption
-- title: Adoption against the leaders of the same task and size
-- definition: A row is a model and an age: its downloads since release (downloads_total observed within a tenth of that age, at least
--   one day) over the median, at the same age, of the ten other most downloaded models of its size class and task on the hub. 1 or more: on the course
--   of a leader. peers is how many of these ten were observed at that age; below five there is no ratio. Released is the reviewed release date where
--   there is one (data/release_dates.csv), else the creation date as reported by the hub, or the first observed day when an earlier
--   complete full sweep after creation did not list it (published late); what was listed under another id was there.
--   The first models of each class are shown, and model if named. With filters (a task, say), model and peers are of what they leave in;
--   without_flagged leaves out every flagged observation, at whatever age.
--   The method is the Relative Adoption Metric of the ATOM project.
-- unit: ratio of downloads since release
-- window: 7, 14, 30, 60, 90, 180 and 365 days after release
-- whole: none
-- needs: created_at, parameters
-- hubs: one
-- parameters: hub name, day date, source name, metric choice = downloads_total, top count = 10, model name, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
sized as (
  select listing_key, hub, day, source, model_id, first_seen_on, created_at, value, parts.size_class(parameters) as size_class, coalesce(task, 'unknown') as task
  from parts.counted('scope', {question})
  where not outside and created_at is not null and parameters is not null and value is not null
    and (hub, date_trunc('second', created_at)) not in (select (hub, moment::timestamp) from facts.placeholder_times)
),
-- Only what may be among the first is ranked; a model that is named wants its place among all.
bars as (
  select size_class, task, case when in_model is null then list_min(max(value, greatest(11, in_top))) else 0 end as bar from sized group by all
),
ranked as (
  select sized.*, row_number() over (partition by size_class order by value desc, model_id) as place,
    row_number() over (partition by size_class, task order by value desc, model_id) as place_of_task
  from sized join bars using (size_class, task) where value >= bar
),
shown as (
  select distinct size_class, task from ranked where place <= in_top or model_id = in_model
),
first_ones as materialized (
  select * from ranked semi join shown using (size_class, task) where place_of_task <= 11 or place <= in_top or model_id = in_model
),
-- A renamed repository is a new listing of an old one: it has been seen since its first id was.
ids as (
  select listing_key, listing_key as known_as from first_ones
  union
  select first_ones.listing_key, other.listing_key from first_ones join store.repositories r using (listing_key)
  join store.repositories other using (repository)
),
dated as (
  select first_ones.*, seen_since from first_ones join (
    select ids.listing_key, min(listing.first_seen_on) as seen_since from ids join store.listing on listing.listing_key = known_as group by all
  ) using (listing_key)
),
chosen as (
  select dated.*, coalesce(released_on, case when exists (select 1 from days d where d.hub = dated.hub and d.complete and d.sweep = 'full'
    and d.day > created_at::date and d.day < dated.seen_since) then seen_since else created_at::date end) as released_on
  from dated left join (select hub, model_id, released_on from facts.release_dates) using (hub, model_id)
),
ages as (
  select unnest([7, 14, 30, 60, 90, 180, 365]) as age_days
),
doubted as materialized (
  from parts.flagged('scope', in_metric) where in_without_flagged
),
aged as materialized (
  select hub, model_id, size_class, task, released_on, place, place_of_task, age_days,
    arg_min(c.downloads_total, abs(c.day - released_on - age_days) + (c.day - released_on - age_days < 0)::int * 0.5) as downloads
  from chosen join ids using (listing_key) join store.counters c on c.listing_key = known_as, ages
  where not c.superseded and c.downloads_total is not null and c.day <= chosen.day
    and abs(c.day - released_on - age_days) <= greatest(1, age_days // 10)
    and (c.listing_key, c.day) not in (select (listing_key, day) from doubted)
  group by all
),
compared as (
  select one.*, median(other.downloads) as median_downloads, count(other.downloads) as peers
  from aged one left join aged other on other.size_class = one.size_class and other.task = one.task and other.age_days = one.age_days
    and other.model_id <> one.model_id and other.place_of_task <= case when one.place_of_task <= 10 then 11 else 10 end
  group by all
)
select hub, size_class, task, place, model_id, released_on, age_days, downloads, median_downloads, peers,
  case when peers >= 5 then downloads / nullif(median_downloads, 0) end as relative_adoption
from compared
where place <= in_top or model_id = in_model
order by hub, size_class, place, age_days
