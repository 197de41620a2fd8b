-- stored.shown: each call once, as the rating versions in force have it.
-- In:  stored.usage: calls as they were rated at first (version 1); stored.rerated: rows of all
--      later versions; stored.in_force: the versions in force (rating_version).
-- Out: the columns of RATED_SCHEMA. Of a call's rows the one of the highest version in force shows;
--      one that no such version has shows as it was rated at first. A call is known by its place
--      and the instant of its receipt, which no re-rating changes and no two records share.
CREATE VIEW stored.shown AS
-- Read twice on purpose: kept as a whole it would take memory for every column of every row.
WITH in_force AS NOT MATERIALIZED (
    FROM stored.rerated
    WHERE rating_version IN (SELECT rating_version FROM stored.in_force)
)
SELECT candidate.*
FROM (SELECT * FROM stored.usage UNION ALL SELECT * FROM in_force) AS candidate
ANTI JOIN in_force AS newer
    ON newer.received_at IS NOT DISTINCT FROM candidate.received_at
    AND newer.topic IS NOT DISTINCT FROM candidate.topic
    AND newer.partition IS NOT DISTINCT FROM candidate.partition
    AND newer.offset IS NOT DISTINCT FROM candidate.offset
    AND newer.file_id IS NOT DISTINCT FROM candidate.file_id
    AND newer.row IS NOT DISTINCT FROM candidate.row
    -- Unanswered calls bear no version where they were stored at first.
    AND newer.rating_version > coalesce(candidate.rating_version, 1)
