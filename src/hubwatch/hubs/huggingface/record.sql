-- Hugging Face: one record of GET /api/models?expand[]=... as a listing.
-- From: record (segment, position, shape, record as RECORD_TYPE of fields.py). Variable `fields`: the expand[] fields asked for and not refused.
with taken as (
  select segment, position, shape, unnest(record) from record
), read as (
  select *,
    whole_number(downloads) as read_downloads, whole_number("downloadsAllTime") as read_total, whole_number(likes) as read_likes,
    utc("createdAt") as created_at, utc("lastModified") as modified_at,
    try_cast(safetensors.total as bigint) as read_parameters,
    nullif(list_filter(tags, lambda tag: tag like 'base_model:_%'), []) as base_tags,
    nullif(list_filter(tags, lambda tag: tag like 'license:_%'), []) as license_tags
  from taken
)
select segment, position, id as model_id,
  case when lower(private) = 'true' then 'private' end as passed_over,
  case
    when lower(private) = 'true' then null
    when shape is distinct from 'OBJECT' then 'the record is not an object'
    when not is_listing_id(id, 'huggingface') then 'id is not owner/name'
    when read_downloads is null and 'downloads' in getvariable('fields') then 'downloads is ' || counter_fault(downloads)
    when read_total is null and 'downloadsAllTime' in getvariable('fields') then 'downloadsAllTime is ' || counter_fault("downloadsAllTime")
    when read_likes is null and 'likes' in getvariable('fields') then 'likes is ' || counter_fault(likes)
    when created_at is null and "createdAt" is not null then 'createdAt is no time'
    when modified_at is null and "lastModified" is not null then 'lastModified is no time'
  end as reason,
  _id as hub_key,
  null::varchar as title,                                     -- Hugging Face shows the id itself
  created_at,
  modified_at,
  array_to_string(list_transform(license_tags, lambda tag: substr(tag, 9)), ',') as license_raw,
  pipeline_tag as task,
  library_name as library,
  case when read_parameters > 0 then read_parameters end as parameters,
  coalesce(                                                   -- else the bases that tags name, with a relation or an address or neither
    nullif(list_filter(list_transform("baseModels".models, lambda model: model.id), lambda id: is_model_id(id)), []),
    nullif(list_sort(list_distinct(list_filter(list_transform(base_tags, lambda tag: regexp_replace(tag,
      '^base_model:(?:[A-Za-z_]+:)?(?:(?:https?:)?//(?:www\.)?(?:huggingface|hf)\.co/)?', '')), lambda id: is_model_id(id)))), [])) as base_models,
  coalesce(nullif(trim("baseModels".relation), ''),
    nullif(lower(regexp_extract(list_filter(base_tags, lambda tag: regexp_matches(tag, '^base_model:[A-Za-z_]+:[^/]'))[1],
      '^base_model:([A-Za-z_]+):', 1)), '')) as base_relation,
  gated,
  'model' as repo_kind,
  read_downloads as downloads_30d,                            -- rolling 30 days, not a total
  read_total as downloads_total,                              -- downloadsAllTime
  read_likes as likes
from read
