-- suspended-records: the records held back, newest first.
-- In:  suspended; $date_from, $date_until: billing dates, half-open; $reason: NULL for all.
-- Out: what is needed to find and mend a record; its bytes (raw) stand in the view suspended.
SELECT
    suspense_reason,
    suspense_detail,
    billing_date,
    source,
    call_id,
    service_number,
    coalesce(calling_number_text, calling_number_raw) AS calling_number,
    setup_at,
    topic,
    partition,
    "offset",
    file,
    "row",
    received_at
FROM suspended
WHERE billing_date >= $date_from
    AND billing_date < $date_until
    AND ($reason::VARCHAR IS NULL OR suspense_reason = $reason)
ORDER BY received_at DESC, topic, partition, "offset", file, "row"
