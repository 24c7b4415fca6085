-- Formulas and words that every statistic shares, each once.

-- A value as SQL text, for the statistics' public macros.
create or replace macro parts.quoted(said) as coalesce(chr(39) || replace(said::varchar, chr(39), chr(39) || chr(39)) || chr(39), 'null');

-- A parameter's value, one word or several with a comma, where these are among those that there are; else the query fails and says so.
create or replace macro parts.one_of(name, said, known) as
  case when said is null or list_has_all(known, string_split(said, ',')) then said
    else error('there is no ' || name || ' ' || parts.quoted(said) || '; choices: ' || array_to_string(known, ', ')) end;

-- The choice of columns: with two dimensions a column of each name stands beside "group".
create or replace macro parts.columns_of(dimensions) as
  case when contains(dimensions, ',')
    then '* rename (part_1 as "' || replace(split_part(dimensions, ',', 1), '"', '')
      || '", part_2 as "' || replace(split_part(dimensions, ',', 2), '"', '') || '")'
    else '* exclude (part_1, part_2)' end;

-- An indicator over the largest value that any group has in it, and the score: the mean of a group's.
create or replace macro parts.relative(amount, largest) as coalesce(amount / nullif(largest, 0), 0);
create or replace macro parts.score(part) as round(avg(part), 12);

-- Whether a question's dimensions name one of these, and how many there are.
create or replace macro parts.asks(dimensions, names) as list_has_any(string_split(dimensions, ','), names);
create or replace macro parts.is_double(dimensions) as contains(dimensions, ',');

-- The name of a group; what has no label is unknown.
create or replace macro parts.group_name(dimensions, first_part, second_part) as
  case when parts.is_double(dimensions) and (first_part is not null or second_part is not null)
    then coalesce(first_part, 'unknown') || ', ' || coalesce(second_part, 'unknown')
    else coalesce(first_part, 'unknown') end;
create or replace macro parts.is_labelled(dimensions, first_part, second_part) as
  first_part is not null and (not parts.is_double(dimensions) or second_part is not null);

create or replace macro parts.size_class(number) as
  case when number is null then 'unknown' when number < 1e9 then 'below 1B' when number < 5e9 then '1B to 5B'
    when number < 10e9 then '5B to 10B' when number < 50e9 then '10B to 50B' when number < 100e9 then '50B to 100B'
    when number < 250e9 then '100B to 250B' else '250B and more' end;

-- Which column a counter is.
create or replace macro parts.counter(name, rolling, total, liked) as
  case name when 'downloads_30d' then rolling when 'downloads_total' then total when 'likes' then liked else 1 end;

-- A country and a kind in words: Chinese Big Tech, US companies.
create or replace macro parts.origin_words(land, sort) as
  coalesce(string_split('Chinese,US,French,German,British,Japanese,South Korean,Canadian,Israeli,Indian,Singaporean,Emirati,Saudi,Swiss,'
      || 'Hong Kong,Taiwanese,Russian,Italian,Spanish,Dutch,Swedish,Finnish,Norwegian,Danish,Polish,Austrian,Belgian,'
      || 'Australian,Brazilian,Vietnamese,Indonesian,Thai,Turkish,Ukrainian,International', ',')[
    list_position(string_split('CN,US,FR,DE,GB,JP,KR,CA,IL,IN,SG,AE,SA,CH,HK,TW,RU,IT,ES,NL,SE,FI,NO,DK,PL,AT,BE,AU,BR,VN,ID,TH,TR,UA,INTL', ','), land)], land) || ' ' ||
  case sort when 'big_tech' then 'Big Tech' when 'ai_tiger' then 'AI tigers' when 'company' then 'companies' when 'academic' then 'academia'
    when 'research_institute' then 'research institutes' when 'government' then 'government' when 'community' then 'communities'
    when 'individual' then 'individuals' when 'mirror' then 'mirrors' else sort end;

-- The value of a dimension; null where it is not known. `account`: all that is judged of one, for shares by several dimensions from one reading.
create or replace macro parts.dimension(name, a_country, a_kind, an_organization, a_region, a_family, a_namespace, a_hub, a_model, a_license,
    a_license_class, a_task, a_library, a_number, a_creation, a_relation) as
  case name when 'account' then coalesce(a_country, '') || chr(31) || coalesce(a_kind, '') || chr(31) || coalesce(an_organization, '')
    when 'country' then a_country when 'kind' then a_kind when 'organization' then an_organization
    when 'origin' then parts.origin_words(a_country, a_kind) when 'region' then a_region when 'family' then a_family
    when 'namespace' then a_namespace when 'hub' then a_hub when 'model' then a_model when 'license' then a_license
    when 'license_class' then a_license_class when 'task' then a_task when 'library' then a_library
    when 'size_class' then nullif(parts.size_class(a_number), 'unknown') when 'created_year' then year(a_creation)::varchar
    when 'relation' then a_relation end;

-- Whether a question needs what its listings say of themselves.
create or replace macro parts.asks_attributes({question}) as
  in_attributes or in_split = 'task' or parts.asks(in_by, ['license', 'license_class', 'task', 'library', 'size_class', 'created_year', 'relation'])
    or in_task is not null or in_library is not null or in_license_class is not null
    or in_created_since is not null or in_created_until is not null or in_only is not null or in_form is not null;

-- Whether a filter asks for an origin, which may be unknown.
create or replace macro parts.asks_origin(a_country, a_kind, an_organization) as
  a_country is not null or a_kind is not null or an_organization is not null;
