-- WiseModel: a GitLab project as a listing, its license where that was looked up, and what the site's own listing says of it
-- where that call is configured (`listed`, fields by variable `mapping`).
-- From: record (segment, position, shape, record JSON).
with taken as (
  select segment, position, record->'$.looked_up' as looked_up, record->'$.listed' as listed, shape,
    json_extract(record, ['$.path_with_namespace', '$.id', '$.name', '$.created_at', '$.last_activity_at', '$.visibility']) as said,
    getvariable('mapping')::json as mapping
  from record
), license as (
  select looked_up->>'$.id' as hub_key, arg_max_null(coalesce(looked_up->>'$.license.key', looked_up->>'$.license.name'),
    coalesce(looked_up->>'$.last_activity_at', '')) as license_raw  -- a license that was removed is none
  from taken where looked_up is not null group by 1
), project as (
  select segment, position, json_text(said[1]) as model_id, said[2]->>'$' as hub_key, json_text(said[3]) as title,
    said[4] as said_created, said[5] as said_active, coalesce(json_text(said[6]), 'public') as visibility, shape
  from taken where looked_up is null and listed is null
), site as (
  select segment, position, json_type(listed) as shape, mapping,
    coalesce(json_text(json_extract(listed, mapping->>'$.id')),
      json_text(json_extract(listed, mapping->>'$.owner')) || '/' || json_text(json_extract(listed, mapping->>'$.name'))) as model_id,
    json_text(json_extract(listed, mapping->>'$.title')) as title,
    as_number(json_extract(listed, mapping->>'$.downloads')) as downloads,
    as_number(json_extract(listed, mapping->>'$.likes')) as likes,
    json_extract(listed, mapping->>'$.created_at') as said_created, json_extract(listed, mapping->>'$.modified_at') as said_modified,
    words_of(json_extract(listed, mapping->>'$.license'))[1] as license_raw, words_of(json_extract(listed, mapping->>'$.task'))[1] as task
  from taken where listed is not null
), site_timed as (
  select *, whole_number(downloads) as downloads_total, whole_number(likes) as read_likes,
    list_transform([said_created, said_modified], lambda said: local_moment(said)) as moments
  from site
), site_read as materialized (  -- it is asked for twice
  select *, moments[1] as created_at, moments[2] as modified_at,
    case
      when shape is distinct from 'OBJECT' then 'the record is not an object'
      when not is_model_id(model_id) then 'the configured id is not owner/name'
      when (mapping->>'$.downloads') is not null and downloads_total is null then 'downloads is ' || counter_fault(downloads)
      when (mapping->>'$.likes') is not null and read_likes is null then 'likes is ' || counter_fault(likes)
    end as reason
  from site_timed
), project_timed as (
  select *, list_transform([said_created, said_active], lambda said: moment(said)) as moments from project
), project_read as materialized (
  select *,
    case when starts_with(coalesce(model_id, ''), 'codes/') then 'code repositories' when visibility <> 'public' then 'not public' end as passed_over,
    case
      when starts_with(coalesce(model_id, ''), 'codes/') or visibility <> 'public' then null
      when shape is distinct from 'OBJECT' then 'the record is not an object'
      when not is_nested_id(model_id) then 'path_with_namespace is not owner/name'  -- or group/subgroup/name
      when is_moment_given(said_created) and moments[1] is null then 'created_at is no time'
      when is_moment_given(said_active) and moments[2] is null then 'last_activity_at is no time'
    end as reason
  from project_timed
), known as (
  select lower(model_id) as folded, arg_max(site_read, coalesce(downloads_total, -1)) as said from site_read where reason is null group by 1
)
select segment, position, model_id, passed_over, reason, hub_key, coalesce(known.said.title, title) as title,
  moments[1] as created_at,                                     -- of the repository here; may be after the release elsewhere
  moments[2] as modified_at,                                    -- any activity, not only commits
  coalesce(known.said.license_raw, license.license_raw) as license_raw,  -- found in a LICENSE file; often `other`
  known.said.task as task,
  null::varchar as library,
  null::bigint as parameters,
  null::varchar[] as base_models,
  null::varchar as base_relation,
  null::varchar as gated,
  case when known.said is null then 'unknown' else 'model' end as repo_kind,
  null::bigint as downloads_30d,
  known.said.downloads_total as downloads_total,                -- GitLab tells none: null, never 0
  known.said.read_likes as likes                                -- the site's; GitLab's stars are another thing
from project_read left join license using (hub_key) left join known on known.folded = lower(model_id)
union all
select segment, position, model_id, null, reason, null, title, created_at, modified_at, license_raw, task, null, null, null, null, null, 'model',
  null, downloads_total, read_likes
from site_read
where reason is not null or lower(model_id) not in (select lower(model_id) from project_read where reason is null and passed_over is null)
