-- rolled_back: more than 5 % of the cumulative counters fell (falls.sql), and came back within eight days of the source, or have not had the time to.
-- A count of all downloads does not fall; on an ordinary day hardly any does. The counters are back when less than a tenth of what
-- the fallen ones lack is left (what they would have gained meanwhile included); that day holds the recovery, which was not downloaded
-- on it: catch_up. What is not back after eight days is a correction by the hub: a note, no roll-back.
with course as (
  select f.*, r.day, r.shortfall, row_number() over (partition by hub, source, start order by r.day) as number,
    max(r.shortfall) over (partition by hub, source, start) as most
  from falls f join recoveries r using (hub, source, start)
),
ends as (
  select hub, source, start, min(day) filter (shortfall < 0.1 * most) as back_on, max(number) as days from course group by all
)
select hub, source, day, case
    when back_on is null and days >= 8 then 'ok' when day = back_on then 'catch_up' else 'rolled_back' end as health,
  case when back_on is null and days >= 8 then format('{:,} of {:,} totals fell and stay lower: a correction', fell, counted)
    when day = back_on then format('the totals that fell on {} are back: the rise was not downloaded on this day', start)
    else format('{:,} of {:,} totals fell on {}', fell, counted, start) end as note
from course join ends using (hub, source, start)
where case when back_on is null and days >= 8 then day = start else day <= coalesce(back_on, day) end
