"""Price whole columns of calls: ``cdrpipe/rating/charge.py``, compiled."""

from typing import Final

REASON_CODES: Final[dict[str, int]]
ROUNDING_CODES: Final[dict[str, int]]
RATE_FIELDS: Final[int]
STEP_FIELDS: Final[int]
RELATION_CODES: Final[int]
KIND_CODES: Final[int]
BILLABLE_MS_MAX: Final[int]
CHARGE_MICROS_LIMIT: Final[int]

def charge_batch(
    plan_version_index: memoryview,
    relation: memoryview,
    calling_kind: memoryview,
    answering_kind: memoryview,
    enterprise_billable_ms: memoryview,
    caller_billable_ms: memoryview,
    is_continuation: memoryview,
    is_continuation_offset: int,
    is_priced: memoryview,
    is_priced_offset: int,
    rates: memoryview,
    steps: memoryview,
    rate_index: memoryview,
    is_split_rest: memoryview,
    has_caller_rate: memoryview,
    enterprise_charge_micros: memoryview,
    caller_charge_micros: memoryview,
    enterprise_rate_index: memoryview,
    caller_rate_index: memoryview,
    is_charged: memoryview,
    reason: memoryview,
) -> int: ...
