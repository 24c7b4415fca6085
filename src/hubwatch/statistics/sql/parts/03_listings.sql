-- What is known of the listings that a question is about.

-- Flagged observations of the question's counter.
create or replace macro parts.flagged(in_scope, in_metric) as table
  select distinct listing_key, flags.day from flags join store.listing using (hub, model_id)
  where model_id <> '' and starts_with(flag,
    case when in_metric is not null then in_metric else (select min(metric) from query_table(in_scope)) end);

-- Of rows of listings and days those that the filters leave in, with labels and attributes as they held on the day: dimensions
-- (null: not known), and whether it is outside because what the filters ask of its origin is not known.
-- A join that the question does not need is switched off by its constant condition. Joins are by key: the optimizer, which takes all
-- for few rows then, may hold the other side in memory, and ids are long.
create or replace macro parts.described_on(in_listings, {question}) as table
  select listing.listing_key, listing.hub, hubs, day, source, metric, listing.model_id, listing.namespace,
    first_seen_on, last_seen_on, last_listed_on, organization, origin.country, coalesce(license_class, 'unknown') as license_class,
    parameters, task, created_at, gated,
    parts.dimension(in_by_1, origin.country, kind, organization, region, family, listing.namespace, listing.hub,
      case when hubs > 1 then coalesce(model_name, listing.model_id) else listing.model_id end, license, license_class, task, library,
      parameters, created_at, relation) as part_1,
    parts.dimension(in_by_2, origin.country, kind, organization, region, family, listing.namespace, listing.hub,
      case when hubs > 1 then coalesce(model_name, listing.model_id) else listing.model_id end, license, license_class, task, library,
      parameters, created_at, relation) as part_2,
    (in_country is not null and origin.country is null) or (in_kind is not null and kind is null)
      or (in_organization is not null and organization is null) as outside
  from (
    from query_table(in_listings) where in_models is null or model_id in (select unnest(in_models))
  ) listing
  left join (
    select hub, namespace, organization, origins.country, region, nullif(kind, 'unknown') as kind,
      coalesce(valid_from, date '0001-01-01') as valid_from, coalesce(valid_to, date '9999-12-31') as valid_to
    from origins left join (
      select country, min(region) as region from facts.country_groups where parts.asks(in_by, ['region']) group by country
    ) regions on regions.country = origins.country
    where policy = in_policy
  ) origin on origin.hub = listing.hub and origin.namespace = listing.namespace and origin.valid_from <= day and origin.valid_to > day
  left join (
    select listing_key, family, is_mirror, substr(model_key, strpos(model_key, ':') + 1) as model_name
    from model_listings join store.listing using (hub, model_id)
    where parts.asks(in_by, ['family', 'model']) or in_family is not null or in_only is not null
  ) link on link.listing_key = listing.listing_key
  left join (
    select listing_key, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to, nullif(a.license, 'unknown') as license, license_class,
      nullif(task, 'unknown') as task, library, parameters, created_at, gated, len(coalesce(base_models, [])) > 0 as is_derived,
      base_relation, hub_type, repo_kind,
      case when len(coalesce(base_models, [])) = 0 then 'original' else nullif(base_relation, 'unknown') end as relation
    from store.attributes a left join (
      select license, nullif(min(class), 'unknown') as license_class from facts.licenses group by license
    ) terms on terms.license = a.license
    where parts.asks_attributes({question})
  ) held on held.listing_key = listing.listing_key and held.valid_from <= day and held.valid_to > day
  where (in_country is null or origin.country is null or origin.country = in_country)
    and (in_kind is null or kind is null or kind = in_kind)
    and (in_organization is null or organization is null or organization = in_organization)
    and (in_namespace is null or lower(listing.namespace) = lower(in_namespace))
    and (in_family is null or lower(family) = lower(in_family))
    and (in_task is null or task = in_task)
    and (in_library is null or library = in_library)
    and (in_license_class is null or coalesce(license_class, 'unknown') = in_license_class)
    and (in_created_since is null or created_at >= in_created_since)
    and (in_created_until is null or created_at < in_created_until + interval 1 day)
    and (in_only is null or case in_only when 'derivatives' then is_derived else not is_derived and not coalesce(is_mirror, false) end)
    and (in_form is null or in_form = parts.form_of(repo_kind, base_relation, hub_type, library, listing.name))
    and (in_leave_out is null or not (list_contains(in_leave_out, listing.namespace)
      or coalesce(list_contains(in_leave_out, organization), false)));

