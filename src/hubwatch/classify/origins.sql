-- Who stands behind each namespace of `judged_namespaces`(hub, namespace): in `judged_origins` one row per policy, and more than one
-- where its owner changed, each with the days for which it holds.
-- Asked in this order, the first answer holds: reviewed fact, the same name's fact on another hub, the hub's own
-- profile, what the name alone says, nothing. Inputs beside it: schema `facts`, `judged_profiles`,
-- and `name_claims`(text, rule, kind, country, confidence, source): what the name rules say of a text.

-- statement: fold: spellings that differ only by case, accents, spaces and punctuation are one
create or replace temp macro fold(spelling) as regexp_replace(lower(strip_accents(nfc_normalize(spelling))), '[^\p{L}\p{N}]+', '', 'g');

-- statement: ancestry: every organization with itself (distance 0) and all it belongs to
create or replace temp table ancestry as
with recursive up as (
    select organization, organization as ancestor, 0 as distance from facts.organizations
    union all
    select up.organization, parents.parent, distance + 1
    from up join facts.organizations as parents on parents.organization = up.ancestor
    where parents.parent is not null
)
from up;

-- statement: policies: country and kind of every organization under every policy
-- A policy re-judges a country or kind: a child that differs from the re-judged parent there keeps its own word. A policy may also
-- have no use for a kind (`instead`): who has it by the review alone is of another kind there.
create or replace temp table judged_organizations as
with said as (
    select ancestry.organization, policies.policy, distance, policies.source,
           case when distance = 0 or own.country is not distinct from above.country or policy = 'home-country'
                then policies.country end as country,
           case when distance = 0 or own.kind = above.kind then policies.kind end as kind
    from ancestry
    join facts.policies as policies on policies.organization = ancestor
    join facts.organizations as own on own.organization = ancestry.organization
    join facts.organizations as above on above.organization = ancestor
), nearest as (
    select organization, policy,
           arg_min(country, distance) as country,   -- arg_min passes over nulls: a nearer row may leave one open
           arg_min(kind, distance) as kind,
           arg_min(source, distance) filter (country is not null or kind is not null) as source
    from said group by all
), roots as (
    select ancestry.organization, arg_max(home.country, distance) as country
    from ancestry join facts.organizations as home on home.organization = ancestor
    group by all
), instead as (
    select policy, split_part(pair, '=', 1) as kind, split_part(pair, '=', 2) as used, source
    from (select policy, source, unnest(kinds_instead) as pair from facts.policy_meanings)
), judged as (
    select own.organization, asked.policy,
           coalesce(nearest.country, case when asked.policy = 'home-country' then roots.country end, own.country) as country,
           coalesce(nearest.kind, instead.used, own.kind) as kind,
           coalesce(nearest.source, instead.source) as source
    from facts.organizations as own
    join roots using (organization)
    cross join judged_policies as asked
    left join nearest on nearest.organization = own.organization and nearest.policy = asked.policy
    left join instead on instead.policy = asked.policy and instead.kind = own.kind
)
select judged.organization, judged.policy,
       case when policy = 'home-country' then coalesce(place.counted_with, judged.country) else judged.country end as country,
       judged.kind,
       coalesce(judged.source, case when policy = 'home-country' and place.counted_with is not null then place.source end) as source
from judged left join facts.country_groups as place on place.country = judged.country;

-- statement: spans: each namespace once for each stretch of time in which the facts of its name are the same
-- `since` is the first day of the stretch (-infinity: from the beginning), `until` the first day after it (infinity: open).
create or replace temp table judged_spans as
with changes as (
    select lower(namespace) as folded, unnest([valid_from, valid_to]) as day from facts.namespace_facts
    union
    select lower(renamed_to), unnest([valid_from, valid_to]) from facts.namespace_facts where renamed_to is not null
), starts as (
    select hub, namespace, day as since from judged_namespaces join changes on folded = lower(namespace) where day is not null
    union
    select hub, namespace, '-infinity'::date from judged_namespaces
)
select hub, namespace, since, coalesce(lead(since) over (partition by hub, namespace order by since), 'infinity'::date) as until
from starts;

