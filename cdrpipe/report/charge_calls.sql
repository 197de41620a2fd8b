-- charge_calls: the rated calls, by what their price was made of.
-- In:  rated.
-- Out: a row a call: its key, the facts that rating/call_facts.py reads (*_us: UTC microseconds,
--      *_ms milliseconds), and both charges in micros of a yuan. No order: a source of other views.
SELECT
    billing_date,
    account_id,
    service_number,
    source,
    call_id,
    leg,
    partial_no,
    plan_id,
    plan_version,
    top_up_class_micros,
    epoch_us(billing_started_at) AS billing_started_at_us,
    epoch_us(answered_at) AS answered_at_us,
    is_continuation,
    calling_number,
    calling_kind,
    calling_region_id,
    answering_number,
    answering_kind,
    answering_region_id,
    relation,
    enterprise_billable_ms,
    caller_billable_ms,
    enterprise_charge_micros,
    caller_charge_micros
FROM rated
WHERE outcome = 'rated'
