-- name: largest_releases
-- title: The largest model released each month
-- definition: A row is a calendar month (UTC) and a group: the model with most parameters among those whose listing was created in that month as
--   reported by the hub (model_id, parameters, created_on; of equal ones the first created). models is the number of the group's releases in the
--   month and sized that of those whose size is known: one whose size is not known may be larger. Among all listings seen up to the
--   day, removed ones included; a model counts once, at its earliest original listing. The number of parameters is the hub's: a quantized
--   copy may be reported with fewer or other parameters. A group without a model of known size in a month has no row. is_partial marks a
--   month that since or the day cuts.
-- unit: parameters; models
-- window: calendar month of creation, from since (default: the first) up to the day
-- splits: hub
-- whole: none
-- needs: attributes
-- parameters: hub name, day date, source name, since date, by dimensions = country, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
created as (
  select date_trunc('month', created_at)::date as month, part_1, part_2, hub, model_id, parameters, created_at
  from parts.released('scope', {question}) where not outside and (in_since is null or created_at >= in_since)
),
largest as (
  select month, part_1, part_2, count(*) as models, count(parameters) as sized, max(parameters) as parameters,
    min_by({'hub': hub, 'model_id': model_id, 'created_on': created_at::date}, (-parameters::hugeint, created_at, model_id)) filter (parameters is not null) as first_one
  from created group by all
)
select month, parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2,
  first_one.hub as hub, first_one.model_id as model_id, parameters, first_one.created_on as created_on, sized, models,
  (in_since is not null and month < in_since) or month + interval 1 month > (select min(day) from scope) + interval 1 day as is_partial
from largest where sized > 0
order by month, parameters desc, "group"
