-- stalled: the hub did not count. A quarter of the larger counters, or nearly all counters of a hundred and more, stand exactly as on the
-- day before; or the day's downloads are below 0.3 of what is usual; or below 0.7 beside a day above 1.3 that makes it up.
-- Ordinary days have 0.1 % of the larger counters unmoved (99 of 100 below 3 %), stalls begin at 30 %. Models are counted and not
-- weighed: weighed by downloads there is no gap between the two. The total alone misses half of the stalls, and a freeze misses those
-- days on which every counter moves a little. Weekdays differ by 0.87 to 1.05. Usual is what the rolling
-- counters lead to expect, as the median of fifteen days has it; after a gap of more than three days the total tells nothing.
select hub, source, day, 'stalled' as health, case
    when larger >= 20 and frozen >= 0.25 * larger then format('{:,} of {:,} larger counters are as on {}', frozen, larger, before)
    when compared >= 20 and unchanged >= 0.95 * compared then format('{:,} of {:,} large counters are as on {}', unchanged, compared, before)
    when ratio < 0.3 then format('the downloads of the day are {:.2f} of what is usual', ratio)
    when ratio < 0.7 and makes_up is not null then format('the downloads of the day are {:.2f} of what is usual, beside a day of {:.2f}', ratio, makes_up)
  end as note
from steps where note is not null