-- statement: current facts: one fact a namespace and stretch: the one valid at its start, else the last that ended
-- The namespace that replaced another (renamed_to) and has no row of its own belongs to the same organization.
create or replace temp table current_facts as
with moments as (
    select distinct lower(namespace) as folded, since from judged_spans
), begun as (
    select facts.*, since, valid_to is null or valid_to > since as is_valid
    from facts.namespace_facts as facts join moments on folded = lower(namespace)
    where valid_from is null or valid_from <= since
), own as (
    select hub, namespace, since, organization, confidence, source
    from begun
    qualify row_number() over (
        partition by hub, namespace, since order by is_valid desc, valid_to desc nulls first, valid_from desc nulls last
    ) = 1
), successors as (
    select facts.hub, facts.renamed_to as namespace, since, any_value(facts.organization) as organization,
           min(facts.confidence) * 0.95 as confidence, any_value(facts.source) as source
    from facts.namespace_facts as facts join moments on folded = lower(facts.renamed_to)
    anti join facts.namespace_facts as known on known.hub = facts.hub and known.namespace = facts.renamed_to
    where facts.renamed_to is not null and (valid_from is null or valid_from <= since)
    group by facts.hub, facts.renamed_to, since
    having count(distinct facts.organization) = 1
)
from own union all by name from successors;

-- statement: spelt: of two namespaces of one hub that differ by case alone, one may be a look-alike
create or replace temp table spelt as
select hub, namespace, since, spellings <= 1 as is_lone
from judged_spans
join (select *, count(*) filter (is_listed) over (partition by hub, lower(namespace)) as spellings from judged_namespaces) using (hub, namespace);

-- statement: famous: whom a look-alike in another case would pay to be taken for: Big Tech and tigers under any policy
create or replace temp table famous as
select distinct organization from judged_organizations where kind in ('big_tech', 'ai_tiger');

-- statement: by fact: the exact spelling first; another case only where it can mean one namespace of that hub
-- Some hubs (variable `case_blind_hubs`) give no second account of a name in another case; elsewhere anybody may take it.
create or replace temp table by_fact as
with one_spelling as (
    select hub, lower(namespace) as folded, since, any_value(organization) as organization,
           any_value(confidence) * if(hub in getvariable('case_blind_hubs'), 0.95, 0.76) as confidence,
           if(hub in getvariable('case_blind_hubs'), '', 'in another case ' || any_value(namespace) || ': ') || any_value(source) as source,
           any_value(organization) not in (from famous) as is_less_known  -- here: DuckDB 1.5 allows no subquery in an outer join's condition
    from current_facts group by hub, lower(namespace), since having count(*) = 1
)
select asked.hub, asked.namespace, asked.since,
       case when exact.hub is not null then exact.organization else one_spelling.organization end as organization,
       coalesce(exact.confidence, one_spelling.confidence) as confidence,
       coalesce(exact.source, one_spelling.source) as source
from spelt as asked
left join current_facts as exact using (hub, namespace, since)
left join one_spelling on one_spelling.hub = asked.hub and one_spelling.folded = lower(asked.namespace) and one_spelling.since = asked.since
    and (asked.hub in getvariable('case_blind_hubs') or (asked.is_lone and one_spelling.is_less_known))
where exact.hub is not null or one_spelling.hub is not null;

-- statement: by another hub: the same name elsewhere, when it is the name of a body and not a word anybody may take
-- One body's namespaces often differ by case between hubs (openbmb, OpenBMB). Another case counts where its hub has no second
-- namespace so spelt, of which one would be a look-alike, where elsewhere one body alone is so spelt, and where that is not a famous one.
create or replace temp table by_other_hub as
select asked.hub, asked.namespace, asked.since,
       coalesce(any_value(elsewhere.organization) filter (elsewhere.namespace = asked.namespace), any_value(elsewhere.organization)) as organization,
       if(bool_or(elsewhere.namespace = asked.namespace), 0.8, 0.76) * min(elsewhere.confidence) as confidence,
       'the same name on ' || min(elsewhere.hub) || ': ' || arg_min(elsewhere.source, (elsewhere.hub, elsewhere.namespace)) as source
