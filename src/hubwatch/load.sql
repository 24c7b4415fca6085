-- How single values are read: null means unreadable or not given.
create or replace temp macro json_text(value) as case json_type(value) when 'VARCHAR' then value->>'$' end;
create or replace temp macro whole_number(value) as
  case when regexp_full_match(value::varchar, '\d{1,19}(\.0+)?') then try_cast(split_part(value::varchar, '.', 1) as bigint) end;
create or replace temp macro instant(value) as try_cast(json_text(value) as timestamptz) at time zone 'UTC';
create or replace temp macro is_given(value) as value is not null and json_type(value) <> 'NULL';
create or replace temp macro is_model_id(id) as coalesce(regexp_full_match(id, '[^/\s]+/[^/\s]+'), false);
create or replace temp macro counter_fault(value) as
  case when value is null then 'missing' when json_type(value) = 'NULL' then 'null' else 'no whole number' end;
