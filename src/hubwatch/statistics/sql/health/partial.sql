-- partial: rows are missing. A sweep that did not end; a day with far fewer listings than the days around it; a day whose unreadable
-- counters held more than 1 % of their sum the day before.
-- Of the whole hub 2.5 % fewer is far fewer: a published snapshot lacked 3.4 %, an ordinary day never loses so much and gets it back.
-- Where that is less than twenty listings it takes a tenth, lest a small hub's ordinary days count. An archive's selection changes by
-- itself: there it is 30 %; a sweep of a part lists what it is asked for each time. Fewer for good is a purge: a last day is partial
-- until the next one shows that.
-- A first day has nothing before it: of the whole hub it is partial where the next, within two weeks, has a ninth more.
with around as (
  select *,
    records + least_missing as before,
    lag(records) over (partition by hub, source order by day) as previous,
    max(records) over (partition by hub, source order by day rows between 1 following and 3 following) as after,
    lead(day) over (partition by hub, source order by day) - day as next_in,
    case when extent = 'whole' and least_missing >= 20 then 0.975 when extent = 'whole' then 0.9 when is_archive then 0.7 end as least
  from (select *, max(records) over (partition by hub, source order by day rows between 3 preceding and 1 preceding) - records as least_missing
    from loaded_days where not is_cut)
)
select hub, source, day, 'partial' as health, format('the sweep is incomplete: {:,} records', records) as note from loaded_days where is_cut
union all
select hub, source, day, 'partial' as health, case
    when records < least * before and least_missing >= 2 and (records < least * after or after is null and records < least * previous)
      then format('{:,} listings, {:,} on the days before{}', records, before, case when after is not null then format(' and {:,} after', after) else '' end)
    when extent = 'whole' and before is null and next_in <= 14 and records < 0.9 * after then format('{:,} listings, {:,} on the days after', records, after)
    when heaviest > 0.01 then format('rejected records have {:.1f} % of a counter', 100 * heaviest)
    when unread_30d > 0.01 * sum_30d then format('what cannot be read of downloads_30d was {:.1f} % the day before', 100 * unread_30d / (sum_30d + unread_30d))
    when unread_total > 0.01 * sum_total
      then format('what cannot be read of downloads_total was {:.1f} % the day before', 100 * unread_total / (sum_total + unread_total))
  end as note
from around where note is not null
