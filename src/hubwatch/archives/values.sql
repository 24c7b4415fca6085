-- How texts of a published snapshot become numbers, times, days, ids and lists; null means unreadable or not given.
-- Variables: nulls (further words for nothing), thousands, decimal (null where the mapping does not say), grouped (a number in groups).

-- What a cell says: spaces around it are none of it, nor is a word for nothing.
create or replace temp macro said_of(t) as case
  when t is null or strlen(t) > 11 and getvariable('nulls') is null then t
  when lower(t) in ('', 'none', 'nan', 'na', 'n/a', 'n.a.', 'null', 'nil', 'nat', '-', '--', '–', '—', '\n', '<na>', '<null>', '<none>', '#n/a', '(null)', '(none)',
    '(nan)', '(na)', 'undefined', 'none,none', 'none, none', '[]', '{}', '""', '[null]', '[none]') or list_contains(getvariable('nulls'), lower(t)) then null
  else t end;
create or replace temp macro said(t) as said_of(trim(t, concat(' ', chr(9), chr(10), chr(13), chr(160), chr(12288))));

-- Numbers. 1.2M, 12 k, 3.4万 are as many; 1.000 is read as the mapping says, and where it says nothing, not at all (`is_twofold`).
-- Blanks, apostrophes and underscores between groups of three are never a fraction's mark.
create or replace temp macro head_of(t) as regexp_replace(t, '(?i)[\s\x{00a0}]*(k|m|b|g|t|bn|mn|thousand|million|billion|千|万|亿)$', '');
create or replace temp macro ungrouped(t) as case
  when regexp_full_match(t, '[+-]?\d{1,3}([''’_\s\x{00a0}\x{2009}\x{202f}]\d{3})+([.,]\d*)?')
  then regexp_replace(t, '[''’_\s\x{00a0}\x{2009}\x{202f}]', '', 'g') else t end;
create or replace temp macro factor_of(t) as case regexp_extract(lower(t), '(k|m|b|g|t|bn|mn|thousand|million|billion|千|万|亿)$', 1)
  when '' then 1 when 'k' then 1e3 when 'thousand' then 1e3 when '千' then 1e3 when '万' then 1e4
  when 'm' then 1e6 when 'mn' then 1e6 when 'million' then 1e6 when '亿' then 1e8 when 't' then 1e12 else 1e9 end;
create or replace temp macro fraction_mark() as coalesce(getvariable('decimal'), case when getvariable('thousands') = '.' then ',' else '.' end);
-- A number in the mapping's notation as digits with a point; null when it is not in that notation.
create or replace temp macro with_point(t) as case
  when coalesce(contains(t, getvariable('thousands')), false)
    then case when regexp_full_match(t, getvariable('grouped')) then replace(replace(t, getvariable('thousands'), ''), fraction_mark(), '.') end
  when fraction_mark() = ',' then case when not contains(t, '.') then replace(t, ',', '.') end
  when contains(t, ',') then null
  else t end;
create or replace temp macro whole(number, factor) as case
  when number * factor >= 0 and number * factor < 9e15 and abs(number * factor - round(number * factor)) < 1e-6
  then round(number * factor)::bigint end;
-- Written without settings in groups of three, it is a thousand to some and a fraction to others.
create or replace temp macro is_twofold(t) as getvariable('thousands') is null
  and regexp_full_match(head_of(t), '[+-]?\d{1,3}([.,]\d{3})+([.,]\d*)?')
  and not coalesce(regexp_full_match(head_of(t), '[^.,]+[.,]\d+') and contains(t, getvariable('decimal')), false);
