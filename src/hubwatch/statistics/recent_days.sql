-- One row a hub and day, newest first: how complete it is and what it says, for whoever looks after the collecting.
-- Counters of different meaning stand in columns of their own; null is "the hub does not say".
-- From: days, observations, listings; parameter 1: how many of each hub's last observed days.
with recent as (from days qualify row_number() over (partition by hub order by day desc) <= ?),
sums as (
  select hub, day, sum(downloads_30d) as downloads_30d, sum(downloads_total) as downloads_total, sum(likes) as likes
  from observations join recent using (hub, day) group by hub, day),
seen as (select hub, first_seen_on as day, count(*) as first_seen from listings group by hub, first_seen_on),
gone as (select hub, gone_on as day, count(*) as gone from listings where gone_on is not null group by hub, gone_on)
select hub, day::varchar as day, sweep, complete, records, rejected, coalesce(first_seen, 0) as first_seen, coalesce(gone, 0) as gone,
  downloads_30d, downloads_total, likes, message
from recent left join sums using (hub, day) left join seen using (hub, day) left join gone using (hub, day)
order by hub, recent.day desc
