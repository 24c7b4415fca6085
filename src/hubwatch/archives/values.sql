-- How texts of a published snapshot become times, days and lists; null means unreadable or not given.
-- Times: ISO with or without a zone, or seconds or milliseconds since 1970; days: also YYYYMMDD.
create or replace temp macro instant_of(t) as case
  when regexp_full_match(t, '\d{10}(\.\d+)?') then epoch_ms((t::double * 1000)::bigint)
  when regexp_full_match(t, '\d{13}') then epoch_ms(t::bigint)
  when regexp_matches(t, '^\d{4}-') then try_cast(t as timestamptz) at time zone 'UTC' end;
create or replace temp macro day_of(t) as case
  when regexp_full_match(t, '\d{8}') then try_strptime(t, '%Y%m%d')::date
  else instant_of(t)::date end;
create or replace temp macro json_list_of(t) as case when json_valid(t) and json_type(t) = 'ARRAY' then from_json(t, '["VARCHAR"]') end;
create or replace temp macro list_of(t) as list_filter(coalesce(json_list_of(t),
  list_transform(string_split(trim(t, '[]'), ','), lambda one: trim(one, ' ''"'))), lambda one: one <> '');
-- A counter as a table writes it: 1.000 may be a thousand.
create or replace temp macro counted(said) as case when not regexp_full_match(said, '\d{1,3}\.000') then whole_number(said) end;
