-- catch_up: what an uncounted day was due is counted on top, up to three days later (or booked early, the day before).
-- After a stall that left out the smaller half, the total is only a sixth above the usual; elsewhere such a rise means nothing. Spikes
-- above 1.3 were always catching up, never a release: a release moves a few models tenfold. The counters are right, the day's flow is not.
select s.hub, s.source, s.day, 'catch_up' as health, format('the downloads of the day are {:.2f} of what is usual, {} the stall of {}',
    s.ratio, if(s.day > stall.day, 'after', 'before'), stall.day) as note
from steps s join stalls stall using (hub, source)
where s.ratio >= 1.15 and s.number between stall.number + 1 and stall.number + 3 and s.day - stall.day <= 4
  or s.ratio >= 1.3 and stall.makes_up is not null and s.number = stall.number - 1
qualify row_number() over (partition by s.hub, s.source, s.day order by abs(s.number - stall.number), stall.day) = 1
