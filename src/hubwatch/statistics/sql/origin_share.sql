-- name: origin_share
-- title: Share of models by who made them
-- definition: A row is a group (by default the kind of publisher: Big Tech, AI tiger, academic, ...) of the models listed on
--   the day; value is their number and share that number over all models, the unlabelled being the group unknown. A model is counted
--   once, also where a hub lists it under two names and over several hubs, mirrors never alongside their original. With filters, the
--   denominator is what they leave in and the bounds also allow for models of which they ask an origin that is unknown.
-- unit: share of models, 0..1
-- window: models listed on the day
-- whole: rows
-- parameters: hub name, day date, source name, by dimensions = kind, metric choice = models, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
)
from parts.shares('scope', {question})
