"""What is planted in the traffic: how many calls play which part, and what must come of them.

Parts are dealt out by quota, so the counts are known before the first record is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from cdrpipe.cdr.suspense import SuspenseReason

# Below it there would be less than a call for every part.
CALLS_MIN = 100


class Part(IntEnum):
    """What happens in a call; the number is the position in the quotas."""

    TALKED = 0
    TALKED_FOR_HOURS = 1
    MENU_ONLY = 2  # the platform answered, no person did
    UNANSWERED = 3  # the platform never answered
    COPIED = 4  # its record comes once more
    COPIED_THRICE = 5  # its record comes three times more
    CONTRADICTED = 6  # its record comes once more with another billable time
    TWO_LEGS = 7  # the leg to the person is a record too
    NOT_OWNED = 8  # a number that nobody ever owned
    BETWEEN_OWNERS = 9  # a number released and not yet resold
    ENDS_BEFORE_START = 10
    OVER_24_HOURS = 11
    IN_THE_FUTURE = 12
    GARBLED = 13  # its message is cut short


# Calls of 100,000; what is left talks. About half a per cent is suspended in the end.
_SHARES = {
    Part.TALKED_FOR_HOURS: 200,
    Part.MENU_ONLY: 8_000,
    Part.UNANSWERED: 18_000,
    Part.COPIED: 500,
    Part.COPIED_THRICE: 50,
    Part.CONTRADICTED: 100,
    Part.TWO_LEGS: 3_000,
    Part.NOT_OWNED: 150,
    Part.BETWEEN_OWNERS: 100,
    Part.ENDS_BEFORE_START: 50,
    Part.OVER_24_HOURS: 50,
    Part.IN_THE_FUTURE: 50,
    Part.GARBLED: 50,
}

_REASONS = {
    Part.CONTRADICTED: SuspenseReason.CONFLICTS_WITH_COMMITTED_RECORD,
    Part.NOT_OWNED: SuspenseReason.SERVICE_NUMBER_NOT_OWNED,
    Part.BETWEEN_OWNERS: SuspenseReason.SERVICE_NUMBER_NOT_OWNED,
    Part.ENDS_BEFORE_START: SuspenseReason.RELEASED_BEFORE_STARTED,
    Part.OVER_24_HOURS: SuspenseReason.LONGER_THAN_24_HOURS,
    Part.IN_THE_FUTURE: SuspenseReason.STARTS_IN_THE_FUTURE,
    Part.GARBLED: SuspenseReason.MESSAGE_UNREADABLE,
}

_RATED_PARTS = (
    Part.TALKED,
    Part.TALKED_FOR_HOURS,
    Part.MENU_ONLY,
    Part.COPIED,
    Part.COPIED_THRICE,
    Part.CONTRADICTED,
    Part.TWO_LEGS,
)


class Caller(IntEnum):
    """How the calling number is written; the number is the position in the quotas."""

    MOBILE = 0
    MOBILE_PLUS_86 = 1
    MOBILE_0086 = 2
    MOBILE_86 = 3
    MOBILE_0 = 4
    MOBILE_17951 = 5
    MOBILE_SPACES = 6
    MOBILE_DASHES = 7
    LANDLINE = 8
    LANDLINE_PLUS_86 = 9
    LANDLINE_0086 = 10
    LANDLINE_17951 = 11
    LANDLINE_BRACKETS = 12
    LANDLINE_DASH = 13
    INTERNATIONAL = 14  # Hong Kong, Macao, Taiwan, abroad
    SERVICE = 15
    PRIVACY = 16
    UNKNOWN = 17  # withheld, empty, scanners' junk


# Calls of 1,000; what is left are mobiles written as they should be. Three in four are mobiles.
_CALLER_SHARES = {
    Caller.MOBILE_PLUS_86: 30,
    Caller.MOBILE_0086: 10,
    Caller.MOBILE_86: 20,
    Caller.MOBILE_0: 20,
    Caller.MOBILE_17951: 10,
    Caller.MOBILE_SPACES: 5,
    Caller.MOBILE_DASHES: 5,
    Caller.LANDLINE: 130,
    Caller.LANDLINE_PLUS_86: 15,
    Caller.LANDLINE_0086: 5,
    Caller.LANDLINE_17951: 5,
    Caller.LANDLINE_BRACKETS: 5,
    Caller.LANDLINE_DASH: 10,
    Caller.INTERNATIONAL: 25,
    Caller.SERVICE: 20,
    Caller.PRIVACY: 10,
    Caller.UNKNOWN: 25,
}
DIRTY_CALLERS = tuple(
    caller
    for caller in Caller
    if Caller.MOBILE < caller < Caller.LANDLINE or Caller.LANDLINE < caller < Caller.INTERNATIONAL
)

Role = TypeVar("Role", Part, Caller)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """What must come out; ``read`` counts records, ``calls_by_*`` calls.

    ``suspended_by_reason`` is keyed by SuspenseReason's names, only those that occur.
    """

    calls: int
    read: int
    rated: int
    unanswered: int
    merged: int
    duplicate: int
    suspended: int
    suspended_by_reason: Mapping[str, int]
    calls_by_part: Mapping[Part, int]
    calls_by_caller: Mapping[Caller, int]

    def __post_init__(self) -> None:
        """Check the law of conservation."""
        outcomes = self.rated + self.unanswered + self.merged + self.duplicate + self.suspended
        assert self.read == outcomes
        assert self.suspended == sum(self.suspended_by_reason.values())
        assert self.calls == sum(self.calls_by_part.values())
        assert self.calls == sum(self.calls_by_caller.values())

    @property
    def dirty_callers(self) -> int:
        """Count the calls whose calling number is a good one, written in an unusual way."""
        return sum(self.calls_by_caller[caller] for caller in DIRTY_CALLERS)


def plan_planted(*, calls: int, has_single_messages: bool) -> Planted:
    """Deal the parts out to so many calls.

    Parameters
    ----------
    calls
        At least CALLS_MIN.
    has_single_messages
        Only a message of its own can be garbled without its neighbours.
    """
    if calls < CALLS_MIN:
        raise ValueError(f"traffic has at least {CALLS_MIN} calls, {calls} were asked for")
    parts = _quotas(calls, _SHARES, of=100_000, rest=Part.TALKED)
    if not has_single_messages:
        parts[Part.TALKED] += parts[Part.GARBLED]
        parts[Part.GARBLED] = 0
    reasons: dict[str, int] = {}
    for part, reason in _REASONS.items():
        if parts[part]:
            reasons[reason.name] = reasons.get(reason.name, 0) + parts[part]
    duplicate = parts[Part.COPIED] + 3 * parts[Part.COPIED_THRICE]
    return Planted(
        calls=calls,
        read=calls + duplicate + parts[Part.CONTRADICTED] + parts[Part.TWO_LEGS],
        rated=sum(parts[part] for part in _RATED_PARTS),
        unanswered=parts[Part.UNANSWERED],
        merged=parts[Part.TWO_LEGS],
        duplicate=duplicate,
        suspended=sum(reasons.values()),
        suspended_by_reason=reasons,
        calls_by_part=dict(sorted(parts.items())),
        calls_by_caller=dict(
            sorted(_quotas(calls, _CALLER_SHARES, of=1_000, rest=Caller.MOBILE).items())
        ),
    )


def _quotas(calls: int, shares: Mapping[Role, int], *, of: int, rest: Role) -> dict[Role, int]:
    quotas = {key: max(1, calls * share // of) for key, share in shares.items()}
    quotas[rest] = calls - sum(quotas.values())
    assert quotas[rest] > 0
    return quotas
