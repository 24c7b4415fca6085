-- One hub's days side by side.

-- The listings of the scope's hub with their dimensions, over days from first_day to last_day (`in_span` names the table of these two and the
-- metric). The few that change their labels, or what of them is asked for, within these days have a row for each time: since, until (the day
-- after); both are null of all others.
create or replace macro parts.described_over(in_scope, in_span, {question}) as table
with
span as materialized (
  from query_table(in_span)
),
ended as materialized (
  select scope.hub, scope.hubs, last_day as day, source, scope.metric from query_table(in_scope) scope cross join span
),
redescribed as materialized (
  from parts.redescribed(in_span, {question})
),
changes as (
  select listing_key, first_day as day from redescribed cross join span
  union
  select listing_key, unnest([valid_from, valid_to]) as day from redescribed join store.listing using (listing_key) join origins using (hub, namespace)
  where policy = in_policy
  union
  select listing_key, valid_from from store.attributes semi join redescribed using (listing_key) where parts.asks_attributes({question})
),
points as materialized (
  select listing.*, 1 as hubs, changes.day, '' as source, metric from store.listing join changes using (listing_key) cross join span
  where changes.day between first_day and last_day
),
ends as (
  select listing_key, day, coalesce(lead(day) over (partition by listing_key order by day), date '9999-12-31') as until from points
)
select listing_key, namespace, first_seen_on, last_seen_on, null::date as since, null::date as until, part_1, part_2, outside
from parts.described('ended', {question}) anti join redescribed using (listing_key)
union all
select listing_key, namespace, first_seen_on, last_seen_on, day, until, part_1, part_2, outside
from parts.described_on('points', {question}) join ends using (listing_key, day);

