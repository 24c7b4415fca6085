-- Copies -> originals. A mirror namespace re-hosts others' models under their names; so do some accounts nobody knows.
-- From: what link.sql made. Into: copy_of (one row a copied anchor: its original, or why there is none).

-- Every listing that stands for itself: not tied to another one within its body.
create or replace temp table standing_keys as
select listing_key, namespace_key, squeezed(name) as key
from present anti join (select listing_key from anchored where listing_key <> anchor) tied using (listing_key);

create or replace temp view standing as
select listing_key, key, l.name, l.created_at, b.hub, b.namespace, b.organization, b.kind, b.is_mirror,
  coalesce(r.word, '') as word
from standing_keys join present l using (listing_key) join bodies b on b.namespace_key = l.namespace_key
left join organization_roots r using (organization);

create or replace temp macro is_maker(kind) as
  kind in ('big_tech', 'ai_tiger', 'company', 'academic', 'research_institute', 'government');

-- --- mirror namespaces ---

-- One hub's own copies end in -ms where another's end in -hf.
create or replace temp table mirrors as
select listing_key, hub, regexp_replace(name, '-ms$', '-hf') as name, squeezed(regexp_replace(name, '-ms$', '-hf')) as key
from standing where is_mirror;

-- A mirror's names with one word left out, which then must be the maker's own.
create or replace temp table shortened as
select distinct listing_key, word, squeezed(without_word(normal, word)) as key
from (select listing_key, normal_name(name) as normal, unnest(string_split(normal_name(name), '-')) as word from mirrors)
where length(word) >= 3;

-- Which listing could be the original of which mirror: of the same name, with or without its maker's name in it.
create or replace temp table likely as
select m.listing_key as copy, s.listing_key from standing s join mirrors m using (key) where not s.is_mirror
union
select m.listing_key, s.listing_key from standing s join shortened m using (word, key) where not s.is_mirror
union
select m.listing_key, s.listing_key from standing s join mirrors m on m.key = squeezed(without_word(normal_name(s.name), s.word))
where not s.is_mirror and s.word <> '' and contains(s.key, s.word);

create or replace temp table originals as
select s.*, l.model_id, l.base_models, own_family(organization, s.name) is not null as in_family,
  case when is_maker(kind) then 0 when kind = 'community' then 1 when kind = 'individual' then 2 else 3 end as turn
from standing s join (select listing_key, model_id, base_models from listings) l using (listing_key)
semi join likely using (listing_key);

-- Downloads of the candidates by their hub's last days, to tell the well-known one; compared on one hub only.
set variable recently = (select min(last_day) - 30 from (select hub, max(day) as last_day from days group by hub));

create or replace temp table candidate_downloads as
select hub, model_id, max(coalesce(downloads_total, downloads_30d)) as downloads
from observations semi join originals using (hub, model_id)
where day >= getvariable('recently') group by all;

create or replace temp table candidates as
select m.listing_key as copy, o.listing_key as original, o.hub as original_hub, o.hub || ':' || o.model_id as original_id, o.in_family, o.created_at,
  if(is_conversion(m.name), 1, o.turn) as turn,  -- a well-known converter is often one person
  case when lower(m.name) = lower(o.name) then 0 when normal_name(m.name) = normal_name(o.name) then 1 else 2 end as likeness,
  coalesce(d.downloads, 0) as downloads, o.hub = m.hub as on_own_hub, is_generic(m.name) as generic, is_conversion(m.name) as conversion
from likely join mirrors m on m.listing_key = copy join originals o on o.listing_key = likely.listing_key
left join candidate_downloads d on d.hub = o.hub and d.model_id = o.model_id
-- the same under its own name, or the same under its maker's name in front; never names that merely squeeze alike
where (normal_name(m.name) = normal_name(o.name)
    or (o.word <> '' and bare_name(normal_name(m.name), o.word) = bare_name(normal_name(o.name), o.word)))
  -- a listing that says it is made from one of the same name is itself a copy or a variant
  and not coalesce(list_bool_or(list_transform(o.base_models, lambda base: squeezed(split_part(base, '/', 2)) = o.key)), false);

