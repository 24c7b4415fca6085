-- name: time_to_derivatives
-- title: How soon a model was built on
-- definition: A row is a listing that others name as their base: those with most derivatives, and model if named. created_on is its creation
--   as reported by the hub, first_on that of its first derivative and nth_on that of its nth (nth is 10 unless asked), days_to_first and
--   days_to_nth the days between; first_derivative is the first one's id. derivatives counts the different listings that name it, its own publisher's included, earlier those of them that are
--   older than their base by the hub's dates, and undated those without a creation date: neither is a first. Creation may precede publication, and derivatives
--   removed before the day are missing: the true first may be sooner. A time that the hub gives where it has none (data/placeholder_times.csv) is no date.
--   Filters are of the base models.
-- unit: days; listings
-- window: derived listings listed on the day
-- whole: none
-- needs: attributes
-- parameters: hub name, day date, source name, nth count = 10, top count = 20, model name, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
ids as materialized (
  from parts.named_ids('scope')
),
links as materialized (
  select distinct listing_key, base_key from parts.built_on('scope', 'ids') where base_key > 0
),
counts as (
  select base_key, count(*) as derivatives from links group by all
),
bases as materialized (
  select d.listing_key, d.hub, d.model_id, derivatives,
    case when (d.hub, date_trunc('second', created_at)) not in (select (hub, moment::timestamp) from facts.placeholder_times) then created_at end as created_at
  from parts.described('scope', {question}) d join counts on base_key = d.listing_key
  where not outside and first_seen_on <= day
  qualify row_number() over (order by derivatives desc, d.model_id) <= in_top or d.model_id = in_model
),
children as (
  select b.hub, b.model_id, b.created_at as base_created_at, listing.model_id as child,
    case when (listing.hub, date_trunc('second', a.created_at)) not in (select (hub, moment::timestamp) from facts.placeholder_times) then a.created_at end as created_at
  from bases b join links on links.base_key = b.listing_key join store.listing on listing.listing_key = links.listing_key
  join scope on scope.hub = b.hub
  join store.attributes a on a.listing_key = links.listing_key and a.valid_from <= scope.day and (a.valid_to is null or a.valid_to > scope.day)
),
dated as (
  select *, created_at < base_created_at as is_earlier,
    row_number() over (partition by hub, model_id, coalesce(created_at >= base_created_at, false) order by created_at, child) as turn
  from children
),
firsts as (
  select hub, model_id, min(created_at) filter (not is_earlier and turn = 1)::date as first_on, min(child) filter (not is_earlier and turn = 1) as first_derivative,
    min(created_at) filter (not is_earlier and turn = in_nth)::date as nth_on, count(*) filter (is_earlier) as earlier,
    count(*) filter (created_at is null) as undated
  from dated group by hub, model_id
)
select hub, model_id as "group", created_at::date as created_on, derivatives, first_on, first_on - created_at::date as days_to_first, first_derivative,
  in_nth as nth, nth_on, nth_on - created_at::date as days_to_nth, earlier, undated
from bases join firsts using (hub, model_id)
order by derivatives desc, "group"
