-- One hub's days side by side.

-- A row a day and group: its sums, those of the constant panel, and the day's whole: what is inside, what may be outside (`beyond`), and
-- what has no label (`loose`). `in_observed` names the table of the days: hub, day, source, metric.
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
length as (
  select count(*)::int as days, min(day) as first_day, max(day) as last_day, any_value(metric) as metric from observed
),
-- Groups as small numbers.
numbered as materialized (
  select listing_key, dense_rank() over (order by namespace)::int as owner, first_seen_on, last_seen_on,
    case when outside then -1 else coalesce(dense_rank() over (order by part_1 nulls first, part_2 nulls first), 0)::int end as number, part_1, part_2
  from parts.described(in_scope, {question})
),
names as (
  select distinct number, part_1, part_2 from numbered where number >= 0
),
-- A namespace is constant when one listing of it was observed on every day (one that spans the range is tried) or, for
-- the few whose tried listing has gaps, when its listings together were.
spans as (
  select owner, min(first_seen_on) <= any_value(first_day) and max(last_seen_on) >= any_value(last_day) as possible,
    min(listing_key) filter (first_seen_on <= first_day and last_seen_on >= last_day) as listing_key
  from numbered, length group by owner
),
tried as (
  select listing_key from spans where listing_key is not null
),
doubted as materialized (
  select listing_key, f.day from parts.flagged(in_scope, in_metric) f join store.listing using (hub, model_id) semi join observed on observed.day = f.day
),
-- A year of a large hub is a billion rows.
told as not materialized (
  select listing_key, day, parts.counter(case when in_metric is not null then in_metric else (select metric from length) end,
    downloads_30d, downloads_total, likes) as value
  from store.counters anti join others using (day, source) where day in (select day from observed)
),
steady as materialized (
  select listing_key from told join tried using (listing_key) group by listing_key having count(*) = (select days from length)
),
patched as materialized (
  select owner from (
    select distinct owner, day from store.counters anti join others using (day, source) semi join observed using (day) join numbered using (listing_key)
    semi join (select owner from spans where possible and coalesce(listing_key not in (from steady), true)) using (owner))
  group by owner having count(*) = (select days from length)
),
constant as (
  select owner from spans semi join steady using (listing_key) union all from patched
),
panel as materialized (
  select listing_key, number, constant.owner is not null as constant from numbered left join constant using (owner)
),
sums as (
  select day, number, sum(value) as value, count(value) as models, sum(value) filter (constant) as value_constant
  from told join panel using (listing_key) group by day, number
),
-- Flagged observations are few: they are taken from the sums, not left out of the scan.
doubts as (
  select day, number, sum(value) as value, count(value) as models, sum(value) filter (constant) as value_constant
  from told semi join doubted using (listing_key, day) join panel using (listing_key) group by day, number
),
groups as (
  select s.day, s.number,
    case when in_without_flagged and d.models > 0 then case when s.models > d.models then s.value - d.value end else s.value end as value,
    s.models - case when in_without_flagged then coalesce(d.models, 0) else 0 end as models,
    s.value_constant - case when in_without_flagged then coalesce(d.value_constant, 0) else 0 end as value_constant,
    case when in_without_flagged then 0 else coalesce(d.models, 0) end as flagged,
    case when in_without_flagged then 0 else coalesce(d.value, 0) end as flagged_value
  from sums s left join doubts d using (day, number)
),
whole as (
  select day, coalesce(sum(value) filter (number >= 0), 0) as inside, coalesce(sum(value) filter (number < 0), 0) as beyond,
    coalesce(sum(value) filter (not parts.is_labelled(in_by, part_1, part_2) and number >= 0), 0) as loose,
    sum(value_constant) filter (number >= 0) as inside_constant, coalesce(sum(value_constant) filter (number < 0), 0) as beyond_constant,
    coalesce(sum(value_constant) filter (not parts.is_labelled(in_by, part_1, part_2) and number >= 0), 0) as loose_constant
  from groups left join names using (number) group by day
),
known as (
  select *, parts.is_labelled(in_by, part_1, part_2) as is_known from groups join names using (number) join whole using (day) join observed using (day)
)
select day, source, part_1, part_2, is_known, value, models, value_constant, flagged, flagged_value, inside, beyond, loose, inside_constant,
  beyond_constant, loose_constant
from known;
