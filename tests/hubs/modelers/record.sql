-- Modelers: one record of GET /server/model as a listing. What the hub does not give is left out.
-- From: record (segment, position, shape, record JSON).
select segment, position,
  json_text(record->'$.owner') || '/' || json_text(record->'$.name') as model_id,
  case
    when not is_model_id(json_text(record->'$.owner') || '/' || json_text(record->'$.name')) then 'owner and name are not owner and name'
    when whole_number(record->'$.download_count') is null then 'download_count is ' || counter_fault(record->'$.download_count')
  end as reason,
  moment(record->'$.created_at') as created_at,
  moment(record->'$.updated_at') as modified_at,
  'model' as repo_kind,
  whole_number(record->'$.download_count') as downloads_total    -- cumulative
from record
where record->>'$.visibility' = 'public'
