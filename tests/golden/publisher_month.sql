-- A model's downloads of the month [$since, $until) as Model Pulse defines them: its counter of all time on the month's first day and on the
-- next one's, each between the nearest sound days before and after; a repository created meanwhile starts from 0, another one that was not observed
-- at the start is left out. Before March 2025, when that counter began, its rolling 30 days at the end of the month, for the days of the month.
with
sound as (
  select day from days where hub = 'huggingface' and source = 'archive:model-pulse' and health = 'ok'
),
edges as (
  select is_end, edge, (select max(day) from sound where day <= edge) as lower, (select min(day) from sound where day >= edge) as upper
  from (values (false, $since::date), (true, $until::date)) e(is_end, edge)
),
placed as materialized (
  select is_end, lower, upper, coalesce((edge - lower) / nullif(upper - lower, 0), 0) as way
  from (select is_end, edge, coalesce(lower, upper) as lower, coalesce(upper, lower) as upper from edges)
),
observed as (
  select is_end, model_id, any_value(way) as way, any_value(lower) as lower,
    max(downloads_total) filter (day = lower) as total_before, max(downloads_total) filter (day = upper) as total_after,
    max(downloads_30d) filter (day = lower) as rolling_before, max(downloads_30d) filter (day = upper) as rolling_after
  from all_observations join placed on day in (lower, upper)
  where hub = 'huggingface' and source = 'archive:model-pulse' and day in (select lower from placed union select upper from placed)
  group by is_end, model_id
),
read as (
  select is_end, model_id,
    case when total_before is not null and total_after is not null then total_before + way * (total_after - total_before)
      when total_before is not null then total_before
      when created_on >= lower then way * total_after end as total,
    coalesce(rolling_before, 0) * (1 - way) + coalesce(rolling_after, 0) * way as rolling
  from observed left join described using (model_id)
),
months as (
  select ended.model_id,
    case when $since >= date '2025-03-01'
      then greatest(0, ended.total - coalesce(begun.total, case when created_on >= $since then 0 end))
      else ended.rolling * ($until::date - $since::date) / 30 end as downloads
  from read ended left join read begun on begun.model_id = ended.model_id and not begun.is_end
  left join described on described.model_id = ended.model_id
  where ended.is_end
)
select months.*, row_number() over (order by downloads desc) as place, described.model_id is not null as is_described,
  described.* exclude (model_id)
from months left join described using (model_id) where downloads is not null
