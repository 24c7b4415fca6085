-- The organizations that records of the site's own listing name: their full names are profiles that cost no request.
-- From: record (segment, position, shape, record JSON).
select record->>'$.Path' as namespace, min(record->>'$.Organization.FullName') as full_name, 'organization' as account_type
from record
where json_type(record, '$.Organization.FullName') = 'VARCHAR' and record->>'$.Path' = record->>'$.Organization.Name'
group by 1
