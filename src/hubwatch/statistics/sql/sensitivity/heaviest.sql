-- The contested labels that carry most of a source's day: judged otherwise by another source, or held with little confidence.
with regions as (select country, min(region) as region from facts.country_groups group by country),
named as (
  select namespace, organization, confidence, case $by when 'kind' then nullif(kind, 'unknown') when 'region' then region else country end as label
  from origins left join regions using (country)
  where hub = $hub and policy = $policy and coalesce(valid_from <= $day, true) and coalesce($day < valid_to, true) and organization is not null
),
labels as (from named where label is not null and coalesce(label = $within, true)),
said as (
  select organization, case $by when 'kind' then kind when 'region' then region else country end as other, min(source) as said_by
  from facts.judgements left join regions using (country)
  where note is null or not contains(note, 'an error') group by all
),
contested as (
  select namespace, labels.organization, label, other, said_by, confidence from labels left join said
    on said.organization = labels.organization and other is not null and other is distinct from label
  where other is not null or confidence < $unsure
)
select organization, label, other, said_by, min(confidence) as confidence,
  sum(case $metric when 'downloads_30d' then downloads_30d when 'downloads_total' then downloads_total when 'likes' then likes else 1 end)::bigint as value
from store.counters join store.listing using (listing_key) join contested using (namespace)
where hub = $hub and day = $day and counters.source = $source
group by all having value > 0 order by value desc, organization, other limit 3
