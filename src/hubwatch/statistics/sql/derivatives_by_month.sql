-- name: derivatives_by_month
-- title: New derivatives each month, by what they are made from
-- definition: A row is a calendar month (UTC) and a group of base models. value is the number of listings created in that month, as reported by the
--   hub, that name a base of this group; each is counted once, a model on several hubs too. share is over the month's derivatives
--   (denominator, of which labelled have a known base). One whose bases are of different groups is in the row several, of no group alone;
--   merges is the number of those that have a base in this group. The bounds let all or none of those whose base is not known be this
--   group's. Of what stands on the day: derivatives that were removed before it are missing, the more of them the older the month. is_partial marks a month that since
--   or the day cuts. A base that the hub does not list counts by its namespace and family. Filters are of the derivatives.
-- unit: listings; share of the month's derivatives, 0..1
-- window: calendar month of creation, from since (default: the first) up to the day
-- whole: each row
-- needs: attributes
-- parameters: hub name, day date, source name, since date, by dimensions = family, policy policy, filters
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
  from parts.made_from('links', 'ends', 'base', in_by)
),
created as materialized (
  select listing_key, date_trunc('month', created_at)::date as month, base_1, base_2, outside
  from parts.listed_among('scope', 'made', {ungrouped}) join made using (listing_key)
  where created_at < day + interval 1 day and (in_since is null or created_at >= in_since)
    and (hub, date_trunc('second', created_at)) not in (select (hub, moment::timestamp) from facts.placeholder_times)
),
groups as (
  select month, base_1, base_2, count(*) as value from created where not outside group by all
),
shared as (
  select month, part_1, part_2, count(*) as merges from parts.shared_by('links', 'ends', 'made', 'base') join created using (listing_key)
  where not outside group by all
),
joined as (
  select coalesce(g.month, s.month) as month, coalesce(base_1, part_1) as part_1, coalesce(base_2, part_2) as part_2, coalesce(value, 0) as value,
    coalesce(merges, 0) as merges
  from groups g full join shared s on s.month = g.month and part_1 is not distinct from base_1 and part_2 is not distinct from base_2
),
months as (
  select unnest(generate_series(min(month)::timestamp, max(month)::timestamp, interval 1 month))::date as month from created
),
filled as (
  from joined
  union all
  select month, part_1, part_2, 0, 0
  from months cross join (select distinct part_1, part_2 from joined) g
  where not parts.asks(in_by, ['namespace', 'model', 'organization'])
    and (month, coalesce(part_1, ''), coalesce(part_2, '')) not in (select (month, coalesce(part_1, ''), coalesce(part_2, '')) from joined)
),
whole as (
  select month, count(*) filter (not outside) as inside, count(*) filter (outside) as beyond,
    count(*) filter (not outside and not parts.is_labelled(in_by, base_1, base_2)) as loose,
    count(*) filter (not outside and base_1 is null and base_2 is null) as lost
  from created group by month
),
half as (
  from groups where parts.is_double(in_by) and (base_1 is null) <> (base_2 is null)
),
known as (
  select filled.*, parts.is_labelled(in_by, part_1, part_2) as is_known, coalesce(inside, 0) as inside, coalesce(beyond, 0) as beyond, coalesce(loose, 0) as loose,
    coalesce(lost, 0) + coalesce(a.value, 0) + coalesce(b.value, 0) as maybe
  from filled left join whole using (month)
  left join half a on a.month = filled.month and a.base_2 is null and a.base_1 = part_1
  left join half b on b.month = filled.month and b.base_1 is null and b.base_2 = part_2
)
select month, parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  value, parts.share(value, inside) as share, parts.share_low(value, is_known, inside, beyond) as share_low,
  parts.share_high(value, is_known, maybe, inside, beyond) as share_high, value as models, inside as denominator, 1 - loose / nullif(inside, 0) as labelled,
  merges, (in_since is not null and month < in_since) or month + interval 1 month > (select min(day) from scope) + interval 1 day as is_partial
from known
order by month, value desc, not is_known, merges desc, "group"
