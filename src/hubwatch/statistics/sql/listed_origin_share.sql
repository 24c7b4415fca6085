-- name: listed_origin_share
-- title: Origins of any list of models
-- definition: Whose are the models of a list that somebody else made? Reads the table or view listed(subject, organization) of the
--   reader: one row a model, with its organization in any spelling the reviewed facts know. A row is a group (by default
--   the kind of body), value the number of subjects, share over all of them; a spelling the facts do not know is in unknown.
--   The policy's word stands before the facts' where it differs.
-- unit: subjects; share of the list, 0..1
-- window: the list's
-- parameters: by=kind|country|organization, country, policy
with
named as (
  select lower(trim(unnest([organization] || coalesce(other_names, [])))) as spelling, organization, country, kind from facts.organizations
),
judged as (
  select named.spelling, named.organization, coalesce(nullif(p.country, ''), nullif(named.country, '')) as country,
    nullif(coalesce(nullif(p.kind, ''), named.kind), 'unknown') as kind
  from named left join facts.policies p on p.policy = $policy and p.organization = named.organization
),
matched as (
  select subject, judged.organization, judged.country, judged.kind from listed
  left join judged on judged.spelling = lower(trim(listed.organization))
  qualify row_number() over (partition by subject order by judged.organization) = 1
),
counted as (
  select case $by when 'kind' then kind when 'country' then country else organization end as "group", 1 as value,
    $country is not null and country is null as outside, false as is_again
  from matched where $country is null or country = $country or country is null
),
-- include shares
