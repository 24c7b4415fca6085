-- name: derivatives
-- title: Models made from other models
-- definition: A row is a group of base models. value is the number of derivations: pairs of a listing and a listing it says
--   it is made from (a merge of three counts three times); share is over all derivations of the hubs; a base that the hub does
--   not list itself counts by its namespace; one whose group is not known is in unknown, and the bounds let all or none of
--   those be this group's. models is the number of different listings derived directly, each once (one that is on two hubs is two listings);
--   descendants those whose chain of bases ends in this group, where from a merge on it follows the first base that the merge names; bases the models
--   built on. The rest counts derivations by relation: merge also all of a listing that names several bases, relation_unknown all that are none of
--   the four. By the listings' own statements on the day, a renamed base by the id it had last by then: a base that no listing names is not counted.
--   Filters are of the base models.
-- unit: derivations; share of derivations, 0..1
-- window: derived listings listed on the day
-- whole: rows; models overlap
-- parameters: hub name, day date, source name, by dimensions = family, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
),
ids as materialized (
  from parts.named_ids('scope')
),
links as materialized (
  from parts.built_on('scope', 'ids')
)
from parts.derivations('scope', 'ids', 'links', {question})