create or replace temp macro counter_said(t) as case
  when regexp_full_match(t, '\d{1,15}') then t::bigint
  when t is null or is_twofold(t) then null
  -- each step by name, for a macro's argument is written out wherever the macro uses it: planning took longer than reading
  -- (names that no caller's lambda has, or they would take its values)
  else list_transform(list_transform([ungrouped(head_of(t))], lambda digits: try_cast(with_point(digits) as double)),
    lambda number: whole(number, factor_of(t)))[1] end;

-- Times: ISO with or without a zone, RFC 2822, with the month's name, or seconds to nanoseconds since 1970; days: also YYYYMMDD.
create or replace temp macro instant_of(t) as case
  when t is null then null
  when regexp_matches(t, '^\d{3,4}-\d{1,2}-\d') then try_cast(t as timestamptz) at time zone 'UTC'
  when regexp_matches(t, '^\d{4}[/.]\d{1,2}[/.]\d') then
    try_cast(regexp_replace(t, '^(\d{4})[/.](\d{1,2})[/.](\d)', '\1-\2-\3') as timestamptz) at time zone 'UTC'
  when regexp_matches(t, '^\d{4}年\d{1,2}月\d{1,2}日') then
    try_cast(regexp_replace(t, '^(\d{4})年(\d{1,2})月(\d{1,2})日', '\1-\2-\3') as timestamptz) at time zone 'UTC'
  when regexp_full_match(t, '\d{8}T\d{6}Z?') then try_strptime(t[:15], '%Y%m%dT%H%M%S')
  when regexp_full_match(t, '\d{10}(\.\d+)?') then epoch_ms((t::double * 1000)::bigint)
  when regexp_full_match(t, '\d{13}(\.0+)?') then epoch_ms(t[:13]::bigint)
  when regexp_full_match(t, '\d{16}') then make_timestamp(t::bigint)
  when regexp_full_match(t, '\d{19}') then make_timestamp(t[:16]::bigint)
  when regexp_matches(t, '(?i)[a-z]{3}') then coalesce(
    try_strptime(regexp_replace(regexp_replace(t, '^[A-Za-z]+,\s*', ''), '\s*(GMT|UTC|Z)$', ' +0000'),
      ['%d %b %Y %H:%M:%S %z', '%d %b %Y %H:%M %z']) at time zone 'UTC',
    try_strptime(regexp_replace(t, '^[A-Za-z]+day,\s*', ''),
      ['%d %b %Y', '%d %B %Y', '%b %d, %Y', '%B %d, %Y', '%b %d %Y', '%B %d %Y', '%d-%b-%Y', '%d %b %Y %H:%M:%S', '%b %d, %Y %H:%M:%S'])) end;
create or replace temp macro day_of(t) as case
  when regexp_full_match(t, '\d{8}') then try_strptime(t, '%Y%m%d')::date
  else instant_of(t)::date end;
create or replace temp macro is_day_first_or_last(t) as coalesce(regexp_matches(t, '^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b'), false);

-- Lists: JSON, or what Python prints of one, or text with commas, semicolons or bars; without words for nothing.
create or replace temp macro json_list_of(t) as case when t[1] = '[' and json_valid(t) and json_type(t) = 'ARRAY' then from_json(t, '["VARCHAR"]') end;
create or replace temp macro list_of(t) as list_filter(list_transform(coalesce(json_list_of(t), regexp_split_to_array(trim(t, '[](){}'), '[,;|]')),
  lambda one: said(trim(one, ' ''"'))), lambda one: one is not null);
-- Tags may be separated by nothing but blanks.
create or replace temp macro tags_of(t) as list_of(case when regexp_matches(t, '[,;|\[]') then t else regexp_replace(t, '\s+', ',', 'g') end);
create or replace temp macro with_prefix(list, prefix) as
  list_transform(list_filter(list, lambda one: starts_with(one, prefix)), lambda one: substr(one, length(prefix) + 1));

-- Ids. Nobody sees these characters, and with one an id would be another's.
create or replace temp macro visible(t) as
  regexp_replace(t, '[\x{00ad}\x{061c}\x{115f}\x{180e}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}\x{0000}-\x{001f}\x{007f}]', '', 'g');
