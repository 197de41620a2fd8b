from collections.abc import Mapping

from typing_extensions import Buffer

ABSENT: int
CALL_MS_MAX: int
FUTURE_TOLERANCE_US: int
OWNER_BYTES: int
STRETCH_BYTES: int
REASON_CODES: Mapping[str, int]
KIND_CODES: Mapping[str, int]
RELATION_CODES: Mapping[str, int]
VERDICT_CODES: Mapping[str, int]
OUTCOME_CODES: Mapping[str, int]
BILLABLE_FROM_CODES: Mapping[str, int]

def guide_calls(
    verdict: Buffer,
    number_code: Buffer,
    slot_of_number: Buffer,
    source_code: Buffer,
    answered_for_source: Buffer,
    setup_at_us: Buffer,
    answered_at_us: Buffer,
    bridged_at_us: Buffer,
    released_at_us: Buffer,
    billable_ms: Buffer,
    billable_from_code: Buffer,
    billable_from_of_code: Buffer,
    bridged_stated: Buffer,
    bridged_stated_offset: int,
    calling_kind: Buffer,
    calling_region_id: Buffer,
    answering_region_id: Buffer,
    owner_start: Buffer,
    owners: Buffer,
    stretch_start: Buffer,
    stretches: Buffer,
    answered_for: Buffer,
    beyond_region_ids: Buffer,
    now_us: int,
    answering_kind: Buffer,
    reason: Buffer,
    billing_started_us: Buffer,
    enterprise_start_us: Buffer,
    caller_start_us: Buffer,
    enterprise_ms: Buffer,
    caller_ms: Buffer,
    account: Buffer,
    subscription: Buffer,
    version: Buffer,
    relation: Buffer,
    is_priced: Buffer,
) -> None: ...
def settle_outcomes(
    verdict: Buffer,
    answered_at_us: Buffer,
    rate_reason: Buffer,
    reason: Buffer,
    outcome: Buffer,
    suspense: Buffer,
    is_rated: Buffer,
) -> None: ...
