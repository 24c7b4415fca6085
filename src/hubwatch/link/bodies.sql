-- Listings -> models. A body is whoever stands behind namespaces on several hubs; within a body an equal name is an equal
-- model; copies of others' models are then tied to one original each. So every listing hangs on one anchor: no chains.
-- From: listings, origins (policy six-tigers), facts.organizations, facts.namespace_facts. Into temporary tables: bodies (one
-- row a namespace) and anchored (one row a listing that is not alone in its body).

-- --- how names are compared ---

-- Variable `hubs`: the hubs in order of preference.
create or replace temp macro hub_rank(hub) as coalesce(list_position(getvariable('hubs'), hub), 99);

-- A cheap key under which names that normalise equally always meet; it decides nothing.
create or replace temp macro squeezed(name) as translate(lower(name), '-_. ', '');

-- v1_0 is v1.0; dots that are no decimal points, underscores and blanks are hyphens. Digits never move.
create or replace temp macro normal_name(name) as
  trim(regexp_replace(regexp_replace(regexp_replace(regexp_replace(lower(name),
    'v(\d+)_(\d+)([^a-z0-9]|$)', 'v\1.\2\3', 'g'), '\.([^0-9]|$)', '-\1', 'g'), '([^0-9])\.', '\1-', 'g'), '[-_ ]+', '-', 'g'), '-');

-- Within one organization only: its own name in a name says nothing (Meta-Llama-3 is Llama-3), and 2.0 is 2. A single digit after
-- a single digit is a version (internlm2_5 is internlm2.5, V1-5 is V1.5), but not before a letter (2-7b) nor in a date.
create or replace temp macro without_word(normal, word) as
  case when word = '' then normal else trim(replace('-' || normal || '-', '-' || word || '-', '-'), '-') end;
create or replace temp macro bare_name(normal, word) as
  regexp_replace(without_word(normal, word), '([0-9])\.0([-a-z]|$)', '\1\2', 'g');
create or replace temp macro with_versions(normal) as regexp_replace(normal, '((?:^|[^0-9.])[0-9])-([0-9](?:-|$))', '\1.\2', 'g');

-- A listing's id; an old one of Hugging Face has no owner.
create or replace temp macro whole_id(namespace, name) as if(namespace = '', name, namespace || '/' || name);

-- Anybody may call a model by such a name: too short, or not long and without a digit.
create or replace temp macro is_generic(name) as length(name) < 8 or (length(name) < 24 and not regexp_matches(name, '[0-9]'));

-- Names that many makers give to different conversions of one model.
create or replace temp macro is_conversion(name) as regexp_matches(lower(name),
  '(^|[^a-z])(gguf|ggml|gptq|awq|exl[23]|mlx|bnb|nf4|fp8|fp4|nvfp4|mxfp4|hqq|eetq|onnx|openvino|int[348]|i?q[2-8](_|$)'
  || '|w[48]a(4|8|16)|[2-8][-_]?bits?|quanti[sz]ed|quant|abliterated|uncensored)([^a-z]|$)');

-- --- bodies ---

create or replace temp table present_namespaces as
select row_number() over ()::integer as namespace_key, hub, namespace from (select distinct hub, namespace from listings);

create or replace temp table present as
select listing_key, namespace_key, name, created_at, gone_on is not null as is_gone
from listings join present_namespaces using (hub, namespace);

-- The organization at the top of each organization's parents.
create or replace temp table organization_roots as
with recursive above(organization, root, steps) as (
  select organization, organization, 0 from facts.organizations
  union all
  select above.organization, o.parent, steps + 1 from above join facts.organizations o on o.organization = above.root
  where o.parent is not null and o.parent <> above.organization and steps < 8
)
select organization, arg_max(root, steps) as root, regexp_extract(lower(organization), '^[a-z0-9]{3,}') as word
from above group by organization;

-- Where a renamed namespace ended up, over several renames.
create or replace temp table renames as
with recursive later(hub, namespace, target, steps) as (
  select distinct hub, namespace, renamed_to, 1 from facts.namespace_facts where renamed_to is not null and renamed_to <> namespace
  union all
  select later.hub, later.namespace, f.renamed_to, steps + 1
  from later join facts.namespace_facts f on f.hub = later.hub and f.namespace = later.target
  where f.renamed_to is not null and f.renamed_to <> later.namespace and steps < 8
)
select hub, namespace, arg_max(target, (steps, target)) as target from later group by hub, namespace;

