-- rated_months: the accounts and months that a rating version touches: of its own rows, and of the
-- rows in force that it would replace.
-- In:  rating_pair; $rating_version. Out: month_on: the first day of a month.
SELECT account_id_old AS account_id, date_trunc('month', billing_date_old)::DATE AS month_on
FROM rating_pair(NULL, $rating_version)
UNION
SELECT account_id_new, date_trunc('month', billing_date_new)::DATE
FROM rating_pair(NULL, $rating_version)
ORDER BY ALL
