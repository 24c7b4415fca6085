-- name: crossings
-- title: When one group passed another
-- definition: Is the share of one group (group) above that of another (against), and since when? By default the two largest of the last day.
--   A row is a panel of the series of one hub's days (see download_share_series): growing (all listings of the day) or constant (those of
--   namespaces observed on the first day). surely_on is the first day on which group is above against whoever the unlabelled are (its
--   lowest possible value above the other's highest), labelled_on the first day on which it is by the labels, possibly_on
--   the first on which some completion of the unlabelled puts it above; each is empty where there is no such day, and outcome says
--   which there is: surely, possibly, never, or no data. ahead_since is the day since which it has been above by the labels on every
--   day up to the last; ahead_at_start: it was above on the first day already, so that it passed the other before the series begins.
--   value, share and those of against are of the last day. A gap between days is not looked into: the crossing lies
--   between the day before it (day_before) and the day given. rule_change is the day between these on which the hub changed what it counts as a download
--   (for a rolling counter up to 30 days before day_before): what crossed then may be the rule; empty where there is none.
-- unit: days; value in the counter's unit, share of the counter's sum, 0..1
-- window: as of download_share, day by day
-- whole: none
-- days: all
-- hubs: one
-- parameters: hub name, day date, source name, since date, by dimensions = country, group name, against name, metric choice = downloads_30d|downloads_total|likes|models, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
observed as materialized (
  from parts.whole_days('scope', in_source, in_since, in_day)
),
series as materialized (
  select *, parts.group_name(in_by, part_1, part_2) as name from parts.series('scope', 'observed', {question})
),
named as (
  select name, sum(value) filter (day = (select max(day) from series)) as last_value from series where is_known group by name
),
-- Who is meant: the names as asked, whatever their case, else the largest of the last day.
pair as (
  select one, other from (
    select first(name order by last_value desc nulls last, name) as one from named
    where case when in_group is null then in_against is null or lower(name) <> lower(in_against) else lower(name) = lower(in_group) end
  ), lateral (
    select first(name order by last_value desc nulls last, name) as other from named
    where case when in_against is null then name <> one else lower(name) = lower(in_against) end
  )
  where one is not null and other is not null and one <> other
),
days as (
  select day, any_value(inside) as inside, any_value(beyond) as beyond, any_value(loose_all) as loose, any_value(inside_constant) as inside_constant,
    any_value(beyond_constant) as beyond_constant, any_value(loose_constant) as loose_constant from series group by day
),
sides as (
  select days.day, panel.name as panel, panel.place, one, other,
    coalesce(case when place = 1 then a.value else a.value_constant end, 0) as value,
    coalesce(case when place = 1 then b.value else b.value_constant end, 0) as against_value,
    case when place = 1 then inside else inside_constant end as inside,
    case when place = 1 then coalesce(a.loose, days.loose) + beyond else loose_constant + beyond_constant end as open_part,
    case when place = 1 then coalesce(b.loose, days.loose) + beyond else loose_constant + beyond_constant end as against_open
  from days cross join pair cross join (values (1, 'growing'), (2, 'constant')) as panel(place, name)
  left join (select day as a_day, name as a_name, value, value_constant, loose from series) a on a_day = days.day and a_name = one
  left join (select day as b_day, name as b_name, value, value_constant, loose from series) b on b_day = days.day and b_name = other
),
judged as (
  select *, value > against_value + against_open as is_sure, value > against_value as is_ahead,
    value + open_part > against_value as is_possible, row_number() over (partition by panel order by day) as nth,
    lag(day) over (partition by panel order by day) as day_before
  from sides where inside > 0
),
found as (
  select panel, place, one, other, min(day) as first_day, max(day) as last_day, count(*) as days, count(*) filter (is_ahead) as days_ahead,
    min(day) filter (is_sure) as surely_on, min(day) filter (is_ahead) as labelled_on, min(day) filter (is_possible) as possibly_on,
    max(day) filter (not is_ahead) as last_behind, arg_max(value, day) as value, arg_max(against_value, day) as against_value, arg_max(inside, day) as inside
  from judged group by all
),
panels as (
  select panel.name as panel, panel.place, pair.one, pair.other, found.* exclude (panel, place, one, other)
  from pair cross join (values (1, 'growing'), (2, 'constant')) as panel(place, name) left join found on found.place = panel.place
)
select '' as part_1, '' as part_2, panel, one as "group", other as against, (select any_value(metric) from observed) as counter,
  case when days is null then 'no data' when surely_on is not null then 'surely' when possibly_on is not null then 'possibly' else 'never' end as outcome,
  surely_on, labelled_on, possibly_on,
  (select day_before from judged j where j.panel = panels.panel and j.day = coalesce(surely_on, labelled_on, possibly_on)) as day_before,
  case when last_behind is distinct from last_day then (select min(day) from judged j where j.panel = panels.panel and (last_behind is null or j.day > last_behind)) end as ahead_since,
  coalesce(labelled_on = first_day, false) as ahead_at_start, first_day, last_day, coalesce(days, 0) as days, coalesce(days_ahead, 0) as days_ahead,
  value, parts.share(value, inside) as share, against_value, parts.share(against_value, inside) as share_against,
  (select max(changed_on) from parts.rule_changes('scope') join judged j on changed_on <= j.day and changed_on > j.day_before - reach
    where j.panel = panels.panel and j.day = coalesce(surely_on, labelled_on, possibly_on)) as rule_change
from panels order by place