-- Every namespace with what is known of it. An organization counts when a reviewed fact names it, not when a name suggests it;
-- but a namespace of which no fact is known and that calls itself a mirror is believed.
create or replace temp table known_namespaces as
with said as (
  select hub, namespace, organization, kind, coalesce(known_by, 'fact') in ('fact', 'fact_other_hub') as by_fact
  from origins where policy = 'six-tigers' and organization is not null and valid_to is null
), judged as (
  from said where by_fact
)
select namespace_key, n.hub, n.namespace, coalesce(later.organization, own.organization) as organization,
  coalesce(later.kind, own.kind, 'unknown') as kind,
  coalesce(later.kind = 'mirror', own.kind = 'mirror', regexp_matches(lower(n.namespace), '(^|[-_.])mirrors?[0-9]*([-_.]|$)')) as is_mirror,
  said.organization as said_organization, r.target is not null as is_renamed,
  lower(n.namespace) as folded, regexp_replace(lower(n.namespace), '[-_.]', '', 'g') as loose,
  regexp_replace(regexp_replace(lower(n.namespace), '[-_.]', '', 'g'), '(.{4})(ai|labs?|inc|org)$', '\1') as looser
from present_namespaces n
left join judged own using (hub, namespace)
left join said using (hub, namespace)
left join renames r using (hub, namespace)
left join judged later on later.hub = r.hub and later.namespace = r.target;

-- What an unknown namespace may take from a known one: the body of the same spelling elsewhere; of a like spelling only
-- where its own hub has no second namespace so spelt, because there the known body could have taken it itself.
create or replace temp table body_spellings as
select spelling, how, any_value(organization) as organization, any_value(kind) as kind,
  max_by(hub || ':' || namespace, (-hub_rank(hub), namespace)) as known_as
from (
  select folded as spelling, 'folded' as how, * exclude (folded, loose, looser) from known_namespaces
  union all select namespace, 'exact', * exclude (folded, loose, looser) from known_namespaces
  union all select loose, 'loose', * exclude (folded, loose, looser) from known_namespaces
  union all select looser, 'looser', * exclude (folded, loose, looser) from known_namespaces
)
where organization is not null and not is_mirror
group by spelling, how having count(distinct organization) = 1;

create or replace temp table lone_spellings as
select hub, 'loose' as how, loose as spelling from known_namespaces group by all having count(distinct folded) = 1
union all select hub, 'looser', looser from known_namespaces group by all having count(distinct folded) = 1;

-- But never a famous one's: the classifier does not take a namespace for Big Tech's or a tiger's because it is spelled like theirs.
create or replace temp table famous_organizations as
select distinct organization from organization_origins where kind in ('big_tech', 'ai_tiger');

create or replace temp table bodies as
with like_bodies as (
  from body_spellings where how = 'exact' or organization not in (from famous_organizations)
), told as (
  select k.*, coalesce(exact.organization, same.organization) as same_organization, coalesce(exact.kind, same.kind) as same_kind,
    coalesce(loose_body.organization, looser_body.organization) as like_organization,
    coalesce(loose_body.kind, looser_body.kind) as like_kind,
    coalesce(exact.known_as, same.known_as, loose_body.known_as, looser_body.known_as) as like_known_as
  from known_namespaces k
  left join like_bodies exact on exact.how = 'exact' and exact.spelling = k.namespace
  left join like_bodies same on same.how = 'folded' and same.spelling = k.folded
  left join lone_spellings lone on lone.how = 'loose' and lone.hub = k.hub and lone.spelling = k.loose
  left join lone_spellings looser_lone on looser_lone.how = 'looser' and looser_lone.hub = k.hub and looser_lone.spelling = k.looser
  left join like_bodies loose_body on lone.hub is not null and loose_body.how = 'loose' and loose_body.spelling = k.loose
  left join like_bodies looser_body
    on looser_lone.hub is not null and looser_body.how = 'looser' and looser_body.spelling = k.looser
), disputed as (
  select folded from known_namespaces where organization is not null group by folded having count(distinct organization) > 1
), told_apart as (
  select loose from (select hub, loose, count(distinct folded) as spellings from known_namespaces group by all) where spellings > 1
)
select namespace_key, hub, namespace, is_renamed, if(is_mirror, null, said_organization) as said_organization,
  if(is_mirror, null, coalesce(organization, same_organization, like_organization)) as organization,
  coalesce(case when organization is not null then kind end, same_kind, like_kind, 'unknown') as kind, is_mirror,
  case when organization is null and coalesce(same_organization, like_organization) is not null then like_known_as
    when organization is null and same_organization is null and loose not in (from told_apart) then 'spelling' end as guessed_by,
  case when is_mirror then 'mirror:' || hub || ':' || folded
    when coalesce(organization, same_organization, like_organization) is not null
      then 'organization:' || coalesce(organization, same_organization, like_organization)
    when folded in (from disputed) then 'namespace:' || hub || ':' || folded
    when loose not in (from told_apart) then 'namespace~' || loose else 'namespace:' || folded end as body
