-- unpriced_calls: how many calls the other register gives no price.
-- In:  rated (report/repriced.py).
-- Out: one row: calls.
SELECT count(*) AS calls
FROM rated
WHERE outcome <> 'rated'
