-- name: listed_origin_share
-- title: Origins of any list of models
-- definition: Whose are the models of a list that somebody else made? Reads a CSV file (--list) or the table or view listed(subject,
--   organization[, amount]) of the reader: a row a model, or one for each organization of a joint work, in any spelling the reviewed
--   facts know. A row is a group (by default the kind of organization), value the number of subjects or the sum of their amounts,
--   share over all of them; joint are works of organizations of different groups; a spelling the facts do not know is in unknown,
--   and so is the list's own row other. Country and kind are those under the policy.
-- unit: subjects, or the unit of the list's amounts; share of the list, 0..1
-- window: the list's
-- parameters: by=kind|country|organization, country, policy
with
named as (
  select lower(trim(unnest([organization] || coalesce(other_names, [])))) as spelling, organization, country, kind from facts.organizations
),
judged as (
  select named.spelling, named.organization, coalesce(o.country, nullif(p.country, ''), nullif(named.country, '')) as country,
    nullif(coalesce(o.kind, nullif(p.kind, ''), named.kind), 'unknown') as kind
  from named left join facts.policies p on p.policy = $policy and p.organization = named.organization
  left join organization_origins o on o.policy = $policy and o.organization = named.organization
),
given as (
  select subject, coalesce(amount, 1) as amount, judged.organization, country,
    case $by when 'kind' then kind when 'country' then country else judged.organization end as part
  from ((select subject, organization, null::double as amount from listed limit 0) union all by name (from listed)) as rows
  left join judged on judged.spelling = lower(trim(rows.organization))
),
matched as (
  select subject, any_value(amount) as amount,
    case when bool_or(part is null) then null when count(distinct part) = 1 then min(part) else 'joint' end as "group",
    case when count(distinct country) = 1 and not bool_or(country is null) then min(country) end as country
  from given group by subject
),
counted as (
  select "group", amount::bigint as value,
    $country is not null and country is null as outside, false as is_again
  from matched where $country is null or country = $country or country is null
),
-- include shares
