-- With two dimensions, what is known of the one half still says where the rest cannot be: what groups have that lack the other.
create or replace macro parts.half_known(in_groups, in_by) as table
  select part_1, part_2, sum(value) as value from query_table(in_groups)
  where parts.is_double(in_by) and (part_1 is null) <> (part_2 is null) group by part_1, part_2;

-- Shares of what `parts.counted` gives, with the bounds that the unlabelled part allows: all of it, or none of it, may be this
-- group's, also where the hub gives no counter for what is labelled (value and share are null then).
create or replace macro parts.shares(in_scope, {question}) as table
  with
  counted as (from parts.counted(in_scope, {question})),
  groups as materialized (
    select part_1, part_2, sum(value) as value, count(value) filter (not is_again) as models, count(*) - count(value) as uncounted,
      count(value) filter (is_flagged) as flagged, coalesce(sum(value) filter (is_flagged), 0) as flagged_value, outside
    from counted group by all
  ),
  whole as (
    select coalesce(sum(value) filter (not outside), 0) as inside, coalesce(sum(value) filter (outside), 0) as beyond,
      coalesce(sum(value) filter (not outside and part_1 is null and part_2 is null), 0) as loose
    from groups
  ),
  within as (from groups where not outside),
  half as (from parts.half_known('within', in_by)),
  bounded as (
    select groups.*, parts.is_labelled(in_by, groups.part_1, groups.part_2) as is_known,
      whole.loose + coalesce(a.value, 0) + coalesce(b.value, 0) as loose
    from groups cross join whole
    left join half a on a.part_2 is null and a.part_1 = groups.part_1
    left join half b on b.part_1 is null and b.part_2 = groups.part_2
    where not outside
  )
  select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
    value, parts.share(value, inside) as share, parts.share_low(value, is_known, inside, beyond) as share_low,
    parts.share_high(value, is_known, bounded.loose, inside, beyond) as share_high, models, uncounted, flagged, flagged_value
  from bounded cross join whole
  order by value desc nulls last, not is_known, "group";
