-- usage-by-region: where the callers are: one row a province, the most expensive first.
-- In:  rated, region; $date_from, $date_until: billing dates, half-open; $account_id: NULL for all.
-- Out: calls = answered + unanswered: the platform answered, or never did; missed: of all calls,
--      those known to have reached no person (answered or not; a source that cannot tell counts
--      none); minutes: the enterprise's billable time; charges in yuan; share_percent: of the
--      enterprise's charges, NULL where they are 0.
WITH province AS (
    SELECT DISTINCT province_code, province_zh, province_en FROM region
),
usage AS (
    SELECT
        calling_region_id // 10000 AS province_code,
        count(*) AS calls,
        count(*) FILTER (WHERE outcome = 'rated') AS answered,
        count(*) FILTER (WHERE outcome = 'unanswered') AS unanswered,
        count(*) FILTER (WHERE is_missed) AS missed,
        coalesce(sum(enterprise_billable_ms), 0)::BIGINT AS billable_ms,
        coalesce(sum(enterprise_charge_micros), 0)::BIGINT AS enterprise_micros,
        coalesce(sum(caller_charge_micros), 0)::BIGINT AS caller_micros
    FROM rated
    WHERE billing_date >= $date_from
        AND billing_date < $date_until
        AND ($account_id::VARCHAR IS NULL OR account_id = $account_id)
    GROUP BY ALL
),
total AS (
    SELECT nullif(sum(enterprise_micros), 0)::HUGEINT AS micros FROM usage
)
SELECT
    usage.province_code,
    province.province_zh,
    province.province_en,
    usage.calls,
    usage.answered,
    usage.unanswered,
    usage.missed,
    -- Rounded half-up in integers: "/" would make a DOUBLE of it.
    ((usage.billable_ms + 3000) // 6000)::DECIMAL(17, 0) * 0.1::DECIMAL(1, 1) AS minutes,
    yuan(usage.enterprise_micros) AS enterprise_charge,
    yuan(usage.caller_micros) AS caller_charge,
    ((20000 * usage.enterprise_micros::HUGEINT + total.micros) // (2 * total.micros))::DECIMAL(5, 0)
        * 0.01::DECIMAL(2, 2) AS share_percent
FROM usage
CROSS JOIN total
LEFT JOIN province USING (province_code)
ORDER BY usage.enterprise_micros DESC, usage.calls DESC, usage.province_code
