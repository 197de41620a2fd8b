-- usage_sums: what each invoice's usage lines are made of: one row a key of an invoice line.
-- In:  rated; $date_from, $date_until: billing dates, half-open; $account_id: NULL for all.
-- Out: calls, billable_ms (milliseconds), usage_micros (micros of a yuan: the exact sum of the
--      enterprise's charges; an error where it leaves int64).
SELECT
    account_id,
    service_number,
    plan_id,
    plan_version,
    relation,
    coalesce(zone, '') AS zone,
    coalesce(band, '') AS band,
    count(*) AS calls,
    sum(enterprise_billable_ms)::BIGINT AS billable_ms,
    sum(enterprise_charge_micros)::BIGINT AS usage_micros
FROM rated
WHERE outcome = 'rated'
    AND billing_date >= $date_from
    AND billing_date < $date_until
    AND ($account_id::VARCHAR IS NULL OR account_id = $account_id)
GROUP BY ALL
ORDER BY ALL
