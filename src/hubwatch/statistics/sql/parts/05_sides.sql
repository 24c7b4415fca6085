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

-- Listings that the counter's flags doubt on either day, by whatever id: a repository that was renamed is doubted as one.
create or replace macro parts.doubted(in_scope, in_before, in_moved, in_metric) as table
  with
  doubted as materialized (
    select listing_key from parts.flagged(in_scope, in_metric) f
    where f.day in (select day from query_table(in_scope) scope union all select day from query_table(in_before))
  )
  select listing_key from doubted
  union select moved.listing_key from query_table(in_moved) moved semi join doubted on doubted.listing_key = former_key
  union select former_key from query_table(in_moved) moved semi join doubted using (listing_key);

-- Listings that are one model with others of the hub.
create or replace macro parts.doubles(in_scope, in_by) as table
  select listing_key, model_key, is_mirror, linked_id from parts.linked(in_by) linked semi join query_table(in_scope) scope using (hub)
  qualify count(*) over (partition by model_key) > 1;

-- A few listings (`in_listings`: listing_key), described on each of the two days.
create or replace macro parts.described_twice(in_listings, in_scope, in_before, {question}) as table
  with
  twice as materialized (
    select listing.*, scope.hubs, days.day, scope.source, scope.metric
    from store.listing semi join query_table(in_listings) asked using (listing_key)
    join query_table(in_scope) scope using (hub)
    cross join (select day from query_table(in_scope) union all select day from query_table(in_before)) days
  )
  select listing_key, day, namespace, part_1, part_2, outside from parts.described_on('twice', {question});

-- Of the doubles, as described on the two days, those whose model another one counts on the day: `is_again`. `is_left_out`: models are the counter, or
-- it is a mirror beside an original.
create or replace macro parts.again(in_scope, in_before, in_doubles, in_described, in_doubted, in_metric, in_without_flagged) as table
  with
  seen as (
    select day, source, metric, true as is_now from query_table(in_scope) scope
    union all
    select since.day, since.source, scope.metric, false from query_table(in_before) since cross join query_table(in_scope) scope
  ),
  doubles_seen as (
    select c.listing_key, is_now, model_key, is_mirror, linked_id, coalesce(in_metric, metric) = 'models' as is_models, described.listing_key is not null
      and parts.counter(case when in_metric is not null then in_metric else seen.metric end, downloads_30d, downloads_total, likes) is not null
      and not (in_without_flagged and c.listing_key in (select listing_key from query_table(in_doubted))) as fits
    from store.counters c join query_table(in_doubles) doubles using (listing_key)
    join seen on seen.day = c.day and seen.source = c.source
    left join query_table(in_described) described on described.listing_key = c.listing_key and described.day = c.day
  )
  select listing_key, is_now, is_models and (turn > 1 or is_copy) as is_left_out, turn > 1 as is_again from (
    select listing_key, is_now, is_models, fits, row_number() over (partition by model_key, is_now, fits order by is_mirror, linked_id) as turn,
      is_mirror and bool_or(not is_mirror) over (partition by model_key, is_now) as is_copy
    from doubles_seen
  ) where fits;

-- A row a listing of the hub observed on either day, as described on the scope's: its counter on both (null: not observed, or not
-- reported), and `joined_before`, that of the same repository, whatever its id was then. A model is counted once a day, where models are
-- the counter; `is_again`: it is counted by another listing on the scope's day.
create or replace macro parts.sides(in_scope, in_before, in_moved, in_doubted, in_again, {question}) as table
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
  carried as (
    select moved.listing_key, before as joined_before from query_table(in_moved) moved join earlier on earlier.listing_key = former_key
    where former_key not in (select listing_key from query_table(in_again) where is_left_out and not is_now)
    union all
    select former_key, null from query_table(in_moved) moved
  ),
  counted as (
    select pair.listing_key, case when coalesce(a.is_left_out, false) then null else now end as now, pair.is_now and not coalesce(a.is_left_out, false) as is_now,
      case when coalesce(b.is_left_out, false) then null else before end as before, is_before and not coalesce(b.is_left_out, false) as is_before,
      coalesce(a.is_again, false) as is_again
    from pair left join (from query_table(in_again) where is_now) a on a.listing_key = pair.listing_key
    left join (from query_table(in_again) where not is_now) b on b.listing_key = pair.listing_key
  )
  select d.listing_key, d.namespace, d.part_1, d.part_2, d.outside, now, before, is_now, is_before,
    case when carried.listing_key is null then before else joined_before end as joined_before,
    doubted.listing_key is not null as is_flagged, is_again
  from counted
  join (from parts.described(in_scope, {question})) d on d.listing_key = counted.listing_key
  left join carried on carried.listing_key = counted.listing_key
  left join query_table(in_doubted) doubted on doubted.listing_key = counted.listing_key
  where (is_now or is_before) and (not in_without_flagged or doubted.listing_key is null);
