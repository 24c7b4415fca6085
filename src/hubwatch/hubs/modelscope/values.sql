-- Whether files of weights are one set: a single file, or all the shards of one model. Several that are not may be variants of it.
create or replace temp macro is_one_set(names) as len(names) = 1 or (
  len(list_distinct(names)) = len(names)
  and len(list_distinct(list_transform(names, lambda name: regexp_replace(name, '-\d{5}-of-', '-of-')))) = 1
  and try_cast(regexp_extract(names[1], '-of-(\d{5})', 1) as int) = len(names));
-- An id may carry a revision behind an @.
create or replace temp macro without_revision(id) as regexp_replace(id, '@.*$', '');
create or replace temp macro revision_of(id) as nullif(regexp_extract(id, '@(.*)$', 1), '');
-- The relation to the base in the words that all hubs share, however it is written; another word as it came.
create or replace temp macro relation_of(said) as case
  when regexp_full_match(lower(said), 'fine[-_ ]?tun(e|ed|ing)') then 'finetune'
  when regexp_full_match(lower(said), 'adapters?|lora') then 'adapter'
  when regexp_full_match(lower(said), 'quanti[sz](e|ed|ation)') then 'quantized'
  when regexp_full_match(lower(said), 'merged?|merges') then 'merge'
  else lower(said) end;
