-- merged: every record that is part of another's call (a partial, a second leg, a ring-group row).
-- In:  stored.aside (cdr/schema.py, RATED_SCHEMA).
-- Out: its key, its place, and the call it belongs to (belongs_to, a call_id).
CREATE VIEW merged AS
SELECT
    aside.belongs_to,
    aside.billing_date,
    aside.source,
    aside.call_id,
    aside.leg,
    aside.partial_no,
    aside.account_id,
    aside.service_number,
    display_number(aside.calling_number) AS calling_number_text,
    aside.setup_at,
    aside.released_at,
    aside.topic,
    aside.partition,
    aside.offset,
    aside.file,
    aside.file_id,
    aside.row,
    aside.received_at
FROM stored.aside AS aside
WHERE aside.outcome = 'merged'
