from enum import IntEnum

class NumberKind(IntEnum):
    UNKNOWN = 0
    LANDLINE = 1
    MOBILE = 2
    SERVICE = 3
    INTERNATIONAL = 4
    PRIVACY = 5

class Layout(IntEnum):
    MOBILE_PREFIX_MIN = 1300000
    AREA_SLOTS_START = 700000
    SLOT_COUNT = 701000
    TAIWAN_REGION_ID = 710000
    HONG_KONG_REGION_ID = 810000
    MACAO_REGION_ID = 820000
    ABROAD_REGION_ID = 990000

def normalize_batch(
    offsets: memoryview,
    text: memoryview,
    validity: memoryview,
    validity_start: int,
    trunk_area: int,
    slots: memoryview,
    region_ids: memoryview,
    number: memoryview,
    kind: memoryview,
    region_id: memoryview,
    is_known: memoryview,
    is_display: memoryview,
) -> int: ...
