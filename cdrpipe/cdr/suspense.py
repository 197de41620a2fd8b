"""Every reason for which a record is held back.

The order of the members is their precedence: of the reasons that hold for a record the first is
given. A member's number is for ever; a new reason takes the next free number and stands where its
precedence wants it.
"""

from enum import IntEnum


class SuspenseReason(IntEnum):
    """Why a record is held back; the name is the claim, and what the lake stores."""

    RECORD_UNREADABLE = 1
    MESSAGE_UNREADABLE = 2
    CONFLICTS_WITH_COMMITTED_RECORD = 3
    PARTIALS_INCOMPLETE = 4
    BELONGS_TO_COMMITTED_CALL = 5
    NO_INSTANT_STATED = 6
    RELEASED_AT_MISSING = 7
    RELEASED_BEFORE_STARTED = 8
    LONGER_THAN_24_HOURS = 9
    STARTS_IN_THE_FUTURE = 10
    BILLABLE_WITHOUT_ANSWER = 11
    SERVICE_NUMBER_NOT_OWNED = 12
    BRIDGE_NOT_STATED_BY_SOURCE = 13
    NO_PLAN_IN_FORCE = 14
    CALENDAR_YEAR_UNCONFIRMED = 18
    RATE_NOT_FOUND = 15
    CALLER_RATE_NOT_FOUND = 16
    CHARGE_TOO_LARGE = 17

    @property
    def sentence(self) -> str:
        """Say in one English sentence what the reason claims."""
        return _SENTENCES[self]


_SENTENCES = {
    SuspenseReason.RECORD_UNREADABLE: "The record could not be read in its format.",
    SuspenseReason.MESSAGE_UNREADABLE: "The whole message could not be read in any native form.",
    SuspenseReason.CONFLICTS_WITH_COMMITTED_RECORD: (
        "A record with the same key and other content was stored first."
    ),
    SuspenseReason.PARTIALS_INCOMPLETE: (
        "Parts of a long call are missing: not all, or not the last, came."
    ),
    SuspenseReason.BELONGS_TO_COMMITTED_CALL: (
        "The call this record is a part of was stored before, and this record would change it."
    ),
    SuspenseReason.NO_INSTANT_STATED: "The record names no instant at all.",
    SuspenseReason.RELEASED_AT_MISSING: (
        "The call was answered, and neither its end nor its length is known."
    ),
    SuspenseReason.RELEASED_BEFORE_STARTED: "The call ends before it begins.",
    SuspenseReason.LONGER_THAN_24_HOURS: "The call is longer than 24 hours.",
    SuspenseReason.STARTS_IN_THE_FUTURE: "The call begins more than an hour from now.",
    SuspenseReason.BILLABLE_WITHOUT_ANSWER: (
        "A billable time is stated for a call that was never answered."
    ),
    SuspenseReason.SERVICE_NUMBER_NOT_OWNED: (
        "No account owns the dialled number at that instant."
    ),
    SuspenseReason.BRIDGE_NOT_STATED_BY_SOURCE: (
        "The number is billed from the bridge to a person, and this source cannot state it."
    ),
    SuspenseReason.NO_PLAN_IN_FORCE: (
        "The account has no plan in force for the number at that instant."
    ),
    SuspenseReason.CALENDAR_YEAR_UNCONFIRMED: (
        "The price depends on the kind of a day in a year that no calendar confirms."
    ),
    SuspenseReason.RATE_NOT_FOUND: "The plan has no rate for the enterprise's share of this call.",
    SuspenseReason.CALLER_RATE_NOT_FOUND: (
        "The plan has no rate for the caller's share of this call."
    ),
    SuspenseReason.CHARGE_TOO_LARGE: "The charge is 10^12 yuan or more.",
}
assert len(_SENTENCES) == len(SuspenseReason)
