-- rating_difference_calls: the calls that two rating versions rate differently, one by one.
-- In:  rating_pair; $old_version, $new_version.
-- Out: charges in yuan; *_old and *_new of each.
SELECT
    source,
    call_id,
    leg,
    partial_no,
    service_number,
    account_id_old,
    account_id_new,
    billing_date_old,
    billing_date_new,
    outcome_old,
    outcome_new,
    plan_version_old,
    plan_version_new,
    yuan(enterprise_old_micros) AS enterprise_old,
    yuan(enterprise_new_micros) AS enterprise_new,
    yuan(caller_old_micros) AS caller_old,
    yuan(caller_new_micros) AS caller_new
FROM rating_pair($old_version, $new_version)
WHERE is_different
ORDER BY account_id_old, billing_date_old, call_id, source, leg, partial_no
