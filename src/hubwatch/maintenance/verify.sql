-- What does not fit in the tables: hub, day, source, fault (its name), detail. No row: they agree with each other.
-- From: the schema's tables, and counted and shown (temporary, gathered day by day). Each fault is one select; a day or a listing that is right gives no row.
with
seen as (select listing_key, min(day) as first, max(day) as last from store.counters group by listing_key),
stretches as (
  select listing_key, valid_from, valid_to, lead(valid_from) over (partition by listing_key order by valid_from, valid_to nulls last) as next_from
  from store.attributes
),
unread as (select hub, model_id, max(day) as last_unread from store.unread group by all),
whole as (select hub, day, listed_total > records + rejected - coalesce(part_read, 0) as lacks from sweeps
  where complete and source = 'full' and coalesce(extent, 'whole') = 'whole'),
due as (
  select hub, last_listed_on, min(day) as gone_on
  from (select distinct hub, last_listed_on from store.listing) join whole using (hub)
  where day > last_listed_on group by all having count(*) >= 2 or not coalesce(any_value(lacks), false)
),
faults as (
  select hub, day, source, 'records' as fault,
    format('sweeps says {} records, the tables hold {}', coalesce(records::varchar, 'no'), coalesce(observations, 0)) as detail
  from sweeps left join counted using (hub, day, source) where records is distinct from coalesce(observations, 0)
  union all
  select hub, day, source, 'no_sweep', format('{} observations without a row in sweeps', observations)
  from counted anti join sweeps using (hub, day, source)
  union all
  select hub, day, source, 'double', format('{} listings are observed more than once', observations - listings)
  from counted where observations > listings
  union all
  select hub, day, source, 'double', 'more than one row in sweeps' from sweeps group by all having count(*) > 1
  union all
  select sweeps.hub, sweeps.day, sweeps.source, 'rejects', format('sweeps says {} rejected, rejects holds {}', rejected, count(rejects.reason))
  from sweeps left join rejects on rejects.hub = sweeps.hub and rejects.day = sweeps.day and rejects.source = sweeps.source
  group by sweeps.hub, sweeps.day, sweeps.source, rejected having rejected <> count(rejects.reason)
  union all
  select null, day, null, 'no_listing', format('{} observations of no known listing', count(*))
  from store.counters anti join store.listing using (listing_key) group by day
  union all
  select hub, day, null, 'shown', format('{} listings are shown by no source or by several', listings) from shown
  union all
  select hub, null, null, 'double', format('{} listings have more than one row', count(*))
  from (select hub, model_id from store.listing group by all having count(*) > 1) group by hub
  union all
  select hub, null, null, 'seen', format('{} listings were not first or last seen when their row says, {} the first', count(*), min(model_id))
  from store.listing left join seen using (listing_key) left join unread using (hub, model_id)
  where first is distinct from first_seen_on or last is distinct from last_seen_on or greatest(last, last_unread) is distinct from last_listed_on
  group by hub
  union all
  select hub, min(valid_from), null, 'attributes',
    format('{} listings have attributes of overlapping or broken stretches, {} the first', count(distinct listing_key), min(model_id))
  from stretches join store.listing using (listing_key)
  where valid_to <= valid_from or (next_from is not null and valid_to is distinct from next_from) or (next_from is null and valid_to is not null)
    or valid_from < first_seen_on or valid_from > last_seen_on group by hub
  union all
  select null, null, null, 'no_listing', format('attributes of {} unknown listings', count(distinct listing_key))
  from store.attributes anti join store.listing using (listing_key) having count(*) > 0
  union all
  select hub, null, null, 'not_judged', format('{} namespaces have no origin by policy {}; {}', count(distinct namespace), policy,
    'run `hubwatch classify`, `hubwatch link`, `hubwatch measure` and `hubwatch publish`')
  from store.listing join (select distinct policy from origins) on true anti join origins using (hub, namespace, policy) group by hub, policy
  union all
  select hub, null, null, 'not_linked', format('{} listings belong to no model; {}', count(*), 'run `hubwatch link` and `hubwatch publish`')
  from store.listing anti join model_listings using (hub, model_id)
  where exists (select 1 from model_listings) group by hub
  union all
  select hub, last_listed_on, null, 'departures',
    format('listings last listed then are gone on {}, not {}', coalesce(due.gone_on::varchar, 'no day'), coalesce(held.gone_on::varchar, 'no day'))
  from due full join (from store.departures) held using (hub, last_listed_on) where due.gone_on is distinct from held.gone_on
)
select hub, day, source, fault, detail from faults order by hub nulls first, day nulls first, source nulls first, fault, detail
