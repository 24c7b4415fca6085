-- name: hub_coverage
-- title: Where each origin's models are
-- definition: A row is a group of models and the set of hubs that list an original of them; value is the number of
--   models and share is over the group's models (denominator). place says it in words: chinese_hubs_only (each is a site for
--   readers in China), HUB_only (one hub, and not Chinese), international_hubs_only (several, none Chinese), or both (some Chinese, some not). mirrored counts those that also have a re-upload by another publisher on a further
--   hub. The bounds let all or none of the models of unknown group here be this group's, or all of those elsewhere. A model
--   whose other listing the linker did not recognise looks like two; one of which re-uploads alone are listed is where these are. Hubs are those observed by the day.
-- unit: models; share of the group's models, 0..1
-- window: models listed on the day
-- whole: each row by group
-- days: standing
-- unlabelled: left out
-- parameters: day date, by dimensions = country, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
hub_bits as (
  select hub, 1 << (row_number() over (order by hub) - 1)::int as bit from scope
),
standing as not materialized (
  select d.listing_key, d.hub, d.model_id, part_1, part_2, outside, model_key, coalesce(is_mirror, false) as is_mirror, bit
  from parts.described('scope', {question}) d semi join (from parts.standing('scope')) using (listing_key) join hub_bits using (hub)
  left join parts.linked(in_by) linked using (listing_key)
),
-- On which hubs a model of several listings is, whatever of it the filters leave in.
models_of_several as (
  select model_key, coalesce(bit_or(bit) filter (not is_mirror), bit_or(bit)) as bits, bit_or(bit) as all_bits, bool_or(not is_mirror) as has_original
  from parts.linked(in_by) semi join (from parts.standing('scope')) using (listing_key) join hub_bits using (hub)
  group by model_key
),
-- A model's group is that of its first labelled original, whoever re-uploads it. Most models are a single listing: their model_key is left empty.
placed as (
  select part_1, part_2, bit as bits, bit as all_bits from standing where model_key is null and not outside
  union all
  select said['part_1'], said['part_2'], bits, all_bits from (
    select model_key, bool_and(is_mirror) as is_copy, arg_min({'part_1': part_1, 'part_2': part_2, 'outside': outside},
        (is_mirror, not parts.is_labelled(in_by, part_1, part_2), hub, model_id)) as said
    from standing where model_key is not null group by model_key
  ) join models_of_several using (model_key)
  where not said['outside'] and not (is_copy and has_original)  -- what the filters leave in must not be its copies alone
),
named as (
  select bits, list(hub order by hub) as hubs, bool_and(is_chinese) as is_chinese, bool_or(is_chinese) as has_chinese
  from (select distinct bits from placed), hub_bits join hubs as known using (hub) where bits & bit > 0 group by bits
),
counts as (
  select part_1, part_2, bits, count(*) as value, count(*) filter (all_bits <> bits) as mirrored, sum(count(*)) over (partition by part_1, part_2) as inside
  from placed group by part_1, part_2, bits
),
placed_counts as (
  select part_1, part_2, bits as place, value from counts
),
loose as (
  select part_1 as loose_1, part_2 as loose_2, place, here, anywhere from parts.loose_places('placed_counts', in_by)
),
known as (
  select *, parts.is_labelled(in_by, part_1, part_2) as is_known from counts join named using (bits)
  left join loose on place = bits and loose_1 is not distinct from part_1 and loose_2 is not distinct from part_2
)
select parts.group_name(in_by, part_1, part_2) as "group", coalesce(part_1, 'unknown') as part_1, coalesce(part_2, 'unknown') as part_2, hubs,
  case when is_chinese then 'chinese_hubs_only' when has_chinese then 'both' when len(hubs) = 1 then hubs[1] || '_only'
    else 'international_hubs_only' end as place,
  value, value / inside as share,
  parts.share_low_of_open(value, is_known, inside, anywhere, here) as share_low,
  parts.share_high_of_open(value, is_known, inside, here) as share_high,
  value as models, inside as denominator, mirrored
from known
order by inside desc, not is_known, "group", value desc, hubs
