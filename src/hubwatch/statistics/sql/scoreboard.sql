-- name: scoreboard
-- title: Organizations over several indicators
-- definition: A row is an organization (or other labelled group) of one hub. Each of four indicators (downloads, likes, models, derivations of its
--   models) is divided by the largest value that any group has; score is the mean of the four, rank is dense by score. The
--   unlabelled are not ranked. The way of scoring is OSIR-LMTS's as its figures show it (x over the maximum).
-- unit: score 0..1; rank 1 is first
-- window: as of download_share for the metric; likes, models and derivations as of the day
-- whole: none
-- parameters: hub name, day date, source name, by dimensions = organization, metric choice = downloads_30d|downloads_total, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
ids as materialized (
  from parts.named_ids('scope')
),
counted as (
  from parts.counted('scope', {question}) where not outside and parts.is_labelled(in_by, part_1, part_2)
),
made as (
  select c.part_1, c.part_2, count(*) as value
  from parts.built_on('scope', 'ids') d join counted c on c.listing_key = base_key group by all
),
sums as (
  select part_1, part_2, sum(value) as downloads, sum(likes) as likes, count(*) filter (not is_again) as models from counted group by all
),
indicators as (
  select sums.part_1, sums.part_2, unnest([downloads, models, likes, made.value]) as value, unnest(['downloads', 'models', 'likes', 'derivations']) as indicator
  from sums left join made on made.part_1 = sums.part_1 and made.part_2 is not distinct from sums.part_2
),
relative as (
  select *, parts.relative(value, max(value) over (partition by indicator)) as part from indicators
),
scored as (
  select part_1, part_2, parts.score(part) as score from relative group by all
)
select parts.group_name(in_by, part_1, part_2) as "group", part_1, part_2, dense_rank() over (order by score desc) as rank, score
from scored order by rank, "group"
