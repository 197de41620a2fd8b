-- stretch_sums: the charges of some accounts, summed over stretches of a month that begin at given
-- instants; a stretch ends where the account's next one begins.
-- In:  rated; $date_from, $date_until: billing dates, half-open; $account_ids and $starts_us: lists
--      of one length, a stretch each (UTC microseconds), the first of each account no later than
--      the month.
-- Out: start_us (UTC microseconds); usage_micros (micros of a yuan: the exact sum of the
--      enterprise's charges); stretches without a call are left out.
WITH stretch AS (
    SELECT
        unnest($account_ids::VARCHAR[]) AS account_id,
        unnest($starts_us::BIGINT[]) AS start_us
),
charge AS (
    SELECT
        account_id,
        epoch_us(billing_started_at) AS at_us,
        enterprise_charge_micros AS micros
    FROM rated
    WHERE outcome = 'rated'
        AND billing_date >= $date_from
        AND billing_date < $date_until
        AND account_id IN (SELECT account_id FROM stretch)
)
SELECT
    stretch.account_id,
    stretch.start_us,
    sum(charge.micros)::BIGINT AS usage_micros
FROM charge
ASOF JOIN stretch
    ON charge.account_id = stretch.account_id
    AND charge.at_us >= stretch.start_us
GROUP BY ALL
ORDER BY ALL
