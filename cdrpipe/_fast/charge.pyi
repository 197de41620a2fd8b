"""Price whole columns of calls: ``cdrpipe/rating/charge.py``, compiled."""

from typing import Final

REASON_CODES: Final[dict[str, int]]
ROUNDING_CODES: Final[dict[str, int]]
VERSION_FIELDS: Final[int]
BLOCK_FIELDS: Final[int]
GROUP_FIELDS: Final[int]
RATE_FIELDS: Final[int]
STEP_FIELDS: Final[int]
RELATION_CODES: Final[int]
KIND_CODES: Final[int]
NOBODY_CODE: Final[int]
UNCONFIRMED_STATE: Final[int]
REGION_ID_LIMIT: Final[int]
BILLABLE_MS_MAX: Final[int]
CLOCKED_MS_MAX: Final[int]
INSTANT_US_LIMIT: Final[int]
NO_CLOCK: Final[int]
CHARGE_MICROS_LIMIT: Final[int]

def charge_batch(
    plan_version_index: memoryview,
    relation: memoryview,
    calling_kind: memoryview,
    answering_kind: memoryview,
    calling_region_id: memoryview,
    answering_region_id: memoryview,
    calling_number: memoryview,
    node: memoryview,
    enterprise_start_us: memoryview,
    caller_start_us: memoryview,
    enterprise_billable_ms: memoryview,
    caller_billable_ms: memoryview,
    is_continuation: memoryview,
    is_continuation_offset: int,
    is_priced: memoryview,
    is_priced_offset: int,
    versions: memoryview,
    leaves: memoryview,
    blocks: memoryview,
    cells: memoryview,
    groups: memoryview,
    members: memoryview,
    price_of_rate: memoryview,
    prices: memoryview,
    steps: memoryview,
    region_slots: memoryview,
    region_classes: memoryview,
    free_numbers: memoryview,
    timeline_start: memoryview,
    change_us: memoryview,
    state: memoryview,
    enterprise_charge_micros: memoryview,
    caller_charge_micros: memoryview,
    enterprise_rate_index: memoryview,
    caller_rate_index: memoryview,
    is_charged: memoryview,
    reason: memoryview,
) -> int: ...
