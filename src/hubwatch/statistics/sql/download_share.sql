-- name: download_share
-- title: Share of downloads
-- definition: A row is a group of the listings that one sweep observed on one hub on one day. value is the sum of their
--   counter, share is value over the sum for all of them; the unlabelled are the group unknown, part of the denominator.
--   A group's true share lies in [share_low, share_high] whoever the unlabelled are. A listing whose counter the hub does
--   not give is in uncounted and in no sum. A mirror's downloads count for the mirror. With a country, the denominator is
--   that country's listings and the bounds also allow for listings of unknown country. Over several hubs only models and
--   likes are counted, and a model found on more than one hub
--   is counted once, with the likes of all its hubs but those of mirrors.
-- unit: share of the counter's sum, 0..1; value in the counter's unit (downloads, likes or models)
-- window: downloads_30d: the 30 days before the day, by the hub's own count; downloads_total, likes, models: since creation, as of the day
-- parameters: hub, day, by=country|kind|organization|region|family|namespace|model|hub|license|license_class|task, metric=downloads_30d|downloads_total|likes|models, country, policy, without_flagged
with
-- include scope
,
-- include counted
,
-- include shares
