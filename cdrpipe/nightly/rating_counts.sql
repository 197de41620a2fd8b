-- rating_counts: how many calls a rating version has.
-- In:  rating; $rating_version. Out: calls; unpriced_calls: those of them without a price.
SELECT count(*) AS calls, count(*) FILTER (WHERE outcome = 'suspended') AS unpriced_calls
FROM rating
WHERE rating_version = $rating_version
