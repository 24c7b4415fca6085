-- What is known of a listing. A join that this question does not need is switched off by its constant condition.
-- A label is the one that held on the hub's (last) day.
origin as (
  select hub, namespace, organization, country, nullif(kind, 'unknown') as kind
  from origins join (select hub, max(day) as day from scope group by hub) asked using (hub)
  where policy = $policy and coalesce(valid_from <= asked.day, true) and coalesce(asked.day < valid_to, true)
),
families as (select hub, model_id, family from model_listings where $by = 'family'),
attributes as (
  select listing_key, license, task from store.attributes where valid_to is null and $by in ('license', 'license_class', 'task')
),
terms as (
  select license, nullif(min(class), 'unknown') as license_class from facts.licenses group by license
),
regions as (select country, min(region) as region from facts.country_groups where $by = 'region' group by country)