-- A row a day and group: its sums, those of the constant panel, and the day's whole: what is inside, what may be outside (`beyond`), and
-- what has no label and may be this group's (`loose`; `loose_all`: any group's). `in_observed` names the table of the days: hub, day, source, metric.
create or replace macro parts.series(in_scope, in_observed, {question}) as table
with
observed as materialized (
  from query_table(in_observed)
),
-- What other sweeps of these days saw. Mostly there are none, and leaving none out costs nothing.
others as materialized (
  select day, source from sweeps where hub in (select hub from observed) and day in (select day from observed)
    and (day, source) not in (select (day, source) from observed)
),
length as materialized (
  select count(*)::int as days, min(day) as first_day, max(day) as last_day, any_value(metric) as metric, any_value(hub) as hub from observed
),
told_of as materialized (
  from parts.described_over(in_scope, 'length', {question})
),
-- Groups as small numbers; what may be outside has none of them.
names as materialized (
  select row_number() over ()::int as number, part_1, part_2 from (select distinct part_1, part_2 from told_of where not outside)
),
doubted as materialized (
  select listing_key, f.day from parts.flagged(in_scope, in_metric) f semi join observed on observed.day = f.day
),
-- A year of a large hub is a billion rows.
told as not materialized (
  select listing_key, day, parts.counter(case when in_metric is not null then in_metric else (select metric from length) end,
    downloads_30d, downloads_total, likes) as value
  from store.counters anti join others using (day, source) where day in (select day from observed)
),
-- The constant panel is fixed on the first day: the namespaces that were there, with all that they list later, and a repository that was there
-- under whatever id it has later. What later days bring changes nothing of it.
there_first as materialized (
  select listing_key, namespace from (
    select listing_key from store.counters anti join others using (day, source) semi join length on day = first_day
  ) join told_of using (listing_key) cross join length
  where since is null or first_day >= since and first_day < until
),
founders as materialized (
  select distinct namespace from there_first
),
moved as materialized (
  select distinct later.listing_key from there_first join store.repositories first using (listing_key)
  join store.repositories later using (repository)
),
panel as materialized (
  select listing_key, case when outside then -1 else number end as number, since, until, founders.namespace is not null or moved.listing_key is not null as constant
  from told_of
  left join names on names.part_1 is not distinct from told_of.part_1 and names.part_2 is not distinct from told_of.part_2
  left join founders using (namespace)
  left join moved using (listing_key)
),
-- The few listings that change their labels are joined apart: asking of each of a billion rows whether it is one costs more than all else.
-- Summed apart for the panel and the others, since a filter on a sum costs more than a group.
placed as (
  select day, value, number, constant from told join (from panel where since is null) using (listing_key)
  union all
  select day, value, number, constant
  from told join (from panel where since is not null) changing on changing.listing_key = told.listing_key and day >= since and day < until
),
sums_apart as (
  select day, number, constant, count(*) as listings, sum(value) as value, count(value) as models from placed group by day, number, constant
),
sums as (
  select day, number, sum(listings) as listings, sum(value) as value, sum(models) as models, sum(value) filter (constant) as value_constant,
    coalesce(sum(models) filter (constant), 0) as constants
  from sums_apart group by day, number
),
-- What is few is taken from the sums, not left out of the scan: flagged observations, and listings whose model another one counts.
doubts as (
  select day, number, count(*) as listings, sum(value) as value, count(value) as models, sum(value) filter (constant) as value_constant,
    count(value) filter (constant) as constants
  from told semi join doubted using (listing_key, day) join panel using (listing_key) where since is null or day >= since and day < until
  group by day, number
),
doubles as materialized (
  select listing_key, model_key, linked_id, is_mirror from parts.linked(in_by) semi join length using (hub) qualify count(*) over (partition by model_key) > 1
),
doubles_told as materialized (
  select told.* from told semi join doubles using (listing_key)
),
again as (
  select day, number, count(*) as listings, count(*) filter (constant) as constants from (
    select d.*, is_mirror and bool_or(not is_mirror) over (partition by model_key, day) as is_copy,
      row_number() over (partition by model_key, day, fits order by is_mirror, linked_id) as turn
    from (
      select t.listing_key, t.day, number, constant, number is not null and value is not null and not (in_without_flagged and f.listing_key is not null) as fits
      from doubles_told t left join doubted f using (listing_key, day)
      left join panel p on p.listing_key = t.listing_key and (since is null or t.day >= since and t.day < until)
    ) d join doubles using (listing_key)
  ) where fits and (turn > 1 or is_copy and (select metric from length) = 'models') group by day, number
),
left_out as (
  select day, number, listings, value, models, value_constant, constants from doubts where in_without_flagged
  union all by name
  select day, number, case when metric = 'models' then listings else 0 end as listings, case when metric = 'models' then listings end as value,
    listings as models, case when metric = 'models' then constants end as value_constant, case when metric = 'models' then constants else 0 end as constants
  from again cross join length
),
taken as (
  select day, number, sum(listings) as listings, sum(value) as value, sum(models) as models, sum(value_constant) as value_constant, sum(constants) as constants
  from left_out group by day, number
),
groups as (
  select s.day, s.number, case when s.models > coalesce(o.models, 0) or o.value is null then s.value - coalesce(o.value, 0) end as value,
    (s.models - coalesce(o.models, 0))::bigint as models,
    case when s.constants > coalesce(o.constants, 0) then s.value_constant - coalesce(o.value_constant, 0) end as value_constant,
    case when in_without_flagged then 0 else coalesce(d.models, 0) end as flagged,
    case when in_without_flagged then 0 else coalesce(d.value, 0) end as flagged_value
  from sums s left join taken o using (day, number) left join doubts d using (day, number)
  where s.listings > coalesce(o.listings, 0)
),
whole as (
  select day, coalesce(sum(value) filter (number >= 0), 0) as inside, coalesce(sum(value) filter (number < 0), 0) + coalesce(any_value(amount), 0) as beyond,
    coalesce(sum(value) filter (part_1 is null and part_2 is null and number >= 0), 0) as loose,
    coalesce(sum(value) filter (not parts.is_labelled(in_by, part_1, part_2) and number >= 0), 0) as loose_all,
    sum(value_constant) filter (number >= 0) as inside_constant, coalesce(sum(value_constant) filter (number < 0), 0) as beyond_constant,
    coalesce(sum(value_constant) filter (not parts.is_labelled(in_by, part_1, part_2) and number >= 0), 0) as loose_constant
  from groups left join names using (number) left join parts.rejected('observed') using (day) group by day
),
half as (
  select day, part_1, part_2, value from groups join names using (number) where parts.is_double(in_by) and (part_1 is null) <> (part_2 is null)
),
known as (
  select groups.*, names.part_1, names.part_2, parts.is_labelled(in_by, names.part_1, names.part_2) as is_known, inside, beyond,
    inside_constant, beyond_constant, loose_constant, loose_all, source,
    loose + coalesce(a.value, 0) + coalesce(b.value, 0) as loose
  from groups join names using (number) join whole using (day) join observed using (day)
  left join half a on a.day = groups.day and a.part_2 is null and a.part_1 = names.part_1
  left join half b on b.day = groups.day and b.part_1 is null and b.part_2 = names.part_2
)
select day, source, part_1, part_2, is_known, value, models, value_constant, flagged, flagged_value, inside, beyond, loose, inside_constant,
  beyond_constant, loose_constant, loose_all
from known;
