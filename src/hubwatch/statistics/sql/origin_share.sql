-- name: origin_share
-- title: Share of models by who made them
-- definition: A row is a group (by default the kind of body: Big Tech, AI tiger, academic, ...) of the models listed on
--   the day; value is their number and share that number over all models, the unlabelled being the group unknown. Over
--   several hubs a model is counted once, mirrors never beside their original. With a country, the denominator is that
--   country's models and the bounds also allow for models of unknown country.
-- unit: share of models, 0..1
-- window: models listed on the day
-- parameters: hub, day, by=kind|country|organization|region|family|namespace|license|license_class|task, metric=models, country, policy, without_flagged
with
-- include scope
,
-- include counted
,
-- include shares