-- The same of all listings of the scope's hubs, as of its day.
create or replace macro parts.described(in_scope, {question}) as table
  with
  asked_listings as not materialized (
    select listing.*, scope.hubs, scope.day, scope.source, scope.metric
    from store.listing join query_table(in_scope) scope on scope.hub = listing.hub
  )
  from parts.described_on('asked_listings', {question});

-- A hub's listings whose description may differ from the first day of the span to its last: their owner changed, or, where the question asks for it, what
-- they say of themselves.
create or replace macro parts.redescribed(in_span, {question}) as table
  select listing_key from store.listing semi join (
    select origins.hub, namespace from origins join query_table(in_span) span on span.hub = origins.hub where policy = in_policy
      and (valid_from > first_day and valid_from <= last_day or valid_to > first_day and valid_to <= last_day)
  ) using (hub, namespace)
  union
  select listing_key from (
    select listing_key, hub from (
      select listing_key, span.hub, hash(license, task, library, parameters, created_at, base_models, base_relation, hub_type, repo_kind, gated) as said
      from store.attributes cross join query_table(in_span) span
      where parts.asks_attributes({question}) and valid_from <= last_day and (valid_to is null or valid_to > first_day)
    ) group by listing_key, hub having min(said) <> max(said)
  ) semi join store.listing using (listing_key, hub);

-- Listings that stand for a model together with others: all others stand alone. By hub, each hub counts for itself.
create or replace macro parts.linked(in_by) as table
  select listing_key, listing.hub, model_id as linked_id, model_key, is_mirror, case when parts.asks(in_by, ['hub']) then listing.hub else '' end as part_of
  from model_listings join store.listing using (hub, model_id) where tier <> 'single';

-- A row a listing that the scope's source observed, with its counter (null: the hub does not report it). A model is counted once:
-- by the original before its mirrors, then the first hub and id in the alphabet. Likes on two listings are different people's, only
-- mirrors' on another hub are left out. `is_again`: the model is counted by another listing.
create or replace macro parts.counted(in_scope, {question}) as table
  with
  observed as (
    select d.*, c.likes,
      parts.counter(case when in_metric is not null then in_metric else d.metric end, downloads_30d, downloads_total, likes) as value,
      flagged.listing_key is not null as is_flagged
    from (select c.* from store.counters c semi join query_table(in_scope) scope on scope.day = c.day and scope.source = c.source) c
    join (from parts.described(in_scope, {question})) d on d.listing_key = c.listing_key and d.day = c.day and d.source = c.source
    left join (from parts.flagged(in_scope, in_metric)) flagged on flagged.listing_key = d.listing_key and flagged.day = d.day
    where not in_without_flagged or flagged.listing_key is null
  ),
  linked as materialized (
    from parts.linked(in_by)
  ),
  -- Models of which an original is observed, whether or not the filters leave it in.
  originals as (
    select distinct model_key, part_of from linked
    join store.counters c using (listing_key) join query_table(in_scope) scope on scope.hub = linked.hub and scope.day = c.day and scope.source = c.source
    where not is_mirror
  ),
  repeated as (
    select listing_key, is_left_out from (
      select listing_key, metric = 'models' or (metric = 'likes' and is_mirror and hubs > 1) as is_left_out,
        is_mirror and originals.model_key is not null as is_copy,
        row_number() over (partition by linked.model_key, linked.part_of order by is_mirror, linked.hub, linked_id) as turn,
        row_number() over (partition by linked.model_key, linked.part_of order by value is null, is_mirror, linked.hub, linked_id) as value_turn
      from observed join linked using (listing_key)
      left join originals on originals.model_key = linked.model_key and originals.part_of = linked.part_of
    ) where case when is_left_out then turn > 1 or is_copy else value_turn > 1 end
  )
  select observed.*, repeated.listing_key is not null as is_again
  from observed left join repeated on repeated.listing_key = observed.listing_key
  where not coalesce(is_left_out, false);

