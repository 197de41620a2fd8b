-- rating_differences: what a rating version changes, by account.
-- In:  rating_pair; $old_version: NULL for what is in force; $new_version.
-- Out: counts of calls, sums of charges in micros of a yuan. A call that changes hands counts as an
--      old one of the one account and as a new one of the other, and as different for both; a call
--      without a price stays with its account, at no charge.
WITH side AS (
    SELECT
        account_id_old AS account_id,
        1 AS calls_old,
        0 AS calls_new,
        is_different::INTEGER AS calls_different,
        0 AS unpriced_calls,
        enterprise_old_micros,
        0 AS enterprise_new_micros,
        caller_old_micros,
        0 AS caller_new_micros
    FROM rating_pair($old_version, $new_version)
    UNION ALL
    SELECT
        coalesce(account_id_new, account_id_old),
        0,
        1,
        (is_different AND account_id_new <> account_id_old)::INTEGER,
        (outcome_new = 'suspended')::INTEGER,
        0,
        enterprise_new_micros,
        0,
        caller_new_micros
    FROM rating_pair($old_version, $new_version)
)
SELECT
    account_id,
    sum(calls_old) AS calls_old,
    sum(calls_new) AS calls_new,
    coalesce(sum(calls_different), 0) AS calls_different,
    sum(unpriced_calls) AS unpriced_calls,
    coalesce(sum(enterprise_old_micros), 0) AS enterprise_old_micros,
    coalesce(sum(enterprise_new_micros), 0) AS enterprise_new_micros,
    coalesce(sum(caller_old_micros), 0) AS caller_old_micros,
    coalesce(sum(caller_new_micros), 0) AS caller_new_micros
FROM side
GROUP BY account_id
ORDER BY account_id
