-- How single values are read: null means unreadable or not given.
create or replace temp macro whole_number(value) as case
  when try_cast(value::varchar as bigint) >= 0 and (not contains(value::varchar, '.') or regexp_full_match(value::varchar, '\d{1,15}\.0+'))
  then try_cast(value::varchar as bigint) end;
create or replace temp macro is_model_id(id) as coalesce(regexp_full_match(id, '[^/\s\pZ\[{"][^/\s\pZ]*/[^/\s\pZ]+'), false);  -- no JSON
-- A time as text; the usual one, in UTC, is read faster.
create or replace temp macro utc(value) as
  case when suffix(value, 'Z') then try_cast(value as timestamp) else try_cast(value as timestamptz) at time zone 'UTC' end;
create or replace temp macro is_nested_id(id) as coalesce(regexp_full_match(id, '[^/\s\pZ\[{"][^/\s\pZ]*(/[^/\s\pZ]+)+'), false);
create or replace temp macro counter_fault(value) as
  case when value is null or json_type(value) = 'NULL' then 'missing or null' else 'no whole number' end;
-- For hubs that spell one thing in several ways; values are JSON.
create or replace temp macro is_given(value) as value is not null and json_type(value) <> 'NULL';
create or replace temp macro json_text(value) as case json_type(value) when 'VARCHAR' then value->>'$' end;
create or replace temp macro instant(value) as try_cast(json_text(value) as timestamptz) at time zone 'UTC';
-- What some hubs wrap into a string: the list or object inside, else the value itself.
create or replace temp macro unwrapped(value) as
  case when regexp_matches(json_text(value), '^\s*[\[{]') and json_valid(json_text(value)) then json_text(value)::json else value end;
-- Words of a text, of a list of texts, or of objects with a Name; empty ones are left out; null when there are none.
create or replace temp macro words_of_unwrapped(value) as nullif(list_filter(list_transform(
  case when json_type(value) = 'ARRAY' then value::json[] else [value] end,
  lambda word: trim(case json_type(word) when 'VARCHAR' then word->>'$' when 'OBJECT' then coalesce(word->>'$.Name', word->>'$.name') end)),
  lambda word: word <> ''), []);
create or replace temp macro words_of(value) as words_of_unwrapped(unwrapped(value));
-- Unix seconds as a number or as its ten digits (eleven and a sign for the year 1); null for what is neither.
create or replace temp macro unix_seconds(value) as case
  when json_type(value) in ('UBIGINT', 'BIGINT', 'DOUBLE') then value::double
  when regexp_full_match(json_text(value), '\d{10}|-\d{11}') then json_text(value)::double end;
-- Empty text, 0 and any time in the year 1 (an unset time, in whatever zone) say nothing.
create or replace temp macro is_moment_given(value) as
  is_given(value) and value::varchar <> '""' and not starts_with(value::varchar, '"0001-01-0')
  and coalesce(unix_seconds(value) <> 0 and unix_seconds(value) > -62100000000, true);
create or replace temp macro moment(value) as
  case when not is_moment_given(value) then null
    when unix_seconds(value) is not null then case when unix_seconds(value) between 0 and 253402300799  -- the year 9999
      then try(make_timestamp((unix_seconds(value) * 1000000)::bigint)) end
    else instant(value) end;
-- The number that a text of digits is, for hubs that write numbers so; else the value itself.
create or replace temp macro as_number(value) as
  case when regexp_full_match(json_text(value), '\d{1,18}') then json_text(value)::json else value end;
