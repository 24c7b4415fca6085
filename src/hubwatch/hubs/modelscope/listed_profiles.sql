-- What public records of the site's own listing say of their owners: profiles that cost no request. By the hub's word (Type) 0 is a person;
-- every other number stands for organizations, what parts them is not said. A record without the word names an organization or nobody.
-- From: record (segment, position, shape, record JSON).
select namespace, max(full_name) as full_name, case when bool_or(is_organization) then 'organization' else 'user' end as account_type,
  max(said_type) as said_type
from (
  select record->>'$.Path' as namespace, nullif(record->>'$.Organization.Type', 'null') as said_type,
    said_type is distinct from '0' and coalesce((record->>'$.Path') = (record->>'$.Organization.Name'), false) as is_organization,
    case when is_organization and json_type(record, '$.Organization.FullName') = 'VARCHAR'
      then nullif(record->>'$.Organization.FullName', '') end as full_name,
    coalesce(said_type = '0', false) as is_person
  from record
  where hidden_as(record->>'$.Visibility', record->>'$.IsOnline', record->>'$.IsPublished', false) is null
)
where is_organization or is_person
group by namespace
