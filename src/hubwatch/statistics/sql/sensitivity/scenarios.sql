-- The same shares of one source's day under every policy, with each contested label flipped, and with each label weighted by its
-- confidence. A row is a scenario and a group: value, share over all, and the difference to the first policy's share.
with seen as (
  select namespace, sum(case $metric when 'downloads_30d' then downloads_30d when 'downloads_total' then downloads_total
    when 'likes' then likes else 1 end) as value
  from store.counters join store.listing using (listing_key)
  where hub = $hub and day = $day and source = $source group by namespace
),
whole as (select sum(value) as whole from seen),
labels as (
  select policy, namespace, organization, confidence, case $by when 'country' then country else nullif(kind, 'unknown') end as label
  from origins where hub = $hub and coalesce(valid_from <= $day, true) and coalesce($day < valid_to, true)
),
policies as (select distinct policy from labels),
base as (
  select label as "group", sum(value) as value from seen left join (from labels where policy = $policy) using (namespace) group by all
),
carried as (
  select organization, label, sum(value) as value from seen join (from labels where policy = $policy) using (namespace)
  where organization is not null group by all
),
contested as (
  select carried.organization, carried.label, said.label as other, string_agg(distinct said.source, '; ' order by said.source) as source,
    any_value(value) as value
  from carried join (select organization, source, case $by when 'country' then country else kind end as label from facts.judgements
    where note is null or not contains(note, 'an error')) as said
    on said.organization = carried.organization and said.label is not null and said.label is distinct from carried.label
  group by all
),
flipped as (
  select organization || ' as ' || other || ' (' || source || ')' as scenario, value, unnest([label, other]) as "group", unnest([-1, 1]) as sign,
    2 as turn from contested
),
scenarios as (
  select 'policy ' || policy as scenario, label as "group", sum(value) as value, if(policy = $policy, 0, 1) as turn
  from seen cross join policies left join labels using (policy, namespace) group by all
  union all
  select scenario, flipped."group", sign * flipped.value + coalesce(base.value, 0), turn
  from flipped left join base on base."group" is not distinct from flipped."group"
  union all
  select 'weighted by confidence', label, sum(value * coalesce(confidence, 0)), 3
  from seen left join (from labels where policy = $policy) using (namespace) where label is not null group by all
)
select scenario, coalesce(scenarios."group", 'unknown') as "group", round(scenarios.value)::bigint as value,
  scenarios.value / nullif(whole, 0) as share, (scenarios.value - coalesce(base.value, 0)) / nullif(whole, 0) as difference
from scenarios left join base on base."group" is not distinct from scenarios."group" cross join whole
where turn = 0 or abs(scenarios.value - coalesce(base.value, 0)) >= 0.0005 * whole
order by turn, max(abs(difference)) over (partition by scenario) desc, scenario, scenarios.value desc nulls last, "group"
