case $by when 'country' then country when 'kind' then kind when 'organization' then organization when 'region' then region
  when 'family' then family when 'namespace' then listing.namespace when 'hub' then listing.hub when 'model' then listing.model_id
  when 'license' then nullif(license, 'unknown') when 'license_class' then license_class when 'task' then nullif(task, 'unknown') end as "group"
