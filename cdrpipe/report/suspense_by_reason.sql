-- suspense-by-reason: how many records are held back for each reason, the most frequent first.
-- In:  suspended; $date_from, $date_until: billing dates, half-open.
-- Out: records; first_date, last_date: billing dates; sources: their names, comma-separated;
--      example: the detail of one of them.
SELECT
    suspense_reason,
    count(*) AS records,
    min(billing_date) AS first_date,
    max(billing_date) AS last_date,
    string_agg(DISTINCT source, ',' ORDER BY source) AS sources,
    min(suspense_detail) AS example
FROM suspended
WHERE billing_date >= $date_from
    AND billing_date < $date_until
GROUP BY suspense_reason
ORDER BY records DESC, suspense_reason
