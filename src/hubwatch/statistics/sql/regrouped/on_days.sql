-- A group's shares on each of some days of one source, with those of the constant panel that their first day fixes.
with scope as materialized (
  from parts.scope({arguments})
),
observed as materialized (
  select hub, days.day, {source} as source, metric from scope cross join (select unnest({days}) as day) days
)
select day, parts.group_name({by}, part_1, part_2) as "group", value, parts.share(value, inside) as share,
  parts.share_low(value, is_known, inside, beyond) as share_low, parts.share_high(value, is_known, loose, inside, beyond) as share_high, models,
  value_constant / nullif(inside_constant, 0) as share_constant, flagged, flagged_value, inside as denominator
from parts.series('scope', 'observed', {arguments})
order by day, value desc nulls last, not is_known, "group"
