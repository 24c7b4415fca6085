-- How far an archive and a sweep of ours agree on a day that both have: one row a counter that both report.
-- Parameters: hub, day, archive, sweep (sources). both: listings with that counter in both; same: of these with the same value.
with
theirs as (select c.* from store.counters c semi join (select listing_key from store.listing where hub = $hub) using (listing_key)
  where day = $day and source = $archive),
ours as (select c.* from store.counters c semi join (select listing_key from store.listing where hub = $hub) using (listing_key)
  where day = $day and source = $sweep),
pairs as (select unnest([
    {counter: 'downloads_30d', theirs: theirs.downloads_30d, ours: ours.downloads_30d},
    {counter: 'downloads_total', theirs: theirs.downloads_total, ours: ours.downloads_total},
    {counter: 'likes', theirs: theirs.likes, ours: ours.likes}]) as pair
  from theirs join ours using (listing_key))
select pair.counter as counter, count(*) as both, count(*) filter (pair.theirs = pair.ours) as same, sum(pair.theirs) as theirs, sum(pair.ours) as ours,
  (select count(*) from theirs) as in_archive, (select count(*) from ours) as in_sweep, (select count(*) from theirs semi join ours using (listing_key)) as common
from pairs where pair.theirs is not null and pair.ours is not null
group by all order by counter
