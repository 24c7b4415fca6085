-- What records of the site's own listing say of their owners: profiles that cost no request. Type 0 without a name is a person.
-- From: record (segment, position, shape, record JSON).
select namespace, max(full_name) as full_name, case when bool_or(is_organization) then 'organization' else 'user' end as account_type
from (
  select record->>'$.Path' as namespace,
    coalesce(record->>'$.Path' = record->>'$.Organization.Name', false) as is_organization,
    case when record->>'$.Path' = record->>'$.Organization.Name' and json_type(record, '$.Organization.FullName') = 'VARCHAR'
      then nullif(record->>'$.Organization.FullName', '') end as full_name,
    coalesce(record->>'$.Organization.Type' = '0' and record->>'$.Organization.Name' = '', false) as is_person
  from record
)
where (is_organization and full_name is not null) or is_person
group by namespace
