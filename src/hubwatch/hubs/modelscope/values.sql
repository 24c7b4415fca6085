-- Whether files of weights are one set: a single file, or each shard of one model once. Several that are not may be variants of it.
create or replace temp macro is_one_set(names) as coalesce(case
  when regexp_matches(names[1], '-\d{5}-of-\d{5}')
    then len(list_distinct(list_transform(names, lambda name: regexp_replace(name, '-\d{5}-of-', '-of-')))) = 1
      and list_sort(list_transform(names, lambda name: try_cast(regexp_extract(name, '-(\d{5})-of-', 1) as bigint)))
        = range(1, regexp_extract(names[1], '-of-(\d{5})', 1)::bigint + 1)
  else len(names) = 1 end, false);
-- A base may be named by its page's address, and may carry a revision behind an @.
create or replace temp macro without_revision(id) as trim(regexp_replace(
  regexp_replace(id, '^https?://[^/]+/(?:models/)?([^/?#]+/[^/?#]+).*$', '\1'), '\s*@.*$', ''));
create or replace temp macro revision_of(id) as nullif(trim(regexp_extract(regexp_replace(id, '^https?://[^/]*', ''), '@([^/?#]*)', 1)), '');
-- Why a record is no public listing; null where it is one.
create or replace temp macro hidden_as(visibility, is_online, is_published, is_private) as case
  when is_private then 'private'
  -- 1 stands for private, and is listed publicly all the same where the record is online
  when visibility = '1' and coalesce(lower(is_online), '') not in ('1', 'true') then 'private'
  when coalesce(lower(is_published), 'true') in ('false', '0') then 'not published' end;
-- The relation to the base in the words that all hubs share, however it is written; another word as it came.
create or replace temp macro relation_of(said) as case
  when regexp_full_match(lower(said), 'fine[-_ ]?tun(e|ed|ing)') then 'finetune'
  when regexp_full_match(lower(said), 'adapters?|lora') then 'adapter'
  when regexp_full_match(lower(said), 'quanti[sz](e|ed|ation)') then 'quantized'
  when regexp_full_match(lower(said), 'merged?|merges') then 'merge'
  else lower(said) end;
