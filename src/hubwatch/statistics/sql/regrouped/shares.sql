-- Shares of one counter under each policy and by each dimension, from the sums of each account (temp table `accounts`) and what
-- rejected records have of the counter (`beyond`): the formula of parts.shares, over labels that one account has as a whole. With `country`
-- or `organization` of its accounts alone; those of an unknown one are outside, and may be of it. Accounts and organizations
-- named in `without` are left out.
with regions as (
  select country, min(region) as region from facts.country_groups group by country
),
labels as (
  select policy, namespace, origins.country, nullif(kind, 'unknown') as kind, organization, region
  from origins left join regions on regions.country = origins.country
  where hub = $hub and coalesce(valid_from <= $day, true) and coalesce($day < valid_to, true)
),
seen as (
  select policies.policy, accounts.* exclude (namespace), country, kind, organization, region, parts.origin_words(country, kind) as origin,
    ($country is not null and country is null) or ($organization is not null and organization is null) as outside
  from accounts cross join (select unnest($policies) as policy) policies
  left join labels on labels.policy = policies.policy and labels.namespace = accounts.namespace
  where ($country is null or country is null or country = $country)
    and ($organization is null or organization is null or organization = $organization)
    and not (list_contains($without, accounts.namespace) or coalesce(list_contains($without, organization), false))
),
groups as (
  select policy, case grouping(origin, country, kind, organization, region) when 15 then 'origin' when 23 then 'country' when 27 then 'kind'
      when 29 then 'organization' else 'region' end as by_name,
    coalesce(origin, country, kind, organization, region) as label,
    sum(value) as value, sum(models)::bigint as models, sum(uncounted)::bigint as uncounted, sum(flagged)::bigint as flagged,
    sum(flagged_value) as flagged_value
  from seen where not outside group by grouping sets ((policy, origin), (policy, country), (policy, kind), (policy, organization), (policy, region))
),
whole as (
  select policy, coalesce(sum(value) filter (not outside), 0) as inside, coalesce(sum(value) filter (outside), 0) + $beyond as beyond
  from seen group by policy
),
bounded as (
  select groups.*, label is not null as is_known, coalesce(sum(value) filter (label is null) over (partition by policy, by_name), 0) as loose
  from groups where list_contains($dimensions, by_name)
)
select policy, by_name, coalesce(label, 'unknown') as "group", value, parts.share(value, inside) as share,
  parts.share_low(value, is_known, inside, beyond) as share_low, parts.share_high(value, is_known, loose, inside, beyond) as share_high,
  models, uncounted, flagged, flagged_value
from bounded join whole using (policy)
order by policy, by_name, value desc nulls last, not is_known, "group"
