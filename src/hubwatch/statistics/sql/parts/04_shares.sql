-- With two dimensions, what is known of the one half still says where the rest cannot be: what groups have that lack the other.
create or replace macro parts.half_known(in_groups, in_by) as table
  select part_1, part_2, sum(value) as value from query_table(in_groups)
  where parts.is_double(in_by) and (part_1 is null) <> (part_2 is null) group by part_1, part_2;

-- What rejected records, which are no listings, have of the counter, as far as it could be read: they may be anybody's.
create or replace macro parts.rejected(in_scope) as table
  select sweeps.day, case metric when 'downloads_30d' then rejected_30d when 'downloads_total' then rejected_total when 'likes' then rejected_likes end as amount
  from sweeps join query_table(in_scope) scope using (hub, day, source);

-- Shares of what `parts.counted` gives, with the bounds that the unlabelled part allows: all of it, or none of it, may be this
-- group's, also where the hub gives no counter for what is labelled (value and share are null then). So may what rejected records have.
create or replace macro parts.shares(in_scope, {question}) as table
  with
  counted as (from parts.counted(in_scope, {question})),
  groups as materialized (
    select part_1, part_2, sum(value) as value, count(value) filter (not is_again) as models, count(*) - count(value) as uncounted,
      count(value) filter (is_flagged) as flagged, coalesce(sum(value) filter (is_flagged), 0) as flagged_value, outside
    from counted group by all
  ),
  whole as (
    select coalesce(sum(value) filter (not outside), 0) as inside, coalesce(sum(value) filter (outside), 0) + (select coalesce(sum(amount), 0) from parts.rejected(in_scope)) as beyond,
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

-- A row a labelled group and place (`in_counts`: part_1, part_2, place, value): what is not labelled and may be of the group, in this place (`here`)
-- and in all (`anywhere`); with two dimensions what is known of the one half says where the rest cannot be.
create or replace macro parts.loose_places(in_counts, in_by) as table
  with
  counts as (select part_1, part_2, place, value, parts.is_labelled(in_by, part_1, part_2) as is_known from query_table(in_counts)),
  loose as (select part_1, part_2, place, sum(value) as value from counts where not is_known group by all),
  places as (select part_1, part_2, sum(value) as value from loose group by all)
  select g.part_1, g.part_2, g.place, coalesce(n.value, 0) + coalesce(a.value, 0) + coalesce(b.value, 0) as here,
    coalesce(n_all.value, 0) + coalesce(a_all.value, 0) + coalesce(b_all.value, 0) as anywhere
  from (select distinct part_1, part_2, place from counts where is_known) g
  left join loose n on n.part_1 is null and n.part_2 is null and n.place = g.place
  left join loose a on a.part_2 is null and a.part_1 = g.part_1 and a.place = g.place
  left join loose b on b.part_1 is null and b.part_2 = g.part_2 and b.place = g.place
  left join places n_all on n_all.part_1 is null and n_all.part_2 is null
  left join places a_all on a_all.part_2 is null and a_all.part_1 = g.part_1
  left join places b_all on b_all.part_1 is null and b_all.part_2 = g.part_2;
