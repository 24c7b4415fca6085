-- name: download_share
-- title: Share of downloads
-- definition: A row is a group of the listings that one source observed on one hub on one day. value is the sum of their
--   counter, share is value over the sum for all of them; the unlabelled are the group unknown, part of the denominator.
--   A group's true share lies in [share_low, share_high] whoever the unlabelled are. A listing whose counter the hub does
--   not report is in uncounted and in no sum; flagged counts the observations of the sum that are flagged, flagged_value their part of it.
--   A mirror's downloads count for the mirror. models counts a model once, whatever its listings. With filters, the denominator is
--   what they leave in, and the bounds also allow for listings of which they ask a country, kind or organization that is unknown.
--   Over several hubs only models and likes are counted, a model found on more than one hub once, with the likes of all its hubs
--   but those of mirrors.
-- unit: share of the counter's sum, 0..1; value in the counter's unit (downloads, likes or models)
-- window: downloads_30d: the 30 days before the day, by the hub's own count; downloads_total, likes, models: since creation, as of the day
-- whole: rows
-- parameters: hub name, day date, source name, by dimensions = country, metric choice = downloads_30d|downloads_total|likes|models, policy policy, filters
with
scope as materialized (
  from parts.scope({question})
)
from parts.shares('scope', {question})
