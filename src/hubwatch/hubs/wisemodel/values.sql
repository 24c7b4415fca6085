-- An instant as `moment` reads it, where text without a zone is Chinese time (UTC+8), as the site's gateway writes it.
create or replace temp macro local_moment(value) as
  case when regexp_full_match(value->>'$', '\d{13}') then moment(((value->>'$')::bigint / 1000)::varchar::json)  -- milliseconds
    when regexp_matches(json_text(value), '\d$') and not regexp_matches(json_text(value), '[+-]\d\d:?\d\d$') and unix_seconds(value) is null
    then try_cast(json_text(value) || '+08' as timestamptz) at time zone 'UTC' else moment(value) end;
