-- One hub's day beside an earlier one.

-- Listings that the hub knows by the same key, on the two days by another id: a repository that was renamed between them.
create or replace macro parts.moved(in_scope, in_before) as table
  with
  now as (
    select repository, arg_max(listing_key, place) as listing_key from store.repositories
    semi join (select listing_key from store.counters semi join query_table(in_scope) using (day, source)) using (listing_key)
    group by repository
  ),
  before as (
    select repository, arg_max(listing_key, place) as former_key from store.repositories
    semi join (select listing_key from store.counters semi join query_table(in_before) using (day, source)) using (listing_key)
    group by repository
  )
  select listing_key, former_key from now join before using (repository) where listing_key <> former_key;

-- What a cumulative counter that spiked on one of the two days cannot have been above: its next observed value.
create or replace macro parts.repaired(in_scope, in_before) as table
  with
  spiked as (
    select listing_key, flags.day from flags join store.listing using (hub, model_id)
    where flag = 'downloads_total_spiked' and flags.day in (
      select day from query_table(in_scope) union all select day from query_table(in_before))
  )
  select listing_key, spiked.day, arg_min(c.downloads_total, c.day) as downloads_total
  from spiked join store.counters c using (listing_key)
  where c.day > spiked.day and not superseded and c.downloads_total is not null group by all;

-- A row a listing of the hub observed on either day: its counter on both (null: not observed, or not reported), `joined_before`
-- that of the same repository, whatever its id was then, and `step` the increase since, spikes repaired.
create or replace macro parts.sides(in_scope, in_before, {question}) as table
  with
  now as (
    select listing_key, parts.counter(case when in_metric is not null then in_metric else metric end,
      downloads_30d, downloads_total, likes) as now
    from store.counters join query_table(in_scope) scope using (day, source)
  ),
  earlier as (
    select listing_key, parts.counter(case when in_metric is not null then in_metric else (select metric from query_table(in_scope) scope) end,
      downloads_30d, downloads_total, likes) as before
    from store.counters join query_table(in_before) since using (day, source)
  ),
  -- A join: grouping the two days by listing takes four times as long.
  pair as (
    select listing_key, now, before, now.listing_key is not null as is_now, earlier.listing_key is not null as is_before
    from now full join earlier using (listing_key)
  ),
  moved as materialized (from parts.moved(in_scope, in_before)),
  carried as (
    select moved.listing_key, before as joined_before from moved join earlier on earlier.listing_key = former_key
    union all
    select former_key, null from moved
  ),
  repaired as materialized (
    select r.* from parts.repaired(in_scope, in_before) r cross join query_table(in_scope) scope where metric = 'downloads_total'
  ),
  fixed_now as (select listing_key, downloads_total from repaired semi join query_table(in_scope) scope using (day)),
  fixed_before as (
    select coalesce(moved.listing_key, repaired.listing_key) as listing_key, downloads_total
    from repaired semi join query_table(in_before) since using (day) left join moved on former_key = repaired.listing_key
  ),
  doubted as materialized (
    select listing_key from parts.flagged(in_scope, in_metric) f join store.listing using (hub, model_id)
    where f.day in (select day from query_table(in_scope) scope union all select day from query_table(in_before))
  ),
  joined_doubts as (
    select listing_key from doubted
    union select moved.listing_key from moved semi join doubted on doubted.listing_key = former_key
    union select former_key from moved semi join doubted using (listing_key)
  )
  select d.listing_key, d.namespace, d.part_1, d.part_2, d.outside, now, before, is_now, is_before,
    case when carried.listing_key is null then before else joined_before end as joined_before,
    coalesce(fixed_now.downloads_total, now)
      - coalesce(fixed_before.downloads_total, case when carried.listing_key is null then before else joined_before end) as step,
    joined_doubts.listing_key is not null as is_flagged
  from pair
  join (from parts.described(in_scope, {question})) d on d.listing_key = pair.listing_key
  left join carried on carried.listing_key = pair.listing_key
  left join fixed_now on fixed_now.listing_key = pair.listing_key
  left join fixed_before on fixed_before.listing_key = pair.listing_key
  left join joined_doubts on joined_doubts.listing_key = pair.listing_key
  where not in_without_flagged or joined_doubts.listing_key is null;
