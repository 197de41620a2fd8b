"""Which calls included time pays for: one subscription's calls, in their order, never as they came.

Grants of time (the month's allowance, then gifts, then pools of minutes, of each the one that
expires first before the others) pay for whole increments of the enterprise's rate, from each call's
start. What is left of a grant and is shorter than the next increment stays for later calls. The
rest of a call is priced at its own position, so its steps and bands are those it has anyway.

Source: domain rule 8, docs/decisions/0004-allowance-order.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.charge import PricedShare, price_call
from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.rating.reckoning import Piece, owed
from cdrpipe.tariff.rate_plan import RatePlanVersion


class CallKey(NamedTuple):
    """The order that calls are paid in: billing start, call id, then the rest of the key."""

    billing_started_at_us: int
    call_id: str
    source: str
    leg: str
    partial_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedCall:
    """A rated call of a subscription, with what its price was made of."""

    key: CallKey
    service_number: str
    version: RatePlanVersion
    facts: CallFacts  # by the enterprise's clock
    enterprise_charge_micros: int
    caller_charge_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeGrant:
    """Time that pays for calls whose billing starts from ``valid_from_us`` until it is void."""

    grant_id: str
    left_ms: int
    valid_from_us: int
    valid_until_us: int  # exclusive
    is_gift: bool = False  # used before pools that were paid for


@dataclass(frozen=True, slots=True, kw_only=True)
class CallUse:
    """What of one call was paid for, by which grants in this order, and what the rest costs."""

    call: GrantedCall
    used_ms_of: tuple[tuple[str, int], ...]  # (grant_id, time), none of them 0
    charge_after_micros: int

    @property
    def used_ms(self) -> int:
        """Sum the time that all grants paid for."""
        return sum(used_ms for _, used_ms in self.used_ms_of)

    @property
    def difference_micros(self) -> int:
        """Give charge of the rest - charge: 0 or less."""
        return self.charge_after_micros - self.call.enterprise_charge_micros


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantsUsed:
    """All calls in their order, and what is left of each grant."""

    calls: tuple[CallUse, ...]
    left_ms: Mapping[str, int]


def use_grants(
    calls: Iterable[GrantedCall],
    *,
    allowance: TimeGrant | None,
    pools: Sequence[TimeGrant] = (),
    calendars: Mapping[str, Calendar],
) -> GrantsUsed:
    """Let grants of time pay for calls.

    1. Calls are taken in the order of their keys, whatever order they are given in.
    2. The allowance pays first, then gifts, then pools, by expiry; each takes whole increments
       from where the one before it ended. A grant that is not valid when the billing starts pays
       nothing.
    3. The rest of the call is charged; a call that was paid for whole costs nothing.

    Parameters
    ----------
    calls
        Rated calls of one subscription and one calendar month.
    calendars
        By name, those that the calls' plan versions name.

    Notes
    -----
    Cost: a call is priced again only while a grant has time for its plan's smallest increment.
    """
    grants = _order_of_payment(allowance, pools)
    left_ms = {grant.grant_id: grant.left_ms for grant in grants}
    assert len(left_ms) == len(grants), "grants are told apart by their ids"
    smallest_ms: dict[tuple[str, int], int] = {}
    used = []
    for call in sorted(calls, key=lambda each: each.key):  # 1.
        plan = call.version.plan_id, call.version.version
        if plan not in smallest_ms:
            smallest_ms[plan] = _smallest_increment(call.version)
        valid = [
            grant.grant_id
            for grant in grants
            if grant.valid_from_us <= call.key.billing_started_at_us < grant.valid_until_us
            and left_ms[grant.grant_id] >= smallest_ms[plan]
        ]
        use = _pay(call, valid, left_ms, calendars) if valid else _unpaid(call)
        for grant_id, used_ms in use.used_ms_of:
            left_ms[grant_id] -= used_ms
        used.append(use)
    return GrantsUsed(calls=tuple(used), left_ms=left_ms)


def take_increments(pieces: Sequence[Piece], left_ms: int) -> tuple[int, tuple[Piece, ...]]:
    """Take whole increments from the start while they fit: (time taken, pieces of the rest).

    The first increment that does not fit ends it, even if a later one is shorter.
    """
    taken_ms = 0
    for index, piece in enumerate(pieces):
        count = min(piece.increments, (left_ms - taken_ms) // piece.increment_ms)
        taken_ms += count * piece.increment_ms
        if count < piece.increments:
            return taken_ms, (_without(piece, count), *pieces[index + 1 :])
    return taken_ms, ()


def _order_of_payment(
    allowance: TimeGrant | None, pools: Sequence[TimeGrant]
) -> tuple[TimeGrant, ...]:
    by_expiry = sorted(
        pools,
        key=lambda pool: (
            not pool.is_gift,
            pool.valid_until_us,
            pool.valid_from_us,
            pool.grant_id,
        ),
    )
    return tuple(by_expiry) if allowance is None else (allowance, *by_expiry)


def _pay(
    call: GrantedCall,
    grant_ids: Sequence[str],
    left_ms: Mapping[str, int],
    calendars: Mapping[str, Calendar],
) -> CallUse:
    """Let the grants pay for one call; one without a price now keeps the charge it has."""
    version = call.version
    calendar = None if version.calendar is None else calendars.get(version.calendar)
    share = price_call(version, calendar, party="enterprise", call=call.facts)
    if isinstance(share, SuspenseReason):
        return _unpaid(call)
    rest = share.pieces
    used_ms_of = []
    for grant_id in grant_ids:  # 2.
        used_ms, rest = take_increments(rest, left_ms[grant_id])
        if used_ms:
            used_ms_of.append((grant_id, used_ms))
    if not used_ms_of:
        return _unpaid(call)
    return CallUse(
        call=call,
        used_ms_of=tuple(used_ms_of),
        charge_after_micros=_charge_of_rest(call, share, rest),  # 3.
    )


def _charge_of_rest(call: GrantedCall, share: PricedShare, rest: Sequence[Piece]) -> int:
    """Charge what no grant paid for: fee and minimum in full, the maximum over the rest alone.

    The rounding stays that of the whole call, or a rest could cost more than the whole. Under
    ``split = rest`` the caller's charge is what it is without an allowance.
    """
    charge_micros = owed(
        rest,
        rate=share.rate,
        rounding_rate=share.rounding_rate,
        is_continuation=call.facts.is_continuation,
    )
    if call.version.split == "rest":
        charge_micros = max(0, charge_micros - call.caller_charge_micros)
    # A calendar that was corrected since the call was rated never makes an allowance cost money.
    return min(charge_micros, call.enterprise_charge_micros)


def _unpaid(call: GrantedCall) -> CallUse:
    return CallUse(call=call, used_ms_of=(), charge_after_micros=call.enterprise_charge_micros)


def _without(piece: Piece, increments: int) -> Piece:
    """Take increments off a piece's start."""
    taken_ms = increments * piece.increment_ms
    billed_ms = piece.billed_ms - taken_ms
    return replace(
        piece,
        start_ms=piece.start_ms + taken_ms,
        billed_ms=billed_ms,
        increments=piece.increments - increments,
        exact_amount=Fraction(billed_ms * piece.price_micros, piece.per_ms),
    )


def _smallest_increment(version: RatePlanVersion) -> int:
    return min(
        (
            step.increment_ms
            for rate in version.rates
            if rate.party == "enterprise"
            for step in rate.steps
        ),
        default=0,
    )
