-- usage_batches: stored calls as the rating versions in force have them.
-- In:  stored.shown; $date_from, $date_until: billing dates, half-open; $account_id: NULL for all;
--      $service_numbers: a list, whose calls are wanted beside the account's.
-- Out: the columns of RATED_SCHEMA, in no order: the reader puts each day in its place.
SELECT *
FROM stored.shown
WHERE billing_date >= $date_from
    AND billing_date < $date_until
    AND (
        $account_id::VARCHAR IS NULL
        OR account_id = $account_id
        OR list_contains($service_numbers::VARCHAR[], service_number)
    )
