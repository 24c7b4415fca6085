-- Bases that are named by an id their hub does not list -> the id it lists them under now. From: listings, renames (bodies.sql).
-- Into: former_ids (hub, model_id as named, listed_as). The hub's own key of the repository counts before a renamed owner, that
-- before a spelling, an exact one before another case; where a hub lists two that would do, none is chosen. A repository that is gone
-- has the id it had last, as on the days before it went. What a listing itself says stays in listings.base_models.

-- One repository that its hub has listed under several ids: the id seen last is the present one.
create or replace temp table moved_ids as
with moved as (
  select hub, hub_key, arg_max(model_id, last_seen_on) as listed_as, max(last_seen_on) as seen_on,
    count(*) filter (last_seen_on = newest) as present_ids
  from (select hub, hub_key, model_id, last_seen_on, max(last_seen_on) over (partition by hub, hub_key) as newest
    from listings where hub_key is not null)
  group by hub, hub_key having count(*) > 1
)
select listings.hub, listings.model_id, listed_as
from listings join moved using (hub, hub_key) where present_ids = 1 and listings.model_id <> listed_as;

create or replace temp table former_ids as
with named as (
  select distinct hub, unnest(base_models) as model_id from listings where len(base_models) > 0
), asked as (
  select hub, model_id, split_part(model_id, '/', 1) as namespace, split_part(model_id, '/', 2) as name
  from named
  anti join (select hub, model_id from listings anti join moved_ids using (hub, model_id) where gone_on is null) here using (hub, model_id)
  where contains(model_id, '/')
), tried as (
  select hub, model_id, listed_as as candidate, 0 as turn from asked join moved_ids using (hub, model_id)
  union all
  select a.hub, a.model_id, r.target || '/' || a.name as candidate, 1 as turn
  from asked a join renames r on r.hub = a.hub and lower(r.namespace) = lower(a.namespace)
  union all
  select hub, model_id, model_id, 2 from asked
), found as (
  select t.hub, t.model_id, l.model_id as listed_as, t.turn, t.candidate = l.model_id as is_exact
  from tried t join listings l on l.hub = t.hub and lower(l.model_id) = lower(t.candidate)
  where l.gone_on is null or (t.turn = 0 and l.model_id = t.candidate)  -- one repository, though it is gone
)
select hub, model_id, any_value(listed_as) as listed_as from (
  select * from found qualify rank() over (partition by hub, model_id order by turn, not is_exact) = 1
)
group by hub, model_id having count(distinct listed_as) = 1;
