-- legs-without-call: merged records whose call is not stored: one row a missing call.
-- In:  merged, record; $date_from, $date_until: billing dates of the merged records, half-open.
-- Out: belongs_to: the call_id that no record of the same source has; records: how many name it;
--      first_date, last_date: their billing dates; example: the call_id of one; received_at: when
--      the first was stored.
SELECT
    merged.source,
    merged.belongs_to,
    count(*) AS records,
    min(merged.billing_date) AS first_date,
    max(merged.billing_date) AS last_date,
    min(merged.call_id) AS example,
    min(merged.received_at) AS received_at
FROM merged
WHERE merged.billing_date >= $date_from
    AND merged.billing_date < $date_until
    AND NOT EXISTS (
        FROM record
        WHERE record.source = merged.source
            AND record.call_id = merged.belongs_to
            -- A part of a long call bears the name of the call itself: parts alone are no call.
            AND (record.outcome <> 'merged' OR record.belongs_to <> record.call_id)
    )
GROUP BY merged.source, merged.belongs_to
ORDER BY merged.source, merged.belongs_to
