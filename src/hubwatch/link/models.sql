-- bodies, anchored, copies -> linked (one row a listing that is not alone, or a mirror) and linked_models (one row a model of
-- several listings). All others stand alone and need neither.

create or replace temp table tied as
with hung as (
  select coalesce(a.listing_key, c.copy) as listing_key, coalesce(c.original, a.anchor, c.copy) as anchor,
    c.original is not null as is_copy, c.ground, c.rivals
  from anchored a full join copies c on c.copy = a.anchor
), every_member as (
  select * from hung
  union all by name
  select distinct anchor as listing_key, anchor, false as is_copy from hung anti join hung h on h.listing_key = hung.anchor
)
select m.listing_key, m.anchor, m.is_copy, m.ground, m.rivals, b.hub, b.namespace, l.name, l.created_at, l.is_gone,
  b.is_mirror, b.organization, b.said_organization, b.guessed_by, count(*) over (partition by m.anchor) as listings
from every_member m join present l using (listing_key) join bodies b using (namespace_key);

create or replace temp table linked as
with anchors as (
  select listing_key as anchor, hub as anchor_hub, namespace as anchor_namespace, name as anchor_name,
    hub || ':' || whole_id(namespace, name) as model_key, guessed_by as anchor_guessed_by, organization as anchor_organization
  from tied where listing_key = anchor
), judged as (
  select t.*, a.* exclude (anchor),
    case when t.listing_key = t.anchor then null when is_copy then 'mirror'
      when t.name <> anchor_name and lower(t.name) <> lower(anchor_name) then 'name'
      when lower(t.namespace) <> lower(anchor_namespace) then 'alias'
      when t.namespace = anchor_namespace and t.name = anchor_name then 'same_id' else 'case' end as own_tier
  from tied t join anchors a using (anchor)
)
select listing_key, model_key, is_mirror or is_copy as is_mirror,
  case when listings = 1 then 'single' else coalesce(own_tier, (['same_id', 'case', 'alias', 'name', 'mirror'])[
    min(list_position(['same_id', 'case', 'alias', 'name', 'mirror'], own_tier)) over (partition by anchor)]) end as tier,
  case when listings = 1 and rivals > 0 then 'mirror namespace; ' || rivals || ' listings of this name elsewhere, none clearly its original'
    when listings = 1 then 'mirror namespace; no listing of this name elsewhere'
    when listing_key = anchor then 'the model is named after this listing'
    when is_copy and is_mirror then 'mirror namespace; ' || ground || ' is ' || model_key
    when is_copy then ground || ' is ' || model_key
    else case own_tier when 'same_id' then 'equal id as ' || model_key when 'case' then 'but for case equal id as ' || model_key
        when 'alias' then 'equal name as ' || model_key else 'equal name after normalisation as ' || model_key end
      || case when coalesce(guessed_by, anchor_guessed_by) is not null
            and (lower(namespace) <> lower(anchor_namespace) or coalesce(organization, anchor_organization) is not null)
          then '; the two namespaces are spelled alike, no fact says they are one organization'
        when organization = anchor_organization then '; both namespaces are of ' || organization
        when organization is not null then '; ' || organization || ' and ' || anchor_organization || ', both under ' || root
        else '' end end as evidence
from judged left join organization_roots using (organization);

create or replace temp table linked_models as
select model_key, any_value(name) filter (t.listing_key = anchor) as name,
  coalesce(any_value(said_organization) filter (t.listing_key = anchor),
    min_by(said_organization, (hub_rank(hub), namespace, t.name)) filter (not k.is_mirror and said_organization is not null)) as organization,
  arg_min(hub, (created_at, hub_rank(hub))) filter (created_at is not null) as first_hub, min(created_at) as first_seen_at,
  list_sort(coalesce(list(distinct hub) filter (not is_gone), list(distinct hub))) as hubs
from tied t join (select listing_key, model_key, is_mirror from linked) k using (listing_key) group by model_key;

create or replace temp view all_models as
with every_model as (
  select * from linked_models
  union all by name
  select hub || ':' || whole_id(namespace, name) as model_key, name, said_organization as organization, hub as first_hub,
    created_at as first_seen_at, [hub] as hubs
  from present join bodies using (namespace_key) anti join linked using (listing_key)
)
select model_key, name, organization, coalesce(first_hub, if(len(hubs) = 1, hubs[1], null)) as first_hub, first_seen_at, hubs
from every_model;

create or replace temp table families_found as
with found as materialized (select model_key, family_of(organization, name) as family from all_models)
from found where family is not null;

create or replace temp view all_listings as
select b.hub, whole_id(b.namespace, l.name) as model_id, coalesce(k.model_key, b.hub || ':' || whole_id(b.namespace, l.name)) as model_key,
  coalesce(k.tier, 'single') as tier,
  coalesce(k.evidence, case when b.organization is null then 'no namespace of like spelling has this name'
    else 'no other namespace of ' || b.organization || ' has this name' end) as evidence,
  coalesce(k.is_mirror, false) as is_mirror
from present l join bodies b using (namespace_key) left join linked k using (listing_key);
