"""Codes of the decoding kernel; a test holds the positions equal to NATIVE_FIELDS."""

cpdef enum:
    # Positions of the fields.
    SOURCE = 0
    CALL_ID = 1
    LEG = 2
    PARTIAL_NO = 3
    IS_FINAL = 4
    IS_CONTINUATION = 5
    CALLING_NUMBER = 6
    SERVICE_NUMBER = 7
    ANSWERING_NUMBER = 8
    SETUP_AT = 9
    ANSWERED_AT = 10
    BRIDGED_AT = 11
    RELEASED_AT = 12
    BILLABLE_MS = 13
    BILLABLE_FROM = 14
    CAUSE = 15
    EXTENSION = 16
    RECORDING_URL = 17
    FIRST_LEG_ID = 18
    SECOND_LEG_ID = 19


cpdef enum:
    # What an instant's microseconds count: nothing, UTC, or the clock of a zone not named.
    ABSENT = 0
    UTC = 1
    LOCAL = 2
