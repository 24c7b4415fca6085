-- name: download_share_series
-- title: Share of downloads over time
-- definition: download_share for every day from since to the day on one hub that was observed by a complete full sweep or is
--   of an archive (sweep says which: their extents differ); other sweeps see a part of the hub and are left out. value and
--   share are over all listings of the day: a panel that grows. value_constant and share_constant are over the listings
--   of namespaces observed on every one of these days: a constant panel. Where the two tell different stories,
--   the difference is the panel. Labels, licenses and tasks are today's.
-- unit: share of the counter's sum, 0..1
-- window: as of download_share, day by day
-- parameters: hub, day, since=range, by=country|kind|organization|region|family|namespace|license|license_class|task, metric=downloads_30d|downloads_total|likes|models, country, policy
with
-- include scope
,
-- include labels
,
range as materialized (select day, source from scope),
-- What other sweeps of these days saw. Mostly there are none, and leaving none out costs nothing.
others as materialized (
  select day, source from sweeps where hub in (select hub from scope) and day in (select day from range)
    and (day, source) not in (select (day, source) from range)
),
length as (select count(*)::int as days, min(day) as first_day, max(day) as last_day from range),
labelled as (
  select listing_key, first_seen_on, last_seen_on, dense_rank() over (order by listing.namespace)::int as owner,
    -- include group
    , $country is not null and country is null as outside
  from store.listing
  join (select distinct hub from scope) asked on asked.hub = listing.hub
  left join origin on origin.hub = listing.hub and origin.namespace = listing.namespace
  left join families on families.hub = listing.hub and families.model_id = listing.model_id
  left join attributes using (listing_key)
  left join terms using (license)
  left join regions using (country)
  where $country is null or country = $country or country is null
),
-- Groups as small numbers.
numbered as materialized (
  select listing_key, owner, first_seen_on, last_seen_on, case when outside then -1 else coalesce(dense_rank() over (order by "group" nulls first), 0)::int end as number, "group"
  from labelled
),
names as (select distinct number, "group" from numbered where number >= 0),
-- A namespace is constant when one listing of it was observed on every day (one that spans the range is tried) or, for
-- the few whose tried listing has gaps, when its listings together were.
spans as (
  select owner, min(first_seen_on) <= any_value(first_day) and max(last_seen_on) >= any_value(last_day) as possible,
    min(listing_key) filter (first_seen_on <= first_day and last_seen_on >= last_day) as listing_key
  from numbered, length group by owner
),
tried as (select listing_key from spans where listing_key is not null),
-- A year of a large hub is a billion rows.
told as not materialized (
  select listing_key, day, case $metric when 'downloads_30d' then downloads_30d when 'downloads_total' then downloads_total
    when 'likes' then likes else 1 end as value
  from store.counters anti join others using (day, source) where day in (select day from range)
),
steady as materialized (
  select listing_key from (
    -- include sliced tried
  ) group by listing_key having count(*) = (select days from length)
),
patched as materialized (
  select owner from (
    select distinct owner, day from store.counters anti join others using (day, source) semi join range using (day) join numbered using (listing_key)
    semi join (select owner from spans where possible and coalesce(listing_key not in (from steady), true)) using (owner))
  group by owner having count(*) = (select days from length)
),
constant as (select owner from spans semi join steady using (listing_key) union all from patched),
panel as materialized (
  select listing_key, number, constant.owner is not null as constant from numbered left join constant using (owner)
),
groups as (
  select day, number, sum(value) as value, count(value) as models, sum(value) filter (constant) as value_constant
  from (
    -- include sliced panel
  ) group by day, number
),
whole as (
  select day, coalesce(sum(value) filter (number >= 0), 0) as inside, coalesce(sum(value) filter (number < 0), 0) as outside,
    coalesce(sum(value) filter ("group" is null and number >= 0), 0) as unlabelled, sum(value_constant) filter (number >= 0) as inside_constant
  from groups left join names using (number) group by day
)
select day, source as sweep, coalesce("group", 'unknown') as "group", value, value / nullif(inside, 0) as share,
  case when "group" is null then 0 else coalesce(value, 0) end / nullif(inside + outside, 0) as share_low,
  (coalesce(value, 0) + outside + case when "group" is null then 0 else unlabelled end) / nullif(inside + outside, 0) as share_high,
  models, inside as denominator, value_constant, value_constant / nullif(inside_constant, 0) as share_constant
from groups join names using (number) join whole using (day) join range using (day)
order by day, value desc nulls last, "group" is null, "group"
