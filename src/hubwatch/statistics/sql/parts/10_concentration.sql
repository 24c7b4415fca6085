-- How unequally publishers share a counter.

-- Measures of each day. `in_publishers` names the table of publishers: day, value, models, unlabelled; `in_listings` that of the listings of the
-- unlabelled: day, value; `in_rejected` what rejected records have: day, amount. The least concentrated that is possible makes each of these listings
-- a publisher of its own, the most makes them all one with the largest publisher; what rejected records have is nobody's alone, or all the largest one's.
create or replace macro parts.concentrated(in_publishers, in_listings, in_rejected) as table
with
publishers as materialized (
  from query_table(in_publishers)
),
rejected as (
  select day, coalesce(sum(amount), 0) as beyond from query_table(in_rejected) group by day
),
whole as (
  select *, inside / nullif(inside + beyond, 0) as scale, beyond / nullif(inside, 0) as s_beyond from (
  select day, coalesce(any_value(beyond), 0) as beyond, sum(value) as inside, coalesce(sum(value) filter (unlabelled), 0) as loose, count(*) as n, sum(models) as models,
    coalesce(max(value) filter (not unlabelled), 0) as largest from publishers left join rejected using (day) group by day
  )
),
-- Publishers with an equal value are one row: that many ranks from `before` on. Most share their value with many.
equals as (
  select day, value, unlabelled, count(*) as publishers from publishers group by all
),
singles as (
  select day, value, count(*) as publishers from (
    select day, value from publishers where not unlabelled
    union all
    select day, value from query_table(in_listings)
  ) group by day, value
),
-- (A count with a filter over a frame takes a minute, a sum does not.)
ranked as (
  select day, value / nullif(inside, 0) as share, unlabelled, publishers, sum(publishers) over earlier - publishers as before,
    sum(case when unlabelled then 0 else publishers end) over earlier - publishers as labelled_before,
    (sum(publishers * value) over earlier - publishers * value) / nullif(inside, 0) as held_before,
    loose / nullif(inside, 0) as s_loose, largest / nullif(inside, 0) as s_largest, s_beyond, n
  from equals join whole using (day)
  window earlier as (partition by day order by value desc, unlabelled rows between unbounded preceding and current row)
),
ranked_singles as (
  select day, value / nullif(inside, 0) as share, publishers,
    sum(publishers) over (partition by day order by value desc rows between unbounded preceding and current row) - publishers as before
  from singles join whole using (day)
),
depths as (
  select unnest([1, 3, 10, 50, 100, 200, 1000]) as k, unnest(range(3, 10)) as place
),
lows as (
  select day, 1 as place, sum(publishers * share * share) as low from ranked_singles group by day
  union all
  select day, place, sum(greatest(0, least(publishers, k - before)) * share) from ranked_singles cross join depths group by day, place
),
measures as (
  select day, 1 as place, 'hhi' as measure, sum(publishers * share * share) as value,
    coalesce(sum(publishers * share * share) filter (not unlabelled), 0) - any_value(s_largest ** 2) + any_value((s_largest + s_loose + s_beyond) ** 2) as high
  from ranked group by day
  union all
  select day, 2, 'gini', (2 * sum(publishers * (n - before - (publishers - 1) / 2) * share) / any_value(n)) - (any_value(n) + 1) / any_value(n), null
  from ranked group by day
  union all
  select day, place, 'top_' || k, sum(greatest(0, least(publishers, k - before)) * share),
    least(1, coalesce(sum(greatest(0, least(publishers, k - labelled_before)) * share) filter (not unlabelled), 0) + any_value(s_loose)) + any_value(s_beyond)
  from ranked cross join depths group by day, k, place
  union all
  select day, 999, 'half', max(before + ceil(round((0.5 - held_before) / share, 9))) filter (held_before < 0.5 and share > 0), null from ranked group by day
)
select measures.day, place, measure, round(measures.value, 12)::double as value, round(low * case measure when 'hhi' then scale ** 2 else scale end, 12) as low,
  round(high * case measure when 'hhi' then scale ** 2 else scale end, 12) as high, n, models, inside,
  1 - loose / inside as labelled
from measures join whole using (day) left join lows using (day, place)
where inside > 0;
