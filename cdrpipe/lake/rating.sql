-- rating: every call under every rating version that has it, side by side.
-- In:  stored.usage, stored.rerated, stored.in_force (lake/shown.sql).
-- Out: is_in_force: this is the row that the view rated shows; charges in yuan, DECIMAL(18,6), the
--      same in *_micros; *_ms milliseconds; suspense_reason where a version has no price.
CREATE VIEW rating AS
WITH every AS NOT MATERIALIZED (
    SELECT * REPLACE (1::INTEGER AS rating_version) FROM stored.usage
    UNION ALL
    SELECT * FROM stored.rerated
),
highest AS NOT MATERIALIZED (
    SELECT received_at, topic, partition, "offset", file_id, "row", max(rating_version) AS version
    FROM stored.rerated
    WHERE rating_version IN (SELECT rating_version FROM stored.in_force)
    GROUP BY ALL
)
SELECT
    every.rating_version,
    every.rating_version = coalesce(highest.version, 1) AS is_in_force,
    every.billing_date,
    every.billing_started_at,
    every.outcome,
    every.suspense_reason,
    every.suspense_detail,
    every.account_id,
    every.service_number,
    display_number(every.calling_number) AS calling_number_text,
    every.relation,
    every.enterprise_billable_ms,
    every.caller_billable_ms,
    yuan(every.enterprise_charge_micros) AS enterprise_charge,
    yuan(every.caller_charge_micros) AS caller_charge,
    every.enterprise_charge_micros,
    every.caller_charge_micros,
    every.subscription_id,
    every.plan_id,
    every.plan_version,
    every.zone,
    every.band,
    every.enterprise_rate_id,
    every.caller_rate_id,
    every.source,
    every.call_id,
    every.leg,
    every.partial_no,
    every.topic,
    every.partition,
    every.offset,
    every.file,
    every.file_id,
    every.row,
    every.received_at
FROM every
LEFT JOIN highest
    ON highest.received_at IS NOT DISTINCT FROM every.received_at
    AND highest.topic IS NOT DISTINCT FROM every.topic
    AND highest.partition IS NOT DISTINCT FROM every.partition
    AND highest.offset IS NOT DISTINCT FROM every.offset
    AND highest.file_id IS NOT DISTINCT FROM every.file_id
    AND highest.row IS NOT DISTINCT FROM every.row