from spelt as asked
join current_facts as elsewhere
    on lower(elsewhere.namespace) = lower(asked.namespace) and elsewhere.since = asked.since and elsewhere.hub <> asked.hub
join facts.organizations as body on body.organization = elsewhere.organization
left join name_claims as claim on claim.text = asked.namespace
where body.kind not in ('individual', 'mirror', 'unknown')
  and length(asked.namespace) >= 4
  and (elsewhere.namespace = asked.namespace or (asked.is_lone and elsewhere.organization not in (from famous)))
  and claim.rule is distinct from 'nothing-generic'   -- the other rules that stop are of look-alikes, not of a reviewed name
group by asked.hub, asked.namespace, asked.since
having count(distinct elsewhere.organization) = 1
    or count(distinct elsewhere.organization) filter (elsewhere.namespace = asked.namespace) = 1;

-- statement: names: every folded spelling that means exactly one organization
create or replace temp table organization_names as
with spellings as (
    select organization, fold(organization) as folded from facts.organizations
    union
    select organization, fold(unnest(other_names)) from facts.organizations
)
select folded, any_value(organization) as organization
from spellings where folded <> '' group by folded having count(*) = 1;

-- statement: by profile: what the hub's own page of the account says
-- Anybody may write a famous name there. Big Tech, tigers and short names need the account's name to say the same.
create or replace temp table by_profile as
with named as (
    select profile.hub, profile.namespace, profile.full_name, profile.account_type, profile.fetched_on,
           body.organization, body.kind, body.country, claim.rule, claim.kind as rule_kind, claim.country as rule_country,
           claim.confidence as rule_confidence,
           same.organization is not null as corroborated,
           length(fold(profile.full_name)) >= case when regexp_matches(profile.full_name, '\p{Han}') then 3 else 6 end as long_enough
    from judged_profiles as profile
    left join organization_names as spelt on spelt.folded = fold(profile.full_name)
    left join facts.organizations as body on body.organization = spelt.organization
    left join organization_names as same on same.folded = fold(profile.namespace) and same.organization = spelt.organization
    left join name_claims as claim on claim.text = profile.full_name
), judged as (
    select *, account_type = 'organization' and organization is not null and kind not in ('individual', 'mirror')
              and (corroborated or (long_enough and kind not in ('big_tech', 'ai_tiger'))) as is_organization
    from named
)
select hub, namespace,
       case when is_organization then organization end as organization,
       case when is_organization then country when account_type = 'organization' then rule_country end as country,
       case when is_organization then kind when account_type = 'user' then 'individual' else rule_kind end as kind,
       case when is_organization then 0.8 when account_type = 'user' then 0.7 else 0.95 * rule_confidence end as confidence,
       concat_ws(' ', 'profile on ' || hub || ':', account_type, '''' || full_name || '''', 'as of ' || fetched_on,
                 case when not is_organization and account_type = 'organization' then '(rule ' || rule || ')' end) as source
from judged
where is_organization or account_type = 'user' or (account_type = 'organization' and organization is null and rule_kind is not null)
qualify row_number() over (partition by hub, namespace order by fetched_on desc nulls last) = 1;

