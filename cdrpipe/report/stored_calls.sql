-- stored_calls: the rated calls of a period with all that a price is made of, and what they cost.
-- In:  rated; $date_from, $date_until: billing dates, half-open; $account_id: NULL for all.
-- Out: columns of RATED_SCHEMA (cdr/schema.py); account_id to enterprise_charge_micros are what the
--      lake has, which pricing finds anew. No order: whoever sums does not need one.
SELECT
    billing_date,
    outcome,
    source,
    call_id,
    leg,
    partial_no,
    is_continuation,
    calling_number,
    calling_kind,
    calling_region_id,
    service_number,
    answering_number,
    answering_kind,
    answering_region_id,
    setup_at,
    answered_at,
    bridged_at,
    released_at,
    billable_ms,
    billable_from,
    bridged_stated,
    account_id,
    plan_id,
    plan_version,
    zone,
    band,
    enterprise_rate_id,
    enterprise_charge_micros,
    "row",
    received_at
FROM rated
WHERE outcome = 'rated'
    AND billing_date >= $date_from
    AND billing_date < $date_until
    AND ($account_id::VARCHAR IS NULL OR account_id = $account_id)
