-- suspended: every record held back, with the first reason that holds and its own bytes (raw).
-- In:  stored.aside (cdr/schema.py, RATED_SCHEMA).
-- Out: what could be read of the record; null where it could not.
CREATE VIEW suspended AS
SELECT
    aside.suspense_reason,
    aside.suspense_detail,
    aside.billing_date,
    aside.source,
    aside.call_id,
    aside.leg,
    aside.partial_no,
    aside.account_id,
    aside.service_number,
    display_number(aside.calling_number) AS calling_number_text,
    aside.calling_number,
    aside.calling_number_raw,
    display_number(aside.answering_number) AS answering_number_text,
    aside.answering_number,
    aside.answering_number_raw,
    aside.setup_at,
    aside.answered_at,
    aside.bridged_at,
    aside.released_at,
    aside.billable_ms,
    aside.belongs_to,
    aside.topic,
    aside.partition,
    aside.offset,
    aside.file,
    aside.file_id,
    aside.row,
    aside.received_at,
    aside.raw
FROM stored.aside AS aside
WHERE aside.outcome = 'suspended'