-- The listings that stand on the scope's day: listed on it, or lacking only in sweeps that do not tell; of a selection those in it. A listing is gone when a
-- complete full sweep lacks it that saw all that the hub counts, or two that did not; what is loaded of later days changes nothing. `until`: the day.
create or replace macro parts.standing(in_scope) as table
  with
  full_sweeps as (
    select sweeps.hub, sweeps.day, parts.saw_all(listed_total, sweeps.records, rejected, part_read) as saw_all,
      row_number() over (partition by sweeps.hub order by sweeps.day desc) as nth
    from sweeps join query_table(in_scope) scope using (hub) where complete and sweeps.source = 'full' and parts.extent_of(extent, sweeps.source) = 'whole'
      and sweeps.day <= scope.day
  ),
  telling as materialized (
    select scope.hub, scope.day as until, coalesce(max(f.day) filter (saw_all or nth = 2), date '0001-01-01') as since
    from query_table(in_scope) scope left join full_sweeps f using (hub) group by all
  ),
  days_told as (
    select distinct sweeps.hub, sweeps.day, until from sweeps join telling using (hub) where sweeps.day between since and until
  ),
  -- A selection is what it lists on the day: what other sources saw is no part of it.
  selections as materialized (
    select sweeps.hub, sweeps.day, sweeps.source from sweeps semi join query_table(in_scope) scope using (hub, day, source)
    where parts.extent_of(extent, sweeps.source) = 'selection'
  ),
  selected as (
    select listing_key from store.counters join selections using (day, source) join store.listing using (listing_key, hub)
    union
    select listing_key from store.unread join selections using (hub, day, source) join store.listing using (hub, model_id)
  ),
  returned as (
    select distinct listing_key from store.counters join days_told using (day) join store.listing using (listing_key)
    where listing.hub = days_told.hub and coalesce(last_listed_on, last_seen_on) > until
    union
    select listing_key from store.unread join days_told using (hub, day) join store.listing using (hub, model_id)
    where coalesce(last_listed_on, last_seen_on) > until
  )
  select listing_key, until from store.listing join telling using (hub)
  where first_seen_on <= until and (hub not in (select hub from selections) or listing_key in (from selected))
    and case when coalesce(last_listed_on, last_seen_on) > until then listing_key in (from returned)
      else coalesce(last_listed_on, last_seen_on) >= since end;

-- Of rows of listings, a row a model: of one with several listings the original before its mirrors, then the first hub and id in the alphabet.
create or replace macro parts.each_once(in_listings, in_scope, in_by) as table
  with
  linked as materialized (
    from parts.linked(in_by)
  ),
  originals as (
    select distinct model_key, part_of from linked semi join (from parts.standing(in_scope)) using (listing_key) where not is_mirror
  ),
  repeated as (
    select listing_key from query_table(in_listings) join linked using (listing_key)
    left join originals on originals.model_key = linked.model_key and originals.part_of = linked.part_of
    qualify (is_mirror and originals.model_key is not null)
      or row_number() over (partition by linked.model_key, linked.part_of order by is_mirror, linked.hub, linked_id) > 1
  )
  from query_table(in_listings) anti join repeated using (listing_key);

-- A row a model listed on the day.
create or replace macro parts.listed(in_scope, {question}) as table
  with
  present as materialized (
    select d.* from parts.described(in_scope, {question}) d semi join (from parts.standing(in_scope)) standing using (listing_key)
  )
  from parts.each_once('present', in_scope, in_by);

-- A row a model listed on the day, of those that have one of these listings (`listing_key`): only they are described, and whatever may stand for their model.
create or replace macro parts.listed_among(in_scope, in_keys, {question}) as table
  with
  wanted as (
    select listing.*, scope.hubs, scope.day, scope.source, scope.metric
    from store.listing join query_table(in_scope) scope on scope.hub = listing.hub
    semi join (select listing_key from query_table(in_keys) union select listing_key from parts.linked(in_by)) using (listing_key)
  ),
  present as materialized (
    select d.* from parts.described_on('wanted', {question}) d semi join (from parts.standing(in_scope)) standing using (listing_key)
  )
  from parts.each_once('present', in_scope, in_by) semi join query_table(in_keys) using (listing_key);
