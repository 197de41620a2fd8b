-- rating_pair(old_version, new_version): the calls that two rating versions both have.
-- In:  rating. old_version NULL: what is in force, where that is older than new_version.
-- Out: one row a call: *_old and *_new, charges in micros of a yuan; is_different: in money, payer,
--      day or outcome.
CREATE MACRO rating_pair(old_version, new_version) AS TABLE
WITH side AS (
    SELECT *, rating_version = new_version AS is_new
    FROM rating
    WHERE rating_version = new_version
        OR rating_version = old_version
        OR (old_version IS NULL AND is_in_force AND rating_version < new_version)
)
SELECT
    any_value(source) AS source,
    any_value(call_id) AS call_id,
    any_value(leg) AS leg,
    any_value(partial_no) AS partial_no,
    any_value(service_number) AS service_number,
    any_value(account_id) FILTER (NOT is_new) AS account_id_old,
    any_value(account_id) FILTER (is_new) AS account_id_new,
    any_value(billing_date) FILTER (NOT is_new) AS billing_date_old,
    any_value(billing_date) FILTER (is_new) AS billing_date_new,
    any_value(outcome) FILTER (NOT is_new) AS outcome_old,
    any_value(outcome) FILTER (is_new) AS outcome_new,
    any_value(plan_version) FILTER (NOT is_new) AS plan_version_old,
    any_value(plan_version) FILTER (is_new) AS plan_version_new,
    any_value(enterprise_charge_micros) FILTER (NOT is_new) AS enterprise_old_micros,
    any_value(enterprise_charge_micros) FILTER (is_new) AS enterprise_new_micros,
    any_value(caller_charge_micros) FILTER (NOT is_new) AS caller_old_micros,
    any_value(caller_charge_micros) FILTER (is_new) AS caller_new_micros,
    account_id_old IS DISTINCT FROM account_id_new
    OR billing_date_old IS DISTINCT FROM billing_date_new
    OR outcome_old IS DISTINCT FROM outcome_new
    OR enterprise_old_micros IS DISTINCT FROM enterprise_new_micros
    OR caller_old_micros IS DISTINCT FROM caller_new_micros AS is_different
FROM side
GROUP BY received_at, topic, "partition", "offset", file_id, "row"
HAVING count(*) = 2
