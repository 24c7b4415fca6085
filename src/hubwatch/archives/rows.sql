-- One row of a published snapshot as one of ours, whatever its columns were called: every value comes as text.
-- From: raw (position, broken, hub_text, hub, day_text, day, pass, id_text, unit, unit_fault, counters, attributes, license_tags, ...).
-- reason: why it is no observation; fault: a counter of it that cannot be read; note: attributes that cannot be read, or what was cleaned.
select position, hub, day, pass, unit, own_id as model_id,
  case
    when broken is not null then broken
    when hub is null then 'hub ' || coalesce('"' || hub_text || '" is not known', 'is missing')
    when day > current_date + 1 then 'day "' || day_text || '" is in the future'
    when day < '1970-01-01' then 'day "' || day_text || '" is before any hub'
    when day is null and is_day_first_or_last(day_text)
      then 'day "' || day_text || '" has no year in front; say its format in the mapping, as day = { column = "...", format = "%d-%m-%Y" }'
    when day is null then 'day ' || coalesce('"' || day_text || '" is not a date', 'is missing')
    when id_text is null then 'model id is missing'
    when other_kind is not null then other_kind
    when is_other_kind(id_text) then 'is a data set or Space, not a model'
    when not is_listing_id(own_id, hub) or regexp_matches(own_id, '[''"`<>@\\]') then 'model id is not owner/name'
    when unit_fault is not null then unit_fault
  end as reason,
  nullif(concat_ws('; ',
    case when downloads_30d is not null and said_30d is null then 'downloads_30d "' || downloads_30d || '" is not an integer' end,
    case when downloads_total is not null and said_total is null then 'downloads_total "' || downloads_total || '" is not an integer' end,
    case when likes is not null and said_likes is null then 'likes "' || likes || '" is not an integer' end), '') as fault,
  list_filter([
    case when created_at is not null and created is null then {what: 'created_at', said: created_at} end,
    case when modified_at is not null and modified is null then {what: 'modified_at', said: modified_at} end,
    case when parameters is not null and said_parameters is null then {what: 'parameters', said: parameters} end,
    case when len(bases) > len(own_bases) then {what: 'base_models', said: base_models} end,
    case when is_cleaned then {what: 'invisible', said: id_text} end,
    case when said_30d is not null and factor_of(downloads_30d) > 1 then {what: 'rounded', said: downloads_30d}
      when said_total is not null and factor_of(downloads_total) > 1 then {what: 'rounded', said: downloads_total} end
  ], lambda one: one is not null) as notes,
  hub_key,
  title,
  created as created_at,
  modified as modified_at,
  coalesce(array_to_string(json_list_of(license_raw), ','), license_raw, nullif(array_to_string(tagged_licenses, ','), '')) as license_raw,
  task,
  library,
  said_parameters as parameters,
  nullif(own_bases, []) as base_models,
  coalesce(base_relation, case when base_models is null then tagged_relation end) as base_relation,
  lower(gated) as gated,
  coalesce(repo_kind, 'model') as repo_kind,
  parameters_note,
  list_of(base_revisions) as base_revisions,
  list_of(tasks) as tasks,
  hub_type,
  visibility,
  said_30d as downloads_30d,
  said_total as downloads_total,
  said_likes as likes
from (select *, list_filter(bases, lambda one: is_base(one)) as own_bases from (select *,
    list_distinct(list_transform(coalesce(list_of(base_models), list_transform(tagged_bases, lambda one: regexp_replace(one, '^[a-z]+:', ''))),
      lambda one: id_of(one, hub))) as bases,
    nullif(list_extract(list_sort(list_filter(list_transform(tagged_bases, lambda one: regexp_extract(one, '^([a-z]+):', 1)),
      lambda one: one <> '')), 1), '') as tagged_relation
  from (select *, with_prefix(own_tags, 'license:') as tagged_licenses, with_prefix(own_tags, 'base_model:') as tagged_bases
    from (select *, moments[1] as created, moments[2] as modified, counts[1] as said_30d, counts[2] as said_total, counts[3] as said_likes,
        counts[4] as said_parameters
      from (select *, tags_of(tags) as own_tags, id_of_visible(seen_id, hub) as own_id, seen_id <> id_text as is_cleaned,
          list_transform([created_at, modified_at], lambda one: instant_of(one)) as moments,
          list_transform([downloads_30d, downloads_total, likes, parameters], lambda one: counter_said(one)) as counts
        from (select *, visible(id_text) as seen_id from raw))))))
