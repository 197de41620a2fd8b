-- first_call: the day of an account's first stored call.
-- In:  rated; $account_id.
-- Out: one row: billing_date, NULL where there is no call.
SELECT min(billing_date) AS billing_date
FROM rated
WHERE account_id = $account_id
