-- Bases that are named by an id their hub does not list -> the id it lists them under now. From: listings, renames (link.sql).
-- Into: former_ids (hub, model_id as named, listed_as). A renamed owner counts before a spelling, an exact one before another
-- case; where a hub lists two that would do, none is chosen. What a listing itself says stays in listings.base_models.

create or replace temp table former_ids as
with named as (
  select distinct hub, unnest(base_models) as model_id from listings where len(base_models) > 0
), asked as (
  select hub, model_id, split_part(model_id, '/', 1) as namespace, split_part(model_id, '/', 2) as name
  from named anti join (select hub, model_id from listings where gone_on is null) here using (hub, model_id)
  where contains(model_id, '/')
), tried as (
  select a.hub, a.model_id, r.target || '/' || a.name as candidate, 1 as turn
  from asked a join renames r on r.hub = a.hub and lower(r.namespace) = lower(a.namespace)
  union all
  select hub, model_id, model_id, 2 from asked
), found as (
  select t.hub, t.model_id, l.model_id as listed_as, t.turn, t.candidate = l.model_id as is_exact
  from tried t join listings l on l.hub = t.hub and lower(l.model_id) = lower(t.candidate)
  where l.gone_on is null
)
select hub, model_id, any_value(listed_as) as listed_as from (
  select * from found qualify rank() over (partition by hub, model_id order by turn, not is_exact) = 1
)
group by hub, model_id having count(distinct listed_as) = 1;
