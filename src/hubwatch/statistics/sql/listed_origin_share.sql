-- name: listed_origin_share
-- title: Origins of any list of models
-- definition: Whose are the models of a list that somebody else made? Reads a CSV file (--list) or the table or view listed(subject,
--   organization[, amount]) of the reader; where there is none, the 141 systems of the European Open AI Index on 2025-06-09. A row of
--   the list is a model, or one for each organization of a joint work, in any spelling the reviewed facts know. A row is a group (by
--   default the kind of organization), value the number of subjects or the sum of their amounts, share over all of them; joint are works
--   of organizations of different groups; a spelling the facts do not know is in unknown, and so is the list's own row other. Country
--   and kind are those under the policy.
-- unit: subjects, or the unit of the list's amounts; share of the list, 0..1
-- window: the list's
-- whole: rows
-- days: none
-- parameters: listed name = listed, by dimensions = kind|country|organization, country country, policy policy
with
named as (
  select lower(trim(unnest([organization] || coalesce(other_names, [])))) as spelling, organization, country, kind from facts.organizations
),
classified as (
  select named.spelling, named.organization, coalesce(o.country, nullif(p.country, ''), nullif(named.country, '')) as country,
    nullif(coalesce(o.kind, nullif(p.kind, ''), named.kind), 'unknown') as kind
  from named left join facts.policies p on p.policy = in_policy and p.organization = named.organization
  left join organization_origins o on o.policy = in_policy and o.organization = named.organization
),
given as (
  select subject, coalesce(amount, 1) as amount, classified.organization, country,
    case in_by when 'kind' then kind when 'country' then country else classified.organization end as part
  from (
    select null::varchar as subject, null::varchar as organization, null::double as amount where false
    union all by name (from query_table(in_listed))
  ) as rows
  left join classified on classified.spelling = lower(trim(rows.organization))
),
matched as (
  select subject, any_value(amount) as amount,
    case when bool_or(part is null) then null when count(distinct part) = 1 then min(part) else 'joint' end as part_1,
    case when count(distinct country) = 1 and not bool_or(country is null) then min(country) end as country
  from given group by subject
),
counted as (
  select part_1, amount::bigint as value, in_country is not null and country is null as outside
  from matched where in_country is null or country = in_country or country is null
),
groups as (
  select part_1, sum(value) as value, count(*) as models from counted where not outside group by all
),
whole as (
  select coalesce(sum(value) filter (not outside), 0) as inside, coalesce(sum(value) filter (outside), 0) as beyond,
    coalesce(sum(value) filter (not outside and part_1 is null), 0) as loose
  from counted
)
select coalesce(part_1, 'unknown') as "group", part_1, '' as part_2, value, parts.share(value, inside) as share,
  parts.share_low(value, part_1 is not null, inside, beyond) as share_low,
  parts.share_high(value, part_1 is not null, loose, inside, beyond) as share_high, models, 0 as uncounted
from groups, whole
order by value desc, part_1 is null, "group"
