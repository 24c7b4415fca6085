-- How single values are read: null means unreadable or not given.
create or replace temp macro whole_number(value) as case
  when try_cast(value::varchar as bigint) >= 0 and (not contains(value::varchar, '.') or regexp_full_match(value::varchar, '\d{1,15}\.0+'))
  then try_cast(value::varchar as bigint) end;
create or replace temp macro is_model_id(id) as coalesce(regexp_full_match(id, '[^/\s]+/[^/\s]+'), false);
create or replace temp macro counter_fault(value) as
  case when value is null or json_type(value) = 'NULL' then 'missing or null' else 'no whole number' end;
