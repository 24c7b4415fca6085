-- name: download_flow
-- title: Downloads within each period
-- definition: A row is a period (a day, week, month, quarter or calendar year) and a group of one hub's listings. value is the downloads within the
--   period, derived from the cumulative counter: its increase from the period's first day to the first day of the next one (until).
--   The counter is read on days whose health is ok; where the period begins or ends between two of these, the increase between them is
--   divided evenly over the days, and interpolated is the part of value that rests on that. A counter that falls and comes back is
--   read as if it had not been observed, one that stays low cannot have been higher before: its next lowest value takes the place of the earlier ones
--   (repaired counts both). Observations flagged as spikes are left out (spikes counts them). A repository created within the period starts
--   from 0; one whose creation is earlier or not known, and which was not observed before, has no figure before its second observation: uncounted. A renamed
--   repository is one, by the hub's own key. is_partial marks a period that begins before the first of these days or ends after the last: its
--   value covers days days only. flagged counts the listings flagged on a day that is read, flagged_value their part. rule_since is the day
--   since which the hub counts as a download what it counts at the period's end (data/counting_rules.csv; empty: no change is known before), rule_change
--   the day of a change within the period, whose value then mixes two rules. Labels are those of the last day; bounds as of download_share.
-- unit: downloads within the period, derived; share of the period's downloads, 0..1
-- window: from the period's first day to the first day of the next, from since to the day
-- whole: each row
-- days: sound
-- hubs: one
-- needs: attributes
-- counters: downloads_total
-- parameters: hub name, day date, source name, since date, by dimensions = country, every choice = month|day|week|quarter|year, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
sound as materialized (
  from parts.sound_days('scope', in_source, in_since, in_day)
),
length as (
  select greatest(min(day), coalesce(in_since, min(day))) as first_day, max(day) as last_day from sound
),
periods as materialized (
  select period, until, greatest(period, first_day) as begins, least(until, last_day) as ends,
    period < first_day or until > last_day as is_partial
  from (
    select unnest(range(date_trunc(in_every, first_day)::timestamp, last_day::timestamp, step))::date as period,
      unnest(range(date_trunc(in_every, first_day)::timestamp + step, last_day::timestamp + step, step))::date as until, first_day, last_day
    from length, (select case in_every when 'day' then interval 1 day when 'week' then interval 7 day when 'month' then interval 1 month
      when 'quarter' then interval 3 month else interval 1 year end as step)
  )
),
-- Of all days only those are read that are nearest to where a period begins or ends.
edges as (
  select begins as edge from periods union select ends from periods
),
chosen as materialized (
  select day, source, lag(day) over (order by day) as previous from sound
  where day in (select max(day) from sound join edges on day <= edge group by edge)
    or day in (select min(day) from sound join edges on day >= edge group by edge)
),
ended as materialized (
  select scope.hub, hubs, last_day as day, source, metric from scope cross join length
),
-- Groups as small numbers; -1: of an origin that the filters ask for and that is not known.
labelled as materialized (
  select listing_key, case when outside then -1 else dense_rank() over (order by part_1 nulls first, part_2 nulls first)::int end as number, part_1, part_2,
    case when (hub, date_trunc('second', created_at)) not in (select (hub, moment::timestamp) from facts.placeholder_times) then created_at::date end as created_on
  from parts.described('ended', {question})
),
names as (
  select distinct number, part_1, part_2, parts.is_labelled(in_by, part_1, part_2) as is_known from labelled where number >= 0
),
-- A repository goes by the last id that it had by then.
renamed as materialized (
  select former.listing_key, last.listing_key as label_key from store.repositories former
  join (
    select repository, arg_max(listing_key, place) as listing_key from store.repositories join store.listing using (listing_key) cross join length
    where first_seen_on <= last_day group by repository
  ) last using (repository)
),
doubted as materialized (
  select listing_key, flags.day, bool_or(flag = 'downloads_total_spiked') as is_spike
  from flags join scope using (hub) join store.listing using (hub, model_id)
  where flags.model_id <> '' and starts_with(flag, 'downloads_total') and flags.day in (select day from chosen) group by all
),
left_out as materialized (
  select listing_key, day from doubted where is_spike or in_without_flagged
),
observed as (
  select c.listing_key as label_key, c.day, c.downloads_total as total
  from store.counters c join chosen on chosen.day = c.day and chosen.source = c.source
  anti join left_out on left_out.listing_key = c.listing_key and left_out.day = c.day
  anti join renamed on renamed.listing_key = c.listing_key
  where downloads_total is not null
  union all
  select renamed.label_key, c.day, max(c.downloads_total)
  from store.counters c join renamed on renamed.listing_key = c.listing_key join chosen on chosen.day = c.day and chosen.source = c.source
  anti join left_out on left_out.listing_key = c.listing_key and left_out.day = c.day
  where downloads_total is not null group by all
),
steps as materialized (
  select label_key, lag(day) over known as day_before, day, lag(total) over known as before, total
  from observed semi join labelled on labelled.listing_key = label_key
  window known as (partition by label_key order by day)
),
fallen as materialized (
  select distinct label_key from steps where total < before
),
-- Of the few counters that fell: what came back is as if not observed; what did not, cannot have been higher before.
standing as materialized (
  select label_key, day, total, least(total, min(total) over later) as stands
  from (
    select label_key, day, total, max(total) over (partition by label_key order by day rows between unbounded preceding and 1 preceding) as most_before,
      max(total) over (partition by label_key order by day rows between 1 following and unbounded following) as most_after
    from steps semi join fallen using (label_key)
  )
  where not coalesce(total < most_before and most_after >= most_before, false)
  window later as (partition by label_key order by day rows between current row and unbounded following)
),
increases as (
  select label_key, day_before, day, before, total from steps anti join fallen using (label_key)
  union all
  select label_key, lag(day) over known, day, lag(stands) over known, stands from standing window known as (partition by label_key order by day)
),
-- A repository that is new since the day before starts from 0.
dated as (
  select number, day, total, before,
    case when day_before is not null then day_before when created_on >= previous then greatest(previous, least(created_on, day - 1)) end as day_before,
    is_doubted is not null as is_flagged
  from increases join chosen using (day) join labelled on labelled.listing_key = label_key
  left join (
    select distinct coalesce(label_key, doubted.listing_key) as doubted_key, true as is_doubted
    from doubted left join renamed using (listing_key)
  ) on doubted_key = label_key
  where previous is not null
),
sums as materialized (
  select number, day_before, day, is_flagged, sum(total - coalesce(before, 0)) as rise, count(*) as models from dated group by all
),
parts_of as (
  select period, number, is_flagged, rise, models, ends <= day as is_last,
    case when day_before is not null then (least(day, ends) - greatest(day_before, begins)) / (day - day_before) end as fraction
  from sums join periods on coalesce(day_before, day - 1) < ends and day > begins
),
flows as (
  select period, number, case when count(fraction) > 0 then round(sum(rise * fraction))::hugeint end as value,
    coalesce(round(sum(rise * fraction) filter (fraction < 1)), 0)::hugeint as interpolated,
    coalesce(sum(models) filter (is_last and fraction is not null), 0)::bigint as models, coalesce(sum(models) filter (fraction is null), 0)::bigint as uncounted,
    coalesce(sum(models) filter (is_last and fraction is not null and is_flagged), 0)::bigint as flagged,
    coalesce(round(sum(rise * fraction) filter (is_flagged)), 0)::hugeint as flagged_value
  from parts_of group by all
),
mended as (
  select period, number, count(*) filter (not is_spike) as repaired, count(*) filter (is_spike) as spikes from (
    select label_key, day, false as is_spike from steps semi join fallen using (label_key)
    anti join (select label_key, day from standing where stands = total) using (label_key, day)
    union all
    select coalesce(label_key, listing_key), day, true from doubted left join renamed using (listing_key) where is_spike
  ) join labelled on labelled.listing_key = label_key join periods on day > begins and day <= ends
  group by all
),
whole as (
  select period, coalesce(sum(value) filter (number >= 0), 0) as inside, coalesce(sum(value) filter (number < 0), 0) as beyond,
    coalesce(sum(value) filter (not is_known), 0) as loose, coalesce(sum(value) filter (number >= 0 and part_1 is null and part_2 is null), 0) as lost
  from flows left join names using (number) group by period
),
half as (
  select period, part_1, part_2, value from flows join names using (number) where parts.is_double(in_by) and (part_1 is null) <> (part_2 is null)
),
ruled as (
  select period, max(changed_on) as rule_since, max(changed_on) filter (changed_on > begins) as rule_change
  from periods join parts.rule_changes('scope') on changed_on < ends group by period
)
select flows.period, until, parts.group_name(in_by, names.part_1, names.part_2) as "group", coalesce(names.part_1, 'unknown') as part_1,
  coalesce(names.part_2, 'unknown') as part_2, flows.value, parts.share(flows.value, inside) as share,
  parts.share_low(flows.value, is_known, inside, beyond) as share_low,
  parts.share_high(flows.value, is_known, lost + coalesce(a.value, 0) + coalesce(b.value, 0), inside, beyond) as share_high, models,
  inside as denominator, 1 - loose / nullif(inside, 0) as labelled,
  interpolated, coalesce(repaired, 0) as repaired, coalesce(spikes, 0) as spikes, uncounted, flagged, flagged_value, is_partial, ends - begins as days, rule_since, rule_change
from flows join names using (number) join whole using (period) join periods using (period) left join mended using (period, number)
left join ruled using (period)
left join half a on a.period = flows.period and a.part_2 is null and a.part_1 = names.part_1
left join half b on b.period = flows.period and b.part_1 is null and b.part_2 = names.part_2
order by flows.period, flows.value desc nulls last, not is_known, "group"
