-- rated: one row a call: rated, or unanswered (the platform never answered: charges null).
-- In:  stored.usage (cdr/schema.py, RATED_SCHEMA), region.
-- Out: enterprise_charge, caller_charge, total_charge in yuan, DECIMAL(18,6), the same in *_micros;
--      *_ms milliseconds; *_number_text as people write numbers; *_province in Chinese;
--      is_missed: no person took the call; null where the source cannot tell;
--      top_up_class_micros: the prepaid class whose price was taken, by the top-up it begins at.
CREATE VIEW rated AS
SELECT
    usage.billing_date,
    usage.billing_started_at,
    usage.outcome,
    usage.account_id,
    usage.service_number,
    display_number(usage.calling_number) AS calling_number_text,
    usage.calling_number,
    usage.calling_kind,
    usage.calling_region_id,
    calling.province_zh AS calling_province,
    calling.area_code AS calling_area_code,
    display_number(usage.answering_number) AS answering_number_text,
    usage.answering_number,
    usage.answering_kind,
    usage.answering_region_id,
    answering.province_zh AS answering_province,
    answering.area_code AS answering_area_code,
    usage.relation,
    usage.setup_at,
    usage.answered_at,
    usage.bridged_at,
    usage.released_at,
    CASE
        WHEN usage.bridged_at IS NOT NULL THEN FALSE
        WHEN usage.bridged_stated THEN TRUE
    END AS is_missed,
    usage.enterprise_billable_ms,
    usage.caller_billable_ms,
    yuan(usage.enterprise_charge_micros) AS enterprise_charge,
    yuan(usage.caller_charge_micros) AS caller_charge,
    yuan(usage.enterprise_charge_micros + usage.caller_charge_micros) AS total_charge,
    usage.enterprise_charge_micros,
    usage.caller_charge_micros,
    usage.subscription_id,
    usage.plan_id,
    usage.plan_version,
    usage.top_up_class_micros,
    usage.zone,
    usage.band,
    usage.enterprise_rate_id,
    usage.caller_rate_id,
    usage.rating_version,
    usage.source,
    usage.call_id,
    usage.leg,
    usage.partial_no,
    usage.is_final,
    usage.is_continuation,
    usage.calling_number_raw,
    usage.answering_number_raw,
    usage.billable_ms,
    usage.billable_from,
    usage.bridged_stated,
    usage.cause,
    usage.extension,
    usage.recording_url,
    usage.group_id,
    usage.sequence,
    usage.first_leg_id,
    usage.second_leg_id,
    usage.topic,
    usage.partition,
    usage.offset,
    usage.file,
    usage.file_id,
    usage.row,
    usage.received_at
FROM stored.usage AS usage
LEFT JOIN region AS calling ON calling.region_id = usage.calling_region_id
LEFT JOIN region AS answering ON answering.region_id = usage.answering_region_id
