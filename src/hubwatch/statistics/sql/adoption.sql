-- name: adoption
-- title: Adoption against the leaders of the same size
-- definition: A row is a model and an age: its downloads since release (downloads_total observed within a tenth of that age, at least
--   one day) over the median, at the same age, of the ten most downloaded models of its size class on the hub. 1 or more: on the course of a
--   leader. peers is how many of the ten were observed at that age. Released is the reviewed release date where
--   there is one (data/release_dates.csv), else the creation date by the hub's word, or the first observed day when an earlier
--   complete full sweep after creation did not list it (published late); what was listed under another id was there.
--   The first models of each class are shown, and model if named. The method is the Relative Adoption Metric of the ATOM project.
-- unit: ratio of downloads since release
-- window: 7, 14, 30, 60, 90, 180 and 365 days after release
-- parameters: hub, day, metric=downloads_total, top=10, model
with
-- include scope
,
sized as (
  select listing_key, listing.hub, scope.day, scope.source, created_at, first_seen_on, hub_key, downloads_total,
    -- include size_class
    as size_class
  from store.counters c join scope on c.day = scope.day and c.source = scope.source
  join store.listing using (listing_key) join store.attributes using (listing_key)
  where listing.hub = scope.hub and valid_to is null and created_at is not null and parameters is not null and downloads_total is not null
    and (listing.hub, date_trunc('second', created_at)) not in (select (hub, moment::timestamp) from facts.placeholder_times)
),
-- Only what may be among the first is ranked; a model that is named wants its place among all.
bars as (
  select hub, size_class, case when $model is null then list_min(max(downloads_total, greatest(10, $top))) else 0 end as bar
  from sized group by all
),
ranked as (
  select sized.*, model_id, row_number() over (partition by sized.hub, size_class order by downloads_total desc, model_id) as place
  from sized join bars using (hub, size_class) join (select listing_key, model_id from store.listing) using (listing_key)
  where downloads_total >= bar
),
first_ones as (select * from ranked where place <= greatest(10, $top) or model_id = $model),
-- A renamed repository is a new listing of an old one: it has been seen since its first id was.
renamed as (
  select hub, hub_key, min(first_seen_on) as known_since from listings semi join first_ones using (hub, hub_key) group by all
),
dated as (
  select first_ones.*, least(first_seen_on, known_since) as seen_since
  from first_ones left join renamed using (hub, hub_key)
),
chosen as (
  select dated.*, coalesce(released_on, case when exists (select 1 from days d where d.hub = dated.hub and d.complete and d.sweep = 'full'
    and d.day > created_at::date and d.day < dated.seen_since) then seen_since else created_at::date end) as released_on
  from dated left join (select hub, model_id, released_on from facts.release_dates) using (hub, model_id)
),
ages as (select unnest([7, 14, 30, 60, 90, 180, 365]) as age_days),
aged as (
  select hub, model_id, size_class, released_on, place, age_days,
    arg_min(c.downloads_total, abs(c.day - released_on - age_days) + (c.day - released_on - age_days < 0)::int * 0.5) as downloads
  from chosen join store.counters c using (listing_key), ages
  where not c.superseded and c.downloads_total is not null and c.day <= chosen.day
    and abs(c.day - released_on - age_days) <= greatest(1, age_days // 10)
  group by all
),
peers as (
  select hub, size_class, age_days, median(downloads) as median_downloads, count(*) as peers from aged where place <= 10 group by all
)
select hub, size_class, place, model_id, released_on, age_days, downloads, median_downloads, peers,
  downloads / nullif(median_downloads, 0) as relative_adoption
from aged join peers using (hub, size_class, age_days)
where place <= $top or model_id = $model
order by hub, size_class, place, age_days
