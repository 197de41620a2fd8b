-- reconciliation: the law of conservation, per topic partition or file, and billing date.
-- In:  record; $date_from, $date_until: billing dates, half-open.
-- Out: read = rated + unanswered + merged + duplicate + suspended + unaccounted; unaccounted and
--      stored_twice (places stored more than once) are 0 in a sound lake; messages: offsets or
--      records of the file seen; first_place, last_place: offsets, or records of the file.
SELECT
    topic,
    partition,
    file,
    file_id,
    billing_date,
    count(*) AS read,
    count(*) FILTER (WHERE outcome = 'rated') AS rated,
    count(*) FILTER (WHERE outcome = 'unanswered') AS unanswered,
    count(*) FILTER (WHERE outcome = 'merged') AS merged,
    count(*) FILTER (WHERE outcome = 'duplicate') AS duplicate,
    count(*) FILTER (WHERE outcome = 'suspended') AS suspended,
    count(*) FILTER (
        WHERE outcome IS NULL
        OR outcome NOT IN ('rated', 'unanswered', 'merged', 'duplicate', 'suspended')
    ) AS unaccounted,
    count(*) - count(DISTINCT (coalesce("offset", 0), "row")) AS stored_twice,
    count(DISTINCT coalesce("offset", "row")) AS messages,
    min(coalesce("offset", "row")) AS first_place,
    max(coalesce("offset", "row")) AS last_place
FROM record
WHERE billing_date >= $date_from
    AND billing_date < $date_until
GROUP BY topic, partition, file, file_id, billing_date
ORDER BY topic, partition, file, file_id, billing_date
