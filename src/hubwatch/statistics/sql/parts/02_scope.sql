-- Which hub, day and source a question rests on.

-- The days that can be asked about: each day's leading source, or the one that is named. `is_whole`: all of the hub;
-- `is_fit`: its counters may stand beside other days'; a day in the future is of a clock that was wrong.
create or replace macro parts.held_by(in_source) as table
  select hub, day, source, complete, records, extent, extent = 'whole' and (complete or starts_with(source, 'archive:')) as is_whole,
    coalesce(health, 'ok') not in ('partial', 'stalled', 'rolled_back', 'dipped') as is_fit, day > current_date + 1 as is_ahead
  from (
    select hub, day, source, complete, records, extent, health from days where in_source is null
    union all
    select hub, day, source, complete, records, parts.extent_of(extent, source), health from sweeps where source = in_source
  );

-- The hubs of which a listing has, on their day, every attribute that is named.
create or replace macro parts.having_needed(in_days_of, in_needs) as table
  select distinct hub from store.attributes join store.listing using (listing_key) join query_table(in_days_of) asked using (hub)
  where in_needs is not null and valid_from <= asked.day and (valid_to is null or valid_to > asked.day)
    and (created_at is not null or not list_contains(in_needs, 'created_at')) and (parameters is not null or not list_contains(in_needs, 'parameters'));

-- A row a hub: its day as asked, else its last of a complete full sweep, else its last complete one, else its last; and the
-- counter: the one asked for, else the first of the statistic's that is given. Downloads are never added over hubs: where no hub is
-- named, the one with most listings answers of those that give the counter, and whose listings have what the statistic needs. `standing`: a hub that was not observed on the day
-- answers by its last one before.
create or replace macro parts.scope({question}) as table
  with
  held as materialized (from parts.held_by(in_source)),
  picked as materialized (
    select * from held
    where (in_hub is null or hub = in_hub)
      and (in_day is null or day = in_day or (in_days = 'standing' and day < in_day))
      and (in_day is not null or not in_without_flagged
        or (hub, day) not in (select (hub, day) from flags where model_id = ''))
    qualify row_number() over (partition by hub
      order by day is not distinct from in_day desc, is_ahead, is_fit desc, is_whole desc, complete and source = 'full' desc,
      complete desc, day desc) = 1
  ),
  counts as materialized (
    select hub, day, source, given_30d, given_total, given_likes from picked join sweeps using (hub, day, source)
  ),
  -- What was loaded by an earlier hubwatch was not counted then.
  uncounted as materialized (
    select hub, day, source from counts
    where given_likes is null and (in_metric is null or (in_metric <> 'models' and in_hub is null))
  ),
  given as (
    select hub, given_30d > 0 as has_rolling, given_total > 0 as has_total, given_likes > 0 as has_likes from counts where given_likes is not null
    union all
    select uncounted.hub, count(downloads_30d) > 0, count(downloads_total) > 0, count(likes) > 0
    from uncounted join store.counters c on c.day = uncounted.day and c.source = uncounted.source
    join store.listing on listing.listing_key = c.listing_key and listing.hub = uncounted.hub
    group by uncounted.hub
  ),
  metrics as (
    select unnest(in_metrics) as metric, unnest(range(len(in_metrics))) as place
  ),
  offered as (
    select picked.hub, day, source, records, place, metric
    from metrics cross join picked left join given on given.hub = picked.hub
    where (in_metric is null or metric = in_metric)
      and (metric = 'models' or (in_metric is not null and in_hub is not null)
        or coalesce(parts.counter(metric, has_rolling::int, has_total::int, has_likes::int), 0) = 1)
  ),
  able as materialized (
    select hub from parts.having_needed('picked', in_needs) where in_hub is null and in_hubs = 'one'
  )
  select hub, day, source, metric, count(*) over () as hubs from (
    select * from offered where place = (select min(place) from offered)
    qualify not (in_hubs = 'one' or starts_with(metric, 'downloads')) or row_number() over (order by hub in (from able) desc, records desc, hub) = 1
  );

-- The earlier day that one hub's day is compared with: the one asked for, else the nearest to 30 days before that is whole or of
-- the same source, and fit; where none is needed, only within 15 days (`tolerance`) of that. Of a day's sources the one that the
-- day rests on, where it has it.
create or replace macro parts.earlier(in_scope, in_since, in_days, in_tolerance) as table
  with
  now as materialized (
    select s.hub, s.day, s.source, complete, parts.extent_of(extent, source) as extent
    from query_table(in_scope) s join sweeps using (hub, day, source)
  ),
  days_before as (
    from parts.held_by(null)
    union
    select hub, day, source, complete, records, parts.extent_of(extent, source) as extent,
      parts.extent_of(extent, source) = 'whole' and (complete or starts_with(source, 'archive:')),
      coalesce(health, 'ok') not in ('partial', 'stalled', 'rolled_back', 'dipped'), day > current_date + 1
    from sweeps where source in (select source from now)
  ),
  compared as (
    select b.*, now.day - b.day as days_between, b.source = now.source as is_own,
      b.source = now.source and (b.complete and now.complete or starts_with(b.source, 'archive')) or now.extent = 'whole' and b.is_whole as is_like
    from days_before b join now on now.hub = b.hub and b.day < now.day
  )
  select hub, day, source, days_between, is_whole or is_own and starts_with(source, 'archive') as tells_all
  from compared
  where case when in_since is not null then day = in_since
    else in_days = 'two' or (is_like and abs(days_between - 30) <= in_tolerance) end
  qualify row_number() over (order by is_like desc, is_fit desc, is_whole desc, abs(days_between - 30), day, is_own desc) = 1;

-- The days of one hub, from since to the day, that may stand in one series: fit, and of one extent, whole days if there are any,
-- else head days, else those of the one selection with most days; or those of the source that is named.
create or replace macro parts.whole_days(in_scope, in_source, in_since, in_day) as table
  with
  found as materialized (
    select held.*, metric from parts.held_by(in_source) held join query_table(in_scope) now on now.hub = held.hub
    where (complete or starts_with(held.source, 'archive:')) and not is_ahead
      and (in_since is null or held.day >= in_since) and (in_day is null or held.day <= in_day)
  ),
  selections as (
    select source from found where extent = 'selection' group by source order by count(*) desc, source desc limit 1
  )
  select hub, day, source, metric from found
  where is_fit and case when in_source is not null then true
    when exists (from found where extent = 'whole') then extent = 'whole'
    when exists (from found where extent = 'head') then extent = 'head'
    else source in (from selections) end;

-- The same days, of which only those whose health is ok: where a cumulative counter may be read. From the last such day up to since, so
-- that what lies between it and the next can be told.
create or replace macro parts.sound_days(in_scope, in_source, in_since, in_day) as table
  with
  sound as materialized (
    select d.* from parts.whole_days(in_scope, in_source, null::date, in_day) d
    join sweeps using (hub, day, source) where coalesce(sweeps.health, 'ok') = 'ok'
  )
  from sound where in_since is null or day >= coalesce((select max(day) from sound where day <= in_since), in_since);

-- The days on which the scope's hub changed what it counts as a download (data/counting_rules.csv), where downloads are the counter. A
-- rolling counter still holds what was counted by the former rule for `reach` days.
create or replace macro parts.rule_changes(in_scope) as table
  select distinct valid_from as changed_on, case metric when 'downloads_30d' then 30 else 0 end as reach
  from facts.counting_rules join query_table(in_scope) scope using (hub) where valid_from is not null and starts_with(metric, 'downloads');
