-- What was released when.

-- A row a model that was created up to the scope's day, removed ones included, at its earliest original listing: by the hub's creation date.
-- `settled`: its namespace had a listing before since.
create or replace macro parts.released(in_scope, {question}) as table
with
-- Former ids: listings whose repository was seen to a later day under another one, which was there by the day. What is seen to the end has none.
renamed as (
  select former.listing_key from store.repositories former join store.repositories later using (repository)
  join store.listing on listing.listing_key = later.listing_key join query_table(in_scope) scope using (hub)
  where later.place > former.place and not former.is_last and first_seen_on <= scope.day
),
created as (
  select d.* from parts.described(in_scope, {question}) d anti join renamed using (listing_key)
  where first_seen_on <= day and created_at < day + interval 1 day
    and (hub, date_trunc('second', created_at)) not in (select (hub, moment::timestamp) from facts.placeholder_times)  -- older than that
),
linked as materialized (
  from parts.linked(in_by)
),
originals as (
  select distinct model_key, part_of from linked join store.listing using (listing_key) join query_table(in_scope) scope on scope.hub = linked.hub
  where not is_mirror and first_seen_on <= scope.day
),
once as (
  select created.* from created anti join linked using (listing_key)
  union all
  select created.* from created join linked using (listing_key)
  left join originals on originals.model_key = linked.model_key and originals.part_of = linked.part_of
  qualify not (is_mirror and originals.model_key is not null)
    and row_number() over (partition by linked.model_key, linked.part_of order by is_mirror, created_at, created.hub, model_id) = 1
),
settled as (
  select hub, namespace, min(created_at) < in_since as settled from created where in_since is not null group by all
)
from once left join settled using (hub, namespace);
