-- Hugging Face: one record of GET /api/models?expand[]=... as a listing.
-- From: record (segment, position, record JSON). Variable `fields`: the expand[] fields asked for and not refused.
with taken as (
  select segment, position, json_type(record) as shape, unnest(json_transform(record, '{
    "_id": "VARCHAR", "id": "JSON", "createdAt": "JSON", "lastModified": "JSON",
    "downloads": "JSON", "downloadsAllTime": "JSON", "likes": "JSON", "gated": "VARCHAR",
    "pipeline_tag": "VARCHAR", "library_name": "VARCHAR", "tags": ["VARCHAR"],
    "baseModels": {"relation": "VARCHAR", "models": [{"id": "VARCHAR"}]},
    "safetensors": {"total": "BIGINT"}}'))
  from record
), read as (
  select *,
    whole_number(downloads) as read_downloads, whole_number("downloadsAllTime") as read_total, whole_number(likes) as read_likes,
    instant("createdAt") as created_at, instant("lastModified") as modified_at,
    json_text(id) as model_id,
    list_filter(tags, lambda tag: starts_with(tag, 'base_model:') and not regexp_matches(tag, '^base_model:(finetune|adapter|merge|quantized):'))
      as base_tags
  from taken
)
select segment, position, model_id,
  case
    when shape is distinct from 'OBJECT' then 'the record is not an object'
    when not is_model_id(model_id) then 'id is not owner/name'
    when 'downloads' in getvariable('fields') and read_downloads is null then 'downloads is ' || counter_fault(downloads)
    when 'downloadsAllTime' in getvariable('fields') and read_total is null then 'downloadsAllTime is ' || counter_fault("downloadsAllTime")
    when 'likes' in getvariable('fields') and read_likes is null then 'likes is ' || counter_fault(likes)
    when is_given("createdAt") and created_at is null then 'createdAt is no time'
    when is_given("lastModified") and modified_at is null then 'lastModified is no time'
  end as reason,
  _id as hub_key,
  null::varchar as title,                                     -- Hugging Face shows the id itself
  created_at,
  modified_at,
  nullif(list_aggregate(list_transform(list_filter(tags, lambda tag: starts_with(tag, 'license:')), lambda tag: tag[9:]),
    'string_agg', ','), '') as license_raw,
  pipeline_tag as task,
  library_name as library,
  case when safetensors.total > 0 then safetensors.total end as parameters,
  coalesce(
    nullif(list_filter(list_transform("baseModels".models, lambda model: model.id), lambda id: id is not null), []),
    nullif(list_transform(base_tags, lambda tag: tag[12:]), [])) as base_models,
  coalesce("baseModels".relation,                             -- else the relation that a tag names
    nullif(regexp_extract(list_aggregate(tags, 'string_agg', ' '), 'base_model:(finetune|adapter|merge|quantized):', 1), '')) as base_relation,
  gated,
  'model' as repo_kind,
  read_downloads as downloads_30d,                            -- rolling 30 days, not a total
  read_total as downloads_total,                              -- downloadsAllTime
  read_likes as likes
from read
