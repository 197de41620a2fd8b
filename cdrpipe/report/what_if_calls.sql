-- what_if_calls: calls priced anew, by account and by what explains their price.
-- In:  rated (report/repriced.py).
-- Out: zone_before and band_before, "" where the rate names none; plan_id is NULL where there is no
--      price now, and suspense_reason says why; calls_changed: those that cost something else now;
--      before_micros, after_micros (micros of a yuan: exact sums of the enterprise's charges).
SELECT
    account_id,
    relation,
    coalesce(zone_before, '') AS zone,
    coalesce(band_before, '') AS band,
    plan_id_before,
    plan_version_before,
    coalesce(enterprise_rate_id_before, '') AS rate_id_before,
    CASE WHEN outcome = 'rated' THEN plan_id END AS plan_id,
    CASE WHEN outcome = 'rated' THEN plan_version END AS plan_version,
    CASE WHEN outcome = 'rated' THEN coalesce(enterprise_rate_id, '') END AS rate_id,
    coalesce(suspense_reason, '') AS suspense_reason,
    count(*) AS calls,
    count(*) FILTER (
        WHERE enterprise_charge_micros IS DISTINCT FROM enterprise_charge_micros_before
    ) AS calls_changed,
    sum(enterprise_charge_micros_before)::BIGINT AS before_micros,
    coalesce(sum(enterprise_charge_micros), 0)::BIGINT AS after_micros
FROM rated
GROUP BY ALL
ORDER BY ALL
