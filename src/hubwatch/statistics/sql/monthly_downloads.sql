-- name: monthly_downloads
-- title: Downloads in 30 days, also of a hub that only counts totals
-- definition: A row is a group of listings of one hub (and, with split, a task within it). value is the downloads of 30 days: the
--   hub's own rolling figure where it gives one; else derived, the increase of the cumulative counter since the observed
--   day since (by default the nearest to 30 days before, within tolerance days, a whole sweep of the same kind), times 30 over the days between unless scaled is false. derived is
--   the part of value that is so derived. A counter that fell or was not observed then is no figure: uncounted. Listings below at_least are left
--   out. Bounds as of download_share. Hubs are never added: they count differently.
-- unit: downloads in 30 days; share of their sum, 0..1
-- window: the 30 days before the day; derived: from since to the day
-- parameters: hub=one, day, since=observed|none, by=country|kind|organization|region|family|namespace|task, split=none|task, at_least=0, tolerance=15, scaled=true, country, policy
with
-- include scope
,
-- include labels
,
now as (
  select listing.*, c.day, downloads_30d, downloads_total from store.counters c join store.listing using (listing_key)
  join scope on scope.hub = listing.hub and scope.day = c.day and scope.source = c.source
  where c.day = $day
),
-- Of whichever hub: only listings of `now` are looked up.
earlier as (
  select listing_key, c.downloads_total as total_before, $day - $since::date as days from store.counters c
  join scope on scope.day = c.day and scope.source = c.source
  where c.day = $since
),
flows as (
  select now.*, downloads_30d is null as is_derived,
    coalesce(downloads_30d, case when downloads_total >= total_before
      then round((downloads_total - total_before) * case when $scaled then 30 / days else 1 end) end)::hugeint as flow
  from now left join earlier using (listing_key)
),
counted as (
  select listing.model_id, flow as value, is_derived,
    -- include group
    ,
    case $split when 'task' then coalesce(task, 'unknown') end as part, $country is not null and country is null as outside
  from flows as listing
  left join origin on origin.hub = listing.hub and origin.namespace = listing.namespace
  left join families on families.hub = listing.hub and families.model_id = listing.model_id
  left join (select listing_key, license, task from store.attributes
    where valid_to is null and ($by = 'task' or $split = 'task')) attributes using (listing_key)
  left join terms using (license)
  left join regions using (country)
  where ($country is null or country = $country or country is null) and (flow is null or flow >= $at_least)
),
groups as (
  select "group", part, sum(value) as value,
    -- on one hub every listing is another
    case when list_unique($hubs) > 1 then count(distinct case when list_unique($hubs) > 1 and value is not null then model_id end)
      else count(value) end as models,
    count(*) - count(value) as uncounted, coalesce(sum(value) filter (is_derived), 0) as derived
  from counted where not outside group by all
),
whole as (
  select coalesce(sum(value) filter (not outside), 0) as inside, coalesce(sum(value) filter (outside), 0) as outside,
    coalesce(sum(value) filter (not outside and "group" is null), 0) as unlabelled
  from counted
)
select coalesce("group", 'unknown') as "group", part, value, value / nullif(inside, 0) as share,
  case when "group" is null then 0 else coalesce(value, 0) end / nullif(inside + outside, 0) as share_low,
  (coalesce(value, 0) + outside + case when "group" is null then 0 else unlabelled end) / nullif(inside + outside, 0) as share_high,
  models, uncounted, derived
from groups, whole
order by sum(value) over (partition by "group") desc nulls last, "group" is null, "group", value desc nulls last, part
