-- Shares of `counted`, with the bounds that the unlabelled part allows: all of it, or none of it, may be this
-- group's, also where the hub gives no counter for what is labelled (value and share are null then).
groups as (
  select "group", sum(value) as value, count(value) filter (not is_again) as models, count(*) - count(value) as uncounted
  from counted where not outside group by "group"
),
whole as (
  select coalesce(sum(value) filter (not outside), 0) as inside, coalesce(sum(value) filter (outside), 0) as outside,
    coalesce(sum(value) filter (not outside and "group" is null), 0) as unlabelled
  from counted
)
select coalesce("group", 'unknown') as "group", value, value / nullif(inside, 0) as share,
  case when "group" is null then 0 else coalesce(value, 0) end / nullif(inside + outside, 0) as share_low,
  (coalesce(value, 0) + outside + case when "group" is null then 0 else unlabelled end) / nullif(inside + outside, 0) as share_high,
  models, uncounted
from groups, whole
order by value desc nulls last, "group" is null, "group"
