-- Shares by several groupings on each of some days of one source, from one reading of the days by account (all that is judged of one) and family, with
-- those of the constant panel that the first of the days fixes. Braces hold SQL: arguments, days, the groupings (a name and its value).
with scope as materialized (
  from parts.scope({arguments})
),
observed as materialized (
  select hub, days.day, {source} as source, metric from scope cross join (select unnest({days}) as day) days
),
series as materialized (
  from parts.series('scope', 'observed', {arguments})
),
split as materialized (
  select series.*, nullif(split_part(part_1, chr(31), 1), '') as country, nullif(split_part(part_1, chr(31), 2), '') as kind,
    nullif(array_to_string(string_split(part_1, chr(31))[3:], chr(31)), '') as organization, part_2 as family
  from series
),
labelled as (
  {groupings}
),
groups as (
  select by_name, day, label, sum(value) as value, sum(models)::bigint as models, sum(value_constant) as value_constant,
    sum(flagged)::bigint as flagged, sum(flagged_value) as flagged_value, any_value(inside) as inside, any_value(beyond) as beyond,
    any_value(inside_constant) as inside_constant
  from labelled group by all
),
bounded as (
  select *, label is not null as is_known, coalesce(sum(value) filter (label is null) over (partition by by_name, day), 0) as loose from groups
)
select by_name, day, coalesce(label, 'unknown') as "group", value, parts.share(value, inside) as share,
  parts.share_low(value, is_known, inside, beyond) as share_low, parts.share_high(value, is_known, loose, inside, beyond) as share_high, models,
  value_constant / nullif(inside_constant, 0) as share_constant, flagged, flagged_value, inside as denominator
from bounded
order by by_name, day, value desc nulls last, not is_known, "group"
