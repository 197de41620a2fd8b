-- explain_call: every record of one call id, whatever became of it, with what its price was made of.
-- In:  rated, suspended, merged, duplicate, region; $call_id; $source, $leg, $partial_no: null: any.
-- Out: *_us UTC microseconds, *_ms milliseconds, charges in micros of a yuan; calls first, in the
--      order of their billing start.
WITH found AS (
    SELECT * FROM rated
    UNION ALL BY NAME
    SELECT *, 'suspended' AS outcome FROM suspended
    UNION ALL BY NAME
    SELECT *, 'merged' AS outcome FROM merged
    UNION ALL BY NAME
    SELECT *, 'duplicate' AS outcome FROM duplicate
)

SELECT
    found.outcome,
    found.source,
    found.call_id,
    found.leg,
    found.partial_no,
    found.belongs_to,
    found.suspense_reason,
    found.suspense_detail,
    found.billing_date,
    epoch_us(found.billing_started_at) AS billing_started_at_us,
    epoch_us(found.setup_at) AS setup_at_us,
    epoch_us(found.answered_at) AS answered_at_us,
    epoch_us(found.bridged_at) AS bridged_at_us,
    epoch_us(found.released_at) AS released_at_us,
    epoch_us(found.received_at) AS received_at_us,
    found.topic,
    found.partition,
    found.offset,
    found.file,
    found.row,
    found.is_continuation,
    found.service_number,
    found.calling_number,
    found.calling_number_text,
    found.calling_kind,
    found.calling_region_id,
    calling.province_zh AS calling_province_zh,
    calling.province_en AS calling_province_en,
    calling.area_code AS calling_area_code,
    found.answering_number,
    found.answering_number_text,
    found.answering_kind,
    found.answering_region_id,
    answering.province_zh AS answering_province_zh,
    answering.province_en AS answering_province_en,
    answering.area_code AS answering_area_code,
    found.relation,
    found.enterprise_billable_ms,
    found.caller_billable_ms,
    found.enterprise_charge_micros,
    found.caller_charge_micros,
    found.carrier_rate_id,
    found.carrier_cost_micros,
    found.account_id,
    found.subscription_id,
    found.plan_id,
    found.plan_version,
    found.top_up_class_micros,
    found.rating_version
FROM found
LEFT JOIN region AS calling ON found.calling_region_id = calling.region_id
LEFT JOIN region AS answering ON found.answering_region_id = answering.region_id
WHERE
    found.call_id = $call_id
    AND found.source = coalesce($source, found.source)
    AND found.leg = coalesce($leg, found.leg)
    AND found.partial_no = coalesce($partial_no, found.partial_no)
ORDER BY
    found.outcome NOT IN ('rated', 'unanswered'),
    found.billing_started_at,
    found.source,
    found.leg,
    found.partial_no,
    found.received_at,
    found.row
