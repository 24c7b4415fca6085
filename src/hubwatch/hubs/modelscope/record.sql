-- ModelScope: one record of the site's own listing (dolphin, legacy: Path, Name, ...) or of the OpenAPI (id, ...) as a listing.
-- From: record (segment, position, shape, record JSON). Variable `owners`: the only namespaces wanted, none for all.
with taken as (
  select segment, position, shape, json_extract(record, ['$.Id', '$.Path', '$.Name', '$.ChineseName', '$.CreatedTime',
    '$.LastUpdatedTime', '$.Downloads', '$.Stars', '$.License', '$.Tasks', '$.Libraries', '$.Frameworks', '$.BaseModel', '$.Visibility',
    '$.IsPublished', '$.BaseModelRelation', '$.ModelInfos', '$.AigcType', '$.IsOnline']) as own,
    json_extract(record, ['$.id', '$.display_name', '$.created_at', '$.last_modified', '$.downloads', '$.likes', '$.license', '$.tasks',
    '$.tags', '$.params', '$.gated', '$.private']) as api
  from record
), worded as (
  select *, list_transform([own[9], own[10], own[11], own[12], own[13], own[16], api[8], api[9]], lambda value: words_of(value)) as words
  from taken
), named as (
  select segment, position, shape, own[1] as "Id", own[2] as "Path", own[3] as "Name", own[4] as "ChineseName", own[5] as "CreatedTime",
    own[6] as "LastUpdatedTime", own[7] as "Downloads", own[8] as "Stars", words[1] as "License", words[2] as "Tasks",
    words[3] as "Libraries", words[4] as "Frameworks", words[5] as "BaseModel", own[14]->>'$' as "Visibility",
    own[15]->>'$' as "IsPublished",
    relation_of(words[6][1]) as "BaseModelRelation", unwrapped(own[17]) as "ModelInfos",
    nullif(trim(json_text(own[18])), '') as "AigcType", own[19]->>'$' as "IsOnline",
    api[1] as api_id, json_text(api[2]) as display_name, api[3] as api_created, api[4] as api_modified, api[5] as api_downloads,
    api[6] as api_likes, json_text(api[7]) as api_license, words[7] as api_tasks, words[8] as api_tags,
    whole_number(api[10]) as params, api[11] as gated, coalesce(lower(api[12]->>'$') in ('true', '1'), false) as is_private
  from worded
), sided as (
  select *, json_text("Path") || '/' || json_text("Name") as own_id, coalesce("Path", "Name") is null and api_id is not null as is_api,
    coalesce("ModelInfos"->'$.safetensor', "ModelInfos"->'$.safetensors') as weights,
    list_filter("BaseModel", lambda id: is_model_id(without_revision(id))) as named_bases,
    list_transform(named_bases, lambda id: without_revision(id)) as named_ids,
    list_filter(named_bases, lambda id, position: list_position(named_ids, named_ids[position]) = position) as bases  -- each once
  from named
), read as (
  select *,
    case when is_api then json_text(api_id) else own_id end as model_id,
    case when is_api then api_downloads else "Downloads" end as said_downloads,
    case when is_api then api_likes else "Stars" end as said_likes,
    case when is_api then api_created else "CreatedTime" end as said_created,
    case when is_api then api_modified else "LastUpdatedTime" end as said_modified,
    case when is_api then 'downloads' else 'Downloads' end as downloads_key,
    case when is_api then 'likes' else 'Stars' end as likes_key,
    whole_number(as_number(weights->'$.model_size')) as weighed,   -- parameters, not bytes, summed over all the files
    case when json_type(weights, '$.files') = 'ARRAY' then list_transform((weights->'$.files')::json[], lambda file: file->>'$.name') end as files
  from sided
), sorted as (
  select *, list_transform([said_created, said_modified], lambda said: moment(said)) as moments,
    coalesce(hidden_as("Visibility", "IsOnline", "IsPublished", is_private),
      case when len(getvariable('owners')) > 0 and not list_contains(getvariable('owners'), split_part(model_id, '/', 1))
        then 'of another owner' end) as passed_over
  from read
)
select segment, position, model_id, passed_over,
  case
    when passed_over is not null then null
    when shape is distinct from 'OBJECT' then 'the record is not an object'
    when not is_model_id(model_id) then case when is_api then 'id is not owner/name' else 'Path and Name are not owner and name' end
    when whole_number(said_downloads) is null then downloads_key || ' is ' || counter_fault(said_downloads)
    when whole_number(said_likes) is null then likes_key || ' is ' || counter_fault(said_likes)
    when is_moment_given(said_created) and moments[1] is null then 'the creation time is no time'
    when is_moment_given(said_modified) and moments[2] is null then 'the time of the last change is no time'
  end as reason,
  case when json_type("Id") in ('UBIGINT', 'BIGINT') then "Id"::varchar end as hub_key,
  nullif(coalesce(json_text("ChineseName"), display_name), '') as title,        -- in the hub's language
  moments[1] as created_at,                                                     -- of the repository, not of the release
  moments[2] as modified_at,                                                    -- moves when settings are edited, too
  coalesce(nullif(list_aggregate("License", 'string_agg', ','), ''), nullif(api_license, '')) as license_raw,
  coalesce("Tasks"[1], api_tasks[1]) as task,
  coalesce("Tasks", api_tasks) as tasks,
  coalesce("Libraries"[1], "Frameworks"[1],
    list_filter(api_tags, lambda tag: starts_with(tag, 'library:'))[1][9:]) as library,
  case when params > 0 then params when weighed > 0 and is_one_set(files) then weighed end as parameters,  -- 0 means unknown
  case when params > 0 then null
    when weighed > 0 and not is_one_set(files) then
      'the hub sums ' || coalesce(len(files)::varchar, 'an unknown number of') || ' files that may be variants or a part of one model'
    when is_given(weights->'$.model_size') and weighed is null then 'model_size is no whole number' end as parameters_note,
  nullif(list_transform(bases, lambda id: without_revision(id)), []) as base_models,
  case when len(list_filter(bases, lambda id: revision_of(id) is not null)) > 0
    then list_transform(bases, lambda id: revision_of(id)) end as base_revisions,
  "BaseModelRelation" as base_relation,
  "AigcType" as hub_type,
  "Visibility" as visibility,
  case when gated::varchar in ('true', 'false') then gated::varchar else json_text(gated) end as gated,
  'model' as repo_kind,
  null::bigint as downloads_30d,                                                -- the hub has no rolling figure
  whole_number(said_downloads) as downloads_total,                              -- cumulative
  whole_number(said_likes) as likes
from sorted