-- One original, or none where several are as likely: the best class (family, likeness, kind, on another hub), in it the clearly more downloaded,
-- else the earliest. Downloads count where all of the class are on one hub: counters of two hubs do not compare.
create or replace temp table chosen as
with classed as (
  select *, dense_rank() over (partition by copy order by not in_family, likeness, turn, on_own_hub) as class,
    count(*) over (partition by copy) as rivals
  from candidates
), best as (
  select copy, any_value(rivals) as rivals, any_value(generic) as generic, any_value(in_family) as in_family, any_value(turn) as turn,
    any_value(generic or conversion or turn > 1) as is_anyones_name, count(*) as equals,
    list({original: original, downloads: downloads} order by downloads desc, original_id) as ranked,
    arg_min(original, (created_at, original_id)) as earliest, count(created_at) = count(*) as all_dated,
    count(distinct original_hub) = 1 as on_one_hub
  from classed where class = 1 group by copy
), judged as (
  select *, equals = 1 and (not generic or in_family or rivals <= 3) as is_only_one,
    on_one_hub and ranked[1].downloads >= 1000
      and ranked[1].downloads >= coalesce(ranked[2].downloads, 0) * if(is_anyones_name, 10, 3) as is_dominant,
    all_dated and not is_anyones_name as is_telling
  from best
)
select copy, rivals,
  case when is_only_one or is_dominant then ranked[1].original when is_telling then earliest end as original,
  case when rivals = 1 and is_only_one then 'the only listing of this name elsewhere'
    when is_only_one and in_family then 'of ' || rivals || ' listings of this name the one in its maker''s family'
    when is_only_one and turn = 0 then 'of ' || rivals || ' listings of this name the one by a known maker'
    when is_only_one then 'of ' || rivals || ' listings of this name the likeliest'
    when is_dominant then 'of ' || rivals || ' listings of this name the most downloaded'
    when is_telling then 'of ' || rivals || ' listings of this name the earliest' end as ground
from judged;

-- --- re-uploads ---
-- The exact, telling name of an original of a known maker, on a hub where the maker has not put it: by an account that nobody knows as a maker,
-- or by another maker where the name is of the first one's family (Whisper, put up by a laboratory that is not OpenAI).
-- Never conversions, never what says it is made from something, and never of an account whose own name says it is not the body
-- (a fan, a fake, a test): there an equal name is no ground to take it for the same weights.
create or replace temp table reuploads as
with had as (
  select anchor as listing_key, hub from anchored join present using (listing_key) join bodies using (namespace_key)
), held as (
  select key, listing_key, hub, namespace, name, organization, own_family(organization, name) is not null as in_family
  from standing where not is_mirror and is_maker(kind) and not is_conversion(name)
    and (not is_generic(name) or own_family(organization, name) is not null)
), made as (
  -- the one maker of this name, or the one in whose family the name is
  select key, max_by({listing_key: listing_key, hub: hub, name: name, organization: organization, in_family: in_family}, (in_family, -hub_rank(hub), namespace, name)) as original
  from held group by key having count(*) = 1 or count(*) filter (in_family) = 1
)
select c.listing_key as copy, original.listing_key as original,
  case when c.kind in ('individual', 'unknown') then 'an account not known as a maker; the only known maker of this name'
    else 'the name is of the family of another maker, who has not put it on this hub' end as ground
from standing c join made using (key)
anti join had on had.listing_key = original.listing_key and had.hub = c.hub
anti join chosen on chosen.original = c.listing_key
anti join anchored on anchored.listing_key = c.listing_key
anti join (select listing_key from listings where len(base_models) > 0) derived on derived.listing_key = c.listing_key
anti join (select hub, namespace from origins where starts_with(source, 'name rule nothing-fans')) admirer
  on admirer.hub = c.hub and admirer.namespace = c.namespace
where (c.kind in ('individual', 'unknown') or original.in_family and c.organization <> original.organization)
  and not c.is_mirror and c.hub <> original.hub and lower(c.name) = lower(original.name);

-- --- mirrors of what no maker lists ---
-- One mirror on the first hub stands for the original; those of the same telling name on other hubs are tied to it.
create or replace temp table stand_ins as
with left_over as (
  select m.listing_key, m.hub, m.key from mirrors m anti join chosen on copy = m.listing_key
  where not is_generic(m.name) and not is_conversion(m.name)
), first_hub as (
  select key, arg_min(hub, hub_rank(hub)) as hub from left_over group by key having count(distinct hub) > 1
), stand_in as (
  select key, any_value(listing_key) as original from left_over semi join first_hub using (key, hub) group by key having count(*) = 1
)
select l.listing_key as copy, original
from left_over l join stand_in using (key) anti join first_hub f on f.key = l.key and f.hub = l.hub;

-- Every mirror listing, tied or not, and the re-uploads.
create or replace temp table copies as
select m.listing_key as copy, coalesce(chosen.original, stand_ins.original) as original,
  coalesce(ground, if(stand_ins.original is not null, 'no maker lists it; the other mirror of this name', null)) as ground,
  coalesce(rivals, 0) as rivals
from mirrors m left join chosen on chosen.copy = m.listing_key left join stand_ins on stand_ins.copy = m.listing_key
union all
select copy, original, ground, 1 from reuploads;
