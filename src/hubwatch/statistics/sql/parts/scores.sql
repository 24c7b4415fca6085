-- Each indicator over the largest value any group has in it; the score is the mean over the indicators, the rank dense.
relative as (
  select "group", indicator, coalesce(value, 0) / nullif(max(value) over (partition by indicator), 0) as part from indicators
),
scored as (select "group", avg(coalesce(part, 0)) as score from relative group by "group")
select "group", dense_rank() over (order by round(score, 12) desc) as rank, round(score, 12) as score from scored order by rank, "group"
