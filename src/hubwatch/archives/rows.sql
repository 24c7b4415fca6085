-- One row of a published snapshot as one of ours, whatever its columns were called: every value comes as text.
-- From: raw (position, broken, hub_text, hub, day_text, pass, model_id, unit, unit_fault, counters, attributes).
-- Macros of load.sql and archive_macros.sql: is_model_id, day_of, counted.
select position, hub, day_of(day_text) as day, pass, unit, model_id,
  case
    when broken then 'not a JSON object'
    when hub is null then 'hub ' || coalesce('"' || hub_text || '" is not known', 'is missing')
    when day_of(day_text) > current_date + 1 then 'day "' || day_text || '" is yet to come'
    when day_of(day_text) < '1970-01-01' then 'day "' || day_text || '" is before any hub'
    when day_of(day_text) is null then 'day ' || coalesce('"' || day_text || '" is no date', 'is missing')
    when not is_model_id(model_id) then 'model id is not owner/name'
    when unit_fault is not null then unit_fault
    when downloads_30d is not null and counted(downloads_30d) is null then 'downloads_30d "' || downloads_30d || '" is no whole number'
    when downloads_total is not null and counted(downloads_total) is null then 'downloads_total "' || downloads_total || '" is no whole number'
    when likes is not null and counted(likes) is null then 'likes "' || likes || '" is no whole number'
    when created_at is not null and instant_of(created_at) is null then 'created_at "' || created_at || '" is no time'
    when modified_at is not null and instant_of(modified_at) is null then 'modified_at "' || modified_at || '" is no time'
    when parameters is not null and counted(parameters) is null then 'parameters "' || parameters || '" is no whole number'
  end as reason,
  hub_key,
  title,
  instant_of(created_at) as created_at,
  instant_of(modified_at) as modified_at,
  coalesce(array_to_string(json_list_of(license_raw), ','), license_raw) as license_raw,
  task,
  library,
  counted(parameters) as parameters,
  list_of(base_models) as base_models,
  base_relation,
  lower(gated) as gated,
  coalesce(repo_kind, 'model') as repo_kind,
  counted(downloads_30d) as downloads_30d,
  counted(downloads_total) as downloads_total,
  counted(likes) as likes
from raw