from told;

-- --- models within a body ---

-- Listings of bodies with more than one namespace, or spelt in two ways; all others can only be alone.
create or replace temp table shared_listings as
with rooted as (
  -- a community's listings are conversions by others, not its parent's own; a format in the body's name says something of a model
  select namespace_key, hub, body, if(kind <> 'community', coalesce('organization:' || root, body), body) as root_body,
    if(is_conversion(word), '', coalesce(word, '')) as word, count(*) over (partition by root_body) > 1 as is_shared
  from bodies left join organization_roots using (organization)
), respelt as (
  select namespace_key, unnest(list(listing_key)) as listing_key
  from present group by namespace_key, hash(lower(name)) having count(*) > 1
), chosen as (
  select listing_key from present semi join (select namespace_key from rooted where is_shared) using (namespace_key)
  union select listing_key from respelt
)
select listing_key, namespace_key, hub, name, body, root_body, lower(name) as lower_name, normal_name(name) as normal,
  bare_name(with_versions(normal_name(name)), word) as bare
from chosen join present using (listing_key) join rooted using (namespace_key);

-- The coarsest level at which a name means one thing on every hub. Where a hub has two listings that differ only in what a
-- level ignores, it means two things by them, and the next finer level decides for all that share the name. Case or separators
-- alone are believed where two hubs tell the spellings apart: on one hub, one of them is an old spelling.
create or replace temp table meeting as
with counted as (
  select *, count(*) over (partition by body, namespace_key, lower_name) > 1 as is_respelt from shared_listings
), by_root as (
  select root_body, bare from (
    select root_body, bare, hub, count(distinct lower_name) as names, count(distinct body) as bodies, bool_or(is_respelt) as is_respelt
    from counted group by all
  ) group by all having max(names) = 1 and max(bodies) = 1 and count(*) filter (is_respelt) < 2
), by_bare as (
  select body, bare
  from (select body, bare, hub, count(distinct lower_name) as names, bool_or(is_respelt) as is_respelt from counted group by all)
  group by all having max(names) = 1 and count(*) filter (is_respelt) < 2
), by_normal as (
  select body, normal
  from (select body, normal, hub, count(distinct lower_name) > 1 or bool_or(is_respelt) as is_respelt from counted group by all)
  group by all having count(*) filter (is_respelt) < 2
), by_case as (
  select body, lower_name from counted group by all having count(distinct hub) filter (is_respelt) < 2
)
select l.listing_key,
  case when by_root.bare is not null then '1 ' || l.root_body || ' ' || l.bare
    when by_bare.bare is not null then '2 ' || l.body || ' ' || l.bare
    when by_normal.normal is not null then '3 ' || l.body || ' ' || l.normal
    when by_case.lower_name is not null then '4 ' || l.body || ' ' || l.lower_name
    else '5 ' || l.body || ' ' || l.name end as point
from shared_listings l
left join by_root using (root_body, bare) left join by_bare using (body, bare)
left join by_normal using (body, normal) left join by_case using (body, lower_name);

-- The anchor: the listing a model is named after. The preferred hub first, then listed before gone, a current name before a former.
create or replace temp table anchored as
select listing_key, first_value(listing_key) over (partition by point
    order by hub_rank(hub), is_gone, is_renamed, created_at nulls last, namespace, name, hub) as anchor
from meeting join present using (listing_key) join bodies using (namespace_key)
qualify count(*) over (partition by point) > 1;