-- statement: origins: the first answer, under every policy; stretches that tell the same are one
create or replace temp table judged_origins as
with known as (
    select *, null as country, null as kind, 'fact' as known_by, 1 as turn from by_fact
    union all by name
    select *, null as country, null as kind, 'fact_other_hub' as known_by, 2 as turn from by_other_hub
    union all by name
    select by_profile.*, since, 'profile' as known_by, 3 as turn from by_profile join judged_spans using (hub, namespace)
    union all by name
    select asked.hub, asked.namespace, since, null as organization, claim.country, claim.kind, claim.confidence,
           'name rule ' || claim.rule || ': ' || claim.source as source, 'rule' as known_by, 4 as turn
    from judged_spans as asked join name_claims as claim on claim.text = asked.namespace
    where claim.kind is not null
), first_known as (
    from known qualify row_number() over (partition by hub, namespace, since order by turn) = 1
), stretches as (
    select asked.*, known.* exclude (hub, namespace, since),
           hash(known.organization, known.country, known.kind, known.confidence, known.known_by, known.source) as told
    from judged_spans as asked left join first_known as known using (hub, namespace, since)
), told_anew as (
    from stretches qualify told is distinct from lag(told) over (partition by hub, namespace order by since) or since = '-infinity'
), first_told as (
    select *, lead(since) over (partition by hub, namespace order by since) as valid_to from told_anew
)
select known.hub, known.namespace, policies.policy, known.organization,
       case when known.organization is null then known.country else body.country end as country,
       coalesce(case when known.organization is null then known.kind else body.kind end, 'unknown') as kind,
       round(coalesce(known.confidence, 0), 3)::double as confidence,
       coalesce(known.known_by, 'none') as known_by,
       coalesce(known.source || coalesce('; policy: ' || body.source, ''), 'name rule ' || stop.rule || ': ' || stop.source) as source,
       nullif(known.since, '-infinity') as valid_from, known.valid_to, testing.purpose
from first_told as known
cross join judged_policies as policies
left join name_claims as stop on stop.text = known.namespace and stop.kind is null
left join judged_organizations as body on body.organization = known.organization and body.policy = policies.policy
left join (select hub, namespace, 'testing' as purpose from facts.testing_namespaces) as testing
    on testing.hub = known.hub and testing.namespace = known.namespace;

-- statement: insert: who only owns bases that the hub does not list has rows where something is known of it
insert into origins by name
from judged_origins semi join judged_namespaces as asked
    on asked.hub = judged_origins.hub and asked.namespace = judged_origins.namespace and (is_listed or known_by <> 'none');

-- statement: rule claims: what the rules say of the judged texts, heard or not
select 'rule' as by, text as namespace, country, kind, confidence, rule || ': ' || source as source,
       case when kind is null then 'such a name says nothing of who is behind it' end as note
from name_claims order by text;

-- statement: unlabelled: the reviewer's work list; parameters: the last day to look at, the hub (null: all), how many rows
-- A share is comparable between hubs, a count is not: 30 rolling days there, everything since the start here.
with last_days as (
    -- a whole sweep where there is one: a head or new sweep shows a part of the hub
    select hub, arg_max(day, (complete and sweep = 'full', complete, day)) as day from days where day <= ? group by hub
), on_day as (
    select listings.hub, listings.namespace, observations.day, downloads_30d, downloads_total
    from observations
    join last_days on last_days.hub = observations.hub and last_days.day = observations.day
    join listings on listings.hub = observations.hub and listings.model_id = observations.model_id
), hubs as (
    select hub, case when count(downloads_30d) > 0 then 'downloads_30d' when count(downloads_total) > 0 then 'downloads_total' end as unit,
           coalesce(sum(downloads_30d), sum(downloads_total)) as downloads
    from on_day group by hub
), namespaces as (
    select on_day.hub, namespace, any_value(day) as day, any_value(unit) as unit, any_value(hubs.downloads) as of_hub, count(*) as models,
           case any_value(unit) when 'downloads_30d' then sum(downloads_30d) when 'downloads_total' then sum(downloads_total) end as downloads
    from on_day join hubs on hubs.hub = on_day.hub
    group by on_day.hub, namespace
)
select hub, namespace, day, models, downloads::bigint as downloads, unit, case when of_hub > 0 then downloads / of_hub end as share
from namespaces
anti join (from origins where kind <> 'unknown' and valid_to is null) as judged using (hub, namespace)
where hub = coalesce(?, hub)
order by share desc nulls last, downloads desc nulls last, models desc, hub, namespace
limit ?;
