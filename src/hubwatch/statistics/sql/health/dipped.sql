-- dipped: the rolling counter of nearly all models lost weeks at once, for one to three days of the source.
-- A count of 30 days loses at most a thirtieth a day, even if nothing is downloaded: where four of five of the larger counters lost a
-- tenth more than that, the hub lost days of its own. After longer gaps the same shows by the return: a quarter less and then a third
-- more. Less for good, three days on, is no dip.
with falls as (
  select *, sunk >= 0.8 * rolling and day - before <= 10 as impossible from steps
  where rolling >= 20 and (sunk >= 0.8 * rolling and day - before <= 10 or fell_quarter >= 0.8 * rolling)
),
ends as (
  select f.hub, f.source, f.number, min(b.number) as back_at
  from falls f join steps b on b.hub = f.hub and b.source = f.source and b.number between f.number + 1 and f.number + 3
  where b.rolling >= 20 and if(f.impossible, b.rose_tenth, b.rose_third) >= 0.8 * b.rolling group by all
),
lasts as (select hub, source, max(number) as last from steps group by all)
select s.hub, s.source, s.day, 'dipped' as health,
  format('{:,} of {:,} larger counters of 30 days fell at once on {}', greatest(f.sunk, f.fell_quarter), f.rolling, f.day) as note
from falls f join lasts using (hub, source) left join ends using (hub, source, number)
join steps s on s.hub = f.hub and s.source = f.source and s.number between f.number and coalesce(back_at - 1, last)
where back_at is not null or f.impossible and last < f.number + 3
