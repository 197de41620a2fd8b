-- allowance_calls: the rated calls that a subscription's included time may pay for, with what their
-- price was made of.
-- In:  rated; $date_from, $date_until: billing dates, half-open; $subscription_ids: a list.
-- Out: enterprise_billable_ms (milliseconds), charges in micros of a yuan, billing start in UTC
--      microseconds, by subscription; within one in the order of payment.
SELECT
    subscription_id,
    epoch_us(billing_started_at) AS billing_started_at_us,
    call_id,
    source,
    leg,
    partial_no,
    is_continuation,
    plan_id,
    plan_version,
    top_up_class_micros,
    service_number,
    calling_number,
    calling_kind,
    calling_region_id,
    answering_number,
    answering_kind,
    answering_region_id,
    relation,
    enterprise_billable_ms,
    enterprise_charge_micros,
    caller_charge_micros
FROM rated
WHERE outcome = 'rated'
    AND billing_date >= $date_from
    AND billing_date < $date_until
    AND list_contains($subscription_ids::VARCHAR[], subscription_id)
ORDER BY subscription_id, billing_started_at, call_id, source, leg, partial_no
