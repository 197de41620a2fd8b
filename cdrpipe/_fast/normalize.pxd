"""Codes that the normalising kernel writes; a test holds them equal to NUMBER_KINDS."""

cpdef enum NumberKind:
    UNKNOWN = 0
    LANDLINE = 1
    MOBILE = 2
    SERVICE = 3
    INTERNATIONAL = 4
    PRIVACY = 5


cpdef enum Layout:
    # The flat prefix table of numbering/region.py; a test holds them equal.
    MOBILE_PREFIX_MIN = 1300000
    AREA_SLOTS_START = 700000
    SLOT_COUNT = 701000
    TAIWAN_REGION_ID = 710000
    HONG_KONG_REGION_ID = 810000
    MACAO_REGION_ID = 820000
    ABROAD_REGION_ID = 990000
