-- name: downloads_by_root
-- title: Downloads by whose models they go back to
-- definition: A row is a group of one hub's listings observed on the day. value is the sum of the counter, where a listing made from
--   another one counts for the group of its root, the end of its chain of bases; one made from nothing counts for its own. value_by_uploader
--   and share_by_uploader count every listing for its own group, as download_share does. derived_value is the part of value that derivatives
--   have. A listing whose roots are of different groups (a merge) is in the row several, of no group alone; shared_value is what of that row
--   has one of its roots in this group. A root that is not listed counts by its namespace, and one whose group is not known makes the listing part of unknown:
--   the bounds let all or none of that be this group's. What a listing is made from is its own statement, as of the day; one that names no
--   base counts as made from nothing. Filters are of the listings that are downloaded.
-- unit: share of the counter's sum, 0..1; value in the counter's unit
-- window: as of download_share
-- whole: rows
-- hubs: one
-- parameters: hub name, day date, source name, by dimensions = country, metric choice = downloads_30d|downloads_total|likes, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
ids as materialized (
  from parts.named_ids('scope')
),
links as materialized (
  from parts.built_on('scope', 'ids')
),
ends as materialized (
  from parts.ends_of('scope', 'links', 'ids', {unfiltered})
),
made as materialized (
  from parts.made_from('links', 'ends', 'root', in_by)
),
counted as materialized (
  select c.listing_key, part_1, part_2, outside, value, is_again, is_flagged, made.listing_key is not null as is_derived,
    case when made.listing_key is null then part_1 else base_1 end as root_1, case when made.listing_key is null then part_2 else base_2 end as root_2
  from parts.counted('scope', {question}) c left join made using (listing_key)
),
roots as (
  select root_1, root_2, true as has_roots, sum(value) as value, coalesce(sum(value) filter (is_derived), 0) as derived_value, count(value) filter (not is_again) as models,
    count(*) - count(value) as uncounted, count(value) filter (is_flagged) as flagged, coalesce(sum(value) filter (is_flagged), 0) as flagged_value
  from counted where not outside group by all
),
uploaders as (
  select part_1, part_2, true as has_uploads, sum(value) as value from counted where not outside group by all
),
shared as (
  select s.part_1, s.part_2, sum(value) as value from parts.shared_by('links', 'ends', 'made', 'root') s join counted using (listing_key)
  where is_derived and not outside group by all
),
whole as (
  select coalesce(sum(value) filter (not outside), 0) as inside,
    coalesce(sum(value) filter (outside), 0) + (select coalesce(sum(amount), 0) from parts.rejected('scope')) as beyond,
    coalesce(sum(value) filter (not outside and root_1 is null and root_2 is null), 0) as loose
  from counted
),
rooted as (
  select root_1 as part_1, root_2 as part_2, value from roots
),
half as (
  from parts.half_known('rooted', in_by)
),
joined as (
  select coalesce(root_1, u.part_1) as part_1, coalesce(root_2, u.part_2) as part_2, case when has_roots then r.value else 0 end as value,
    coalesce(derived_value, 0) as derived_value,
    case when has_uploads then u.value else 0 end as value_by_uploader, coalesce(models, 0) as models, coalesce(uncounted, 0) as uncounted, coalesce(flagged, 0) as flagged,
    coalesce(flagged_value, 0) as flagged_value
  from roots r full join uploaders u on root_1 is not distinct from u.part_1 and root_2 is not distinct from u.part_2
),
known as (
  select joined.*, coalesce(shared.value, 0) as shared_value, parts.is_labelled(in_by, joined.part_1, joined.part_2) as is_known,
    inside, beyond, loose + coalesce(a.value, 0) + coalesce(b.value, 0) as loose
  from joined cross join whole
  left join half a on a.part_2 is null and a.part_1 = joined.part_1
  left join half b on b.part_1 is null and b.part_2 = joined.part_2
  left join shared on shared.part_1 is not distinct from joined.part_1 and shared.part_2 is not distinct from joined.part_2
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  value, parts.share(value, inside) as share, parts.share_low(value, is_known, inside, beyond) as share_low,
  parts.share_high(value, is_known, loose, inside, beyond) as share_high, derived_value, shared_value, value_by_uploader,
  parts.share(value_by_uploader, inside) as share_by_uploader, models, uncounted, flagged, flagged_value
from known
order by value desc nulls last, not is_known, "group"
